//! The shells, as clap's engine speaks with them; for bash with its words as they were typed.

use std::ffi::OsString;
use std::io::{Error, Write};
use std::path::Path;

use clap_complete::engine;
use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use super::line::Line;

const ALL: &[&dyn EnvCompleter] = &[&Glued, &Noted(&Elvish), &Noted(&Fish), &Noted(&Powershell), &Noted(&Zsh)];

pub fn all() -> Shells<'static> {
    Shells(ALL)
}

/// The shell of that name.
pub fn find(name: &str) -> Option<&'static dyn EnvCompleter> {
    ALL.iter().copied().find(|shell| shell.is(name))
}

/// The number of the word that is completed; the last one where the shell does not say it.
fn index(words: &[OsString]) -> usize {
    let said = std::env::var("_CLAP_COMPLETE_INDEX").ok().and_then(|index| index.parse().ok());
    said.unwrap_or(words.len().saturating_sub(1))
}

/// A shell whose words are those of the line.
struct Noted(&'static dyn EnvCompleter);

impl EnvCompleter for Noted {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn is(&self, name: &str) -> bool {
        self.0.is(name)
    }

    fn write_registration(&self, var: &str, name: &str, bin: &str, completer: &str, buf: &mut dyn Write) -> Result<(), Error> {
        self.0.write_registration(var, name, bin, completer, buf)
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        buf: &mut dyn Write,
    ) -> Result<(), Error> {
        Line::set(&words, index(&words));
        self.0.write_complete(command, words, folder, buf)
    }
}

/// bash cuts words at `=` and `:` (`COMP_WORDBREAKS`), which names of contexts and flags with values are full of: `--status=failed` and
/// `arn:aws:eks:…` come in pieces. A candidate takes the place of the last piece alone.
struct Glued;

impl EnvCompleter for Glued {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(&self, var: &str, name: &str, bin: &str, completer: &str, buf: &mut dyn Write) -> Result<(), Error> {
        Bash.write_registration(var, name, bin, completer, buf)
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        buf: &mut dyn Write,
    ) -> Result<(), Error> {
        let at = index(&words);
        let (words, at, before) = glued(words, at);
        Line::set(&words, at);
        let separator = std::env::var("_CLAP_IFS").unwrap_or_else(|_| "\n".to_owned());
        let found = engine::complete(command, words, at, folder)?;
        let found = found.iter().map(|candidate| candidate.get_value().to_string_lossy().into_owned());
        let found: Vec<_> = found.map(|text| text.strip_prefix(&before).map(str::to_owned).unwrap_or(text)).collect();
        buf.write_all(found.join(&separator).as_bytes())
    }
}

/// The words put together again, the new number of the word that is completed, and the pieces of it before the last.
fn glued(words: Vec<OsString>, at: usize) -> (Vec<OsString>, usize, String) {
    let is_break = |word: &OsString| word.to_str().is_some_and(|text| !text.is_empty() && text.chars().all(|c| "=:".contains(c)));
    let (mut out, mut new_at, mut before): (Vec<OsString>, _, _) = (Vec::new(), 0, String::new());
    let mut is_open = false;
    for (nth, word) in words.into_iter().enumerate() {
        let is_break = is_break(&word);
        // the first word is the program
        let joins = out.len() > 1 && (is_break || is_open);
        if nth == at {
            // what is completed is the piece after a break, or nothing yet right behind it
            before = if joins {
                out.last().map(|last| last.to_string_lossy().into_owned()).unwrap_or_default()
            } else {
                String::new()
            };
            if is_break && joins {
                before.push_str(&word.to_string_lossy());
            }
        }
        match out.last_mut().filter(|_| joins) {
            Some(last) => last.push(word),
            None => out.push(word),
        }
        is_open = is_break;
        if nth == at {
            new_at = out.len() - 1;
        }
    }
    (out, new_at, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glue(words: &[&str], at: usize) -> (Vec<String>, usize, String) {
        let (words, at, before) = glued(words.iter().map(OsString::from).collect(), at);
        (words.into_iter().map(|word| word.to_string_lossy().into_owned()).collect(), at, before)
    }

    #[test]
    fn words_that_bash_cut_are_whole_again() {
        for (words, at, expected, new_at, before) in [
            (&["f", "get", "ks"][..], 2, &["f", "get", "ks"][..], 2, ""),
            (&["f", "--status", "=", "fa"], 3, &["f", "--status=fa"], 1, "--status="),
            (&["f", "--status", "="], 2, &["f", "--status="], 1, "--status="),
            (&["f", "--context", "arn", ":", "aws", ":", "e"], 6, &["f", "--context", "arn:aws:e"], 2, "arn:aws:"),
            (&["f", "--context", "arn", "::", "e", "get", ""], 6, &["f", "--context", "arn::e", "get", ""], 4, ""),
            (&["f", "get", "ks", "--status", "=", "failed", ""], 6, &["f", "get", "ks", "--status=failed", ""], 4, ""),
        ] {
            let expected: Vec<_> = expected.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(glue(words, at), (expected, new_at, before.to_owned()), "{words:?}");
        }
    }
}
