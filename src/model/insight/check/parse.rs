//! Files that cannot be read.

use super::{Finding, Findings, Rule};
use crate::insight::schema::Schemas;
use crate::render::repository::Repository;

pub(super) static RULE: Rule = Rule { name: "parse", doc: "a file that cannot be read", look: Some(look) };

fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for error in &repository.unreadable {
        findings.add(Finding::of(&RULE, error), None);
    }
}
