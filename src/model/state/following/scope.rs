//! How one scope is followed: listed, watched from there on, and listed again when the watch has lost its place.

use std::time::Duration;

use jiff::Timestamp;

use super::{Following, ServedAs, Trouble, TroubleKind};
use crate::domain::pause::Pauses;
use crate::domain::{Coverage, Delta, Scope};
use crate::state::following::Order;

/// How often what is not watched is listed, while there is little of it; also how soon what is not served or not allowed is tried again.
pub(super) const RELIST: Duration = Duration::from_secs(30);
/// A watch that says nothing for so long counts as dead: the watch cache sends a bookmark a minute (apiserver
/// `storage/cacher/cacher.go`, `bookmarkFrequency`). It may be wrong of a kind of which nothing has changed since the server was started:
/// that costs a list.
const SILENCE: Duration = Duration::from_secs(90);
/// So many watches of a scope that never said anything, one after the other: none will. It is listed again and again instead.
const SILENCES: u32 = 2;
/// A watch may last so many seconds: kube's own default, below the five minutes of many load balancers. What lasts longer is dead.
const LASTS: u32 = 290;
/// How much later than asked for a server may end a watch.
const GRACE: Duration = Duration::from_secs(10);
/// A watch that lived for so long worked: what ended it is not a reason to pause.
const LIVED: Duration = Duration::from_secs(1);
/// A watch that lived for so long and then lost its place may list at once: less would list in a circle.
const LIVED_LONG: Duration = Duration::from_secs(5);
/// What could be read and is forbidden now is asked for so often, and this far apart, before that is believed: an API server that has just
/// started forbids what it allows a moment later, until its roles are there.
const REFUSALS: u32 = 3;
const REFUSED_AGAIN: Duration = Duration::from_secs(4);
/// What could be listed so often and was not to be watched then, one after the other, is only listed.
const UNWATCHED: u32 = 2;
/// A scope that was read and cannot be listed again for this long is reported as failing.
const FAILING: Duration = Duration::from_secs(4);
/// The pauses after one failure and the next.
const PAUSES: Pauses = Pauses::new(Duration::from_millis(500), Duration::from_secs(8));

/// One scope.
#[derive(Debug)]
pub(super) struct Followed {
    /// How it is served; none where it is not.
    pub offer: Option<ServedAs>,
    pub phase: Phase,
    /// The list or watch whose reports are taken.
    pub turn: u32,
    /// Whether it is watched, and not listed again and again: there may be too many watches.
    pub is_watched: bool,
    /// How often it is listed where it is not watched.
    pub relist: Duration,
    /// Up to where it is known.
    pub version: String,
    /// When something was last read of it.
    pub read: Option<Timestamp>,
    /// Why it is not up to date, if it is not.
    pub lost: Option<Trouble>,
    pauses: Pauses,
    /// Since when it is to be listed and cannot be.
    waits: Option<Duration>,
    refusals: u32,
    /// How often it could be listed and not watched, one after the other.
    unwatched: u32,
    /// How many watches one after the other never said anything.
    silences: u32,
    /// How often it is listed because of that.
    mute_for: Duration,
}

/// What is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing: there is no connection, or the kind is not served.
    Idle,
    Resting {
        until: Duration,
        then: Step,
    },
    Listing,
    /// A watch was asked for.
    Opening,
    Watching {
        since: Duration,
        /// When it said something last.
        received: Duration,
        /// When it is dead at the latest.
        until: Duration,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    List,
    Watch,
}

impl Followed {
    pub fn new(offer: Option<ServedAs>) -> Self {
        Self {
            offer,
            phase: Phase::Idle,
            turn: 0,
            is_watched: true,
            relist: RELIST,
            version: String::new(),
            read: None,
            lost: None,
            pauses: PAUSES,
            waits: None,
            refusals: 0,
            unwatched: 0,
            silences: 0,
            mute_for: SILENCE,
        }
    }

    pub fn wake(&self) -> Option<Duration> {
        match self.phase {
            Phase::Resting { until, .. } => Some(until),
            Phase::Watching { received, until, .. } => Some(until.min(received + SILENCE)),
            Phase::Idle | Phase::Listing | Phase::Opening => None,
        }
    }

    /// What is open may be dead, and what rests may go on: at once.
    pub fn distrust(&mut self, now: Duration) {
        let then = match self.phase {
            Phase::Watching { .. } | Phase::Opening => Step::Watch,
            Phase::Listing => Step::List,
            Phase::Resting { then, .. } if self.lost.is_some() => then,
            Phase::Idle | Phase::Resting { .. } => return,
        };
        self.phase = Phase::Resting { until: now, then };
    }

    /// It is followed over a new connection.
    pub fn forget_troubles(&mut self) {
        (self.lost, self.waits, self.refusals, self.unwatched) = (None, None, 0, 0);
    }

