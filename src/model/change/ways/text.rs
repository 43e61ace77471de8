//! The text that a value was made of, written anew as a whole: a reference that no longer follows the name of another object, an image that
//! `images` no longer finds, a text without its variables.

use super::{Asked, Found, Sort, Way, set};
use crate::error::Result;
use crate::render::substitute;
use crate::render::trace::Joint;
use crate::render::turn_back::Change;

pub fn ways(asked: &Asked<'_>, found: &mut Found) {
    if matches!(&asked.turned, Some(Err(_))) {
        found.take(way(asked));
    }
}

fn way(asked: &Asked<'_>) -> Result<Option<Way>> {
    let Some(node) = &asked.node else { return Ok(None) };
    let Some(made) = node.trace.composition() else { return Ok(None) };
    // where something else was the way so far, a person says so
    let sort = match made.joint {
        Joint::Reference | Joint::Image => Sort::Sets,
        Joint::Substitution(_) | Joint::Vars => Sort::Offered,
        _ => return Ok(None),
    };
    let Some(own) = made.scalars.first().filter(|own| own.trace.composition().is_none() && !own.is_name) else { return Ok(None) };
    let new = match made.joint {
        Joint::Vars => asked.typed.text().replace('$', "$$"),
        _ if asked.object.is_substituted => substitute::escaped(&asked.typed.text()),
        _ => asked.typed.text(),
    };
    let change = Change { origin: own.trace.origin.clone(), old: own.text.clone(), tag: own.tag.clone(), new, role: None };
    let write = set::write(asked, &change)?;
    Ok(Way::at(sort, &change.origin, vec![write]))
}
