//! What happens in the cluster by itself: the controllers of Flux and of Kubernetes, each reconciling one object at a time.
//!
//! A controller receives changes, decides when to look at an object, and then does one step; what takes time is a step that is due
//! later. Reasons and messages are those of the controllers of Flux 2.9 (kustomize-controller 1.9, helm-controller 1.6,
//! source-controller 1.9).

mod apply;
mod automation;
mod chart;
mod container;
mod helm_release;
mod image;
mod kustomization;
pub(super) mod log;
pub(super) mod node;
mod pod;
pub(super) mod receiver;
mod recording;
mod render;
mod scene;
mod source;
pub(super) mod storage;
mod transitions;
mod workload;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::objects::{self, Change, Key, Store, is_held, list, release, text};
use fluxdeck_model::render::tree::Memory;
pub(super) use recording::Recording;
use scene::{FINALIZER, Scene, Stage, holds, interval, is_deleted, is_suspended, request, span};

/// What the sources of the cluster fetch.
pub trait Git: Send + Sync {
    /// The commit that a GitRepository's `spec.ref` names in the repository at a URL. None: this repository is not ours, and what was
    /// recorded of it is all there is.
    ///
    /// # Errors
    /// What source-controller would say after `failed to checkout and determine revision: `.
    fn head(&self, url: &str, reference: &Value) -> Option<Result<Head, String>>;

    /// The files of a commit in the repository at a URL. None: it is not ours, or has no such commit, and what was recorded is applied.
    fn files(&self, url: &str, commit: &str) -> Option<Memory>;

    /// Commits files on top of a commit, and moves a branch there, whatever it said before; the new commit. None: the repository is not
    /// ours, or cannot be written.
    fn push(&self, url: &str, push: &Push) -> Option<String>;
}

/// A commit to be made and pushed.
pub struct Push {
    pub branch: String,
    /// Its present commit.
    pub from: String,
    /// Name and address.
    pub author: (String, String),
    pub message: String,
    pub at: Timestamp,
    /// Paths and texts.
    pub files: Vec<(String, String)>,
}

/// Where a branch or a tag stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The name of the branch or tag, as revisions say it: `main`.
    pub name: String,
    /// The commit in hex.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
}

/// One step of a controller with one object, which it saves; what is under way, if anything.
type Step = fn(&mut Scene, &Key, Value, &Stage);

/// A controller of Flux. What all do alike (finalizers, suspension, coming back when a stage is over) is done for it.
struct Flux {
    /// Begins an attempt.
    begin: Step,
    /// How it goes on, by the name of the stage that is over.
    stages: &'static [(&'static str, Step)],
    /// What it still does with an object that is suspended.
    rest: Step,
    /// What it does about an object that is deleted, before its finalizer goes.
    finalize: fn(&mut Scene, &Key, &Value),
}

