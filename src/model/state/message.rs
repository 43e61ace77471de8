//! Everything that happens: intents, news of clusters, replies, the clock.

use std::sync::Arc;

use jiff::Timestamp;

use super::cluster::{Link, ServerFacts};
use super::drift::Compared;
use super::effect::Ticket;
use super::intent::Intent;
use super::jobs::{ChangeOutcome, Job, JobId, Loaded, Task};
use super::pulls::{PullNews, PullRemark};
use crate::actions::{Ask, Outcome};
use crate::change::{
    ChangeOrder, Check, CommitReview, CompetingPull, FileChoice, PastVersions, Proposed, PullReview, RenderedBuild,
};
use crate::domain::published::Published;
use crate::domain::{Act, ClusterId, Context, Delta, EventRow, ObjectRef, PrintedNews, Str};
use crate::error::Error;
use crate::insight::controller_log::LogRecord;
use crate::insight::declared::Declared;
use crate::insight::pulse::heads::SourceHead;
use crate::insight::values::ReleaseValues;
use crate::insight::why::{Evidence, Onset};
use crate::kinds::{BodyPart, FieldOwner};

/// The generation of a cluster's connection: news of an older one is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u32);

impl Epoch {
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// The engine's input, with its time. Raw terminal input is not part of it: the terminal program turns that into intents.
#[derive(Clone, Debug)]
pub enum Message {
    Do(Intent),
    Cluster(ClusterId, Epoch, News),
    /// The reply to a view's request.
    Reply(Ticket, Reply),
    /// The outcome of a job's request; it reaches its job independently of the screen.
    Outcome(Task, Outcome),
    /// The reply to a step of a change.
    ChangeOutcome(Task, Box<ChangeOutcome>),
    /// The jobs in the journals of earlier and other runs; what could not be read, and why.
    JobsLoaded {
        jobs: Vec<Loaded>,
        unread: Vec<String>,
    },
    /// A job is ours now, as its journal has it; or why it is not.
    TakenUp(JobId, Result<Box<Job>, String>),
    /// A commit that permitted nothing could not be written, and why. One that permitted requests is reported for each of them, as
    /// `Outcome::Unrecorded`.
    Unrecorded(JobId, String),
    /// The answer of a forge to a comment or an approval, which was sent then.
    Remarked(Timestamp, Box<PullRemark>, Result<(), Error>),
    /// Time has passed.
    Clock,
}

/// What a cluster's session reports.
#[derive(Clone, Debug)]
pub enum News {
    Link(Link),
    Server(ServerFacts),
    /// The kubeconfig's contexts, and the one in use.
    Contexts {
        all: Vec<Context>,
        current: String,
    },
    /// Namespaces by name: listed, remembered, or the kubeconfig's.
    Namespaces(Vec<Str>),
    Deltas(Vec<Delta>),
    /// The user's rights. If a review failed, the right is assumed: the API server decides anyway.
    Rights(Vec<(Ask, bool)>),
    /// The user's name at the API server; none if it does not name the user.
    User(Option<String>),
    /// Who owns contested fields; none where the object could not be read.
    Owners(Vec<(ObjectRef, Option<Vec<FieldOwner>>)>),
    /// A line to the user: part of the requested data is missing.
    Note(String),
    /// The result of one Kustomization in the comparison of that number.
    Compared(u32, Box<Compared>),
    /// What is found out in the look-up of pull requests of that number.
    Pulls(u32, PullNews),
}

/// The reply to a view.
#[derive(Clone, Debug)]
pub enum Reply {
    Document(Vec<String>),
    Details(Box<Details>),
    /// A table of a kind, and then what happens to it.
    Printed(Box<PrintedNews>),
    /// What git has for an object.
    Declared(Box<Declared>),
    File(Box<FileText>),
    /// The values of a HelmRelease. Secret ones are masked by who shows them.
    Values(Box<ReleaseValues>),
    /// A pull request as it is reviewed.
    Pull(Box<PullReview>),
    /// A change as planned.
    Proposed(Box<Proposed>),
    /// A check of the change that was planned for the same ticket: somebody else has answered.
    Checked(Check),
    /// What differs in the objects of charts, besides what the proposal has.
    Rendered(Vec<RenderedBuild>),
    /// Open pull requests that change the same as a proposed change; the check of them comes next.
    Competing(Vec<CompetingPull>),
    /// An object as a text to be edited.
    Manuscript(Box<Manuscript>),
    /// The commits that may have changed an object.
    Versions(Arc<PastVersions>),
    /// The files that make an object: a person says which is edited.
    Files(Vec<FileChoice>),
    /// The file that has a text to be edited.
    Written(String),
    /// The text as the user's editor left it.
    Edited(String),
    /// What a catalogue has on offer, with the moment at which it was asked.
    Published(Arc<Published>),
    /// What the remote of a source has; one reply for each source that was asked about.
    Head(Box<SourceHead>),
    /// What was found out about why an object is as it is; what takes longer comes in another reply.
    Evidence(Box<Evidence>),
    /// Since when something fails, and which commits may be why.
    Onset(Box<Onset>),
    /// A commit as it is read.
    Commit(Box<CommitReview>),
    /// Lines of logs, in order, sanitised.
    Log(Vec<String>),
    /// Which controllers are read, and where they run.
    Controllers(Vec<ReadController>),
    /// Lines of controllers in the order in which they were read; how many were read for them.
    Records(Vec<LogRecord>, usize),
    /// A remark between the lines of a stream: a pod that is gone, a log that was cut.
    Note(String),
    /// The containers with logs.
    Containers(Vec<String>),
    /// Acts of this run and of earlier ones, the oldest first.
    Acts(Vec<Act>),
    /// A stream is over, and why.
    Ended(String),
    /// Failed, and why. Another reply to the same ticket may follow: a transient failure is retried until the view is gone, and
    /// its hint says so.
    Failed(Error),
}

/// One of Flux's controllers whose log is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadController {
    /// Its Deployment.
    pub name: String,
    pub namespace: String,
    /// The objects that it reconciles where it is one of several of its sort: its selector of labels.
    pub shard: Option<String>,
    pub pods: Vec<String>,
}

