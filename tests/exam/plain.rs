//! What somebody does who knows `where` and an editor: the scalar at the place that it names is replaced. Where kustomize's own build then
//! changes elsewhere, the field is shared.

/// The text with another scalar at a place (line and column from 1, columns in characters). None: no scalar stands there on its own.
pub fn replaced(text: &str, line: usize, column: usize, written: &str) -> Option<String> {
    let at = offset(text, line, column)?;
    let at = at + properties(&text[at..]);
    let rest = &text[at..];
    let length = match rest.chars().next()? {
        quote @ ('"' | '\'') => quoted(rest, quote)?,
        '|' | '>' => block(rest)?,
        '{' | '[' | '*' | '#' | '\n' | '\r' => return None,
        _ => plain(text, at)?,
    };
    Some(format!("{}{written}{}", &text[..at], &text[at + length..]))
}

fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let (line, column) = (line.checked_sub(1)?, column.checked_sub(1)?);
    let begin = if line == 0 { 0 } else { text.match_indices('\n').nth(line - 1)?.0 + 1 };
    text[begin..].char_indices().map(|(at, _)| begin + at).nth(column)
}

/// An anchor or a tag before the value.
fn properties(rest: &str) -> usize {
    let end = if rest.starts_with(['&', '!']) { rest.find(' ') } else { None };
    end.map_or(0, |end| end + 1 + properties(&rest[end + 1..]))
}

fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => drop(letters.next()),
            '\'' if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == '\'') => drop(letters.next()),
            _ if letter == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// The header and the lines that are indented as the first one is.
fn block(rest: &str) -> Option<usize> {
    let mut end = rest.find('\n')?;
    let mut at = end + 1;
    let mut indent = None;
    for line in rest[at..].split_inclusive('\n') {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if !line.trim().is_empty() {
            if blanks < *indent.get_or_insert(blanks) || blanks == 0 {
                break;
            }
            end = at + line.trim_end().len();
        }
        at += line.len();
    }
    Some(end)
}

/// To the end of the line, a comment, or what ends it in braces and brackets; only where it is not continued on the next line.
fn plain(text: &str, at: usize) -> Option<usize> {
    let line = text[at..].split(['\n', '\r']).next()?;
    let line = line.split(" #").next()?;
    let is_flow = text[..at].trim_end_matches(' ').ends_with(['{', '[', ',']) || line.trim_end().ends_with(['}', ']', ',']);
    let line = if is_flow { line.split([',', '}', ']']).next()? } else { line };
    let length = line.trim_end().trim_end_matches(':').len();
    (length > 0 && !line.contains(": ")).then_some(length)
}
