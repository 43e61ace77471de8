//! A program that is killed in a bulk, anywhere: the next one takes up what is left, and no request arrives twice.
//!
//! The engine, the runtime, the journal and the demo's API server are the program's own; only the driver is the test's, which stops
//! carrying out effects where the test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fluxdeck::demo::{Company, RunDirectory, User, World};
use fluxdeck::files;
use fluxdeck::records::jobs;
use fluxdeck::runtime::{Guest, Options, Origin, Runtime};
use fluxdeck_model::actions;
use fluxdeck_model::domain::{GroupKind, ObjectRef, Scope};
use fluxdeck_model::forms::Answers;
use fluxdeck_model::state::jobs::{Job, Keeper, Phase};
use fluxdeck_model::state::{Beginning, Confirmed, Effect, Engine, Intent, Message, State};
use jiff::{SignedDuration, Timestamp};
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::sync::mpsc;

const NOW: &str = "2026-11-21T08:00:00Z";
const NAMESPACE: &str = "shop";
const OBJECTS: usize = 50;
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where nothing comes for so long, the clock goes on by so much.
const QUIET: Duration = Duration::from_millis(10);
const TICK: SignedDuration = SignedDuration::from_secs(2);

fn name(number: usize) -> String {
    format!("bulk-{number:02}")
}

fn kustomizations() -> GroupKind {
    GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization")
}

/// The demo's cluster with fifty Kustomizations to act on.
struct Ground {
    company: Arc<Company>,
    world: World,
    api: Api<DynamicObject>,
}

impl Ground {
    async fn new() -> Self {
        let company = Arc::new(Company::driven(RunDirectory::passing(), NOW.parse().expect("a time")));
        let world = company.enter("").expect("a context").world;
        let gvk = GroupVersionKind::gvk("kustomize.toolkit.fluxcd.io", "v1", "Kustomization");
        let api = Api::namespaced_with(world.client(&User::admin()), NAMESPACE, &ApiResource::from_gvk(&gvk));
        for number in 0..OBJECTS {
            let object = serde_json::from_value(json!({
                "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
                "metadata": {"name": name(number), "namespace": NAMESPACE},
                "spec": {"interval": "1h", "path": "./", "prune": false,
                    "sourceRef": {"kind": "GitRepository", "name": "none", "namespace": NAMESPACE}},
            }));
            api.create(&PostParams::default(), &object.expect("an object")).await.expect("created");
        }
        Self { company, world, api }
    }

    /// Which of the fifty are suspended.
    async fn suspended(&self) -> BTreeSet<String> {
        let all = self.api.list(&Default::default()).await.expect("listed");
        let is_suspended = |object: &DynamicObject| object.data["spec"]["suspend"] == true;
        all.items.into_iter().filter(is_suspended).filter_map(|object| object.metadata.name).collect()
    }

    /// Suspends just these, and forgets what has arrived.
    async fn set(&self, wanted: &BTreeSet<String>) {
        let now = self.suspended().await;
        for name in now.symmetric_difference(wanted) {
            let suspend = if wanted.contains(name) { json!(true) } else { json!(null) };
            let patch = Patch::Merge(json!({"spec": {"suspend": suspend}}));
            self.api.patch(name, &PatchParams::default(), &patch).await.expect("patched");
        }
        self.world.take_arrived();
    }

    /// How often each object was patched since this was asked last.
    fn patched(&self) -> BTreeMap<String, u32> {
        let patched = self.world.take_arrived().into_iter().filter_map(|(request, times)| {
            let path = request.strip_prefix("PATCH ")?;
            Some((path.rsplit('/').next()?.to_owned(), times))
        });
        patched.collect()
    }
}

/// One run of the program.
struct Run {
    engine: Engine,
    runtime: Runtime,
    messages: mpsc::Receiver<Message>,
    waiting: Vec<Effect>,
    clock: Timestamp,
}

impl Run {
    fn new(ground: &Ground, state_dir: &Path, nonce: u32) -> Self {
        let (inbox, messages) = mpsc::channel(64);
        let guest = Guest { company: ground.company.clone(), user: User::admin(), is_acting: false };
        let only = vec![Scope { gk: kustomizations(), namespace: Some(NAMESPACE.into()) }];
        let options = Options { only: Some(only), state_dir: Some(state_dir.to_owned()), ..Options::of(Origin::Demo(guest)) };
        let beginning = Beginning { now: now(), nonce, ..Beginning::default() };
        let mut run = Self {
            engine: Engine::new(beginning),
            runtime: Runtime::new(options, inbox),
            messages,
            waiting: Vec::new(),
            clock: now(),
        };
        run.intend(Intent::Connect);
        run
    }