#[derive(Clone, Copy)]
enum Role {
    Flux(&'static Flux),
    /// One of Kubernetes' own.
    Own(fn(&mut Scene, &Key)),
}

const SOURCE: Role = Role::Flux(&source::CONTROLLER);
const ACKNOWLEDGES: Role = Role::Flux(&image::ACKNOWLEDGES);

/// Every controller: group, kind, what it does.
const TABLE: &[(&str, &str, Role)] = &[
    ("source.toolkit.fluxcd.io", "GitRepository", SOURCE),
    ("source.toolkit.fluxcd.io", "OCIRepository", SOURCE),
    ("source.toolkit.fluxcd.io", "HelmRepository", SOURCE),
    ("source.toolkit.fluxcd.io", "Bucket", SOURCE),
    ("source.toolkit.fluxcd.io", "HelmChart", SOURCE),
    ("kustomize.toolkit.fluxcd.io", "Kustomization", Role::Flux(&kustomization::CONTROLLER)),
    ("helm.toolkit.fluxcd.io", "HelmRelease", Role::Flux(&helm_release::CONTROLLER)),
    ("image.toolkit.fluxcd.io", "ImageRepository", Role::Flux(&image::SCANS)),
    ("image.toolkit.fluxcd.io", "ImagePolicy", Role::Flux(&image::CHOOSES)),
    ("image.toolkit.fluxcd.io", "ImageUpdateAutomation", Role::Flux(&automation::CONTROLLER)),
    ("notification.toolkit.fluxcd.io", "Receiver", ACKNOWLEDGES),
    ("source.extensions.fluxcd.io", "ArtifactGenerator", ACKNOWLEDGES),
    ("apps", "Deployment", Role::Own(workload::deployment)),
    ("apps", "ReplicaSet", Role::Own(workload::replica_set)),
    ("apps", "StatefulSet", Role::Own(workload::stateful_set)),
    ("apps", "DaemonSet", Role::Own(workload::daemon_set)),
    ("batch", "Job", Role::Own(workload::job)),
    ("", "Pod", Role::Own(pod::reconcile)),
    ("", "Node", Role::Own(node::reconcile)),
];

/// Who looks again when another object has changed: the changed kind, the kind that looks, and what leads from one to the other.
const WATCHES: &[(&str, &str, &str, Link)] = &[
    ("GitRepository", "kustomize.toolkit.fluxcd.io", "Kustomization", Link::Source("/spec/sourceRef")),
    ("OCIRepository", "kustomize.toolkit.fluxcd.io", "Kustomization", Link::Source("/spec/sourceRef")),
    ("Bucket", "kustomize.toolkit.fluxcd.io", "Kustomization", Link::Source("/spec/sourceRef")),
    ("ExternalArtifact", "kustomize.toolkit.fluxcd.io", "Kustomization", Link::Source("/spec/sourceRef")),
    ("OCIRepository", "helm.toolkit.fluxcd.io", "HelmRelease", Link::Source("/spec/chartRef")),
    ("HelmRepository", "source.toolkit.fluxcd.io", "HelmChart", Link::Source("/spec/sourceRef")),
    ("GitRepository", "source.toolkit.fluxcd.io", "HelmChart", Link::Source("/spec/sourceRef")),
    ("HelmChart", "helm.toolkit.fluxcd.io", "HelmRelease", Link::Chart),
    ("ImageRepository", "image.toolkit.fluxcd.io", "ImagePolicy", Link::Scan),
    ("ImagePolicy", "image.toolkit.fluxcd.io", "ImageUpdateAutomation", Link::Choice),
    ("GitRepository", "image.toolkit.fluxcd.io", "ImageUpdateAutomation", Link::Source("/spec/sourceRef")),
];

enum Link {
    /// The looker's reference at this place names the changed source, whose artifact is another now.
    Source(&'static str),
    /// The looker's `status.helmChart` names the changed chart.
    Chart,
    /// The looker's `spec.imageRepositoryRef` names the changed repository.
    Scan,
    /// A policy in the looker's namespace has chosen another image.
    Choice,
}

/// How soon a controller looks at what has changed.
const SOON: SignedDuration = SignedDuration::from_millis(50);

#[derive(Default)]
pub(super) struct Controllers {
    recording: Recording,
    git: Option<Arc<dyn Git>>,
    queue: BTreeMap<Key, Timestamp>,
    /// What is under way, by object.
    stages: BTreeMap<Key, scene::Stage>,
    seen: u64,
    /// What the controllers of Flux have written.
    pub log: log::ControllerLog,
    said: render::Said,
}

impl Controllers {
    /// Controllers that know the objects of a cluster: each looks again when its interval is over.
    pub fn start(store: &Store, mut recording: Recording, git: Option<Arc<dyn Git>>, now: Timestamp) -> Self {
        recording.began = now;
        let log = log::ControllerLog::of(store);
        let mut controllers = Self { recording, git, seen: store.version(), log, ..Self::default() };
        let flux = store.all().filter(|(key, object)| role_of(store, key).is_some() && !is_sharded(object));
        for (key, object) in flux.filter(|(_, object)| text(object, "/apiVersion").contains("fluxcd.io/")) {
            let fails = scene::condition(object, "Ready").is_some_and(|ready| text(ready, "/status") == "False");
            let is_waiting =
                scene::condition(object, "Ready").is_some_and(|ready| text(ready, "/reason") == "DependencyNotReady");
            let interval = match () {
                () if is_waiting => scene::DEPENDENCY,
                () if fails => span(object, "/spec/retryInterval").unwrap_or_else(|| interval(object)),
                () => interval(object),
            };
            controllers.queue.insert(key.clone(), now.saturating_add(interval).unwrap_or(now));
        }
        controllers
    }

