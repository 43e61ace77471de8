//! The file that makes an object, with another content: from a file, from standard input, or from the user's editor at a terminal.

use std::io::IsTerminal as _;

use super::Arguments;
use crate::cli::{Call, source};
use crate::{programs, records};
use fluxdeck_model::change::{FileChoice, HandEdit, OpenedFile, Opening, hand};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::playbooks::{Playbook, PlaybookStart};

/// Whether a file is edited.
pub(super) fn is_edited(playbook: &Playbook) -> bool {
    playbook.start == PlaybookStart::File
}

/// What belongs to fields is not for a file, and the other way round.
///
/// # Errors
/// What does not go together.
pub(super) fn fits(playbook: &Playbook, arguments: &Arguments) -> Result<()> {
    let has_fields = !arguments.settings().is_empty() || !arguments.leave_out.is_empty();
    match is_edited(playbook) {
        true if has_fields => {
            Err(Error::usage(format!("{} sets no fields", playbook.name), "write --content FILE, or edit it at a terminal"))
        }
        true if arguments.objects.len() > 1 => Err(Error::usage("one file is edited at a time", "name one object")),
        false if arguments.content.is_some() => Err(Error::usage(format!("{} takes no file", playbook.name), "see --help")),
        _ => Ok(()),
    }
}

/// What is typed into the file; none where nothing is.
///
/// # Errors
/// Several files make the object and none is named; the new content is not there, or cannot be taken. What was typed is kept.
pub(super) async fn edited(call: &Call, arguments: &Arguments, opening: Opening) -> Result<Option<HandEdit>> {
    let OpenedFile { at, text } = match opening {
        Opening::File(file) => file,
        Opening::Several(choices) => return Err(several(&arguments.objects[0], &choices)),
    };
    let (new, kept) = match &arguments.content {
        Some(file) => (source::text(file)?, String::new()),
        None => typed(call, arguments, &at.file, &text, at.line).await?,
    };
    match hand::check(&at.file, &text, &new) {
        Ok(_) => Ok(HandEdit::between(&at.file, &text, &new)),
        Err(error) if kept.is_empty() => Err(error),
        Err(error) => Err(Error { hint: format!("what you typed is kept: repair it and pass --content {kept}"), ..error }),
    }
}

/// Opens the editor on it. Returns the text, and where it is kept.
async fn typed(call: &Call, arguments: &Arguments, file: &str, text: &str, line: u32) -> Result<(String, String)> {
    if !(std::io::stdin().is_terminal() && std::io::stdout().is_terminal()) {
        return Err(Error::usage(
            format!("there is no new content for {file}"),
            "pass --content FILE; at a terminal $EDITOR asks for it",
        ));
    }
    let nowhere = || Error::failed("nothing is kept by this run: the editor has no file to open", "pass --content FILE");
    let dir = call.options.state_dir.as_ref().ok_or_else(nowhere)?;
    let name = format!("{} {} {file}", call.context, arguments.objects[0]);
    let failed = |error: std::io::Error| Error::failed(format!("the text cannot be kept for the editor: {error}"), "");
    let path = records::manuscripts::put(&*call.options.disk, dir, &name, text).map_err(failed)?;
    let kept = path.display().to_string();
    programs::edit(&path, line).await.map_err(|failure| failure.error(&format!("{file} was not edited")))?;
    let read = records::manuscripts::read(&*call.options.disk, &path);
    Ok((read.map_err(|error| Error::failed(format!("{kept} cannot be read: {error}"), ""))?, kept))
}

fn several(object: &str, choices: &[FileChoice]) -> Error {
    let one = |one: &FileChoice| format!("--layer {} ({})", one.at, one.word);
    let all = choices.iter().map(one).collect::<Vec<_>>().join(", ");
    Error::usage(format!("several files make {object}"), format!("name one: {all}"))
}
