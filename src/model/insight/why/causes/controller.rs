//! A controller that does not run, and an object that none has looked at.

use jiff::SignedDuration;

use super::CauseRule;
use crate::domain::Health;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::controllers::{SHARD, controller_of};
use crate::insight::why::remedy::Remedy;
use crate::insight::why::walk::Lead;

pub(super) const RULE: CauseRule =
    CauseRule { name: "controller", doc: "the controller does not run, or has never looked at the object", find };

/// How long a controller may take to look at something new.
const PROMPT: SignedDuration = SignedDuration::from_mins(1);

fn find(clue: &Clue) -> Option<Diagnosis> {
    let object = clue.object?;
    if clue.via == Some(Lead::Controller) && object.facts.ready.is_some_and(|(_, desired)| desired == 0) {
        let says = "it is scaled to nothing: nothing that it reconciles goes on";
        return Some(clue.diagnose(says).keyed(clue.reference().to_string()).press(&[Remedy::File]));
    }
    if clue.health != Health::Unknown || !clue.kind.is_flux() {
        return None;
    }
    let waited = object.created.map(|created| clue.sight.now.duration_since(created));
    if waited.is_some_and(|waited| waited < PROMPT) {
        return Some(clue.diagnose("it is new: its controller has not looked at it yet"));
    }
    let controller = controller_of(clue.kind).unwrap_or("its controller");
    let says = match (object.labels.get(SHARD), clue.sight.runs(clue.kind)) {
        (Some(shard), _) => format!("no controller has looked at it: it is labelled for shard {shard}"),
        (None, Some(true)) => {
            format!("{controller} runs, and has never looked at it: it may be limited to other namespaces or labels")
        }
        (None, Some(false)) => format!("{controller} does not run"),
        (None, None) => format!("{controller} has never looked at it; whether that runs is not known"),
    };
    Some(clue.diagnose(says).since(object.created).by(Witness::Status).press(&[Remedy::Reconcile, Remedy::ControllerLogs]))
}
