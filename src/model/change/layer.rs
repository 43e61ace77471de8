//! Which of the places that set a field is to be changed, as a person says it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What `--layer` takes for a patch of one object only.
const NEW_PATCH: &str = "new-patch";

/// Which of the ways is to be taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LayerChoice {
    /// The one that sets the field.
    #[default]
    Set,
    /// By its number among all that there are, from 1.
    Number(usize),
    /// By its place.
    At { file: String, line: u32 },
    /// A patch for this object only.
    NewPatch,
}

impl LayerChoice {
    /// Reads what `--layer` takes.
    ///
    /// # Errors
    /// It is none of that.
    pub fn parse(text: &str) -> Result<Self> {
        if text == NEW_PATCH {
            return Ok(Self::NewPatch);
        }
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let at =
            text.rsplit_once(':').and_then(|(file, line)| Some(Self::At { file: file.to_owned(), line: line.parse().ok()? }));
        at.ok_or_else(|| {
            Error::usage(format!("`{text}` is not a layer"), "write --layer N, --layer FILE:LINE or --layer new-patch")
        })
    }
}

/// As `--layer` takes it; empty for the layer that sets the field.
impl fmt::Display for LayerChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set => Ok(()),
            Self::Number(number) => write!(f, "{number}"),
            Self::At { file, line } => write!(f, "{file}:{line}"),
            Self::NewPatch => f.write_str(NEW_PATCH),
        }
    }
}
