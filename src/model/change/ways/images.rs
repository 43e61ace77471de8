//! The entry of `images` that has set a part of an image: what it does not say yet is added to it.

use super::{Asked, Found, Sort, Way};
use crate::change::write::{What, Write};
use crate::edit::{Operation, Place, Scalar, Value};
use crate::error::Result;
use crate::render::trace::{Joint, Role};
use crate::render::turn_back::Refusal;

pub fn ways(asked: &Asked<'_>, found: &mut Found) {
    if matches!(&asked.turned, Some(Err(Refusal::Matched(_) | Refusal::Missing(_)))) {
        found.take(way(asked));
    }
}

fn way(asked: &Asked<'_>) -> Result<Option<Way>> {
    let Some(node) = &asked.node else { return Ok(None) };
    let Some(made) = node.trace.composition().filter(|made| made.joint == Joint::Image) else { return Ok(None) };
    let (file, mut entry) = asked.place(node.origin())?;
    entry.path.pop();
    let source = asked.source(&file)?;
    let is =
        |roles: &[Role]| made.parts.iter().filter(|part| roles.contains(&part.role)).map(|part| &*part.text).collect::<String>();
    let now = [is(&[Role::Name, Role::Matched]), is(&[Role::Tag, Role::TagSuffix]), is(&[Role::Digest])];
    let mut writes = Vec::new();
    for ((wanted, now), key) in split(&asked.typed.text()).into_iter().zip(now).zip(["newName", "newTag", "digest"]) {
        if wanted == now {
            continue;
        }
        let at: Place = entry.clone().key(key);
        let is_there = source.at(&at).is_ok();
        let operation = match (wanted.is_empty(), is_there) {
            (true, true) => Operation::Remove { at },
            (true, false) => return Ok(None),
            (false, true) => Operation::set(at, Scalar::string(wanted)),
            (false, false) => Operation::Add { at, value: Value::string(wanted) },
        };
        writes.push(Write { file: file.clone(), what: What::Operation(operation) });
    }
    Ok(Way::at(Sort::Sets, node.origin(), writes))
}

/// Name, tag and digest. A port of the registry is no tag.
fn split(image: &str) -> [&str; 3] {
    let (rest, digest) = image.split_once('@').unwrap_or((image, ""));
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => [name, tag, digest],
        _ => [rest, "", digest],
    }
}
