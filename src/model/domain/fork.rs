//! A fork: a repository of a user's own that was made of another one, for those who may not push to that. It is named as forges name
//! repositories, `OWNER/NAME`; of GitLab the owner may be groups.
//!
//! It comes from a forge: it is sanitised where it is drawn. Talking to a forge does *not* belong here.

use serde::{Deserialize, Serialize};

/// What there is for a user who may not push to a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForkOffer {
    /// A fork of that user's is there already.
    There { repository: String },
    /// There is none: it would be this one.
    New { repository: String },
    /// None can be used or made: why.
    No { why: String },
}

impl ForkOffer {
    /// The fork, made already or not.
    pub fn repository(&self) -> Option<&str> {
        match self {
            Self::There { repository } | Self::New { repository } => Some(repository),
            Self::No { .. } => None,
        }
    }

    /// What would be done: `push to your fork ana/fleet, which is there`; or why nothing can be.
    pub fn words(&self) -> String {
        match self {
            Self::There { repository } => format!("push to your fork {repository}, which is there"),
            Self::New { repository } => format!("make the fork {repository}, and push to that"),
            Self::No { why } => format!("no fork can be used: {why}"),
        }
    }
}
