//! Values → text: which quotes a scalar gets, how lists and maps are laid out.

mod block;
pub(super) mod plain;
pub(super) mod quoted;
mod value;

pub(super) use block::{Block, Indent, folded, literal};
pub(super) use value::ValueWriter;

use super::refusal::Refusal;
use super::text::{EventKind, Properties, Quoting};
use super::value::Scalar;

/// Where a scalar is written.
#[derive(Clone, Copy, Debug)]
pub struct ScalarContext {
    pub in_brackets: bool,
    /// In brackets as JSON has them: strings are in double quotes.
    pub is_json: bool,
    pub indent: Indent,
    /// Those that the file prefers.
    pub quotes: Quoting,
}

/// A scalar as it is written.
#[derive(Clone, Debug)]
pub struct Spelling {
    pub inline: String,
    /// Below it, with their indentation.
    pub lines: Vec<String>,
    pub text: String,
    pub quoting: Quoting,
}

impl Spelling {
    pub fn kind(&self, properties: Properties) -> EventKind {
        EventKind::Scalar { text: self.text.clone(), quoting: self.quoting, properties }
    }
}

/// The ways to write a scalar, the best first: in the quotes that were there, where they can hold it.
///
/// # Errors
/// It is not a value of its type.
pub fn ways(wanted: &Scalar, old: Option<Quoting>, context: &ScalarContext) -> Result<Vec<Spelling>, Refusal> {
    let bare =
        |text: &str| Spelling { inline: text.to_owned(), lines: Vec::new(), text: text.to_owned(), quoting: Quoting::Plain };
    match wanted {
        Scalar::String(text) => Ok(strings(text, old.unwrap_or(Quoting::Plain), context)),
        Scalar::Quoted(text, quoting) => Ok(strings(text, *quoting, context)),
        Scalar::Spelled(text) if text.contains('\n') => Err(Refusal::Value { message: "a value of several lines needs quotes" }),
        Scalar::Number(text) if !plain::is_number(text) => Err(Refusal::Value { message: "this is not a number" }),
        typed => Ok(vec![bare(&typed.text())]),
    }
}

fn strings(text: &str, keep: Quoting, context: &ScalarContext) -> Vec<Spelling> {
    let several = if text.contains('\n') { Quoting::Literal } else { Quoting::Double };
    let order = match (context.is_json, keep) {
        (true, _) | (_, Quoting::Double) => vec![Quoting::Double],
        (_, Quoting::Single) => vec![Quoting::Single, Quoting::Double],
        (_, Quoting::Plain) if several == Quoting::Double => vec![Quoting::Plain, context.quotes, Quoting::Double],
        (_, Quoting::Plain) => vec![several, Quoting::Double],
        (_, Quoting::Literal) => vec![Quoting::Literal, Quoting::Double],
        (_, Quoting::Folded) => vec![Quoting::Folded, several, Quoting::Double],
    };
    let mut ways: Vec<Spelling> = Vec::new();
    for quoting in order {
        if ways.iter().all(|way| way.quoting != quoting) {
            ways.extend(string(text, quoting, context));
        }
    }
    ways
}

/// A string in such quotes; none where they cannot hold it.
fn string(text: &str, quoting: Quoting, context: &ScalarContext) -> Option<Spelling> {
    let inline = |inline: String| Spelling { inline, lines: Vec::new(), text: text.to_owned(), quoting };
    let below = |block: Block| Spelling { inline: block.header, lines: block.lines, text: text.to_owned(), quoting };
    match quoting {
        Quoting::Plain => (plain::is_one(text, context.in_brackets) && plain::is_string(text)).then(|| inline(text.to_owned())),
        Quoting::Single => quoted::single(text).map(inline),
        Quoting::Double => Some(inline(quoted::double(text))),
        _ if context.in_brackets => None,
        Quoting::Literal => literal(text, context.indent).map(below),
        Quoting::Folded => folded(text, context.indent).map(below),
    }
}
