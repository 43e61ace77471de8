//! The transitions of Flux's controllers as one table: what each says of an object, and whether it sends an event. Reason and message
//! belong to the moment; when a transition happens is for the controllers.

use serde_json::Value;

use super::scene::{Scene, mark, unmark};

/// Which sort of event a transition sends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum EventType {
    Not,
    Normal,
    Warning,
}
use EventType::{Normal, Not, Warning};

/// One transition: the controller, the conditions that it sets (`Ready=True`) or takes away (`-Stalled`), its event.
pub(super) struct Transition(&'static str, &'static str, EventType);

const SOURCE: &str = "source-controller";
const KUSTOMIZE: &str = "kustomize-controller";
const HELM: &str = "helm-controller";
const IMAGE: &str = "image-reflector-controller";
const AUTOMATION: &str = "image-automation-controller";

// source-controller `internal/controller/*_controller.go`, `summarizeAndPatch`
pub(super) const ASKED: Transition = Transition(SOURCE, "Reconciling=True", Not);
pub(super) const CHANGED: Transition = Transition(SOURCE, "Reconciling=True Ready=Unknown", Not);
pub(super) const FETCHED: Transition =
    Transition(SOURCE, "-Reconciling -Stalled -FetchFailed -ArtifactOutdated Ready=True ArtifactInStorage=True", Not);
pub(super) const NOT_FETCHED: Transition = Transition(SOURCE, "Ready=False FetchFailed=True", Warning);
pub(super) const NO_SUCH_CHART: Transition =
    Transition(SOURCE, "Stalled=True -Reconciling Ready=False FetchFailed=True", Warning);

// kustomize-controller `internal/controller/kustomization_controller.go`
pub(super) const STARTED: Transition = Transition(KUSTOMIZE, "Ready=Unknown", Not);
pub(super) const PROGRESSES: Transition = Transition(KUSTOMIZE, "Reconciling=True", Not);
pub(super) const BLOCKED: Transition = Transition(KUSTOMIZE, "Ready=False", Not);
pub(super) const NOT_APPLIED: Transition = Transition(KUSTOMIZE, "Ready=False", Warning);
pub(super) const APPLIED: Transition = Transition(KUSTOMIZE, "Ready=True", Not);
pub(super) const CHECKING: Transition = Transition(KUSTOMIZE, "Healthy=Unknown", Not);
pub(super) const HEALTHY: Transition = Transition(KUSTOMIZE, "Healthy=True", Not);
pub(super) const NOT_HEALTHY: Transition = Transition(KUSTOMIZE, "Healthy=False", Not);

// helm-controller `internal/controller/helmrelease_controller.go`, `internal/reconcile/{install,upgrade,test,…}.go`
pub(super) const PREPARES: Transition = Transition(HELM, "Reconciling=True", Not);
pub(super) const NOT_PREPARED: Transition = Transition(HELM, "Ready=False", Not);
pub(super) const RUNS: Transition = Transition(HELM, "Reconciling=True Ready=Unknown", Not);
pub(super) const RELEASED: Transition = Transition(HELM, "Released=True -Remediated -Stalled", Normal);
pub(super) const NOT_RELEASED: Transition = Transition(HELM, "Released=False -Remediated", Warning);
pub(super) const AWAITS_TESTS: Transition = Transition(HELM, "TestSuccess=Unknown", Not);
pub(super) const TESTED: Transition = Transition(HELM, "TestSuccess=True", Normal);
pub(super) const NOT_DRIFTED: Transition = Transition(HELM, "Drifted=False", Not);
pub(super) const REMEDIATED: Transition = Transition(HELM, "Remediated=True", Normal);
pub(super) const STALLED: Transition = Transition(HELM, "Stalled=True -Reconciling", Not);

// image-reflector-controller `internal/controller/{imagerepository,imagepolicy}_controller.go`
pub(super) const SCANNED: Transition = Transition(IMAGE, "-Reconciling Ready=True", Not);
pub(super) const NOT_SCANNED: Transition = Transition(IMAGE, "Ready=False", Warning);
pub(super) const CHOSEN: Transition = Transition(IMAGE, "Ready=True", Normal);

// image-automation-controller `internal/controller/imageupdateautomation_controller.go`
pub(super) const UPDATED: Transition = Transition(AUTOMATION, "-Reconciling Ready=True", Not);

impl Scene<'_> {
    /// Carries out a transition on an object that is to be saved.
    pub fn turn(
        &mut self,
        object: &mut Value,
        Transition(component, conditions, event_type): &Transition,
        reason: &str,
        message: &str,
    ) {
        for condition in conditions.split(' ') {
            match condition.split_once('=') {
                Some((kind, status)) => mark(object, self.now, kind, status, reason, message),
                None => unmark(object, condition.trim_start_matches('-')),
            }
        }
        if *event_type != Not {
            self.event(object, component, *event_type == Warning, reason, message);
        }
    }
}
