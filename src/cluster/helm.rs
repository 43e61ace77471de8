//! Helm's storage: what a release consists of, where helm-controller does not say (before Flux 2.8); and what its values are made of.
//!
//! Helm keeps a release in a Secret `sh.helm.release.v1.NAME.vN`: base64 around gzip around JSON with the rendered manifest
//! (helm.sh/helm `pkg/storage/driver/util.go`). For the graph only group, kind, namespace and name of its objects leave this file;
//! what is read for values holds credentials: `insight::values` masks them.

use std::collections::BTreeMap;
use std::io::Read;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use k8s_openapi::api::core::v1::Secret;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::connection::Connection;
use super::failure::Failure;
use super::feed::request;
use super::look::get;
use super::send::{fetch, in_time};
use super::served::escape;
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef};
use fluxdeck_model::kinds;

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
    let release: Release = unpacked(connection, &secret.namespace, &secret.name, limit).await?;
    let is_namespaced = |gk: &GroupKind| connection.served(gk).is_none_or(|served| served.namespaced);
    Ok(objects(&release, cluster, is_namespaced))
}

async fn unpacked<T: DeserializeOwned>(
    connection: &Connection,
    namespace: &str,
    name: &str,
    limit: Duration,
) -> Result<T, Failure> {
    let uri = format!("/api/v1/namespaces/{}/secrets/{}", escape(namespace), escape(name));
    let secret: Secret = get(&connection.client, &uri, limit).await?;
    let packed = secret.data.unwrap_or_default().remove("release").map(|bytes| bytes.0).unwrap_or_default();
    unpack(&packed).ok_or_else(|| Failure::NotFound("the release in Helm's storage is not readable".to_owned()))
}

/// A release as Helm keeps it, whole: its values and its manifest hold credentials.
///
/// # Errors
/// As [`release`].
pub async fn stored(
    connection: &Connection,
    namespace: &str,
    (name, number): (&str, u64),
    limit: Duration,
) -> Result<Value, Failure> {
    unpacked(connection, namespace, &format!("sh.helm.release.v1.{name}.v{number}"), limit).await
}

#[derive(Deserialize)]
struct Names {
    #[serde(default)]
    items: Vec<Named>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    metadata: Metadata,
}

/// The numbers of the releases of a name that Helm keeps, the newest first. Reads metadata only.
///
/// # Errors
/// [`Failure::Forbidden`] for those who may not list Secrets there.
pub async fn release_numbers(connection: &Connection, namespace: &str, name: &str, limit: Duration) -> Result<Vec<u64>, Failure> {
    let selector = escape(&format!("owner=helm,name={name}"));
    let uri = format!("/api/v1/namespaces/{}/secrets?labelSelector={selector}", escape(namespace));
    let bytes = in_time(&uri, limit, fetch(&connection.client, request(&uri, "PartialObjectMetadataList")?)).await?;
    let unreadable = |error| Failure::busy(format!("the list of Secrets of {namespace} is not readable: {error}"));
    let names: Names = serde_json::from_slice(&bytes).map_err(unreadable)?;
    let number = |item: &Named| item.metadata.name.rsplit_once(".v")?.1.parse::<u64>().ok();
    let mut numbers: Vec<_> = names.items.iter().filter_map(number).collect();
    numbers.sort_unstable_by(|a, b| b.cmp(a));
    Ok(numbers)
}

/// The data of a ConfigMap or a Secret that values are made of, by key: with its credentials.
///
/// # Errors
/// As for any request; [`Failure::NotFound`] where there is no such object, or the kind is another one.
pub async fn values_data(
    connection: &Connection,
    kind: &str,
    namespace: &str,
    name: &str,
    limit: Duration,
) -> Result<BTreeMap<String, String>, Failure> {
    let found = [kinds::CONFIG_MAP, kinds::SECRET].into_iter().find(|known| known.kind == kind);
    let plural = found.ok_or_else(|| Failure::NotFound(format!("{kind} is not a kind that values come from")))?.plural;
    let uri = format!("/api/v1/namespaces/{}/{plural}/{}", escape(namespace), escape(name));
    let body: Value = get(&connection.client, &uri, limit).await?;
    let text = |value: &Value| {
        let text = value.as_str().unwrap_or_default();
        let bytes = BASE64_STANDARD.decode(text).ok().filter(|_| kind == kinds::SECRET.kind);
        bytes.map_or_else(|| text.to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    Ok(body["data"].as_object().into_iter().flatten().map(|(key, value)| (key.clone(), text(value))).collect())
}

fn unpack<T: DeserializeOwned>(packed: &[u8]) -> Option<T> {
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

        let release: Release = unpack(packed.as_bytes()).expect("a release");
        let found: Vec<_> =
            objects(&release, ClusterId(0), |gk| &*gk.kind != "ClusterRole").iter().map(ToString::to_string).collect();

        assert_eq!(found, ["Deployment shop/web", "Service other/web", "ClusterRole web:read"]);
    }

    #[test]
    fn anything_but_a_release_is_none() {
        for packed in [&b""[..], b"%%%", b"aGVsbG8="] {
            assert!(unpack::<Release>(packed).is_none());
        }
    }
}
