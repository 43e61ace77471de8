//! What Flux v1 left behind in annotations: policies of workloads, and which release an object belongs to.
//!
//! Flux v1 has been out of support since November 2022. Sources: fluxcd/flux 1.25 `pkg/cluster/kubernetes/resource/resource.go`,
//! fluxcd/helm-operator 1.4.

use super::{Column, Draft, Meta, group};
use crate::domain::Object;

/// In the order in which fluxd looks.
const PREFIXES: [&str; 2] = ["fluxcd.io/", "flux.weave.works/"];
/// Before the name of a container: the same as `tag.` after one of those.
const FILTER: &str = "filter.fluxcd.io/";
/// The heading of the column with the policies of an object.
pub(super) const POLICY: &str = "POLICY";

/// Images are updated by fluxd. Like the next it counts only with the exact value `true`.
pub const AUTOMATED: &str = "automated";
/// Nothing is released, by nobody.
pub const LOCKED: &str = "locked";
pub const LOCKED_USER: &str = "locked_user";
pub const LOCKED_MESSAGE: &str = "locked_msg";
/// What git says does not reach it (`true`), or it is never deleted ([`SYNC_ONLY`]).
pub const IGNORED: &str = "ignore";
pub const SYNC_ONLY: &str = "sync_only";
/// Before the name of a container: which tags it may get.
pub const TAG: &str = "tag.";

/// The annotations that may say a policy (`locked`, `tag.web`): the one that is written where there is none yet, first.
pub fn keys(policy: &str) -> Vec<String> {
    let filter = policy.strip_prefix(TAG).map(|container| format!("{FILTER}{container}"));
    PREFIXES.iter().map(|prefix| format!("{prefix}{policy}")).chain(filter).collect()
}

/// The policy that an annotation sets; none for others, and for what fluxd notes for itself (`fluxcd.io/sync-checksum`).
pub fn policy_of(key: &str) -> Option<String> {
    let filter = || Some(format!("{TAG}{}", key.strip_prefix(FILTER)?));
    let policy = PREFIXES.iter().find_map(|prefix| key.strip_prefix(prefix)).map(str::to_owned).or_else(filter)?;
    let is_one = [AUTOMATED, LOCKED, LOCKED_USER, LOCKED_MESSAGE, IGNORED].contains(&&*policy) || policy.starts_with(TAG);
    is_one.then_some(policy)
}

/// The policies of an object of the cluster, as its table shows them.
pub fn shown_policies(object: &Object) -> &str {
    let at = super::of(&object.id.gk).columns.iter().find_map(|column| match column {
        Column::Wide(POLICY, at) => Some(*at),
        _ => None,
    });
    at.and_then(|at| object.facts.cells.get(at)).map_or("", |cell| cell)
}

/// Marks a workload that carries annotations of Flux v1, and returns its policies as text.
pub(super) fn mark(draft: &mut Draft) -> String {
    let annotations = &draft.meta.annotations;
    draft.facts.legacy = draft.meta.labels.contains_key("fluxcd.io/sync-gc-mark")
        || annotations.keys().any(|key| key.starts_with(FILTER) || PREFIXES.iter().any(|prefix| key.starts_with(prefix)));
    policies(draft.meta)
}

/// The policies: `automated`, `locked`, `ignored`, and tag filters as `container=pattern`. A policy counts only with the exact value `true`.
pub(super) fn policies(meta: &Meta) -> String {
    let policy =
        |name: &str| PREFIXES.iter().find_map(|prefix| meta.annotations.get(&format!("{prefix}{name}")).map(String::as_str));
    let mut found = Vec::new();
    for (name, word) in [(AUTOMATED, "automated"), (LOCKED, "locked"), (IGNORED, "ignored")] {
        match policy(name) {
            Some("true") => found.push(word.to_owned()),
            Some(SYNC_ONLY) if name == IGNORED => found.push("never deleted".to_owned()),
            _ => {}
        }
    }
    for (key, pattern) in &meta.annotations {
        let policy = policy_of(key);
        let container = policy.as_deref().and_then(|policy| policy.strip_prefix(TAG));
        found.extend(container.map(|container| format!("{container}={pattern}")));
    }
    found.join(", ")
}

/// The release that an object belongs to, by helm-operator's annotation `<namespace>:<kind>/<name>`: group, kind, namespace, name.
pub(super) fn antecedent(meta: &Meta) -> Option<(&'static str, &'static str, &str, &str)> {
    [("helm.fluxcd.io/antecedent", group::HELM_OPERATOR), ("flux.weave.works/antecedent", group::WEAVE)].into_iter().find_map(
        |(key, group)| {
            let (namespace, rest) = meta.annotations.get(key)?.split_once(':')?;
            match rest.split_once('/')? {
                ("helmrelease", name) => Some((group, "HelmRelease", namespace, name)),
                ("fluxhelmrelease", name) => Some((group::INTEGRATIONS, "FluxHelmRelease", namespace, name)),
                _ => None,
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_read_from_every_key_that_may_say_it() {
        for policy in [AUTOMATED, LOCKED_USER, "tag.web"] {
            for key in keys(policy) {
                assert_eq!(policy_of(&key).as_deref(), Some(policy), "{key}");
            }
        }
        assert_eq!(keys("tag.web"), ["fluxcd.io/tag.web", "flux.weave.works/tag.web", "filter.fluxcd.io/web"]);
        for other in ["fluxcd.io/sync-checksum", "tag.fluxcd.io/web", "kustomize.toolkit.fluxcd.io/prune", "locked"] {
            assert_eq!(policy_of(other), None, "{other}");
        }
    }

    fn meta(annotations: &[(&str, &str)]) -> Meta {
        let annotations = annotations.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Meta { annotations, ..Meta::default() }
    }

    #[test]
    fn policies_count_only_when_exactly_true() {
        for (annotations, expected) in [
            (&[("fluxcd.io/automated", "true"), ("fluxcd.io/locked", "True")][..], "automated"),
            (&[("flux.weave.works/locked", "true"), ("fluxcd.io/ignore", "sync_only")], "locked, never deleted"),
            (&[("fluxcd.io/tag.web", "semver:~1.0"), ("filter.fluxcd.io/db", "glob:9-*")], "db=glob:9-*, web=semver:~1.0"),
            (&[("reconcile.fluxcd.io/requestedAt", "true")], ""),
        ] {
            assert_eq!(policies(&meta(annotations)), expected);
        }
    }

    #[test]
    fn the_antecedent_names_the_release() {
        for (key, value, expected) in [
            ("helm.fluxcd.io/antecedent", "web:helmrelease/web", Some(("helm.fluxcd.io", "HelmRelease", "web", "web"))),
            ("flux.weave.works/antecedent", "web:helmrelease/web", Some(("flux.weave.works", "HelmRelease", "web", "web"))),
            (
                "flux.weave.works/antecedent",
                "web:fluxhelmrelease/web",
                Some(("helm.integrations.flux.weave.works", "FluxHelmRelease", "web", "web")),
            ),
            ("helm.fluxcd.io/antecedent", "nonsense", None),
        ] {
            assert_eq!(antecedent(&meta(&[(key, value)])), expected);
        }
    }
}
