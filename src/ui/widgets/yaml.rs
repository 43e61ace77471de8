//! YAML in colours: which part of a line is a key, a value, a comment. A line at a time, so that a text may be as long as it likes, and may
//! begin anywhere.

use crate::ui::theme::Scope;

/// Goes through the lines of a text, one after the other: what a line is may depend on those above.
#[derive(Default)]
pub struct Colours {
    /// The column of what opened a block scalar: deeper lines belong to it.
    block: Option<usize>,
}

impl Colours {
    /// Whether the next line belongs to a block scalar.
    pub fn is_in_block(&mut self, line: &str) -> bool {
        if self.block.is_some_and(|parent| indent_of(line) > parent || line.trim().is_empty()) {
            return true;
        }
        self.block = opens_block(line).then(|| parent_of(line));
        false
    }

    /// The parts of the next line.
    pub fn line(&mut self, line: &str) -> Vec<(usize, Scope)> {
        parts(line, self.is_in_block(line))
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The column that the lines of a block scalar must be right of: that of the key, or of the dash where there is no key.
fn parent_of(line: &str) -> usize {
    let mut parent = indent_of(line);
    while let Some(rest) = line[parent..].strip_prefix("- ").filter(|rest| key_end(rest).is_some()) {
        parent = line.len() - rest.trim_start_matches(' ').len();
    }
    parent
}

/// Whether a line ends in `|`, `>`, or one of them with an indentation or chomping sign.
fn opens_block(line: &str) -> bool {
    let last = line.rsplit(' ').next().unwrap_or_default();
    let sign = last.trim_end_matches(|c: char| c == '-' || c == '+' || c.is_ascii_digit());
    matches!(sign, "|" | ">") && last.len() <= 3
}

/// Where the key of a line ends: before a colon that a blank or the end follows, outside quotes.
pub fn key_end(line: &str) -> Option<usize> {
    let (quote, rest) = match line.chars().next()? {
        quote @ ('"' | '\'') => (Some(quote), &line[1..]),
        '#' | '{' | '[' | '|' | '>' => return None,
        _ => (None, line),
    };
    let end = match quote {
        Some(quote) => rest.find(quote)? + 2,
        None => rest.find(": ").or_else(|| rest.strip_suffix(':').map(str::len))?,
    };
    line[end..].starts_with(':').then_some(end)
}

/// Where a comment behind a value begins: at a `#` that a blank is before, outside quotes.
fn comment(value: &str) -> Option<usize> {
    let (mut quote, mut before) = (None, ' ');
    for (at, letter) in value.char_indices() {
        match (letter, quote) {
            (letter, Some(open)) if letter == open => quote = None,
            ('"' | '\'', None) if matches!(before, ' ' | '[' | '{' | ',') => quote = Some(letter),
            ('#', None) if before == ' ' => return Some(at),
            _ => {}
        }
        before = letter;
    }
    None
}

/// The parts of a line: where each ends (byte index), and its scope.
pub fn parts(line: &str, is_in_block: bool) -> Vec<(usize, Scope)> {
    if is_in_block {
        return vec![(line.len(), Scope::Header)];
    }
    let mut parts = Vec::new();
    let mut at = indent_of(line);
    while let Some(rest) = line[at..].strip_prefix("- ") {
        at = line.len() - rest.trim_start_matches(' ').len();
    }
    parts.push((at, Scope::Dim));
    if let Some(end) = key_end(&line[at..]) {
        parts.extend([(at + end, Scope::Accent), (at + end + 1, Scope::Dim)]);
        at += end + 1;
    }
    let end = comment(&line[at..]).map_or(line.len(), |from| at + from);
    let value = line[at..end].trim();
    let scope = match value.chars().next() {
        Some('"' | '\'') => Scope::Header,
        Some('|' | '>' | '&' | '*') => Scope::Dim,
        _ if matches!(value, "true" | "false" | "null" | "{}" | "[]") || value.parse::<f64>().is_ok() => Scope::Key,
        _ => Scope::Text,
    };
    parts.push((end, scope));
    if end < line.len() {
        parts.push((line.len(), Scope::Dim));
    }
    parts
}

#[cfg(test)]
#[path = "tests/yaml.rs"]
mod tests;
