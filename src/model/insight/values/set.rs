//! A value for a path, as `helm --set` reads both: dots and brackets, lists in braces, commas, backslashes, and what is a number.
//!
//! Source: helm.sh/helm `pkg/strvals/parser.go` (`ParseInto`, `ParseIntoString`), fluxcd/pkg `chartutil/values.go` (`ReplacePathValue`,
//! `ReplacePathLiteralValue`).

use std::iter::Peekable;
use std::vec::IntoIter;

use serde_json::Value;

use super::shared::{Cell, Id, Shared};

/// The largest index of a list (`MaxIndex`).
const LARGEST: usize = 65_536;
/// The most levels of a path (`MaxNestedNameLevel`).
const DEEPEST: usize = 30;

/// Why a path ends.
enum End {
    /// The text is over, which is how every path ends.
    Over,
    Wrong(String),
}

type Step<T> = Result<T, End>;

fn wrong<T>(text: impl Into<String>) -> Step<T> {
    Err(End::Wrong(text.into()))
}

/// Sets a path of a map to a text, in that map and wherever it is shared.
///
/// # Errors
/// What helm does not take: it fails the release.
pub(super) fn set(
    shared: &mut Shared,
    map: Id,
    (path, text): (&str, &str),
    is_literal: bool,
    layer: usize,
) -> Result<(), String> {
    let is_in = |quote: char| text.starts_with(quote) && text.ends_with(quote);
    let (line, is_text) = match (is_literal, is_in('\'') || is_in('"')) {
        (true, _) => (format!("{path}={}", escaped(text)), true),
        (false, true) => (format!("{path}={}", text.trim_matches(['\'', '"'])), true),
        (false, false) => (format!("{path}={text}"), false),
    };
    let letters = line.chars().collect::<Vec<_>>().into_iter().peekable();
    let mut parser = Parser { shared, letters, is_text, layer };
    loop {
        match parser.key(map, 0) {
            Ok(()) => {}
            Err(End::Over) => return Ok(()),
            Err(End::Wrong(why)) => return Err(why),
        }
    }
}

/// What `--set` would take for a sign of its own, with a backslash before it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | ',' | '[' | ']' | '{' | '}') {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

struct Parser<'a> {
    shared: &'a mut Shared,
    letters: Peekable<IntoIter<char>>,
    /// Nothing is read as a number, a boolean or null.
    is_text: bool,
    layer: usize,
}

