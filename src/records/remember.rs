//! Namespaces remembered by context: for those who may not list them.

use std::io;
use std::path::Path;

use super::kept;
use crate::files::Disk;
use fluxdeck_model::domain::Str;

const FILE: &str = "namespaces.json";
/// Names kept for one context.
const MOST: usize = 50;

/// Returns the namespaces that were looked into under this context before, those first that were used last; none where nothing is kept.
pub fn remembered(disk: &dyn Disk, dir: Option<&Path>, context: &str) -> Vec<Str> {
    let known = dir.and_then(|dir| kept::read::<Vec<String>>(disk, dir, FILE).ok()).unwrap_or_default();
    known.get(context).into_iter().flatten().map(|name| Str::from(name.as_str())).collect()
}

/// Keeps the namespaces of a context for the next run, of many the first. What cannot be written is not worth a message.
pub fn remember(disk: &dyn Disk, dir: Option<&Path>, context: &str, namespaces: &[Str]) {
    if let Some(Err(error)) = dir.map(|dir| keep(disk, dir, context, namespaces)) {
        tracing::warn!(%error, "namespaces are not remembered");
    }
}

fn keep(disk: &dyn Disk, dir: &Path, context: &str, namespaces: &[Str]) -> io::Result<()> {
    let names: Vec<String> = namespaces.iter().take(MOST).map(ToString::to_string).collect();
    kept::change(disk, dir, FILE, |known| drop(known.insert(context.to_owned(), names)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Fault, Faulty, REAL};

    #[test]
    fn namespaces_are_kept_by_context() {
        let dir = tempfile::tempdir().expect("a directory");
        remember(REAL, Some(dir.path()), "prod", &["web".into(), "api".into()]);
        remember(REAL, Some(dir.path()), "staging", &["web".into()]);

        assert_eq!(remembered(REAL, Some(dir.path()), "prod"), ["web".into(), "api".into()] as [Str; 2]);
        assert!(remembered(REAL, Some(dir.path()), "other").is_empty());
        assert!(remembered(REAL, None, "prod").is_empty());
    }

    #[test]
    fn of_many_names_those_that_were_used_last_are_kept() {
        let dir = tempfile::tempdir().expect("a directory");
        let names: Vec<Str> = (0..=MOST).rev().map(|number| Str::from(format!("n{number:03}"))).collect();
        remember(REAL, Some(dir.path()), "prod", &names);

        assert_eq!(remembered(REAL, Some(dir.path()), "prod"), names[..MOST]);
    }

    #[test]
    fn what_cannot_be_read_is_not_replaced() {
        let dir = tempfile::tempdir().expect("a directory");
        std::os::unix::fs::symlink(FILE, dir.path().join(FILE)).expect("a link that leads to itself");
        remember(REAL, Some(dir.path()), "prod", &["web".into()]);

        assert!(dir.path().join(FILE).is_symlink());
    }

    #[test]
    fn what_is_remembered_is_whole_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, disk) = (tempfile::tempdir().expect("a directory"), Faulty::new());
        remember(&disk, Some(dir.path()), "prod", &["web".into()]);
        disk.set(Fault::NoSpace { lands: 3 });
        remember(&disk, Some(dir.path()), "prod", &["api".into()]);

        assert_eq!(remembered(&disk, Some(dir.path()), "prod"), ["web".into()] as [Str; 1]);
        let mode = std::fs::metadata(dir.path().join(FILE)).expect("there").permissions().mode();
        assert_eq!((mode & 0o777, std::fs::read_dir(dir.path()).expect("there").count()), (0o600, 1));
    }
}
