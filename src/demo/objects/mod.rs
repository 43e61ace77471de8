//! The objects of the cluster in memory, and what happened to them: what etcd is to a real one.
//!
//! It knows versions, identities and the order of changes; it does not know requests, users or controllers.

mod collect;
mod fields;
mod kind;
mod merge;
mod schema;
mod select;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use fluxdeck_model::domain::ObjectRef;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) use collect::{Propagation, delete, is_held, release};
pub(super) use fields::{Conflict, apply, claim, own};
pub(super) use kind::{Column, Kind, list};
pub(super) use merge::merge;
pub(super) use schema::{complete, faults};
pub(super) use select::Selector;

/// How many changes are kept for watches: a watch from an older one has to list again.
const KEPT: usize = 4096;

/// Where an object is: the number of its kind, its namespace (empty for those of the cluster), its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub kind: usize,
    pub namespace: String,
    pub name: String,
}

/// One change, as watches and controllers see it.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub version: u64,
    pub key: Key,
    pub before: Option<Arc<Value>>,
    pub after: Option<Arc<Value>>,
}

impl Change {
    /// The object after the change, or its last state.
    pub fn object(&self) -> &Arc<Value> {
        self.after.as_ref().or(self.before.as_ref()).expect("a change has a before or an after")
    }
}

#[derive(Default)]
pub(super) struct Store {
    kinds: Vec<Arc<Kind>>,
    objects: BTreeMap<Key, Arc<Value>>,
    version: u64,
    changes: VecDeque<Change>,
    /// The version before the oldest change kept.
    forgotten: u64,
    /// Seed of the next UID.
    identities: u64,
}

impl Store {
    pub fn new(kinds: Vec<Kind>) -> Self {
        Self { kinds: kinds.into_iter().map(Arc::new).collect(), version: 1, ..Self::default() }
    }

    /// Takes an object as it was recorded: identity, age and version stay.
    pub fn record(&mut self, kind: usize, object: Value) {
        let version = text(&object, "/metadata/resourceVersion").parse().unwrap_or(0);
        self.version = self.version.max(version);
        self.forgotten = self.version;
        self.objects.insert(Key::of(kind, &object), Arc::new(object));
    }

    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter().map(|kind| &**kind)
    }

    pub fn kind(&self, number: usize) -> &Arc<Kind> {
        &self.kinds[number]
    }

    pub fn kind_at(&self, group: &str, version: &str, plural: &str) -> Option<usize> {
        let is_it = |kind: &Kind| kind.group == group && kind.version == version && kind.plural == plural;
        self.kinds.iter().position(|kind| is_it(kind) && !kind.is_withdrawn)
    }

    /// Serves a kind in another version from now on, or not at all. Its objects stay.
    pub fn serve_in(&mut self, number: usize, version: Option<&str>) {
        let kind = Arc::make_mut(&mut self.kinds[number]);
        kind.is_withdrawn = version.is_none();
        version.unwrap_or(&kind.version.clone()).clone_into(&mut kind.version);
        let api_version = kind.api_version();
        for (_, object) in self.objects.iter_mut().filter(|(key, _)| key.kind == number) {
            Arc::make_mut(object)["apiVersion"] = api_version.as_str().into();
        }
    }

    pub fn kind_of(&self, group: &str, kind: &str) -> Option<usize> {
        self.kinds.iter().position(|known| known.is(group, kind))
    }

    /// The key of an object by the names that references use.
    pub fn key(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Key> {
        let number = self.kind_of(group, kind)?;
        let namespace = if self.kinds[number].namespaced { namespace } else { "" };
        Some(Key { kind: number, namespace: namespace.to_owned(), name: name.to_owned() })
    }

    pub fn get(&self, key: &Key) -> Option<&Arc<Value>> {
        self.objects.get(key)
    }

    pub fn find(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<&Arc<Value>> {
        self.get(&self.key(group, kind, namespace, name)?)
    }

    /// The object that a reference names.
    pub fn at(&self, reference: &ObjectRef) -> Option<(Key, &Arc<Value>)> {
        let key = self.key(&reference.gk.group, &reference.gk.kind, &reference.namespace, &reference.name)?;
        self.get(&key).map(|object| (key, object))
    }

    /// Objects of a kind in the order of the server: by namespace, then name.
    pub fn of_kind(&self, kind: usize) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        let from = Key { kind, namespace: String::new(), name: String::new() };
        self.objects.range(from..).take_while(move |(key, _)| key.kind == kind)
    }

    pub fn all(&self) -> impl Iterator<Item = (&Key, &Arc<Value>)> {
        self.objects.iter()
    }

    pub fn version(&self) -> u64 {
        self.version
    }

    /// Changes after a version; none where they are forgotten.
    pub fn since(&self, version: u64) -> Option<impl Iterator<Item = &Change>> {
        (version >= self.forgotten).then(|| {
            let start = self.changes.partition_point(|change| change.version <= version);
            self.changes.range(start..)
        })
    }

    /// Forgets all changes, as a compaction of etcd does.
    pub fn compact(&mut self) {
        self.changes.clear();
        self.forgotten = self.version;
    }

    /// Creates an object that must not exist yet: identity, age, generation and version are the server's.
    pub fn create(&mut self, kind: usize, mut object: Value, now: Timestamp) -> Arc<Value> {
        let key = Key::of(kind, &object);
        object["apiVersion"] = self.kinds[kind].api_version().into();
        object["kind"] = self.kinds[kind].kind.as_str().into();
        let uid = self.identity();
        let metadata = object["metadata"].as_object_mut().expect("an object with a name has metadata");
        metadata.insert("uid".into(), uid.into());
        metadata.insert("creationTimestamp".into(), time(now).into());
        if has_generation(&self.kinds[kind]) {
            metadata.insert("generation".into(), 1.into());
        }
        self.commit(key, None, Some(object))
    }

    /// Replaces an object by its next state. Nothing changed, nothing happens; a changed spec raises the generation
    /// (apiserver `pkg/registry/rest/update.go` and the strategies of the kinds).
    pub fn replace(&mut self, key: &Key, mut object: Value) -> Arc<Value> {
        let before = self.objects.get(key).cloned().expect("who replaces has read");
        if same(&before, &object) {
            return before;
        }
        if has_generation(&self.kinds[key.kind]) && !same_spec(&before, &object) {
            let generation = before["metadata"]["generation"].as_i64().unwrap_or(0) + 1;
            object["metadata"]["generation"] = generation.into();
        }
        self.commit(key.clone(), Some(before), Some(object))
    }

    /// Puts right what the server knows of an object and its clients never wait for: no new version, and nobody is notified.
    pub fn note(&mut self, key: &Key, object: Value) {
        self.objects.insert(key.clone(), Arc::new(object));
    }

    /// Takes an object out.
    pub fn remove(&mut self, key: &Key) -> Option<Arc<Value>> {
        let before = self.objects.get(key).cloned()?;
        Some(self.commit(key.clone(), Some(before), None))
    }

    fn commit(&mut self, key: Key, before: Option<Arc<Value>>, after: Option<Value>) -> Arc<Value> {
        self.version += 1;
        let stamp = |mut object: Value| {
            object["metadata"]["resourceVersion"] = self.version.to_string().into();
            Arc::new(object)
        };
        // a deleted object is reported with the version of its deletion
        let (before, after) = match after {
            Some(after) => (before, Some(stamp(after))),
            None => (before.map(|before| stamp((*before).clone())), None),
        };
        match &after {
            Some(object) => self.objects.insert(key.clone(), object.clone()),
            None => self.objects.remove(&key),
        };
        let change = Change { version: self.version, key, before, after };
        let object = change.object().clone();
        self.changes.push_back(change);
        if self.changes.len() > KEPT {
            self.forgotten = self.changes.pop_front().map_or(self.forgotten, |change| change.version);
        }
        object
    }

    /// The next UID: the same run gives the same ones, so that tests can compare.
    pub fn identity(&mut self) -> String {
        self.identities += 1;
        let (high, low) = (scatter(self.identities), scatter(self.identities ^ 0x5bd1_e995_0000_0000));
        let (a, b, c) = (high >> 32, (high >> 16) & 0xffff, high & 0xfff);
        format!("{a:08x}-{b:04x}-4{c:03x}-{:04x}-{:012x}", 0x8000 | (low >> 50), low & 0xffff_ffff_ffff)
    }

    /// Five letters as the server adds to generated names (apiserver `storage/names`, without vowels and what looks alike).
    pub fn suffix(&mut self) -> String {
        const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        self.identities += 1;
        let seed = scatter(self.identities);
        (0..5).map(|place| char::from(LETTERS[((seed >> (place * 8)) & 0xff) as usize % LETTERS.len()])).collect()
    }
}

