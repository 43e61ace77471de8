//! Kustomizations that cannot be built.

use super::{Finding, Findings, Rule};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::render::repository::{BuildOutcome, Repository};

pub(super) static RULE: Rule = Rule { name: "build", doc: "a Kustomization that cannot be built", look: Some(look) };

fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (place, member) in repository.members() {
        if let BuildOutcome::Failed(error) = &member.outcome {
            findings.add(Finding::of(&RULE, error), Some(called(repository, place)));
        }
    }
}
