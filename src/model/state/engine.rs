//! The one reducer. Everything that happens goes in as a [`Message`] with the moment at which it happened; a changed [`State`] and
//! effects come out. The terminal program, the headless commands and the tests are drivers of it: they wait for a message, call
//! [`Engine::update`], and carry out what comes back.
//!
//! The engine owns the state and lends it to be read only: whoever wants something changed says so by an [`Intent`]. The same messages
//! at the same moments therefore make the same state, whoever drives.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::jobs::JobId;
use super::{Effect, Intent, Message, Settings, State};
use crate::actions::Confirmation;
use crate::domain::Str;

pub struct Engine {
    state: State,
    /// Everything that it was told, where somebody keeps that.
    log: Option<Vec<(Timestamp, Message)>>,
}

/// What a run begins with.
#[derive(Clone, Debug, Default)]
pub struct Beginning {
    pub now: Timestamp,
    pub settings: Settings,
    /// The context of the kubeconfig; empty for the current one.
    pub context: String,
    /// The namespaces looked at; none for all.
    pub namespaces: Option<BTreeSet<Str>>,
    /// Whether rows are made of what is known: not where nothing is shown.
    pub is_projected: bool,
    /// A random number that no other run has drawn: its jobs are named by it.
    pub nonce: u32,
}

/// What came of a message.
#[derive(Debug, Default)]
pub struct Update {
    pub effects: Vec<Effect>,
    /// What a person has to be asked now.
    pub questions: Vec<Asked>,
    /// Whether a screen may have to change.
    pub is_seen: bool,
}

/// Something that only a person can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It follows at once from what the person did.
    Confirm(Box<Confirmation>),
    /// It came up by itself: the next key was meant for something else.
    Unexpected(Box<Confirmation>),
    /// It cannot be written down what this job does, so that nothing was sent: shall it go on all the same?
    Unrecorded(JobId),
}

impl Engine {
    pub fn new(beginning: Beginning) -> Self {
        Self { state: State::new(beginning), log: None }
    }

    /// Keeps from now on what it is told, so that a run can be told again to another engine.
    pub fn keep_log(&mut self) {
        self.log.get_or_insert_default();
    }

    /// What it was told since it keeps that.
    pub fn log(&self) -> &[(Timestamp, Message)] {
        self.log.as_deref().unwrap_or_default()
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes one message, at the moment at which it came.
    pub fn update(&mut self, at: Timestamp, message: Message) -> Update {
        if let Some(log) = &mut self.log {
            log.push((at, message.clone()));
        }
        let mut out = Update::default();
        let state = &mut self.state;
        state.clock = at;
        state.jobs.pass(at);
        state.tidy_notice();
        out.is_seen = match message {
            Message::Do(intent) => {
                state.intend(intent, &mut out);
                true
            }
            Message::Cluster(id, epoch, news) => state.hear(id, epoch, news, &mut out),
            Message::Outcome(task, outcome) => {
                state.hear_outcome(task, outcome, &mut out);
                true
            }
            Message::JobsLoaded { jobs, unread } => {
                state.hear_loaded(jobs, &unread, &mut out);
                true
            }
            Message::TakenUp(id, fresh) => {
                state.hear_taken_up(id, fresh, &mut out);
                true
            }
            Message::Unrecorded(id, why) => {
                state.hear_unrecorded(id, &why);
                true
            }
            Message::Clock => {
                state.advance_jobs(&mut out);
                true
            }
            // what views asked for is theirs
            Message::Reply(..) => true,
        };
        // what a turn has changed of a job is one record
        state.jobs.flush(&mut out.effects);
        out
    }

    /// As [`Self::update`] with what a person, or a command, wants done.
    pub fn intend(&mut self, at: Timestamp, intent: Intent) -> Update {
        self.update(at, Message::Do(intent))
    }

    /// Goes on with work on the active cluster's rows that was cut into slices (a new filter) until `go_on` says no. Returns whether more
    /// is left. It changes nothing that a message tells, only when it is worked out.
    pub fn work(&mut self, go_on: impl FnMut() -> bool) -> bool {
        self.state.cluster_mut().work(go_on)
    }

    /// Whether slices are left.
    pub fn has_work(&self) -> bool {
        let cluster = self.state.cluster();
        !cluster.tree.matches.is_done(&cluster.store)
    }
}
