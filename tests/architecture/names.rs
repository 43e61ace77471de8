//! Names of files and folders: no listing of git quotes one, so that the top level reads as what it is.

use std::path::{Path, PathBuf};

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the repository").flatten() {
        found.push(entry.path());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            below(&entry.path(), found);
        }
    }
}

/// `core.quotePath` (git-config): bytes above 0x7f, control characters, `"` and `\` are quoted.
fn is_quoted(name: &str) -> bool {
    !name.is_ascii() || name.contains(|letter: char| letter.is_ascii_control() || "\"\\".contains(letter))
}

#[test]
fn no_name_in_the_repository_is_one_that_git_quotes() {
    let (root, mut found) = (Path::new(env!("CARGO_MANIFEST_DIR")), Vec::new());
    for folder in ["src", "tests", "themes", "screenshots"] {
        below(&root.join(folder), &mut found);
    }
    assert!(found.len() > 500, "{}", found.len());
    let quoted: Vec<_> = found
        .iter()
        .map(|path| path.strip_prefix(root).expect("below it"))
        .filter(|path| is_quoted(&path.to_string_lossy()))
        .collect();
    assert!(quoted.is_empty(), "{quoted:?}");
    assert!(["\u{fc}bung", "a\"b", "a\tb", "a\\b"].iter().all(|name| is_quoted(name)) && !is_quoted("a file.yaml"));
}
