//! Objects that differ between two states of a repository, per Kustomization and cluster.

use std::collections::BTreeMap;

use crate::domain::text::redact;
use crate::insight::field::scalars;
use crate::insight::named::{group, shown};
use crate::insight::setting::called;
use crate::render::node::Node;
use crate::render::remote::RemoteUses;
use crate::render::repository::{BuildOutcome, Repository};

/// What happened to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// `production flux-system/apps`
    pub kustomization: String,
    pub object: String,
    /// The group of its kind.
    pub group: String,
    /// `added`, `changed`, `removed`, or `not known` where one side cannot be built, or lacks a remote resource that the other one has not.
    pub what: &'static str,
    /// Fields that are set otherwise.
    pub fields: Vec<String>,
}

/// What would be applied otherwise.
pub fn differences(before: &Repository, after: &Repository) -> Vec<Difference> {
    let (old, new) = (members(before), members(after));
    let (old_remotes, new_remotes) = (remotes(before), remotes(after));
    let mut found = Vec::new();
    let mut names: Vec<_> = new.keys().chain(old.keys().filter(|name| !new.contains_key(*name))).collect();
    names.sort();
    for name in names {
        let outcomes = (old.get(name), new.get(name));
        if let (_, Some(BuildOutcome::Failed(_))) | (Some(BuildOutcome::Failed(_)), _) = outcomes {
            found.push(Difference {
                kustomization: name.clone(),
                object: String::new(),
                group: String::new(),
                what: "not known",
                fields: Vec::new(),
            });
            continue;
        }
        let looked = [&old_remotes, &new_remotes].map(|all| all.get(name).map(|uses| addresses(uses)).unwrap_or_default());
        if looked[0] != looked[1] {
            let object = looked.concat().into_iter().map(redact).collect::<Vec<_>>().join(", ");
            found.push(Difference {
                kustomization: name.clone(),
                object,
                group: String::new(),
                what: "not known",
                fields: Vec::new(),
            });
        }
        let (a, b) = (by_name(outcomes.0), by_name(outcomes.1));
        let mut push = |group: &str, object: &str, what, fields| {
            found.push(Difference {
                kustomization: name.clone(),
                object: object.to_owned(),
                group: group.to_owned(),
                what,
                fields,
            });
        };
        for (key, object) in &b {
            match a.get(key) {
                None => push(&key.0, &shown(object), "added", Vec::new()),
                Some(old) => {
                    let fields = fields(old, object);
                    if !fields.is_empty() {
                        push(&key.0, &shown(object), "changed", fields);
                    }
                }
            }
        }
        a.iter()
            .filter(|(key, _)| !b.contains_key(*key))
            .for_each(|(key, object)| push(&key.0, &shown(object), "removed", Vec::new()));
    }
    found
}

fn members(repository: &Repository) -> BTreeMap<String, &BuildOutcome> {
    repository.members().map(|(place, member)| (called(repository, place), &member.outcome)).collect()
}

fn remotes(repository: &Repository) -> BTreeMap<String, &RemoteUses> {
    repository.members().map(|(place, member)| (called(repository, place), &*member.remotes)).collect()
}

/// The remote resources that are not here.
fn addresses(uses: &RemoteUses) -> Vec<&str> {
    uses.missing().map(|one| &*one.address).collect()
}

fn by_name<'o>(outcome: Option<&&'o BuildOutcome>) -> BTreeMap<(String, String), &'o Node> {
    let objects = outcome.map(|outcome| outcome.objects()).unwrap_or_default();
    objects.iter().map(|object| ((group(&object.node).to_owned(), shown(&object.node)), &object.node)).collect()
}

fn fields(a: &Node, b: &Node) -> Vec<String> {
    let value = |node: &Node| (node.text().map(str::to_owned), crate::render::write::json(node).ok());
    let of = |node| scalars(node).into_iter().map(|(path, node)| (path, value(node))).collect::<BTreeMap<_, _>>();
    let (a, b) = (of(a), of(b));
    let differs = |path: &&String| a.get(*path).map(|(_, json)| json) != b.get(*path).map(|(_, json)| json);
    let mut found: Vec<_> = a.keys().chain(b.keys()).filter(differs).cloned().collect();
    found.sort();
    found.dedup();
    found
}
