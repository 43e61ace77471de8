//! Other people's programs: what the user has installed, asked with a timeout; without a network, but for git's fetching.
//!
//! Nothing is asked of them that was not wished, nothing that they say is taken for granted. Policy commands do *not* belong here yet.

mod editor;
mod git;
mod login;
mod opinion;
mod run;

pub use editor::editor;
pub use git::fetch;
pub use opinion::{Opinion, second};
