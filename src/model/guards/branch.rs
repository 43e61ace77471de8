//! Branches of changes: what they are called, and that none of them is the branch that the change goes to.
//!
//! The same change to the same target has the same name, so that it finds its own open pull request. A branch that a merged or closed one
//! left is not used again: the next round has a name of its own (3 → 5 → 3 → 5 makes four).

use std::fmt;

use sha2::{Digest, Sha256};

use crate::domain::text::printable;
use crate::error::{Error, Result};

/// What branches are called where a repository says nothing else.
pub const PATTERN: &str = "fluxdeck/{change}";
/// Where the name of the change goes.
const CHANGE: &str = "{change}";
/// Longest readable part of a name, and longest name that a repository may ask for, in bytes: the name is a file's with a `.lock`.
const READABLE: usize = 60;
const LONGEST: usize = 200;

/// The branch of a change. It is not its base: nothing that takes one can push to the base branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    name: String,
    base: String,
}

impl Branch {
    /// The branch `name` of a change that goes to the branch `base`.
    ///
    /// # Errors
    /// It is not a name for a branch, or it is the base itself, also if only upper and lower case differ: some servers ignore case.
    pub fn new(name: &str, base: &str) -> Result<Self> {
        if !is_name(base) {
            return Err(Error::failed(
                format!("`{}` is not a name for a branch", shown(base)),
                "name the branch that it goes to",
            ));
        }
        if !is_name(name) {
            return Err(Error::failed(format!("`{}` is not a name for a branch", shown(name)), "see git-check-ref-format(1)"));
        }
        if name.to_lowercase() == base.to_lowercase() {
            let message = format!("`{}` is the branch that the change goes to: nothing is pushed there", shown(name));
            return Err(Error::failed(message, "give the change a branch of its own"));
        }
        Ok(Self { name: name.to_owned(), base: base.to_owned() })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// The name in full.
    pub fn reference(&self) -> String {
        format!("refs/heads/{}", self.name)
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// What the branch of a change is called: the repository's pattern, filled with what people read and a digest of the whole. `change` says
/// everything that makes it another change: its values, and the branch that it goes to. Rounds count from 0.
///
/// # Errors
/// The pattern has no `{change}`, or makes no name for a branch.
pub fn name(pattern: Option<&str>, target: &str, change: &str, round: u32) -> Result<String> {
    let pattern = pattern.unwrap_or(PATTERN);
    let hint = "write branch = \"fluxdeck/{change}\" in .fluxdeck.toml";
    if pattern.matches(CHANGE).count() != 1 {
        return Err(Error::failed(format!("the branch pattern `{}` does not have {CHANGE} once", shown(pattern)), hint));
    }
    let mut digest = Sha256::new();
    for part in [target.as_bytes(), change.as_bytes(), &round.to_be_bytes()] {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let mark: String = digest.finalize().iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    let name = pattern.replace(CHANGE, &format!("{}{mark}", slug(target)));
    if name.len() > LONGEST || !is_name(&name) {
        return Err(Error::failed(format!("`{}` is not a name for a branch", shown(&name)), hint));
    }
    Ok(name)
}

/// Letters and digits, joined by `-`, with one behind them.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars().map(|letter| letter.to_ascii_lowercase()) {
        match letter {
            'a'..='z' | '0'..='9' if out.len() < READABLE => out.push(letter),
            _ if out.is_empty() || out.ends_with('-') => {}
            _ => out.push('-'),
        }
    }
    if !out.is_empty() && !out.ends_with('-') {
        out.push('-');
    }
    out
}

/// Whether git takes it for the name of a branch (git-check-ref-format(1), with `--branch`).
pub fn is_name(name: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    let is_bad = |c: char| c.is_ascii_control() || matches!(c, ' ' | '~' | '^' | ':' | '?' | '*' | '[' | '\\');
    !name.starts_with('-')
        && !matches!(name, "HEAD" | "@")
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && !name.contains(is_bad)
        && name.split('/').all(is_part)
}

fn shown(name: &str) -> String {
    printable(name).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &str = "Deployment apps/web";

    #[test]
    fn the_same_change_has_the_same_branch_and_any_other_another() {
        let three = name(None, WEB, "replicas=3 main", 0).expect("a name");
        assert_eq!(three, name(None, WEB, "replicas=3 main", 0).expect("a name"));
        assert!(
            three.starts_with("fluxdeck/deployment-apps-web-") && three.len() == "fluxdeck/deployment-apps-web-".len() + 10,
            "{three}"
        );
        for (target, change, round) in [
            (WEB, "replicas=5 main", 0),
            (WEB, "replicas=3 release", 0),
            (WEB, "replicas=3 main", 1),
            ("Deployment apps-web", "replicas=3 main", 0),
            ("Deployment apps/webr", "eplicas=3 main", 0),
        ] {
            assert_ne!(three, name(None, target, change, round).expect("a name"), "{target} {change} {round}");
        }
    }

    #[test]
    fn any_target_makes_a_name_that_git_takes() {
        let long = "x".repeat(4000);
        for target in ["", "…", "../../x", "a..b~^:?*[\\", "x.lock", "Ünïcode/ä", "-rf", "HEAD", "@{", "\u{1b}[2J\n", &long]
        {
            for change in ["", target] {
                let name = name(None, target, change, 0).expect(target);
                assert!(is_name(&name) && name.is_ascii() && name.len() <= 100, "{name}");
            }
        }
    }

    #[test]
    fn a_pattern_of_the_repository_holds_and_a_bad_one_is_refused() {
        assert!(
            name(Some("renovate/flux-{change}"), WEB, "x", 0).expect("a name").starts_with("renovate/flux-deployment-apps-web-")
        );
        let long = format!("{}/{{change}}", "x".repeat(300));
        for pattern in [
            "",
            "main",
            "{change}/{change}",
            "-{change}",
            "a..{change}",
            "{change}.lock",
            "/{change}",
            "a b/{change}",
            "@{{change}",
            &long,
        ] {
            let error = name(Some(pattern), WEB, "x", 0).expect_err(pattern);
            assert!(error.hint.contains("branch ="), "{error}");
        }
    }

    #[test]
    fn no_branch_is_its_own_base() {
        let branch = Branch::new("fluxdeck/web-1", "main").expect("a branch");
        assert_eq!((branch.reference().as_str(), branch.base()), ("refs/heads/fluxdeck/web-1", "main"));
        for (name, base) in [("main", "main"), ("Main", "main"), ("", "main"), ("a", ""), ("a:b", "main"), ("refs heads", "main")]
        {
            assert!(Branch::new(name, base).is_err(), "{name} → {base}");
        }
    }
}
