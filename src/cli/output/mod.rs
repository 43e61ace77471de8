//! Printing: tables, JSON, YAML and names on standard output, remarks on standard error; the same for every command.

mod beside;
mod node;
mod table;

pub(super) use beside::{ask, beside};
pub(super) use node::{Node, node, nodes_below, sorted};
pub(super) use table::Table;

use std::io::Write;

use serde::Serialize;

use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::{Error, Result};

/// Writes text for people to standard output, line by line fit for a terminal: names of files, objects and fields are a stranger's too.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write(text: &str) -> Result<()> {
    raw(text.split_inclusive('\n').map(line).collect::<String>().as_bytes())
}

fn line(whole: &str) -> String {
    let text = whole.strip_suffix('\n').unwrap_or(whole);
    format!("{}{}", sanitise_line(text), &whole[text.len()..])
}

/// Writes a document as it is, for other programs. A reader that has gone (`| head`) is not an error.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn raw(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::failed(format!("cannot write the output: {error}"), ""))
        }
        _ => Ok(()),
    }
}

/// Writes a value as JSON.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn json(value: &impl Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Error::failed(format!("cannot write JSON: {error}"), ""))?;
    raw(format!("{text}\n").as_bytes())
}

/// Writes a value as YAML.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn yaml(value: &impl Serialize) -> Result<()> {
    raw(serde_yaml::to_string(value).map_err(|error| Error::failed(format!("cannot write YAML: {error}"), ""))?.as_bytes())
}
