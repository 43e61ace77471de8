//! A container that runs and fails its probe: it is not ready, or is killed and started again (Kubernetes `pkg/kubelet/prober`).

use super::CauseRule;
use crate::domain::EventRow;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::{brief, probe, unready};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "probe", doc: "a container runs and fails its readiness, liveness or startup probe", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if !clue.is_pod() {
        return None;
    }
    let event = clue.warning(&["Unhealthy", "ProbeWarning"]);
    if let Some(event) = event.filter(|event| clue.container().is_none() || is_fatal(event)) {
        let (which, said) = probe(&event.message).unwrap_or(("", &event.message));
        let which = if which.is_empty() { "its probe".to_owned() } else { format!("its {} probe", which.to_lowercase()) };
        let who = names(clue).map(|name| format!("container {name} ")).unwrap_or_default();
        let effect = if is_fatal(event) { "and is started again and again" } else { "and gets no requests" };
        let says = format!("{who}runs, fails {which} {effect}: {}", brief(said));
        return Some(clue.diagnose(says).by_event(event).press(&[Remedy::Logs, Remedy::File]));
    }
    if clue.reason != "NotReady" {
        return None;
    }
    let who = names(clue).map(|name| format!("container {name}")).unwrap_or_else(|| "a container".to_owned());
    Some(clue.diagnose(format!("{who} runs and is not ready")).press(&[Remedy::Logs, Remedy::Events]))
}

/// Whether the container is killed for it.
fn is_fatal(event: &EventRow) -> bool {
    probe(&event.message).is_some_and(|(which, _)| matches!(which, "Liveness" | "Startup"))
}

/// The container that is not ready: as its status says it, else as the condition names it (`… with unready status: [web]`).
fn names(clue: &Clue) -> Option<String> {
    let body = clue.evidence.and_then(|evidence| evidence.body.get());
    let running = body
        .and_then(|body| body.containers.iter().find(|container| container.is_unready))
        .map(|container| container.name.clone());
    let failing = || clue.container().map(|container| container.name.to_string());
    running.or_else(failing).or_else(|| unready(clue.message).map(str::to_owned))
}
