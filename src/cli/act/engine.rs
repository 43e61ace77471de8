//! The engine without a screen, kept running until an act has come to its end.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc;

use super::report;
use crate::cli::Call;
use crate::run;
use crate::runtime::{Options, Runtime};
use fluxdeck_model::actions::{Action, Answers, Confirmation, Target};
use fluxdeck_model::domain::Scope;
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::state::jobs::{Job, JobId};
use fluxdeck_model::state::{Effect, Link, Message, News, State};

/// How long the first picture, and what is asked before an act, may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One cluster, followed.
pub(super) struct Engine {
    pub state: State,
    runtime: Runtime,
    messages: mpsc::Receiver<Message>,
}

impl Engine {
    /// Connects and reads these scopes.
    ///
    /// # Errors
    /// When the cluster is not reachable, or not complete in time.
    pub async fn start(call: &Call, scopes: Vec<Scope>) -> Result<Self> {
        let mut state = State::new(Timestamp::now(), super::select::settings(call));
        let (inbox, messages) = mpsc::channel(64);
        let mut runtime = Runtime::new(Options { only: scopes, ..call.options.clone() }, inbox);
        state.cluster_mut().context.clone_from(&call.context);
        let cluster = state.cluster();
        runtime.carry_out(Effect::Connect {
            cluster: cluster.id,
            epoch: cluster.epoch,
            context: call.context.clone(),
            keep: false,
        });
        let mut engine = Self { state, runtime, messages };
        let read = async {
            while !engine.state.cluster().is_complete() {
                engine.turn().await?;
                // before anything was done an unreachable cluster is the end
                if let Link::Unauthorised(error) | Link::Unreachable(error) = &engine.state.cluster().link {
                    return Err(error.clone());
                }
            }
            Ok(())
        };
        let late =
            || Error::new(ErrorKind::Unreachable, format!("no picture within {} s", PATIENCE.as_secs()), "nothing was done");
        tokio::time::timeout(PATIENCE, read).await.map_err(|_| late())??;
        Ok(engine)
    }

    /// Takes one message; when none comes for a second, the clock.
    async fn turn(&mut self) -> Result<()> {
        let next = tokio::time::timeout(Duration::from_secs(1), self.messages.recv()).await;
        self.state.clock = Timestamp::now();
        let mut effects = Vec::new();
        match next {
            Ok(None) => return Err(Error::failed("the connection ended", "")),
            Ok(Some(message)) => self.take(message, &mut effects),
            Err(_) => {}
        }
        self.state.advance_jobs(&mut effects);
        self.carry_out(effects);
        Ok(())
    }

    fn take(&mut self, message: Message, effects: &mut Vec<Effect>) {
        let now = self.state.clock;
        match message {
            Message::Outcome(task, outcome) => self.state.hear_outcome(task, outcome, now, effects),
            Message::Cluster(_, _, news) => match news {
                News::Rights(rights) => self.state.hear_rights(rights, effects),
                News::Owners(owners) => self.state.hear_owners(owners, effects),
                News::User(user) => self.state.cluster_mut().user = Some(user),
                News::Link(link) => self.state.cluster_mut().link = link,
                News::Server(server) => self.state.cluster_mut().connected(server),
                News::Contexts { all, current } => {
                    self.state.cluster_mut().context = current;
                    self.state.contexts = all;
                }
                News::Deltas(deltas) => self.state.cluster_mut().apply_unseen(deltas),
                News::Namespaces(_) | News::Compared(..) => {}
            },
            Message::Reply(..) | Message::Clock(_) | Message::Input(_) => {}
        }
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            // there is no terminal to hand anything back to
            let _ = self.runtime.carry_out(effect);
        }
    }

    /// Works out what would happen, once everything is known that may be asked.
    ///
    /// # Errors
    /// When the API server does not answer in time: nothing was done.
    pub async fn settle(&mut self, action: &'static Action, targets: &[Target], answers: &Answers) -> Result<Confirmation> {
        let begin = tokio::time::Instant::now();
        let mut asked = None;
        loop {
            let confirmation = self.state.confirm(action, targets, answers, &[]);
            let is_known = self.state.cluster().user.is_some() || begin.elapsed() > Duration::from_secs(5);
            if confirmation.is_settled() && (is_known || confirmation.planned.is_empty()) {
                return Ok(confirmation);
            }
            if begin.elapsed() > PATIENCE {
                let message = "the API server does not say what you may do";
                return Err(Error::new(ErrorKind::Unreachable, message, "nothing was done"));
            }
            // each question once: what is asked next depends on the answers
            if asked.as_ref() != Some(&confirmation.wants) {
                let mut effects = Vec::new();
                self.state.inquire(&confirmation, &mut effects);
                self.carry_out(effects);
                asked = Some(confirmation.wants);
            }
            self.turn().await?;
        }
    }

    /// Does it, and follows it to its end; none where nothing was left to do.
    ///
    /// # Errors
    /// When the program's own parts fail.
    pub async fn carry_through(&mut self, confirmed: &Confirmation, waits: bool, timeout: SignedDuration) -> Result<Option<Job>> {
        if confirmed.planned.is_empty() {
            return Ok(None);
        }
        let mut effects = Vec::new();
        let id = self.state.start_with(confirmed, waits, timeout, &mut effects);
        self.carry_out(effects);
        let followed = self.follow(id).await;
        // what is out cannot be taken back: it is told as far as it has come
        let mut effects = Vec::new();
        self.state.clock = Timestamp::now();
        self.state.part(&mut effects);
        self.carry_out(effects);
        self.runtime.close().await;
        followed.map(|()| self.state.jobs.find(id).cloned())
    }

    /// Until it is over, or somebody ends the program.
    async fn follow(&mut self, id: JobId) -> Result<()> {
        let mut progress = report::Progress::default();
        let mut stopped = std::pin::pin!(run::stopped());
        loop {
            let job = self.state.jobs.find(id).expect("a job that runs is kept");
            progress.tell(job);
            if job.is_over() {
                return Ok(());
            }
            tokio::select! {
                turned = self.turn() => turned?,
                () = &mut stopped => return Ok(()),
            }
        }
    }
}
