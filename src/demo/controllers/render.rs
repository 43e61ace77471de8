//! Building what git says: what a build is made of, the build itself, and what of it was recorded (kustomize-controller `generate` and
//! `build`; fluxcd/pkg `kustomize`).
//!
//! Recorded objects carry the server's defaults and the values of decrypted Secrets, which no build knows: a manifest that git says as it
//! did then is applied as recorded, and of one that has changed only what has changed. Encrypted values are masked, as in the recording.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::recording::{Recording, desired};
use super::{Git, scene::Scene};
use crate::demo::objects::{Key, Store, list, text};
use fluxdeck_model::render::Cache;
use fluxdeck_model::render::error::BuildError;
use fluxdeck_model::render::flux::{self, Spec, Values};
use fluxdeck_model::render::ignore::{Artifact, IgnoreRules};
use fluxdeck_model::render::node::{Layer, Location, Node, Origin, Trace};
use fluxdeck_model::render::read::{self, TextPlace};
use fluxdeck_model::render::remote::Remotes;
use fluxdeck_model::render::substitute::Variables;
use fluxdeck_model::render::tree::{Memory, Tree as _};
use fluxdeck_model::render::write;

/// How the recording shows a value of a Secret.
const MASK: &str = "<masked>";

/// Why nothing is built: reason and message of Ready.
pub(super) type Failure = (&'static str, String);

/// All that a build depends on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Inputs {
    /// The Kustomization: its name and desired state.
    kustomization: Value,
    url: String,
    ignore: Option<String>,
    commit: String,
    /// The data of what `substituteFrom` names; none of what is not there, null where nobody recorded such objects.
    values: Vec<Option<Value>>,
}

/// What a Kustomization applies at a revision. None: what was recorded, be it objects or a failure.
///
/// # Errors
/// What kustomize-controller would say, where it is not what it said in the recording.
pub(super) fn rendered(scene: &Scene, key: &Key, object: &Value, revision: &str) -> Result<Option<Vec<Value>>, Failure> {
    let Some(git) = scene.git else { return Ok(None) };
    let recording = scene.recording;
    let fails = recording.stopped(key, object).is_some();
    let is_known = fails || recording.applied(key).is_some();
    let (was, is) = (recording.built_from(key), Inputs::of(scene.store, object, revision));
    if is_known && was == Some(&is) {
        return Ok(None);
    }
    let Some(new) = is.build(git, &recording.parsed) else { return Ok(None) };
    let old = was.and_then(|was| was.build(git, &recording.parsed));
    let is_same = old.as_ref() == Some(&new);
    match new {
        Ok(_) if is_same && is_known => Ok(None),
        Err(_) if is_same && fails => Ok(None),
        Err(failure) => Err(failure),
        Ok(new) => {
            let old = old.and_then(Result::ok).unwrap_or_default();
            Ok(Some(new.into_iter().map(|manifest| onto(recording, key, &old, manifest)).collect()))
        }
    }
}

/// What Kustomizations say at the revisions that they have applied, built once as long as it is made of the same.
#[derive(Default)]
pub(super) struct Said {
    known: BTreeMap<Key, (Inputs, Option<Vec<Value>>)>,
}

impl Said {
    /// The manifest of an object. None: git does not have it, or the Kustomization has applied nothing that is in git.
    pub fn of(&mut self, store: &Store, git: &dyn Git, parsed: &Cache, applier: &Key, object: &Value) -> Option<&Value> {
        let by = store.get(applier)?;
        let inputs = Inputs::of(store, by, text(by, "/status/lastAppliedRevision"));
        if self.known.get(applier).is_none_or(|(known, _)| *known != inputs) {
            let built = inputs.build(git, parsed).and_then(Result::ok);
            self.known.insert(applier.clone(), (inputs, built));
        }
        let (_, built) = self.known.get(applier)?;
        built.as_ref()?.iter().find(|manifest| is_same(manifest, object))
    }
}