    fn intend(&mut self, intent: Intent) {
        self.take(Message::Do(intent));
    }

    fn take(&mut self, message: Message) {
        self.waiting.extend(self.engine.update(self.clock, message).effects);
    }

    fn job(&self) -> Option<&Job> {
        self.engine.state().jobs.all().first()
    }

    /// Goes on until something holds. Before each effect `kills` is asked whether the program is killed there.
    async fn until(&mut self, holds: impl Fn(&State) -> bool, mut kills: impl FnMut(&Effect) -> bool) -> Killed {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            for effect in std::mem::take(&mut self.waiting) {
                if kills(&effect) {
                    return Killed::Yes(Box::new(effect));
                }
                self.runtime.carry_out(effect);
            }
            if holds(self.engine.state()) {
                return Killed::No;
            }
            assert!(tokio::time::Instant::now() < deadline, "it does not end: {:#?}", self.job());
            match tokio::time::timeout(QUIET, self.messages.recv()).await {
                Ok(message) => self.take(message.expect("the runtime holds a sender")),
                Err(_) => {
                    self.clock = self.clock.checked_add(TICK).expect("a time");
                    self.take(Message::Clock);
                }
            }
        }
    }

    /// Starts to suspend all fifty.
    async fn start(&mut self) {
        self.until(|state| state.cluster().is_complete(), |_| false).await;
        let ids: Vec<_> = (0..OBJECTS)
            .map(|number| ObjectRef::new(self.engine.state().active, kustomizations(), NAMESPACE, name(number)))
            .collect();
        let targets = self.engine.state().targets(&ids);
        let action = actions::find("suspend").expect("an action");
        let confirm = |state: &State| state.confirm(action, &targets, &Answers::default(), &[]);
        let is_known = |state: &State| confirm(state).is_settled() && state.cluster().user.is_some();
        while !is_known(self.engine.state()) {
            let wants = confirm(self.engine.state()).wants;
            self.intend(Intent::Inquire(Box::new(wants.clone())));
            self.until(|state| is_known(state) || confirm(state).wants != wants, |_| false).await;
        }
        let confirmation = confirm(self.engine.state());
        assert_eq!(confirmation.planned.len(), OBJECTS, "{:?}", confirmation.skipped);
        self.intend(Intent::Start(Box::new(Confirmed::of(confirmation))));
    }

    /// Takes up what an earlier run left, lets it go on, and follows it to its end.
    async fn finish(&mut self) {
        self.intend(Intent::LoadJobs);
        let is_up = |state: &State| state.jobs.all().first().is_some_and(|job| job.keeper == Keeper::Us || job.is_over());
        self.until(is_up, |_| false).await;
        if let Some(job) = self.job().filter(|job| job.is_paused()) {
            let id = job.id;
            self.intend(Intent::GoOn(id));
        }
        self.until(|state| state.jobs.all().iter().all(Job::is_over), |_| false).await;
    }
}

enum Killed {
    No,
    /// Before this effect.
    Yes(Box<Effect>),
}

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

