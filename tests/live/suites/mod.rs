//! The suites, one file an idea.

mod acting;
mod actions;
mod answers;
mod builds;
mod changes;
mod charts;
mod conformance;
mod connection;
mod controller_logs;
mod demo;
mod drift;
mod forges;
mod get;
mod git;
mod happened;
mod installed;
pub mod outages;
mod playbooks;
mod rolled_back;
mod schemas;
mod screen;
mod snapshots;
mod teeth;
mod tree;
mod troubled;
mod users;
mod values;
mod ways;
mod why;

use crate::exam;
use crate::harness::Trial;

/// Every test, by file.
pub const ALL: &[&[Trial]] = &[
    acting::TRIALS,
    actions::bulk::TRIALS,
    actions::deleting::TRIALS,
    actions::leaving::TRIALS,
    actions::lost::TRIALS,
    actions::offered::TRIALS,
    actions::refused::TRIALS,
    actions::releases::TRIALS,
    actions::taken_up::TRIALS,
    actions::undone::TRIALS,
    actions::unrecorded::TRIALS,
    actions::verbs::TRIALS,
    answers::TRIALS,
    builds::TRIALS,
    changes::TRIALS,
    charts::TRIALS,
    conformance::TRIALS,
    connection::TRIALS,
    controller_logs::TRIALS,
    demo::TRIALS,
    drift::TRIALS,
    forges::TRIALS,
    exam::teeth::TRIALS,
    exam::corpus::TRIALS,
    get::TRIALS,
    git::TRIALS,
    happened::TRIALS,
    installed::TRIALS,
    outages::TRIALS,
    playbooks::TRIALS,
    rolled_back::TRIALS,
    schemas::TRIALS,
    screen::TRIALS,
    snapshots::TRIALS,
    teeth::TRIALS,
    tree::TRIALS,
    troubled::TRIALS,
    users::TRIALS,
    values::TRIALS,
    ways::TRIALS,
    why::TRIALS,
];
