//! The one reducer. Everything that happens goes in as a [`Message`] with its time; a changed [`State`] and effects come out. The
//! terminal program, the headless commands and the tests are its drivers: they wait for a message, call [`Engine::update`], and
//! carry out the effects.
//!
//! The engine owns the state and lends it read-only: changes are requested by an [`Intent`]. So the same messages at the same
//! times give the same state, with any driver.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::jobs::JobId;
use super::{Effect, Intent, Message, Settings, State};
use crate::actions::Confirmation;
use crate::domain::Str;

pub struct Engine {
    state: State,
    /// All messages received, if they are recorded.
    log: Option<Vec<(Timestamp, Message)>>,
}

/// The initial state of a run.
#[derive(Clone, Debug, Default)]
pub struct Beginning {
    pub now: Timestamp,
    pub settings: Settings,
    /// The context of the kubeconfig; empty for the current one.
    pub context: String,
    /// The selected namespaces; none for all.
    pub namespaces: Option<BTreeSet<Str>>,
    /// Whether rows are made: not without a screen.
    pub is_projected: bool,
    /// A random number, unique to this run: part of its jobs' ids.
    pub nonce: u32,
}

/// The result of a message.
#[derive(Debug, Default)]
pub struct Update {
    pub effects: Vec<Effect>,
    /// A question for the user.
    pub questions: Vec<Asked>,
    /// Whether the screen may have to change.
    pub is_seen: bool,
}

/// A question that only the user can answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The direct result of a user's key.
    Confirm(Box<Confirmation>),
    /// It came up by itself: the user's next key is not an answer to it.
    Unexpected(Box<Confirmation>),
    /// This job cannot be written down, so nothing was sent. Asks whether to send anyway.
    Unrecorded(JobId),
}

impl Engine {
    pub fn new(beginning: Beginning) -> Self {
        Self { state: State::new(beginning), log: None }
    }

    /// Records messages from now on, so that a run can be replayed to another engine.
    pub fn keep_log(&mut self) {
        self.log.get_or_insert_default();
    }

    /// The messages received since recording began.
    pub fn log(&self) -> &[(Timestamp, Message)] {
        self.log.as_deref().unwrap_or_default()
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes one message, with its time.
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
            Message::Cluster(id, epoch, news) => state.receive(id, epoch, news, &mut out),
            Message::Outcome(task, outcome) => {
                state.receive_outcome(task, outcome, &mut out);
                true
            }
            Message::ChangeOutcome(task, outcome) => {
                state.receive_change(task, *outcome, &mut out);
                true
            }
            Message::JobsLoaded { jobs, unread } => {
                state.receive_loaded(jobs, &unread, &mut out);
                true
            }
            Message::TakenUp(id, fresh) => {
                state.receive_taken_up(id, fresh, &mut out);
                true
            }
            Message::Unrecorded(id, why) => {
                state.receive_unrecorded(id, &why);
                true
            }
            Message::Remarked(sent, remark, answer) => {
                state.remarked(sent, &remark, &answer, &mut out);
                true
            }
            Message::Clock => {
                state.advance_jobs(&mut out);
                true
            }
            // what views asked for is theirs
            Message::Reply(..) => true,
        };
        state.notify(&mut out);
        state.show_news();
        // what a turn has changed of a job is one record
        state.jobs.flush(&mut out.effects);
        out
    }

    /// As [`Self::update`], for an intent.
    pub fn intend(&mut self, at: Timestamp, intent: Intent) -> Update {
        self.update(at, Message::Do(intent))
    }

    /// Continues work on the active cluster's rows that was cut into slices (a new filter) until `go_on` says no. Returns whether
    /// more is left. It changes nothing that a message brings, only when it is computed.
    pub fn work(&mut self, go_on: impl FnMut() -> bool) -> bool {
        self.state.cluster_mut().work(go_on)
    }

    /// Whether slices are left.
    pub fn has_work(&self) -> bool {
        let cluster = self.state.cluster();
        !cluster.tree.matches.is_done(&cluster.store)
    }
}
