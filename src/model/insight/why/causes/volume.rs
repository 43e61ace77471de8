//! A volume that a pod waits for: a claim that is not bound, or a mount that fails.

use super::CauseRule;
use crate::domain::Health;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::{brief, says};
use crate::insight::why::remedy::Remedy;
use crate::kinds;

pub(super) const RULE: CauseRule =
    CauseRule { name: "volume", doc: "a volume claim is not bound, or a volume cannot be mounted", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if clue.kind == kinds::PERSISTENT_VOLUME_CLAIM {
        return of_claim(clue);
    }
    if !clue.is_pod() {
        return None;
    }
    let claims = clue.evidence.and_then(|evidence| evidence.claims.get());
    if let Some(claim) = claims.and_then(|claims| claims.first()) {
        let path = format!("{}/{}", clue.reference().namespace, claim.name);
        let why = if claim.warning.is_empty() { String::new() } else { format!(": {}", brief(&claim.warning)) };
        let class = if claim.class.is_empty() { String::new() } else { format!(" (class {})", claim.class) };
        let what = match claim.phase.as_str() {
            "" => format!("volume claim {path} does not exist"),
            phase => format!("volume claim {path}{class} is {}{why}", phase.to_lowercase()),
        };
        return Some(clue.diagnose(what).keyed(path).by(Witness::Claim).press(&[Remedy::File, Remedy::Events]));
    }
    if let Some(event) = clue.warning(&["FailedMount", "FailedAttachVolume", "FailedMapVolume"]) {
        let says = format!("a volume cannot be mounted: {}", brief(&event.message));
        return Some(clue.diagnose(says).by_event(event).press(&[Remedy::Events]));
    }
    let is_unbound = clue.reason == "Unschedulable"
        && says(clue.message, &["unbound immediate persistentvolumeclaims", "unbound persistentvolumeclaims"]);
    is_unbound.then(|| clue.diagnose("a volume claim of it is not bound").press(&[Remedy::Events]))
}

fn of_claim(clue: &Clue) -> Option<Diagnosis> {
    let object = clue.object.filter(|_| clue.health != Health::Ready)?;
    let class = object
        .facts
        .cells
        .get(1)
        .filter(|class| !class.is_empty())
        .map_or_else(String::new, |class| format!(" of class {class}"));
    // the controller writes FailedBinding as a normal event (Kubernetes `pkg/controller/volume/persistentvolume`)
    let reasons = ["ProvisioningFailed", "FailedBinding", "VolumeMismatch", "WaitForFirstConsumer"];
    let events = clue.evidence.and_then(|evidence| evidence.events.get()).into_iter().flatten();
    let event = events.rev().find(|event| reasons.contains(&event.reason.as_str()));
    let says = match (&*object.verdict.reason, event) {
        ("Lost", _) => "its volume is gone, with what was on it".to_owned(),
        (_, Some(event)) if event.reason == "WaitForFirstConsumer" => {
            format!("no volume{class} is bound to it, and none will be until a pod uses it")
        }
        (_, Some(event)) => format!("no volume{class} is bound to it: {}", brief(&event.message)),
        _ => format!("no volume{class} is bound to it"),
    };
    let found = clue.diagnose(says).keyed(clue.reference().to_string()).press(&[Remedy::Events, Remedy::File]);
    Some(match event {
        Some(event) => found.by_event(event),
        None => found,
    })
}
