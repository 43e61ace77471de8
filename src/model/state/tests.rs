//! The engine as its drivers see it: contexts that are left while something is done there, and acts that wait for an answer.

use jiff::SignedDuration;
use serde_json::json;

use super::jobs::{Phase, Task};
use super::{Asked, Beginning, Confirmed, Effect, Engine, Epoch, Intent, Link, Message, News, ServerFacts, Update, Wanted};
use crate::actions::testing::{action, object, permissions, ready, reference};
use crate::actions::{Confirmation, Demand, Outcome};
use crate::domain::{ClusterId, Coverage, Delta, Object, Scope};
use crate::forms::Answers;
use crate::kinds::testing::NOW;

struct Bench(Engine);

impl Bench {
    fn new() -> Self {
        let now = NOW.parse().expect("a time");
        let mut bench = Self(Engine::new(Beginning { now, context: "prod".into(), is_projected: true, ..Beginning::default() }));
        let web = object("ks", &json!({"status": ready()}));
        let scope = Scope { gk: web.id.gk.clone(), namespace: None };
        bench.news(News::Server(ServerFacts::default()));
        bench.news(News::Link(Link::Live));
        bench.news(News::User(Some("ana".into())));
        bench.news(News::Deltas(vec![Delta::Upsert(Box::new(web)), Delta::Coverage(scope, Coverage::Complete)]));
        bench
    }

    fn update(&mut self, message: Message) -> Update {
        self.0.update(self.0.state().clock, message)
    }

    fn news(&mut self, news: News) -> Update {
        self.news_of(self.0.state().cluster().epoch, news)
    }

    fn news_of(&mut self, epoch: Epoch, news: News) -> Update {
        self.update(Message::Cluster(ClusterId(0), epoch, news))
    }

    fn put(&mut self, object: Object) -> Update {
        self.news(News::Deltas(vec![Delta::Upsert(Box::new(object))]))
    }

    fn act(&mut self, name: &str) -> Update {
        let targets = self.0.state().targets(&[reference("ks", "apps", "web")]);
        let (answers, hidden) = (Answers::default(), Vec::new());
        let wanted = Wanted { action: action(name), targets, answers, hidden, asks_first: false };
        self.update(Message::Do(Intent::Act(Box::new(wanted))))
    }

    /// Everything that `name` needs is allowed.
    fn allow(&mut self, name: &str) {
        let rights = permissions(name, &[reference("ks", "apps", "web")]);
        self.news(News::Rights(rights));
    }

    /// Starts the act, which runs at once. Returns its request.
    fn started(&mut self, name: &str) -> (Task, Epoch) {
        self.allow(name);
        let update = self.act(name);
        let write = |effect: &&Effect| if let Effect::Write { task, epoch, .. } = effect { Some((*task, *epoch)) } else { None };
        writes(&update).first().and_then(write).unwrap_or_else(|| panic!("a request goes out: {update:?}"))
    }

    fn phase(&self) -> &Phase {
        &self.0.state().jobs.all()[0].items()[0].phase
    }
}

const TAKEN: Outcome = Outcome::Taken { generation: 1, is_proven: true };

/// What is sent once it is written down; nothing is sent otherwise.
fn writes(update: &Update) -> Vec<&Effect> {
    assert!(!update.effects.iter().any(|effect| matches!(effect, Effect::Write { .. })), "unrecorded: {update:?}");
    update
        .effects
        .iter()
        .flat_map(|effect| match effect {
            Effect::Commit(commit) => commit.then.iter().collect(),
            _ => Vec::new(),
        })
        .collect()
}

fn switch(context: &str) -> Message {
    Message::Do(Intent::Switch(context.to_owned()))
}

