//! Where a value ends, and what it looks like.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::pairs::begins_a_name;
use super::pattern;

/// The context of an unquoted value.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Context {
    /// A sentence: a word.
    Word,
    /// Others follow, behind commas, semicolons or brackets.
    List,
    /// A line of YAML, or of a header: to its end.
    Line,
}

/// How far back the beginning of a line is looked for, in bytes.
const FAR: usize = 256;

/// The value that begins at `at`, without its quotes; none where there is none.
pub(super) fn range(text: &str, at: usize, place: Context) -> Option<Range<usize>> {
    let rest = &text[at..];
    let slashes = rest.bytes().take_while(|byte| *byte == b'\\').count();
    match rest.as_bytes().get(slashes) {
        Some(quote @ (b'"' | b'\'' | b'`')) => {
            let begin = at + slashes + 1;
            Some(begin..quoted_end(text, begin, *quote, slashes))
        }
        Some(b'[') if slashes == 0 => Some(at..list_end(text, at)),
        Some(_) if slashes > 0 && is_escape(&rest[slashes - 1..]) => None,
        Some(_) => Some(at..plain_end(text, at, place)).filter(|range| !range.is_empty()),
        None => None,
    }
}

/// Where a quoted text ends. In a text within a text (JSON in JSON) quotes have backslashes before them, `slashes` at this level; those of
/// the next level have twice as many and one.
fn quoted_end(text: &str, begin: usize, quote: u8, slashes: usize) -> usize {
    let level = (slashes + 1).next_power_of_two() * 2;
    let bytes = text.as_bytes();
    let (mut at, mut run) = (begin, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => run += 1,
            // YAML doubles it
            b'\'' if quote == b'\'' && run == slashes && bytes.get(at + 1) == Some(&b'\'') && at > begin => {
                (at, run) = (at + 1, 0);
            }
            byte if byte == quote && (run < slashes || run % level == slashes % level) => {
                if !is_within(&bytes[at + 1..]) {
                    return at - run.min(slashes);
                }
                run = 0;
            }
            b'\n' if quote == b'\'' => return at,
            _ => run = 0,
        }
        at += 1;
    }
    text.len()
}

/// Whether a quote ends nothing, by what is behind it: a word, which it opens or belongs to, or the value of a name that it ends.
fn is_within(behind: &[u8]) -> bool {
    match behind {
        [b':', b' ', next, ..] | [b':', next, ..] if matches!(next, b'"' | b'\'' | b'\\') => true,
        [next, ..] => next.is_ascii_alphanumeric(),
        [] => false,
    }
}

/// Where a list in brackets ends, with what is nested in it.
fn list_end(text: &str, at: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in text.as_bytes()[at..].iter().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at + offset + 1;
        }
    }
    text.len()
}

/// Where a value without quotes ends: at a blank, and at characters that also occur in passwords only where a sentence or a list
/// continues after them.
fn plain_end(text: &str, at: usize, place: Context) -> usize {
    let mut closed_until = 0;
    for (offset, c) in text[at..].char_indices() {
        let here = at + offset;
        let behind = &text[here + c.len_utf8()..];
        let ends = match c {
            '\n' | '\r' => true,
            c if c.is_whitespace() => place != Context::Line,
            ',' | ';' | '&' => is_break(behind, place),
            '"' | '\'' | '`' | ')' | '}' | ']' | '>' if place != Context::Line => {
                here < closed_until || closes(behind, &mut closed_until, here)
            }
            '<' => offset > 0,
            '\\' => is_escape(&text[here..]),
            _ => false,
        };
        if ends {
            return here;
        }
    }
    text.len()
}

/// Whether a list goes on, or ends, behind a comma.
fn is_break(behind: &str, place: Context) -> bool {
    let is_end = behind.is_empty() || behind.starts_with(char::is_whitespace) && place != Context::Line;
    is_end || begins_a_name(behind) || place == Context::List && behind.starts_with(['"', '\'', '{', '['])
}

/// Whether nothing of a word follows behind a bracket or a quote, but more of them. Remembers how far they go.
fn closes(behind: &str, closed_until: &mut usize, here: usize) -> bool {
    let rest = behind.trim_start_matches(['"', '\'', '`', ')', '}', ']', '>', '.', ',', ';', ':']);
    let closes = rest.is_empty()
        || rest.starts_with(char::is_whitespace)
        || rest.starts_with('\\') && is_escape(rest)
        || begins_a_name(rest);
    if closes {
        *closed_until = here + 1 + behind.len() - rest.len();
    }
    closes
}

