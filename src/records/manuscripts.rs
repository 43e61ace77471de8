//! Texts that are being edited, as files for the user's editor: objects, words for a pull request. One stays until the same is edited again: what a person typed is
//! not lost with the program.

use std::path::{Path, PathBuf};

use crate::files::Disk;

const FOLDER: &str = "edits";

/// Writes a text under a name of its own, with its extension. Returns where it is.
///
/// # Errors
/// When the file cannot be written.
pub fn put(disk: &dyn Disk, dir: &Path, name: &str, text: &str) -> std::io::Result<PathBuf> {
    let folder = dir.join(FOLDER);
    disk.make_dir(&folder)?;
    let path = folder.join(file_name(name));
    disk.replace(&path, text.as_bytes())?;
    Ok(path)
}

/// Reads it as the editor left it.
///
/// # Errors
/// It is gone, or not text.
pub fn read(disk: &dyn Disk, path: &Path) -> std::io::Result<String> {
    String::from_utf8(disk.read(path)?).map_err(|_| std::io::Error::other("it is not UTF-8"))
}

/// A name of an object as one of a file: no separators, nothing hidden.
fn file_name(name: &str) -> String {
    let letter = |letter: char| if letter.is_ascii_alphanumeric() || "._-".contains(letter) { letter } else { '-' };
    name.trim_start_matches('.').chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::REAL;

    #[test]
    fn a_text_is_there_for_the_editor_whatever_the_object_is_called() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = put(REAL, dir.path(), "../prod Deployment web/web.yaml", "a: 1\n").expect("written");
        assert_eq!(path, dir.path().join("edits/-prod-Deployment-web-web.yaml"));
        assert_eq!(read(REAL, &path).expect("there"), "a: 1\n");
        std::fs::write(&path, [0xff]).expect("written");
        assert!(read(REAL, &path).is_err());
    }
}
