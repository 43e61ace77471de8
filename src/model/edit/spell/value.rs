//! Lists and mappings, laid out as in the rest of the file, and the events that readers must see for them.

use super::{Indent, ScalarContext, Spelling, ways};
use crate::edit::refusal::Refusal;
use crate::edit::text::{EventKind, Properties, Quoting, YamlSource};
use crate::edit::value::{NewValue, Scalar};

/// Writes new values into a file.
pub struct ValueWriter {
    /// Blanks by which maps and lists are indented below their key.
    step: usize,
    list_step: usize,
    quotes: Quoting,
    /// What was written so far.
    pub kinds: Vec<EventKind>,
}

impl ValueWriter {
    pub fn of(source: &YamlSource) -> Self {
        Self { step: source.step(), list_step: source.list_step(), quotes: source.quotes(), kinds: Vec::new() }
    }

    pub fn step(&self) -> usize {
        self.step
    }

    pub fn list_step(&self) -> usize {
        self.list_step
    }

    /// A key and its value. The first line starts at `column`, the others include their indentation.
    pub fn entry(&mut self, key: &str, value: &NewValue, column: usize) -> Result<Vec<String>, Refusal> {
        let key = self.key(key, false, false)?;
        let below = match value {
            NewValue::Map(entries) if !entries.is_empty() => self.map(entries, column + self.step)?,
            NewValue::List(items) if !items.is_empty() => self.list(items, column + self.list_step, 2)?,
            value => {
                let spelling = self.short(value, column)?;
                return Ok(joined(format!("{key}: {}", spelling.inline), spelling.lines));
            }
        };
        Ok(joined(format!("{key}:"), below))
    }

    /// An item with its dash, and as many blanks as the others have behind it.
    pub fn item(&mut self, value: &NewValue, column: usize, gap: usize) -> Result<Vec<String>, Refusal> {
        let dash = format!("-{}", " ".repeat(gap - 1));
        let mut lines = match value {
            NewValue::Map(entries) if !entries.is_empty() => self.map(entries, column + gap)?,
            NewValue::List(items) if !items.is_empty() => self.list(items, column + gap, gap)?,
            value => {
                let spelling = self.short(value, column)?;
                return Ok(joined(format!("{dash}{}", spelling.inline), spelling.lines));
            }
        };
        lines[0] = format!("{dash}{}", &lines[0][column + gap..]);
        Ok(lines)
    }

    /// The lines of a map, each with its indentation.
    pub fn map(&mut self, entries: &[(String, NewValue)], column: usize) -> Result<Vec<String>, Refusal> {
        self.kinds.push(EventKind::Map { is_flow: false, properties: Properties::default() });
        let mut lines = Vec::new();
        for (key, value) in entries {
            lines.extend(at_column(self.entry(key, value, column)?, column));
        }
        self.kinds.push(EventKind::End);
        Ok(lines)
    }

    /// The lines of a list, each with its indentation.
    pub fn list(&mut self, items: &[NewValue], column: usize, gap: usize) -> Result<Vec<String>, Refusal> {
        self.kinds.push(EventKind::List { is_flow: false, properties: Properties::default() });
        let mut lines = Vec::new();
        for item in items {
            lines.extend(at_column(self.item(item, column, gap)?, column));
        }
        self.kinds.push(EventKind::End);
        Ok(lines)
    }

    /// In brackets, on one line.
    pub fn flow(&mut self, value: &NewValue, is_json: bool) -> Result<String, Refusal> {
        match value {
            NewValue::Scalar(scalar) => self.scalar(scalar, 0, true, is_json).map(|spelling| spelling.inline),
            NewValue::List(items) => {
                self.kinds.push(EventKind::List { is_flow: true, properties: Properties::default() });
                let items = items.iter().map(|item| self.flow(item, is_json)).collect::<Result<Vec<_>, _>>()?;
                self.kinds.push(EventKind::End);
                Ok(format!("[{}]", items.join(", ")))
            }
            NewValue::Map(entries) => {
                self.kinds.push(EventKind::Map { is_flow: true, properties: Properties::default() });
                let entry = |(key, value): &(String, NewValue)| self.flow_entry(key, value, is_json);
                let entries = entries.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
                self.kinds.push(EventKind::End);
                Ok(format!("{{{}}}", entries.join(", ")))
            }
        }
    }

    pub fn flow_entry(&mut self, key: &str, value: &NewValue, is_json: bool) -> Result<String, Refusal> {
        Ok(format!("{}: {}", self.key(key, true, is_json)?, self.flow(value, is_json)?))
    }

    /// What fits behind a key: a scalar, or an empty list or map.
    fn short(&mut self, value: &NewValue, column: usize) -> Result<Spelling, Refusal> {
        if let NewValue::Scalar(scalar) = value {
            return self.scalar(scalar, column, false, false);
        }
        let inline = self.flow(value, false)?;
        Ok(Spelling { inline, lines: Vec::new(), text: String::new(), quoting: Quoting::Plain })
    }

    fn key(&mut self, key: &str, in_brackets: bool, is_json: bool) -> Result<String, Refusal> {
        // longer ones would need a `?`
        if key.len() > 512 || key.contains('\n') {
            return Err(Refusal::Value { message: "this cannot be a key" });
        }
        self.scalar(&Scalar::string(key), 0, in_brackets, is_json).map(|spelling| spelling.inline)
    }

    fn scalar(&mut self, scalar: &Scalar, column: usize, in_brackets: bool, is_json: bool) -> Result<Spelling, Refusal> {
        let indent = Indent { lines: column + self.step, parent: column };
        let context = ScalarContext { in_brackets, is_json, indent, quotes: self.quotes };
        let spelling = ways(scalar, None, &context)?.into_iter().next();
        let spelling = spelling.ok_or(Refusal::Value { message: "this cannot be written there" })?;
        self.kinds.push(spelling.kind(Properties::default()));
        Ok(spelling)
    }
}

fn joined(first: String, below: Vec<String>) -> Vec<String> {
    let mut lines = vec![first];
    lines.extend(below);
    lines
}

/// The first line gets its indentation too.
fn at_column(mut lines: Vec<String>, column: usize) -> Vec<String> {
    lines[0] = format!("{}{}", " ".repeat(column), lines[0]);
    lines
}
