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
    for (place, object) in super::all(repository) {
        if object.is_encrypted {
            let message = format!("{} is encrypted: its values were not checked", shown(&object.node));
            findings.add(
                Finding::new(Level::Note, &not_checked::RULE, message).at(object.node.origin()),
                Some(called(repository, place)),
            );
            continue;
        }
        if schemas.of(&object.node).is_none() {
            unknown.insert(kind_of(&object.node));
        }
        for fault in validate(&object.node, schemas) {
            let message = format!("{}: {}", shown(&object.node), fault.message);
            findings.add(Finding::new(Level::Error, &RULE, message).at(&fault.origin), Some(called(repository, place)));
        }
    }
    for kind in unknown {
        let found = Finding::new(Level::Note, &not_checked::RULE, format!("there is no schema for {kind}"));
        findings.add(found.hint("pass its CRD: --schemas DIR"), None);
    }
}

fn kind_of(node: &Node) -> String {
    let text = |key: &str| node.get(key).and_then(Node::text).unwrap_or_default();
    format!("{} {}", text("apiVersion"), text("kind"))
}
