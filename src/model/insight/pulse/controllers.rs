//! What runs Flux: its Deployments, the image that their pods run, and how often those were restarted.
//!
//! Flux labels them (flux2 `pkg/manifestgen/labels.go`), the Flux Operator does too. The version is that of a pod's image: a record of a
//! Deployment has no template. Where no pod runs, none is known.

use jiff::Timestamp;

use crate::domain::object::Particular;
use crate::domain::{Health, NodeId, ObjectRef, Str};
use crate::insight::why::{COMPONENT, PART_OF, SHARD, Sight};
use crate::kinds;

/// One controller of Flux, or one of its shards.
#[derive(Clone, Debug, PartialEq)]
pub struct ControllerState {
    pub object: ObjectRef,
    pub health: Health,
    /// What its Deployment says of itself: `available: 0/1`.
    pub message: Str,
    /// Ready and desired replicas.
    pub ready: Option<(u32, u32)>,
    /// As a pod of it runs it; none where none runs, or none may be read.
    pub image: Option<Str>,
    /// The label of the installation that it is a part of: `v2.9.4`.
    pub distribution: Option<Str>,
    /// Of all its pods.
    pub restarts: u32,
    /// Since when it is as it is.
    pub since: Option<Timestamp>,
    /// The key of the objects that it is for, where it is not for all.
    pub shard: Option<Str>,
}

impl ControllerState {
    /// The tag of its image, else the beginning of its digest.
    pub fn version(&self) -> Option<&str> {
        tag_of(self.image.as_deref()?)
    }

    /// Whether it is scaled to nothing: Kubernetes is content with that, and nothing of its kinds is reconciled.
    pub fn is_off(&self) -> bool {
        self.ready.is_some_and(|(_, desired)| desired == 0)
    }

    /// Whether it runs as it has to.
    pub fn is_well(&self) -> bool {
        self.health == Health::Ready && !self.is_off()
    }
}

/// The tag of an image, `v1.9.4`, else the beginning of its digest.
pub fn tag_of(image: &str) -> Option<&str> {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let tag = name.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
    tag.or_else(|| digest.map(|digest| digest.get(..15).unwrap_or(digest)))
}

/// Those that do not run as they have to first. Costs a look at the labels of every Deployment.
pub(super) fn all(sight: &Sight) -> Vec<ControllerState> {
    let deployments = sight.store.of_kind(&kinds::DEPLOYMENT.gk());
    let mut found: Vec<_> = deployments.filter_map(|node| of(sight, node)).collect();
    found.sort_by(|a, b| (a.is_well(), &a.object).cmp(&(b.is_well(), &b.object)));
    found
}

fn of(sight: &Sight, node: NodeId) -> Option<ControllerState> {
    let object = sight.object(node)?;
    let label = |key: &str| object.labels.get(key);
    let is_flux = matches!(label(PART_OF), Some("flux" | "flux-operator"))
        || label("app.kubernetes.io/name") == Some("flux-operator") && label(COMPONENT).is_none();
    if !is_flux {
        return None;
    }
    let sets: Vec<_> = sight.store.owned(node).to_vec();
    let pods: Vec<_> = sets.iter().flat_map(|set| sight.store.owned(*set)).filter_map(|pod| sight.object(*pod)).collect();
    let image = pods.iter().filter(|pod| pod.verdict.health != Health::Terminating).find_map(|pod| {
        match pod.facts.particular.as_deref()? {
            Particular::Image { image } if !image.is_empty() => Some(image.clone()),
            Particular::Container(failing) => Some(failing.image.clone()),
            _ => None,
        }
    });
    Some(ControllerState {
        object: object.id.clone(),
        health: sight.health(node),
        message: object.verdict.message.clone(),
        ready: object.facts.ready,
        image,
        distribution: label("app.kubernetes.io/version").map(Str::from),
        restarts: pods.iter().map(|pod| pod.facts.restarts).sum(),
        since: object.verdict.since.or(object.created).filter(|at| *at <= sight.now),
        shard: label(SHARD).map(Str::from),
    })
}
