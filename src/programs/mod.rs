//! External programs that the user has installed, run with a timeout, and without network except for git's fetch and push, and for what
//! prints tokens.
//!
//! They run only on request, and nothing that they print is trusted.

mod branch;
mod commit;
mod copy;
mod credential_helper;
mod editor;
mod failure;
mod git;
mod guard;
mod helm;
mod leash;
mod login;
mod opinion;
mod policy;
mod publish;
mod push;
mod quiet;
mod reference;
mod remote;
mod run;
mod said;
mod tmux;
mod token;

use fluxdeck_model::domain::text::redact;

pub use branch::{base_reference, deepen_branch, default_branch, fetch_branch, fetch_pulls, pull_reference, references};
pub use commit::{Commit, Identity, Signer, commit, signed_off, signer};
pub use credential_helper::{Helped, ask_docker_helper};
pub use editor::{edit, edited, editor};
pub use failure::{Failure, Refuser};
pub use git::{fetch, fetch_history};
pub use guard::Guard;
pub use helm::{ChartAddress, Helm};
pub use leash::{Ended, Halted, Leash};
pub use opinion::{Opinion, second};
pub use policy::PolicyFolder;
pub use publish::{branch_at, publish};
pub use push::Pushed;
pub use reference::{NamedReference, fetch_reference, named_reference};
pub use remote::Remote;
pub use tmux::{copy_by_tmux, is_in_tmux};
pub use token::{login_of_git, token_of, token_of_gh, token_of_glab};

/// What a program that failed has said last, on a line that begins so if there is one. All of it is looked through for secrets first: a line
/// of a private key looks like none.
fn last_words(said: &[u8], begins: &[&str]) -> String {
    let said = String::from_utf8_lossy(said);
    let said = redact(&said);
    let marked = said.lines().rfind(|line| begins.iter().any(|begin| line.starts_with(begin)));
    let last = marked.or_else(|| said.lines().rfind(|line| !line.trim().is_empty()));
    last.unwrap_or("it failed without a word").to_owned()
}

#[cfg(test)]
mod tests;
