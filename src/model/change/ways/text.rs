//! The text that a value was made of, replaced as a whole: a reference that no longer follows the name of another object, an image that
//! `images` no longer finds, a text without its variables.

use super::{FoundWays, Way, WayKind, WayQuery, set};
use crate::error::Result;
use crate::render::substitute;
use crate::render::trace::Joint;
use crate::render::turn_back::ScalarChange;

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    match &query.turned {
        Some(Err(_)) => found.take(way(query, WayKind::Sets)),
        // a part of it does what is wanted: that is tried first, and this where it is asked for
        Some(Ok(changes)) if !changes.is_empty() => found.ways.extend(way(query, WayKind::Offered).ok().flatten()),
        _ => {}
    }
}

fn way(query: &WayQuery<'_>, kind: WayKind) -> Result<Option<Way>> {
    let Some(node) = &query.node else { return Ok(None) };
    let Some(made) = node.trace.composition() else { return Ok(None) };
    if !matches!(made.joint, Joint::Reference | Joint::Image | Joint::Substitution(_) | Joint::Vars) {
        return Ok(None);
    }
    let Some(own) = made.scalars.first().filter(|own| own.trace.composition().is_none() && !own.is_name) else { return Ok(None) };
    let is_known = |changes: &Vec<ScalarChange>| matches!(&changes[..], [change] if change.origin.is_at(&own.trace.origin));
    if matches!(&query.turned, Some(Ok(changes)) if is_known(changes)) {
        return Ok(None);
    }
    let new = match made.joint {
        Joint::Vars => query.typed.text().replace('$', "$$"),
        _ if query.object.is_substituted => substitute::escaped(&query.typed.text()),
        _ => query.typed.text(),
    };
    let change = ScalarChange { origin: own.trace.origin.clone(), old: own.text.clone(), tag: own.tag.clone(), new, role: None };
    let write = set::write(query, &change)?;
    Ok(Way::at(kind, &change.origin, vec![write]))
}