impl Inputs {
    pub fn of(store: &Store, object: &Value, revision: &str) -> Self {
        let own = text(object, "/metadata/namespace");
        let namespace = object.pointer("/spec/sourceRef/namespace").and_then(Value::as_str).unwrap_or(own);
        let (kind, name) = (text(object, "/spec/sourceRef/kind"), text(object, "/spec/sourceRef/name"));
        let source = store.find("source.toolkit.fluxcd.io", kind, namespace, name).map(|source| &**source);
        let of_source = |pointer: &str| source.and_then(|source| source.pointer(pointer)).and_then(Value::as_str);
        let data = |from: &Value| {
            let is_recorded = store.kind_of("", text(from, "/kind")).is_some_and(|kind| store.of_kind(kind).next().is_some());
            if !is_recorded {
                return Some(Value::Null);
            }
            let found = store.find("", text(from, "/kind"), own, text(from, "/name"))?;
            Some(found.get("data").cloned().unwrap_or_else(|| json!({})))
        };
        // what was never tried would have been built from what its source had then
        let revision = if revision.is_empty() { of_source("/status/artifact/revision").unwrap_or_default() } else { revision };
        Self {
            kustomization: json!({
                "apiVersion": object["apiVersion"], "kind": object["kind"], "spec": desired(object),
                "metadata": {"name": object["metadata"]["name"], "namespace": own},
            }),
            url: of_source("/spec/url").unwrap_or_default().to_owned(),
            ignore: of_source("/spec/ignore").map(str::to_owned),
            commit: revision.rsplit(':').next().unwrap_or_default().to_owned(),
            values: list(object, "/spec/postBuild/substituteFrom").iter().map(data).collect(),
        }
    }

    /// None: git does not have this.
    pub fn build(&self, git: &dyn Git, parsed: &Cache) -> Option<Result<Vec<Value>, Failure>> {
        Some(self.objects(&git.files(&self.url, &self.commit)?, parsed))
    }

    fn objects(&self, files: &Memory, parsed: &Cache) -> Result<Vec<Value>, Failure> {
        let failed = |error: BuildError| ("BuildFailed", format!("kustomize build failed: {error}"));
        let meta = |key: &str| text(&self.kustomization, key);
        let own = TextPlace::object("Kustomization", meta("/metadata/namespace"), meta("/metadata/name"), Layer::Cluster);
        let node = read::document(self.kustomization.to_string().as_bytes(), &own);
        let spec = Spec::read(&node.map_err(failed)?.expect("an object")).map_err(failed)?;
        let artifact = Artifact::new(files, IgnoreRules::of(files, self.ignore.as_deref()).map_err(failed)?);
        let folder = flux::folder(&spec.path);
        if artifact.entry(&folder).is_none() {
            let message = format!("kustomization path not found: stat /tmp/kustomization/{folder}: no such file or directory");
            return Err(("ArtifactFailed", message));
        }
        let nodes = flux::render(&artifact, &spec, parsed, &Remotes::default()).objects.map_err(failed)?;
        let mut made = Vec::with_capacity(nodes.len());
        for built in &nodes {
            let refused = |why: String| ("BuildFailed", format!("post build failed for '{}': {why}", called(&built.node)));
            let variables = self.variables(&spec).map_err(refused)?;
            let applied = flux::applied(std::slice::from_ref(built), &spec, &variables);
            let applied = applied.map_err(|error| refused(format!("envsubst error: variable substitution failed: {error}")))?;
            for one in applied {
                let manifest = write::json(&one.node).map_err(failed)?;
                made.push(if text(&manifest, "/kind") == "Secret" { secret(manifest, one.is_encrypted) } else { manifest });
            }
        }
        // what others need to exist goes first (fluxcd/pkg `ssa/manager_apply.go`, `ApplyAllStaged`)
        made.sort_by_key(|manifest| {
            !matches!(text(manifest, "/kind"), "CustomResourceDefinition" | "Namespace" | "ClusterClass")
        });
        Ok(made)
    }

    fn variables(&self, spec: &Spec) -> Result<Variables, String> {
        let wanted: Vec<_> = spec.post_build.iter().flat_map(|post| &post.from).zip(&self.values).collect();
        if let Some((from, _)) = wanted.iter().find(|(from, found)| found.is_none() && !from.is_optional) {
            let (kind, name) = (&from.kind, &from.name);
            let error = format!("{}s \"{name}\" not found", kind.to_lowercase());
            return Err(format!("substitute from '{kind}/{name}' error: {error}"));
        }
        let find = |kind: &str, namespace: &str, name: &str| {
            let (_, found) = wanted.iter().find(|(from, _)| (&*from.kind, &*from.name) == (kind, name))?;
            if found.as_ref().is_some_and(Value::is_null) {
                return None;
            }
            let object = Location::Object { kind: kind.into(), namespace: namespace.into(), name: name.into() };
            let trace = Trace::new(Origin::at(&Arc::new(object), 0, 0, Layer::Cluster));
            let value = |value: &str| match write::from_base64(value).filter(|_| kind == "Secret") {
                Some(bytes) => String::from_utf8_lossy(&bytes).into(),
                None => value.into(),
            };
            let pairs = found.iter().filter_map(Value::as_object).flatten();
            let pair = |(name, text): (&String, &Value)| Some((name.as_str().into(), (value(text.as_str()?), trace.clone())));
            Some(pairs.filter_map(pair).collect::<Values>())
        };
        Ok(flux::variables(spec, &find))
    }
}

