//! What is followed of a cluster, and how: what is listed, watched, widened, or read namespace by namespace; what is tried again
//! and when; and the state of the connection.
//!
//! A pure state machine: [`Event`]s go in, each with its [`Moment`], [`Order`]s come out, and [`Following::wake`] returns when it
//! has to be woken even if nothing happens. The session of the runtime carries the orders out and has no rules. It lives as long
//! as its context is looked at: connections come and go meanwhile, and requests of the user are kept.
//!
//! - `reach`: which scopes are followed;
//! - `beside`: what is read beside what was asked for;
//! - `scope`: how one scope is followed, a state machine;
//! - `link`: the state of the connection.

mod beside;
mod link;
mod reach;
mod scope;
#[cfg(test)]
mod tests;
mod timer;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::Link;
use crate::domain::pause::{LONGEST_ASKED, Pauses};
use crate::domain::{Coverage, Delta, GroupKind, Object, ObjectRef, Scope, Str, Uid};
use crate::error::Error;
pub use beside::Beside;
use scope::{Followed, Phase, Step};
use timer::Timer;

/// How often the server is asked whether it is still there.
const BEAT: Duration = Duration::from_secs(10);
/// How often it is asked whether it serves other kinds than before.
const DISCOVERY: Duration = Duration::from_secs(30);
/// How soon it is seen that the machine has slept: its clock is looked at.
const GLANCE: Duration = Duration::from_secs(2);
/// How soon it is asked that again where something hints at it.
const DISCOVERY_AGAIN: Duration = Duration::from_secs(5);
/// A wall clock that ran ahead by more means sleep: connections are dead although nobody closed them.
const SLEPT: Duration = Duration::from_secs(20);
/// How long connecting may take before a refresh restarts it.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after an attempt to connect that failed; it doubles up to the other.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LAST_PAUSE: Duration = Duration::from_secs(16);
/// How soon a release that could not be read is read again.
const RELEASE_AGAIN: Duration = Duration::from_secs(10);

/// When something happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Since the session began, by a clock that stands while the machine sleeps. All pauses are counted by it.
    pub run: Duration,
    /// Wall-clock time, for users.
    pub wall: Timestamp,
}

/// What is to be followed at all.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Just this, and what is read beside it; none for the whole graph.
    pub only: Option<Vec<Scope>>,
    pub beside: Beside,
    /// Everything is read once, and not followed from there.
    pub once: bool,
    /// Kinds that are found by ownership, besides those that have files of their own.
    pub owned: Vec<GroupKind>,
    /// Most watches that may be open at once; what comes after them is listed again and again.
    pub watches: usize,
    /// Whether a server answers that may fall silent; not so for a snapshot.
    pub is_live: bool,
}

/// How the server serves a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedAs {
    pub version: Str,
    pub is_watchable: bool,
    pub is_namespaced: bool,
}

/// What the server serves, as far as it could be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// All kinds that can be listed.
    pub kinds: BTreeMap<GroupKind, ServedAs>,
    /// Groups that did not list all of their kinds, and why: what is missing from `kinds` may be served all the same.
    pub unread: BTreeMap<Str, Trouble>,
}

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub kind: TroubleKind,
    /// In words, with what the user can do.
    pub error: Error,
}

impl Trouble {
    /// How long the server wants to be left alone.
    fn asked(&self) -> Option<Duration> {
        if let TroubleKind::Busy(after) = self.kind { after } else { None }
    }
}

/// What a failed request means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// 401.
    Unauthorised,
    /// 403.
    Forbidden,
    /// 404.
    NotFound,
    /// 410: the list or the watch has to start over.
    Gone,
    /// 429, 5xx, or an answer that cannot be read; how long the server wants to be left alone (`Retry-After`).
    Busy(Option<Duration>),
    /// No answer.
    Unreachable,
    /// Nothing was sent: kubeconfig, certificates, login program.
    Unusable,
}

