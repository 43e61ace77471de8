//! What no rule recognises: the object's own words.

use super::CauseRule;
use crate::insight::why::clue::{Clue, Diagnosis};
use crate::insight::why::controllers::controller_of;
use crate::insight::why::messages::{brief, of_release};
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "other", doc: "anything else, in the words of the object's own status", find: |clue| Some(found(clue)) };

pub(super) fn found(clue: &Clue) -> Diagnosis {
    let warning = clue.evidence.and_then(|evidence| evidence.events.get()?.iter().rev().find(|event| event.is_warning));
    let (says, event) = match (clue.message, clue.reason, warning) {
        ("", "", Some(event)) => (brief(&event.message), Some(event)),
        ("", "", None) => (format!("it is {}, and nothing says why", clue.health.word().to_lowercase()), None),
        ("", reason, Some(event)) => (format!("{reason}: {}", brief(&event.message)), Some(event)),
        ("", reason, None) => (reason.to_owned(), None),
        (message, _, _) => (brief(&of_release(message)), None),
    };
    let remedies: &[Remedy] = match () {
        () if controller_of(clue.kind).is_some() => &[Remedy::Reconcile, Remedy::Events, Remedy::ControllerLogs],
        () if clue.kind.is_flux() => &[Remedy::Reconcile, Remedy::Events],
        () if clue.has_pods() => &[Remedy::Events, Remedy::Logs],
        () => &[Remedy::Events],
    };
    let found = clue.diagnose(says).press(remedies);
    match event {
        Some(event) => found.by_event(event),
        None => found,
    }
}
