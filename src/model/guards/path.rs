//! Guards by place: the way to a file, and markers beside it.
//!
//! A link is refused wherever it leads, not only when it leads out: the edit would be one of another file than the one reviewed. A
//! submodule is known from the tree and from `.gitmodules`, for a work tree has an empty folder where it was never checked out.
//!
//! A marker is an entry that is called `DO_NOT_EDIT`, exactly. A text that says so in prose (`README.md`) locks nothing but, if it is a
//! head comment, itself (`generated`).

use super::locked::LockReason;
use crate::render::tree::{PathKind, Tree, join, parent};

/// In a folder: nothing in it and below it is edited, the marker itself included.
pub const MARKER: &str = "DO_NOT_EDIT";
const MODULES: &str = ".gitmodules";

/// Whether the way to a file leaves the tree, on whatever.
pub(super) fn way(path: &str, tree: &dyn Tree) -> Option<LockReason> {
    let is_plain = !path.is_empty() && !path.contains('\0') && join("", path).is_some_and(|joined| joined == path);
    if !is_plain {
        return Some(LockReason::Outside);
    }
    if path.split('/').any(is_of_git) {
        return Some(LockReason::OfGit);
    }
    let modules = modules(tree);
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.map(|end| &path[..end]).find_map(|at| match tree.entry(at) {
        Some(PathKind::Link(target)) => Some(LockReason::Link { at: at.to_owned(), target }),
        _ if tree.is_submodule(at) || modules.iter().any(|module| module == at) => {
            Some(LockReason::Submodule { at: at.to_owned() })
        }
        _ => None,
    })
}

/// The names of git's own folder, also as file systems without case and with short names have it (git's `is_ntfs_dotgit`).
fn is_of_git(name: &str) -> bool {
    let name = name.trim_end_matches(['.', ' ']);
    name.eq_ignore_ascii_case(".git") || name.eq_ignore_ascii_case("git~1")
}

/// The nearest marker at or above a file.
pub(super) fn marker(path: &str, tree: &dyn Tree) -> Option<LockReason> {
    let mut folders = std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)));
    folders.find_map(|folder| {
        let at = if folder.is_empty() { MARKER.to_owned() } else { format!("{folder}/{MARKER}") };
        tree.entry(&at).is_some().then_some(LockReason::Marker { at })
    })
}

/// The paths that `.gitmodules` names. Its lines are looked at one by one: the rest of git's configuration is not needed for them, and a
/// path too many locks a file that nobody edits.
fn modules(tree: &dyn Tree) -> Vec<String> {
    let Ok(bytes) = tree.read(MODULES) else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    let path = |line: &str| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim().trim_matches('"').trim_end_matches('/');
        (key.trim().eq_ignore_ascii_case("path") && !value.is_empty()).then(|| value.to_owned())
    };
    text.lines().filter_map(path).collect()
}
