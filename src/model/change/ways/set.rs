//! The layer that sets the field, turned back into the scalars that it is made of: whole, the tag of `images`, `replicas`, the text around a
//! variable or the variable's source, a prefix, a piece of a replacement, a value of a generator.

use super::{Asked, Found, Sort, Way};
use crate::change::value::Typed;
use crate::change::write::{What, Write};
use crate::edit::{Operation, Scalar};
use crate::error::{Error, Result};
use crate::render::node::{Form, Tag};
use crate::render::turn_back::Change;

pub fn ways(asked: &Asked<'_>, found: &mut Found) {
    match &asked.turned {
        Some(Ok(changes)) => found.take(way(asked, changes)),
        Some(Err(refusal)) => found.refuse(refusal),
        None => {}
    }
}

fn way(asked: &Asked<'_>, changes: &[Change]) -> Result<Option<Way>> {
    let Some(first) = changes.first() else { return Ok(None) };
    let writes = changes.iter().map(|change| write(asked, change)).collect::<Result<_>>()?;
    Ok(Way::at(Sort::Sets, &first.origin, writes))
}

/// What a change is in its file.
///
/// # Errors
/// No value stands there that can be edited.
pub fn write(asked: &Asked<'_>, change: &Change) -> Result<Write> {
    let Change { origin, old, new, .. } = change;
    let file = |what| origin.file().map(|file| Write { file: file.clone(), what });
    let written = match origin.form {
        Form::Yaml => {
            let (file, at) = asked.place(origin)?;
            let was = (change.tag != Tag::Null).then(|| old.to_string());
            let value = scalar(asked.typed, change);
            let operation = match origin.anchor() {
                // its aliases change along: who they are, the proof finds
                Some(_) => Operation::SetShared { at, value, was },
                None => Operation::Set { at, value, was },
            };
            Some(Write { file, what: What::Operation(operation) })
        }
        Form::Line => file(What::Line { line: origin.line, was: old.clone(), new: new.clone() }),
        Form::File => file(What::Whole { was: old.clone(), new: new.clone() }),
        Form::Maker => None,
    };
    written.ok_or_else(|| Error::failed(format!("{}: no value stands there", origin.location), "change what makes it"))
}

/// The value as the type that stands there, which has to stay one for what it is a part of.
fn scalar(typed: &Typed, change: &Change) -> Scalar {
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
