//! A commit with its files, and what of it can be taken back by itself.

use std::sync::Arc;

use super::super::edited::EditedFiles;
use super::hunks::CommitFile;
use crate::change::TakenCommit;
use crate::render::node::Text;
use crate::render::tree::{PathKind, Tree};

/// A commit that may be taken back.
pub struct PastCommit<'t> {
    pub commit: TakenCommit,
    /// The files that it changed, against its first parent.
    pub files: Vec<PastFile>,
    /// All files as it left them.
    pub tree: &'t dyn Tree,
}

/// A file before a commit and after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastFile {
    pub path: Text,
    /// None: it was not there.
    pub before: Option<Arc<[u8]>>,
    pub after: Option<Arc<[u8]>>,
    /// Both are texts, and small enough to be read: else their bytes are not known.
    pub is_text: bool,
}

/// What can be taken back by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackPart {
    /// Lines of a file: by the places of the file and of the lines.
    Lines(usize, usize),
    /// A file that came or went as a whole.
    File(usize),
}

impl BackPart {
    pub fn file(self) -> usize {
        match self {
            Self::Lines(file, _) | Self::File(file) => file,
        }
    }
}

/// Lines that others have changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostPlace {
    pub file: Text,
    /// As the commit left it, from 1; none for the file as a whole.
    pub line: Option<usize>,
}

impl PastCommit<'_> {
    /// Its parts, in order; those of what is not text are none.
    pub fn parts(&self) -> Vec<BackPart> {
        let of = |(at, file): (usize, &PastFile)| match file.lines() {
            Some(lines) => (0..lines.hunks.len()).map(|hunk| BackPart::Lines(at, hunk)).collect(),
            None if file.is_text => vec![BackPart::File(at)],
            None => Vec::new(),
        };
        self.files.iter().enumerate().flat_map(of).collect()
    }

    /// The first file that cannot be read here, and so not be taken back.
    pub fn unread(&self) -> Option<&Text> {
        self.files.iter().find(|file| !file.is_text).map(|file| &file.path)
    }

    /// The files of a tree with these parts as they were before; only those that become others.
    ///
    /// # Errors
    /// Where others have changed them since.
    pub fn taken_back(&self, parts: &[BackPart], tree: &dyn Tree) -> Result<EditedFiles, Vec<LostPlace>> {
        let (mut files, mut lost) = (EditedFiles::new(), Vec::new());
        for (at, file) in self.files.iter().enumerate() {
            let own: Vec<BackPart> = parts.iter().copied().filter(|part| part.file() == at).collect();
            if own.is_empty() {
                continue;
            }
            let is_there = tree.entry(&file.path) == Some(PathKind::File);
            let today = is_there.then(|| tree.read(&file.path).ok()).flatten();
            match file.taken_back(&own, today.as_ref()) {
                Ok(bytes) if bytes == today => {}
                Ok(bytes) => drop(files.insert(file.path.clone(), bytes)),
                Err(lines) => lost.extend(lines.into_iter().map(|line| LostPlace { file: file.path.clone(), line })),
            }
        }
        if lost.is_empty() { Ok(files) } else { Err(lost) }
    }
}

impl PastFile {
    /// Its lines, where it was there before and after.
    fn lines(&self) -> Option<CommitFile<'_>> {
        let (before, after) = (self.before.as_deref()?, self.after.as_deref()?);
        self.is_text.then(|| CommitFile::new(before, after))
    }

    /// The file of today with these parts taken back; none: it is not there.
    fn taken_back(&self, parts: &[BackPart], today: Option<&Arc<[u8]>>) -> Result<Option<Arc<[u8]>>, Vec<Option<usize>>> {
        // nothing but this commit has changed it
        let is_whole = |lines: &CommitFile<'_>| lines.hunks.len() == parts.len();
        match (self.lines(), today) {
            (Some(lines), today) if today == self.after.as_ref() && is_whole(&lines) => Ok(self.before.clone()),
            (Some(lines), Some(today)) => {
                let hunk = |part: &BackPart| if let BackPart::Lines(_, hunk) = part { Some(*hunk) } else { None };
                let chosen: Vec<usize> = parts.iter().filter_map(hunk).collect();
                let named = |lost: Vec<usize>| lost.into_iter().map(|hunk| Some(lines.line(hunk))).collect();
                lines.taken_back(today, &chosen).map(|bytes| Some(Arc::from(bytes))).map_err(named)
            }
            (None, today) if today == self.after.as_ref() => Ok(self.before.clone()),
            // it is so already
            (None, today) if today == self.before.as_ref() => Ok(self.before.clone()),
            _ => Err(vec![None]),
        }
    }
}

/// `apps/web.yaml:12`.
impl std::fmt::Display for LostPlace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.file),
            None => f.write_str(&self.file),
        }
    }
}
