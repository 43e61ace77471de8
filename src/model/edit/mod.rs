//! Manifests edited in place: only the bytes that have to change, and the proof that nothing else did.
//!
//! ```text
//!  text     bytes → YamlSource: spans with both ends, read by two readers that have to agree
//!  place    where; value, operation   what
//!  spell    values → text, in the quotes and the layout of the file
//!  plan     an operation → splices, and the events that readers must see; one file for each kind of operation
//!  guard    the text after is read again by both readers: exactly those events, or it is refused
//! ```
//! Everything outside of the splices stays byte for byte: comments, order, indentation, anchors, line ends, a missing last one. Which file and
//! place to edit, who else is affected, and what is built from it do *not* belong here.

mod guard;
mod operation;
mod place;
mod plan;
mod refusal;
mod spell;
mod splice;
mod text;
mod value;

pub use operation::Operation;
pub use place::{NodePlace, PlaceStep};
pub use refusal::Refusal;
pub use splice::Splice;
pub use text::{Quoting, Shape, YamlSource};
pub use value::{NewValue, Scalar};

/// A file after its operations, as it passed the guard.
#[derive(Clone, Debug)]
pub struct EditedSource {
    source: YamlSource,
    splices: Vec<Splice>,
}

impl EditedSource {
    pub fn bytes(&self) -> &[u8] {
        self.source.bytes()
    }

    /// To edit it further.
    pub fn source(&self) -> &YamlSource {
        &self.source
    }

    /// What was changed in the bytes before, in order and apart. None: they have the wanted content already.
    pub fn splices(&self) -> &[Splice] {
        &self.splices
    }
}

/// Makes operations one after the other.
///
/// # Errors
/// The first reason why one of them is not made; then none is.
pub fn apply(source: &YamlSource, operations: &[Operation]) -> Result<EditedSource, Refusal> {
    let mut edited = EditedSource { source: source.clone(), splices: Vec::new() };
    for operation in operations {
        let (after, splices) = made(&edited.source, operation)?;
        edited.splices = splice::composed(&edited.splices, edited.source.text(), &splices);
        edited.source = after;
    }
    Ok(edited)
}

/// The first way to make an operation that the guard lets pass.
fn made(source: &YamlSource, operation: &Operation) -> Result<(YamlSource, Vec<Splice>), Refusal> {
    let ways = plan::ways(source, operation)?;
    let takes_out = matches!(operation, Operation::Remove { .. } | Operation::RemoveDocument { .. });
    let mut refused = None;
    for way in ways {
        match guard::made(source, way, takes_out) {
            Ok(made) => return Ok(made),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    refused.map_or_else(|| Ok((source.clone(), Vec::new())), Err)
}

#[cfg(test)]
mod tests;
