//! Kinds that scale others.
//!
//! Sources: kubernetes `pkg/apis/autoscaling/types.go` (`minReplicas` is 1 where it is not set); KEDA
//! `apis/keda/v1alpha1/scaledobject_types.go` (the kind of its target is Deployment where it is not set, the least number 0).

use crate::insight::named::group;
use crate::kinds;
use crate::render::Node;
use crate::render::id::{meta_text, text_at};

/// A kind that scales others.
pub struct Scaler {
    group: &'static str,
    kind: &'static str,
    /// The field of its `spec` that holds the least number of replicas.
    pub least: &'static str,
    pub most: &'static str,
}

static SCALERS: &[Scaler] = &[
    Scaler { group: "autoscaling", kind: kinds::HORIZONTAL_POD_AUTOSCALER.kind, least: "minReplicas", most: "maxReplicas" },
    Scaler { group: "keda.sh", kind: "ScaledObject", least: "minReplicaCount", most: "maxReplicaCount" },
];

/// How an object scales another, if it does.
pub fn scaler_of(scaler: &Node, object: &Node) -> Option<&'static Scaler> {
    let is_it = |one: &&Scaler| group(scaler) == one.group && text_at(scaler, "kind") == one.kind;
    SCALERS.iter().find(is_it).filter(|_| is_meant(scaler, object))
}

/// Whether an autoscaler scales the object.
fn is_meant(scaler: &Node, object: &Node) -> bool {
    let text = |key: &str| scaler.at(&["spec", "scaleTargetRef", key]).and_then(Node::text).unwrap_or_default();
    let kind = if text("kind").is_empty() { kinds::DEPLOYMENT.kind } else { text("kind") };
    meta_text(scaler, "namespace") == meta_text(object, "namespace")
        && kind == text_at(object, "kind")
        && text("name") == meta_text(object, "name")
}