/// What happened. Lists and watches carry the `turn` they belong to: reports of an older one are ignored.
#[derive(Debug)]
pub enum Event {
    /// Nothing; the time has come.
    Wake,
    /// A connection stands.
    Connected {
        offers: Offers,
        /// Namespaces known by name, those first that were used last.
        namespaces: Vec<Str>,
    },
    Unconnected(Trouble),
    /// Everything has to be read again, over a new connection.
    Refresh,
    /// Look into these namespaces too.
    Include(Vec<Str>),
    /// Find out what this object owns.
    Own(ObjectRef, Uid),
    /// Besides what is read already, read this.
    Read(Vec<Scope>),
    /// A page of a list that goes on.
    Page {
        scope: Scope,
        turn: u32,
        deltas: Vec<Delta>,
    },
    /// The last page, and where a watch may start.
    Listed {
        scope: Scope,
        turn: u32,
        version: String,
        deltas: Vec<Delta>,
    },
    /// The server has accepted a watch.
    Opened {
        scope: Scope,
        turn: u32,
    },
    /// Events of a watch, or a bookmark without any; up to this version everything is known.
    Changed {
        scope: Scope,
        turn: u32,
        version: String,
        deltas: Vec<Delta>,
    },
    /// A list failed, or a watch ended; without trouble when the server closed it in good order.
    Ended {
        scope: Scope,
        turn: u32,
        trouble: Option<Trouble>,
    },
    /// The server answered that it is there, or not.
    Beat(Option<Trouble>),
    /// What is served; none when that has not changed or could not be read.
    Offered(Option<Offers>),
    /// What Helm's storage says of a release.
    Released {
        of: ObjectRef,
        secret: ObjectRef,
        children: Result<Vec<ObjectRef>, Trouble>,
    },
    /// What an object was found to own, and the kinds of which that is not known, each with the reason.
    Found {
        owner: ObjectRef,
        objects: Vec<Object>,
        unread: BTreeMap<GroupKind, Trouble>,
    },
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    Connect,
    /// Everything that is under way over this connection ends.
    Disconnect,
    /// List that scope page by page, instead of what is under way for it.
    List {
        scope: Scope,
        turn: u32,
    },
    /// Watch that scope from that version on, instead of what is under way for it; the server is to end it after so many seconds.
    Watch {
        scope: Scope,
        turn: u32,
        version: String,
        seconds: u32,
    },
    /// What is under way for that scope ends.
    Stop(Scope),
    /// Ask the server whether it is there.
    Beat,
    /// Ask the server what it serves.
    Discover,
    /// Read a release from Helm's storage.
    Release {
        of: ObjectRef,
        secret: ObjectRef,
    },
    /// Look for what an object owns, among these kinds.
    Own {
        owner: ObjectRef,
        uid: Uid,
        kinds: Vec<GroupKind>,
    },
    Report(Vec<Delta>),
    Say(Link),
    /// A line to the user: part of the requested data is missing.
    Note(String),
    /// These namespaces are known from now on, also in the next run; those first that were used last.
    Remember(Vec<Str>),
}

impl Order {
    /// Whether it asks the server for something, or no longer.
    fn is_request(&self) -> bool {
        match self {
            Self::List { .. } | Self::Watch { .. } | Self::Stop(_) | Self::Beat | Self::Discover => true,
            Self::Release { .. } | Self::Own { .. } => true,
            Self::Connect | Self::Disconnect | Self::Report(_) | Self::Say(_) | Self::Note(_) | Self::Remember(_) => false,
        }
    }
}

