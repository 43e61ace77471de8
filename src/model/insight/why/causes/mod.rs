//! What can be the first cause, as small rules: one file for each, one line in [`ALL`]. The first that recognises an object is taken:
//! what is certain comes before what is read out of a message, and what a message says exactly before what it says roughly.

mod absent_kind;
mod access;
mod authentication;
mod build;
mod circle;
mod controller;
mod crash;
mod image;
mod invalid;
mod locked;
mod memory;
mod missing;
mod needed;
mod network;
mod node;
mod other;
mod passed;
mod path;
mod probe;
mod quota;
mod reference;
mod sops;
mod suspended;
mod terminating;
mod unreadable;
mod unschedulable;
mod variable;
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
    &webhook::RULE,
    &absent_kind::RULE,
    &quota::RULE,
    &needed::RULE,
    &image::RULE,
    &volume::RULE,
    &unschedulable::RULE,
    &node::RULE,
    &memory::RULE,
    &probe::RULE,
    &crash::RULE,
    &locked::RULE,
    &sops::RULE,
    &variable::RULE,
    &access::RULE,
    &authentication::RULE,
    &reference::RULE,
    &network::RULE,
    &path::RULE,
    &build::RULE,
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
