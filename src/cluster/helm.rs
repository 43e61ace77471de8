//! Helm's storage: what a release consists of, where helm-controller does not say (before Flux 2.8).
//!
//! Helm keeps a release in a Secret `sh.helm.release.v1.NAME.vN`: base64 around gzip around JSON with the rendered manifest
//! (helm.sh/helm `pkg/storage/driver/util.go`). Only group, kind, namespace and name of its objects leave this file.

use std::io::Read;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::Secret;
use serde::Deserialize;

use super::connection::Connection;
use super::failure::Failure;
use super::look::get;
use super::served::escape;
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef};

/// Largest release read, unpacked: Secrets hold one megabyte, which may not grow without bound.
const LARGEST: u64 = 64 << 20;

#[derive(Deserialize)]
struct Release {
    #[serde(default)]
    namespace: String,
    #[serde(default)]
    manifest: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Manifest {
    api_version: String,
    kind: String,
    metadata: Metadata,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata {
    name: String,
    namespace: String,
}

/// Returns the objects of a release, hooks left out, in the order of the manifest.
///
/// # Errors
/// [`Failure::Forbidden`] for those who may not read Secrets, [`Failure::NotFound`] where there is no such release,
/// [`Failure::Unreachable`] when it takes longer than `limit`.
pub async fn release(
    connection: &Connection,
    cluster: ClusterId,
    secret: &ObjectRef,
    limit: Duration,
) -> Result<Vec<ObjectRef>, Failure> {
    let uri = format!("/api/v1/namespaces/{}/secrets/{}", escape(&secret.namespace), escape(&secret.name));
    let secret: Secret = get(&connection.client, &uri, limit).await?;
    let packed = secret.data.unwrap_or_default().remove("release").map(|bytes| bytes.0).unwrap_or_default();
    let release = unpack(&packed).ok_or_else(|| Failure::NotFound("the release in Helm's storage is not readable".to_owned()))?;
    let is_namespaced = |gk: &GroupKind| connection.served(gk).is_none_or(|served| served.namespaced);
    Ok(objects(&release, cluster, is_namespaced))
}

fn unpack(packed: &[u8]) -> Option<Release> {
    let bytes = BASE64_STANDARD.decode(packed).ok()?;
    let mut text = Vec::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(&bytes[..]).take(LARGEST).read_to_end(&mut text).ok()?;
    } else {
        text = bytes;
    }
    serde_json::from_slice(&text).ok()
}

fn objects(release: &Release, cluster: ClusterId, is_namespaced: impl Fn(&GroupKind) -> bool) -> Vec<ObjectRef> {
    let documents = serde_yaml::Deserializer::from_str(&release.manifest);
    let manifests = documents
        .filter_map(|document| Manifest::deserialize(document).ok())
        .filter(|manifest| !manifest.metadata.name.is_empty());
    manifests
        .map(|manifest| {
            let group = manifest.api_version.rsplit_once('/').map_or("", |(group, _)| group);
            let gk = GroupKind::new(group, manifest.kind);
            let namespace = match manifest.metadata.namespace {
                _ if !is_namespaced(&gk) => String::new(),
                empty if empty.is_empty() => release.namespace.clone(),
                namespace => namespace,
            };
            ObjectRef::new(cluster, gk, namespace, manifest.metadata.name)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_packed_release_names_its_objects() {
        let manifest = "---\n# Source: web/templates/a.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n---\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\n  namespace: other\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: web:read\n";
        let json = serde_json::json!({"name": "web", "namespace": "shop", "manifest": manifest, "config": {"password": "x"}})
            .to_string();
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(json.as_bytes()).expect("in memory");
        let packed = BASE64_STANDARD.encode(gzip.finish().expect("in memory"));

        let release = unpack(packed.as_bytes()).expect("a release");
        let found: Vec<_> =
            objects(&release, ClusterId(0), |gk| &*gk.kind != "ClusterRole").iter().map(ToString::to_string).collect();

        assert_eq!(found, ["Deployment shop/web", "Service other/web", "ClusterRole web:read"]);
    }

    #[test]
    fn anything_but_a_release_is_none() {
        for packed in [&b""[..], b"%%%", b"aGVsbG8="] {
            assert!(unpack(packed).is_none());
        }
    }
}
