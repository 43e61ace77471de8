//! The journal of a job as text: what lets another run continue it.
//!
//! ```text
//!  5f0c19aa {"version":2,"job":{…}}          the whole job, as it was when the file was made
//!  91b2d07e {"items":[{"n":0,"phase":…}]}    what one turn changed
//! ```
//! Each line begins with the CRC-32 of its JSON. A line is written and synced before anything that it is about is sent, so one that
//! was torn by a crash permitted nothing: it is dropped. A damaged line before a sound one does not come from a crash: requests that it
//! recorded may have been sent, and it is unknown which, so the whole file is left alone.

mod line;
#[cfg(test)]
mod tests;
mod update;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::job::{Job, Work};
pub(super) use update::{Update, Written};

/// The format that this program writes. Another one means that an older program must not continue the job: a new phase, a field that
/// it does not know.
pub const VERSION: u32 = 2;

/// The content of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    pub job: Job,
    /// Its end was torn off and is dropped.
    pub is_torn: bool,
    /// How many sound lines it has.
    pub lines: usize,
}

/// Why a journal is left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A newer program wrote it, in this format.
    Newer(u32),
    Damaged(String),
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Serialize)]
struct Head<'a> {
    version: u32,
    job: &'a Job,
}

#[derive(Deserialize)]
struct Body {
    job: Job,
}

/// Reads a journal.
///
/// # Errors
/// When it is a newer program's, or cannot be trusted.
pub fn read(bytes: &[u8]) -> Result<Read, Unreadable> {
    let mut all = line::split(bytes);
    let first = all.next().flatten().ok_or_else(|| damaged("its first line"))?;
    let mut read = Read { job: head(first)?, is_torn: false, lines: 1 };
    for (number, json) in (2..).zip(&mut all) {
        let Some(json) = json else {
            read.is_torn = true;
            // a crash tears the end alone
            return if all.any(|json| json.is_some()) { Err(damaged(&format!("line {number}"))) } else { Ok(read) };
        };
        let update = serde_json::from_slice::<Update>(json).ok();
        let is_applied = update.is_some_and(|update| update.apply(&mut read.job));
        if !is_applied {
            return Err(damaged(&format!("line {number}")));
        }
        read.lines += 1;
    }
    Ok(read)
}

/// A journal with a job as it is now, without its history.
pub fn compact(job: &Job) -> Vec<u8> {
    line::of(&Head { version: VERSION, job })
}

fn head(json: &[u8]) -> Result<Job, Unreadable> {
    match serde_json::from_slice::<Version>(json) {
        // the first format had no changes in git, and is the same otherwise
        Ok(Version { version: 1..=VERSION }) => {}
        Ok(Version { version }) if version > VERSION => return Err(Unreadable::Newer(version)),
        _ => return Err(damaged("its first line")),
    }
    let body: Body = serde_json::from_slice(json).map_err(|error| Unreadable::Damaged(error.to_string()))?;
    if is_whole(&body.job) { Ok(body.job) } else { Err(damaged("its first line")) }
}

/// Whether every item has the step that it says it is at.
fn is_whole(job: &Job) -> bool {
    match &job.work {
        Work::Act(batch) => batch.items.iter().all(|item| item.at < item.steps.len()),
        Work::Change(_) => true,
    }
}

fn damaged(what: &str) -> Unreadable {
    Unreadable::Damaged(format!("{what} is not as it was written"))
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newer(version) => {
                write!(f, "a newer fluxdeck wrote it (format {version}, this one knows {VERSION}): it is left alone")
            }
            Self::Damaged(why) => write!(f, "it is damaged and left alone: {why}"),
        }
    }
}

impl std::error::Error for Unreadable {}
