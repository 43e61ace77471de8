//! What was not looked at: what is built elsewhere. Other rules say by this what they leave out.

use super::{Finding, Findings, Level, Rule};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::render::repository::{Outcome, Repository};

pub(super) static RULE: Rule = Rule { name: "not-checked", doc: "what was not looked at", look: Some(look) };

fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (place, member) in repository.members() {
        if let Outcome::Elsewhere(why) = &member.outcome {
            let told = format!("{} is not built from here: {why}", member.spec.id());
            findings.add(Finding::new(Level::Note, &RULE, told).at(&member.spec.origin), Some(called(repository, place)));
        }
    }
}