/// `Deployment.v1.apps/web`, `ConfigMap.v1.[noGrp]/web` (kyaml `resid/gvk.go`).
fn called(node: &Node) -> String {
    let at = |path: &[&str]| node.at(path).and_then(Node::text).unwrap_or_default();
    let (group, version) = at(&["apiVersion"]).rsplit_once('/').unwrap_or(("[noGrp]", at(&["apiVersion"])));
    format!("{}.{version}.{group}/{}", at(&["kind"]), at(&["metadata", "name"]))
}

/// A Secret as the server keeps it.
fn secret(mut manifest: Value, is_encrypted: bool) -> Value {
    let Some(fields) = manifest.as_object_mut() else { return manifest };
    fields.remove("sops");
    let plain = fields.remove("stringData").and_then(|plain| plain.as_object().cloned()).unwrap_or_default();
    let plain = plain.into_iter().map(|(name, value)| (name, write::base64_of(value.as_str().unwrap_or_default().as_bytes())));
    let mut data = fields.remove("data").and_then(|data| data.as_object().cloned()).unwrap_or_default();
    data.extend(plain.map(|(name, value)| (name, value.into())));
    if is_encrypted {
        data.values_mut().for_each(|value| *value = MASK.into());
    }
    fields.insert("data".into(), data.into());
    fields.entry("type").or_insert_with(|| "Opaque".into());
    manifest
}

/// A manifest with what was recorded of the object wherever git says what it said then.
fn onto(recording: &Recording, key: &Key, old: &[Value], manifest: Value) -> Value {
    let is_it = |other: &&Value| is_same(other, &manifest);
    let recorded = recording.applied(key).and_then(|all| all.iter().find(is_it));
    match (old.iter().find(is_it), recorded) {
        (Some(old), Some(recorded)) => moved(recorded, old, &manifest),
        _ => manifest,
    }
}

