//! Why a build failed: what, where, and what to do. A build never returns a partial result.

use std::fmt;
use std::sync::Arc;

use super::node::{Layer, Location, Origin, Text};
use crate::error::Error;

/// Whether kustomize fails here too, or only we do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The files are wrong: kustomize fails as well.
    Invalid,
    /// The files ask for what is not done here: plugins, functions, Helm charts.
    Refused,
    /// Larger, deeper or more entangled than any real repository: bounded for safety.
    Limit,
    /// A file or folder that is not there.
    Missing,
    /// A remote resource, which is not here.
    NotHere,
}

/// A build that failed: what failed on what, the place where the files say so, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildError {
    pub cause: Cause,
    pub message: String,
    pub hint: String,
    /// Path in the tree, and line and column from 1; 0 where only the file is known.
    pub file: Option<Text>,
    pub line: u32,
    pub column: u32,
}

pub type Result<T> = std::result::Result<T, BuildError>;

impl BuildError {
    pub fn new(cause: Cause, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { cause, message: message.into(), hint: hint.into(), file: None, line: 0, column: 0 }
    }

    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Cause::Invalid, message, "")
    }

    pub fn refused(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Cause::Refused, message, hint)
    }

    pub fn not_here(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Cause::NotHere, message, hint)
    }

    /// At a place, unless a place is known already.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        if self.file.is_none() {
            self.file = Some(match &*origin.location {
                Location::File(path) | Location::Remote(path) => path.clone(),
                object => object.to_string().into(),
            });
            self.line = origin.line;
            self.column = origin.column;
        }
        self
    }

    /// In a file or an object, unless a place is known already.
    #[must_use]
    pub fn within(self, location: &Arc<Location>) -> Self {
        self.at(&Origin::at(location, 0, 0, Layer::default()))
    }

    /// In a file, unless a place is known already.
    #[must_use]
    pub fn in_file(mut self, file: &Text) -> Self {
        if self.file.is_none() {
            self.file = Some(file.clone());
        }
        self
    }
}

/// For users: the place and what failed there, without the hint.
impl From<BuildError> for Error {
    fn from(mut error: BuildError) -> Self {
        let hint = std::mem::take(&mut error.hint);
        Self::failed(error.to_string(), hint)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            f.write_str(file)?;
            if self.line > 0 {
                write!(f, ":{}:{}", self.line, self.column)?;
            }
            f.write_str(": ")?;
        }
        f.write_str(&self.message)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, ": {}", self.hint) }
    }
}

impl std::error::Error for BuildError {}
