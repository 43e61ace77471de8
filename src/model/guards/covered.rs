//! Which lines of a file hold values of Secrets (as `secret` knows them), so that what is shown around a change shows none of them.

use std::collections::{BTreeMap, BTreeSet};

use super::secret::found_in;
use crate::domain::secrets::{MASK, redact};
use crate::render::node::{Layer, Node, Value};
use crate::render::read::{TextPlace, documents};

/// How much of a line is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cover {
    /// A value begins here, behind its key.
    Value,
    /// It goes on here.
    All,
}

/// The lines of one file that hold values of Secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CoveredLines {
    /// From 1.
    lines: BTreeMap<usize, Cover>,
}

impl CoveredLines {
    /// Reads a file. A value goes on until something else begins; where the file cannot be read all of it counts as one.
    pub fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let Ok(documents) = documents(bytes, &TextPlace::file(&"".into(), Layer::Resource)) else {
            return Self { lines: (1..=text.lines().count()).map(|line| (line, Cover::All)).collect() };
        };
        let values = found_in(&documents).lines;
        let mut begins = BTreeSet::new();
        if !values.is_empty() {
            documents.iter().for_each(|node| all_begin(node, &mut begins));
        }
        let (mut lines, mut is_covered) = (BTreeMap::new(), false);
        for ((number, at), line) in (1..).zip(1_u32..).zip(text.lines()) {
            if values.contains(&at) {
                is_covered = true;
                lines.insert(number, Cover::Value);
            } else if begins.contains(&at) || line.starts_with("---") {
                is_covered = false;
            } else if is_covered {
                lines.insert(number, Cover::All);
            }
        }
        Self { lines }
    }

    /// Whether every line may be shown.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// A line, from 1, as it may be shown.
    pub fn shown(&self, number: usize, line: &str) -> String {
        let (space, text) = line.split_at(line.len() - line.trim_start().len());
        match self.lines.get(&number) {
            None => line.to_owned(),
            Some(Cover::All) => format!("{space}{MASK}"),
            Some(Cover::Value) => match text.split_once(':').filter(|_| !text.starts_with(['-', '{', '['])) {
                Some((key, _)) => format!("{space}{key}: {MASK}"),
                None => format!("{space}{MASK}"),
            },
        }
    }
}

/// Files that may hold a Secret.
const MANIFESTS: &[&str] = &[".yaml", ".yml", ".json"];
/// Behind a masked line that does not hold what it held.
const ANOTHER: &str = " (another value)";

/// A file as it may be shown, line by line: without values of Secrets and other credentials. A masked line that is not in `before` says that
/// it holds another value.
pub fn shown_file(path: &str, bytes: &[u8], before: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let is_manifest = MANIFESTS.iter().any(|ending| path.ends_with(ending));
    let covered = if is_manifest { CoveredLines::of(bytes) } else { CoveredLines::default() };
    let known: BTreeSet<String> = String::from_utf8_lossy(before).lines().map(str::to_owned).collect();
    let mut out = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let end = if line.ends_with('\n') { "\n" } else { "" };
        let line = line.strip_suffix('\n').unwrap_or(line);
        let shown = redact(&covered.shown(number, line)).into_owned();
        out.push_str(&shown);
        if shown != line && !before.is_empty() && !known.contains(line) {
            out.push_str(ANOTHER);
        }
        out.push_str(end);
    }
    out
}

/// The lines on which something begins.
fn all_begin(node: &Node, begins: &mut BTreeSet<u32>) {
    begins.insert(node.origin().line);
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| {
            all_begin(&entry.key, begins);
            all_begin(&entry.value, begins);
        }),
        Value::List(items) => items.iter().for_each(|item| all_begin(item, begins)),
        Value::Scalar(_) => {}
    }
}
