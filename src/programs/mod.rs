//! Other people's programs: what the user has installed, asked with a timeout; without a network, but for git's fetching.
//!
//! Nothing is asked of them that was not wished, nothing that they say is taken for granted. Policy commands do *not* belong here yet.

mod editor;
mod git;
mod guard;
mod login;
mod opinion;
mod run;

use fluxdeck_model::domain::text::redact;

pub use editor::editor;
pub use git::fetch;
pub use guard::Guard;
pub use opinion::{Opinion, second};

/// What a program that failed has said last, on a line that begins so if there is one. All of it is looked through for secrets first: a line
/// of a private key looks like none.
fn last_words(said: &[u8], begins: &[&str]) -> String {
    let said = String::from_utf8_lossy(said);
    let said = redact(&said);
    let telling = said.lines().rfind(|line| begins.iter().any(|begin| line.starts_with(begin)));
    let last = telling.or_else(|| said.lines().rfind(|line| !line.trim().is_empty()));
    last.unwrap_or("it failed without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_secret_is_not_what_was_said_last() {
        let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nPLANTED1\nfatal: PLANTED2\nPLANTED3\n";
        for said in [key.to_owned(), format!("{key}-----END OPENSSH PRIVATE KEY-----\n")] {
            let told = last_words(said.as_bytes(), &["fatal:"]);
            assert!(!told.contains("PLANTED"), "{told}");
        }
        for (said, told) in [
            ("one\nfatal: two\nthree\n\n", "fatal: two"),
            ("one\nerror two\n \n", "error two"),
            ("", "it failed without a word"),
            ("cannot reach https://me:hunter2@10.0.0.1/", "cannot reach https://***@10.0.0.1/"),
        ] {
            assert_eq!(last_words(said.as_bytes(), &["fatal:"]), told);
        }
    }
}
