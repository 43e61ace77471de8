//! Namespaces remembered by context: for those who may not list them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::files::Disk;
use fluxdeck_model::domain::Str;

const FILE: &str = "namespaces.json";
/// Names kept for one context.
const MOST: usize = 50;

/// Returns the namespaces that were looked into under this context before; none where nothing is kept.
pub fn remembered(disk: &dyn Disk, dir: Option<&Path>, context: &str) -> Vec<Str> {
    let known = dir.map(|dir| read(disk, dir)).unwrap_or_default();
    known.get(context).into_iter().flatten().map(|name| Str::from(name.as_str())).collect()
}

/// Keeps the namespaces of a context for the next run. What cannot be written is not worth a message.
pub fn remember(disk: &dyn Disk, dir: Option<&Path>, context: &str, namespaces: &BTreeSet<Str>) {
    let Some(dir) = dir else { return };
    let mut known = read(disk, dir);
    known.insert(context.to_owned(), namespaces.iter().take(MOST).map(ToString::to_string).collect());
    let written = serde_json::to_vec_pretty(&known).map_err(std::io::Error::other);
    let kept = written.and_then(|text| disk.make_dir(dir).and_then(|()| disk.replace(&dir.join(FILE), &text)));
    if let Err(error) = kept {
        tracing::warn!(%error, "namespaces are not remembered");
    }
}

fn read(disk: &dyn Disk, dir: &Path) -> BTreeMap<String, Vec<String>> {
    disk.read(&dir.join(FILE)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{Fault, Faulty, REAL};

    #[test]
    fn namespaces_are_kept_by_context() {
        let dir = tempfile::tempdir().expect("a directory");
        remember(REAL, Some(dir.path()), "prod", &["web".into(), "api".into()].into());
        remember(REAL, Some(dir.path()), "staging", &["web".into()].into());

        assert_eq!(remembered(REAL, Some(dir.path()), "prod"), ["api".into(), "web".into()] as [Str; 2]);
        assert!(remembered(REAL, Some(dir.path()), "other").is_empty());
        assert!(remembered(REAL, None, "prod").is_empty());
    }

    #[test]
    fn what_is_remembered_is_whole_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, disk) = (tempfile::tempdir().expect("a directory"), Faulty::new());
        remember(&disk, Some(dir.path()), "prod", &["web".into()].into());
        disk.set(Fault::NoSpace { lands: 3 });
        remember(&disk, Some(dir.path()), "prod", &["api".into()].into());

        assert_eq!(remembered(&disk, Some(dir.path()), "prod"), ["web".into()] as [Str; 1]);
        let mode = std::fs::metadata(dir.path().join(FILE)).expect("there").permissions().mode();
        assert_eq!((mode & 0o777, std::fs::read_dir(dir.path()).expect("there").count()), (0o600, 1));
    }
}
