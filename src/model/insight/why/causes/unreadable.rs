//! What the user may not read, or the cluster does not serve: the gap itself is what there is to say.

use super::CauseRule;
use crate::domain::store::Presence;
use crate::insight::why::clue::{Clue, Diagnosis, Witness};

pub(super) const RULE: CauseRule =
    CauseRule { name: "unreadable", doc: "what would say more may not be read, or is not known yet", find };

fn find(clue: &Clue) -> Option<Diagnosis> {
    let kind = &clue.reference().gk;
    let says = match clue.sight.store.presence(clue.node) {
        Presence::Present | Presence::Missing => return None,
        Presence::Restricted => "you may not read it: what is wrong with it is not known".to_owned(),
        Presence::NotServed => format!("the cluster does not serve {kind}"),
        Presence::Unknown => "it is not known yet, or its kind is not read".to_owned(),
    };
    Some(clue.diagnose(says).keyed(clue.reference().to_string()).by(Witness::Absence))
}
