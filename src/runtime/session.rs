//! One context's session from end to end: carries out what the following orders ([`Following`], which knows all rules) and reports
//! the results to it.
//!
//! It never ends by itself: what cannot be reached is tried again, and the last state stays, marked as old.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use futures::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::{mpsc, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::connect::{Before, Connected};
use super::follow::{Follower, Turns};
use super::{Options, Origin, broken, owned};
use crate::cluster::{self, Connection, Discovered, Failure, Feed};
use crate::records;
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef, Scope, Str, Uid};
use fluxdeck_model::kinds::{self, Body, Reader};
use fluxdeck_model::state::following::{self, Event, Following, Moment, Offers, Rules, ServedAs, Trouble, TroubleKind};
use fluxdeck_model::state::{Epoch, Message, News};

/// How long the server may take to say that it is there.
const BEAT: Duration = Duration::from_secs(5);
/// Reports that wait: enough to keep readers busy, few enough to push back.
const REPORTS: usize = 64;

/// What the screen asks of a session.
pub(super) enum Order {
    Include(Vec<Str>),
    Owned(ObjectRef, Uid),
    Read(Vec<Scope>),
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
    pub live: watch::Sender<Option<Connection>>,
}

/// Nobody listens any more.
struct Left;

impl Task {
    pub async fn run(self, orders: mpsc::UnboundedReceiver<Order>) {
        let Err(Left) = Session::new(&self).run(orders).await;
    }

    /// Sends news; false if nobody listens any more.
    pub(super) async fn report(&self, news: News) -> bool {
        self.inbox.send(Message::Cluster(self.cluster, self.epoch, news)).await.is_ok()
    }

    fn is_live(&self) -> bool {
        !matches!(self.options.origin, Origin::Recorded(_))
    }

    fn rules(&self) -> Rules {
        let named = self.options.follow.iter().filter_map(|name| name.split_once('.'));
        Rules {
            only: self.options.only.clone(),
            beside: self.options.beside,
            once: self.options.once,
            owned: named.map(|(kind, group)| GroupKind::new(group, kind)).collect(),
            watches: self.options.watches,
            is_live: self.is_live(),
        }
    }
}

struct Session<'a> {
    task: &'a Task,
    began: Instant,
    following: Following,
    /// The context by its name; empty until that is known.
    context: String,
    /// What the last connection knew of its server.
    before: Option<Before>,
    connecting: Option<BoxFuture<'a, Result<Connected, Failure>>>,
    work: Option<Work>,
}

/// A connection, and everything that is under way over it. Dropping it ends that.
struct Work {
    connected: Connected,
    events: mpsc::Sender<Event>,
    reports: mpsc::Receiver<Event>,
    turns: Turns,
    tasks: JoinSet<()>,
    /// The list or watch of each scope.
    scopes: HashMap<Scope, AbortHandle>,
    /// The question whether something else is served.
    discovering: Option<BoxFuture<'static, Result<Option<Discovered>, Failure>>>,
}

impl<'a> Session<'a> {
    fn new(task: &'a Task) -> Self {
        let began = Instant::now();
        let moment = Moment { run: Duration::ZERO, wall: Timestamp::now() };
        let following = Following::new(task.rules(), moment);
        Self { task, began, following, context: task.context.clone(), before: None, connecting: None, work: None }
    }

    fn now(&self) -> Moment {
        Moment { run: self.began.elapsed(), wall: Timestamp::now() }
    }

    async fn run(mut self, mut orders: mpsc::UnboundedReceiver<Order>) -> Result<std::convert::Infallible, Left> {
        self.receive(Event::Wake).await?;
        loop {
            let wake = self.following.wake().map(|wake| self.began + wake);
            tokio::select! {
                // input that has arrived is handled before a timeout is
                biased;
                order = orders.recv() => self.obey(order.ok_or(Left)?).await?,
                made = made(&mut self.connecting) => self.connected(made).await?,
                report = reported(&mut self.work) => match report {
                    Report::Happened(event) => self.receive(event).await?,
                    Report::Discovered(found) => self.discovered(found).await?,
                },
                () = until(wake) => self.receive(Event::Wake).await?,
            }
        }
    }