impl Key {
    pub fn of(kind: usize, object: &Value) -> Self {
        Self { kind, namespace: text(object, "/metadata/namespace").to_owned(), name: text(object, "/metadata/name").to_owned() }
    }
}

/// Spreads a counter over 64 bits (the finaliser of splitmix64).
pub(super) fn scatter(seed: u64) -> u64 {
    let mixed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Kinds without spec and status have no generation.
fn has_generation(kind: &Kind) -> bool {
    kind.is_custom
        || matches!(&*kind.group, "apps" | "batch" | "policy" | "networking.k8s.io" | "autoscaling")
        || matches!(&*kind.kind, "CustomResourceDefinition" | "Pod")
}

/// Whether two states differ in nothing that counts: an update that changes nothing is not written.
fn same(before: &Value, after: &Value) -> bool {
    let fields = |object: &Value| {
        let mut object = object.clone();
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("resourceVersion");
            metadata.remove("managedFields");
        }
        object
    };
    fields(before) == fields(after)
}

/// Whether everything but metadata and status is the same.
fn same_spec(before: &Value, after: &Value) -> bool {
    let spec = |object: &Value| {
        let mut fields = object.as_object().cloned().unwrap_or_default();
        fields.remove("metadata");
        fields.remove("status");
        fields
    };
    spec(before) == spec(after)
}

/// A text of an object; empty where there is none.
pub(super) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Changes every text in a value, but for what names its kind.
pub(super) fn rewrite(value: &mut Value, change: &impl Fn(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, change)),
        Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| !matches!(name.as_str(), "kind" | "apiVersion"))
            .for_each(|(_, field)| rewrite(field, change)),
        _ => (),
    }
}

/// A time as the API writes it: whole seconds.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The reference to an owner that controls.
pub(super) fn owner(object: &Value) -> Value {
    json!({
        "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
        "uid": object["metadata"]["uid"], "controller": true, "blockOwnerDeletion": true,
    })
}
