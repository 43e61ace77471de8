//! Programs that the repository names as checks of a change: what a person allows of them, which of them are run for it, and what their ends
//! mean. What is allowed is these words for this repository, with the content of each of its files that they name; anything else is another
//! question.

use std::borrow::Cow;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::PROGRAM;
use crate::change::checks::{Check, CheckResult};
use crate::domain::text::{redact, sanitise_line};
use crate::guards::{PolicyCommand, PolicySubject};
use crate::render::tree::Tree;

/// Why a program is not run that no person has let run.
pub const UNALLOWED: &str = "nobody has allowed it yet";
/// Lines of what a program said last that are kept, and the longest one in letters.
const LINES: usize = 4;
const LONGEST: usize = 200;

/// One program that is meant for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyRun {
    pub policy: PolicyCommand,
    /// Whether it may be run; else why not.
    pub may: Result<(), String>,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PolicyEnd {
    /// With this code, and with all that it said; none: by a signal.
    Ended { code: Option<i32>, said: String },
    /// It has no verdict.
    NotRun(String),
}

/// What a person is asked to allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyQuestion {
    /// As people know it.
    pub repository: String,
    /// Names exactly these commands, this repository, and the files of it that they name.
    pub digest: String,
    /// By name, each as one would type it.
    pub commands: Vec<(String, String)>,
    /// The files of the repository that they name.
    pub files: Vec<String>,
    pub is_allowed: bool,
}

impl PolicyRun {
    /// Those that are meant for a change. `base`: the files before it.
    pub fn all(policies: &[PolicyCommand], subject: &PolicySubject, base: &dyn Tree) -> Vec<Self> {
        let one = |policy: &PolicyCommand| {
            let own = policy.files(base).into_keys().find(|path| subject.paths.contains(path));
            let may = match own {
                Some(path) => Err(format!("the change alters {}, which it runs with", sanitise_line(&path))),
                None => Ok(()),
            };
            Self { policy: policy.clone(), may }
        };
        policies.iter().filter(|policy| policy.when.fits(subject)).map(one).collect()
    }

    /// The same where nobody has allowed it.
    #[must_use]
    pub fn barred(self, why: &str) -> Self {
        Self { may: self.may.and(Err(why.to_owned())), ..self }
    }

    /// The check before it has ended.
    pub fn begun(&self) -> Check {
        match &self.may {
            Ok(()) => self.check(CheckResult::UnderWay, String::new()),
            Err(why) => self.check(CheckResult::NotRun, why.clone()),
        }
    }

    /// The check that its end is.
    pub fn ended(&self, end: PolicyEnd) -> Check {
        match end {
            PolicyEnd::NotRun(why) => self.check(CheckResult::NotRun, why),
            PolicyEnd::Ended { code: Some(0), said } => self.check(CheckResult::Passed, last(&said, 1)),
            PolicyEnd::Ended { code, said } => {
                let how = code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit {code}"));
                let said = last(&said, LINES);
                self.check(CheckResult::Failed, if said.is_empty() { how } else { format!("{how}: {said}") })
            }
        }
    }

    fn check(&self, result: CheckResult, why: String) -> Check {
        Check { name: Cow::Owned(format!("{PROGRAM}{}", self.policy.name)), result, why }
    }
}

impl PolicyQuestion {
    /// What there is to allow; none where the repository names no program. `key`: the repository, the same however it is reached.
    pub fn of(all: &[PolicyCommand], repository: &str, key: &str, tree: &dyn Tree) -> Option<Self> {
        if all.is_empty() {
            return None;
        }
        let files: BTreeMap<_, _> = all.iter().flat_map(|one| one.files(tree)).collect();
        let mut digest = Sha256::new();
        let mut add = |bytes: &[u8]| {
            digest.update((bytes.len() as u64).to_be_bytes());
            digest.update(bytes);
        };
        add(key.as_bytes());
        for one in all {
            add(one.name.as_bytes());
            for list in [&one.command, &one.when.paths, &one.when.kinds, &one.when.playbooks] {
                add(&(list.len() as u64).to_be_bytes());
                list.iter().for_each(|word| add(word.as_bytes()));
            }
        }
        for (path, content) in &files {
            add(path.as_bytes());
            add(content);
        }
        Some(Self {
            repository: repository.to_owned(),
            digest: digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
            commands: all.iter().map(|one| (one.name.clone(), one.line())).collect(),
            files: files.into_keys().collect(),
            is_allowed: false,
        })
    }
}

/// What a program said last, fit for a terminal and without credentials. All of it is looked through for those first: a line of a private key
/// looks like none.
fn last(said: &str, lines: usize) -> String {
    let said = redact(said).into_owned();
    let all: Vec<_> = said.lines().map(|line| sanitise_line(line.trim()).into_owned()).filter(|line| !line.is_empty()).collect();
    let cut = |line: &String| match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.clone(),
    };
    all[all.len().saturating_sub(lines)..].iter().map(cut).collect::<Vec<_>>().join(" / ")
}
