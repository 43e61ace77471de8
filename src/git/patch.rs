//! Changed files as a patch that `git apply` takes, as git itself would write it.

use std::path::Path;

use fluxdeck_model::error::{Error, Result};
use git2::{DiffOptions, Patch};

/// The patch of one file; `before` is none where the file is new, `after` where it is gone. Line ends, a missing last one and names that need quotes are git's concern.
///
/// # Errors
/// git cannot compare them.
pub fn patch(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> Result<Vec<u8>> {
    let failed = |error: git2::Error| Error::failed(format!("git cannot compare {path}: {}", error.message()), "");
    let name = Some(Path::new(path));
    let mut options = DiffOptions::new();
    // what is text here was read as such
    options.force_text(true).context_lines(3);
    let mut patch = Patch::from_buffers(before.unwrap_or_default(), name, after.unwrap_or_default(), name, Some(&mut options))
        .map_err(failed)?;
    let bytes = patch.to_buf().map_err(failed)?.to_vec();
    Ok(match (before, after) {
        (None, _) => created(&bytes),
        (Some(_), None) => removed(&bytes),
        (Some(_), Some(_)) => bytes,
    })
}

/// git2 compares with an empty file: the header says that there was none.
fn created(patch: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (at, line) in patch.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match at {
            1 if line.starts_with(b"index ") => {
                let text = String::from_utf8_lossy(line);
                let ids = text.trim_start_matches("index ").split_whitespace().next().unwrap_or_default();
                let after = ids.split("..").nth(1).unwrap_or_default();
                let none = "0".repeat(after.len());
                lines.extend_from_slice(format!("new file mode 100644\nindex {none}..{after}\n").as_bytes());
            }
            2 if line.starts_with(b"--- ") => lines.extend_from_slice(b"--- /dev/null\n"),
            _ => lines.extend_from_slice(line),
        }
    }
    lines
}

/// The same of a file that is gone.
fn removed(patch: &[u8]) -> Vec<u8> {
    let mut lines = Vec::new();
    for (at, line) in patch.split_inclusive(|byte| *byte == b'\n').enumerate() {
        match at {
            1 if line.starts_with(b"index ") => {
                let text = String::from_utf8_lossy(line);
                let ids = text.trim_start_matches("index ").split_whitespace().next().unwrap_or_default();
                let before = ids.split("..").next().unwrap_or_default();
                let none = "0".repeat(before.len());
                lines.extend_from_slice(format!("deleted file mode 100644\nindex {before}..{none}\n").as_bytes());
            }
            3 if line.starts_with(b"+++ ") => lines.extend_from_slice(b"+++ /dev/null\n"),
            _ => lines.extend_from_slice(line),
        }
    }
    lines
}