#[test]
fn a_job_goes_on_in_a_context_that_was_left_and_then_lets_go_of_it() {
    let mut bench = Bench::new();
    let (task, epoch) = bench.started("reconcile");
    let update = bench.update(switch("staging"));
    assert!(matches!(update.effects[..], [Effect::Connect { keep: true, .. }]), "{update:?}");
    bench.update(Message::Outcome(task, TAKEN));
    let done = object(
        "ks",
        &json!({"status": {"observedGeneration": 1, "lastHandledReconcileAt": NOW,
            "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 1}]}}),
    );
    let news = || News::Deltas(vec![Delta::Upsert(Box::new(done.clone()))]);
    let update = bench.news_of(epoch, news());
    assert!(update.is_seen);
    assert!(matches!(bench.phase(), Phase::Done { .. }));
    assert!(update.effects.contains(&Effect::Leave { cluster: ClusterId(0), epoch }), "{update:?}");
    assert!(!bench.news_of(epoch, news()).is_seen, "nobody is left there");
    assert!(bench.0.state().cluster().store.nodes().next().is_none(), "the new context shows nothing of it");
    let update = bench.update(switch("prod"));
    assert!(matches!(update.effects[..], [Effect::Connect { keep: false, .. }]), "{update:?}");
}

#[test]
fn a_job_whose_connection_was_lost_says_what_it_does_not_know() {
    let mut bench = Bench::new();
    let (task, _) = bench.started("reconcile");
    bench.update(Message::Outcome(task, TAKEN));
    let now = bench.0.state().clock;
    bench.news(News::Link(Link::Stale { since: now, why: "connection refused".into() }));
    for second in (0..=300).step_by(5) {
        bench.0.update(now.checked_add(SignedDuration::from_secs(second)).expect("a time"), Message::Clock);
    }

    let phase = bench.phase();
    assert!(matches!(phase, Phase::Unknown { why } if why.contains("connection refused")), "{phase:?}");
}

#[test]
fn an_act_waits_for_the_right_to_it_and_starts_by_itself() {
    for is_allowed in [true, false] {
        let mut bench = Bench::new();
        let mut update = bench.act("reconcile");
        assert!(update.questions.is_empty() && bench.0.state().jobs.all().is_empty(), "it waits");
        // refused in the namespace, it is asked for the object
        for _ in 0..2 {
            let of = |effect: &Effect| if let Effect::Review { asks, .. } = effect { Some(asks.clone()) } else { None };
            let asked = update.effects.iter().rev().find_map(of).unwrap_or_default();
            update = bench.news(News::Rights(asked.into_iter().map(|ask| (ask, is_allowed)).collect()));
        }
        let state = bench.0.state();
        assert_eq!(state.jobs.running().count(), usize::from(is_allowed));
        let told = state.notice.as_ref().map(|notice| notice.text.as_str()).unwrap_or_default();
        assert_eq!(told.contains("you may not patch kustomizations in \"apps\""), !is_allowed, "{told}");
    }
}

#[test]
fn to_ask_whether_one_may_is_told_until_there_is_an_answer_or_nobody_to_give_it() {
    let told = |bench: &Bench| bench.0.state().notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
    let begun = || {
        let mut bench = Bench::new();
        let update = bench.act("reconcile");
        assert!(told(&bench).contains("asking whether you may"));
        (bench, update)
    };
    let (mut bench, _) = begun();
    let now = bench.0.state().clock;
    bench.news(News::Link(Link::Stale { since: now, why: "connection refused".into() }));
    assert_eq!(told(&bench), "");

    let (mut bench, update) = begun();
    let of = |effect: &Effect| if let Effect::Review { asks, .. } = effect { Some(asks.clone()) } else { None };
    let asked = update.effects.iter().find_map(of).expect("it is asked");
    bench.news(News::Rights(asked.into_iter().map(|ask| (ask, true)).collect()));
    assert!(!told(&bench).contains("asking"), "{}", told(&bench));
}

fn confirmation(update: Update) -> Confirmation {
    match update.questions.into_iter().next() {
        Some(Asked::Confirm(shown)) => *shown,
        other => panic!("it asks first: {other:?}"),
    }
}

#[test]
fn what_is_confirmed_is_what_was_shown() {
    let mut bench = Bench::new();
    bench.allow("delete");
    let shown = confirmation(bench.act("delete"));
    assert_eq!(shown.demand, Demand::Yes);
    // meanwhile it is deleted, and made again
    bench.put(object("ks", &json!({"metadata": {"uid": "6a2f41a3-c54c-fce8-32d2-0324e1c32e22"}, "status": ready()})));

    let refused = bench.0.state().accepted(&shown, "").expect_err("another object");
    assert!(refused.message.contains("another object has taken its name"), "{refused}");
}

#[test]
fn nothing_is_written_that_nobody_started() {
    let mut bench = Bench::new();
    bench.allow("suspend");
    let update = bench.act("suspend");
    assert!(writes(&update).is_empty(), "{update:?}");
    let shown = confirmation(update);
    let accepted = bench.0.state().accepted(&shown, "").expect("nothing has changed");
    let update = bench.update(Message::Do(Intent::Start(Box::new(Confirmed::of(accepted)))));
    assert_eq!(writes(&update).len(), 1, "{update:?}");
}
