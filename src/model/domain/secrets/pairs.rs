//! The values of sensitive names: in JSON, YAML, Go's and Rust's dumps, command lines, environments, and sentences.
//!
//! A sentence that mentions a password must stay readable. So a value is removed if its context marks it as one (quotes,
//! brackets, an equals sign, a line of YAML, an option), and otherwise only if it does not look like a word.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{MASK, keep_lines, pattern, value};

/// A sensitive name, the quotes and brackets around it, and the separator before its value.
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        &r#"(?i)([a-z0-9_.-]*(?:NAMES|(?:^|[^a-z0-9.])pass)|[a-z0-9_.-]*\benv\[[!-\\^-~]{1,64}\]\.value|\b(?:string)?data(?:\[[!-\\^-~]{1,64}|\.[a-z0-9_.-]+))((?:\[[!-\\^-~]{0,64}\])*\\*["'`]?\]?)([ \t]?(?::=|=>|==?)[ \t]?|:[ \t]*|,?[ \t]+)"#
            .replace("NAMES", super::NAMES),
    )
});

/// Words of a sentence behind the name of an option.
const WORDS: &[&str] = &[
    "and", "are", "as", "at", "be", "but", "by", "can", "cannot", "did", "does", "flag", "for", "from", "has", "have", "if",
    "in", "into", "is", "may", "must", "nor", "not", "of", "on", "option", "options", "or", "requires", "set", "should", "than",
    "that", "the", "to", "together", "using", "was", "were", "when", "which", "with", "without",
];
/// Placeholders that look like a value and are none.
const NOTHING: &[&str] = &[
    "***",
    "nil",
    "null",
    "none",
    "true",
    "false",
    "<masked>",
    "<nil>",
    "<none>",
    "<redacted>",
    "<unset>",
    "<set>",
    "[]",
    "{}",
    "\"\"",
    "''",
];
/// What the API server says of a field instead of its value (apimachinery `util/validation/field`), and validators alike.
const VERDICTS: &[&str] =
    &["required value", "forbidden:", "too long", "too many", "internal error", "not found", "must ", "is required", "cannot "];
/// The same with the value behind it.
static REFUSED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)^(?:invalid|unsupported|duplicate|immutable) value:\s*|^not found:\s*"));

/// How many bytes behind a comma a new name may be long.
const NAME_LENGTH: usize = 64;

/// Removes the values of sensitive names. One pass over the text, and one over each value.
pub(super) fn without_values(text: &str) -> Cow<'_, str> {
    let (mut out, mut done, mut at) = (String::new(), 0, 0);
    let mut around = Around::of(text);
    while let Some(found) = NAME.captures_at(text, at) {
        let whole = found.get(0).expect("a match");
        let part = |n: usize| found.get(n).map_or("", |part| part.as_str());
        // `\npassword`: the end of a line, in a text within a text
        let is_escaped = text[..whole.start()].ends_with('\\') && part(1).starts_with(['n', 'r', 't']);
        let start = whole.start() + usize::from(is_escaped && value::ends_sensitive(&part(1)[1..]));
        around.go(text, start);
        let name = &text[start..whole.start() + part(1).len()];
        let pair = Pair { text, name, close: part(2), separator: part(3), start, value: whole.end() };
        let Some(range) = pair.secret(&around) else {
            // what leads to a value may be the beginning of the next name
            at = whole.end().max(whole.start() + 1);
            continue;
        };
        out.push_str(&text[done..range.start]);
        out.push_str(&keep_lines(&text[range.clone()], MASK.to_owned()));
        done = range.end;
        at = range.end;
    }
    if done == 0 {
        return text.into();
    }
    out.push_str(&text[done..]);
    out.into()
}

/// What encloses a place in a text.
struct Around {
    at: usize,
    depth: usize,
    has_lines: bool,
}

impl Around {
    fn of(text: &str) -> Self {
        Self { at: 0, depth: 0, has_lines: text.contains('\n') || text.contains("\\n") }
    }

