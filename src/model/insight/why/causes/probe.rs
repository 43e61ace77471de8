//! A container that runs and fails its probe: it is not ready, or is killed and started again (Kubernetes `pkg/kubelet/prober`).

use super::CauseRule;
use crate::domain::EventRow;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "probe", doc: "a container runs and fails its readiness, liveness or startup probe", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if !clue.is_pod() {
        return None;
    }
    let event = clue.warning(&["Unhealthy", "ProbeWarning"]);
    if let Some(event) = event.filter(|event| clue.container().is_none() || is_fatal(event)) {
        let (probe, why) = event.message.split_once(" probe failed: ").unwrap_or(("", &event.message));
        let probe = if probe.is_empty() { "its probe".to_owned() } else { format!("its {} probe", probe.to_lowercase()) };
        let who = names(clue).map(|name| format!("container {name} ")).unwrap_or_default();
        let effect = if is_fatal(event) { "and is started again and again" } else { "and gets no requests" };
        let says = format!("{who}runs, fails {probe} {effect}: {}", brief(why));
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
    event.message.starts_with("Liveness") || event.message.starts_with("Startup")
}

/// The container that is not ready: as its status says it, else as the condition names it (`… with unready status: [web]`).
fn names(clue: &Clue) -> Option<String> {
    let body = clue.evidence.and_then(|evidence| evidence.body.get());
    let unready = body
        .and_then(|body| body.containers.iter().find(|container| container.is_unready))
        .map(|container| container.name.clone());
    let named = || {
        let (_, rest) = clue.message.split_once("unready status: [")?;
        Some(rest.split([']', ' ']).next()?.to_owned()).filter(|name| !name.is_empty())
    };
    let failing = || clue.container().map(|container| container.name.to_string());
    unready.or_else(failing).or_else(named)
}
