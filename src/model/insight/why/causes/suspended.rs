//! A suspended object: its controller leaves it alone until it is resumed.

use super::CauseRule;
use crate::domain::Health;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};
use crate::insight::why::messages::brief;
use crate::insight::why::remedy::Remedy;

pub(super) const RULE: CauseRule =
    CauseRule { name: "suspended", doc: "the object is suspended; by whom and why, if that was said", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    // deletion goes on although it is suspended: what holds that is another cause
    let suspension = clue.object?.suspension.as_deref().filter(|_| clue.health == Health::Suspended)?;
    let mut parts = vec!["it is suspended".to_owned()];
    match (&suspension.by, &suspension.reason) {
        (None, None) => parts.push(", and nothing says by whom or why".to_owned()),
        (by, reason) => {
            parts.extend(by.as_ref().map(|by| format!(" by {by}")));
            parts.extend(reason.as_ref().map(|reason| format!(" (\"{}\")", brief(reason))));
        }
    }
    if let Some(until) = suspension.until {
        let overdue = if suspension.is_overdue(clue.sight.now) { ", which has passed" } else { "" };
        parts.push(format!(" until {}{overdue}", until.strftime("%Y-%m-%d %H:%M UTC")));
    }
    if suspension.frozen.is_some_and(Health::is_failing) {
        parts.push(format!("; it was failing: {}", brief(clue.message)));
    }
    Some(clue.diagnose(parts.concat()).keyed(clue.reference().to_string()).by(Witness::Spec).press(&[Remedy::Resume]))
}