    /// Passes an event to the following, and carries out its orders.
    async fn receive(&mut self, event: Event) -> Result<(), Left> {
        let mut orders = VecDeque::from(self.following.receive(self.now(), event));
        while let Some(order) = orders.pop_front() {
            self.carry_out(order).await?;
        }
        Ok(())
    }

    async fn obey(&mut self, order: Order) -> Result<(), Left> {
        self.receive(match order {
            Order::Refresh => Event::Refresh,
            Order::Include(namespaces) => Event::Include(namespaces),
            Order::Owned(owner, uid) => Event::Own(owner, uid),
            Order::Read(scopes) => Event::Read(scopes),
        })
        .await
    }

    /// Connecting has come to an end.
    async fn connected(&mut self, made: Result<Connected, Failure>) -> Result<(), Left> {
        self.connecting = None;
        let connected = match made {
            Ok(connected) => connected,
            Err(failure) => {
                let server = self.task.server_name();
                return self.receive(Event::Unconnected(trouble_at(&failure, &server))).await;
            }
        };
        self.context.clone_from(&connected.context);
        self.before = Some(connected.known());
        let (events, reports) = mpsc::channel(REPORTS);
        let namespaces = connected.namespaces.clone();
        let offers = offers(connected.connection.discovered(), &connected.server);
        let turns = Turns::new();
        let scopes = HashMap::new();
        self.work = Some(Work { connected, events, reports, turns, tasks: JoinSet::new(), scopes, discovering: None });
        self.receive(Event::Connected { offers, namespaces }).await
    }

    /// The server was asked whether it serves something else.
    async fn discovered(&mut self, found: Result<Option<Discovered>, Failure>) -> Result<(), Left> {
        let Some(work) = &mut self.work else { return Ok(()) };
        work.discovering = None;
        let offers = match found {
            Ok(Some(discovered)) => {
                let offers = offers(&discovered, &work.connected.server);
                work.connected.connection.serve(discovered);
                self.before = Some(work.connected.known());
                self.task.show(&work.connected).await;
                Some(offers)
            }
            // the next beat or list says what is wrong
            Ok(None) | Err(_) => None,
        };
        self.receive(Event::Offered(offers)).await
    }

    async fn carry_out(&mut self, order: following::Order) -> Result<(), Left> {
        use following::Order;
        let is_open = match order {
            Order::Connect => {
                self.connecting = Some(Box::pin(self.task.connect(self.before.clone())));
                true
            }
            Order::Disconnect => {
                (self.work, self.connecting) = (None, None);
                true
            }
            Order::Report(deltas) => self.task.report(News::Deltas(deltas)).await,
            Order::Say(link) => self.task.report(News::Link(link)).await,
            Order::Note(text) => self.task.report(News::Note(text)).await,
            Order::Remember(namespaces) => {
                let Options { disk, state_dir, .. } = &self.task.options;
                // whose they are is not known before the kubeconfig was read: they come again then
                if !self.context.is_empty() {
                    records::remember::remember(&**disk, state_dir.as_deref(), &self.context, &namespaces);
                }
                true
            }
            other => {
                if let Some(work) = &mut self.work {
                    work.begin(self.task, other);
                }
                true
            }
        };
        if is_open { Ok(()) } else { Err(Left) }
    }
}

