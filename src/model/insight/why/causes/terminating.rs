//! An object that was deleted and is still there: a finalizer that nobody removes, or content that is not gone.

use super::CauseRule;
use crate::domain::text::counted;
use crate::domain::{Health, duration};
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::controllers::controller_of;
use crate::insight::why::messages::{brief, ending_namespace};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "terminating", doc: "the object is being deleted, and a finalizer or its content keeps it", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    if clue.health != Health::Terminating {
        // the namespace itself is where the way ends, where that may be read
        let name = ending_namespace(clue.failed()?)?;
        let says = format!("namespace {name} is being deleted, and takes nothing new");
        return Some(clue.diagnose(says).keyed(format!("namespace {name}")).press(&[Remedy::File]));
    }
    let since = clue.object.and_then(|object| object.verdict.since);
    let long = since.map(|since| duration::age(clue.sight.now.duration_since(since).as_secs().max(0)).0);
    let being = format!("it has been in deletion for {}", long.as_deref().unwrap_or("an unknown time"));
    let body = clue.evidence.and_then(|evidence| evidence.body.get());
    let held = body.and_then(|body| {
        // Namespace: NamespaceContentRemaining, NamespaceFinalizersRemaining, NamespaceDeletionContentFailure
        let says = |part: &str| body.conditions.iter().find(|one| one.status == "True" && one.kind.contains(part));
        let content = ["DeletionContentFailure", "ContentRemaining", "FinalizersRemaining"].into_iter().find_map(says);
        content.map(|condition| {
            (brief(&condition.message), Witness::Condition { kind: condition.kind.clone(), reason: condition.reason.clone() })
        })
    });
    let stopped = clue.sight.runs(clue.kind) == Some(false);
    let (what, witness) = match (held, body) {
        (Some((message, witness)), _) => (message, witness),
        (None, Some(body)) if body.finalizers.is_empty() => {
            ("nothing holds it: it should be gone at any moment".to_owned(), Witness::Metadata)
        }
        (None, Some(body)) => (
            format!("{} hold it: {}", counted(body.finalizers.len(), "finalizer"), body.finalizers.join(", ")),
            Witness::Metadata,
        ),
        (None, None) if clue.kind.is_flux() => {
            ("its controller has not finished what deletion asks of it".to_owned(), Witness::Metadata)
        }
        (None, None) => ("what holds it is not known yet".to_owned(), Witness::Metadata),
    };
    let stopped = match controller_of(clue.kind).filter(|_| stopped) {
        Some(controller) => format!("; {controller}, which removes its finalizer, does not run"),
        None => String::new(),
    };
    Some(clue.diagnose(format!("{being}: {what}{stopped}")).keyed(clue.reference().to_string()).by(witness).since(since))
}
