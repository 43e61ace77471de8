//! From wire to record: what all kinds have in common is read here, the rest by the kind's own function.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{Body, Kind, Meta, Suspend, Trait, Wire, group, legacy};
use crate::domain::health::{Health, Inputs, flux, kstatus};
use crate::domain::identity::{ClusterId, GroupKind, ObjectRef, Str, Uid};
use crate::domain::object::{
    Condition, Control, Deletion, Edge, Facts, FailingContainer, Labels, Object, Owner, Pace, Particular, Relation, Suspension,
    Verdict,
};
use crate::domain::{duration, inventory, text};

/// Reads the objects of one cluster and one kind; keeps the texts that many of them share.
pub struct Reader {
    cluster: ClusterId,
    gk: GroupKind,
    kind: &'static Kind,
    version: Str,
    texts: HashSet<Str>,
    labels: HashSet<Arc<[(Str, Str)]>>,
    /// Inventories are left out.
    is_brief: bool,
}

impl Reader {
    pub fn new(cluster: ClusterId, gk: GroupKind, version: &str, kind: &'static Kind) -> Self {
        Self { cluster, gk, kind, version: version.into(), texts: HashSet::new(), labels: HashSet::new(), is_brief: false }
    }

    /// The same, for who does not ask what an object applies: the inventories of a cluster have more entries than it has objects of Flux.
    pub fn without_inventories(self) -> Self {
        Self { is_brief: true, ..self }
    }

    /// Returns the record of one object. `now` decides what depends on age (an unschedulable pod).
    pub fn read(&mut self, wire: &Wire, now: Timestamp) -> Object {
        let kind = self.kind;
        let mut draft = Draft {
            reader: self,
            now,
            meta: &wire.metadata,
            kind,
            edges: Vec::new(),
            facts: Facts::default(),
            verdict: None,
            suspension: None,
            control: None,
            conditions: Vec::new(),
        };
        draft.conditions = draft.read_conditions(&wire.status);
        draft.control(wire);
        draft.owner_labels();
        draft.suspension(wire);
        (kind.read)(wire, &mut draft);
        if kind.is_flux() {
            draft.uses(&wire.spec);
        }
        let verdict = draft.verdict.take().unwrap_or_else(|| draft.judge(wire, Draft::generic));
        let Draft { edges, facts, suspension, control, conditions, .. } = draft;
        Object {
            id: self.reference(&wire.metadata),
            version: self.version.clone(),
            uid: Uid::parse(&wire.metadata.uid),
            created: time(wire.metadata.creation_timestamp.as_deref()),
            generation: wire.metadata.generation.unwrap_or_default(),
            verdict,
            control: control.map(Box::new),
            suspension: suspension.map(Box::new),
            conditions: if self.kind.is_flux() || self.kind.role == super::Role::Legacy {
                conditions.into()
            } else {
                Box::default()
            },
            labels: self.labels(&wire.metadata),
            owners: wire.metadata.owner_references.iter().map(|owner| self.owner(owner)).collect(),
            edges: edges.into(),
            facts,
        }
    }

    /// Returns the identity of that metadata.
    pub fn reference(&mut self, meta: &Meta) -> ObjectRef {
        let namespace = self.share(&meta.namespace);
        ObjectRef::new(self.cluster, self.gk.clone(), namespace, text::printable(&meta.name))
    }

    /// A name, which has to stay itself.
    fn share(&mut self, text: &str) -> Str {
        self.keep(text::printable(text))
    }

    /// Free text, with credentials removed.
    fn clean(&mut self, text: &str) -> Str {
        self.keep(text::sanitise(text))
    }

    fn keep(&mut self, text: Cow<'_, str>) -> Str {
        if let Some(known) = self.texts.get(&*text) {
            return known.clone();
        }
        let shared: Str = text.into();
        self.texts.insert(shared.clone());
        shared
    }

    fn owner(&mut self, owner: &super::OwnerReference) -> Owner {
        let group = owner.api_version.rsplit_once('/').map_or("", |(group, _)| group);
        Owner {
            uid: Uid::parse(&owner.uid),
            group: self.share(group),
            kind: self.share(&owner.kind),
            name: text::printable(&owner.name).into(),
        }
    }