impl Work {
    /// Begins a request, or ends one.
    fn begin(&mut self, task: &Task, order: following::Order) {
        use following::Order;
        while self.tasks.try_join_next().is_some() {}
        match order {
            Order::List { scope, turn } => self.follow(task, scope, turn, |follower| Box::pin(follower.list())),
            Order::Watch { scope, turn, version, seconds } => {
                self.follow(task, scope, turn, move |follower| Box::pin(follower.watch(version, seconds)));
            }
            Order::Stop(scope) => {
                self.scopes.remove(&scope).inspect(AbortHandle::abort);
            }
            Order::Beat => self.beat(),
            Order::Discover => self.discover(task),
            Order::Release { of, secret } => self.release(task, of, secret),
            Order::Own { owner, uid, kinds } => self.own(task, owner, uid, kinds),
            // the session's own
            Order::Connect | Order::Disconnect | Order::Report(_) | Order::Say(_) | Order::Note(_) | Order::Remember(_) => {}
        }
    }

    /// Lists or watches a scope, instead of what is under way for it.
    fn follow(&mut self, task: &Task, scope: Scope, turn: u32, work: impl FnOnce(Follower) -> BoxFuture<'static, ()>) {
        let kind = kinds::rules(&scope.gk.group, &scope.gk.kind);
        let connection = &self.connected.connection;
        let Some(served) = connection.served(&scope.gk) else { return };
        // what we know nothing of may carry anything: only Flux's and the workloads' bodies are read
        let body = if scope.gk.kind.as_ref() == "Secret" { Body::Metadata } else { kind.body };
        let timeout = task.options.request_timeout;
        let reader = Reader::new(task.cluster, scope.gk.clone(), &served.version, kind);
        // what is printed of some kinds depends on inventories where it says who applied them
        let is_brief = task.is_glance() && !task.options.beside.parents;
        let feed = Feed::new(connection, served, scope.namespace.as_deref(), body, timeout);
        let follower = Follower {
            reader: if is_brief { reader.without_inventories() } else { reader },
            feed: if task.is_glance() { feed.at_a_glance() } else { feed },
            scope: scope.clone(),
            turn,
            events: self.events.clone(),
            waits: self.turns.of(&scope.gk),
            server: self.server(),
        };
        let (events, of, what) = (self.events.clone(), scope.clone(), format!("reading {}", scope.gk));
        let work = work(follower);
        let begun = self.tasks.spawn(async move {
            if let Err(error) = broken::caught(&what, work).await {
                // it is read again after a pause, as what cannot be read
                let trouble = Some(Trouble { kind: TroubleKind::Busy(None), error });
                let _ = events.send(Event::Ended { scope: of, turn, trouble }).await;
            }
        });
        self.scopes.insert(scope, begun).inspect(AbortHandle::abort);
    }

    /// Does something whose outcome is an event; `broken` is that of what breaks.
    fn ask(
        &mut self,
        broken: impl FnOnce(Trouble) -> Event + Send + 'static,
        work: impl Future<Output = Event> + Send + 'static,
    ) {
        let events = self.events.clone();
        self.tasks.spawn(async move {
            let done = broken::caught("a question to the API server", work).await;
            let event = done.unwrap_or_else(|error| broken(Trouble { kind: TroubleKind::Busy(None), error }));
            // the session has gone when the program is leaving
            let _ = events.send(event).await;
        });
    }

    fn beat(&mut self) {
        let (connection, server) = (self.connection(), self.server());
        self.ask(|trouble| Event::Beat(Some(trouble)), async move {
            let failure = match tokio::time::timeout(BEAT, connection.beat()).await {
                Ok(answered) => answered.err(),
                Err(_) => Some(Failure::late(format!("no answer within {} s", BEAT.as_secs()))),
            };
            Event::Beat(failure.as_ref().map(|failure| trouble_at(failure, &server)))
        });
    }

    fn discover(&mut self, task: &Task) {
        let (connection, limit) = (self.connection(), task.options.request_timeout);
        self.discovering = Some(Box::pin(async move { connection.rediscover(limit).await }));
    }

    fn server(&self) -> Str {
        self.connected.server.as_str().into()
    }

    fn connection(&self) -> Connection {
        self.connected.connection.clone()
    }

