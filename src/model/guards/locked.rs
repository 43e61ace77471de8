//! Why a file is locked, in words. They contain nothing of the file.

use std::fmt;

use super::policy::{FILE, RuleOwner};
use crate::domain::text::sanitise_line;
use crate::error::Error;

/// A file that must not be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    pub path: String,
    pub why: LockReason,
}

/// Lines are from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockReason {
    /// `..`, an absolute path, or one that names nothing.
    Outside,
    /// It belongs to git itself.
    OfGit,
    /// The file or a folder above it is a symbolic link: what is edited would be another file.
    Link {
        at: String,
        target: String,
    },
    /// The folder holds another repository.
    Submodule {
        at: String,
    },
    /// `DO_NOT_EDIT` in its folder or one above.
    Marker {
        at: String,
    },
    Denied {
        glob: String,
        by: RuleOwner,
    },
    /// git changes the file between repository and work tree: LFS, git-crypt.
    Filtered {
        filter: String,
    },
    /// SOPS encrypted it.
    Encrypted {
        line: u32,
    },
    /// It says so itself.
    Generated {
        line: u32,
    },
    /// Secrets get values from it.
    SecretSource {
        by: String,
    },
    /// The edit would set a Secret's value.
    SecretValue,
}

impl Locked {
    /// What is in the way.
    pub fn message(&self) -> String {
        let path = sanitise_line(&self.path);
        let other = |text: &str| sanitise_line(text).into_owned();
        match &self.why {
            LockReason::Outside => format!("`{path}` is not a path inside the repository"),
            LockReason::OfGit => format!("`{path}` belongs to git itself"),
            LockReason::Link { at, target } if *at == self.path => format!("`{path}` is a symbolic link to `{}`", other(target)),
            LockReason::Link { at, target } => {
                format!("`{path}` is below `{}`, a symbolic link to `{}`", other(at), other(target))
            }
            LockReason::Submodule { at } if *at == self.path => format!("`{path}` is a submodule"),
            LockReason::Submodule { at } => format!("`{path}` is in the submodule `{}`", other(at)),
            LockReason::Marker { at } => format!("`{path}` is guarded by `{}`", other(at)),
            LockReason::Denied { glob, by: RuleOwner::Repository } => {
                format!("`{path}` is denied by `{}` in {FILE}", other(glob))
            }
            LockReason::Denied { glob, by: RuleOwner::User } => {
                format!("`{path}` is denied by `{}` in your config.toml", other(glob))
            }
            LockReason::Filtered { filter } => format!("git keeps `{path}` through the filter `{}`", other(filter)),
            LockReason::Encrypted { line } => format!("`{path}` is encrypted by SOPS (line {line})"),
            LockReason::Generated { line } => format!("`{path}` says that it is generated and must not be edited (line {line})"),
            LockReason::SecretSource { by } => format!("`{path}` holds values of a Secret, for `{}`", other(by)),
            LockReason::SecretValue => format!("the edit of `{path}` would set the value of a Secret"),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.why {
            LockReason::Outside | LockReason::OfGit => "name a file of the repository",
            LockReason::Link { .. } => "edit the target of the link, under its own path",
            LockReason::Submodule { .. } => "make the change in that repository",
            LockReason::Marker { .. } | LockReason::Generated { .. } => "change what generates it",
            LockReason::Denied { .. } => "ask those who own the rule; nothing overrides it",
            LockReason::Filtered { .. } => "edit it in a checkout where the filter is set up",
            LockReason::Encrypted { .. } => "use `sops edit`",
            LockReason::SecretSource { .. } | LockReason::SecretValue => "values of Secrets are written by hand, encrypted",
        }
    }
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for Locked {}

impl From<Locked> for Error {
    fn from(locked: Locked) -> Self {
        Self::failed(locked.message(), locked.hint())
    }
}
