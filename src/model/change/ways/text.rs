//! The text that a value was made of, written anew as a whole: a reference that no longer follows the name of another object, an image that
//! `images` no longer finds, a text without its variables.

use super::{Asked, Found, Sort, Way, set};
use crate::error::Result;
use crate::render::substitute;
use crate::render::trace::Joint;
use crate::render::turn_back::ScalarChange;

pub fn ways(asked: &Asked<'_>, found: &mut Found) {
    match &asked.turned {
        Some(Err(_)) => found.take(way(asked, Sort::Sets)),
        // a part of it does what is wanted: that is tried first, and this where it is asked for
        Some(Ok(changes)) if !changes.is_empty() => found.ways.extend(way(asked, Sort::Offered).ok().flatten()),
        _ => {}
    }
}

fn way(asked: &Asked<'_>, sort: Sort) -> Result<Option<Way>> {
    let Some(node) = &asked.node else { return Ok(None) };
    let Some(made) = node.trace.composition() else { return Ok(None) };
    if !matches!(made.joint, Joint::Reference | Joint::Image | Joint::Substitution(_) | Joint::Vars) {
        return Ok(None);
    }
    let Some(own) = made.scalars.first().filter(|own| own.trace.composition().is_none() && !own.is_name) else { return Ok(None) };
    let is_known = |changes: &Vec<ScalarChange>| matches!(&changes[..], [change] if change.origin.is_at(&own.trace.origin));
    if matches!(&asked.turned, Some(Ok(changes)) if is_known(changes)) {
        return Ok(None);
    }
    let new = match made.joint {
        Joint::Vars => asked.typed.text().replace('$', "$$"),
        _ if asked.object.is_substituted => substitute::escaped(&asked.typed.text()),
        _ => asked.typed.text(),
    };
    let change = ScalarChange { origin: own.trace.origin.clone(), old: own.text.clone(), tag: own.tag.clone(), new, role: None };
    let write = set::write(asked, &change)?;
    Ok(Way::at(sort, &change.origin, vec![write]))
}
