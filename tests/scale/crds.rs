//! Flux's kinds for an API server that has none: open schemas, just enough for lists, watches
//! and the status subresource. Where the real definitions are installed they are left alone.

use serde_json::{Value, json};

use crate::cluster::{Cluster, Failure};

/// group, version, kind, plural, short names
const KINDS: [(&str, &str, &str, &str, &[&str]); 6] = [
    ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization", "kustomizations", &["ks"]),
    ("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases", &["hr"]),
    ("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories", &["gitrepo"]),
    ("source.toolkit.fluxcd.io", "v1", "OCIRepository", "ocirepositories", &["ocirepo"]),
    ("source.toolkit.fluxcd.io", "v1", "HelmRepository", "helmrepositories", &["helmrepo"]),
    ("source.toolkit.fluxcd.io", "v1", "HelmChart", "helmcharts", &["hc"]),
];

/// Installs what is missing and waits until all kinds are served.
pub async fn install(cluster: &Cluster) -> Result<usize, Failure> {
    let mut installed = 0;
    for (group, version, kind, plural, short) in KINDS {
        let served = cluster.get(&format!("/apis/{group}/{version}/{plural}?limit=1")).await;
        if served.is_err() {
            let (_, new) = cluster.create(&definition(group, version, kind, plural, short), "kubectl").await?;
            installed += usize::from(new);
        }
    }
    for (group, version, _, plural, _) in KINDS {
        let mut tries = 0;
        while let Err(error) = cluster.get(&format!("/apis/{group}/{version}/{plural}?limit=1")).await {
            tries += 1;
            if tries > 100 {
                return Err(format!("{plural}.{group} is not served: {error}").into());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    }
    Ok(installed)
}

fn definition(group: &str, version: &str, kind: &str, plural: &str, short: &[&str]) -> Value {
    let column = |name: &str, path: &str| json!({"name": name, "type": "string", "jsonPath": path});
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}"), "labels": {"app.kubernetes.io/part-of": "flux", "app.kubernetes.io/instance": "flux-system"}},
        "spec": {"group": group, "scope": "Namespaced",
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase(), "shortNames": short},
            "versions": [{"name": version, "served": true, "storage": true, "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                    column("Ready", ".status.conditions[?(@.type==\"Ready\")].status"),
                    column("Status", ".status.conditions[?(@.type==\"Ready\")].message")],
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
}
