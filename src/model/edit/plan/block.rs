//! Keys and items between others, each on its own lines.

use super::SplicePlan;
use crate::edit::refusal::Refusal;
use crate::edit::spell::ValueWriter;
use crate::edit::splice::Splice;
use crate::edit::text::{Quoting, Span, SpanId, SpanKind, YamlSource};
use crate::edit::value::NewValue;

/// Lists and maps with fewer keys are in order by chance.
const SORTED: usize = 3;

/// Behind the last key, or between those it is sorted between.
pub fn add_entry(source: &YamlSource, map: SpanId, key: &str, value: &NewValue) -> Result<SplicePlan, Refusal> {
    let span = source.span(map);
    let column = source.column(span.content.start);
    let keys: Vec<SpanId> = span.entries().map(|(key, _)| key).collect();
    // the keys of an object have an order of their own
    let at = if span.parent.is_some() { sorted(source, &keys, key) } else { keys.len() };
    let mut writer = ValueWriter::of(source);
    let lines = writer.entry(key, value, column)?;
    let before = at.checked_sub(1).map(|before| source.span(span.children[2 * before + 1]).range.end);
    let next = keys.get(at).map(|key| source.span(*key).range.start);
    let event = keys.get(at).map_or(span.events.end - 1, |key| source.span(*key).events.start);
    Ok(SplicePlan {
        splices: vec![lines_between(source, before, next, column, &lines)?],
        events: event..event,
        instead: writer.kinds,
    })
}

/// At a position.
pub fn add_item(source: &YamlSource, list: SpanId, at: usize, value: &NewValue) -> Result<SplicePlan, Refusal> {
    let span = source.span(list);
    let items = &span.children;
    let first = dash(source, list, 0);
    let column = source.column(first);
    let mut writer = ValueWriter::of(source);
    let lines = writer.item(value, column, gap(source, list))?;
    let before = at.checked_sub(1).map(|before| source.span(items[before]).range.end);
    let next = (at < items.len()).then(|| dash(source, list, at));
    let event = items.get(at).map_or(span.events.end - 1, |item| source.span(*item).events.start);
    Ok(SplicePlan {
        splices: vec![lines_between(source, before, next, column, &lines)?],
        events: event..event,
        instead: writer.kinds,
    })
}

/// The byte of an item's dash.
pub fn dash(source: &YamlSource, list: SpanId, at: usize) -> usize {
    let span = source.span(list);
    let Some(before) = at.checked_sub(1) else { return span.content.start };
    let mut line = source.next_line(source.span(span.children[before]).range.end);
    loop {
        let (text, indent) = source.line(line);
        if text.starts_with('-') || line >= source.text().len() {
            return (line + indent).min(source.text().len());
        }
        line = source.next_line(line);
    }
}

/// How far the item is from its dash, as in the rest of the list.
fn gap(source: &YamlSource, list: SpanId) -> usize {
    let items = source.span(list).children.iter().enumerate();
    let gaps = items.filter(|(_, item)| !source.span(**item).is_nothing()).map(|(at, item)| {
        let dash = dash(source, list, at);
        let item = source.span(*item).range.start;
        (source.line_start(item) == source.line_start(dash)).then(|| item - dash)
    });
    gaps.flatten().next().filter(|gap| (2..=9).contains(gap)).unwrap_or(2)
}

/// Where a text goes among those that are sorted: at the end where they are not.
pub fn sorted(source: &YamlSource, ids: &[SpanId], text: &str) -> usize {
    let texts: Option<Vec<&str>> = ids.iter().map(|id| source.span(*id).text()).collect();
    let is_plain = |id: &SpanId| matches!(source.span(*id).kind, SpanKind::Scalar { quoting, .. } if quoting != Quoting::Literal);
    match texts {
        Some(texts) if texts.len() >= SORTED && texts.is_sorted() && ids.iter().all(is_plain) => {
            texts.partition_point(|other| *other <= text)
        }
        _ => ids.len(),
    }
}

/// Lines behind the line on which something ends, or before something that begins the collection. The first line has no indentation.
fn lines_between(
    source: &YamlSource,
    before: Option<usize>,
    next: Option<usize>,
    column: usize,
    lines: &[String],
) -> Result<Splice, Refusal> {
    let (newline, blanks) = (source.newline(), " ".repeat(column));
    let text = lines.join(newline);
    match (before, next) {
        (None, Some(next)) => Ok(Splice::insert(next, format!("{text}{newline}{blanks}"))),
        (before, _) => {
            let above = within(source, before.unwrap_or(source.text().len()), column + 1);
            line_after(source, above, &format!("{blanks}{text}"))
        }
    }
}

/// A byte on the last of the lines of comment below that are indented so deep at least: they belong to what ends here.
pub fn within(source: &YamlSource, end: usize, least: usize) -> usize {
    let mut end = end;
    loop {
        let next = source.next_line(end);
        let is_over = next >= source.text().len();
        let (text, indent) = if is_over { ("", 0) } else { source.line(next) };
        if !text.starts_with('#') || indent < least {
            return end;
        }
        end = source.line_end(next);
    }
}

/// Lines behind the line of a byte. A file without a last line end stays without one.
pub fn line_after(source: &YamlSource, at: usize, text: &str) -> Result<Splice, Refusal> {
    let (newline, next) = (source.newline(), source.next_line(at));
    if next < source.text().len() || source.text().ends_with('\n') {
        return Ok(Splice::insert(next, format!("{text}{newline}")));
    }
    may_go_on(source)?;
    Ok(Splice::insert(next, format!("{newline}{text}")))
}

/// What ends with a file without a last line end stays as it is when there is one.
pub fn may_go_on(source: &YamlSource) -> Result<(), Refusal> {
    let is_block = |span: &&Span| matches!(span.kind, SpanKind::Scalar { quoting, .. } if quoting.is_block());
    let last = source.spans().last().filter(is_block).filter(|span| span.range.end == source.text().len());
    let is_open = |span: &&Span| !source.line(span.content.start).0.split('#').next().is_some_and(|signs| signs.contains('-'));
    match last.filter(is_open) {
        Some(span) => Err(Refusal::Unended { line: source.line_at(span.content.start) }),
        None => Ok(()),
    }
}

/// The dash of an item of a list.
pub fn dash_of(source: &YamlSource, item: SpanId) -> usize {
    let span = source.span(item);
    let list = span.parent.filter(|list| source.span(*list).is_list());
    let at = list.and_then(|list| source.span(list).children.binary_search(&item).ok());
    list.zip(at).map_or(span.range.start, |(list, at)| dash(source, list, at))
}
