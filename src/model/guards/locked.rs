//! Why a file is locked, in words. No content of a file is in them.

use std::fmt;

use super::policy::{FILE, Whose};
use crate::domain::text::sanitise_line;
use crate::error::Error;

/// A file that must not be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locked {
    pub path: String,
    pub why: Why,
}

/// Lines are from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
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
        by: Whose,
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
            Why::Outside => format!("`{path}` is not a path inside the repository"),
            Why::OfGit => format!("`{path}` belongs to git itself"),
            Why::Link { at, target } if *at == self.path => format!("`{path}` is a symbolic link to `{}`", other(target)),
            Why::Link { at, target } => {
                format!("`{path}` lies below `{}`, a symbolic link to `{}`", other(at), other(target))
            }
            Why::Submodule { at } if *at == self.path => format!("`{path}` is a submodule"),
            Why::Submodule { at } => format!("`{path}` lies in the submodule `{}`", other(at)),
            Why::Marker { at } => format!("`{path}` is guarded by `{}`", other(at)),
            Why::Denied { glob, by: Whose::Repository } => format!("`{path}` is denied by `{}` in {FILE}", other(glob)),
            Why::Denied { glob, by: Whose::User } => format!("`{path}` is denied by `{}` in your config.toml", other(glob)),
            Why::Filtered { filter } => format!("git keeps `{path}` through the filter `{}`", other(filter)),
            Why::Encrypted { line } => format!("`{path}` is encrypted by SOPS (line {line})"),
            Why::Generated { line } => format!("`{path}` says that it is generated and must not be edited (line {line})"),
            Why::SecretSource { by } => format!("`{path}` holds values of a Secret, for `{}`", other(by)),
            Why::SecretValue => format!("the edit of `{path}` would set the value of a Secret"),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self.why {
            Why::Outside | Why::OfGit => "name a file of the repository",
            Why::Link { .. } => "edit the file that the link leads to, by its own path",
            Why::Submodule { .. } => "make the change in that repository",
            Why::Marker { .. } | Why::Generated { .. } => "change what generates it",
            Why::Denied { .. } => "ask those who own the rule; nothing overrides it",
            Why::Filtered { .. } => "edit it in a checkout where the filter is set up",
            Why::Encrypted { .. } => "use `sops edit`",
            Why::SecretSource { .. } | Why::SecretValue => "values of Secrets are written by hand, encrypted",
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