    fn release(&mut self, task: &Task, of: ObjectRef, secret: ObjectRef) {
        let connection = self.connection();
        let (turns, server, limit) = (self.turns.releases.clone(), self.server(), task.options.request_timeout);
        let (broken_of, broken_secret) = (of.clone(), secret.clone());
        let broken = |trouble| Event::Released { of: broken_of, secret: broken_secret, children: Err(trouble) };
        self.ask(broken, async move {
            let _turn = turns.acquire().await;
            let children = cluster::release(&connection, of.cluster, &secret, limit).await;
            Event::Released { of, secret, children: children.map_err(|failure| trouble_at(&failure, &server)) }
        });
    }

    fn own(&mut self, task: &Task, owner: ObjectRef, uid: Uid, kinds: Vec<GroupKind>) {
        let connection = self.connection();
        let (turns, timeout, server) = (self.turns.owned.clone(), task.options.request_timeout, self.server());
        let (broken_owner, unread) = (owner.clone(), kinds.clone());
        let broken = move |trouble: Trouble| Event::Found {
            owner: broken_owner,
            objects: Vec::new(),
            unread: unread.into_iter().map(|gk| (gk, trouble.clone())).collect(),
        };
        self.ask(broken, async move {
            let search = owned::Search { connection, owner: owner.clone(), uid, turns, timeout };
            let owned::Found { objects, unread } = search.among(kinds).await;
            let unread = unread.into_iter().map(|(gk, failure)| (gk, trouble_at(&failure, &server))).collect();
            Event::Found { owner, objects, unread }
        });
    }
}

/// How the server serves what can be listed, in the versions that are read; `server` as messages name it.
fn offers(discovered: &Discovered, server: &str) -> Offers {
    let catalog = &discovered.catalog;
    let offer = |gk: &GroupKind| {
        let served = catalog.find(gk, kinds::rules(&gk.group, &gk.kind))?;
        let (version, is_watchable, is_namespaced) = (Str::from(served.version.as_str()), served.watchable, served.namespaced);
        Some((gk.clone(), ServedAs { version, is_watchable, is_namespaced }))
    };
    let unread = discovered.unread.iter().map(|(group, failure)| (Str::from(group.as_str()), trouble_at(failure, server)));
    Offers { kinds: catalog.kinds().filter_map(offer).collect(), unread: unread.collect() }
}

/// What a failure means for the following; `server` as messages name it.
pub(super) fn trouble_at(failure: &Failure, server: &str) -> Trouble {
    let kind = match failure {
        Failure::Unauthorised(_) => TroubleKind::Unauthorised,
        Failure::Forbidden(_) => TroubleKind::Forbidden,
        Failure::NotFound(_) => TroubleKind::NotFound,
        Failure::Gone => TroubleKind::Gone,
        Failure::Conflict(_) | Failure::RateLimited { .. } | Failure::Busy { .. } => TroubleKind::Busy(failure.retry_after()),
        Failure::Unreachable(_) => TroubleKind::Unreachable,
        Failure::Call { .. } | Failure::Setup { .. } => TroubleKind::Unusable,
    };
    Trouble { kind, error: failure.error(server) }
}

async fn made(connecting: &mut Option<BoxFuture<'_, Result<Connected, Failure>>>) -> Result<Connected, Failure> {
    match connecting {
        Some(connecting) => connecting.await,
        None => std::future::pending().await,
    }
}

/// What comes over a connection.
enum Report {
    Happened(Event),
    Discovered(Result<Option<Discovered>, Failure>),
}

async fn reported(work: &mut Option<Work>) -> Report {
    let Some(Work { reports, discovering, .. }) = work else { return std::future::pending().await };
    tokio::select! {
        event = reports.recv() => Report::Happened(event.expect("the connection holds a sender")),
        found = async { match discovering {
            Some(discovering) => discovering.await,
            None => std::future::pending().await,
        } } => Report::Discovered(found),
    }
}

async fn until(wake: Option<Instant>) {
    match wake {
        Some(wake) => tokio::time::sleep_until(wake).await,
        None => std::future::pending().await,
    }
}