    /// Its watch is dead, although nobody closed it.
    pub fn fell_silent(&mut self) {
        self.silences = if self.said_nothing() { self.silences + 1 } else { 0 };
        self.mute_for = SILENCE;
    }

    /// Whether the watch that is open has not said anything yet.
    fn said_nothing(&self) -> bool {
        matches!(self.phase, Phase::Watching { since, received, .. } if received == since)
    }

    /// Whether it is to be watched: a role may allow to list, and not to watch.
    fn may_watch(&self) -> bool {
        self.is_watched && self.unwatched < UNWATCHED
    }

    /// Whether its watches say nothing: it is as if it were only listed.
    fn is_mute(&self) -> bool {
        self.silences >= SILENCES
    }

    /// How long the watch that ends now has lived.
    fn lived(&self, now: Duration) -> Option<Duration> {
        if let Phase::Watching { since, .. } = self.phase { Some(now.saturating_sub(since)) } else { None }
    }

    fn rest(&mut self, now: Duration, wait: Duration, then: Step) {
        self.phase = Phase::Resting { until: now + wait, then };
    }

    /// What could be read a moment ago and is refused, or unknown, is asked for again first. Returns whether it is.
    fn is_doubted(&mut self, now: Duration, trouble: &Trouble) -> bool {
        self.refusals += 1;
        let is_doubted = self.read.is_some() && self.refusals < REFUSALS;
        if is_doubted {
            self.lost = Some(trouble.clone());
            self.rest(now, REFUSED_AGAIN, Step::List);
        }
        is_doubted
    }

    /// How its list is reported: silent watches and no watches look the same to the user.
    fn polled(&self) -> Option<Duration> {
        match (self.may_watch(), self.is_mute()) {
            (false, _) => Some(self.relist),
            (true, true) => Some(self.mute_for),
            (true, false) => None,
        }
    }
}

impl Following {
    /// Lists a scope from its beginning.
    pub(super) fn list(&mut self, scope: &Scope) {
        let Some(turn) = self.next_turn(scope, Phase::Listing) else { return };
        self.orders.push(Order::List { scope: scope.clone(), turn });
    }

    /// Watches a scope from where it is known.
    pub(super) fn watch(&mut self, scope: &Scope) {
        let Some(turn) = self.next_turn(scope, Phase::Opening) else { return };
        let version = self.scopes[scope].version.clone();
        self.orders.push(Order::Watch { scope: scope.clone(), turn, version, seconds: LASTS });
    }

    fn next_turn(&mut self, scope: &Scope, phase: Phase) -> Option<u32> {
        let followed = self.scopes.get_mut(scope)?;
        if phase == Phase::Listing {
            followed.waits.get_or_insert(self.now.run);
        }
        self.turn += 1;
        (followed.turn, followed.phase) = (self.turn, phase);
        Some(self.turn)
    }

    /// The scope, if a report of that turn is still taken.
    fn at_turn(&mut self, scope: &Scope, turn: u32) -> Option<&mut Followed> {
        self.scopes.get_mut(scope).filter(|followed| followed.turn == turn && followed.phase != Phase::Idle)
    }

    pub(super) fn page(&mut self, scope: &Scope, turn: u32, deltas: Vec<Delta>) {
        let wall = self.now.wall;
        let Some(followed) = self.at_turn(scope, turn) else { return };
        followed.read = Some(wall);
        self.received = Some(wall);
        self.take_deltas(scope, deltas);
    }

    pub(super) fn listed(&mut self, scope: &Scope, turn: u32, version: String, deltas: Vec<Delta>) {
        let (run, wall, is_once) = (self.now.run, self.now.wall, self.rules.once);
        let Some(followed) = self.at_turn(scope, turn) else { return };
        followed.version = version;
        (followed.read, followed.lost, followed.waits, followed.refusals) = (Some(wall), None, None, 0);
        let (polled, is_watched) = (followed.polled().filter(|_| !is_once), followed.may_watch() && !is_once);
        if is_once {
            followed.phase = Phase::Idle;
        } else if !is_watched {
            followed.pauses.reset();
            let relist = followed.relist;
            followed.rest(run, relist, Step::List);
        }
        self.received = Some(wall);
        // the connection has proved to be of use
        self.pauses.reset();
        self.take_deltas(scope, deltas);
        self.restricted_no_more(scope);
        if let Some(pause) = polled {
            self.cover(scope, Coverage::Polled(u16::try_from(pause.as_secs()).unwrap_or(u16::MAX)));
        }
        if is_watched {
            self.watch(scope);
        }
    }

    pub(super) fn opened(&mut self, scope: &Scope, turn: u32) {
        let (run, wall) = (self.now.run, self.now.wall);
        let Some(followed) = self.at_turn(scope, turn) else { return };
        let until = run + Duration::from_secs(LASTS.into()) + GRACE;
        followed.phase = Phase::Watching { since: run, received: run, until };
        (followed.lost, followed.waits, followed.refusals, followed.unwatched) = (None, None, 0, 0);
        self.received = Some(wall);
    }

