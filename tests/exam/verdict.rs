//! One question: the command, its patch, and what kustomize builds afterwards.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::build::Kustomize;
use super::difference::{Outcome, outcome, short};
use super::draw::Question;
use super::plain;
use super::process::{Ran, run};
use super::scratch::Scratch;

/// The outcome of a question.
#[derive(Debug)]
pub enum Verdict {
    /// And how many lines of the repository became how many: one for a value on one line that is made of one part.
    Right {
        removed: usize,
        added: usize,
    },
    /// A patch that does something else: this must never be.
    Wrong(String),
    Refused {
        reason: String,
        independent: Independent,
    },
    Crashed(String),
}

/// What a plain replacement does, which fluxdeck has no part in but for the name of the place.
#[derive(Debug, PartialEq, Eq)]
pub enum Independent {
    /// kustomize's own build changes elsewhere too: refusing is right. What changes, for one; and whether the refusal names any of it.
    Shared { first: String, is_named: bool },
    /// It does the very thing that was refused.
    Reached,
    /// It does not reach the value, or no scalar is there.
    NotReached(String),
}

/// A repository, and who is examined on it.
pub struct Examiner<'e> {
    pub program: PathBuf,
    pub kustomize: &'e Kustomize,
    pub scratch: &'e Scratch,
}

impl Examiner<'_> {
    pub fn ask(&self, question: &Question, before: &[Value]) -> Verdict {
        let ran = self.fluxdeck(&set_field(question, &self.root()));
        let verdict = match ran.code {
            _ if !self.scratch.changed().is_empty() => Verdict::Wrong(format!("it wrote: {}", self.scratch.changed())),
            Some(0) => self.judged(question, before, &ran),
            Some(1 | 2) if ran.out.is_empty() => {
                let independent = self.independent(question, before, &ran.err);
                Verdict::Refused { reason: reason(&ran.err, &question.field), independent }
            }
            Some(1 | 2) => Verdict::Wrong("refused, with something on standard output".to_owned()),
            code => Verdict::Crashed(format!("{code:?}: {}", short(&ran.err))),
        };
        self.scratch.restore();
        verdict
    }

    fn root(&self) -> String {
        self.scratch.root().display().to_string()
    }

    fn fluxdeck(&self, arguments: &[String]) -> Ran {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.scratch.home()).env_clear().env("HOME", self.scratch.home());
        run(command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("TERM", "dumb"), &[])
    }

    fn build(&self, folder: &str) -> Result<Vec<Value>, String> {
        self.kustomize.build(self.scratch.root(), folder)
    }

    fn judged(&self, question: &Question, before: &[Value], ran: &Ran) -> Verdict {
        if ran.out.is_empty() {
            return Verdict::Wrong(format!("no patch, and no refusal: {}", short(&ran.err)));
        }
        if let Err(error) = self.scratch.git(&["apply", "--whitespace=nowarn", "-"], &ran.out) {
            return Verdict::Wrong(format!("git does not apply the patch: {}", error.trim()));
        }
        let (added, removed) = self.scratch.lines();
        // of several lines some go with their value, or with a key that no longer fits
        if (added, removed) == (1, 1) && self.scratch.is_comment_lost() {
            return Verdict::Wrong("a comment is lost".to_owned());
        }
        match self.build(&question.folder) {
            Err(error) => Verdict::Wrong(format!("it does not build any more: {}", short(error.trim()))),
            Ok(after) => verdict(&outcome(before, &after, &question.spot, &question.new), removed, added),
        }
    }

    fn independent(&self, question: &Question, before: &[Value], said: &str) -> Independent {
        let not = |why: &str| Independent::NotReached(why.to_owned());
        let ran = self.fluxdeck(&where_field(question, &self.root()));
        let Ok(answer) = serde_json::from_slice::<Value>(&ran.out) else { return not("`where` names no place") };
        let layer = &answer["layers"][0];
        let number = |name: &str| usize::try_from(layer[name].as_u64().unwrap_or_default()).unwrap_or_default();
        let Some(file) = layer["file"].as_str() else { return not("`where` names no file") };
        let Some(text) = self.scratch.read(file) else { return not("the file cannot be read") };
        // JSON is YAML, and its quotes hold everything
        let Some(new) = plain::replaced(&text, number("line"), number("column"), &question.new.to_string()) else {
            return not("no scalar is there on its own");
        };
        self.scratch.write(file, &new);
        let after = self.build(&question.folder);
        self.scratch.restore();
        let Ok(after) = after else { return not("kustomize does not build it any more") };
        let outcome = outcome(before, &after, &question.spot, &question.new);
        match (outcome.elsewhere.first(), &outcome.missed) {
            (Some(first), _) => Independent::Shared {
                first: format!("{first}, and {} more", outcome.elsewhere.len() - 1),
                is_named: outcome.elsewhere.iter().any(|one| is_named(one, said)),
            },
            (None, Some(is)) => Independent::NotReached(format!("it is {}", short(is))),
            (None, None) => Independent::Reached,
        }
    }
}

