//! The health of Flux's own objects, from conditions.
//!
//! kstatus reports nearly every failing Flux object as "in progress", because Flux retries for ever; users need to know what
//! failed. So this rule reads the conditions in the order of urgency instead. Sources of each step: fluxcd/pkg
//! `apis/meta/conditions.go` (Ready, Stalled, Reconciling and their exclusion in `runtime/conditions/setter.go`),
//! kustomize-controller `finalizeStatus` (observedGeneration moves only when Ready is True), helm-controller and
//! source-controller `api/` for the reasons.

use jiff::Timestamp;

use super::{Health, Inputs};
use crate::domain::object::{Condition, Suspension, Verdict};

/// Returns the verdict on a Flux object, in the order deletion, suspension, Stalled, Ready=False, progress, Ready, never reconciled.
/// A suspended object keeps what its frozen conditions say in `suspension.frozen`.
pub fn verdict(inputs: &Inputs, suspension: Option<&mut Suspension>) -> Verdict {
    if let Some(deleted) = inputs.deleted {
        return terminating(inputs, deleted);
    }
    let judged = conditions(inputs);
    match suspension {
        Some(suspension) => {
            suspension.frozen = Some(judged.health);
            Verdict { health: Health::Suspended, ..judged }
        }
        None => judged,
    }
}

/// The verdict on an object without reconciliation: an Alert or Provider of v1beta3, an OCI HelmRepository (their status, if any,
/// is a default or a leftover and says nothing).
pub fn fixed(inputs: &Inputs, suspension: Option<&mut Suspension>, message: &str) -> Verdict {
    if let Some(deleted) = inputs.deleted {
        return terminating(inputs, deleted);
    }
    if let Some(suspension) = suspension {
        suspension.frozen = Some(Health::Ready);
        return Verdict::new(Health::Suspended, "", message);
    }
    Verdict::new(Health::Ready, "", message)
}

fn terminating(inputs: &Inputs, deleted: Timestamp) -> Verdict {
    let message = inputs
        .condition("Ready")
        .map_or_else(|| "being deleted".into(), |ready| format!("being deleted; last: {}", ready.message));
    Verdict { since: Some(deleted), ..Verdict::new(Health::Terminating, "Terminating", message) }
}

fn conditions(inputs: &Inputs) -> Verdict {
    if let Some(stalled) = inputs.holds("Stalled") {
        let condition = inputs.condition("Ready").filter(|ready| !ready.message.is_empty()).unwrap_or(stalled);
        return Verdict { reason: stalled.reason.clone(), ..Verdict::of(Health::Stalled, condition) };
    }
    let reconciling = inputs.holds("Reconciling");
    let Some(ready) = inputs.condition("Ready") else {
        return match reconciling {
            Some(reconciling) => Verdict::of(Health::Progressing, reconciling),
            None => Verdict::new(Health::Unknown, "", "waiting to be reconciled"),
        };
    };
    match &*ready.status {
        "False" => Verdict::of(unready(ready), ready),
        "True" => match reconciling {
            Some(reconciling) => Verdict::of(Health::Progressing, reconciling),
            None if is_unobserved(inputs, ready.observed) => Verdict {
                since: ready.since,
                ..Verdict::new(Health::Progressing, "NewGeneration", "the latest generation has not been reconciled yet")
            },
            None => Verdict::of(Health::Ready, remark(inputs).unwrap_or(ready)),
        },
        _ => Verdict::of(Health::Progressing, reconciling.filter(|reconciling| !reconciling.message.is_empty()).unwrap_or(ready)),
    }
}

/// What is to be said of an object that is ready all the same: a HelmRelease's drift that is only reported (helm-controller 1.6,
/// `driftDetection.mode: warn`), or a test whose failure is ignored.
fn remark<'a>(inputs: &Inputs<'a>) -> Option<&'a Condition> {
    let failed_test = || inputs.condition("TestSuccess").filter(|condition| &*condition.status == "False");
    inputs.holds("Drifted").or_else(failed_test)
}

/// What Ready=False means, by its reason. `ArtifactFailed` stands for a source without an artifact, which is waited for
/// (kustomize-controller `reconcile`: "Source artifact not found"), and for an artifact without the path, which is an error.
fn unready(ready: &Condition) -> Health {
    match &*ready.reason {
        "DependencyNotReady" | "SourceNotReady" => Health::Waiting,
        "ArtifactFailed" if ready.message.to_lowercase().contains("artifact not found") => Health::Waiting,
        "HealthCheckCanceled" => Health::Progressing,
        _ => Health::Failed,
    }
}

/// Whether the controller has yet to see the latest generation. The condition's own generation is the better witness; kinds without
/// `observedGeneration` (ExternalArtifact, ArtifactGenerator) are taken at their word.
fn is_unobserved(inputs: &Inputs, condition: Option<i64>) -> bool {
    match (condition.or(inputs.observed), inputs.generation) {
        (Some(observed), Some(generation)) => observed != generation,
        _ => false,
    }
}