    /// Notes which fields of an object git sets, as its Kustomization has applied it: who reads or writes it finds their owner. What was
    /// recorded lacks the owners, and what is applied as recorded has the server's defaults too.
    pub fn own(&mut self, store: &mut Store, key: &Key) {
        let (Some(git), Some(object)) = (self.git.as_deref(), store.get(key).cloned()) else { return };
        let Some(applier) = kustomization::applies(store, &object) else { return };
        let Some(manifest) = self.said.of(store, git, &self.recording.parsed, &applier, &object) else { return };
        let by = kustomization::applier(&applier);
        let (kind, mut owned) = (store.kind(key.kind).clone(), (*object).clone());
        objects::own(&kind, &mut owned, &apply::labelled(manifest, &by), by.manager, self.recording.began);
        store.note(key, owned);
    }

    /// When the next step is due.
    pub fn next(&self) -> Option<Timestamp> {
        self.queue.values().min().copied()
    }

    /// Does the next step.
    pub fn step(&mut self, store: &mut Store, now: Timestamp) {
        let Some(key) = self.queue.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone()) else { return };
        self.queue.remove(&key);
        if store.get(&key).is_some_and(|object| is_held(object)) {
            release(store, &key, now);
        }
        if store.get(&key).is_none() {
            self.stages.remove(&key);
        } else if let Some(role) = role_of(store, &key) {
            let mut scene = Scene {
                store,
                now,
                recording: &self.recording,
                git: self.git.as_deref(),
                queue: &mut self.queue,
                stages: &mut self.stages,
                log: &mut self.log,
            };
            match role {
                Role::Flux(controller) => controller.reconcile(&mut scene, &key),
                Role::Own(step) => step(&mut scene, &key),
            }
        }
        self.receive(store, now);
    }

