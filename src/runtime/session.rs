//! One cluster's connection from end to end: made anew as often as needed, the kinds that are followed, and what is said while it is down.
//!
//! It never ends by itself: what cannot be reached is tried again, and the picture stays, marked as old.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use jiff::Timestamp;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use super::acts::Live;
use super::connect::Connection;
use super::follow::{Follower, RELIST, Report};
use super::pace::{Backoff, Beat, Heartbeat};
use super::{Options, Origin, owned};
use crate::cluster::{self, Failure, Feed};
use crate::records;
use fluxdeck_model::domain::{ClusterId, Coverage, Delta, GroupKind, Object, ObjectRef, Relation, Scope, Str, Uid};
use fluxdeck_model::kinds::{self, Body, Kind, Reader, Role};
use fluxdeck_model::state::{Epoch, Link, Message, News};

/// Lists under way at once.
const LISTS: usize = 6;
/// Lists of more than one page under way at once: they are what costs memory, here and in the server.
const LONG_LISTS: usize = 2;
/// Namespaces looked into one by one where a kind may not be listed everywhere.
const MOST_NAMESPACES: usize = 100;

/// What the screen asks of a session.
pub(super) enum Order {
    Include(Vec<Str>),
    Owned(ObjectRef, Uid),
    Refresh,
}

/// A session before it runs.
pub(super) struct Task {
    pub cluster: ClusterId,
    pub epoch: Epoch,
    pub context: String,
    pub options: Options,
    pub inbox: mpsc::Sender<Message>,
    /// Shows acts the connection.
    pub live: watch::Sender<Option<Live>>,
}

/// Why a connection was given up.
enum End {
    Refresh,
    Unauthorised(Failure),
    /// Nobody listens any more.
    Left,
}

impl Task {
    pub async fn run(self, mut orders: mpsc::UnboundedReceiver<Order>) {
        let generation = Arc::new(AtomicU32::new(1));
        let mut pause = Backoff::default();
        loop {
            let failure = match self.connect().await {
                Ok(connection) => {
                    pause.reset();
                    match Hub::new(&self, connection, generation.clone()).run(&mut orders).await {
                        End::Left => return,
                        End::Refresh => continue,
                        End::Unauthorised(failure) => failure,
                    }
                }
                Err(failure) => failure,
            };
            if !self.tell(News::Link(self.link_of(&failure))).await || !pause.wait(&mut orders).await {
                return;
            }
        }
    }

    fn link_of(&self, failure: &Failure) -> Link {
        let error = failure.error(&self.server_name());
        match failure {
            Failure::Unauthorised(_) => Link::Unauthorised(error),
            _ => Link::Unreachable(error),
        }
    }

    fn server_name(&self) -> String {
        if self.context.is_empty() { "the API server".to_owned() } else { format!("the API server of `{}`", self.context) }
    }

    /// Sends news; false when nobody listens any more.
    pub(super) async fn tell(&self, news: News) -> bool {
        self.inbox.send(Message::Cluster(self.cluster, self.epoch, news)).await.is_ok()
    }
}

/// A connection at work: what is followed, and how it is doing.
struct Hub<'a> {
    task: &'a Task,
    connection: Connection,
    generation: Arc<AtomicU32>,
    lists: Arc<Semaphore>,
    long_lists: Arc<Semaphore>,
    reports: mpsc::Sender<Report>,
    taken: mpsc::Receiver<Report>,
    /// Rises when followers must not wait any longer and not trust what they have open.
    kick: watch::Sender<u32>,
    followers: JoinSet<()>,
    followed: HashSet<Scope>,
    /// Kinds that may not be listed everywhere.
    restricted: BTreeMap<GroupKind, &'static Kind>,
    /// Scopes that are not up to date, and why.
    down: HashMap<Scope, String>,
    silent: Option<String>,
    stale_since: Option<Timestamp>,
    told: Link,
    /// Whether the usual kinds are followed although no inventory names them.
    wide: bool,
    /// The Secret from which the children of a HelmRelease were read last.
    releases: HashMap<ObjectRef, ObjectRef>,
    /// What was found on demand, by owner.
    owned: HashMap<ObjectRef, Vec<ObjectRef>>,
    /// Releases that are being read from Helm's storage.
    reading: usize,
    /// What is to be told with the next announcement.
    news: Vec<Delta>,
}