/// Whether a backslash writes a line's end, a tab or a quote.
fn is_escape(rest: &str) -> bool {
    let escaped = rest.trim_start_matches('\\');
    escaped.starts_with(['"', '\''])
        || escaped.starts_with(['n', 'r', 't']) && !escaped[1..].starts_with(|c: char| c.is_ascii_digit())
}

/// A value on the lines after the name: YAML's block (`|`, `>`), or a plain text on the next line. Lines may be written as `\n`.
pub(super) fn block(text: &str, start: usize, at: usize, is_certain: bool) -> Option<Range<usize>> {
    let rest = &text[at..];
    let is_scalar = rest.starts_with(['|', '>']);
    if !is_certain || !(is_scalar || rest.is_empty() || rest.starts_with(['\n', '\r']) || rest.starts_with("\\n")) {
        return None;
    }
    let from = text.ceil_char_boundary(start.saturating_sub(FAR));
    let line =
        text[from..start].rfind('\n').map(|at| at + 1).into_iter().chain(text[from..start].rfind("\\n").map(|at| at + 2)).max();
    let indent = text[from + line.unwrap_or(0)..start].bytes().take_while(|byte| matches!(byte, b' ' | b'-')).count();
    let (head, mut next) = line_end(text, at);
    if is_scalar
        && !text[at..head]
            .trim_start_matches(['|', '>', '+', '-', ' ', '\t'])
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .is_empty()
        && !text[at..head].contains(" #")
    {
        // the lines were joined: values can no longer be distinguished from the rest
        return Some(at..head);
    }
    let (first, mut end) = (next, head);
    while next < text.len() {
        let (stop, after) = line_end(text, next);
        let line = &text[next..stop];
        let deeper = line.bytes().take_while(|byte| *byte == b' ').count();
        let is_blank = line.trim().is_empty();
        if !is_blank && deeper <= indent {
            break;
        }
        if !is_scalar && (is_blank || next > first || line.trim_start().starts_with("- ") || begins_a_name(line)) {
            break;
        }
        if !is_blank {
            end = stop;
        }
        next = after;
    }
    if end == head {
        return None;
    }
    Some(if is_scalar { at..end } else { first + text[first..end].len() - text[first..end].trim_start().len()..end })
}

/// Where the line ends that `at` is on, and where the next one begins.
fn line_end(text: &str, at: usize) -> (usize, usize) {
    let real = text[at..].find('\n').map(|end| (at + end, at + end + 1));
    let before = real.map_or(text.len(), |(end, _)| end);
    match text[at..before].find("\\n") {
        Some(end) => (at + end, at + end + 2),
        None => real.unwrap_or((text.len(), text.len())),
    }
}

/// Whether a value is not a word: capitals within it, digits, or the end of base64.
pub(super) fn is_random(value: &str) -> bool {
    let is_path = value.starts_with('/') || value.contains("://");
    let is_mixed = value.chars().skip(1).any(char::is_uppercase) && value.chars().any(char::is_lowercase);
    !is_path && (is_mixed || value.ends_with('=') || value.contains(|c: char| c.is_ascii_digit()))
}

/// Whether a name is that of a password, in any context.
pub(super) fn is_password(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.contains("passw")
        || lower.ends_with("passphrase")
        || lower.ends_with("pwd")
        || lower.ends_with("_pass")
        || lower.ends_with("-pass")
}

/// Whether a name ends as those of credentials do.
pub(super) fn ends_sensitive(name: &str) -> bool {
    static SENSITIVE: LazyLock<Regex> = LazyLock::new(|| pattern(&format!("(?i)(?:{}|pass)$", super::NAMES)));
    SENSITIVE.is_match(name)
}

/// Whether a value is a version, such as an image's tag.
pub(super) fn is_version(value: &str) -> bool {
    let number = value.trim_start_matches('v');
    let numbers = number.split(['-', '+']).next().unwrap_or_default().split('.');
    number.contains('.') && numbers.clone().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether a value begins with the name of a variable, put in later: `${DB_PASSWORD}`, `$(TOKEN)`.
pub(super) fn is_reference(value: &str) -> bool {
    static VARIABLE: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"^(?:\$\{[A-Za-z_][A-Za-z0-9_.]*\}|\$\([A-Za-z_][A-Za-z0-9_.]*\))"));
    VARIABLE.is_match(value)
}
