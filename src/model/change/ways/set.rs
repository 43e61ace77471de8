//! The layer that sets the field, turned back into the scalars that it is made of: whole, the tag of `images`, `replicas`, the text around a
//! variable or the variable's source, a prefix, a piece of a replacement, a value of a generator.

use super::{FoundWays, Way, WayKind, WayQuery};
use crate::change::value::Typed;
use crate::change::write::{Write, WriteKind};
use crate::edit::{Operation, Scalar};
use crate::error::{Error, Result};
use crate::render::node::{Notation, Tag};
use crate::render::turn_back::ScalarChange;

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    match &query.turned {
        Some(Ok(changes)) => found.take(way(query, changes)),
        Some(Err(refusal)) => found.refuse(refusal),
        None => {}
    }
}

fn way(query: &WayQuery<'_>, changes: &[ScalarChange]) -> Result<Option<Way>> {
    let Some(first) = changes.first() else { return Ok(None) };
    let writes = changes.iter().map(|change| write(query, change)).collect::<Result<_>>()?;
    Ok(Way::at(WayKind::Sets, &first.origin, writes))
}

/// What a change is in its file.
///
/// # Errors
/// There is no value there that can be edited.
pub fn write(query: &WayQuery<'_>, change: &ScalarChange) -> Result<Write> {
    let ScalarChange { origin, old, new, .. } = change;
    let file = |kind| origin.file().map(|file| Write { file: file.clone(), kind });
    let written = match origin.form {
        Notation::Yaml => {
            let (file, at) = query.place(origin)?;
            let was = (change.tag != Tag::Null).then(|| old.to_string());
            let value = scalar(query.typed, change);
            let operation = match origin.anchor() {
                // its aliases change along: who they are, the proof finds
                Some(_) => Operation::SetShared { at, value, was },
                None => Operation::Set { at, value, was },
            };
            Some(Write { file, kind: WriteKind::Operation(operation) })
        }
        Notation::Line => file(WriteKind::Line { line: origin.line, was: old.clone(), new: new.clone() }),
        Notation::File => file(WriteKind::Whole { was: old.clone(), new: new.clone() }),
        Notation::Maker => None,
    };
    written.ok_or_else(|| Error::failed(format!("{}: no value is there", origin.location), "change what makes it"))
}

/// The value with the type that is there: what it is a part of needs that type.
fn scalar(typed: &Typed, change: &ScalarChange) -> Scalar {
    let text = || Scalar::string(&*change.new);
    match (&change.tag, typed) {
        (Tag::Null, typed) if change.role.is_none() => typed.scalar(),
        (Tag::Int | Tag::Float | Tag::Bool, typed) if change.role.is_none() => typed.scalar(),
        (Tag::Int | Tag::Float, _) => change.new.parse().map_or_else(|_| Scalar::Number(change.new.clone()), Scalar::Integer),
        (Tag::Bool, _) if matches!(&*change.new, "true" | "false") => Scalar::Bool(change.new == "true"),
        (Tag::None, typed) if change.role.is_none() && !matches!(typed, Typed::Text(_)) => typed.scalar(),
        _ => text(),
    }
}