/// An object as git builds it, or a file that makes it, written down to be edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manuscript {
    /// As git has it: what is edited is compared with this.
    pub text: String,
    /// The file that has it; what was typed before is in it.
    pub path: String,
    /// Where the object begins in it, from 1.
    pub line: u32,
    /// The order with the site that was found.
    pub order: ChangeOrder,
}

/// The body of an object as the details screen shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    /// Path in the spec and value.
    pub spec: Vec<(String, String)>,
    /// The same of the status, its conditions first.
    pub status: Vec<(String, String)>,
    pub history: Vec<Vec<String>>,
    pub annotations: Vec<(String, String)>,
    /// What else its body says: who owns it, its containers, its volumes.
    pub parts: Vec<BodyPart>,
    pub events: Events,
}

/// The events of a shown object: they may come later, or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Events {
    #[default]
    Awaited,
    /// The newest last.
    Here(Vec<EventRow>),
    Failed(Error),
}

/// A file of a commit, masked for the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileText {
    pub lines: Vec<String>,
    /// Its path in a checkout of the user.
    pub disk: Option<String>,
    /// Whether it is the same there.
    pub is_same: bool,
}

/// What comes from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    Key(Key),
    /// Pasted text: never a command.
    Paste(String),
}

/// A key in the notation of commands. Shift is part of the character; it is a flag for the other keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: Code,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Delete,
    Up,
    Down,
    Left,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    F(u8),
}

impl Key {
    pub fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false, shift: false }
    }

    /// Parses a key in the notation of commands: `j`, `G`, `ctrl-d`, `shift-left`, `esc`, `space`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut key = Self::plain(Code::Esc);
        let mut rest = text;
        while let Some((prefix, tail)) = rest.split_once('-').filter(|(prefix, tail)| !prefix.is_empty() && !tail.is_empty()) {
            match prefix {
                "ctrl" => key.ctrl = true,
                "alt" => key.alt = true,
                "shift" => key.shift = true,
                _ => return None,
            }
            rest = tail;
        }
        let mut letters = rest.chars();
        key.code = match (letters.next()?, letters.next()) {
            (letter, None) => Code::Char(letter),
            _ => match rest {
                "enter" => Code::Enter,
                "esc" => Code::Esc,
                "tab" => Code::Tab,
                "backtab" => Code::BackTab,
                "backspace" => Code::Backspace,
                "delete" => Code::Delete,
                "up" => Code::Up,
                "down" => Code::Down,
                "left" => Code::Left,
                "right" => Code::Right,
                "home" => Code::Home,
                "end" => Code::End,
                "pgup" => Code::PageUp,
                "pgdn" => Code::PageDown,
                "space" => Code::Char(' '),
                other => Code::F(other.strip_prefix('f')?.parse().ok()?),
            },
        };
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_as_commands_spell_them() {
        let key = |code, ctrl, shift| Some(Key { code, ctrl, alt: false, shift });
        for (text, expected) in [
            ("j", key(Code::Char('j'), false, false)),
            ("-", key(Code::Char('-'), false, false)),
            ("ctrl-d", key(Code::Char('d'), true, false)),
            ("ctrl-\\", key(Code::Char('\\'), true, false)),
            ("shift-left", key(Code::Left, false, true)),
            ("space", key(Code::Char(' '), false, false)),
            ("f5", key(Code::F(5), false, false)),
            ("nope", None),
            ("hyper-x", None),
        ] {
            assert_eq!(Key::parse(text), expected, "{text}");
        }
    }
}