/// Whether two manifests are of one object.
fn is_same(one: &Value, other: &Value) -> bool {
    let id = |it: &Value| {
        let group = text(it, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
        [group, text(it, "/kind"), text(it, "/metadata/namespace"), text(it, "/metadata/name")].map(str::to_owned)
    };
    id(one) == id(other)
}

/// What `live` becomes when `old` becomes `new`: items of lists are the same when what names them is.
fn moved(live: &Value, old: &Value, new: &Value) -> Value {
    match (live, old, new) {
        _ if old == new => live.clone(),
        (Value::Object(live), Value::Object(old), Value::Object(new)) => {
            let kept = live.iter().filter(|(name, _)| !old.contains_key(*name) && !new.contains_key(*name));
            let kept = kept.map(|(name, value)| (name.clone(), value.clone()));
            let desired = new.iter().map(|(name, value)| match (live.get(name), old.get(name)) {
                (Some(live), Some(old)) => (name.clone(), moved(live, old, value)),
                _ => (name.clone(), value.clone()),
            });
            Value::Object(kept.chain(desired).collect())
        }
        (Value::Array(live), Value::Array(old), Value::Array(new)) => {
            let is_same = |a: &Value, b: &Value| {
                let names = ["name", "mountPath", "containerPort", "port", "host", "path"];
                names.iter().find(|name| a.get(name).is_some()).is_some_and(|name| a[name] == b[name])
            };
            let one = |new: &Value| {
                let find = |items: &[Value]| items.iter().find(|item| is_same(new, item)).cloned();
                find(live).zip(find(old)).map_or_else(|| new.clone(), |(live, old)| moved(&live, &old, new))
            };
            new.iter().map(one).collect()
        }
        _ => new.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::scene::is_true;
    use super::*;
    use crate::demo::content;
    use crate::demo::{Company, Repositories, RunDirectory as Directory};

    #[test]
    fn the_recorded_revision_builds_the_recorded_inventory() {
        let (repositories, parsed) = (Repositories::at(Directory::passing()), Cache::default());
        let mut compared = 0;
        for (context, _) in content::CONTEXTS {
            let snapshot = content::snapshot(context).expect("a context");
            let store = crate::demo::world::recorded(&snapshot);
            let number = store.kind_of("kustomize.toolkit.fluxcd.io", "Kustomization").expect("a kind of Flux");
            for (key, object) in store.of_kind(number).filter(|(_, object)| is_true(object, "Ready")) {
                let inputs = Inputs::of(&store, object, text(object, "/status/lastAppliedRevision"));
                let Some(built) = inputs.build(&repositories, &parsed) else { continue };
                let built = built.unwrap_or_else(|(_, why)| panic!("{context} {key:?}: {why}"));
                let sorted = |inventory: &Value| {
                    let mut entries: Vec<_> = list(inventory, "/entries").iter().map(Value::to_string).collect();
                    entries.sort();
                    entries
                };
                let inventory = super::super::apply::inventory_of(&built);
                assert_eq!(sorted(&inventory), sorted(&object["status"]["inventory"]), "{context} {key:?}");
                compared += 1;
            }
        }
        assert!(compared > 8, "{compared} Kustomizations are built from the repositories");
    }

    #[test]
    fn who_reads_an_object_finds_that_git_owns_what_it_sets_and_nothing_more() {
        let company = Company::driven(Directory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time"));
        let world = company.enter("").expect("a context").world;
        let mut cluster = world.lock();
        let owned = |cluster: &mut crate::demo::world::Cluster, kind: &str, namespace: &str, name: &str| {
            let group = if kind == "Deployment" { "apps" } else { "kustomize.toolkit.fluxcd.io" };
            let key = cluster.store.key(group, kind, namespace, name).expect("a kind");
            let before = cluster.store.version();
            cluster.own(&key);
            assert_eq!(cluster.store.version(), before, "nobody is notified");
            cluster.store.get(&key).expect("it is there").pointer("/metadata/managedFields/0").cloned().unwrap_or_default()
        };
        let has = |entry: &Value, field: &str| entry.pointer(&format!("/fieldsV1/f:spec/f:{field}")).is_some();

        let frontend = owned(&mut cluster, "Deployment", "web", "frontend");
        assert_eq!((&frontend["manager"], &frontend["operation"]), (&"kustomize-controller".into(), &"Apply".into()));
        // the second is a default of the server, that was recorded with the rest
        assert!(has(&frontend, "replicas") && !has(&frontend, "progressDeadlineSeconds"), "{frontend}");
        assert_eq!(owned(&mut cluster, "Deployment", "web", "frontend"), frontend, "it stays so");
        let apps = owned(&mut cluster, "Kustomization", "flux-system", "apps");
        assert!(has(&apps, "path") && !has(&apps, "suspend"), "{apps}");
        // what a chart made is not known: its templates are not here
        assert_eq!(owned(&mut cluster, "Deployment", "shop", "web-server"), Value::Null);
    }

    #[test]
    fn a_change_in_git_leaves_alone_what_only_the_server_says() {
        let live = json!({"a": 1, "default": true, "size": "500m", "list": [{"name": "x", "image": "i:1", "policy": "Always"}]});
        let old = json!({"a": 1, "gone": 2, "size": "0.5", "list": [{"name": "x", "image": "i:1"}]});
        let new = json!({"a": 2, "size": "0.5", "list": [{"name": "x", "image": "i:2"}, {"name": "y"}]});

        let desired = json!({
            "a": 2, "default": true, "size": "500m",
            "list": [{"name": "x", "image": "i:2", "policy": "Always"}, {"name": "y"}],
        });
        assert_eq!(moved(&live, &old, &new), desired);
    }

    #[test]
    fn values_of_secrets_are_masked_where_they_were_encrypted() {
        let manifest = json!({"kind": "Secret", "sops": {}, "stringData": {"a": "ENC[AES256_GCM,x]"}});
        assert_eq!(secret(manifest, true), json!({"kind": "Secret", "type": "Opaque", "data": {"a": MASK}}));
        let manifest = json!({"kind": "Secret", "type": "x/y", "stringData": {"a": "b"}});
        assert_eq!(secret(manifest, false), json!({"kind": "Secret", "type": "x/y", "data": {"a": "Yg=="}}));
    }
}
