//! Names, labels, inventory ids and times: what several generators must agree on.

use serde_json::{Map, Value, json};

use super::{
    plan::{Applier, ApplierKind, Plan},
    random::Seed,
};

/// What an inventory names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Child {
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    pub namespace: String,
    pub name: String,
}

impl Child {
    pub fn core(kind: &'static str, namespace: &str, name: impl Into<String>) -> Self {
        Self { group: "", version: "v1", kind, namespace: namespace.into(), name: name.into() }
    }

    pub fn source(kind: &'static str, namespace: &str, name: impl Into<String>) -> Self {
        Self { group: "source.toolkit.fluxcd.io", ..Self::core(kind, namespace, name) }
    }

    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.into() } else { format!("{}/{}", self.group, self.version) }
    }

    /// As Flux writes it: `namespace_name_group_Kind`.
    pub fn entry(&self) -> Value {
        json!({"id": format!("{}_{}_{}_{}", self.namespace, self.name, self.group, self.kind), "v": self.version})
    }

    /// An object with identity and labels; spec, data and status are added by the caller.
    pub fn object(&self, seed: Seed, labels: impl Into<Value>, created: &str) -> Value {
        let own = seed.of(self.kind, 0).of(&self.namespace, 1).of(&self.name, 2);
        let mut metadata = json!({"name": self.name, "uid": own.uid(), "creationTimestamp": created, "labels": labels.into()});
        if !self.namespace.is_empty() {
            metadata["namespace"] = Value::String(self.namespace.clone());
        }
        json!({"apiVersion": self.api_version(), "kind": self.kind, "metadata": metadata})
    }
}

impl Applier {
    pub fn child(&self, plan: &Plan) -> Child {
        let (group, version, kind) = match self.kind {
            ApplierKind::Kustomization => ("kustomize.toolkit.fluxcd.io", "v1", "Kustomization"),
            ApplierKind::HelmRelease => ("helm.toolkit.fluxcd.io", "v2", "HelmRelease"),
        };
        Child { group, version, kind, namespace: plan.namespaces[self.namespace].clone(), name: self.name.clone() }
    }

    /// The labels that Flux puts on everything which this one applies.
    pub fn owner_labels(&self, plan: &Plan) -> Map<String, Value> {
        let child = self.child(plan);
        let mut labels = Map::new();
        labels.insert(format!("{}/name", child.group), child.name.into());
        labels.insert(format!("{}/namespace", child.group), child.namespace.into());
        labels
    }
}

/// A time some days and hours before all objects of a fleet were last touched.
pub fn days_before(days: usize, seed: Seed) -> String {
    /// 2026-11-01T08:00:00Z: fixed, so that a fleet is the same on every day.
    const TOUCHED: i64 = 1_793_520_000;
    let seconds = days as i64 * 86_400 + seed.of("time", days).below(80_000) as i64;
    jiff::Timestamp::from_second(TOUCHED - seconds).expect("a time of this century").to_string()
}

/// When an object was made.
pub fn created(seed: Seed) -> String {
    days_before(2 + seed.of("age", 0).below(400), seed)
}

/// A condition of a Flux object.
pub fn condition(kind: &str, status: &str, reason: &str, message: &str, since: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": since, "observedGeneration": 1})
}
