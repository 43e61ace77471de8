//! Helm's storage: each release of the history of a HelmRelease as a Secret, as Helm writes it (helm.sh/helm `pkg/storage/driver/secrets.go`,
//! `util.go`): base64 around gzip around JSON.
//!
//! The snapshot that the demo begins with has none: what is shared of a cluster leaves them out. They are made of what it has.

use std::io::{Read, Write};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::chart::GROUP;
use super::recording::Recording;
use crate::demo::objects::{Key, Store, list, text};

/// Writes the releases that the snapshot's HelmReleases have in their history.
pub(in crate::demo) fn begin(store: &mut Store, recording: &Recording, now: Timestamp) {
    let Some(kind) = store.kind_of(GROUP, "HelmRelease") else { return };
    let releases: Vec<_> = store.of_kind(kind).map(|(key, object)| (key.clone(), object.clone())).collect();
    for (key, object) in releases {
        let manifests = recording.applied(&key).cloned().unwrap_or_default();
        keep(store, &object, &manifests, now);
    }
}

/// Writes what is new in the history, with the status of each release; what is no longer in it goes. `manifests`: of the newest.
pub(super) fn keep(store: &mut Store, object: &Value, manifests: &[Value], now: Timestamp) {
    let Some(kind) = store.kind_of("", "Secret") else { return };
    let history = list(object, "/status/history");
    let namespace = text(object, "/status/storageNamespace").to_owned();
    for entry in history.iter().rev() {
        let key = Key { kind, namespace: namespace.clone(), name: secret(entry) };
        let known = store.get(&key).and_then(|known| unpack(known));
        let mut release = known.clone().unwrap_or_else(|| release(store, object, entry, manifests));
        release["info"]["status"] = entry["status"].clone();
        if known.as_ref() == Some(&release) {
            continue;
        }
        let fresh = json!({
            "metadata": {"name": key.name, "namespace": namespace, "labels": {
                "name": entry["name"], "owner": "helm", "status": entry["status"], "version": entry["version"].to_string(),
            }},
            "type": "helm.sh/release.v1",
            "data": {"release": BASE64_STANDARD.encode(pack(&release))},
        });
        match store.get(&key).map(|found| (**found).clone()) {
            Some(mut found) => {
                (found["data"], found["metadata"]["labels"]) = (fresh["data"].clone(), fresh["metadata"]["labels"].clone());
                store.replace(&key, found);
            }
            None => {
                store.create(kind, fresh, text(entry, "/lastDeployed").parse().unwrap_or(now));
            }
        }
    }
    let is_kept = |key: &Key| history.iter().any(|entry| secret(entry) == key.name);
    forget(store, object, |key| !is_kept(key));
}

/// Takes releases of a HelmRelease out of the storage.
pub(super) fn forget(store: &mut Store, object: &Value, is_meant: impl Fn(&Key) -> bool) {
    let Some(kind) = store.kind_of("", "Secret") else { return };
    let (namespace, name) = (text(object, "/status/storageNamespace"), text(object, "/status/history/0/name"));
    let is_of = |key: &Key, secret: &Value| {
        key.namespace == namespace
            && text(secret, "/type") == "helm.sh/release.v1"
            && text(secret, "/metadata/labels/name") == name
    };
    let old: Vec<_> =
        store.of_kind(kind).filter(|(key, secret)| is_of(key, secret) && is_meant(key)).map(|(key, _)| key.clone()).collect();
    for key in old {
        store.remove(&key);
    }
}

fn secret(entry: &Value) -> String {
    format!("sh.helm.release.v1.{}.v{}", text(entry, "/name"), entry["version"])
}

/// A release as Helm writes it down. What goes back to an earlier one has the values of that.
fn release(store: &Store, object: &Value, entry: &Value, manifests: &[Value]) -> Value {
    let documents = manifests.iter().map(|manifest| {
        let name = text(manifest, "/kind").to_lowercase();
        let body = serde_yaml::to_string(manifest).unwrap_or_default();
        format!("---\n# Source: {}/templates/{name}.yaml\n{body}", text(entry, "/chartName"))
    });
    let (chart, app) = (text(entry, "/chartName"), text(entry, "/appVersion"));
    let earlier = (entry["action"] == "rollback").then(|| earlier(store, object, entry)).flatten();
    json!({
        "name": entry["name"], "namespace": entry["namespace"], "version": entry["version"],
        "info": {
            "first_deployed": entry["firstDeployed"], "last_deployed": entry["lastDeployed"], "deleted": "",
            "description": "Release made", "status": entry["status"],
        },
        "chart": {
            "metadata": {"name": chart, "version": entry["chartVersion"], "apiVersion": "v2", "appVersion": app},
            // what every chart of the company has in its values.yaml
            "values": {"image": format!("registry.example.test/{chart}:{app}"), "replicas": 1},
            "templates": [], "files": [],
        },
        "config": earlier.unwrap_or_else(|| config(store, object)),
        "manifest": documents.collect::<String>(),
    })
}