    fn go(&mut self, text: &str, to: usize) {
        for byte in text.as_bytes()[self.at.min(to)..to].iter() {
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.at = to.max(self.at);
    }
}

/// A sensitive name and the text after it.
struct Pair<'a> {
    text: &'a str,
    name: &'a str,
    /// Quotes and brackets around the name.
    close: &'a str,
    separator: &'a str,
    start: usize,
    /// Where the value begins.
    value: usize,
}

impl Pair<'_> {
    /// Where the secret stands, if there is one: within its quotes.
    fn secret(&self, around: &Around) -> Option<Range<usize>> {
        let rest = &self.text[self.value..];
        if self.is_option() {
            return self.of_option();
        }
        if !self.separator.contains([':', '=']) {
            return self.of_sentence();
        }
        if let Some(refused) = REFUSED.find(rest) {
            return self.range(self.value + refused.end(), true, around);
        }
        if names_an_object(self.name) || self.is_tag() {
            return None;
        }
        let lower: String = rest.chars().take(16).flat_map(char::to_lowercase).collect();
        if VERDICTS.iter().any(|verdict| lower.starts_with(verdict)) || self.is_field() {
            return None;
        }
        let is_certain = self.is_certain(around);
        if self.bare() == "pass" && !is_certain {
            return None;
        }
        self.range(self.value, is_certain, around)
    }

    /// The name without what leads to it.
    fn bare(&self) -> &str {
        self.name.trim_start_matches(|c: char| !c.is_alphanumeric())
    }

    /// Whether it is the last part of something's name, such as an image's or an ARN's: `ghcr.io/shop/token:1.2.3`.
    fn is_tag(&self) -> bool {
        self.separator == ":" && self.text[..self.start].ends_with(['/', ':'])
    }

    /// Whether the name is a path that only a refusal's value follows.
    fn is_field(&self) -> bool {
        self.name.ends_with("].value") || !value::ends_sensitive(self.name)
    }

    fn is_option(&self) -> bool {
        self.separator.trim_start_matches(',').trim().is_empty() && self.name.starts_with('-')
    }

    /// `--password hunter2`, `"--password", "hunter2"`.
    fn of_option(&self) -> Option<Range<usize>> {
        let rest = &self.text[self.value..];
        let word = &rest[..rest.find(|c: char| c.is_whitespace() || c == ',').unwrap_or(rest.len())];
        let is_word = WORDS.contains(&word.trim_matches(['"', '\'', ':', '.']).to_lowercase().as_str());
        if word.starts_with('-') || is_word || NOTHING.contains(&word) {
            return None;
        }
        value::range(self.text, self.value, value::Context::Word)
    }

    /// `password "hunter2"`, `token dG9rZW4`.
    fn of_sentence(&self) -> Option<Range<usize>> {
        let rest = &self.text[self.value..];
        let name = self.name.to_lowercase();
        let is_password = value::is_password(&name);
        if !is_password && !name.ends_with("token") || !self.close.is_empty() || self.separator.starts_with(',') {
            return None;
        }
        let word = &rest[..rest.find(char::is_whitespace).unwrap_or(rest.len())];
        let is_quoted = rest.starts_with(['"', '\'', '`', '\\']);
        if !is_quoted && word.trim_end_matches('=').contains([':', '=']) {
            // a pair of its own
            return None;
        }
        let range = value::range(self.text, self.value, value::Context::Word)?;
        let found = &self.text[range.clone()];
        if found.starts_with('-') {
            return None;
        }
        let is_it = is_quoted && is_password || found.len() >= 8 && value::is_random(found);
        (is_it && !NOTHING.contains(&found)).then_some(range)
    }

    /// The value at `at`, taken out where it is certain to be one or looks like it.
    fn range(&self, at: usize, is_certain: bool, around: &Around) -> Option<Range<usize>> {
        let rest = &self.text[at..];
        if rest.starts_with('{') || !is_certain && rest.starts_with('[') {
            return None;
        }
        let is_line = self.is_line();
        if let Some(block) = value::block(self.text, self.start, at, is_line || is_certain || value::is_password(self.name)) {
            return Some(block);
        }
        let is_quoted = rest.trim_start_matches('\\').starts_with(['"', '\'', '`']);
        let place = match () {
            () if is_line && is_certain && around.has_lines => value::Context::Line,
            () if around.depth > 0 || self.separator.contains('=') => value::Context::List,
            () => value::Context::Word,
        };
        let range = value::range(self.text, at, place)?;
        let found = &self.text[range.clone()];
        let is_it = is_certain || is_quoted || value::is_random(found) && !value::is_version(found);
        let is_none = is_nothing(found, rest)
            || value::is_reference(rest)
            || (!is_quoted || found.starts_with('-')) && is_name(found, &self.text[range.end..]);
        (is_it && !is_none).then_some(range)
    }

    /// Whether the place itself says that a value follows.
    fn is_certain(&self, around: &Around) -> bool {
        let name = self.bare();
        let lower = name.to_lowercase();
        if lower == "pass" {
            return !self.close.is_empty() || around.depth > 0 && self.separator == ":" || self.name.starts_with("--");
        }
        let is_shouted = name.contains('_') && !name.contains(|c: char| c.is_ascii_lowercase());
        if self.separator.contains('=') || value::is_password(&lower) || !self.close.is_empty() || is_shouted {
            return true;
        }
        if self.separator == ":" {
            // `{token:x}`, `map[a:b token:x]`
            return around.depth > 0;
        }
        let is_compound = name.contains('_')
            || name.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase());
        let is_header = name.contains('-') && name.split('-').all(|part| part.starts_with(|c: char| c.is_ascii_uppercase()));
        let opens = self.text[..self.start].trim_end_matches([' ', '\t']).chars().next_back();
        let is_entry = around.depth > 0 && matches!(opens, Some('{' | '[' | ',' | '('));
        is_compound || is_header || lower.starts_with("x-") || is_entry || self.is_line() && around.has_lines
    }

    /// Whether the name begins a line, as it does in YAML and in headers.
    fn is_line(&self) -> bool {
        let before = self.text[..self.start].trim_end_matches([' ', '\t', '-', '"', '\'']);
        before.is_empty() || before.ends_with(['\n', '\r']) || before.ends_with("\\n")
    }
}

