//! Operations → splices, and the events that readers must see after them.

mod block;
mod documents;
mod empty;
mod flow;
mod inside;
mod listed;
mod remove;
mod set;
mod tied;

use std::ops::Range;

use super::operation::Operation;
use super::place::{NodePlace, PlaceStep};
use super::refusal::Refusal;
use super::splice::Splice;
use super::text::{EventKind, SpanId, SpanKind, YamlSource};
use super::value::{NewValue, Scalar};

/// One way to make an operation.
#[derive(Clone, Debug)]
pub struct SplicePlan {
    pub splices: Vec<Splice>,
    /// Of the file before: they are gone.
    pub events: Range<usize>,
    /// These are there for them.
    pub instead: Vec<EventKind>,
}

/// The ways to make an operation, the best first; none where nothing is to be done.
pub fn ways(source: &YamlSource, operation: &Operation) -> Result<Vec<SplicePlan>, Refusal> {
    if let Some((outer, inner)) = inside::split(operation) {
        return inside::ways(source, &outer, &inner);
    }
    match operation {
        Operation::Set { at, value, was } => set::ways(source, source.find(at)?, value, was.as_deref(), false),
        Operation::SetShared { at, value, was } => set::ways(source, source.find(at)?, value, was.as_deref(), true),
        Operation::Add { at, value } => add(source, at, value).map(|plan| vec![plan]),
        Operation::Remove { at } => remove::plan(source, source.find(at)?).map(|plan| vec![plan]),
        Operation::InsertDocument { before, value } => documents::insert(source, *before, value).map(|plan| vec![plan]),
        Operation::RemoveDocument { document } => documents::remove(source, *document).map(|plan| vec![plan]),
        Operation::List { field, entry } => listed::ways(source, field, entry),
    }
}

/// Down as far as there is something; what is missing on the way is made.
fn add(source: &YamlSource, at: &NodePlace, value: &NewValue) -> Result<SplicePlan, Refusal> {
    let mut here = source.root(at.document).ok_or_else(|| Refusal::Missing { place: at.to_string() })?;
    for (depth, step) in at.path.iter().enumerate() {
        let is_last = depth + 1 == at.path.len();
        match source.step_down(here, step)? {
            Some(_) if is_last && matches!(step, PlaceStep::Index(_)) => return add_to(source, here, step, value),
            Some(_) if is_last => break,
            Some(found) => here = found,
            None => {
                let missing = || Refusal::Missing { place: at.to_string() };
                let value = nested(&at.path[depth + 1..], value).ok_or_else(missing)?;
                return add_to(source, here, step, &value);
            }
        }
    }
    Err(Refusal::Exists { place: at.to_string() })
}

/// What is to be made of the rest of the way.
fn nested(path: &[PlaceStep], value: &NewValue) -> Option<NewValue> {
    path.iter().rev().try_fold(value.clone(), |value, step| match step {
        PlaceStep::Key(key) => Some(NewValue::entry(key, value)),
        PlaceStep::Last | PlaceStep::Index(0) => Some(NewValue::List(vec![value])),
        _ => None,
    })
}

fn add_to(source: &YamlSource, here: SpanId, step: &PlaceStep, value: &NewValue) -> Result<SplicePlan, Refusal> {
    tied::alone(source, here)?;
    let span = source.span(here);
    let shape = |wanted| Err(Refusal::Shape { line: source.line_of(here), wanted });
    match (step, &span.kind) {
        (PlaceStep::Key(key), _) if empty::may_become_map(span) => empty::entry(source, here, key, value),
        (PlaceStep::Key(key), SpanKind::Map { is_flow: true }) => flow::add_entry(source, here, key, value),
        (PlaceStep::Key(key), SpanKind::Map { .. }) => block::add_entry(source, here, key, value),
        (PlaceStep::Key(_), _) => shape("a map"),
        (PlaceStep::Last | PlaceStep::Index(_), _) if empty::may_become_list(span) => empty::item(source, here, value),
        (PlaceStep::Last | PlaceStep::Index(_), SpanKind::List { is_flow }) => {
            let at = match (step, value) {
                (PlaceStep::Index(at), _) => (*at).min(span.children.len()),
                (_, NewValue::Scalar(Scalar::String(text))) => block::sorted(source, &span.children, text),
                _ => span.children.len(),
            };
            if *is_flow { flow::add_item(source, here, at, value) } else { block::add_item(source, here, at, value) }
        }
        (PlaceStep::Last | PlaceStep::Index(_), _) => shape("a list"),
        _ => Err(Refusal::Missing { place: NodePlace { document: 0, path: vec![step.clone()] }.to_string() }),
    }
}
