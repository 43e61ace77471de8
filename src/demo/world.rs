//! A cluster with its clock: what the API, the controllers and the tests share.
//!
//! Time moves only on demand: tests move it with [`World::advance`], the running demo with [`World::run`]. Everything that happens
//! later (a rollout, a retry, the end of a watch) waits for this clock, never for a timer of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use super::access::{self, User};
use super::api::Late;
use super::content;
use super::controllers::{Controllers, Git, Recording, node, storage};
use super::faults::{Arrival, End, Fault, Faults};
use super::objects::{self, Key, Kind, Store, text};
use crate::records::Snapshot;

/// Longest sleep of [`World::run`]: watches end and bookmarks are due although nothing happens.
const BEAT: Duration = Duration::from_secs(1);

/// One cluster. Clones are the same cluster.
#[derive(Clone)]
pub struct World {
    cluster: Arc<Mutex<Cluster>>,
    /// Rises whenever an object or the clock has changed.
    pulse: Arc<watch::Sender<u64>>,
}

/// Something that happens once, in a cluster.
type Plan = Box<dyn FnOnce(&World) + Send>;

pub(super) struct Cluster {
    pub store: Store,
    pub now: Timestamp,
    pub kubernetes: String,
    /// An opened snapshot: nothing happens in it and nothing changes it.
    pub is_recording: bool,
    pub faults: Faults,
    /// Whether clients come over a connection of bytes.
    is_wired: bool,
    /// Rises when all open watches are to be cut.
    pub cuts: u32,
    /// Parts of paths whose open streams were to break, in their order.
    pub resets: Vec<&'static str>,
    /// Parts of paths whose open streams were to fall silent, in their order.
    mutes: Vec<&'static str>,
    /// What happens later by itself, in its order.
    planned: Vec<(Timestamp, Plan)>,
    pub controllers: Controllers,
    /// How often each request that may change something has arrived, as `METHOD path`.
    pub arrived: BTreeMap<String, u32>,
}

/// How often streams had been ended when one was opened.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    cuts: u32,
    resets: usize,
    mutes: usize,
}

impl World {
    /// A cluster that shows what was recorded and nothing else.
    pub fn recorded(snapshot: &Snapshot) -> Self {
        let store = recorded(snapshot);
        let now = snapshot.taken.unwrap_or(Timestamp::UNIX_EPOCH);
        Self::of(store, now, snapshot, true, Controllers::default())
    }

    /// A cluster that starts as it was recorded and goes on from there at `now`: all recorded times move by the same span. Its sources
    /// fetch from `git`; none means that what was recorded is all there is.
    pub fn start(snapshot: &Snapshot, now: Timestamp, git: Option<Arc<dyn Git>>) -> Self {
        Self::started(snapshot, now, git, std::iter::empty())
    }

    /// The same, where Flux's controllers are Deployments, as flux installs them: those of the recording ran outside of it.
    pub fn installed(snapshot: &Snapshot, now: Timestamp, git: Option<Arc<dyn Git>>) -> Self {
        Self::started(snapshot, now, git, content::controllers())
    }

    fn started(snapshot: &Snapshot, now: Timestamp, git: Option<Arc<dyn Git>>, more: impl Iterator<Item = Value>) -> Self {
        let shift = snapshot.taken.map_or(SignedDuration::ZERO, |taken| now.duration_since(taken));
        let mut store = Store::new(kinds(snapshot, true));
        fill(&mut store, snapshot, shift);
        for node in content::nodes() {
            record(&mut store, ("", "Node"), &node, shift);
        }
        for object in more {
            let (group, _) = text(&object, "/apiVersion").rsplit_once('/').unwrap_or_default();
            record(&mut store, (group, text(&object, "/kind")), &object, shift);
        }
        for role in content::roles() {
            if let Some(kind) = store.kind_of(access::GROUP, text(&role, "/kind")) {
                store.create(kind, role, now);
            }
        }
        let recording = Recording::of(&store);
        storage::begin(&mut store, &recording, now);
        let controllers = Controllers::start(&store, recording, git, now);
        Self::of(store, now, snapshot, false, controllers)
    }