/// Whether what looks like a value is a name with a value of its own: `token = password: x`, `token: --password x`, `token: data[token]: x`.
fn is_name(found: &str, behind: &str) -> bool {
    let name = found.trim_end_matches([':', '=']);
    let leads = name.len() < found.len() || behind.trim_start_matches([']', '"', '\'', '\\']).starts_with([':', '=']);
    (leads || found.starts_with('-')) && value::ends_sensitive(name)
}

/// Whether nothing is said, or only that there is something.
fn is_nothing(found: &str, rest: &str) -> bool {
    let is_placeholder = |nothing: &&str| nothing.starts_with('<') && rest.starts_with(*nothing);
    found.is_empty() || NOTHING.contains(&found.to_lowercase().as_str()) || NOTHING.iter().any(is_placeholder)
}

/// Whether a name says which object holds a secret, rather than the secret: `existingSecret`, `imagePullSecret`.
fn names_an_object(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["existingsecret", "existing-secret", "pullsecret", "pull-secret", "tlssecret", "tls-secret", "_secret_ref"]
        .iter()
        .any(|end| lower.ends_with(end))
}

/// Whether a new name begins behind a comma: `, user: me`, `;user=me`.
pub(super) fn begins_a_name(rest: &str) -> bool {
    let rest = rest.trim_start_matches([' ', '"', '\'', '\\']);
    let end =
        rest.bytes().take(NAME_LENGTH).position(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'.' | b'-'));
    end.is_some_and(|end| end > 0 && rest[end..].trim_start_matches(['"', '\'', '\\', ' ']).starts_with([':', '=']))
}
