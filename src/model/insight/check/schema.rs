//! Fields that a kind does not have, and values that it does not take.

use std::collections::BTreeSet;

use super::{Finding, Findings, Level, Rule, not_checked};
use crate::insight::named::shown;
use crate::insight::schema::{Schemas, validate};
use crate::insight::setting::called;
use crate::render::Node;
use crate::render::repository::Repository;

pub(super) static RULE: Rule =
    Rule { name: "schema", doc: "a field that the kind does not have, or a value that it does not take", look: Some(look) };

fn look(repository: &Repository, schemas: &mut Schemas, findings: &mut Findings) {
    // what the repository itself defines is known
    for (_, object) in super::all(repository) {
        schemas.learn(&object.node);
    }
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    for (place, object) in super::proven(repository) {
        for (map, origin) in &object.lost {
            let say = |name: &str| format!("{name}: Flux leaves out all of `metadata.{map}`, since one is not a string");
            let found = Finding::about(Level::Error, &RULE, shown(&object.node), say).hint("put it in quotes").at(origin);
            findings.add(found, Some(called(repository, place)));
        }
        if object.is_encrypted {
            let say = |name: &str| format!("{name} is encrypted: its values were not checked");
            let found = Finding::about(Level::Note, &not_checked::RULE, shown(&object.node), say);
            let found = found.hint("nothing to do: the API server checks them once they are decrypted").at(object.node.origin());
            findings.add(found, Some(called(repository, place)));
            continue;
        }
        if schemas.of(&object.node).is_none() {
            unknown.insert(kind_of(&object.node));
        }
        for fault in validate(&object.node, schemas) {
            let found = Finding::about(Level::Error, &RULE, shown(&object.node), |name| format!("{name}: {}", fault.message));
            findings.add(found.at(&fault.origin), Some(called(repository, place)));
        }
    }
    for kind in unknown {
        let found = Finding::about(Level::Note, &not_checked::RULE, kind, |kind| format!("there is no schema for {kind}"));
        findings.add(found.hint("pass its CRD: --schemas DIR"), None);
    }
}

fn kind_of(node: &Node) -> String {
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
    format!("{} {}", text("apiVersion"), text("kind"))
}
