//! What is wished from the outside, as values: tests compare them, the runtime carries them out.

use std::collections::BTreeSet;

use super::jobs::{Commit, JobId, Task};
use super::message::Epoch;
use crate::actions::{Ask, Step};
use crate::domain::{Act, ClusterId, ObjectRef, Str, Uid};
use crate::insight::declared::FilePlace;

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
    /// Leave what this cluster was connected to and connect it to that context of the kubeconfig (empty: the current one).
    Connect {
        cluster: ClusterId,
        epoch: Epoch,
        context: String,
        /// Jobs of what is left are still under way: it stays connected until [`Effect::Leave`].
        keep: bool,
    },
    /// The last job of a connection that was left has ended.
    Leave {
        cluster: ClusterId,
        epoch: Epoch,
    },
    /// Write down how far a job has come; then, and only then, do what that permits.
    Commit(Box<Commit>),
    /// Read the journals of the jobs of earlier runs. The answer comes as `Message::JobsLoaded`.
    LoadJobs,
    /// Take the lock of an earlier run's job, and read its journal again once it is held. The answer comes as `Message::TakenUp`.
    TakeUp(JobId),
    /// Write to the cluster, once. The answer comes as `Message::Outcome`.
    Write {
        task: Task,
        cluster: ClusterId,
        epoch: Epoch,
        step: Box<Step>,
    },
    /// Read the object of a write whose answer was lost, until it can be read, to see whether it had arrived.
    Probe {
        task: Task,
        cluster: ClusterId,
        epoch: Epoch,
        step: Box<Step>,
    },
    /// Ask what this user may do.
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
    /// Write a line of the log of acts that goes with no record.
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
    /// List the kinds again: what a person means by refresh.
    Refresh {
        cluster: ClusterId,
    },
    /// Compare what these Kustomizations apply, in these namespaces where some are named, with what git renders at their applied
    /// revisions; in place of a comparison before.
    Compare {
        cluster: ClusterId,
        epoch: Epoch,
        run: u32,
        kustomizations: Vec<ObjectRef>,
        namespaces: Option<BTreeSet<Str>>,
    },
    /// Fetch one aspect of an object for a view, through whichever connection stands, until there is an answer or the view is gone.
    Look {
        ticket: Ticket,
        object: ObjectRef,
        version: Str,
        aspect: Aspect,
    },
    /// The view is gone: stop what it asked for.
    Drop(Ticket),
    /// The demo's hints are not wanted any more, as far as anything is remembered.
    Dismiss,
    Terminal(Terminal),
}

/// What only the terminal program can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Terminal {
    /// Put text on the clipboard.
    Copy(String),
    /// Lend the terminal to the user's editor, for a file at a line (from 1).
    Edit {
        path: String,
        line: u32,
    },
    /// Give the terminal back to the shell until it resumes us (ctrl-z).
    Suspend,
    /// Draw everything anew.
    Redraw,
    Quit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The object as YAML, without managedFields, Secrets masked.
    Yaml,
    /// Spec summary, history and events.
    Details,
    Events,
    Logs(LogRequest),
    /// What git says of it, as that Flux Kustomization renders it. `fetches`: a repository that is nowhere here is fetched.
    Declared {
        applied_by: ObjectRef,
        fetches: bool,
    },
    /// A file that sets something of it.
    File(Box<FilePlace>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRequest {
    /// Pods by name in the object's namespace.
    pub pods: Vec<Str>,
    /// One container by name; none means all.
    pub container: Option<String>,
    /// The instance before the present one.
    pub previous: bool,
    pub timestamps: bool,
    /// Lines from the end to start with.
    pub tail: u32,
}
