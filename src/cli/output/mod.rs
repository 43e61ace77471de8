//! Printing: tables, JSON, YAML and names on standard output, what is said beside it on standard error; the same for every command.

mod beside;
mod node;
mod table;

pub(super) use beside::{ask, beside};
pub(super) use node::{Node, node, nodes_below, sorted};
pub(super) use table::Table;

use std::io::Write;

use serde::Serialize;

use fluxdeck_model::error::{Error, Result};

/// Writes text to standard output. A reader that has gone (`| head`) is not an error.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
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
    write(&format!("{text}\n"))
}

/// Writes a value as YAML.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn yaml(value: &impl Serialize) -> Result<()> {
    write(&serde_yaml::to_string(value).map_err(|error| Error::failed(format!("cannot write YAML: {error}"), ""))?)
}
