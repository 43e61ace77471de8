//! The content of a `.tar.gz` in a repository: ArtifactGenerator's strategy `Extract`. Source: source-watcher v2.2.2
//! `internal/builder/extract.go`, fluxcd/pkg/tar v1.2.0 `untar.go`.

use std::io::Read;

use flate2::read::GzDecoder;
use tar::{Archive, EntryType};

use super::super::error::{BuildError, Cause, Result};
use super::super::tree::Memory;

/// Flux extracts no more than this.
const LARGEST: u64 = 100 << 20;

/// A file with its content, or a folder.
pub(super) enum Member {
    File(String, Vec<u8>),
    Folder(String),
}

pub(super) fn is_archive(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    path.ends_with(".tar.gz") || path.ends_with(".tgz")
}

/// The files of an archive as a tree.
///
/// # Errors
/// It is none, is too large, or has paths that leave it, or links.
pub fn unpacked(archive: &[u8]) -> Result<Memory> {
    let mut tree = Memory::default();
    for member in members(archive, "")? {
        if let Member::File(path, bytes) = member {
            tree.insert(&path, &bytes);
        }
    }
    Ok(tree)
}

/// Its members, in its order, below `to`.
///
/// # Errors
/// No gzipped tar, larger than Flux allows, paths that leave it, links.
pub(super) fn members(archive: &[u8], to: &str) -> Result<Vec<Member>> {
    let broken = |error: std::io::Error| BuildError::invalid(format!("no gzip-compressed tar: {error}"));
    let mut archive = Archive::new(GzDecoder::new(archive).take(2 * LARGEST));
    let (mut found, mut size) = (Vec::new(), 0);
    for member in archive.entries().map_err(broken)? {
        let mut member = member.map_err(broken)?;
        let path = String::from_utf8(member.path_bytes().into_owned())
            .map_err(|_| BuildError::invalid("a path in the archive is not UTF-8"))?;
        size += member.size();
        if size > LARGEST {
            let message = format!("`{path}`: the archive is bigger than {} MiB", LARGEST >> 20);
            return Err(BuildError::new(Cause::Invalid, message, "Flux refuses it too"));
        }
        if path.is_empty() || path.contains('\\') || path.starts_with('/') || path.contains("../") {
            return Err(BuildError::invalid(format!("tar contained invalid name error {path:?}")));
        }
        let target = super::copies::clean(&format!("{to}/{path}"))?;
        match member.header().entry_type() {
            EntryType::Directory => found.push(Member::Folder(target)),
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let mut bytes = Vec::new();
                member.read_to_end(&mut bytes).map_err(broken)?;
                found.push(Member::File(target, bytes));
            }
            EntryType::XGlobalHeader => {}
            EntryType::Symlink => {
                return Err(BuildError::invalid(format!("tar file entry {path} is a symlink, which is not allowed")));
            }
            _ => return Err(BuildError::invalid(format!("tar file entry {path} is neither a file nor a folder"))),
        }
    }
    Ok(found)
}