    /// Receives what has changed, and queues the objects that depend on it.
    pub fn receive(&mut self, store: &Store, now: Timestamp) {
        let changes: Vec<_> = store.since(self.seen).into_iter().flatten().cloned().collect();
        self.seen = store.version();
        let soon = now.saturating_add(SOON).unwrap_or(now);
        for change in &changes {
            for key in affected(store, change) {
                let at = self.queue.entry(key).or_insert(soon);
                *at = soon.min(*at);
            }
        }
    }
}

fn role_of(store: &Store, key: &Key) -> Option<Role> {
    let kind = store.kind(key.kind);
    TABLE.iter().find(|(group, name, _)| kind.is(group, name)).map(|(.., role)| *role)
}

impl Flux {
    /// What every controller of Flux does with an object (fluxcd/pkg `runtime/controller`).
    fn reconcile(&self, scene: &mut Scene, key: &Key) {
        let mut object = scene.object(key);
        if is_deleted(&object) {
            if holds(&object, FINALIZER) {
                (self.finalize)(scene, key, &object);
                apply::let_go(scene, key);
            }
            return;
        }
        match scene.under_way(key) {
            Some(None) => return,
            Some(Some(stage)) => {
                let (_, step) = self.stages.iter().find(|(name, _)| *name == stage.name).expect("stages are of the table");
                return step(scene, key, object, &stage);
            }
            None => (),
        }
        if !holds(&object, FINALIZER) {
            let mut finalizers = list(&object, "/metadata/finalizers").to_vec();
            finalizers.push(FINALIZER.into());
            object["metadata"]["finalizers"] = finalizers.into();
        }
        let step = if is_suspended(&object) { self.rest } else { self.begin };
        step(scene, key, object, &Stage::default());
    }
}

/// Objects of another shard are ignored.
fn is_sharded(object: &Value) -> bool {
    object.pointer("/metadata/labels/sharding.fluxcd.io~1key").is_some()
}

/// Who looks at something because of a change.
fn affected(store: &Store, change: &Change) -> Vec<Key> {
    let mut keys = Vec::new();
    let object = change.object();
    let is_flux = text(object, "/apiVersion").contains("fluxcd.io/");
    if change.after.is_some()
        && role_of(store, &change.key).is_some()
        && !is_sharded(object)
        && (!is_flux || changes_spec(change))
    {
        keys.push(change.key.clone());
    }
    if change.after.as_ref().is_some_and(|after| is_held(after)) {
        keys.push(change.key.clone());
    }
    for owner in list(object, "/metadata/ownerReferences") {
        let group = text(owner, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
        keys.extend(
            store
                .key(group, text(owner, "/kind"), &change.key.namespace, text(owner, "/name"))
                .filter(|key| store.get(key).is_some()),
        );
    }
    let kind = store.kind(change.key.kind);
    for (_, group, name, link) in WATCHES.iter().filter(|(changed, ..)| is_flux && kind.kind == *changed) {
        let Some(number) = store.kind_of(group, name) else { continue };
        let looks = store.of_kind(number).filter(|(_, looker)| !is_sharded(looker) && link.leads(looker, change));
        keys.extend(looks.map(|(key, _)| key.clone()));
    }
    keys
}

/// Whether a change of a Flux object asks for something: a new object or spec, a deletion, a request (the predicates of the controllers).
fn changes_spec(change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return change.after.is_some() };
    let generation = |object: &Value| object["metadata"]["generation"].as_i64();
    generation(before) != generation(after)
        || request(before) != request(after)
        || before.pointer("/metadata/deletionTimestamp") != after.pointer("/metadata/deletionTimestamp")
        || before.pointer("/metadata/finalizers") != after.pointer("/metadata/finalizers")
}

impl Link {
    fn leads(&self, looker: &Value, change: &Change) -> bool {
        let (key, object) = (&change.key, change.object());
        let was = |pointer: &str| change.before.as_ref().and_then(|before| before.pointer(pointer).cloned());
        match self {
            Self::Source(place) => {
                let reference = looker.pointer(place).cloned().unwrap_or_default();
                let namespace = reference["namespace"].as_str().unwrap_or(text(looker, "/metadata/namespace"));
                let is_it = reference["kind"] == object["kind"] && reference["name"] == key.name && namespace == key.namespace;
                is_it && object.pointer("/status/artifact/revision").cloned() != was("/status/artifact/revision")
            }
            Self::Chart => {
                text(looker, "/status/helmChart") == format!("{}/{}", key.namespace, key.name)
                    && object.pointer("/status/conditions").cloned() != was("/status/conditions")
            }
            Self::Choice => {
                key.namespace == text(looker, "/metadata/namespace")
                    && object.pointer("/status/latestRef").cloned() != was("/status/latestRef")
            }
            Self::Scan => {
                let reference = &looker["spec"]["imageRepositoryRef"];
                let namespace = reference["namespace"].as_str().unwrap_or(text(looker, "/metadata/namespace"));
                reference["name"] == key.name
                    && namespace == key.namespace
                    && object.pointer("/status/lastScanResult").cloned() != was("/status/lastScanResult")
            }
        }
    }
}