    pub(super) fn changed(&mut self, scope: &Scope, turn: u32, version: String, deltas: Vec<Delta>) {
        let (run, wall) = (self.now.run, self.now.wall);
        let Some(followed) = self.at_turn(scope, turn) else { return };
        if let Phase::Watching { received, .. } = &mut followed.phase {
            *received = run;
        }
        followed.version = version;
        followed.read = Some(wall);
        let was_mute = followed.is_mute();
        followed.silences = 0;
        self.received = Some(wall);
        if was_mute {
            self.cover(scope, Coverage::Complete);
        }
        self.take_deltas(scope, deltas);
    }

    pub(super) fn ended(&mut self, scope: &Scope, turn: u32, trouble: Option<Trouble>) {
        let run = self.now.run;
        let Some(followed) = self.at_turn(scope, turn) else { return };
        let lived = followed.lived(run);
        if lived.is_some_and(|lived| lived >= LIVED_LONG) {
            followed.pauses.reset();
        }
        let Some(trouble) = trouble else {
            return self.closed(scope, lived.unwrap_or_default());
        };
        match trouble.kind {
            TroubleKind::Unauthorised => self.give_up(&trouble),
            TroubleKind::Forbidden => self.refused(scope, &trouble),
            TroubleKind::NotFound => self.vanished(scope, &trouble),
            TroubleKind::Gone => {
                let wait =
                    if lived.is_some_and(|lived| lived >= LIVED_LONG) { Duration::ZERO } else { followed.pauses.next(None) };
                followed.rest(run, wait, Step::List);
            }
            // a watch that worked may have been cut by anything: whether something is wrong shows when it is opened again
            TroubleKind::Unreachable if lived.is_some_and(|lived| lived >= LIVED) => self.watch(scope),
            TroubleKind::Busy(_) | TroubleKind::Unreachable | TroubleKind::Unusable => self.failed(scope, trouble),
        }
    }

    /// The server has closed a watch in good order. One that closes every watch at once must not be asked in a circle.
    fn closed(&mut self, scope: &Scope, lived: Duration) {
        let run = self.now.run;
        let Some(followed) = self.scopes.get_mut(scope) else { return };
        if lived >= LIVED {
            let was_mute = followed.is_mute();
            followed.silences = 0;
            if was_mute {
                self.cover(scope, Coverage::Complete);
            }
            return self.watch(scope);
        }
        if followed.said_nothing() {
            followed.silences += 1;
            followed.mute_for = RELIST;
        }
        if followed.is_mute() {
            return followed.rest(run, RELIST, Step::List);
        }
        let wait = followed.pauses.next(None).min(LIVED);
        followed.rest(run, wait, Step::Watch);
    }

    fn failed(&mut self, scope: &Scope, trouble: Trouble) {
        let run = self.now.run;
        let Some(followed) = self.scopes.get_mut(scope) else { return };
        let wait = followed.pauses.next(trouble.asked());
        let then = if followed.phase == Phase::Listing { Step::List } else { Step::Watch };
        followed.rest(run, wait, then);
        followed.lost = Some(trouble);
        if then == Step::Watch {
            return;
        }
        let waits = *followed.waits.get_or_insert(run);
        // of what was never read nothing is known that could hold for a moment
        if followed.read.is_none() || run + wait >= waits + FAILING {
            // why, before who has waited for it looks
            self.say();
            self.cover(scope, Coverage::Failing);
        }
    }

    /// The scope may not be read. What could be read a moment ago is tried again first.
    fn refused(&mut self, scope: &Scope, trouble: &Trouble) {
        let run = self.now.run;
        let Some(followed) = self.scopes.get_mut(scope) else { return };
        if followed.phase == Phase::Opening {
            // it was listed a moment ago: the next list shows whether that is over, or whether only listing is allowed
            followed.unwatched += 1;
            return followed.rest(run, REFUSED_AGAIN, Step::List);
        }
        if followed.is_doubted(run, trouble) {
            return;
        }
        (followed.lost, followed.read, followed.waits) = (None, None, None);
        followed.rest(run, RELIST, Step::List);
        self.restrict(scope);
    }

    /// The kind is no longer served, or in another version; or a proxy does not know it for a moment.
    fn vanished(&mut self, scope: &Scope, trouble: &Trouble) {
        let run = self.now.run;
        self.doubt_offers();
        let Some(followed) = self.scopes.get_mut(scope) else { return };
        if followed.is_doubted(run, trouble) {
            return;
        }
        (followed.lost, followed.read, followed.waits) = (None, None, None);
        self.releases.retain(|of, _| of.gk != scope.gk);
        followed.rest(run, RELIST, Step::List);
        self.cover(scope, Coverage::NotServed);
    }
}
