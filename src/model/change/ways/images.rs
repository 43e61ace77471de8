//! The entry of `images` that has set a part of an image: what it does not say yet is added to it.

use super::{FoundWays, Way, WayKind, WayQuery};
use crate::change::write::{Write, WriteKind};
use crate::edit::{NewValue, NodePlace, Operation, Scalar};
use crate::error::Result;
use crate::render::trace::{Joint, PartRole};
use crate::render::turn_back::TurnBackRefusal;

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    if matches!(&query.turned, Some(Err(TurnBackRefusal::Matched(_) | TurnBackRefusal::Missing(_)))) {
        found.take(way(query));
    }
}

fn way(query: &WayQuery<'_>) -> Result<Option<Way>> {
    let Some(node) = &query.node else { return Ok(None) };
    let Some(made) = node.trace.composition().filter(|made| made.joint == Joint::Image) else { return Ok(None) };
    let (file, mut entry) = query.place(node.origin())?;
    entry.path.pop();
    let source = query.source(&file)?;
    let is = |roles: &[PartRole]| {
        made.parts.iter().filter(|part| roles.contains(&part.role)).map(|part| &*part.text).collect::<String>()
    };
    let now = [is(&[PartRole::Name, PartRole::Matched]), is(&[PartRole::Tag, PartRole::TagSuffix]), is(&[PartRole::Digest])];
    let mut writes = Vec::new();
    for ((wanted, now), key) in image_parts(&query.typed.text()).into_iter().zip(now).zip(["newName", "newTag", "digest"]) {
        if wanted == now {
            continue;
        }
        let at: NodePlace = entry.clone().key(key);
        let is_there = source.at(&at).is_ok();
        let operation = match (wanted.is_empty(), is_there) {
            (true, true) => Operation::Remove { at },
            (true, false) => return Ok(None),
            (false, true) => Operation::set(at, Scalar::string(wanted)),
            (false, false) => Operation::Add { at, value: NewValue::string(wanted) },
        };
        writes.push(Write { file: file.clone(), kind: WriteKind::Operation(operation) });
    }
    Ok(Way::at(WayKind::Sets, node.origin(), writes))
}

/// The tag of an image; empty where it has none.
pub fn tag_of(image: &str) -> &str {
    image_parts(image)[1]
}

/// An image without its tag and digest.
pub fn image_name(image: &str) -> &str {
    image_parts(image)[0]
}

/// Name, tag and digest. A port of the registry is not a tag.
pub fn image_parts(image: &str) -> [&str; 3] {
    let (rest, digest) = image.split_once('@').unwrap_or((image, ""));
    match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => [name, tag, digest],
        _ => [rest, "", digest],
    }
}