    fn labels(&mut self, meta: &Meta) -> Labels {
        if meta.labels.is_empty() {
            return Labels(None);
        }
        let set: Arc<[(Str, Str)]> = meta.labels.iter().map(|(key, value)| (self.share(key), self.share(value))).collect();
        if let Some(known) = self.labels.get(&set) {
            return Labels(Some(known.clone()));
        }
        self.labels.insert(set.clone());
        Labels(Some(set))
    }
}

/// A record under construction: what `Kind::read` adds to.
pub struct Draft<'a> {
    reader: &'a mut Reader,
    pub now: Timestamp,
    pub meta: &'a Meta,
    kind: &'static Kind,
    edges: Vec<Edge>,
    pub facts: Facts,
    /// Set by kinds with a health rule of their own; else Flux's or kstatus' generic rule decides.
    pub verdict: Option<Verdict>,
    pub suspension: Option<Suspension>,
    pub control: Option<Control>,
    pub conditions: Vec<Condition>,
}

impl Draft<'_> {
    /// Adds an edge to the object `kind` of `group`; an empty or absent namespace means the object's own.
    pub fn edge(&mut self, relation: Relation, group: &str, kind: &str, namespace: Option<&str>, name: &str) {
        let namespace = namespace.filter(|ns| !ns.is_empty()).unwrap_or(&self.meta.namespace).to_owned();
        self.edge_exact(relation, group, kind, &namespace, name);
    }

    /// Adds an edge to the object `kind` of `group` that a reference names; its `namespace` is optional and defaults to the object's own.
    pub fn refer(&mut self, relation: Relation, group: &str, kind: &str, reference: &Value) {
        self.edge(relation, group, kind, reference["namespace"].as_str(), string(reference, &["name"]));
    }

    /// As [`Self::edge`], with an empty namespace meaning cluster-scoped.
    pub fn edge_exact(&mut self, relation: Relation, group: &str, kind: &str, namespace: &str, name: &str) {
        if name.is_empty() || kind.is_empty() {
            return;
        }
        let gk = GroupKind { group: self.reader.share(group), kind: self.reader.share(kind) };
        let namespace = self.reader.share(namespace);
        let to = ObjectRef::new(self.reader.cluster, gk, namespace, text::printable(name));
        self.edges.push(Edge { relation, to });
    }

    /// Adds an `Applies` edge for every entry of `status.inventory.entries`, unless the children live in another cluster.
    pub fn inventory(&mut self, status: &Value) {
        if self.facts.remote || self.reader.is_brief {
            return;
        }
        let cluster = self.reader.cluster;
        for entry in list(status, &["inventory", "entries"]) {
            let Some(found) = entry["id"].as_str().and_then(|id| inventory::parse(cluster, id)) else { continue };
            self.edge_exact(Relation::Applies, &found.gk.group, &found.gk.kind, &found.namespace, &found.name);
        }
    }

    /// Whether an inventory was read.
    pub fn has_children(&self) -> bool {
        self.edges.iter().any(|edge| edge.relation == Relation::Applies)
    }

    /// The API version that the object was read in, without the group.
    pub fn version(&self) -> &str {
        &self.reader.version
    }

    /// Sets the present revision from `status.artifact`.
    pub fn artifact(&mut self, status: &Value) {
        self.facts.revision = self.revision(string(status, &["artifact", "revision"]));
    }

    /// A revision as a fact: `None` where the field is empty.
    pub fn revision(&mut self, text: &str) -> Option<Str> {
        (!text.is_empty()).then(|| self.reader.clean(text))
    }

    /// Sets the kind's own cells, in the order of its columns.
    pub fn cells<const N: usize>(&mut self, cells: [&str; N]) {
        self.facts.cells = cells.into_iter().map(|cell| self.reader.clean(cell)).collect();
    }

    /// Says in which Secret Helm keeps the release: `release` is its name and version, `web.v3`.
    pub fn release(&mut self, namespace: &str, release: &str) {
        let secret = self.object("", "Secret", namespace, &format!("sh.helm.release.v1.{release}"));
        self.facts.particular = Some(Box::new(Particular::Release { secret }));
    }

    /// Says which git repository is fetched, and which branch is followed.
    pub fn repository(&mut self, url: &str, branch: Option<&str>) {
        let (url, branch) = (self.reader.clean(url), branch.map(|branch| self.share(branch)));
        self.facts.particular = Some(Box::new(Particular::Repository { url, branch }));
    }

    /// Says which folder of its source is built.
    pub fn folder(&mut self, path: &str) {
        let path = self.share(path);
        self.facts.particular = Some(Box::new(Particular::Folder { path }));
    }

    /// Says what it scales, in its own namespace, and within which bounds. Where a reference names no API version, the workload is meant.
    pub fn scaler(&mut self, reference: &Value, least: i64, most: &str) {
        let (kind, name) = (string(reference, &["kind"]), string(reference, &["name"]));
        let group = match string(reference, &["apiVersion"]) {
            "" => super::ALL.iter().find(|known| known.kind == kind && known.has(Trait::Scales)).map_or("", |known| known.group),
            version => version.split_once('/').map_or("", |(group, _)| group),
        };
        let namespace = self.meta.namespace.clone();
        let (target, most) = (self.object(group, kind, &namespace, name), self.share(most));
        self.facts.particular = Some(Box::new(Particular::Scaler { target, least, most }));
    }

    /// Says which container fails, and how. Texts are cleaned here.
    pub fn fails(&mut self, found: FailingContainer) {
        let FailingContainer { name, image, reason, message, exit, ended_by, said, restarts } = found;
        let [name, reason, ended_by] = [&name, &reason, &ended_by].map(|text| self.reader.share(&text::sanitise(text)));
        let [image, message, said] = [&image, &message, &said].map(|text| self.reader.clean(text));
        let found = FailingContainer { name, image, reason, message, exit, ended_by, said, restarts };
        self.facts.particular = Some(Box::new(Particular::Container(found)));
    }

    /// An object of the same cluster.
    fn object(&mut self, group: &str, kind: &str, namespace: &str, name: &str) -> ObjectRef {
        let cluster = self.reader.cluster;
        ObjectRef::new(cluster, GroupKind::new(self.share(group), self.share(kind)), self.share(namespace), self.share(name))
    }

    /// Shares a text with the other records of the kind.
    pub fn share(&mut self, text: &str) -> Str {
        self.reader.share(text)
    }

    pub fn verdict(&mut self, health: Health, reason: &str, message: &str) {
        let since = self.conditions.iter().filter_map(|condition| condition.since).max();
        let reason = self.share(&text::sanitise(reason));
        self.verdict = Some(Verdict { health, reason, message: self.reader.clean(message), since });
    }

    /// Sets ready and desired replicas.
    pub fn replicas(&mut self, ready: i64, desired: i64) {
        let bound = |count: i64| u32::try_from(count.max(0)).unwrap_or(u32::MAX);
        self.facts.ready = Some((bound(ready), bound(desired)));
    }

    /// Takes that rule's verdict if it has one; returns whether it had. A kind with a rule of its own settles
    /// `kstatus::preamble` first.
    pub fn settle(&mut self, wire: &Wire, rule: fn(&Inputs) -> Option<Verdict>) -> bool {
        self.verdict = rule(&self.inputs(wire));
        self.verdict.is_some()
    }

    /// What the generic rules need to know of the object; a kind with a rule of its own starts here too.
    pub fn inputs(&self, wire: &Wire) -> Inputs<'_> {
        inputs(wire, &self.conditions)
    }

    /// Sets the verdict on an object that no controller reconciles ([`flux::fixed`]); nobody will answer a request either.
    pub fn fixed(&mut self, wire: &Wire, message: &str) {
        self.facts.requested = false;
        self.control.get_or_insert_default().fixed = true;
        self.verdict = Some(self.judge(wire, |draft, inputs| flux::fixed(inputs, draft.suspension.as_mut(), message)));
    }

    fn judge(&mut self, wire: &Wire, rule: impl FnOnce(&mut Self, &Inputs) -> Verdict) -> Verdict {
        let conditions = std::mem::take(&mut self.conditions);
        let inputs = inputs(wire, &conditions);
        let verdict = rule(self, &inputs);
        self.conditions = conditions;
        verdict
    }

    fn generic(&mut self, inputs: &Inputs) -> Verdict {
        if self.kind.body == Body::Metadata {
            return kstatus::exists(inputs);
        }
        if self.kind.is_flux() {
            return flux::verdict(inputs, self.suspension.as_mut());
        }
        kstatus::generic(inputs)
    }

    fn read_conditions(&mut self, status: &Value) -> Vec<Condition> {
        let mut read = Vec::new();
        for condition in list(status, &["conditions"]) {
            let field = |name: &str| condition[name].as_str().unwrap_or_default();
            read.push(Condition {
                kind: self.share(field("type")),
                status: self.share(field("status")),
                reason: self.share(field("reason")),
                message: self.reader.clean(field("message")),
                observed: condition["observedGeneration"].as_i64().filter(|generation| *generation != 0),
                since: time(condition["lastTransitionTime"].as_str()),
            });
        }
        read
    }

    /// Owner labels that Flux puts on what it applies (fluxcd/pkg `ssa` SetOwnerLabels; helm-controller's post-renderer; Flux Operator),
    /// and helm-operator's annotation.
    fn owner_labels(&mut self) {
        for (prefix, group, kind) in [
            (group::KUSTOMIZE, group::KUSTOMIZE, "Kustomization"),
            (group::HELM, group::HELM, "HelmRelease"),
            ("resourceset.fluxcd.controlplane.io", group::OPERATOR, "ResourceSet"),
            (group::OPERATOR, group::OPERATOR, "FluxInstance"),
        ] {
            let label = |part: &str| self.meta.labels.get(&format!("{prefix}/{part}"));
            let (Some(name), Some(namespace)) = (label("name"), label("namespace")) else { continue };
            self.edge(Relation::ManagedBy, group, kind, Some(namespace), name);
        }
        if let Some((group, kind, namespace, name)) = legacy::antecedent(self.meta) {
            self.edge(Relation::ManagedBy, group, kind, Some(namespace), name);
        }
    }

    /// What controllers and those who ask them say to each other, and what pruning leaves alone (fluxcd/pkg `ssa/utils/meta.go`
    /// AnyInMetadata: labels and annotations, whatever the case).
    fn control(&mut self, wire: &Wire) {
        let meta = &wire.metadata;
        let says = |key: &str, value: &str| {
            let found = [meta.labels.get(key), meta.annotations.get(key)];
            found.into_iter().flatten().any(|said| said.eq_ignore_ascii_case(value))
        };
        self.facts.kept = says("kustomize.toolkit.fluxcd.io/prune", "disabled")
            || says("kustomize.toolkit.fluxcd.io/reconcile", "disabled")
            || says("kustomize.toolkit.fluxcd.io/ssa", "Ignore");
        if self.kind.is_flux() {
            let text = |text: Option<&str>| text.map(|text| Str::from(text::sanitise(text)));
            self.control = Some(Control {
                requested: text(meta.annotations.get("reconcile.fluxcd.io/requestedAt").map(String::as_str)),
                handled: text(wire.status["lastHandledReconcileAt"].as_str()),
                observed: wire.status["observedGeneration"].as_i64(),
                pace: pace(wire, self.kind),
                ..Control::default()
            });
        }
    }

    /// What a kind says in a field of its own of how it was reconciled last.
    pub fn paced(&mut self, last: Option<Timestamp>, took: Option<Duration>) {
        if let Some(control) = &mut self.control {
            control.pace.last = last.or(control.pace.last);
            control.pace.took = took.or(control.pace.took);
        }
    }

    /// Says which image one of Flux's own controllers runs.
    pub fn runs(&mut self, image: &str) {
        let image = self.reader.clean(image);
        self.facts.particular = Some(Box::new(Particular::Image { image }));
    }

    /// Sets what happens to the objects that it applied when it is deleted.
    pub fn deletion(&mut self, deletion: Deletion) {
        self.control.get_or_insert_default().deletion = deletion;
    }

    fn suspension(&mut self, wire: &Wire) {
        let annotation = |key: &str| wire.metadata.annotations.get(key);
        let suspended = match self.kind.suspend {
            Suspend::Never => false,
            Suspend::Spec => wire.spec["suspend"].as_bool() == Some(true),
            Suspend::Annotation(key) => annotation(key).is_some_and(|value| value.eq_ignore_ascii_case("disabled")),
        };
        if suspended {
            let text = |key: &str| annotation(key).map(|value| Str::from(text::sanitise(value)));
            self.suspension = Some(Suspension {
                by: text("fluxdeck.dev/suspended-by").or_else(|| text("fluxcd.controlplane.io/suspendedBy")),
                reason: text("fluxdeck.dev/suspend-reason"),
                until: time(annotation("fluxdeck.dev/suspend-until").map(String::as_str)),
                at: time(annotation("fluxdeck.dev/suspended-at").map(String::as_str)),
                frozen: None,
            });
        }
        let requested = annotation("reconcile.fluxcd.io/requestedAt");
        self.facts.requested = requested
            .is_some_and(|at| self.kind.is_flux() && !suspended && wire.status["lastHandledReconcileAt"].as_str() != Some(at));
    }
}

