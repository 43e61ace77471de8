//! What a Flux object needs besides its source and its values: credentials, certificates, keys, kubeconfigs and its service
//! account.
//!
//! All of them are in the object's own namespace (fluxcd/pkg `apis/meta/reference_types.go`, `LocalObjectReference`).

use serde_json::Value;

use super::Draft;
use super::draft::string;
use crate::domain::object::Relation;

/// Keys of a spec whose `name` is an object of that kind, wherever the key stands: `verify.secretRef`, `kubeConfig.configMapRef` …
const REFERENCES: [(&str, &str); 5] = [
    ("secretRef", "Secret"),
    ("certSecretRef", "Secret"),
    ("proxySecretRef", "Secret"),
    ("trustedRootSecretRef", "Secret"),
    ("configMapRef", "ConfigMap"),
];

/// Keys of a spec whose text is the name of an object of that kind.
const NAMES: [(&str, &str); 4] = [
    ("serviceAccountName", "ServiceAccount"),
    ("pullSecret", "Secret"),
    ("imagePullSecret", "Secret"),
    ("artifactPullSecret", "Secret"),
];

/// Manifests inside a spec refer to what other objects need (ResourceSet).
const MANIFESTS: &str = "resources";

impl Draft<'_> {
    /// Adds an edge for everything that the spec refers to by the keys above, once each.
    pub(super) fn uses(&mut self, spec: &Value) {
        let mut found = Vec::new();
        collect(spec, &mut found);
        found.sort_unstable();
        found.dedup();
        for (kind, name) in found {
            self.edge(Relation::Uses, "", kind, None, name);
        }
    }
}

fn collect<'a>(value: &'a Value, found: &mut Vec<(&'static str, &'a str)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                if let Some((_, kind)) = REFERENCES.iter().find(|(name, _)| name == key) {
                    found.push((kind, string(value, &["name"])));
                } else if let (Some((_, kind)), Some(name)) = (NAMES.iter().find(|(name, _)| name == key), value.as_str()) {
                    found.push((kind, name));
                } else if key != MANIFESTS {
                    collect(value, found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::kinds::testing::{edges, read};
    use crate::kinds::{self, group};

    #[test]
    fn references_to_secrets_maps_and_accounts_are_edges_in_the_own_namespace() {
        for (group, kind, spec, expected) in [
            (
                group::SOURCE,
                "GitRepository",
                json!({"secretRef": {"name": "key"}, "proxySecretRef": {"name": "proxy"}, "verify": {"secretRef": {"name": "pgp"}}}),
                vec!["uses Secret apps/key", "uses Secret apps/pgp", "uses Secret apps/proxy"],
            ),
            (
                group::KUSTOMIZE,
                "Kustomization",
                json!({
                    "serviceAccountName": "team", "decryption": {"provider": "sops", "secretRef": {"name": "age"}},
                    "kubeConfig": {"configMapRef": {"name": "remote"}}
                }),
                vec!["uses ConfigMap apps/remote", "uses Secret apps/age", "uses ServiceAccount apps/team"],
            ),
            (
                group::IMAGE,
                "ImageUpdateAutomation",
                json!({"git": {"commit": {"signingKey": {"secretRef": {"name": "sign"}}}}}),
                vec!["uses Secret apps/sign"],
            ),
            (group::OPERATOR, "FluxInstance", json!({"sync": {"pullSecret": "registry"}}), vec!["uses Secret apps/registry"]),
            (
                group::OPERATOR,
                "ResourceSet",
                json!({"resources": [{"spec": {"secretRef": {"name": "of-another-object"}}}]}),
                vec![],
            ),
        ] {
            let kind = kinds::find(group, kind).expect("a known kind");
            let object = read(kind, &json!({"spec": spec}));
            let mut found: Vec<_> = edges(&object).into_iter().filter(|edge| edge.starts_with("uses ")).collect();
            found.sort();
            assert_eq!(found, expected, "{}", kind.kind);
        }
    }
}
