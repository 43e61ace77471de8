//! The operators on a value: fluxcd/pkg `envsubst/funcs.go`. Lengths and positions count bytes, as in Go.

use super::super::error::{BuildError, Cause, Result};
use super::glob;
use crate::domain::text::counted;

/// Trimming tries every length of the value: longer values are refused before that takes long.
const LONGEST_TRIMMED: usize = 8192;

/// An operator on the value of its variable. Several operators that bash distinguishes are all a default here (`:+`, `?`).
///
/// # Errors
/// A substring that ends before it begins: Flux' controller fails on it too. A value too long to trim.
pub fn apply(operator: &str, value: &str, arguments: &[Vec<u8>]) -> Result<Vec<u8>> {
    let bytes = value.as_bytes();
    Ok(match (operator, arguments) {
        (",", _) => first(value, lower).into_bytes(),
        (",,", _) => value.chars().map(lower).collect::<String>().into_bytes(),
        ("^", _) => first(value, upper).into_bytes(),
        ("^^", _) => value.chars().map(upper).collect::<String>().into_bytes(),
        ("#", []) => value.len().to_string().into_bytes(),
        ("#", [pattern, ..]) => bytes[trimmed(bytes, pattern, Reach::Shortest)?..].to_vec(),
        ("##", [pattern, ..]) => bytes[trimmed(bytes, pattern, Reach::Longest)?..].to_vec(),
        ("%", [pattern, ..]) => suffix_trimmed(value, pattern, Reach::Shortest)?,
        ("%%", [pattern, ..]) => suffix_trimmed(value, pattern, Reach::Longest)?,
        (":", [position, length @ ..]) => substring(bytes, position, length.first())?,
        ("/", [old, new @ ..]) => replace(bytes, old, new.first(), 1),
        ("//", [old, new @ ..]) => replace(bytes, old, new.first(), usize::MAX),
        ("/#", [old, new]) if bytes.starts_with(old) => [new, &bytes[old.len()..]].concat(),
        ("/%", [old, new]) if bytes.ends_with(old) => [&bytes[..bytes.len() - old.len()], new].concat(),
        ("/#" | "/%", _) => bytes.to_vec(),
        _ if value.is_empty() => arguments.concat(),
        _ => bytes.to_vec(),
    })
}

fn first(value: &str, map: fn(char) -> char) -> String {
    let mut rest = value.chars();
    rest.next().into_iter().map(map).chain(rest.as_str().chars()).collect()
}

/// Go maps one character to one: the first of Rust's, where Rust gives more.
fn lower(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

/// As [`lower`]. What only has an upper case of several characters has none in Go, Greek letters with a small iota excepted.
fn upper(c: char) -> char {
    let mut all = c.to_uppercase();
    match (all.next(), all.next(), u32::from(c)) {
        (Some(only), None, _) => only,
        (_, _, 0x1F80..=0x1FAF) if u32::from(c) & 8 == 0 => char::from_u32(u32::from(c) + 8).unwrap_or(c),
        (_, _, 0x1FB3 | 0x1FC3 | 0x1FF3) => char::from_u32(u32::from(c) + 9).unwrap_or(c),
        _ => c,
    }
}

fn number(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// What is not a number leaves the value as it is. A position before the beginning is the beginning, one behind the end is empty.
fn substring(value: &[u8], position: &[u8], length: Option<&Vec<u8>>) -> Result<Vec<u8>> {
    let size = i64::try_from(value.len()).expect("a text is no longer than memory");
    let Some(mut from) = number(position) else { return Ok(value.to_vec()) };
    if from < 0 {
        from = from.saturating_add(size).max(0);
    }
    let rest = || usize::try_from(from).ok().and_then(|from| value.get(from..)).unwrap_or_default().to_vec();
    let Some(length) = length else { return Ok(rest()) };
    let Some(length) = number(length) else { return Ok(value.to_vec()) };
    let end = from.saturating_add(length);
    if end >= size {
        return Ok(rest());
    }
    let range = usize::try_from(from).ok().zip(usize::try_from(end).ok());
    let part = range.and_then(|(from, end)| value.get(from..end));
    part.map(<[u8]>::to_vec).ok_or_else(|| BuildError::invalid("a substring that ends before it begins"))
}

fn replace(value: &[u8], old: &[u8], new: Option<&Vec<u8>>, most: usize) -> Vec<u8> {
    let new = new.map_or(&[][..], Vec::as_slice);
    let mut out = Vec::with_capacity(value.len());
    let (mut at, mut done) = (0, 0);
    while at <= value.len() && done < most {
        // nothing is found before each character, and at the end
        let found = if old.is_empty() { Some(0) } else { value[at..].windows(old.len()).position(|part| part == old) };
        let Some(skip) = found else { break };
        out.extend(&value[at..at + skip]);
        out.extend(new);
        at += skip + old.len();
        done += 1;
        if old.is_empty() {
            if at == value.len() {
                return out;
            }
            let width = 1 + value[at + 1..].iter().take_while(|byte| **byte & 0xC0 == 0x80).count();
            out.extend(&value[at..at + width]);
            at += width;
        }
    }
    out.extend(&value[at.min(value.len())..]);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Shortest,
    Longest,
}

/// How many bytes at the beginning match a pattern; a pattern that is none matches nothing. Never an empty match.
fn trimmed(value: &[u8], pattern: &[u8], reach: Reach) -> Result<usize> {
    if value.len() > LONGEST_TRIMMED {
        let length = counted(value.len(), "byte");
        return Err(BuildError::new(Cause::Limit, format!("a value of {length} is too long to be trimmed"), ""));
    }
    let mut found = 0;
    for length in (1..=value.len()).rev() {
        match glob::is_match(pattern, &value[..length]) {
            Err(glob::Malformed) => return Ok(0),
            Ok(true) if reach == Reach::Longest => return Ok(length),
            Ok(true) => found = length,
            Ok(false) => {}
        }
    }
    Ok(found)
}

/// Flux reverses both and trims the beginning, so that a pattern with more than literals and `*` is read backwards.
fn suffix_trimmed(value: &str, pattern: &[u8], reach: Reach) -> Result<Vec<u8>> {
    let reversed: String = value.chars().rev().collect();
    let pattern: String = String::from_utf8_lossy(pattern).chars().rev().collect();
    let cut = trimmed(reversed.as_bytes(), pattern.as_bytes(), reach)?;
    // where a character is cut, Go reverses the halves as unknown characters
    Ok(String::from_utf8_lossy(&reversed.as_bytes()[cut..]).chars().rev().collect::<String>().into_bytes())
}