fn inputs<'a>(wire: &Wire, conditions: &'a [Condition]) -> Inputs<'a> {
    Inputs {
        deleted: time(wire.metadata.deletion_timestamp.as_deref()),
        generation: wire.metadata.generation,
        observed: wire.status["observedGeneration"].as_i64(),
        conditions,
    }
}

/// How often it is reconciled, and the newest entry of its history: Kustomizations since Flux 2.7 and the Flux Operator's kinds have one
/// that says when (fluxcd/pkg `apis/meta/history.go`); a HelmRelease's is about something else.
fn pace(wire: &Wire, kind: &Kind) -> Pace {
    let interval = match kind.group {
        group::OPERATOR => wire.metadata.annotations.get("fluxcd.controlplane.io/reconcileEvery").map(String::as_str),
        _ => wire.spec["interval"].as_str(),
    };
    let at = |entry: &&Value| time(entry["lastReconciled"].as_str());
    let newest = list(&wire.status, &["history"]).iter().filter(|entry| at(entry).is_some()).max_by_key(at);
    Pace {
        interval: interval.and_then(duration::parse).filter(|interval| !interval.is_zero()),
        last: newest.as_ref().and_then(at),
        took: newest.and_then(|entry| duration::parse(entry["lastReconciledDuration"].as_str()?)),
    }
}

