//! Printing: tables, JSON, YAML and names on standard output, remarks on standard error; the same for every command.

mod beside;
mod node;
mod table;

pub(super) use beside::{ask, beside};
pub(super) use node::{Node, name, node, nodes_below, sorted};
pub(super) use table::Table;

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::run;
use fluxdeck_model::domain::ascii;
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::domain::width::fit;
use fluxdeck_model::error::{Error, Result};

/// Whether text for people leaves the program in ASCII.
static IS_ASCII: AtomicBool = AtomicBool::new(false);

/// Says how text for people is spelled from here on.
pub(super) fn spell(is_ascii: bool) {
    IS_ASCII.store(is_ascii, Ordering::Relaxed);
}

fn is_ascii() -> bool {
    IS_ASCII.load(Ordering::Relaxed)
}

/// Writes text for people to standard output, line by line fit for a terminal: names of files, objects and fields are a stranger's too.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn write(text: &str) -> Result<()> {
    raw(leaving(text, None, is_ascii()).as_bytes())
}

/// The same for rows: on a terminal each is cut to its width, unless they are `whole`.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn rows(text: &str, whole: bool) -> Result<()> {
    raw(leaving(text, run::columns().filter(|_| !whole), is_ascii()).as_bytes())
}

/// Text for people as it leaves the program.
fn leaving(text: &str, columns: Option<usize>, is_ascii: bool) -> String {
    let spelled = |text: &str| if is_ascii { ascii::spelled(text).into_owned() } else { text.to_owned() };
    let line = |whole: &str| {
        let text = whole.strip_suffix('\n').unwrap_or(whole);
        let line = spelled(&sanitise_line(text));
        // the sign of a cut is none of ASCII's
        let line = columns.map_or_else(|| line.clone(), |columns| spelled(&fit(&line, columns)));
        line + &whole[text.len()..]
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Ends the program with what clap says: its help, its version, or what is wrong with the call.
pub(super) fn exit(said: &clap::Error) -> ! {
    if !is_ascii() {
        said.exit();
    }
    let text = said.render().to_string();
    if said.use_stderr() {
        beside(&text);
    } else {
        // output that nobody takes cannot be reported
        let _ = write(&text);
    }
    std::process::exit(said.exit_code())
}

/// Writes a document as it is, for other programs. A reader that has gone (`| head`) is not an error.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn raw(bytes: &[u8]) -> Result<()> {
    stream_raw(bytes).map(|_| ())
}

/// As [`write`], for output that goes on. Returns whether anybody still reads it.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn stream(text: &str) -> Result<bool> {
    stream_raw(leaving(text, None, is_ascii()).as_bytes())
}

/// As [`raw`], for output that goes on. Returns whether anybody still reads it.
///
/// # Errors
/// When the output cannot be written.
pub(super) fn stream_raw(bytes: &[u8]) -> Result<bool> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Error::failed(format!("cannot write the output: {error}"), "")),
        Ok(()) => Ok(true),
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

#[cfg(test)]
mod tests {
    use super::leaving;

    #[test]
    fn a_row_is_cut_to_the_terminal_and_spelled_where_there_is_only_ascii() {
        let text = "NAME   REVISION\nweb    3d3b4b7 ≠86058ad\n";
        assert_eq!(leaving(text, None, false), text);
        assert_eq!(leaving(text, Some(10), false), "NAME   RE…\nweb    3d…\n");
        assert_eq!(leaving(text, None, true), "NAME   REVISION\nweb    3d3b4b7 !=86058ad\n");
        assert_eq!(leaving("├── ● Pod web/x\n", Some(9), true), "+-- o Po~\n");
        assert_eq!(leaving("a · \u{1b}[31m\n\nb", None, true), "a - ?[31m\n\nb", "lines stay lines");
    }
}
