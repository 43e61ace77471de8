//! A folder on the disk as a tree: what would be in a commit of it.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fluxdeck_model::domain::text::counted;
use fluxdeck_model::render::error::{BuildError, Cause, Result};
use fluxdeck_model::render::tree::{FolderEntry, MAX_FILE, PathKind, Tree, Version};

/// A file that was changed more recently may change again with the same times: file systems count in ticks.
const SETTLED: Duration = Duration::from_secs(2);

/// A folder. Links are reported, never followed; anything else than a file, a folder or a link is left out.
pub struct Folder {
    root: PathBuf,
    /// Paths that git does not look at, so that no commit has them.
    ignored: BTreeSet<String>,
}

impl Folder {
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), ignored: BTreeSet::new() }
    }

    /// The same without these paths and everything below them.
    #[must_use]
    pub fn without(mut self, ignored: BTreeSet<String>) -> Self {
        self.ignored = ignored;
        self
    }

    fn is_hidden(&self, path: &str) -> bool {
        self.ignored.contains(path) || path == ".git"
    }
}

impl Tree for Folder {
    fn entry(&self, path: &str) -> Option<PathKind> {
        if self.is_hidden(path) {
            return None;
        }
        let path = self.root.join(path);
        let kind = path.symlink_metadata().ok()?.file_type();
        if kind.is_symlink() {
            return Some(PathKind::Link(path.read_link().ok()?.to_string_lossy().into_owned()));
        }
        if kind.is_dir() { Some(PathKind::Folder) } else { kind.is_file().then_some(PathKind::File) }
    }

    /// What has a repository of its own is none of this one's files, whether git knows of it yet or not.
    fn is_submodule(&self, path: &str) -> bool {
        !path.is_empty() && self.root.join(path).join(".git").symlink_metadata().is_ok()
    }

    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        let failed = |error: std::io::Error| unreadable(path, &error);
        // a pipe would never end, a link may lead anywhere
        if self.entry(path) != Some(PathKind::File) {
            return Err(BuildError::new(Cause::Missing, format!("`{path}` is not a file"), ""));
        }
        let file = std::fs::File::open(self.root.join(path)).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        if length > MAX_FILE as u64 {
            return Err(too_large(path, length));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        // one byte more than the limit shows that the file grew
        file.take(MAX_FILE as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
        Ok(bytes.into())
    }

    /// Files have versions by which git itself knows what is unchanged: times, size and inode.
    fn items(&self, path: &str) -> Result<Vec<FolderEntry>> {
        let entries = std::fs::read_dir(self.root.join(path)).map_err(|error| unreadable(path, &error))?;
        let (now, mut items) = (SystemTime::now(), Vec::new());
        for entry in entries.flatten() {
            let Ok(name) = entry.file_name().into_string() else { continue };
            let below = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            // of a link this is the link itself
            let Ok(seen) = entry.metadata() else { continue };
            if self.is_hidden(&below) {
                continue;
            }
            let (entry, version) = match seen.file_type() {
                kind if kind.is_file() => (PathKind::File, version(&seen, now)),
                kind if kind.is_dir() => (PathKind::Folder, None),
                _ => match self.entry(&below) {
                    Some(entry) => (entry, None),
                    None => continue,
                },
            };
            items.push(FolderEntry { name, entry, version });
        }
        items.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(items)
    }

    fn list(&self, path: &str) -> Result<Vec<String>> {
        let entries = std::fs::read_dir(self.root.join(path)).map_err(|error| unreadable(path, &error))?;
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        // a name that is not UTF-8 cannot be written in a manifest
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| !self.is_hidden(&below(name))).collect();
        names.sort();
        Ok(names)
    }
}

/// None where the times do not settle it, as git reads a "racily clean" file again (`Documentation/technical/racy-git.txt`).
#[cfg(unix)]
fn version(seen: &std::fs::Metadata, now: SystemTime) -> Option<Version> {
    use std::os::unix::fs::MetadataExt;
    let nanos = |seconds: i64, nanos: i64| seconds.wrapping_mul(1_000_000_000).wrapping_add(nanos).cast_unsigned();
    let changed = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seen.ctime().try_into().ok()?))?;
    let is_settled = now.duration_since(changed).is_ok_and(|age| age > SETTLED);
    let place = seen.size() ^ seen.dev().rotate_left(40);
    is_settled
        .then(|| Version([nanos(seen.mtime(), seen.mtime_nsec()), nanos(seen.ctime(), seen.ctime_nsec()), seen.ino(), place]))
}

#[cfg(not(unix))]
fn version(_: &std::fs::Metadata, _: SystemTime) -> Option<Version> {
    None
}

fn unreadable(path: &str, error: &std::io::Error) -> BuildError {
    let cause = if error.kind() == std::io::ErrorKind::NotFound { Cause::Missing } else { Cause::Invalid };
    BuildError::new(cause, format!("cannot read it: {error}"), "").in_file(&path.into())
}

/// A file that is larger than any manifest.
pub(super) fn too_large(path: &str, length: u64) -> BuildError {
    let message = format!("{} are more than the {MAX_FILE} that are read of a file", counted(length, "byte"));
    BuildError::new(Cause::Limit, message, "no manifest is that large").in_file(&path.into())
}