    fn of(store: Store, now: Timestamp, snapshot: &Snapshot, is_recording: bool, controllers: Controllers) -> Self {
        let kubernetes = snapshot.kubernetes.clone();
        let cluster = Cluster {
            store,
            now,
            kubernetes,
            is_recording,
            faults: Faults::default(),
            is_wired: false,
            cuts: 0,
            resets: Vec::new(),
            mutes: Vec::new(),
            planned: Vec::new(),
            controllers,
            arrived: BTreeMap::new(),
        };
        Self { cluster: Arc::new(Mutex::new(cluster)), pulse: Arc::new(watch::Sender::new(0)) }
    }

    /// A client for a user, with all layers of an ordinary one.
    pub fn client(&self, user: &User) -> kube::Client {
        if self.lock().is_wired {
            return super::api::over_wire(self, user);
        }
        let (world, user) = (self.clone(), user.clone());
        let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
            let (world, user) = (world.clone(), user.clone());
            async move { super::api::answer(&world, Some(user), request).await }
        });
        kube::Client::new(service, "default")
    }

    /// Lets clients that are made from now on come over a connection of bytes, as over a network, and counts what they send: what is
    /// broken looks to them as it does there.
    pub fn wire(&self) {
        let mut cluster = self.lock();
        cluster.is_wired = true;
        cluster.faults.counts = true;
    }

    /// A client that meets no fault and is not counted: what a test knows of the cluster.
    pub fn observer(&self) -> kube::Client {
        let world = self.clone();
        let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
            let world = world.clone();
            async move { super::api::unharmed(&world, User::admin(), request).await }
        });
        kube::Client::new(service, "default")
    }

    pub fn now(&self) -> Timestamp {
        self.lock().now
    }

    /// Moves the clock; everything that is due on the way happens in its order and at its time.
    pub fn advance(&self, by: Duration) {
        let by = SignedDuration::try_from(by).expect("a span within bounds");
        let until = self.now().saturating_add(by).expect("a time within the calendar");
        self.move_to(until);
    }

    fn move_to(&self, until: Timestamp) {
        loop {
            let next = self.lock().next_planned(until);
            let Some((at, plan)) = next else { break };
            self.lock().work(at);
            plan(self);
        }
        self.lock().work(until);
        self.beat();
    }

    /// Keeps a request until it arrives, by the clock of the cluster.
    pub(super) fn delay(&self, by: Duration, late: Late) {
        // nobody receives the reply
        self.plan(by, move |world| drop(super::api::take(world, late)));
    }

    /// Lets something happen when the clock of the cluster has moved that far.
    pub(super) fn plan(&self, after: Duration, plan: impl FnOnce(&Self) + Send + 'static) {
        let at = self.after(after);
        self.lock().planned.push((at, Box::new(plan)));
    }

    /// Changes objects without a request: what happens in the cluster by itself.
    pub(super) fn change(&self, act: impl FnOnce(&mut Store, Timestamp)) {
        {
            let mut cluster = self.lock();
            let now = cluster.now;
            act(&mut cluster.store, now);
            cluster.notify();
        }
        self.beat();
    }

    /// The moment that much later.
    pub(super) fn after(&self, by: Duration) -> Timestamp {
        let now = self.now();
        SignedDuration::try_from(by).ok().and_then(|by| now.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
    }

    /// Lets the cluster live in real time, for ever.
    pub async fn run(&self) {
        let (began, start) = (tokio::time::Instant::now(), self.now());
        let mut pulse = self.pulse.subscribe();
        loop {
            let passed = SignedDuration::try_from(began.elapsed()).unwrap_or(SignedDuration::MAX);
            self.move_to(start.saturating_add(passed).unwrap_or(start));
            pulse.borrow_and_update();
            let next = self.lock().controllers.next();
            let wait = next.map_or(BEAT, |next| next.duration_since(self.now()).unsigned_abs().min(BEAT));
            tokio::select! {
                () = tokio::time::sleep(wait) => (),
                // after a write, the next step may be due sooner
                changed = pulse.changed() => if changed.is_err() { return },
            }
        }
    }

    /// Whether the cluster has a node of that name that is ready.
    pub(super) fn has_node(&self, name: &str) -> bool {
        node::is_ready(&self.lock().store, name)
    }

    /// Whether a source of the cluster has fetched that commit of the repository at a URL.
    pub(super) fn has_fetched(&self, url: &str, commit: &str) -> bool {
        let cluster = self.lock();
        let sources = cluster.store.kind_of("source.toolkit.fluxcd.io", "GitRepository");
        let mut sources = sources.into_iter().flat_map(|kind| cluster.store.of_kind(kind)).map(|(_, source)| source);
        sources.any(|source| text(source, "/spec/url") == url && text(source, "/status/artifact/revision").ends_with(commit))
    }

    /// Adds a rule for requests from now on. Earlier rules come first.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.inject(fault);
    }

    /// Removes all rules. Connections that hang or broke stay as they are.
    pub fn lift(&self) {
        self.lock().faults.lift();
    }

    /// Everything that was sent since it was asked last, with any outcome, except requests by [`Self::observer`].
    pub fn take_arrivals(&self) -> Vec<Arrival> {
        std::mem::take(&mut self.lock().faults.arrivals)
    }

    /// How much was sent since the last take.
    pub fn arrivals(&self) -> usize {
        self.lock().faults.arrivals.len()
    }

    /// How often each request that may change something has arrived since it was asked last, as `METHOD path`: what an audit log has.
    pub fn take_arrived(&self) -> BTreeMap<String, u32> {
        std::mem::take(&mut self.lock().arrived)
    }

    /// Cuts all open watches and logs in the middle, as a restarting load balancer does.
    pub fn cut_watches(&self) {
        self.lock().cuts += 1;
        self.beat();
    }

    /// Breaks the connections of open watches and logs, as a server that is killed does: of those whose path holds this.
    pub fn reset_streams(&self, path: &'static str) {
        self.lock().resets.push(path);
        self.beat();
    }

    /// Drops the connections of open watches and logs whose path contains this, without an end.
    pub fn mute_streams(&self, path: &'static str) {
        self.lock().mutes.push(path);
    }

    /// Serves a kind in that version from now on, or not at all, as its definition says that somebody has changed.
    pub fn serve_in(&self, group: &str, kind: &str, version: Option<&str>) {
        {
            let mut cluster = self.lock();
            let number = cluster.store.kind_of(group, kind).expect("a kind of the cluster");
            // the server ends watches whose kind has changed
            cluster.cuts += 1;
            cluster.store.serve_in(number, version);
        }
        self.beat();
    }

    /// Forgets the history of changes: versions that clients hold are too old from now on.
    pub fn compact(&self) {
        self.lock().store.compact();
        self.beat();
    }

    /// Waits until the clock has reached a time.
    pub(super) async fn until(&self, at: Timestamp) {
        let mut pulse = self.pulse.subscribe();
        while self.now() < at {
            if pulse.changed().await.is_err() {
                return;
            }
        }
    }

    pub(super) fn listen(&self) -> watch::Receiver<u64> {
        self.pulse.subscribe()
    }

    pub(super) fn beat(&self) {
        self.pulse.send_modify(|beats| *beats += 1);
    }

    /// The objects of a kind, as they are now.
    pub(super) fn objects(&self, group: &str, kind: &str) -> Vec<Arc<Value>> {
        let cluster = self.lock();
        let kind = cluster.store.kind_of(group, kind);
        kind.into_iter().flat_map(|kind| cluster.store.of_kind(kind)).map(|(_, object)| object.clone()).collect()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Cluster> {
        self.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cluster {
    /// Does everything that is due until a time.
    fn work(&mut self, until: Timestamp) {
        while let Some(at) = self.controllers.next().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.controllers.step(&mut self.store, self.now);
        }
        self.now = self.now.max(until);
    }

    /// Notes who owns which field of an object that is about to be read or written.
    pub fn own(&mut self, key: &Key) {
        if !self.is_recording {
            self.controllers.own(&mut self.store, key);
        }
    }

    /// Takes out the first of what happens until a time.
    fn next_planned(&mut self, until: Timestamp) -> Option<(Timestamp, Plan)> {
        let first = (0..self.planned.len()).min_by_key(|at| self.planned[*at].0)?;
        (self.planned[first].0 <= until).then(|| self.planned.remove(first))
    }

    /// Where a stream stands that is opened now.
    pub fn mark(&self) -> Mark {
        Mark { cuts: self.cuts, resets: self.resets.len(), mutes: self.mutes.len() }
    }

    /// How a stream ends that was opened then; none where it goes on.
    pub fn ended(&self, mark: Mark, path: &str) -> Option<End> {
        if self.resets[mark.resets..].iter().any(|part| path.contains(part)) {
            return Some(End::Reset);
        }
        (mark.cuts != self.cuts).then_some(End::InOrder)
    }

    /// Whether a stream that was opened then says nothing any more, although nobody has ended it.
    pub fn is_mute(&self, mark: Mark, path: &str) -> bool {
        self.mutes[mark.mutes..].iter().any(|part| path.contains(part))
    }

    /// Notifies the controllers of what a request has changed.
    pub fn notify(&mut self) {
        if !self.is_recording {
            self.controllers.receive(&self.store, self.now);
        }
    }
}

/// The objects of a snapshot.
pub(super) fn recorded(snapshot: &Snapshot) -> Store {
    let mut store = Store::new(kinds(snapshot, false));
    fill(&mut store, snapshot, SignedDuration::ZERO);
    store
}

/// The kinds of a snapshot; a cluster that lives has those built into Kubernetes too.
fn kinds(snapshot: &Snapshot, is_living: bool) -> Vec<Kind> {
    let definitions = snapshot.kinds.iter().find(|kind| kind.kind == "CustomResourceDefinition");
    let definitions = definitions.map_or(&[][..], |kind| kind.objects.as_slice());
    let mut kinds: Vec<_> = snapshot.kinds.iter().map(|recorded| Kind::recorded(recorded, definitions)).collect();
    let more = Kind::built_in().filter(|kind| is_living || kind.is("", "Event"));
    let missing: Vec<_> = more.filter(|kind| !kinds.iter().any(|known| known.is(&kind.group, &kind.kind))).collect();
    kinds.extend(missing);
    kinds
}

/// Until when it is suspended.
const UNTIL: &str = "/metadata/annotations/fluxdeck.dev~1suspend-until";

fn fill(store: &mut Store, snapshot: &Snapshot, shift: SignedDuration) {
    let recorded = snapshot
        .kinds
        .iter()
        .flat_map(|kind| kind.objects.iter().map(|object| (kind.group.as_str(), kind.kind.as_str(), object)));
    let events = snapshot.events.iter().map(|event| ("", "Event", event));
    for (group, kind, object) in recorded.chain(events) {
        record(store, (group, kind), object, shift);
    }
}

/// Takes an object as it was recorded, all of its times moved.
fn record(store: &mut Store, (group, kind): (&str, &str), recorded: &Value, shift: SignedDuration) {
    let mut object = recorded.clone();
    if !shift.is_zero() {
        objects::rewrite(&mut object, &|text| moved(text, shift));
        // a date that git says stays, or the cluster would differ from it
        if let Some(until) = recorded.pointer(UNTIL) {
            object["metadata"]["annotations"]["fluxdeck.dev/suspend-until"] = until.clone();
        }
    }
    let kind = store.kind_of(group, kind).expect("a kind of the cluster");
    store.record(kind, object);
}

/// Moves a text that is a time.
fn moved(text: &mut String, by: SignedDuration) {
    let bytes = text.as_bytes();
    let is_time = (20..=35).contains(&bytes.len()) && bytes[4] == b'-' && bytes[10] == b'T' && bytes[bytes.len() - 1] == b'Z';
    if let Some(at) = is_time.then(|| text.parse::<Timestamp>().ok()).flatten().and_then(|at| at.checked_add(by).ok()) {
        *text = if text.contains('.') { at.strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string() } else { objects::time(at) };
    }
}