/// The line that says it, without the names of object and field.
fn reason(said: &str, field: &str) -> String {
    let line =
        said.lines().find_map(|line| line.strip_prefix("fluxdeck: ")).unwrap_or_else(|| said.lines().next().unwrap_or_default());
    line.split_once(&format!(" {field}: ")).map_or(line, |(_, reason)| reason).to_owned()
}

/// Whether a line says `KIND …/NAME FIELD`, where `KIND/NAME FIELD: …` changes. Items of lists have several names.
fn is_named(change: &str, said: &str) -> bool {
    let Some(((kind, name), field)) = change.split_once(' ').and_then(|(object, rest)| Some((object.split_once('/')?, rest)))
    else {
        return false;
    };
    let field = field.split(['[', ':']).next().unwrap_or_default();
    said.lines().any(|line| {
        let words: Vec<_> = line.split_whitespace().collect();
        words.windows(3).any(|words| words[0] == kind && words[1].rsplit('/').next() == Some(name) && words[2].starts_with(field))
    })
}

fn verdict(outcome: &Outcome, removed: usize, added: usize) -> Verdict {
    if outcome.is_right() {
        return Verdict::Right { removed, added };
    }
    let missed = outcome.missed.as_ref().map(|is| format!("the field is {}", short(is)));
    let first = outcome.elsewhere.first().map(|first| format!("{} elsewhere, first {first}", outcome.elsewhere.len()));
    Verdict::Wrong(missed.into_iter().chain(first).collect::<Vec<_>>().join("; "))
}

fn target(question: &Question) -> Vec<String> {
    let mut arguments = vec![question.object.clone()];
    if !question.namespace.is_empty() {
        arguments.extend(["-n".to_owned(), question.namespace.clone()]);
    }
    arguments
}

/// The arguments of the command under examination.
pub fn set_field(question: &Question, root: &str) -> Vec<String> {
    let new = question.new.as_str().map_or_else(|| question.new.to_string(), str::to_owned);
    let mut arguments = vec!["run".to_owned(), "set-field".to_owned()];
    arguments.extend(target(question));
    arguments.extend(["--repo", root, "--path", &question.folder, "--set"].map(str::to_owned));
    arguments.push(format!("{}={new}", question.field));
    arguments.extend(["--dry-run", "-o", "patch"].map(str::to_owned));
    arguments
}

fn where_field(question: &Question, root: &str) -> Vec<String> {
    let mut arguments = vec!["where".to_owned()];
    arguments.extend(target(question));
    arguments.push(question.field.clone());
    arguments.extend(["--repo", root, "--path", &question.folder, "-o", "json"].map(str::to_owned));
    arguments
}

/// The command as it is typed into a shell, the repository where it lies.
pub fn typed(question: &Question, repository: &Path) -> String {
    let quote = |word: &String| {
        let is_plain = !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_./:=".contains(letter));
        if is_plain { word.clone() } else { format!("'{}'", word.replace('\'', "'\\''")) }
    };
    let words: Vec<_> = set_field(question, &repository.display().to_string()).iter().map(quote).collect();
    format!("fluxdeck {}", words.join(" "))
}
