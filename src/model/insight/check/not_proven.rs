//! What only the cluster knows.

use std::collections::BTreeSet;

use super::{Finding, Findings, Level, Rule};
use crate::insight::named::shown;
use crate::insight::schema::Schemas;
use crate::insight::setting::called;
use crate::render::flux::Applied;
use crate::render::id::meta_text;
use crate::render::node::Text;
use crate::render::repository::Repository;
use crate::render::unproven::has_unknown_hash;

pub(super) static RULE: Rule = Rule { name: "not-proven", doc: "what only the cluster knows", look: Some(look) };

fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for (place, member) in repository.members() {
        let objects = member.outcome.objects();
        let names = |of: fn(&Applied) -> &BTreeSet<Text>| objects.iter().flat_map(of).collect::<BTreeSet<_>>();
        let (unknown, unset) = (names(|object| &object.unknown), names(|object| &object.unset));
        let mut note = |name: &Text, say: fn(&str) -> String, hint: &str| {
            let found = Finding::about(Level::Note, &RULE, format!("${{{name}}} of {}", member.spec.id()), say);
            findings.add(found.hint(hint).at(&member.spec.origin), Some(called(repository, place)));
        };
        for name in unknown.difference(&unset) {
            note(name, |what| format!("only the cluster knows {what}"), "give it a value: --substitute-from FILE");
        }
        for name in unset {
            let say: fn(&str) -> String = match unknown.contains(name) {
                true => |what| format!("nothing sets {what}: Flux 2.9 and newer refuse that, older ones make it empty"),
                false => |what| format!("nothing sets {what}: it is empty, and Flux 2.9 refuses that"),
            };
            note(name, say, "set it under postBuild, or give a default: `${NAME:=value}`");
        }
        for object in member.outcome.objects().iter().filter(|object| has_unknown_hash(meta_text(&object.node, "name"))) {
            let say = |name: &str| format!("{name}: only the cluster can decrypt what the name ends with the hash of");
            let found = Finding::about(Level::Note, &RULE, shown(&object.node), say);
            let found = found.hint("nothing to do: references to it are not compared either").at(object.node.origin());
            findings.add(found, Some(called(repository, place)));
        }
    }
}
