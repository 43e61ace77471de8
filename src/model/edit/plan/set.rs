//! Another value for a scalar.

use super::{SplicePlan, tied};
use crate::edit::refusal::Refusal;
use crate::edit::spell::{self, Indent, ScalarContext, Spelling};
use crate::edit::splice::Splice;
use crate::edit::text::{Quoting, Span, SpanId, SpanKind, YamlSource, has_template};
use crate::edit::value::Scalar;

/// # Errors
/// It is not a scalar, not the one that was read, tied to others (unless they are to change too), or tagged.
pub fn ways(
    source: &YamlSource,
    id: SpanId,
    wanted: &Scalar,
    was: Option<&str>,
    is_shared: bool,
) -> Result<Vec<SplicePlan>, Refusal> {
    let span = source.span(id);
    let line = source.line_of(id);
    let (text, quoting) = match &span.kind {
        SpanKind::Scalar { text, quoting } => (text, *quoting),
        SpanKind::Alias { anchor } => return Err(Refusal::Alias { line, anchor: anchor.clone() }),
        _ => return Err(Refusal::Shape { line, wanted: "a single value" }),
    };
    if was.is_some_and(|was| was != text) {
        return Err(Refusal::Moved { line });
    }
    if !is_shared {
        tied::alone(source, id)?;
    }
    fits_tag(span, wanted, line)?;
    // braces in a text may be meant for another program; in a file with template comments the text is filled in
    if quoting == Quoting::Plain && has_template(text) && source.comments().iter().any(|comment| has_template(comment)) {
        return Err(Refusal::Template { line });
    }
    let old = (!span.is_nothing()).then_some(quoting);
    let ways = spell::ways(wanted, old, &context(source, id))?;
    let is_null = *wanted == Scalar::Null && span.is_null();
    if is_null || ways.first().is_some_and(|way| way.text == *text && way.quoting == quoting) {
        return Ok(Vec::new());
    }
    ways.into_iter().map(|way| plan(source, id, way)).collect()
}

/// A tag says what a value is: only strings may be set where it says so.
fn fits_tag(span: &Span, wanted: &Scalar, line: u32) -> Result<(), Refusal> {
    let is_string = matches!(wanted, Scalar::String(_) | Scalar::Quoted(..));
    match &span.properties.tag {
        Some(tag) if !(is_string && (tag == "tag:yaml.org,2002:str" || tag == "!")) => {
            Err(Refusal::Tagged { line, tag: crate::domain::text::sanitise_line(tag).into_owned() })
        }
        _ => Ok(()),
    }
}

fn context(source: &YamlSource, id: SpanId) -> ScalarContext {
    let span = source.span(id);
    let in_brackets = source.above(id).any(|id| source.span(id).is_flow());
    let parent = span.parent.map_or(0, |parent| source.column(source.span(parent).content.start));
    let is_block = matches!(span.kind, SpanKind::Scalar { quoting, .. } if quoting.is_block());
    let old = is_block.then(|| source.literal_indent(id)).flatten().filter(|indent| *indent > parent);
    let lines = old.unwrap_or(parent + source.step());
    let is_json = in_brackets && span.parent.is_some_and(|parent| source.is_json(parent));
    ScalarContext { in_brackets, is_json, indent: Indent { lines, parent }, quotes: source.quotes() }
}

fn plan(source: &YamlSource, id: SpanId, way: Spelling) -> Result<SplicePlan, Refusal> {
    let span = source.span(id);
    let instead = vec![way.kind(span.properties.clone())];
    let is_block = matches!(span.kind, SpanKind::Scalar { quoting, .. } if quoting.is_block());
    let content = span.content.clone();
    let (head, tail) = if is_block {
        let rest = &source.text()[content.clone()];
        let signs = rest.find(|letter: char| !"|>+-0123456789".contains(letter)).unwrap_or(rest.len());
        let below = source.line_end(content.start);
        (content.start..content.start + signs, below..content.end.max(below))
    } else {
        let below = source.line_end(content.end);
        (content, below..below)
    };
    let inline = if span.is_nothing() && !way.inline.is_empty() { behind(source, id, &way.inline)? } else { way.inline };
    // a value that is left away needs no blank before it
    let is_left_away = inline.is_empty() && source.text()[..head.start].ends_with([' ']);
    let head = head.start - usize::from(is_left_away)..head.end;
    let below: String = way.lines.iter().flat_map(|line| [source.newline(), line]).collect();
    Ok(SplicePlan { splices: vec![Splice::new(head, inline), Splice::new(tail, below)], events: span.events.clone(), instead })
}

/// A value where none is written: behind the `:` or the `-`.
fn behind(source: &YamlSource, id: SpanId, inline: &str) -> Result<String, Refusal> {
    let span = source.span(id);
    let before = &source.text()[..span.content.start];
    if span.properties.is_none() && !before.ends_with([':', '-']) {
        return Err(Refusal::ExplicitKey { line: source.line_of(id) });
    }
    Ok(format!(" {inline}"))
}
