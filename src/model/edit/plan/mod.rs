//! Operations → splices, and the events that readers shall see after them.

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
use super::place::{Place, Step};
use super::refusal::Refusal;
use super::splice::Splice;
use super::text::{Id, Kind, Source, What};
use super::wish::{Scalar, Value};

/// One way to make an operation.
#[derive(Clone, Debug)]
pub struct Plan {
    pub splices: Vec<Splice>,
    /// Of the file before: they are gone.
    pub events: Range<usize>,
    /// These are there for them.
    pub instead: Vec<Kind>,
}

/// The ways to make an operation, the best first; none where nothing is to be done.
pub fn ways(source: &Source, operation: &Operation) -> Result<Vec<Plan>, Refusal> {
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
fn add(source: &Source, at: &Place, value: &Value) -> Result<Plan, Refusal> {
    let mut here = source.root(at.document).ok_or_else(|| Refusal::Missing { place: at.to_string() })?;
    for (depth, step) in at.path.iter().enumerate() {
        let is_last = depth + 1 == at.path.len();
        match source.step_down(here, step)? {
            Some(_) if is_last && matches!(step, Step::Index(_)) => return add_to(source, here, step, value),
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
fn nested(path: &[Step], value: &Value) -> Option<Value> {
    path.iter().rev().try_fold(value.clone(), |value, step| match step {
        Step::Key(key) => Some(Value::entry(key, value)),
        Step::Last | Step::Index(0) => Some(Value::List(vec![value])),
        _ => None,
    })
}

fn add_to(source: &Source, here: Id, step: &Step, value: &Value) -> Result<Plan, Refusal> {
    tied::alone(source, here)?;
    let span = source.span(here);
    let shape = |wanted| Err(Refusal::Shape { line: source.line_of(here), wanted });
    match (step, &span.what) {
        (Step::Key(key), _) if empty::may_become_map(span) => empty::entry(source, here, key, value),
        (Step::Key(key), What::Map { is_flow: true }) => flow::add_entry(source, here, key, value),
        (Step::Key(key), What::Map { .. }) => block::add_entry(source, here, key, value),
        (Step::Key(_), _) => shape("a map"),
        (Step::Last | Step::Index(_), _) if empty::may_become_list(span) => empty::item(source, here, value),
        (Step::Last | Step::Index(_), What::List { is_flow }) => {
            let at = match (step, value) {
                (Step::Index(at), _) => (*at).min(span.children.len()),
                (_, Value::Scalar(Scalar::String(text))) => block::sorted(source, &span.children, text),
                _ => span.children.len(),
            };
            if *is_flow { flow::add_item(source, here, at, value) } else { block::add_item(source, here, at, value) }
        }
        (Step::Last | Step::Index(_), _) => shape("a list"),
        _ => Err(Refusal::Missing { place: Place { document: 0, path: vec![step.clone()] }.to_string() }),
    }
}
