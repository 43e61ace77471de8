//! What a filter has found, marked in the cells that are on the screen.
//!
//! ```text
//!  ● Kustomization flux-system/apps   Ready        `/^apps$` marks the name, `/-f ksap` its letters
//! ```

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use fluxdeck_model::domain::query::{Fuzzy, Query};

/// Marks what is found in a cell as a whole; a sign and a blank before it are not part of it.
pub fn cell(line: Line<'static>, query: &Query, style: Style) -> Line<'static> {
    let text: String = line.spans.iter().map(|span| &*span.content).collect();
    let end = text.trim_end().len();
    let start = text.split_once(' ').filter(|(sign, _)| is_sign(sign)).map_or(0, |(sign, _)| sign.len() + 1).min(end);
    let found = query.found_in(&text[start..end], &mut Fuzzy::default());
    marked(line, &found.into_iter().map(|range| range.start + start..range.end + start).collect::<Vec<_>>(), style)
}

/// Marks what is found in a name that is written as `Kind namespace/name`, in each part of it by itself: each is a cell elsewhere.
pub fn name(line: Line<'static>, query: &Query, style: Style) -> Line<'static> {
    let text: String = line.spans.iter().map(|span| &*span.content).collect();
    marked(line, &in_parts(&text, query), style)
}

fn is_sign(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|letter| !letter.is_alphanumeric()) && letters.next().is_none()
}

/// What is found in the text, its words, and the parts of these between slashes; in order and without overlaps.
fn in_parts(text: &str, query: &Query) -> Vec<Range<usize>> {
    let mut fuzzy = Fuzzy::default();
    let words = pieces(text, ' ', 0);
    let parts: Vec<_> = match query {
        // letters of a name are anywhere in it, and nowhere else
        Query::Fuzzy(_) => words.into_iter().skip(1).take(1).collect(),
        _ => {
            let of_words = words.iter().flat_map(|word| pieces(&text[word.clone()], '/', word.start));
            std::iter::once(0..text.len()).chain(words.iter().cloned()).chain(of_words).collect()
        }
    };
    let look = |part: Range<usize>| {
        let found = query.found_in(&text[part.clone()], &mut fuzzy).into_iter();
        found.map(|range| range.start + part.start..range.end + part.start).collect::<Vec<_>>()
    };
    joined(parts.into_iter().flat_map(look).collect())
}

/// Where the pieces of a text are that such a sign separates; the text begins at `start`.
fn pieces(text: &str, sign: char, mut start: usize) -> Vec<Range<usize>> {
    let piece = |piece: &str| {
        let range = start..start + piece.len();
        start = range.end + sign.len_utf8();
        range
    };
    text.split(sign).map(piece).collect()
}

fn joined(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::new();
    for range in found {
        match out.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => out.push(range),
        }
    }
    out
}

/// Gives these bytes of a line another style; the ranges are in order.
fn marked(line: Line<'static>, found: &[Range<usize>], style: Style) -> Line<'static> {
    if found.is_empty() {
        return line;
    }
    let mut spans = Vec::new();
    let mut at = 0;
    for span in line.spans {
        let end = at + span.content.len();
        let mut from = at;
        for hit in found.iter().filter(|hit| hit.start < end && hit.end > at) {
            let (start, stop) = (hit.start.max(from), hit.end.min(end));
            if start > from {
                spans.push(Span::styled(span.content[from - at..start - at].to_owned(), span.style));
            }
            spans.push(Span::styled(span.content[start - at..stop - at].to_owned(), style));
            from = stop;
        }
        if from < end {
            spans.push(Span::styled(span.content[from - at..].to_owned(), span.style));
        }
        at = end;
    }
    Line { spans, ..line }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Color;

    use super::*;

    /// The line with brackets round what is marked.
    fn shown(line: &Line, style: Style) -> String {
        let span = |span: &Span| if span.style == style { format!("[{}]", span.content) } else { span.content.to_string() };
        line.spans.iter().map(span).collect()
    }

    #[test]
    fn cells_and_the_parts_of_names_are_marked_by_themselves() {
        let style = Style::default().bg(Color::Yellow);
        let query = |text: &str| Query::parse(text).expect("a filter").expect("not empty");
        for (filter, of_name, of_cell) in [
            ("web", "po [web]/[web]-7d9c54  2/2", "● Ready  "),
            ("^web$", "po [web]/web-7d9c54  2/2", "● Ready  "),
            ("^ready$", "po web/web-7d9c54  2/2", "● [Ready]  "),
            ("-f 7d9c", "po web/web-[7d9c]54  2/2", "● Ready  "),
            ("!web", "po web/web-7d9c54  2/2", "● Ready  "),
            ("a=b", "po web/web-7d9c54  2/2", "● Ready  "),
        ] {
            let line = Line::from(vec![Span::raw("po w"), Span::raw("eb/web-7d9c54  2/2")]);
            let shown_name = shown(&name(line, &query(filter), style), style).replace("][", "");
            assert_eq!(shown_name, of_name, "{filter}");
            assert_eq!(shown(&cell(Line::raw("● Ready  "), &query(filter), style), style), of_cell, "{filter}");
        }
    }
}
