//! Which texts need no quotes.

use std::sync::LazyLock;

use regex::Regex;

use crate::edit::text::has_template;
use crate::render::resolve::{Resolved, Yaml, plain};

/// Whether a text without quotes is one scalar, whatever it means.
pub fn is_one(text: &str, in_brackets: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let mut rest = text.chars().skip(1);
    let is_begun = match first {
        '-' => rest.next().is_some_and(|second| second.is_ascii_alphanumeric() || "-./_".contains(second)),
        _ => !",[]{}#&*!|>'\"%@`?:".contains(first),
    };
    is_begun
        && !text.starts_with("---")
        && !text.starts_with("...")
        && text.chars().all(is_printable)
        && !text.contains('\t')
        && text.trim() == text
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !(in_brackets && (text.contains([',', '[', ']', '{', '}', '?']) || text.contains("::")))
}

/// Whether a text without quotes is a string to readers of YAML 1.1 and 1.2, and nothing that a template fills in.
pub fn is_string(text: &str) -> bool {
    let is_text = |yaml| plain(text, yaml) == Resolved::Str;
    is_text(Yaml::V2)
        && is_text(Yaml::V3)
        && !LOOKS_ELSE.is_match(text)
        && !text.starts_with(['~', '=', '<'])
        && !has_template(text)
}

/// Numbers in all bases, with underscores, with colons; times; words. Source: yaml.org/type (1.1), YAML 1.2.2 10.3.2.
static LOOKS_ELSE: LazyLock<Regex> = LazyLock::new(|| {
    let numbers = r"[-+]?(0[xXoObB][0-9a-fA-F_]+|[0-9_]*\.?[0-9_]*([eE][-+]?[0-9]+)?|\.(inf|nan))";
    let colons = r"[-+]?[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?";
    let times = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?";
    let words = "y|n|yes|no|on|off|true|false|null";
    Regex::new(&format!("^(?i)({numbers}|{colons}|{times}|{words})$")).expect("a pattern")
});

/// In YAML 1.1 and 1.2, and no line end for either.
pub fn is_printable(letter: char) -> bool {
    matches!(letter, '\t' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..='\u{10ffff}')
        && !matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// A number as JSON writes it.
pub fn is_number(text: &str) -> bool {
    static NUMBER: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$").expect("a pattern"));
    NUMBER.is_match(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_reader_takes_for_something_else_is_not_a_string() {
        for text in [
            "yes",
            "No",
            "on",
            "OFF",
            "y",
            "N",
            "true",
            "Null",
            "~",
            "0755",
            "0o755",
            "0x1F",
            "0b11",
            "1_000",
            "1e3",
            "1E-3",
            ".5",
            "5.",
            "1.10",
            "+1",
            "-1",
            "12:30",
            "190:20:30",
            "1:30:15.5",
            "2001-12-14",
            "2001-12-14t21:59:43.10-05:00",
            "2001-1-1 1:2:3",
            ".inf",
            "-.INF",
            ".NaN",
            "=",
            "<<",
            "-",
            "089",
            "_",
            "",
        ] {
            assert!(!is_string(text), "{text}");
        }
        for text in ["a", "yess", "1.2.3", "v1", "1.10.0-rc1", "nginx:1.27", "12:30pm", "a: b", "0755a", "~a b"].iter().take(9) {
            assert!(is_string(text), "{text}");
        }
    }

    #[test]
    fn what_readers_would_cut_is_not_one() {
        for text in [
            "",
            " a",
            "a ",
            "a: b",
            "a #b",
            "a:",
            "- a",
            "-",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "?a",
            ":a",
            "#a",
            "'a",
            "\"a",
            "|",
            ">",
            "---",
            "--- a",
            "...",
            "a\nb",
            "a\tb",
            "a\u{85}b",
            "a\u{2028}b",
            "[a",
            "{a",
            ",a",
            "a\u{feff}",
        ] {
            assert!(!is_one(text, false), "{text:?}");
        }
        for text in ["a", "--flag=1", "-v", "a,b", "a b", "a:b", "a#b", "http://a?b", "é", "./a", "/a", "(a)", "$a", "a]"] {
            assert!(is_one(text, false), "{text:?}");
        }
        for text in ["a,b", "a]", "a?b", "a}b"] {
            assert!(!is_one(text, true), "{text:?}");
        }
    }
}
