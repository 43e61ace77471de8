//! A way written down: new bytes of files. The only place that makes them.

use std::sync::Arc;

use super::edited::{EditedFiles, EditedTree};
use crate::edit::{self, NodePlace, Operation, PlaceStep, YamlSource};
use crate::error::{Error, Result};
use crate::insight::field::{FieldPath, PathPart};
use crate::render::node::{Inner, Origin, Text};
use crate::render::tree::Tree;

/// What is to be done with one file.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub file: Text,
    pub kind: WriteKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum WriteKind {
    /// Of YAML or JSON.
    Operation(Operation),
    /// Another text for a line, by its number from 1: of an env file.
    Line { line: u32, was: Text, new: String },
    /// A line taken out: of an env file.
    RemovedLine { line: u32, was: Text },
    /// Another line at the end: of an env file.
    Append(String),
    /// Another text for the whole file: a value of a generator.
    Whole { was: Text, new: String },
    /// A file that is not there yet.
    New(String),
}

/// A file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    pub path: Text,
    /// None: it is new.
    pub before: Option<Arc<[u8]>>,
    /// None: it is gone.
    pub after: Option<Arc<[u8]>>,
}

impl ChangedFile {
    /// What it holds then; nothing where it is gone.
    pub fn new_bytes(&self) -> &[u8] {
        self.after.as_deref().unwrap_or_default()
    }
}

/// The files that writes leave, over those that were edited before.
///
/// # Errors
/// The first write that cannot be made: where and why.
pub fn written(tree: &dyn Tree, files: &EditedFiles, writes: &[Write]) -> Result<EditedFiles> {
    let mut files = files.clone();
    for write in writes {
        let bytes = bytes(&EditedTree { tree, files: &files }, write)?;
        files.insert(write.file.clone(), Some(bytes.into()));
    }
    Ok(files)
}

fn bytes(tree: &dyn Tree, write: &Write) -> Result<Vec<u8>> {
    let Write { file, kind } = write;
    let failed = |message: &str, hint: &str| Err(Error::failed(format!("{file}: {message}"), hint));
    if let WriteKind::New(text) = kind {
        return match tree.entry(file) {
            None => Ok(text.clone().into_bytes()),
            Some(_) => failed("there is a file of this name already", ""),
        };
    }
    let old = tree.read(file)?;
    match kind {
        WriteKind::Operation(operation) => {
            let source = source(file, &old)?;
            let edited = edit::apply(&source, std::slice::from_ref(operation)).map_err(|refusal| refused(file, &refusal))?;
            Ok(edited.bytes().to_vec())
        }
        WriteKind::Line { line, was, new } => {
            if new.contains(['\n', '\r']) {
                return failed("a line of an env file holds no line end", "");
            }
            match line_of(&old, *line).filter(|range| old[range.clone()] == *was.as_bytes()) {
                Some(range) => Ok([&old[..range.start], new.as_bytes(), &old[range.end..]].concat()),
                None => failed("the file holds another value than was read", "read the file again"),
            }
        }
        WriteKind::RemovedLine { line, was } => {
            match line_of(&old, *line).filter(|range| old[range.clone()] == *was.as_bytes()) {
                Some(range) => {
                    let end = old[range.end..].iter().position(|byte| *byte == b'\n').map_or(old.len(), |at| range.end + at + 1);
                    Ok([&old[..range.start], &old[end..]].concat())
                }
                None => failed("the file holds another value than was read", "read the file again"),
            }
        }
        WriteKind::Append(line) => {
            let newline = if old.windows(2).any(|pair| pair == b"\r\n") { "\r\n" } else { "\n" };
            let before = if old.is_empty() || old.ends_with(b"\n") { "" } else { newline };
            Ok([&old, before.as_bytes(), line.as_bytes(), newline.as_bytes()].concat())
        }
        WriteKind::Whole { was, new } => match *old == *was.as_bytes() {
            true => Ok(new.clone().into_bytes()),
            false => failed("the file holds another value than was read", "read the file again"),
        },
        WriteKind::New(_) => unreachable!("that was answered above"),
    }
}

/// The bytes of a line without its end.
fn line_of(bytes: &[u8], line: u32) -> Option<std::ops::Range<usize>> {
    let before = usize::try_from(line.checked_sub(1)?).ok()?;
    let start: usize = bytes.split_inclusive(|byte| *byte == b'\n').take(before).map(<[u8]>::len).sum();
    let end = bytes[start..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| start + end);
    let end = if bytes[start..end].ends_with(b"\r") { end - 1 } else { end };
    Some(start..end)
}

/// A file that can be edited.
///
/// # Errors
/// It cannot: why.
pub fn source(file: &str, bytes: &[u8]) -> Result<YamlSource> {
    YamlSource::read(bytes).map_err(|refusal| refused(file, &refusal))
}

fn refused(file: &str, refusal: &edit::Refusal) -> Error {
    let line = refusal.line().map(|line| format!(":{line}")).unwrap_or_default();
    Error::failed(format!("{file}{line}: {}", refusal.message()), refusal.hint())
}

/// The place in a file that an origin names.
pub fn place(source: &YamlSource, origin: &Origin) -> Option<NodePlace> {
    match origin.inner() {
        Some(inner) => inside(source, inner),
        None => source.located(origin.line, origin.column),
    }
}

fn inside(source: &YamlSource, inner: &Inner) -> Option<NodePlace> {
    let holder = match &inner.within {
        Some(outer) => inside(source, outer)?,
        None => source.located(inner.line, inner.column)?,
    };
    let steps = match inner.path.is_empty() {
        true => Vec::new(),
        false => FieldPath::parse(&inner.path).ok()?.parts().iter().map(step).collect(),
    };
    let document = usize::try_from(inner.document).ok()?;
    Some(steps.into_iter().fold(holder.then(PlaceStep::Inside(document)), NodePlace::then))
}

/// A step of a field as a step in a file.
pub fn step(part: &PathPart) -> PlaceStep {
    match part {
        PathPart::Key(key) => PlaceStep::Key(key.clone()),
        PathPart::Index(at) => PlaceStep::Index(*at),
        PathPart::Item(pairs) => PlaceStep::Item(pairs.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::Memory;

    fn of_line(text: &str, line: u32, was: &str, new: &str) -> Result<String> {
        let tree = Memory::new([("a.env", text)]);
        let kind = WriteKind::Line { line, was: was.into(), new: new.to_owned() };
        let files = written(&tree, &EditedFiles::new(), &[Write { file: "a.env".into(), kind }])?;
        Ok(String::from_utf8_lossy(files["a.env"].as_deref().unwrap_or_default()).into_owned())
    }

    #[test]
    fn a_line_of_an_env_file_is_changed_and_no_other() {
        assert_eq!(of_line("A=1\r\nB=2\r\nC=3", 2, "B=2", "B=x").as_deref(), Ok("A=1\r\nB=x\r\nC=3"));
        assert_eq!(of_line("A=1\r\nB=2\r\nC=3", 3, "C=3", "C=").as_deref(), Ok("A=1\r\nB=2\r\nC="));
        assert!(of_line("A=1\n", 1, "A=2", "A=3").is_err(), "the line has another value");
        assert!(of_line("A=1\n", 1, "A=1", "A=3\nB=4").is_err(), "it would be two lines");
        assert!(of_line("A=1\n", 7, "A=1", "A=3").is_err(), "there is no such line");
    }
}