/// The values of the release that a rollback goes back to.
fn earlier(store: &Store, object: &Value, entry: &Value) -> Option<Value> {
    let is_it = |other: &&Value| other["version"] != entry["version"] && other["configDigest"] == entry["configDigest"];
    let found = list(object, "/status/history").iter().find(is_it)?;
    let known = store.find("", "Secret", text(object, "/status/storageNamespace"), &secret(found))?;
    Some(unpack(known)?["config"].take())
}

/// The values of a HelmRelease: all references in their order, then its own. Paths in lists are not in the demo's charts.
fn config(store: &Store, object: &Value) -> Value {
    let own = text(object, "/metadata/namespace");
    let mut all = Value::Object(Map::new());
    for from in list(object, "/spec/valuesFrom") {
        let Some(found) = store.find("", text(from, "/kind"), own, text(from, "/name")) else { continue };
        let key = from["valuesKey"].as_str().unwrap_or("values.yaml");
        let raw = found["data"][key].as_str().unwrap_or_default();
        let is_secret = from["kind"] == "Secret";
        let bytes = BASE64_STANDARD.decode(raw).ok().filter(|_| is_secret);
        let value = bytes.map_or_else(|| raw.to_owned(), |bytes| String::from_utf8_lossy(&bytes).into_owned());
        match text(from, "/targetPath") {
            "" => merge(&mut all, &serde_yaml::from_str(&value).unwrap_or_default()),
            path => {
                let nested = path.rsplit('.').fold(Value::String(value), |value, key| json!({ key: value }));
                merge(&mut all, &nested);
            }
        }
    }
    merge(&mut all, &object["spec"]["values"]);
    all
}

fn merge(all: &mut Value, over: &Value) {
    let (Value::Object(all), Value::Object(over)) = (all, over) else { return };
    for (key, value) in over {
        match all.get_mut(key).filter(|old| old.is_object() && value.is_object()) {
            Some(old) => merge(old, value),
            None => {
                all.insert(key.clone(), value.clone());
            }
        }
    }
}

fn pack(release: &Value) -> String {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    // into memory: nothing fails
    let _ = gzip.write_all(release.to_string().as_bytes());
    BASE64_STANDARD.encode(gzip.finish().unwrap_or_default())
}

fn unpack(secret: &Value) -> Option<Value> {
    let packed = BASE64_STANDARD.decode(secret["data"]["release"].as_str()?).ok()?;
    let mut text = String::new();
    flate2::read::GzDecoder::new(&BASE64_STANDARD.decode(packed).ok()?[..]).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{Company, RunDirectory};

    /// The config of a release by its namespace and name, at that number.
    fn config_of(company: &Company, namespace: &str, name: &str, number: u32) -> Option<Value> {
        let secrets = company.enter("production").expect("the demo").world.objects("", "Secret");
        let wanted = format!("sh.helm.release.v1.{name}.v{number}");
        let found =
            secrets.iter().find(|it| text(it, "/metadata/namespace") == namespace && text(it, "/metadata/name") == wanted)?;
        unpack(found)
    }

    #[test]
    fn every_release_of_a_history_is_in_the_storage() {
        let company = Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time"));
        let worker = config_of(&company, "flux-apps", "worker", 1).expect("a release");
        assert_eq!(worker["config"]["replicas"], 2);
        assert_eq!(worker["config"]["image"], "registry.example.test/worker:2.0.0");
        assert_eq!((&worker["info"]["status"], &worker["chart"]["values"]["replicas"]), (&json!("deployed"), &json!(1)));
        assert!(text(&worker, "/manifest").contains("kind: Deployment"), "{worker}");
        assert!(config_of(&company, "web", "web", 1).is_some() && config_of(&company, "web", "web", 2).is_none());
    }

    #[test]
    fn an_upgrade_is_another_release_and_the_one_before_is_superseded() {
        let company = Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time"));
        let world = company.enter("production").expect("the demo").world;
        world.change(|store, _| {
            let key = store.key(GROUP, "HelmRelease", "platform", "metrics").expect("a kind");
            let mut metrics = (**store.get(&key).expect("a release")).clone();
            metrics["spec"]["values"]["retention"] = "9d".into();
            store.replace(&key, metrics);
        });
        world.advance(std::time::Duration::from_secs(120));
        let [old, new] = [1, 2].map(|number| config_of(&company, "platform", "metrics", number).expect("a release"));
        assert_eq!((&old["info"]["status"], &new["info"]["status"]), (&json!("superseded"), &json!("deployed")));
        assert_eq!((&old["config"]["retention"], &new["config"]["retention"]), (&json!("7d"), &json!("9d")));
    }
}
