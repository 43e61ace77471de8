//! An autoscaler sets the number of replicas again: what is written in git holds until it looks next.
//!
//! Sources: kubernetes `pkg/apis/autoscaling/types.go` (`minReplicas` is 1 where it is not set); KEDA
//! `apis/keda/v1alpha1/scaledobject_types.go` (the kind of its target is Deployment where it is not set, the least number 0).

use super::{Alternative, Caution, CautionQuery, name_of, number_at};
use crate::insight::named::group;
use crate::kinds;
use crate::render::Node;
use crate::render::id::{meta_text, text_at};

/// A kind that scales others.
struct Scaler {
    group: &'static str,
    kind: &'static str,
    /// The field of its `spec` that holds the least number of replicas.
    least: &'static str,
    most: &'static str,
}

static SCALERS: &[Scaler] = &[
    Scaler { group: "autoscaling", kind: kinds::HORIZONTAL_POD_AUTOSCALER.kind, least: "minReplicas", most: "maxReplicas" },
    Scaler { group: "keda.sh", kind: "ScaledObject", least: "minReplicaCount", most: "maxReplicaCount" },
];

pub fn says(query: &CautionQuery<'_>, found: &mut Vec<Caution>) {
    let Some(wanted) = query.wants("spec.replicas") else { return };
    let object = &query.object.node;
    for (build, other) in query.of_cluster() {
        let node = &other.node;
        let is_it = |scaler: &&Scaler| group(node) == scaler.group && text_at(node, "kind") == scaler.kind;
        let Some(scaler) = SCALERS.iter().find(is_it).filter(|_| is_meant(node, object)) else { continue };
        let most = number_at(node, &["spec", scaler.most]);
        let limit = match (wanted.value.parse::<i64>(), most) {
            (Ok(wanted), Some(most)) if wanted > most => format!("; its {} is {most}", scaler.most),
            _ => String::new(),
        };
        let field = format!("spec.{}", scaler.least);
        found.push(Caution {
            text: format!("{} scales it too, and sets another number again{limit}", name_of(other)),
            instead: Some(Alternative::of(query, build, other, &field, Some(wanted.value.clone()))),
        });
    }
}

/// Whether an autoscaler scales the object.
fn is_meant(scaler: &Node, object: &Node) -> bool {
    let text = |key: &str| scaler.at(&["spec", "scaleTargetRef", key]).and_then(Node::text).unwrap_or_default();
    let kind = if text("kind").is_empty() { kinds::DEPLOYMENT.kind } else { text("kind") };
    meta_text(scaler, "namespace") == meta_text(object, "namespace")
        && kind == text_at(object, "kind")
        && text("name") == meta_text(object, "name")
}
