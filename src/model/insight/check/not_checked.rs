//! What was not checked because it is built elsewhere. Other rules report by this what they leave out.

use super::{Finding, Findings, Level, Rule};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::render::repository::{BuildOutcome, Repository};

pub(super) static RULE: Rule = Rule { name: "not-checked", doc: "what was not checked", look: Some(look) };

fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (place, member) in repository.members() {
        if let BuildOutcome::Elsewhere(why) = &member.outcome {
            let found = Finding::about(Level::Note, &RULE, member.spec.id(), |id| format!("{id} is not built from here: {why}"));
            let hint =
                "check it where its source is, or say which folder of this repository that is in .fluxdeck.toml: [[artifacts]]";
            findings.add(found.hint(hint).at(&member.spec.origin), Some(called(repository, place)));
        }
    }
}
