//! An object that Flux is asked to leave alone: what git says of it has no effect.

use super::{CautionQuery, FoundCautions, switches};
use crate::insight::named::shown;

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    for change in &query.changes {
        // where no Kustomization applies it, nobody reads the switch
        let Some(after) = change.after.filter(|after| after.build.spec.is_some()) else { continue };
        let is_there = change.both().is_some();
        if let Some(switch) = switches::leaves_alone(after.node(), is_there) {
            let what = if is_there { "what git changes in it has no effect" } else { "it is not created" };
            found.say(format!("{}: Flux leaves it alone ({switch}): {what}", shown(after.node())));
        }
    }
}
