//! What a generator makes because its entry does not say it: the `type` of a Secret. It is added to the entry.

use super::{FoundWays, Way, WayKind, WayQuery};
use crate::change::write::{Write, WriteKind};
use crate::edit::{NewValue, Operation};
use crate::error::Result;
use crate::insight::field::PathPart;
use crate::render::node::{Layer, Origin};
use crate::render::turn_back::TurnBackRefusal;

/// A Secret's field, and the setting of its generator; a ConfigMap has no such field. Source: kustomize api v0.21.1 `internal/generators/secret.go`.
const TYPE: &str = "type";

pub fn ways(query: &WayQuery<'_>, found: &mut FoundWays) {
    let is_type = matches!(query.wanted.field.parts(), [PathPart::Key(key)] if key == TYPE);
    if let Some(Err(TurnBackRefusal::Made(origin))) = &query.turned
        && origin.layer == Layer::Generator
        && is_type
    {
        found.take(way(query, origin));
    }
}

fn way(query: &WayQuery<'_>, origin: &Origin) -> Result<Option<Way>> {
    let (file, entry) = query.place(origin)?;
    let operation = Operation::Add { at: entry.key(TYPE), value: NewValue::Scalar(query.typed.scalar()) };
    Ok(Way::at(WayKind::Sets, origin, vec![Write { file, kind: WriteKind::Operation(operation) }]))
}