impl<'a> Hub<'a> {
    fn new(task: &'a Task, connection: Connection, generation: Arc<AtomicU32>) -> Self {
        let (reports, taken) = mpsc::channel(64);
        Self {
            task,
            connection,
            generation,
            lists: Arc::new(Semaphore::new(LISTS)),
            long_lists: Arc::new(Semaphore::new(LONG_LISTS)),
            reports,
            taken,
            kick: watch::Sender::new(0),
            followers: JoinSet::new(),
            followed: HashSet::new(),
            restricted: BTreeMap::new(),
            down: HashMap::new(),
            silent: None,
            stale_since: None,
            told: Link::Live,
            wide: false,
            releases: HashMap::new(),
            owned: HashMap::new(),
            reading: 0,
            news: Vec::new(),
        }
    }

    async fn run(mut self, orders: &mut mpsc::UnboundedReceiver<Order>) -> End {
        if self.task.options.only.is_empty() {
            let of_flux = |kind: &&Kind| kind.is_flux() || kind.role == Role::Legacy;
            let first: Vec<_> =
                kinds::ALL.iter().copied().filter(of_flux).map(|kind| (GroupKind::new(kind.group, kind.kind), kind)).collect();
            self.start(first);
            self.start(self.by_ownership());
        } else {
            self.start_scopes(self.task.options.only.clone());
        }
        self.announce().await;
        let mut beat = Heartbeat::new(!matches!(self.task.options.origin, Origin::Recorded(_)));
        loop {
            let end = tokio::select! {
                report = self.taken.recv() => self.hear(report.expect("the hub holds a sender")).await,
                order = orders.recv() => match order {
                    Some(order) => self.obey(order).await,
                    None => Some(End::Left),
                },
                told = beat.next(&self.connection.client) => self.pulse(told).await,
                Some(_) = self.followers.join_next() => None,
            };
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// Kinds that are found by ownership, wherever they are.
    fn by_ownership(&self) -> Vec<(GroupKind, &'static Kind)> {
        let listed = self
            .task
            .options
            .follow
            .iter()
            .filter_map(|name| name.split_once('.'))
            .map(|(kind, group)| GroupKind::new(group, kind));
        let known = kinds::ALL.iter().filter(|kind| kind.follow).map(|kind| GroupKind::new(kind.group, kind.kind));
        let legacy =
            self.connection.catalog.serves_group("helm.fluxcd.io") || self.connection.catalog.serves_group("flux.weave.works");
        let workloads = kinds::ALL
            .iter()
            .filter(|kind| legacy && kind.role == Role::Workload)
            .map(|kind| GroupKind::new(kind.group, kind.kind));
        known.chain(listed).chain(workloads).map(|gk| (gk.clone(), kinds::rules(&gk.group, &gk.kind))).collect()
    }

    /// Follows kinds wherever they may be listed. Kinds that are not served are said to be so.
    fn start(&mut self, wished: Vec<(GroupKind, &'static Kind)>) {
        self.start_scopes(wished.into_iter().map(|(gk, _)| Scope { gk, namespace: None }).collect());
    }

    fn start_scopes(&mut self, wished: Vec<Scope>) {
        for scope in wished {
            if !self.followed.insert(scope.clone()) {
                continue;
            }
            let kind = kinds::rules(&scope.gk.group, &scope.gk.kind);
            if self.connection.catalog.find(&scope.gk, kind).is_none() {
                self.news.push(Delta::Coverage(scope, Coverage::NotServed));
            } else {
                self.news.push(Delta::Coverage(scope.clone(), Coverage::Listing));
                self.follow(scope, kind);
            }
        }
    }

    /// Tells what was started, in one piece, so that the picture never looks complete in between.
    async fn announce(&mut self) {
        if !self.news.is_empty() {
            let news = std::mem::take(&mut self.news);
            self.task.tell(News::Deltas(news)).await;
        }
    }

    fn follow(&mut self, scope: Scope, kind: &'static Kind) {
        let Some(served) = self.connection.catalog.find(&scope.gk, kind) else { return };
        let Options { request_timeout: timeout, watches, .. } = self.task.options;
        // what we know nothing of may carry anything: only Flux's and the workloads' bodies are read
        let body = if scope.gk.kind.as_ref() == "Secret" { Body::Metadata } else { kind.body };
        let feed = Feed::new(self.connection.client.clone(), served, scope.namespace.as_deref(), body, timeout);
        let follower = Follower {
            reader: Reader::new(self.task.cluster, scope.gk.clone(), &served.version, kind),
            // what comes after the last watch is listed again and again instead, the more rarely the more there is of it
            watchable: served.watchable && self.followed.len() <= watches,
            relist: RELIST * u32::try_from(self.followed.len() / watches.max(100) + 1).unwrap_or(1),
            feed,
            scope,
            reports: self.reports.clone(),
            generation: self.generation.clone(),
            lists: self.lists.clone(),
            long_lists: self.long_lists.clone(),
            kick: self.kick.subscribe(),
        };
        self.followers.spawn(follower.run());
    }

    async fn hear(&mut self, report: Report) -> Option<End> {
        match report {
            Report::Deltas(deltas) => {
                if self.task.options.only.is_empty() {
                    self.look_into_storage(&deltas);
                    let new = self.new_kinds(&deltas);
                    // told before the objects that name them, so that the picture is never complete too early
                    self.start(new);
                    self.announce().await;
                }
                if !self.task.tell(News::Deltas(deltas)).await {
                    return Some(End::Left);
                }
            }
            Report::Up(scope) => {
                self.down.remove(&scope);
                self.tell_link().await;
            }
            Report::Down(_, failure @ Failure::Unauthorised(_)) => return Some(End::Unauthorised(failure)),
            Report::Down(scope, failure) => {
                self.down.insert(scope, failure.to_string());
                self.tell_link().await;
            }
            Report::Restricted(scope) => self.restrict(scope).await,
            Report::Owned(owner, found) => self.take_owned(owner, found).await,
            Report::Release(of, children) => self.take_release(of, children).await,
        }
        None
    }

    /// Kinds that inventories name and nobody follows yet.
    fn new_kinds(&self, deltas: &[Delta]) -> Vec<(GroupKind, &'static Kind)> {
        let mut new = BTreeSet::new();
        let is_new = |gk: &GroupKind| !self.followed.contains(&Scope { gk: gk.clone(), namespace: None });
        let look = |object: &Object, new: &mut BTreeSet<GroupKind>| {
            for edge in object.edges.iter().filter(|edge| edge.relation == Relation::Applies) {
                let gk = &edge.to.gk;
                if !new.contains(gk) && is_new(gk) {
                    new.insert(gk.clone());
                }
            }
        };
        for delta in deltas {
            match delta {
                Delta::Listed { objects, .. } => objects.iter().for_each(|object| look(object, &mut new)),
                Delta::Upsert(object) => look(object, &mut new),
                Delta::Children { children, .. } => new.extend(children.iter().map(|child| child.gk.clone()).filter(is_new)),
                _ => {}
            }
        }
        new.into_iter().map(|gk| (gk.clone(), kinds::rules(&gk.group, &gk.kind))).collect()
    }

    /// Reads the children of HelmReleases that keep no inventory from Helm's storage, once for each version of the release.
    fn look_into_storage(&mut self, deltas: &[Delta]) {
        let objects = deltas.iter().flat_map(|delta| match delta {
            Delta::Listed { objects, .. } => objects.as_slice(),
            Delta::Upsert(object) => std::slice::from_ref(&**object),
            _ => &[],
        });
        for object in objects {
            let Some(secret) = kinds::release_secret(object) else { continue };
            if self.releases.get(&object.id) == Some(&secret) {
                continue;
            }
            self.releases.insert(object.id.clone(), secret.clone());
            self.reading += 1;
            self.news.push(Delta::Coverage(storage(), Coverage::Listing));
            let (client, catalog, reports, turn) =
                (self.connection.client.clone(), self.connection.catalog.clone(), self.reports.clone(), self.lists.clone());
            let (of, limit) = (object.id.clone(), self.task.options.request_timeout);
            self.followers.spawn(async move {
                let _turn = turn.acquire_owned().await;
                let children = cluster::release(&client, &catalog, of.cluster, &secret, limit).await;
                let _ = reports.send(Report::Release(of, children.ok())).await;
            });
        }
    }

    /// Takes what Helm's storage says of a release; who may not read Secrets finds the children by their labels.
    async fn take_release(&mut self, of: ObjectRef, children: Option<Vec<ObjectRef>>) {
        match children {
            Some(children) => {
                let found = vec![Delta::Children { of, by: "storage", children }];
                self.start(self.new_kinds(&found));
                self.news.extend(found);
            }
            None => self.widen(),
        }
        self.reading -= 1;
        if self.reading == 0 {
            self.news.push(Delta::Coverage(storage(), Coverage::Complete));
        }
        self.announce().await;
    }

    /// A kind may not be listed there: look into the namespaces that we know instead.
    async fn restrict(&mut self, scope: Scope) {
        self.down.remove(&scope);
        let kind = kinds::rules(&scope.gk.group, &scope.gk.kind);
        self.news.push(Delta::Coverage(scope.clone(), Coverage::Restricted));
        if scope.namespace.is_none() {
            self.restricted.insert(scope.gk.clone(), kind);
            self.look_into(&scope.gk, kind);
        }
        if kind.role == Role::Applier {
            self.widen();
        }
        self.announce().await;
        self.tell_link().await;
    }

    /// Inventories that may not be read name no kinds: follow what people usually run.
    fn widen(&mut self) {
        if self.task.options.only.is_empty() && !std::mem::replace(&mut self.wide, true) {
            let usual = kinds::ALL.iter().filter(|kind| matches!(kind.role, Role::Workload | Role::Child) && kind.namespaced);
            self.start(usual.map(|kind| (GroupKind::new(kind.group, kind.kind), *kind)).collect());
        }
    }

    /// Follows a restricted kind in each known namespace.
    fn look_into(&mut self, gk: &GroupKind, kind: &'static Kind) {
        let namespaces: Vec<_> = self.connection.namespaces.iter().take(MOST_NAMESPACES).cloned().collect();
        for namespace in namespaces {
            let scope = Scope { gk: gk.clone(), namespace: Some(namespace) };
            if self.followed.insert(scope.clone()) {
                self.news.push(Delta::Coverage(scope.clone(), Coverage::Listing));
                self.follow(scope, kind);
            }
        }
    }

    async fn obey(&mut self, order: Order) -> Option<End> {
        match order {
            Order::Refresh => return Some(End::Refresh),
            Order::Include(namespaces) => {
                self.connection.namespaces.extend(namespaces);
                let Options { disk, state_dir, .. } = &self.task.options;
                records::remember::remember(&**disk, state_dir.as_deref(), &self.task.context, &self.connection.namespaces);
                for (gk, kind) in self.restricted.clone() {
                    self.look_into(&gk, kind);
                }
                self.announce().await;
            }
            Order::Owned(owner, uid) => self.look_for_owned(owner, uid),
        }
        None
    }

    /// Looks for what an object owns among the kinds that nobody follows.
    fn look_for_owned(&mut self, owner: ObjectRef, uid: Uid) {
        let is_followed = |gk: &&GroupKind| self.followed.contains(&Scope { gk: (*gk).clone(), namespace: None });
        let kinds: Vec<_> = self.connection.catalog.namespaced().filter(|gk| !is_followed(gk)).cloned().collect();
        let (client, catalog, lists) = (self.connection.client.clone(), self.connection.catalog.clone(), self.lists.clone());
        let (reports, timeout) = (self.reports.clone(), self.task.options.request_timeout);
        self.followers.spawn(async move {
            let found = owned::owned(client, catalog, owner.clone(), uid, kinds, lists, timeout).await;
            // the hub has gone when the program is leaving
            let _ = reports.send(Report::Owned(owner, found)).await;
        });
    }

    /// Takes what an object was found to own; what was found for it before and is gone now, goes.
    async fn take_owned(&mut self, owner: ObjectRef, found: Vec<Object>) {
        let now: Vec<_> = found.iter().map(|object| object.id.clone()).collect();
        let before = self.owned.insert(owner, now.clone()).unwrap_or_default();
        self.news.extend(before.into_iter().filter(|id| !now.contains(id)).map(Delta::Remove));
        self.news.extend(found.into_iter().map(|object| Delta::Upsert(Box::new(object))));
        self.announce().await;
    }

    /// Takes over what the heartbeat found.
    async fn pulse(&mut self, told: Beat) -> Option<End> {
        match told {
            Beat::Answered if self.silent.take().is_some() || !self.down.is_empty() => self.kick.send_modify(|count| *count += 1),
            Beat::Answered => {}
            Beat::Slept => self.kick.send_modify(|count| *count += 1),
            Beat::Failed(failure @ Failure::Unauthorised(_)) => return Some(End::Unauthorised(failure)),
            // a user who may not ask for the version may still watch
            Beat::Failed(Failure::Forbidden(_) | Failure::NotFound(_)) => {}
            Beat::Failed(failure) => self.silent = Some(failure.to_string()),
        }
        self.tell_link().await;
        None
    }

    /// Says how the connection is when that has changed.
    async fn tell_link(&mut self) {
        if let Origin::Recorded(_) = self.task.options.origin {
            return;
        }
        let why = self.silent.clone().or_else(|| self.down.values().next().cloned());
        let link = match why {
            None => {
                self.stale_since = None;
                Link::Live
            }
            Some(why) => {
                let since = *self.stale_since.get_or_insert_with(Timestamp::now);
                // the reason may differ from scope to scope: the first one stays
                let why = if let Link::Stale { why, .. } = &self.told {
                    why.clone()
                } else {
                    format!("{}: {why}", self.connection.server)
                };
                Link::Stale { since, why }
            }
        };
        if link != self.told {
            self.told = link.clone();
            self.task.tell(News::Link(link)).await;
        }
    }
}

/// Helm's storage as a scope: the picture is not complete while it is read.
fn storage() -> Scope {
    Scope { gk: GroupKind::new("helm.sh", "Release"), namespace: None }
}
