//! Other people's programs: what the user has installed, asked with a timeout and without a network.
//!
//! Nothing is asked of them that was not wished, nothing that they say is taken for granted. `$EDITOR`, git and policy commands do *not*
//! belong here yet.

mod opinion;
mod run;

pub use opinion::{Opinion, second};
