//! What is lost with an object that is deleted.
//!
//! Sources: kubernetes v1.36 `pkg/controller/volume/persistentvolume/pv_controller.go` (`reclaimVolume`), `pkg/apis/storage/v1/defaults.go`
//! (`reclaimPolicy` is `Delete` where it is not set), `pkg/controller/statefulset/stateful_set_utils.go`
//! (`updateClaimOwnerRefForSetAndPod`); apiextensions `pkg/controller/finalizer/crd_finalizer.go`; helm-controller v1.5
//! `internal/controller/helmrelease_controller.go` (`reconcileDelete`: a suspended release stays).

use super::query::{CautionQuery, Placed, is, text_of};
use super::suspended::is_suspended;
use crate::kinds;
use crate::render::id::{meta_text, text_at};

/// What goes with an object, as the end of a sentence; none where nothing does.
pub fn with(query: &CautionQuery<'_>, gone: Placed<'_>) -> Option<String> {
    let node = gone.node();
    if is(node, kinds::PERSISTENT_VOLUME_CLAIM) {
        return claim(query, gone);
    }
    if is(node, kinds::NAMESPACE) {
        return Some("with everything in it".to_owned());
    }
    if is(node, kinds::CUSTOM_RESOURCE_DEFINITION) {
        return Some(format!("with every {} of the cluster", text_of(node, &["spec", "names", "kind"])));
    }
    if is(node, kinds::HELM_RELEASE) {
        return (!is_suspended(node)).then(|| "and Helm uninstalls what it released".to_owned());
    }
    let policy = text_of(node, &["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"]);
    (is(node, kinds::STATEFUL_SET) && policy == "Delete")
        .then(|| "with its claims and their data (whenDeleted: Delete)".to_owned())
}

/// The data of a claim goes with it, unless its class keeps volumes.
fn claim(query: &CautionQuery<'_>, claim: Placed<'_>) -> Option<String> {
    let class = text_of(claim.node(), &["spec", "storageClassName"]);
    let policy = query.beside(claim.build, false).find_map(|other| {
        let is_it = is(other.node(), kinds::STORAGE_CLASS) && meta_text(other.node(), "name") == class;
        is_it.then(|| text_at(other.node(), "reclaimPolicy"))
    });
    match policy {
        Some("Retain") => None,
        Some(_) => Some(format!("with its data (StorageClass {class} does not retain it)")),
        None => Some("with its data, unless its StorageClass retains it".to_owned()),
    }
}