/// Reads an RFC 3339 timestamp; `None` for anything else.
pub fn time(text: Option<&str>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// Returns the list at that path, empty where there is none.
pub fn list<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    path.iter().try_fold(value, |value, key| value.get(key)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Returns the text at that path, empty where there is none.
pub fn string<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    path.iter().try_fold(value, |value, key| value.get(key)).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the number at that path.
pub fn number(value: &Value, path: &[&str]) -> Option<i64> {
    path.iter().try_fold(value, |value, key| value.get(key)).and_then(Value::as_i64)
}

/// Returns the text of a number, or of a percentage written as text (`intstr.IntOrString`); empty where there is none.
pub fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        _ => String::new(),
    }
}

/// `Kind/name` of a reference, empty where there is none.
pub fn named(reference: &Value) -> String {
    match string(reference, &["name"]) {
        "" => String::new(),
        // only what is elsewhere says where
        name => match string(reference, &["namespace"]) {
            "" => format!("{}/{name}", string(reference, &["kind"])),
            namespace => format!("{}/{namespace}/{name}", string(reference, &["kind"])),
        },
    }
}

/// The same of a reference that has no namespace, whatever is written there: it is the object's own.
pub fn named_here(reference: &Value) -> String {
    match string(reference, &["name"]) {
        "" => String::new(),
        name => format!("{}/{name}", string(reference, &["kind"])),
    }
}
