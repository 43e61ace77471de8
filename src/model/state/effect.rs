//! Requests to the outside, as values: tests compare them, the runtime carries them out.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::intent::ChangeQuery;
use super::jobs::{Change, ChangeStep, JobId, JournalCommit, Task};
use super::message::Epoch;
use super::pulls::PullRemark;
use super::readers::RepositoryReader;
use crate::actions::{Ask, Step};
use crate::change::{CommitAsk, PullPlace};
use crate::domain::published::Offered;
use crate::domain::{Act, ClusterId, NotifyBy, ObjectRef, PrintedQuery, Scope, Str, Uid};
use crate::insight::controller_log::LogConcern;
use crate::insight::declared::FilePlace;
use crate::insight::why::{OnsetAsk, Want};

/// The number of one request of a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Hands out tickets, each once in a run.
#[derive(Debug, Default)]
pub struct Tickets(u64);

impl Tickets {
    pub fn draw(&mut self) -> Ticket {
        self.0 += 1;
        Ticket(self.0)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Disconnect this cluster and connect it to that context of the kubeconfig (empty: the current one).
    Connect {
        cluster: ClusterId,
        epoch: Epoch,
        context: String,
        /// The old connection still has jobs under way: it is kept until [`Effect::Leave`].
        keep: bool,
    },
    /// The last job of a connection that was left has ended.
    Leave {
        cluster: ClusterId,
        epoch: Epoch,
    },
    /// Write down the progress of a job; then, and only then, carry out what that permits.
    Commit(Box<JournalCommit>),
    /// Read the journals of earlier runs. The reply is `Message::JobsLoaded`.
    LoadJobs,
    /// Take the lock of an earlier run's job, and read its journal again once it is held. The reply is `Message::TakenUp`.
    TakeUp(JobId),
    /// Write to the cluster, once. The reply is `Message::Outcome`.
    Write {
        task: Task,
        cluster: ClusterId,
        epoch: Epoch,
        step: Box<Step>,
    },
    /// Read the object of a write whose reply was lost, until it can be read, to see whether the write had arrived.
    Probe {
        task: Task,
        cluster: ClusterId,
        epoch: Epoch,
        step: Box<Step>,
    },
    /// Carry out one step of a change. The reply is `Message::ChangeOutcome`. Steps at a remote come in what a record permits.
    Change {
        task: Task,
        step: ChangeStep,
        change: Box<Change>,
        /// The connection by which the cluster is looked at, if one is.
        bound: Option<(ClusterId, Epoch)>,
    },
    /// Plan a change for a view, and write nothing. The reply is `Reply::Proposed`, and then, as others answer, `Reply::Checked`.
    Propose {
        ticket: Ticket,
        query: Box<ChangeQuery>,
        /// The API server is sent nothing that is a write, though it would store nothing.
        is_readonly: bool,
        /// The one that is looked at: of others is said what they were seen to apply.
        context: String,
    },
    /// Build the object of a change, and write it down as a text to be edited, or a file that makes it. The reply is `Reply::Manuscript`, or
    /// `Reply::Files` where a person says which file.
    Manuscript {
        ticket: Ticket,
        query: Box<ChangeQuery>,
    },
    /// Find the commits that may have changed the object of a change. The reply is `Reply::Versions`.
    Versions {
        ticket: Ticket,
        query: Box<ChangeQuery>,
    },
    /// Write a text down for the user's editor, as a file of that name. The reply is `Reply::Written`.
    WriteDown {
        ticket: Ticket,
        name: String,
        text: String,
    },
    /// Look up the open pull requests of the repositories that these sources lead to, and what they change of what these Kustomizations
    /// apply; replaces a previous look-up. The replies are `News::Pulls`.
    LookForPulls {
        cluster: ClusterId,
        epoch: Epoch,
        run: u32,
        sources: Vec<ObjectRef>,
        kustomizations: Vec<ObjectRef>,
    },
    /// Take note of what a context applies from git, in place of what was noted of it before.
    NoteReaders {
        context: String,
        readers: Vec<RepositoryReader>,
    },
    /// Read a pull request for a view, with what it does. The reply is `Reply::Pull`.
    ReadPull {
        ticket: Ticket,
        cluster: ClusterId,
        place: Box<PullPlace>,
    },
    /// Send a comment or an approval to a forge, once; the time is that of its entry in the log of acts. The reply is `Message::Remarked`.
    Remark(Timestamp, Box<PullRemark>),
    /// Ask a catalogue what it has on offer, for a view. The reply is `Reply::Published`.
    LookUp {
        ticket: Ticket,
        /// Where its source is, if a source in a cluster leads to it.
        cluster: ClusterId,
        offered: Offered,
    },
    /// Ask the remotes of these sources what they have, for a view. The replies are `Reply::Head`, one for each as it comes.
    AskHeads {
        ticket: Ticket,
        cluster: ClusterId,
        sources: Vec<ObjectRef>,
    },
    /// Ask for this user's rights.
    Review {
        cluster: ClusterId,
        epoch: Epoch,
        asks: Vec<Ask>,
    },
    /// Ask who this user is.
    Identify {
        cluster: ClusterId,
        epoch: Epoch,
    },
    /// Look up who owns these fields.
    Owners {
        cluster: ClusterId,
        epoch: Epoch,
        fields: Vec<(ObjectRef, String)>,
    },
    /// Write a line of the log of acts outside of any record.
    Record(Box<Act>),
    /// Read the log of acts of earlier runs, for a view.
    Recall(Ticket),
    /// Also look into these namespaces where a kind may not be listed everywhere.
    Include {
        cluster: ClusterId,
        namespaces: Vec<Str>,
    },
    /// Look for what this object owns among the kinds that are not followed.
    Owned(ObjectRef, Uid),
    /// Besides what is read already, read this.
    Read {
        cluster: ClusterId,
        scopes: Vec<Scope>,
    },
    /// List the kinds again: a refresh.
    Refresh {
        cluster: ClusterId,
    },
    /// Compare the objects of these Kustomizations, in these namespaces if some are given, with what git renders at their applied
    /// revisions; replaces a previous comparison.
    Compare {
        cluster: ClusterId,
        epoch: Epoch,
        run: u32,
        kustomizations: Vec<ObjectRef>,
        namespaces: Option<BTreeSet<Str>>,
    },
    /// Fetch one aspect of an object for a view, over the present connection, until there is a reply or the view is gone.
    Look {
        ticket: Ticket,
        object: ObjectRef,
        version: Str,
        aspect: Aspect,
    },
    /// Print the objects of a kind for a view, and then what happens to them, until the view is gone. The replies are
    /// `Reply::Printed`.
    Print {
        ticket: Ticket,
        cluster: ClusterId,
        query: PrintedQuery,
    },
    /// The view is gone: stop what it asked for.
    Drop(Ticket),
    /// Save a table, as text, under a name of its own. The answer is a notice.
    Save {
        name: String,
        text: String,
    },
    /// Let a scene of the demo happen, by its name. The answer is a notice.
    Play(&'static str),
    /// Remember that the demo's hints are hidden, if anything is remembered.
    Dismiss,
    Terminal(Terminal),
}

/// What only the terminal program can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// Put text on the clipboard.
    Copy(String),
    /// Lend the terminal to the user's editor, for a file at a line (from 1). `answers`: the view that waits for the text; the reply is
    /// `Reply::Edited`.
    Edit {
        path: String,
        line: u32,
        answers: Option<Ticket>,
    },
    /// Ask the terminal to notify its user. The text is cleaned of what means something in such a sequence where it is written.
    Notify {
        by: NotifyBy,
        text: String,
    },
    /// Give the terminal back to the shell until it resumes us (ctrl-z).
    Suspend,
    /// Redraw everything.
    Redraw,
    Quit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The object as YAML, without managedFields, Secrets masked.
    Yaml,
    /// Spec summary, history and events.
    Details,
    Logs(LogRequest),
    /// What Flux's controllers have written about it.
    ControllerLogs(ControllerLogRequest),
    /// What git has for it, as that Flux Kustomization renders it. `fetches`: a repository without a local copy is fetched.
    Declared {
        applied_by: ObjectRef,
        fetches: bool,
    },
    /// Of a HelmRelease: its values by layers, and its releases.
    Values,
    /// A file that sets a field of it.
    File(Box<FilePlace>),
    /// What its record does not say of why it is as it is: its body, its events, and this.
    Evidence(Vec<Want>),
    /// Since when it fails, and which commits may be why.
    Onset(Box<OnsetAsk>),
    /// A commit of the repository that it comes from: by way of this Flux Kustomization, or this source.
    Commit {
        by: ObjectRef,
        ask: Box<CommitAsk>,
    },
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRequest {
    /// Pods by name in the object's namespace.
    pub pods: Vec<Str>,
    /// One container by name; none means all.
    pub container: Option<String>,
    /// The previous instance.
    pub previous: bool,
    pub timestamps: bool,
    pub span: LogSpan,
}

/// Which part of a log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSpan {
    /// How many lines before the end to start with; none for all that are kept.
    pub tail: Option<u32>,
    /// Nothing that was written before.
    pub since: Option<Timestamp>,
    /// Also what is written from now on.
    pub follows: bool,
    /// What is refused ends it, as a command does; otherwise it is tried again as long as somebody looks.
    pub gives_up: bool,
}

impl Default for LogSpan {
    fn default() -> Self {
        Self { tail: None, since: None, follows: true, gives_up: false }
    }
}

/// The logs of Flux's controllers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ControllerLogRequest {
    /// What they are read for; by default all that they write.
    pub concern: LogConcern,
    /// The namespace in which Flux runs, where a person says it; else it is looked for.
    pub namespace: Option<Str>,
    /// All lines of the controllers that reconcile these objects, also those about others.
    pub is_whole: bool,
    /// The previous instances.
    pub previous: bool,
    pub span: LogSpan,
}