/// The machine.
#[derive(Debug)]
pub struct Following {
    rules: Rules,
    now: Moment,
    connection: Connection,
    /// Between one attempt to connect and the next.
    pauses: Pauses,
    offers: Offers,
    /// Known by name; those first that were used last.
    namespaces: Vec<Str>,
    /// Namespaces were named while nothing was connected: whose they are is known when something is.
    is_unremembered: bool,
    scopes: BTreeMap<Scope, Followed>,
    /// Kinds that may not be listed everywhere.
    restricted: BTreeSet<GroupKind>,
    /// Whether the usual kinds are followed although no inventory names them.
    is_wide: bool,
    /// Numbers lists and watches.
    turn: u32,
    /// The Secret from which the children of a HelmRelease are read, and how far that is.
    releases: BTreeMap<ObjectRef, (ObjectRef, Reading)>,
    /// Owners whose objects were asked for and have not been found yet.
    owning: BTreeMap<ObjectRef, Uid>,
    /// What was found on demand, by owner.
    owned: BTreeMap<ObjectRef, BTreeSet<ObjectRef>>,
    beat: Timer,
    glance: Timer,
    discovery: Timer,
    /// Why the server is silent, if it is.
    silent: Option<String>,
    /// When the server last showed that it is there.
    received: Option<Timestamp>,
    said: Link,
    orders: Vec<Order>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Connection {
    Waiting { until: Duration },
    Connecting { since: Duration },
    Up,
}

/// How far a release of Helm's storage is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    UnderWay,
    Resting { until: Duration },
    Done,
}

impl Following {
    /// Nothing is known; the first event makes it connect.
    pub fn new(rules: Rules, now: Moment) -> Self {
        Self {
            rules,
            now,
            connection: Connection::Waiting { until: Duration::ZERO },
            pauses: Pauses::new(FIRST_PAUSE, LAST_PAUSE),
            offers: Offers::default(),
            namespaces: Vec::new(),
            is_unremembered: false,
            scopes: BTreeMap::new(),
            restricted: BTreeSet::new(),
            is_wide: false,
            turn: 0,
            releases: BTreeMap::new(),
            owning: BTreeMap::new(),
            owned: BTreeMap::new(),
            beat: Timer::OFF,
            glance: Timer::OFF,
            discovery: Timer::OFF,
            silent: None,
            received: None,
            said: Link::Connecting,
            orders: Vec::new(),
        }
    }

    /// When it wants to be woken at the latest, by the clock of [`Moment::run`].
    pub fn wake(&self) -> Option<Duration> {
        match self.connection {
            Connection::Waiting { until } => Some(until),
            Connection::Connecting { .. } => None,
            Connection::Up => {
                let scopes = self.scopes.values().filter_map(Followed::wake);
                let releases = self.releases.values().filter_map(|(_, reading)| match reading {
                    Reading::Resting { until } => Some(*until),
                    Reading::UnderWay | Reading::Done => None,
                });
                scopes.chain(releases).chain(self.beat.wake()).chain(self.glance.wake()).chain(self.discovery.wake()).min()
            }
        }
    }

    /// Takes an event. Costs what the event holds, and a look at each scope where the time has come.
    pub fn receive(&mut self, now: Moment, event: Event) -> Vec<Order> {
        let has_slept = self.has_slept(now);
        self.now = now;
        if has_slept && self.connection == Connection::Up {
            self.distrust();
            self.beat.due = Some(now.run);
        }
        self.take(event);
        self.begin_what_is_due();
        self.say();
        std::mem::take(&mut self.orders)
    }

