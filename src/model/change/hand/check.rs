//! Whether a saved text can be taken at all, before anything is built: so that the editor can be opened on it again.

use std::sync::Arc;

use super::edit::HandEdit;
use crate::edit::YamlSource;
use crate::error::{Error, Result};
use crate::render::node::{Layer, Text};
use crate::render::read::{TextPlace, documents};

/// Files that are read as YAML.
const MANIFESTS: &[&str] = &[".yaml", ".yml", ".json"];

/// What was seen of a text: that it is YAML, or why nobody has looked.
///
/// # Errors
/// It is not YAML, and was; an edit that did not fit is still marked in it.
pub fn check(file: &str, before: &str, after: &str) -> Result<std::result::Result<String, String>> {
    if let Some(line) = HandEdit::marked_at(after) {
        let hint = "take what is right, and the marks out";
        return Err(Error::failed(format!("{file}:{line} has the mark of an edit that did not fit"), hint));
    }
    if !is_manifest(file) {
        return Ok(Err(format!("{file} is not a file of YAML")));
    }
    let Err(why) = YamlSource::read(after.as_bytes()) else { return Ok(Ok(format!("{file} is YAML to two readers"))) };
    let place = TextPlace::file(&Text::from(file), Layer::Resource);
    let is_read = |text: &str| documents(text.as_bytes(), &place).is_ok();
    // what was a template before, or something that only one reader takes, may stay so
    match YamlSource::read(before.as_bytes()).is_ok() || is_read(before) && !is_read(after) {
        true => {
            let error = Error::from(why);
            Err(Error { message: format!("{file}: {}", error.message), ..error })
        }
        false => Ok(Err(format!("{file} is not read by two readers of YAML, before as after: {why}"))),
    }
}

/// Whether a file is read as YAML, by its name.
pub fn is_manifest(file: &str) -> bool {
    MANIFESTS.iter().any(|ending| file.ends_with(ending))
}

/// The text of a file that a person can edit.
///
/// # Errors
/// It is too large, or not text.
pub fn text(file: &str, bytes: &Arc<[u8]>) -> Result<String> {
    /// In bytes: no manifest of a person is that large.
    const LARGEST: usize = 1 << 20;
    let refused = |why: &str| Error::failed(format!("{file} {why}"), "edit it in a checkout of yours");
    if bytes.len() > LARGEST {
        return Err(refused("is larger than 1 MiB"));
    }
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
    text.map(str::to_owned).ok_or_else(|| refused("is not a text of UTF-8"))
}
