//! Bytes → the pieces that kustomize takes for documents.
//!
//! It splits at lines that begin with `---` before anything reads YAML; `render::read` does the same over a text whose line ends are
//! normalised. Here it is done over the raw bytes, so that a place in one is a place in the other.

use std::ops::Range;

use crate::edit::refusal::Refusal;
use crate::render::tree::MAX_FILE;

/// A part of the text between two separators; it holds one document at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub range: Range<usize>,
    /// Lines before it.
    pub line: u32,
}

/// The text of a file that can be edited.
pub fn text(bytes: &[u8]) -> Result<String, Refusal> {
    if bytes.len() > MAX_FILE {
        return Err(Refusal::TooLarge);
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Refusal::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| Refusal::NotUtf8 { line: line_at(bytes, error.valid_up_to()) })?;
    // a carriage return alone ends a line for YAML, for git it does not
    let is_alone = |at: &usize| bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    match (0..bytes.len()).find(is_alone) {
        Some(at) => Err(Refusal::CarriageReturn { line: line_at(bytes, at) }),
        None => Ok(text.to_owned()),
    }
}

/// As `render::read` splits: a separator shares no line end with the one before it.
pub fn pieces(text: &str) -> Result<Vec<Piece>, Refusal> {
    let mut found = Vec::new();
    let (mut start, mut line) = (0, 0);
    while let Some(at) = text[start..].find("\n---").map(|at| start + at) {
        let Some(length) = text[at + 1..].find('\n') else { break };
        let rest = text[at + 4..at + 1 + length].trim();
        let piece = Piece { range: start..at + 1, line };
        line += lines_in(&text[start..=at]) + 1;
        if !rest.is_empty() && !rest.starts_with('#') {
            return Err(Refusal::Malformed { line, message: "text behind a document separator".to_owned() });
        }
        found.push(piece);
        start = at + 1 + length + 1;
    }
    found.push(Piece { range: start..text.len(), line });
    Ok(found)
}

/// The line of a byte, from 1, as git and editors count.
pub fn line_at(bytes: &[u8], at: usize) -> u32 {
    count(&bytes[..at.min(bytes.len())]).saturating_add(1)
}

fn lines_in(text: &str) -> u32 {
    count(text.as_bytes())
}

fn count(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| **byte == b'\n').count()).unwrap_or(u32::MAX - 1)
}
