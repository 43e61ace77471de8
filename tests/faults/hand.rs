//! The program without a screen that does one act: its engine and its runtime, and time that passes.

use std::time::Duration;

use fluxdeck::runtime::{Options, Runtime};
use fluxdeck_model::actions;
use fluxdeck_model::domain::{GroupKind, ObjectRef, Scope};
use fluxdeck_model::forms::Answers;
use fluxdeck_model::state::jobs::{Job, Phase};
use fluxdeck_model::state::{Beginning, Confirmed, Engine, Intent, Message, State};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::ground::{Ground, NAMESPACE, SOON, is_live};

pub struct Hand {
    engine: Engine,
    runtime: Runtime,
    messages: mpsc::Receiver<Message>,
    began: (tokio::time::Instant, Timestamp),
}

impl Hand {
    /// Connects, and reads the Kustomizations of one namespace.
    pub async fn new(ground: &Ground) -> Self {
        let (inbox, messages) = mpsc::channel(64);
        let gk = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
        let options = Options { only: Some(vec![Scope { gk, namespace: Some(NAMESPACE.into()) }]), ..ground.options() };
        let beginning = Beginning { now: ground.world.now(), nonce: 7, ..Beginning::default() };
        let began = (tokio::time::Instant::now(), ground.world.now());
        let mut hand = Self { engine: Engine::new(beginning), runtime: Runtime::new(options, inbox), messages, began };
        hand.take(Message::Do(Intent::Connect));
        assert!(hand.pass_until(SOON, is_live).await, "not live: {:?}", hand.state().cluster().link);
        hand
    }

    pub fn state(&self) -> &State {
        self.engine.state()
    }

    fn take(&mut self, message: Message) {
        let now = self.began.1.checked_add(self.began.0.elapsed()).expect("a time within the calendar");
        for effect in self.engine.update(now, message).effects {
            // there is no terminal to hand anything back to
            let _ = self.runtime.carry_out(effect);
        }
    }

    /// Lets time pass until something holds; false when that takes longer than `limit`.
    pub async fn pass_until(&mut self, limit: Duration, holds: impl Fn(&State) -> bool) -> bool {
        let began = tokio::time::Instant::now();
        while !holds(self.state()) {
            if began.elapsed() >= limit {
                return false;
            }
            let next = tokio::time::timeout(Duration::from_secs(1), self.messages.recv()).await;
            self.take(next.ok().flatten().unwrap_or(Message::Clock));
        }
        true
    }

    /// Asks what has to be asked before a Kustomization is suspended.
    pub async fn confirm(&mut self, name: &str) -> Confirmed {
        let gk = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
        let targets = self.state().targets(&[ObjectRef::new(self.state().active, gk, NAMESPACE, name)]);
        let action = actions::find("suspend").expect("an action");
        let confirm = |state: &State| state.confirm(action, &targets, &Answers::default(), &[]);
        let is_known =
            |state: &State| confirm(state).is_settled() && (state.cluster().user.is_some() || state.cluster().is_unnamed);
        let mut asked = None;
        while !is_known(self.state()) {
            let wants = confirm(self.state()).wants;
            if asked.as_ref() != Some(&wants) {
                self.take(Message::Do(Intent::Inquire(Box::new(wants.clone()))));
                asked = Some(wants.clone());
            }
            assert!(
                self.pass_until(SOON, |state| is_known(state) || confirm(state).wants != wants).await,
                "no answer: {wants:?}"
            );
        }
        let confirmation = confirm(self.state());
        assert_eq!(confirmation.planned.len(), 1, "{:?} {:?}", confirmation.refusal, confirmation.skipped);
        Confirmed::of(confirmation)
    }

    pub fn start(&mut self, confirmed: Confirmed) {
        self.take(Message::Do(Intent::Start(Box::new(confirmed))));
    }

    /// How the one act stands.
    pub fn phase(&self) -> &Phase {
        &self.state().jobs.all().first().expect("a job").items()[0].phase
    }

    pub fn is_over(state: &State) -> bool {
        state.jobs.all().iter().all(Job::is_over)
    }
}
