//! Kustomizations that apply nothing.

use super::{Finding, Findings, Level, Rule};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::render::repository::{Outcome, Repository};

pub(super) static RULE: Rule = Rule { name: "empty", doc: "a Kustomization that applies nothing", look: Some(look) };

fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (place, member) in repository.members() {
        if matches!(&member.outcome, Outcome::Built(objects) if objects.is_empty()) {
            let told = format!("{} applies nothing", member.spec.id());
            findings.add(Finding::new(Level::Warning, &RULE, told).at(&member.spec.origin), Some(called(repository, place)));
        }
    }
}
