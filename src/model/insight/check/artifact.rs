//! Which folder of the repository an artifact is taken for, and why.

use super::{Finding, Findings, Level, Rule};
use crate::insight::schema::Schemas;
use crate::render::repository::Repository;

pub(super) static RULE: Rule =
    Rule { name: "artifact-folder", doc: "the folder that an artifact is taken for, and why", look: Some(look) };

fn look(repository: &Repository, _: &mut Schemas, findings: &mut Findings) {
    for cluster in &repository.clusters {
        for (source, found) in &cluster.artifacts {
            let folder = if found.folder.is_empty() { "the whole repository" } else { &found.folder };
            let name = format!("{} {}/{}", source.kind, source.namespace, source.name);
            let say = |name: &str| format!("{name} is made from {folder}: {}", found.rule.word());
            let hint = "say it in .fluxdeck.toml where that is wrong: [[artifacts]] url, path";
            findings.add(Finding::about(Level::Note, &RULE, name, say).hint(hint), Some(cluster.name.clone()));
        }
    }
}
