//! What can be the first cause, as small rules: one file for each, one line in [`ALL`]. The first that recognises an object is taken:
//! what is certain comes before what is read out of a message, and what a message says exactly before what it says roughly.

mod absent_kind;
mod access;
mod api_server;
pub(super) mod artifacts;
mod authentication;
mod autoscaler;
mod build;
mod certificate;
mod circle;
mod conflict;
mod controller;
mod crash;
mod drifted;
mod hook;
mod image;
mod immutable;
mod invalid;
mod job;
mod locked;
mod memory;
mod missing;
mod needed;
mod network;
mod no_tag;
mod node;
mod other;
mod ownership;
mod passed;
mod path;
mod paused;
mod pod_security;
mod probe;
mod push;
mod quota;
mod rate_limit;
mod reference;
mod schema;
mod sops;
mod suspended;
mod template;
mod terminating;
mod unreadable;
mod unschedulable;
mod variable;
mod verification;
mod volume;
mod waits;
mod webhook;

use super::clue::{Clue, Diagnosis};
use crate::domain::width::{Cut, cut};

/// Columns of a sentence: three lines of the narrowest screen.
const LONGEST: usize = 240;

/// One sort of cause.
pub struct CauseRule {
    /// Its name in JSON, which stays.
    pub name: &'static str,
    /// What it is, for the documentation.
    pub doc: &'static str,
    pub find: fn(&Clue) -> Option<Diagnosis>,
}

/// Every rule, in the order in which they are asked.
pub static ALL: &[&CauseRule] = &[
    &circle::RULE,
    &unreadable::RULE,
    &missing::RULE,
    &controller::RULE,
    &suspended::RULE,
    &terminating::RULE,
    &paused::RULE,
    &autoscaler::RULE,
    &drifted::RULE,
    &webhook::RULE,
    &absent_kind::RULE,
    &pod_security::RULE,
    &quota::RULE,
    &ownership::RULE,
    &schema::RULE,
    &template::RULE,
    &needed::RULE,
    &image::RULE,
    &volume::RULE,
    &unschedulable::RULE,
    &node::RULE,
    &memory::RULE,
    &probe::RULE,
    &crash::RULE,
    &hook::RULE,
    &job::RULE,
    &locked::RULE,
    &sops::RULE,
    &variable::RULE,
    &verification::RULE,
    &push::RULE,
    &access::RULE,
    &api_server::RULE,
    &artifacts::RULE,
    &rate_limit::RULE,
    &certificate::RULE,
    &authentication::RULE,
    &no_tag::RULE,
    &reference::RULE,
    &network::RULE,
    &path::RULE,
    &build::RULE,
    &immutable::RULE,
    &conflict::RULE,
    &invalid::RULE,
    &waits::RULE,
    &passed::RULE,
    &other::RULE,
];

/// The first rule that recognises the object, and what it says. [`other`] recognises everything.
pub(super) fn diagnose(clue: &Clue) -> (&'static CauseRule, Diagnosis) {
    let found = ALL.iter().find_map(|rule| Some((*rule, (rule.find)(clue)?)));
    let (rule, diagnosis) = found.unwrap_or_else(|| (&other::RULE, other::found(clue)));
    // names in messages are as long as who wrote them wants
    let says = cut(&diagnosis.says, LONGEST, Cut::Middle).into_owned();
    (rule, Diagnosis { says, ..diagnosis })
}
