//! What a repository says to this program, in `.fluxdeck.toml`, and the globs that deny.
//!
//! Any user who may push can change the file: it is parsed strictly, and its effects are bounded. An unknown key is an error, since it may be
//! a rule that someone relies on. The programs that it names are run only once the user has allowed exactly them; it names no path of this
//! machine and no address.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde::Deserialize;

use super::command::PolicyCommand;
use super::locked::LockReason;
use crate::domain::text::sanitise;
use crate::error::{Error, Result};
use crate::render::repository::{AppliedElsewhere, LARGEST_SETTINGS, PushedFolder, SETTINGS_FILE};
use crate::render::tree::{PathKind, Tree};

/// Its path in a repository.
pub const FILE: &str = SETTINGS_FILE;
/// Most globs, and the longest one in bytes.
const MOST: usize = 1000;
const LONGEST: usize = 512;
/// Most labels and reviewers.
const MOST_NAMES: usize = 50;

/// The file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RepositoryPolicy {
    deny: Vec<String>,
    pub changes: ChangePolicy,
    /// What is built from the repository: [`crate::render::repository`] reads it.
    pub kustomizations: Vec<AppliedElsewhere>,
    pub artifacts: Vec<PushedFolder>,
    /// Programs that check its changes.
    pub policy: Vec<PolicyCommand>,
}

/// What it says of changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChangePolicy {
    deny: Vec<String>,
    /// What branches are called, with `{change}` in it.
    pub branch: Option<String>,
    /// Whether commits are signed off; nothing said: as the repository's last commits are.
    pub sign_off: Option<bool>,
    /// Labels, and who is asked for a review, where a change names none.
    pub labels: Vec<String>,
    pub reviewers: Vec<String>,
}

impl RepositoryPolicy {
    /// What a tree says; nothing where it has no such file. One that is there and cannot be read forbids everything until it can.
    ///
    /// # Errors
    /// It is there and is not a file, or cannot be read; as [`RepositoryPolicy::read`].
    pub fn of(tree: &dyn Tree) -> Result<Self> {
        match tree.entry(FILE) {
            None => Ok(Self::default()),
            Some(PathKind::File) => Self::read(&tree.read(FILE)?),
            Some(_) => Err(Error::failed(format!("{FILE} is not a file"), "its rules cannot be known: put a file in its place")),
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// It is no such file: the line, and what is wrong there.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let wrong = |line: Option<usize>, what: &str| {
            let at = line.map_or_else(String::new, |line| format!(":{line}"));
            Error::failed(format!("{FILE}{at}: {}", sanitise(what)), "`fluxdeck init --stdout` prints every key that it takes")
        };
        if bytes.len() > LARGEST_SETTINGS {
            return Err(wrong(None, &format!("it is larger than {LARGEST_SETTINGS} bytes")));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| wrong(None, "it is not UTF-8"))?;
        let line = |at: usize| text.get(..at).unwrap_or(text).matches('\n').count() + 1;
        let read: Self =
            toml::from_str(text).map_err(|error| wrong(error.span().map(|span| line(span.start)), error.message()))?;
        match PolicyCommand::fault(&read.policy).or_else(|| read.changes.fault()) {
            Some(fault) => Err(wrong(None, &fault)),
            None => Ok(read),
        }
    }

    /// The globs that it denies, by themselves or of changes.
    pub fn deny(&self) -> impl Iterator<Item = &str> {
        self.deny.iter().chain(&self.changes.deny).map(String::as_str)
    }
}

impl ChangePolicy {
    fn fault(&self) -> Option<String> {
        let is_none = |name: &&String| name.trim().is_empty() || name.len() > LONGEST || sanitise(name) != **name;
        let names = || self.labels.iter().chain(&self.reviewers);
        let wrong = names().find(is_none).map(|name| format!("`{name}` is neither a label nor a reviewer"));
        wrong.or_else(|| (names().count() > MOST_NAMES).then(|| format!("there are more than {MOST_NAMES} labels and reviewers")))
    }
}

/// Who denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleOwner {
    User,
    Repository,
}

/// Paths that are denied: `*` and `?` within a name, `**` over folders, `[ab]`, `{a,b}`. Without a `/` a glob means a name anywhere, and one
/// that fits a folder means everything in it.
#[derive(Clone, Debug, Default)]
pub struct DenyList {
    set: GlobSet,
    globs: Vec<(String, RuleOwner)>,
}

impl DenyList {
    /// # Errors
    /// A glob that is none, or too many of them.
    pub fn new<'g>(globs: impl IntoIterator<Item = (&'g str, RuleOwner)>) -> Result<Self> {
        let globs: Vec<_> = globs.into_iter().map(|(glob, whose)| (glob.to_owned(), whose)).collect();
        if globs.len() > MOST {
            return Err(Error::failed(format!("there are more than {MOST} globs"), "name folders instead of files"));
        }
        let mut set = GlobSetBuilder::new();
        for (glob, _) in &globs {
            let wrong = |why: &str| {
                let message = format!("`{}` is not a glob: {}", sanitise(glob), sanitise(why));
                Error::failed(message, "a glob is written like clusters/*/flux-system/**")
            };
            if glob.len() > LONGEST {
                return Err(wrong("it is too long"));
            }
            for pattern in patterns(glob) {
                let built = GlobBuilder::new(&pattern).literal_separator(true).backslash_escape(true).build();
                set.add(built.map_err(|error| wrong(&error.kind().to_string()))?);
            }
        }
        let set = set
            .build()
            .map_err(|error| Error::failed(format!("the globs are too much: {}", sanitise(&error.to_string())), ""))?;
        Ok(Self { set, globs })
    }

    /// All that deny a path, as they are written.
    pub fn globs(&self, path: &str) -> Vec<&str> {
        let mut found: Vec<_> = self.set.matches(path).into_iter().map(|at| at / 2).collect();
        found.dedup();
        found.into_iter().map(|at| self.globs[at].0.as_str()).collect()
    }

    /// The first that denies a path.
    pub(super) fn of(&self, path: &str) -> Option<LockReason> {
        let at = self.set.matches(path).into_iter().min()?;
        let (glob, by) = &self.globs[at / 2];
        Some(LockReason::Denied { glob: glob.clone(), by: *by })
    }
}

/// A glob is two patterns: what it names, and everything in that.
fn patterns(glob: &str) -> [String; 2] {
    let plain = glob.trim_start_matches('/').trim_end_matches('/');
    let named = if glob.trim_end_matches('/').contains('/') { plain.to_owned() } else { format!("**/{plain}") };
    let inside = format!("{named}/**");
    [named, inside]
}