    /// Whether the machine slept since the last event. A wall clock that is set back is not a sleep.
    fn has_slept(&self, now: Moment) -> bool {
        let wall = Duration::try_from(now.wall.duration_since(self.now.wall)).unwrap_or_default();
        wall > now.run.saturating_sub(self.now.run) + SLEPT
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Wake => {}
            Event::Connected { offers, namespaces } => self.connected(offers, namespaces),
            Event::Unconnected(trouble) => self.unconnected(&trouble),
            Event::Refresh => self.refresh(),
            Event::Include(namespaces) => self.include(namespaces),
            Event::Own(owner, uid) => self.own(owner, uid),
            Event::Read(scopes) => self.read(scopes),
            Event::Page { scope, turn, deltas } => self.page(&scope, turn, deltas),
            Event::Listed { scope, turn, version, deltas } => self.listed(&scope, turn, version, deltas),
            Event::Opened { scope, turn } => self.opened(&scope, turn),
            Event::Changed { scope, turn, version, deltas } => self.changed(&scope, turn, version, deltas),
            Event::Ended { scope, turn, trouble } => self.ended(&scope, turn, trouble),
            Event::Beat(trouble) => self.answered(trouble),
            Event::Offered(offers) => self.offered(offers),
            Event::Released { of, secret, children } => self.released(of, &secret, children),
            Event::Found { owner, objects, unread } => self.found(owner, objects, &unread),
        }
    }

    fn connected(&mut self, offers: Offers, namespaces: Vec<Str>) {
        if !matches!(self.connection, Connection::Connecting { .. }) {
            return;
        }
        self.connection = Connection::Up;
        // that one logs in may have been said meanwhile
        self.said = Link::Connecting;
        self.silent = None;
        self.received.get_or_insert(self.now.wall);
        self.offers = offers;
        for name in namespaces {
            if !self.namespaces.contains(&name) {
                self.namespaces.push(name);
            }
        }
        if std::mem::take(&mut self.is_unremembered) {
            self.orders.push(Order::Remember(self.namespaces.clone()));
        }
        self.scopes.values_mut().for_each(Followed::forget_troubles);
        if self.rules.is_live {
            self.beat = Timer::at(self.now.run + BEAT);
            self.glance = Timer::at(self.now.run + GLANCE);
            self.discovery = Timer::at(self.now.run + DISCOVERY);
        }
        self.say();
        self.reach_again();
        self.doubt_unread();
    }

    fn unconnected(&mut self, trouble: &Trouble) {
        if matches!(self.connection, Connection::Connecting { .. }) {
            self.wait_for_connection(trouble);
        }
    }

    /// The connection is lost; it is made again after a pause.
    fn give_up(&mut self, trouble: &Trouble) {
        self.orders.push(Order::Disconnect);
        self.rest_all();
        self.wait_for_connection(trouble);
    }

    fn wait_for_connection(&mut self, trouble: &Trouble) {
        let pause = self.pauses.next(trouble.asked());
        self.connection = Connection::Waiting { until: self.now.run + pause };
        self.said = Link::Connecting;
        self.unreachable(trouble);
    }

    fn refresh(&mut self) {
        match self.connection {
            // that one reads everything anyway, unless it hangs
            Connection::Connecting { since } if self.now.run < since + PATIENCE => {}
            Connection::Connecting { .. } => {
                self.orders.push(Order::Disconnect);
                self.connection = Connection::Waiting { until: self.now.run };
            }
            Connection::Waiting { .. } => self.connection = Connection::Waiting { until: self.now.run },
            Connection::Up => {
                self.orders.push(Order::Disconnect);
                self.rest_all();
                self.connection = Connection::Waiting { until: self.now.run };
                self.reconnecting();
            }
        }
    }

    /// Everything that was under way has ended with the connection.
    fn rest_all(&mut self) {
        self.beat = Timer::OFF;
        self.glance = Timer::OFF;
        self.discovery = Timer::OFF;
        for followed in self.scopes.values_mut() {
            followed.phase = Phase::Idle;
        }
        // what was refused may be allowed by then
        for (_, reading) in self.releases.values_mut() {
            *reading = Reading::Resting { until: self.now.run };
        }
    }

    /// Connections that are open may be dead: everything is requested again from where it was.
    fn distrust(&mut self) {
        let now = self.now.run;
        for followed in self.scopes.values_mut() {
            followed.distrust(now);
        }
    }

    /// Takes what the server answered to the question whether it is there.
    fn answered(&mut self, trouble: Option<Trouble>) {
        self.beat = Timer::at(self.now.run + BEAT);
        match trouble {
            Some(trouble) if trouble.kind == TroubleKind::Unauthorised => self.give_up(&trouble),
            // a user who may not ask for the version may still watch
            None | Some(Trouble { kind: TroubleKind::Forbidden | TroubleKind::NotFound, .. }) => {
                self.received = Some(self.now.wall);
                if self.silent.take().is_some() {
                    self.distrust();
                }
            }
            Some(trouble) => self.silent = Some(trouble.error.message),
        }
    }

    fn offered(&mut self, offers: Option<Offers>) {
        self.discovery = Timer::at(self.now.run + DISCOVERY);
        if let Some(offers) = offers
            && self.connection == Connection::Up
        {
            self.serve(offers);
        }
        self.doubt_unread();
    }

    /// Soon asks again for groups that did not list kinds that are needed.
    fn doubt_unread(&mut self) {
        let unread =
            self.scopes.values().filter(|followed| followed.offer.is_none()).filter_map(|followed| followed.lost.as_ref());
        let Some(asked) = unread.map(|trouble| trouble.asked().unwrap_or_default().min(LONGEST_ASKED)).max() else { return };
        let soon = self.now.run + DISCOVERY_AGAIN.max(asked);
        if let Some(due) = &mut self.discovery.due {
            *due = if asked > DISCOVERY { soon } else { (*due).min(soon) };
        }
    }

    /// Something hints at kinds that are served since, or not any more.
    fn doubt_offers(&mut self) {
        if let Some(due) = &mut self.discovery.due {
            *due = (*due).min(self.now.run + DISCOVERY_AGAIN);
        }
    }

    fn begin_what_is_due(&mut self) {
        let now = self.now.run;
        match self.connection {
            Connection::Waiting { until } if until <= now => {
                self.connection = Connection::Connecting { since: now };
                return self.orders.push(Order::Connect);
            }
            Connection::Waiting { .. } | Connection::Connecting { .. } => return,
            Connection::Up => {}
        }
        let is_due = |timer: &mut Timer| {
            let is_due = timer.wake().is_some_and(|due| due <= now);
            timer.is_under_way |= is_due;
            is_due
        };
        if self.glance.wake().is_some_and(|due| due <= now) {
            self.glance = Timer::at(now + GLANCE);
        }
        if is_due(&mut self.beat) {
            self.orders.push(Order::Beat);
        }
        if is_due(&mut self.discovery) {
            self.orders.push(Order::Discover);
        }
        let due: Vec<_> =
            self.scopes.iter().filter(|(_, it)| it.wake().is_some_and(|due| due <= now)).map(|(s, _)| s.clone()).collect();
        for scope in due {
            self.go_on(&scope);
        }
        self.read_releases();
    }

    fn read_releases(&mut self) {
        let now = self.now.run;
        for (of, (secret, reading)) in &mut self.releases {
            if matches!(reading, Reading::Resting { until } if *until <= now) {
                *reading = Reading::UnderWay;
                self.orders.push(Order::Release { of: of.clone(), secret: secret.clone() });
            }
        }
    }

    /// Begins what a scope has waited for.
    fn go_on(&mut self, scope: &Scope) {
        let Some(followed) = self.scopes.get_mut(scope) else { return };
        match followed.phase {
            Phase::Resting { then: Step::List, .. } => self.list(scope),
            Phase::Resting { then: Step::Watch, .. } => self.watch(scope),
            Phase::Watching { .. } => {
                followed.fell_silent();
                self.list(scope);
            }
            Phase::Idle | Phase::Listing | Phase::Opening => {}
        }
    }

    fn report(&mut self, delta: Delta) {
        // what belongs together is reported in one piece, so that the store never looks complete in between; replies come later
        // anyway
        let last = self.orders.iter_mut().rev().find(|order| !order.is_request());
        match last {
            Some(Order::Report(deltas)) => deltas.push(delta),
            _ => self.orders.push(Order::Report(vec![delta])),
        }
    }

    fn cover(&mut self, scope: &Scope, coverage: Coverage) {
        self.report(Delta::Coverage(scope.clone(), coverage));
    }
}
