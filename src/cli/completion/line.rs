//! The command line while it is typed: what its other words say of the word that is completed.

use std::ffi::OsString;
use std::sync::OnceLock;

use clap::{ArgMatches, FromArgMatches};

use crate::cli::{Global, demo, program};

/// The line that is completed: there is one in a run.
static LINE: OnceLock<Option<Line>> = OnceLock::new();

/// A command line as far as it can be read.
pub(in crate::cli) struct Line {
    pub global: Global,
    /// The command, if one is typed already, with its arguments.
    command: Option<(String, ArgMatches)>,
}

impl Line {
    /// Sets the line: its words, and the number of the one that is completed.
    pub fn set(words: &[OsString], at: usize) {
        let _ = LINE.set(Self::read(words, at));
    }

    pub fn get() -> Option<&'static Self> {
        LINE.get()?.as_ref()
    }

    fn read(words: &[OsString], at: usize) -> Option<Self> {
        let others = words.iter().enumerate().filter(|(nth, _)| *nth != at).map(|(_, word)| word);
        let matches = program().ignore_errors(true).try_get_matches_from(others).ok()?;
        let command = matches.subcommand().map(|(name, matches)| (name.to_owned(), matches.clone()));
        let mut global = Global::from_arg_matches(&matches).ok()?;
        // nothing is written: a demo that is kept is completed as one that is not
        global.demo |= global.demo_dir.take().is_some() || matches!(&command, Some((name, _)) if name == demo::COMMAND.name);
        Some(Self { global, command })
    }

    pub fn command(&self) -> Option<&str> {
        self.command.as_ref().map(|(name, _)| name.as_str())
    }

    /// A text that the command was given.
    pub fn text(&self, argument: &str) -> Option<&str> {
        let (_, matches) = self.command.as_ref()?;
        matches.try_get_one::<String>(argument).ok()?.map(String::as_str)
    }
}
