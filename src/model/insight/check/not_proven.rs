//! What only the cluster knows.

use std::collections::BTreeSet;

use super::{Finding, Findings, Level, Rule};
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::render::repository::Repository;

pub(super) static RULE: Rule = Rule { name: "not-proven", doc: "what only the cluster knows", look: Some(look) };

fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (place, member) in repository.members() {
        for name in member.outcome.objects().iter().flat_map(|object| &object.unknown).collect::<BTreeSet<_>>() {
            let message = format!("only the cluster knows ${{{name}}} of {}", member.spec.id());
            let hint = "give it a value: --substitute-from FILE";
            let found = Finding::new(Level::Note, &RULE, message).hint(hint).at(&member.spec.origin);
            findings.add(found, Some(called(repository, place)));
        }
    }
}
