//! Text → nodes, each with its line and column, as kustomize reads YAML and JSON.
//!
//! The scanner is libyaml's, which go-yaml ports as well, so that both accept and refuse the same texts. Aliases are expanded at once and
//! merge keys (`<<`) are resolved as kyaml's `DeAnchor` does it. Source: kyaml v0.21.1 `kio/byteio_reader.go`, `yaml/rnode.go`; go-yaml v3.

mod anchors;
mod bare_tag;
mod compose;
mod merge_keys;
mod remarks;

use std::sync::Arc;

use super::error::{BuildError, Cause, Result};
use super::node::{Inner, Layer, Location, Node, Text};
use super::tree::MAX_FILE;

pub(crate) use compose::uncut;
pub use remarks::Remarks;

/// Where a text stands: a file, or a block scalar in a file.
#[derive(Clone, Debug)]
pub struct TextPlace {
    pub location: Arc<Location>,
    pub layer: Layer,
    /// Added to the text's own lines and columns (both 0 for a whole file).
    pub line: u32,
    pub column: u32,
    /// Lines of the text are lines of the file. Not so in quoted or folded scalars: there everything has the position of the scalar.
    pub is_exact: bool,
    /// The scalar that holds the text, its path that of the text's root.
    pub embedded: Option<Inner>,
}

impl TextPlace {
    /// A file, by its path or its address.
    pub fn file(file: &Text, layer: Layer) -> Self {
        Self::whole(Location::of(file), layer)
    }

    /// An object of the cluster: it has no lines to open.
    pub fn object(kind: &str, namespace: &str, name: &str, layer: Layer) -> Self {
        Self::whole(Location::Object { kind: kind.into(), namespace: namespace.into(), name: name.into() }, layer)
    }

    fn whole(location: Location, layer: Layer) -> Self {
        Self { location: Arc::new(location), layer, line: 0, column: 0, is_exact: true, embedded: None }
    }

    /// The text of a scalar: line by line for a literal block (`|`), else the scalar itself.
    pub fn inside(scalar: &Node, layer: Layer) -> Self {
        let origin = scalar.origin();
        let layer = origin.as_layer(layer).layer;
        let (location, within) = (Arc::clone(&origin.location), origin.inner().cloned());
        let embedded = Some(Inner { line: origin.line, column: origin.column, document: 0, path: "".into(), within });
        match scalar.style {
            super::node::Style::Literal(column) if column > 0 => {
                Self { location, layer, line: origin.line, column: u32::from(column) - 1, is_exact: true, embedded }
            }
            _ => Self { location, layer, line: origin.line, column: origin.column, is_exact: false, embedded },
        }
    }
}

/// All documents of a text, empty ones left out, as kustomize reads manifests: it splits at lines that start with `---` itself.
///
/// # Errors
/// Not YAML, not UTF-8 (nor UTF-16 with its mark), too large, too deep, or too many aliases.
pub fn documents(bytes: &[u8], place: &TextPlace) -> Result<Vec<Node>> {
    let text = text(bytes, place)?;
    if is_utf16(bytes) {
        // kyaml looks for separators in the bytes, and finds none between the zeros: what follows the first document is not looked at
        return Ok(compose::first_document(&text, place)?.into_iter().collect());
    }
    let mut nodes = Vec::new();
    for (number, (line, document)) in (0..).zip(split(&text, place)?) {
        if let Some(node) = compose::first_document(document, &place.down(line, number))? {
            nodes.push(node);
        }
    }
    Ok(nodes)
}

/// The first document of a text; the others are not looked at, as in Go's `yaml.Unmarshal`.
///
/// # Errors
/// As [`documents`].
pub fn document(bytes: &[u8], place: &TextPlace) -> Result<Option<Node>> {
    compose::first_document(&text(bytes, place)?, place)
}

impl TextPlace {
    fn down(&self, lines: u32, document: u32) -> Self {
        let embedded = self.embedded.clone().map(|inner| Inner { document, ..inner });
        Self { line: if self.is_exact { self.line + lines } else { self.line }, embedded, ..self.clone() }
    }
}

fn text(bytes: &[u8], place: &TextPlace) -> Result<String> {
    if bytes.len() > MAX_FILE {
        let message = format!("the file has {} MiB, more than {} are not read", bytes.len() >> 20, MAX_FILE >> 20);
        return Err(BuildError::new(Cause::Limit, message, "split it").within(&place.location));
    }
    if is_utf16(bytes) {
        return utf16(bytes, place);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(if text.contains("\r\n") { text.replace("\r\n", "\n") } else { text.to_owned() }),
        Err(error) => {
            let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            let mut failed = BuildError::new(Cause::Invalid, "not UTF-8", "save the file as UTF-8").within(&place.location);
            failed.line = place.line + u32::try_from(line).unwrap_or(u32::MAX) + 1;
            failed.column = 1;
            Err(failed)
        }
    }
}

/// A byte order mark decides, as in go-yaml's reader (`readerc.go`).
fn is_utf16(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF])
}

fn utf16(bytes: &[u8], place: &TextPlace) -> Result<String> {
    let unit = if bytes.starts_with(&[0xFF, 0xFE]) { u16::from_le_bytes } else { u16::from_be_bytes };
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().skip(1).map(|pair| unit(*pair)).collect();
    match String::from_utf16(&units) {
        Ok(text) if rest.is_empty() => Ok(text.replace("\r\n", "\n")),
        _ => {
            let failed = BuildError::new(Cause::Invalid, "not UTF-16, though it begins so", "save the file as UTF-8");
            Err(BuildError { line: place.line + 1, column: 1, ..failed.within(&place.location) })
        }
    }
}

/// The documents of a text and the line (from 0) at which each starts. Between two separators that share a line end only one is seen, as the
/// regular expression `\n---.*\n` of kyaml finds them.
fn split<'t>(text: &'t str, place: &TextPlace) -> Result<Vec<(u32, &'t str)>> {
    let mut found = Vec::new();
    let (mut start, mut start_line, mut from) = (0, 0u32, 0);
    while let Some(at) = text[from..].find("\n---") {
        let at = from + at;
        let Some(length) = text[at + 1..].find('\n') else { break };
        let separator = &text[at + 4..at + 1 + length];
        let line = start_line + lines_in(&text[start..=at]);
        let trailing = separator.trim();
        if !trailing.is_empty() && !trailing.starts_with('#') {
            let mut failed = BuildError::invalid(format!("invalid document separator `---{separator}`")).within(&place.location);
            failed.line = place.line + line + 1;
            failed.column = 1;
            return Err(failed);
        }
        found.push((start_line, &text[start..=at]));
        start = at + 1 + length + 1;
        start_line = line + 1;
        from = start;
    }
    found.push((start_line, &text[start..]));
    Ok(found)
}

fn lines_in(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
