//! A HelmRelease whose release is another one then: Helm uninstalls the old one first.
//!
//! Source: helm-controller v1.6 `internal/action/verify.go` (`ReleaseTargetChanged`), `api/v2/helmrelease_types.go` (`GetReleaseName`,
//! `GetReleaseNamespace`, `GetStorageNamespace`).

use super::FoundCautions;
use super::query::{CautionQuery, is, text_of};
use crate::insight::named::shown;
use crate::kinds;
use crate::render::Node;
use crate::render::id::meta_text;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    let both = query.changes.iter().filter_map(|change| change.both());
    for (before, after) in both.filter(|(_, after)| is(after.node(), kinds::HELM_RELEASE)) {
        let (old, new) = (Target::of(before.node()), Target::of(after.node()));
        if old == new {
            continue;
        }
        let fields = [
            ("targetNamespace", old.namespace != new.namespace),
            ("releaseName", old.name != new.name),
            ("storageNamespace", old.storage != new.storage),
        ];
        let (field, _) = fields.into_iter().find(|(_, differs)| *differs).unwrap_or_default();
        let old = format!("{}/{}", old.namespace, old.name);
        found.say(format!(
            "{}: Helm uninstalls {old} with all its objects, and installs it again (spec.{field})",
            shown(after.node())
        ));
    }
}

/// Which release it is.
#[derive(PartialEq)]
struct Target {
    name: String,
    namespace: String,
    storage: String,
}

impl Target {
    fn of(node: &Node) -> Self {
        let said = |key: &str| text_of(node, &["spec", key]);
        let (own, target) = (meta_text(node, "namespace"), said("targetNamespace"));
        let or = |text: &str| if text.is_empty() { own.to_owned() } else { text.to_owned() };
        let name = match (said("releaseName"), target) {
            ("", "") => meta_text(node, "name").to_owned(),
            ("", target) => format!("{target}-{}", meta_text(node, "name")),
            (name, _) => name.to_owned(),
        };
        Self { name, namespace: or(target), storage: or(said("storageNamespace")) }
    }
}
