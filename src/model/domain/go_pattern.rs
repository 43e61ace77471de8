//! Regular expressions as Go reads them (`regexp/syntax/parse.go`): kustomize, Flux, SOPS and CRDs take these.
//!
//! Most mean the same to the `regex` crate. What does not is written in its words: a brace that begins no repetition and a bracket inside
//! of a class mean themselves, `\d`, `\s`, `\w` and `\b` know nothing but ASCII, and `\Q…\E` is literal.

use regex::Regex;

/// None where it is not an expression.
pub fn compile(pattern: &str) -> Option<Regex> {
    Regex::new(&translated(pattern)).ok()
}

/// One that has to match a text from end to end.
pub fn whole(pattern: &str) -> Option<Regex> {
    Regex::new(&format!("^(?:{})$", translated(pattern))).ok()
}

fn translated(pattern: &str) -> String {
    let mut made = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    while let Some((letter, after)) = first(rest) {
        rest = match letter {
            '\\' => escape(after, false, &mut made),
            '[' => class(after, &mut made),
            '{' => {
                let length = repetition(rest).unwrap_or(0);
                made.push_str(if length == 0 { "\\{" } else { &rest[..length] });
                if length == 0 { after } else { &rest[length..] }
            }
            _ => {
                made.push(letter);
                after
            }
        };
    }
    made
}

fn first(text: &str) -> Option<(char, &str)> {
    let letter = text.chars().next()?;
    Some((letter, &text[letter.len_utf8()..]))
}

/// What comes after a backslash. Returns what is behind it.
fn escape<'p>(text: &'p str, is_inside: bool, made: &mut String) -> &'p str {
    let Some((letter, after)) = first(text) else {
        made.push('\\');
        return text;
    };
    match letter {
        'Q' if !is_inside => {
            let (literal, rest) = after.split_once("\\E").unwrap_or((after, ""));
            made.push_str(&regex::escape(literal));
            return rest;
        }
        'd' => made.push_str("[0-9]"),
        'D' => made.push_str("[^0-9]"),
        's' => made.push_str(r"[\t\n\f\r ]"),
        'S' => made.push_str(r"[^\t\n\f\r ]"),
        'w' => made.push_str("[0-9A-Za-z_]"),
        'W' => made.push_str("[^0-9A-Za-z_]"),
        'b' if !is_inside => made.push_str(r"(?-u:\b)"),
        // the ends of a word to the crate
        '<' | '>' => made.push(letter),
        // a name or a number in braces
        'p' | 'P' | 'x' if after.starts_with('{') => {
            let end = after.find('}').map_or(after.len(), |at| at + 1);
            made.push('\\');
            made.push(letter);
            made.push_str(&after[..end]);
            return &after[end..];
        }
        _ => {
            made.push('\\');
            made.push(letter);
        }
    }
    after
}

/// What comes after the bracket that opens a class. Returns what is behind the one that closes it.
fn class<'p>(text: &'p str, made: &mut String) -> &'p str {
    made.push('[');
    let mut rest = text;
    if let Some(negated) = rest.strip_prefix('^') {
        made.push('^');
        rest = negated;
    }
    let mut is_first = true;
    while let Some((letter, after)) = first(rest) {
        let named = rest.strip_prefix("[:").and_then(|inner| inner.find(":]")).map(|at| at + 4);
        rest = match (letter, named) {
            ('[', Some(end)) => {
                made.push_str(&rest[..end]);
                &rest[end..]
            }
            (']', _) if !is_first => {
                made.push(']');
                return after;
            }
            ('\\', _) => escape(after, true, made),
            // these nest classes, or join them, where they are not escaped
            ('[' | ']' | '&' | '~', _) => {
                made.push('\\');
                made.push(letter);
                after
            }
            ('-', _) if after.starts_with('-') => {
                made.push_str(if is_first { "\\-" } else { "-\\-" });
                if is_first { after } else { &after[1..] }
            }
            _ => {
                made.push(letter);
                after
            }
        };
        is_first = false;
    }
    rest
}

/// How long the repetition is that a text begins with: `{2}`, `{2,}`, `{2,5}`. Any other brace is literal, as is one around numbers with leading
/// zeros.
fn repetition(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('{')?;
    let end = inner.find('}')?;
    let is_number = |digits: &str| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && (digits.len() == 1 || !digits.starts_with('0'))
    };
    let is_one = match inner[..end].split_once(',') {
        Some((least, most)) => is_number(least) && (most.is_empty() || is_number(most)),
        None => is_number(&inner[..end]),
    };
    is_one.then_some(end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Go 1.24 says of each.
    #[test]
    fn expressions_mean_what_they_mean_to_go() {
        for (pattern, text, matches) in [
            (r"\${cluster_name}-web", "${cluster_name}-web", true),
            ("a{b", "a{b", true),
            ("a{,2}", "aa", false),
            ("a{,2}", "a{,2}", true),
            ("a{02}", "a{02}", true),
            ("a{2}", "aa", true),
            ("a{1,}", "aaa", true),
            ("(prod|stage)-.*", "prod-web", true),
            ("[[a]", "[", true),
            ("[]a]", "]", true),
            ("[^]a]", "b", true),
            ("[[:alpha:]-]+", "a-b", true),
            ("[a&&b]", "&", true),
            ("[a~~b]", "~", true),
            ("[+--]", ",", true),
            (r"[\w.]+", "a_1.b", true),
            (r"[\w.]+", "ä", false),
            (r"\d", "٣", false),
            (r"\W", "é", true),
            (r"a\b.*", "aé", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"\Qa.b", "axb", false),
            (r"\<a\>", "<a>", true),
            (r"\x{41}\p{Lu}", "AB", true),
            ("(?i)WEB", "web", true),
            ("a|b", "ab", false),
            ("", "", true),
        ] {
            let found = whole(pattern).map(|pattern| pattern.is_match(text));
            assert_eq!(found, Some(matches), "`{pattern}` of `{text}`");
        }
        for wrong in ["(", "a)", "[a", "*a", r"\", "(?=a)", r"\8"] {
            assert!(whole(wrong).is_none(), "`{wrong}`");
        }
        assert!(compile("b").is_some_and(|pattern| pattern.is_match("abc")));
    }
}