impl Parser<'_> {
    /// The letters before one of these, and which it is; none at the end.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut found = String::new();
        while let Some(letter) = self.letters.next() {
            match letter {
                letter if stops.contains(&letter) => return (found, Some(letter)),
                '\\' => match self.letters.next() {
                    Some(next) => found.push(next),
                    None => break,
                },
                letter => found.push(letter),
            }
        }
        (found, None)
    }

    fn add(&mut self, cell: Cell) -> Id {
        self.shared.add(cell, self.layer)
    }

    fn key(&mut self, map: Id, level: usize) -> Step<()> {
        let (key, last) = self.until(&['=', '[', ',', '.']);
        match last {
            None if key.is_empty() => Err(End::Over),
            None => wrong(format!("`{key}` has no value")),
            Some('[') => self.list_at(map, &key, level),
            Some('=') => {
                let (value, is_over) = self.value()?;
                self.shared.set(map, &key, value);
                if is_over { Err(End::Over) } else { Ok(()) }
            }
            Some(',') => wrong(format!("`{key}` has no value, and ends with a comma")),
            _ => self.map_at(map, &key, level + 1),
        }
    }

    fn list_at(&mut self, map: Id, key: &str, level: usize) -> Step<()> {
        let at = self.index()?;
        let list = match self.shared.get(map, key) {
            None => self.add(Cell::List(Vec::new())),
            Some(found) if matches!(self.shared.cell(found), Cell::List(_)) => found,
            Some(_) => return wrong(format!("`{key}` is not a list")),
        };
        let (list, end) = self.item(list, at, level)?;
        self.shared.set(map, key, list);
        end.map_or(Ok(()), Err)
    }

    fn map_at(&mut self, map: Id, key: &str, level: usize) -> Step<()> {
        if level > DEEPEST {
            return wrong(format!("more than {DEEPEST} levels"));
        }
        let inner = match self.shared.get(map, key) {
            None => self.shared.map(self.layer),
            Some(found) if self.shared.is_map(found) => found,
            Some(_) => return wrong(format!("`{key}` is not a map")),
        };
        let end = self.key(inner, level);
        let is_empty = matches!(self.shared.cell(inner), Cell::Map(entries) if entries.is_empty());
        match end {
            Ok(()) if is_empty => wrong(format!("the map `{key}` has no value")),
            end => {
                if !is_empty {
                    self.shared.set(map, key, inner);
                }
                end
            }
        }
    }

    /// The number between brackets.
    fn index(&mut self) -> Step<usize> {
        let (number, last) = self.until(&[']']);
        match number.parse::<i64>() {
            Ok(at) if at < 0 => wrong(format!("[{at}]: an index is not negative")),
            Ok(at) if last.is_some() => Ok(usize::try_from(at).unwrap_or(usize::MAX)),
            _ => wrong(format!("[{number}] is not an index")),
        }
    }

    /// Sets an item of a list. Returns the list, which is another one where it got longer, and whether the text is over.
    fn item(&mut self, list: Id, at: usize, level: usize) -> Step<(Id, Option<End>)> {
        let (text, last) = self.until(&['[', '.', '=']);
        if !text.is_empty() {
            return wrong(format!("`{text}` after the index of a list"));
        }
        let present = match self.shared.cell(list) {
            Cell::List(items) => items.get(at).copied(),
            _ => None,
        };
        let value = match last {
            None => return Ok((list, Some(End::Over))),
            Some('=') => self.value()?.0,
            Some('[') => {
                let next = self.index()?;
                let inner = match present.filter(|id| !matches!(self.shared.cell(*id), Cell::Scalar(Value::Null))) {
                    None => self.add(Cell::List(Vec::new())),
                    Some(found) if matches!(self.shared.cell(found), Cell::List(_)) => found,
                    Some(_) => return wrong(format!("[{at}] is not a list")),
                };
                match self.item(inner, next, level)? {
                    (inner, None) => inner,
                    (_, end) => return Ok((list, end)),
                }
            }
            Some(_) => {
                let inner = match present {
                    Some(found) if self.shared.is_map(found) => found,
                    Some(_) => {
                        let map = self.shared.map(self.layer);
                        self.shared.set_item(list, at, map, self.layer);
                        map
                    }
                    None => self.shared.map(self.layer),
                };
                match self.key(inner, level) {
                    Ok(()) => inner,
                    Err(End::Over) => return Ok((list, Some(End::Over))),
                    Err(wrong) => return Err(wrong),
                }
            }
        };
        if at > LARGEST {
            return wrong(format!("[{at}]: an index is at most {LARGEST}"));
        }
        Ok((self.shared.set_item(list, at, value, self.layer), None))
    }

    /// What is behind `=`: a list in braces, or the text up to a comma. Whether the text was over before it.
    fn value(&mut self) -> Step<(Id, bool)> {
        match self.letters.peek() {
            None => Ok((self.add(Cell::Scalar(Value::String(String::new()))), true)),
            Some('{') => Ok((self.braces()?, false)),
            Some(_) => {
                let (text, _) = self.until(&[',']);
                let value = self.typed(text);
                Ok((self.add(Cell::Scalar(value)), false))
            }
        }
    }

    fn braces(&mut self) -> Step<Id> {
        self.letters.next();
        let mut items = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            if last.is_none() {
                return wrong("a list has to end with `}`");
            }
            let value = self.typed(text);
            items.push(self.add(Cell::Scalar(value)));
            if last == Some('}') {
                self.letters.next_if_eq(&',');
                return Ok(self.add(Cell::List(items)));
            }
        }
    }

    fn typed(&self, text: String) -> Value {
        let is = |word: &str| text.eq_ignore_ascii_case(word);
        match text {
            text if self.is_text => Value::String(text),
            _ if is("true") => Value::Bool(true),
            _ if is("false") => Value::Bool(false),
            _ if is("null") => Value::Null,
            _ if is("0") => Value::from(0),
            text if text.starts_with('0') => Value::String(text),
            text => text.parse::<i64>().map_or_else(|_| Value::String(text), Value::from),
        }
    }
}
