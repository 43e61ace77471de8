//! What programs say that the repository itself names as checks. Running them is I/O, and belongs elsewhere.

use super::{Finding, Level, Rule};
use crate::render::repository::SETTINGS_FILE;

pub(super) static RULE: Rule = Rule {
    name: "repository-policy",
    doc: "a program that the repository names as a check finds a fault, or was not run",
    look: None,
};

/// What is to be said of one that did not pass: by its name, in a word, and why.
pub fn policy(level: Level, name: &str, word: &str, why: &str) -> Finding {
    let found = Finding::new(level, &RULE, format!("{name} {word}: {why}")).hint(format!("[[policy]] in {SETTINGS_FILE}"));
    Finding { file: SETTINGS_FILE.to_owned(), ..found }
}
