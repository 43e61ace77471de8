//! What Flux v1 left behind in annotations: policies of workloads, and which release an object belongs to.
//!
//! Flux v1 has been out of support since November 2022. Sources: fluxcd/flux 1.25 `pkg/cluster/kubernetes/resource/resource.go`,
//! fluxcd/helm-operator 1.4.

use super::{Draft, Meta, group};

/// In the order in which fluxd looks.
const PREFIXES: [&str; 2] = ["fluxcd.io/", "flux.weave.works/"];

/// Marks a workload that carries annotations of Flux v1, and returns its policies as text.
pub(super) fn mark(draft: &mut Draft) -> String {
    let annotations = &draft.meta.annotations;
    draft.facts.legacy = draft.meta.labels.contains_key("fluxcd.io/sync-gc-mark")
        || annotations
            .keys()
            .any(|key| key.starts_with("filter.fluxcd.io/") || PREFIXES.iter().any(|prefix| key.starts_with(prefix)));
    policies(draft.meta)
}

/// The policies: `automated`, `locked`, `ignored`, and tag filters as `container=pattern`. A policy counts only with the exact value `true`.
pub(super) fn policies(meta: &Meta) -> String {
    let policy =
        |name: &str| PREFIXES.iter().find_map(|prefix| meta.annotations.get(&format!("{prefix}{name}")).map(String::as_str));
    let mut found = Vec::new();
    for (name, word) in [("automated", "automated"), ("locked", "locked"), ("ignore", "ignored")] {
        match policy(name) {
            Some("true") => found.push(word.to_owned()),
            Some("sync_only") if name == "ignore" => found.push("never deleted".to_owned()),
            _ => {}
        }
    }
    for (key, pattern) in &meta.annotations {
        let container =
            ["fluxcd.io/tag.", "flux.weave.works/tag.", "filter.fluxcd.io/"].iter().find_map(|prefix| key.strip_prefix(prefix));
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
