//! The text of a range, read.
//!
//! Masterminds rewrites ranges with a hyphen before it reads anything, together with the blanks around them: that is why such a range may
//! follow a comma and not a blank, and why nothing has to be between it and what comes next. To that rewriting `|` is a part of a version:
//! behind `||` such a range needs a blank, or a `v`.

use semver::Version;

use super::range::{Operator, Parts, Term};
use super::{metadata, number, prerelease};

/// Longer ones first.
const OPERATORS: &[(&str, Operator)] = &[
    ("!=", Operator::Unequal),
    (">=", Operator::AtLeast),
    ("=>", Operator::AtLeast),
    ("<=", Operator::AtMost),
    ("=<", Operator::AtMost),
    ("~>", Operator::Tilde),
    ("=", Operator::Equal),
    (">", Operator::Above),
    ("<", Operator::Below),
    ("~", Operator::Tilde),
    ("^", Operator::Caret),
];

/// What is between a term and the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Between {
    Comma,
    Blanks,
}

/// The terms of an alternative. `is_first`: nothing is before it. None if it cannot be read.
pub fn terms(text: &str, is_first: bool) -> Option<Vec<Term>> {
    let (mut found, mut rest) = (Vec::new(), text.trim_ascii_start());
    let mut may_be_hyphened = is_first || rest.len() < text.len() || rest.starts_with('v');
    loop {
        let (first, last, behind) = term(rest)?;
        let is_hyphened = last.is_some();
        if is_hyphened && !may_be_hyphened {
            return None;
        }
        found.push(first);
        found.extend(last);
        let next = behind.trim_ascii_start();
        if next.is_empty() {
            return Some(found);
        }
        let between = match next.strip_prefix(',') {
            Some(_) => Some(Between::Comma),
            None => (next.len() < behind.len()).then_some(Between::Blanks),
        };
        if between.is_none() && !is_hyphened {
            return None;
        }
        may_be_hyphened = is_hyphened || between == Some(Between::Comma);
        rest = next.strip_prefix(',').unwrap_or(next).trim_ascii_start();
    }
}

/// A term; of a range with a hyphen both of its terms; and what is behind.
fn term(text: &str) -> Option<(Term, Option<Term>, &str)> {
    let named = OPERATORS.iter().find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)));
    let (operator, rest) = named.unwrap_or((Operator::Equal, text));
    let ((base, parts), rest) = version(rest.trim_ascii_start())?;
    let first = Term { operator, base, parts };
    let blanks = rest.trim_ascii_start();
    let Some(behind) = blanks.strip_prefix('-').filter(|_| blanks.len() < rest.len()) else {
        return Some((first, None, rest));
    };
    let end = behind.trim_ascii_start();
    if named.is_some() || end.len() == behind.len() {
        return None;
    }
    let ((base, parts), rest) = version(end)?;
    let last = Term { operator: Operator::AtMost, base, parts };
    Some((Term { operator: Operator::AtLeast, ..first }, Some(last), rest))
}

/// A version of a term, and what is behind.
fn version(text: &str) -> Option<((Version, Parts), &str)> {
    let mut rest = text.strip_prefix('v').unwrap_or(text);
    let mut numbers = [""; 3];
    for (at, part) in numbers.iter_mut().enumerate() {
        let digits = if at == 0 { Some(rest) } else { rest.strip_prefix('.') };
        let Some(digits) = digits else { break };
        let end = digits.find(|letter: char| !letter.is_ascii_digit() && !is_any(letter)).unwrap_or(digits.len());
        if end == 0 {
            break;
        }
        (*part, rest) = digits.split_at(end);
    }
    let (pre, rest) = suffix(rest, '-');
    let (build, rest) = suffix(rest, '+');
    let is_missing = |text: &str| text.is_empty() || text.chars().all(is_any) && text.len() == 1;
    let parts = match numbers {
        ["", ..] => return None,
        [major, ..] if is_missing(major) => Parts::None,
        [_, minor, _] if is_missing(minor) => Parts::Major,
        [_, _, patch] if is_missing(patch) => Parts::Minor,
        _ => Parts::All,
    };
    let part = |at: usize, least: bool| if least { number(numbers[at]) } else { Some(0) };
    let base = Version {
        major: part(0, parts != Parts::None)?,
        minor: part(1, matches!(parts, Parts::Minor | Parts::All))?,
        patch: part(2, parts == Parts::All)?,
        pre: prerelease(pre)?,
        build: metadata(build)?,
    };
    Some(((base, parts), rest))
}

/// Words with points between them behind a sign, if there are any, and what is behind them.
fn suffix(text: &str, sign: char) -> (Option<&str>, &str) {
    let Some(words) = text.strip_prefix(sign) else { return (None, text) };
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let end = words.find(|letter: char| !is_word(letter) && letter != '.').unwrap_or(words.len());
    // a point at the end, or two in a row, are behind
    let end = words[..end].find("..").unwrap_or(end);
    let words_only = words[..end].strip_suffix('.').unwrap_or(&words[..end]);
    match words_only {
        "" => (None, text),
        found if found.starts_with('.') => (None, text),
        found => (Some(found), &words[found.len()..]),
    }
}

fn is_any(letter: char) -> bool {
    matches!(letter, 'x' | 'X' | '*')
}
