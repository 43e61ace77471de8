//! Which of Flux's controllers reconciles an object, and whether it runs.
//!
//! Flux labels its Deployments with `app.kubernetes.io/component` (flux2 `pkg/manifestgen/labels.go`); one that is not among the
//! objects that were read may run all the same, and nothing is said of it.

use rustc_hash::FxHashMap;

use super::sight::Sight;
use crate::domain::{NodeId, Object, Str};
use crate::kinds::{self, Kind, Role, group};

/// The label that names the controller, and the one that says whose it is.
pub const COMPONENT: &str = "app.kubernetes.io/component";
pub const PART_OF: &str = "app.kubernetes.io/part-of";
/// The label that gives an object to one of several controllers of a sort.
pub const SHARD: &str = "sharding.fluxcd.io/key";

/// The Deployments of controllers, by what they say that they are.
#[derive(Debug, Default)]
pub(super) struct Controllers(FxHashMap<Str, NodeId>);

impl Controllers {
    /// Costs a look at the labels of every Deployment.
    pub fn of(sight: &Sight) -> Self {
        let mut found = FxHashMap::default();
        for node in sight.store.of_kind(&kinds::DEPLOYMENT.gk()) {
            let Some(object) = sight.object(node) else { continue };
            // shards are labelled as what they are a part of, too: the controller itself is the one without a key
            let is_flux =
                matches!(object.labels.get(PART_OF), Some("flux" | "flux-operator")) && object.labels.get(SHARD).is_none();
            let component = object.labels.get(COMPONENT).or_else(|| object.labels.get("app.kubernetes.io/name"));
            if let Some(component) = component.filter(|_| is_flux) {
                found.insert(component.into(), node);
            }
        }
        Self(found)
    }

    pub fn get(&self, component: &str) -> Option<NodeId> {
        self.0.get(component).copied()
    }
}

/// The controller that reconciles a kind, by the name of its Deployment.
pub fn controller_of(kind: &Kind) -> Option<&'static str> {
    match kind.group {
        group::SOURCE => Some("source-controller"),
        group::KUSTOMIZE => Some("kustomize-controller"),
        group::HELM => Some("helm-controller"),
        group::NOTIFICATION => Some("notification-controller"),
        group::IMAGE if kind == kinds::IMAGE_UPDATE_AUTOMATION => Some("image-automation-controller"),
        group::IMAGE => Some("image-reflector-controller"),
        group::EXTENSIONS => Some("source-watcher"),
        group::OPERATOR => Some("flux-operator"),
        _ => None,
    }
}

impl Sight<'_> {
    /// The Deployment of the controller that reconciles an object, where it is known not to run.
    pub(super) fn stopped_controller(&self, id: NodeId, object: &Object) -> Option<NodeId> {
        let kind = self.kind(id);
        let is_answered =
            kind.is_flux() && kind.role != Role::Child && !object.control.as_ref().is_some_and(|control| control.fixed);
        if !is_answered || object.labels.get(SHARD).is_some() {
            return None;
        }
        let found = self.controllers().get(controller_of(kind)?)?;
        let runs = self.object(found).is_none_or(|deployment| deployment.facts.ready.is_none_or(|(ready, _)| ready > 0));
        (!runs).then_some(found)
    }

    /// Whether the controller of a kind is known to run.
    pub(super) fn runs(&self, kind: &Kind) -> Option<bool> {
        let found = self.controllers().get(controller_of(kind)?)?;
        self.object(found)?.facts.ready.map(|(ready, _)| ready > 0)
    }
}
