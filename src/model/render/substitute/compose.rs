//! What a substituted text is composed of: the text around its variables, their values and their defaults.

use super::super::error::Result;
use super::super::node::{Entry, Layer, Node, Tag, Text, Trace};
use super::super::trace::{Composition, Joint, Part as Piece, Role, Template};
use super::super::write;
use super::parse::{self, Call, Part};
use super::{Variables, fill, reread};

/// Who set what a text became: the first variable in it decides; where nothing but defaults was filled in, the text itself.
pub(super) fn trace(before: &Node, variables: &Variables) -> Trace {
    let text = before.shared_text().cloned().unwrap_or_default();
    let used = fill(&text, variables, false).map(|filled| filled.used).unwrap_or_default();
    let decides = used.iter().find_map(|name| variables.trace(name)).map(|trace| trace.origin.clone());
    let decides = decides.unwrap_or_else(|| before.origin().as_layer(Layer::Substitution));
    Trace::composed(decides, composition(before, &text, &used, variables), None)
}

fn composition(before: &Node, text: &Text, used: &[Text], variables: &Variables) -> Composition {
    let Node { tag, style, is_tagged, .. } = before;
    let value = |name: &Text| Some((name.clone(), variables.trace(name)?.clone(), Text::from(variables.text(name)?)));
    let known: Vec<_> = used.iter().filter_map(value).collect();
    let template = Template {
        tag: tag.clone(),
        style: *style,
        is_tagged: *is_tagged,
        names: known.iter().map(|(name, ..)| name.clone()).collect(),
        has_unknown: variables.has_unknown,
    };
    let mut made = Composition::new(Joint::Substitution(template));
    made.scalar(before.trace.clone(), text, tag.clone());
    for (_, trace, value) in &known {
        made.scalar(trace.clone(), value, Tag::Str);
    }
    for (range, part) in parse::spans(text).unwrap_or_default() {
        match part {
            Part::Text(plain) => made.parts.push(Piece { role: Role::Text, text: plain.into(), cut: Some((0, range)) }),
            Part::Call(call) => {
                let scalar = known.iter().position(|(name, ..)| **name == *call.name).map(|at| at + 1);
                made.parts.push(called(&call, range.start, scalar, variables));
            }
        }
    }
    made
}

/// An expression that begins at this byte of the text.
fn called(call: &Call, begin: usize, scalar: Option<usize>, variables: &Variables) -> Piece {
    let name = || Text::from(call.name.as_str());
    let filled = fill(&call.raw, variables, false).unwrap_or_default();
    let text = Text::from(filled.text);
    let is_default = call.operator.ends_with(['-', '+', '=', '?']);
    let value = variables.text(&call.name).unwrap_or_default();
    if !filled.unknown.is_empty() {
        return Piece { role: Role::Unknown(name()), text, cut: None };
    }
    if let Some(scalar) = scalar.filter(|_| call.operator.is_empty() || is_default && !value.is_empty()) {
        let cut = Some((scalar, 0..value.len()));
        return Piece { role: Role::Variable(name()), text, cut };
    }
    let is_plain = call.arguments.iter().all(|argument| matches!(argument, Part::Text(_))) && !call.arguments.is_empty();
    if is_default && value.is_empty() && is_plain {
        // `${`, name and operator before it, `}` behind it
        let cut = Some((0, begin + 2 + call.name.len() + call.operator.len()..begin + call.raw.len() - 1));
        return Piece { role: Role::Default(name()), text, cut };
    }
    Piece { role: Role::Derived(name()), text, cut: None }
}

/// A text as it has to be written so that it comes out of a substitution as it is.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        out.push(letter);
        if letter == '$' && letters.peek().is_none_or(|next| matches!(next, '$' | '{')) {
            out.push('$');
        }
    }
    out
}

/// What a scalar reads after substitution; none where it is no scalar any more.
///
/// # Errors
/// What is no text with variables, or no YAML afterwards.
pub(in super::super) fn filled_scalar(scalar: &Node, variables: &Variables) -> Result<Option<Text>> {
    const KEY: &str = "value";
    let entry = Entry { key: Node::string(KEY, scalar.trace.clone()), value: scalar.clone() };
    let object = Node::map(vec![entry], scalar.trace.clone());
    let filled = fill(&write::yaml(&object)?, variables, false)?;
    let read = reread::object(&filled.text, &object)?;
    Ok(read.and_then(|read| read.get(KEY).and_then(Node::shared_text).cloned()))
}