/// Waits until the killed program's lock is gone, as the system takes it from a process that ends.
async fn ended(dir: &Path) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while jobs::load(files::REAL, dir).expect("readable").iter().any(|stored| stored.is_elsewhere) {
        assert!(tokio::time::Instant::now() < deadline, "the lock is still held");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn is_patched(name: &str, first: &BTreeMap<String, u32>, then: &BTreeMap<String, u32>) -> u32 {
    [first, then].into_iter().filter_map(|patched| patched.get(name)).sum()
}

/// What must hold of a bulk that was cut somewhere and finished by another run.
#[track_caller]
fn assert_once(
    job: Option<&Job>,
    first: &BTreeMap<String, u32>,
    then: &BTreeMap<String, u32>,
    suspended: &BTreeSet<String>,
    at: &str,
) {
    for number in 0..OBJECTS {
        let times = is_patched(&name(number), first, then);
        assert!(times <= 1, "{at}: {} was patched {times} times", name(number));
    }
    let Some(job) = job else {
        assert!(first.is_empty(), "{at}: something was sent and nothing is known of it");
        return;
    };
    assert_eq!(job.items().len(), OBJECTS, "{at}");
    for item in job.items() {
        let is_suspended = suspended.contains(&*item.object.name);
        match &item.phase {
            Phase::Done { .. } => assert!(is_suspended, "{at}: {} is done and is not", item.object),
            Phase::Unknown { why } => {
                assert!(why.contains("not seen to have arrived") && !is_suspended, "{at}: {}: {why}", item.object);
            }
            phase => panic!("{at}: {} ended as {phase:?}", item.object),
        }
    }
}

/// Finishes in another run what was left in a directory, and checks it.
async fn finished(ground: &Ground, dir: &Path, at: &str) {
    ended(dir).await;
    let first = ground.patched();
    let stored = jobs::load(files::REAL, dir).expect("readable");
    let mut run = Run::new(ground, dir, 2);
    if !stored.is_empty() {
        run.finish().await;
    }
    let suspended = ground.suspended().await;
    assert_once(run.job(), &first, &ground.patched(), &suspended, at);
    drop(run);
    ended(dir).await;
}

/// Kills a bulk before that effect of it, and finishes it in another run. Returns whether it was over before.
async fn cut_before(cut: usize) -> bool {
    let ground = Ground::new().await;
    let dir = tempfile::tempdir().expect("a directory");
    let mut run = Run::new(&ground, dir.path(), 1);
    run.start().await;
    let mut seen = 0;
    let mut kills = |_: &Effect| {
        seen += 1;
        seen > cut
    };
    let is_over = |state: &State| state.jobs.all().iter().all(Job::is_over);
    let killed = run.until(is_over, &mut kills).await;
    // what was carried out goes on for a moment on every other cut, and nobody receives its reply
    if cut.is_multiple_of(2) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(run);
    finished(&ground, dir.path(), &format!("cut before effect {cut}")).await;
    matches!(killed, Killed::No)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bulk_that_was_cut_after_any_effect_is_finished_and_each_request_arrives_once() {
    // several at once: a request that did not arrive is looked for twice, some time apart
    const AT_ONCE: usize = 12;
    let mut cuts = 0;
    loop {
        let over = futures::future::join_all((cuts..cuts + AT_ONCE).map(cut_before)).await;
        cuts += AT_ONCE;
        if over.iter().all(|over| *over) {
            break;
        }
    }
    assert!(cuts > 2 * AT_ONCE, "the bulk had fewer than {cuts} effects");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_was_torn_at_any_byte_is_as_if_it_had_not_been_begun() {
    let ground = Ground::new().await;
    ground.set(&BTreeSet::new()).await;
    let dir = tempfile::tempdir().expect("a directory");
    let mut run = Run::new(&ground, dir.path(), 1);
    run.start().await;
    let mut sent = 0;
    // the last record that permits something
    let mut kills = |effect: &Effect| {
        sent += if let Effect::Commit(commit) = effect { commit.then.len() } else { 0 };
        sent == OBJECTS
    };
    let Killed::Yes(last) = run.until(|state| state.jobs.all().iter().all(Job::is_over), &mut kills).await else {
        panic!("the bulk has no last record")
    };
    let Effect::Commit(last) = *last else { unreachable!("that is where it was cut") };
    assert!(!last.is_new && last.lines.iter().filter(|byte| **byte == b'\n').count() == 1);
    tokio::time::sleep(Duration::from_millis(50)).await;
    drop(run);
    ended(dir.path()).await;

    let (first, suspended) = (ground.patched(), ground.suspended().await);
    let journal = dir.path().join(format!("jobs/{}.job", last.job));
    let before = std::fs::read(&journal).expect("a journal");
    for torn in 0..=last.lines.len() {
        ground.set(&suspended).await;
        std::fs::write(&journal, [&before, &last.lines[..torn]].concat()).expect("written");
        let mut run = Run::new(&ground, dir.path(), 2);
        run.finish().await;
        let at = format!("torn at byte {torn} of {}", last.lines.len());
        assert_once(run.job(), &first, &ground.patched(), &ground.suspended().await, &at);
        drop(run);
        ended(dir.path()).await;
    }
}
