//! A simulated server with its session: it answers the orders of the following, late and in pieces as the test decides, fails
//! on demand, and knows what the store has to contain in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::domain::{Changes, ClusterId, Coverage, Delta, GroupKind, NodeId, Object, ObjectRef, Scope, Store, Str, Uid};
use crate::error::Error;
use crate::kinds::{self, Reader, Wire};
use crate::state::Link;
use crate::state::following::{Beside, Event, Following, Moment, Offers, Order, Rules, ServedAs, Trouble, TroubleKind};

/// Kinds that inventories name.
pub const NAMED: [&str; 4] = ["ConfigMap", "Secret", "Widget", "Gadget"];
/// A kind that may be listed in single namespaces only.
pub const CLOSED: &str = "Secret";
pub const NAMESPACES: [&str; 3] = ["shop", "web", "api"];
/// Requests a second for each scope, at most, counted over so long.
const MOST: usize = 2;
const WINDOW: Duration = Duration::from_secs(10);
/// How often a watch that has nothing to say says so.
const MARK: Duration = Duration::from_secs(60);

/// What happens to the server, or is asked of the session.
#[derive(Clone, Debug)]
pub enum Happening {
    /// An object is changed, or made.
    Put {
        kind: usize,
        namespace: usize,
        name: u8,
    },
    Delete {
        kind: usize,
        namespace: usize,
        name: u8,
    },
    /// Requests fail, for a kind or for all, lists too or only watches, and watches of it break. Without a trouble watches are closed in
    /// good order as soon as they are open.
    Fault {
        on: Option<usize>,
        lists: bool,
        trouble: Option<TroubleKind>,
        lasts: Duration,
    },
    /// Watches are closed in good order.
    Close(usize),
    /// Versions that clients hold are too old.
    Compact,
    /// A kind is served, in another version or not at all.
    Serve {
        kind: usize,
        version: Option<&'static str>,
    },
    /// Whether a group can be asked for what it serves.
    Hide(bool),
    Include(usize),
    Own(usize),
    Refresh,
    /// The machine sleeps.
    Sleep,
}

/// How the server answers: what must not matter.
#[derive(Clone, Debug)]
pub struct Manner {
    /// How late, in milliseconds, one after the other.
    pub late: Vec<u16>,
    /// Objects of a page.
    pub page: usize,
    /// Events of a watch that come in one piece.
    pub batch: usize,
}

/// A rule that requests meet.
struct Fault {
    until: Duration,
    on: Option<GroupKind>,
    lists: bool,
    trouble: Option<TroubleKind>,
}

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ask<'a> {
    List(&'a Scope),
    Watch(&'a Scope),
    Else,
}

/// What comes to the session, or has to be done for it.
enum Coming {
    Received(Event),
    /// A watch says how far it is.
    Mark(Scope, u32),
    /// A watch has lasted as long as it was to.
    Expire(Scope, u32),
}

/// An open watch: its turn, and how much of the log it has reported.
struct Open {
    turn: u32,
    reported: usize,
}

/// What the user sees, and what is open for it.
#[derive(Debug, PartialEq)]
pub struct Picture {
    pub objects: BTreeMap<ObjectRef, String>,
    pub links: BTreeMap<ObjectRef, String>,
    pub coverage: BTreeMap<Scope, String>,
    pub watches: BTreeSet<Scope>,
    pub link: Option<Link>,
    pub remembered: Vec<Str>,
}

pub struct Server {
    following: Following,
    pub store: Store,
    pub at: Duration,
    slept: Duration,
    manner: Manner,
    answered: usize,
    coming: BTreeMap<(Duration, u64), Coming>,
    /// When the last report of a scope's turn arrives: they overtake others, and not each other.
    last: BTreeMap<(Scope, u32), Duration>,
    open: BTreeMap<Scope, Open>,
    /// All changes, their number being the version: an object, or that it is gone.
    log: Vec<(ObjectRef, Option<Object>)>,
    compacted: usize,
    versions: BTreeMap<GroupKind, &'static str>,
    is_hidden: bool,
    faults: Vec<Fault>,
    /// What was asked, and when.
    asked: BTreeMap<String, Vec<Duration>>,
    pub link: Option<Link>,
    pub remembered: Vec<Str>,
    pub included: BTreeSet<Str>,
    pub owners: BTreeSet<ObjectRef>,
    /// Owners whose objects were found since they were asked for.
    pub found: BTreeSet<ObjectRef>,
    pub refreshed: Option<Duration>,
    pub connected: Option<Duration>,
}

pub fn kustomization() -> GroupKind {
    GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization")
}

/// A kind by its number: Kustomizations, and what their inventories name.
pub fn kind(number: usize) -> GroupKind {
    number.checked_sub(1).map_or_else(kustomization, |named| GroupKind::new("", NAMED[named % NAMED.len()]))
}

fn reference(gk: GroupKind, namespace: usize, name: u8) -> ObjectRef {
    ObjectRef::new(ClusterId(0), gk, NAMESPACES[namespace % NAMESPACES.len()], format!("n{name}"))
}

pub fn uid(of: &ObjectRef) -> String {
    crate::actions::testing::uid(&of.gk.kind, &format!("{}/{}", of.namespace, of.name))
}

/// An object as the server has it in that version: a Kustomization that applies one of a kind, or one that a ConfigMap of its name owns.
fn object(of: &ObjectRef, version: usize) -> Object {
    let number: usize = of.name[1..].parse().expect("a number");
    let metadata = json!({
        "namespace": &*of.namespace, "name": &*of.name, "uid": uid(of), "generation": version,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    });
    let mut body = json!({"metadata": metadata});
    if of.gk == kustomization() {
        let applied = NAMED[number % NAMED.len()];
        body["status"] =
            json!({"inventory": {"entries": [{"id": format!("{}_{}__{applied}", of.namespace, of.name), "v": "v1"}]}});
    } else if &*of.gk.kind != "ConfigMap" {
        let owner = ObjectRef::new(ClusterId(0), GroupKind::new("", "ConfigMap"), &*of.namespace, &*of.name);
        body["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": &*of.name, "uid": uid(&owner)}]);
    }
    let wire: Wire = serde_json::from_value(body).expect("an object of the API");
    let rules = kinds::rules(&of.gk.group, &of.gk.kind);
    Reader::new(ClusterId(0), of.gk.clone(), "v1", rules).read(&wire, Timestamp::UNIX_EPOCH)
}

fn is_in(scope: &Scope, of: &ObjectRef) -> bool {
    scope.gk == of.gk && scope.namespace.as_ref().is_none_or(|namespace| *namespace == of.namespace)
}

impl Server {
    pub fn new(manner: Manner) -> Self {
        let rules = Rules { only: None, beside: Beside::default(), once: false, owned: Vec::new(), watches: 100, is_live: true };
        let moment = Moment { run: Duration::ZERO, wall: Timestamp::UNIX_EPOCH };
        let versions = (0..=NAMED.len()).map(|number| (kind(number), "v1")).collect();
        let mut server = Self {
            following: Following::new(rules, moment),
            store: Store::default(),
            at: Duration::ZERO,
            slept: Duration::ZERO,
            manner,
            answered: 0,
            coming: BTreeMap::new(),
            last: BTreeMap::new(),
            open: BTreeMap::new(),
            log: Vec::new(),
            compacted: 0,
            versions,
            is_hidden: false,
            faults: Vec::new(),
            asked: BTreeMap::new(),
            link: None,
            remembered: Vec::new(),
            included: BTreeSet::new(),
            owners: BTreeSet::new(),
            found: BTreeSet::new(),
            refreshed: None,
            connected: None,
        };
        server.receive(Event::Wake);
        server
    }

    /// Lets things happen one after the other, each so much later than the one before, and then nothing for a while, without faults.
    pub fn live(&mut self, happenings: &[(Duration, Happening)], quiet: Duration) {
        for (later, happening) in happenings {
            self.pass(*later);
            self.happen(happening);
        }
        self.faults.clear();
        (self.is_hidden, self.versions) = (false, (0..=NAMED.len()).map(|number| (kind(number), "v1")).collect());
        self.pass(quiet);
    }

    fn pass(&mut self, time: Duration) {
        let until = self.at + time;
        loop {
            let coming = self.coming.keys().next().copied();
            let wake = self.following.wake();
            let next = coming.map(|(at, _)| at).into_iter().chain(wake).min().filter(|next| *next <= until);
            let Some(next) = next else { break };
            self.at = next.max(self.at);
            match coming.filter(|(at, _)| *at <= self.at) {
                Some(key) => {
                    let coming = self.coming.remove(&key).expect("it was there");
                    self.arrive(coming);
                }
                None => self.receive(Event::Wake),
            }
        }
        self.at = until;
    }

    fn arrive(&mut self, coming: Coming) {
        match coming {
            Coming::Received(event) => {
                match &event {
                    Event::Connected { .. } => self.connected = Some(self.at),
                    Event::Found { owner, .. } => drop(self.found.insert(owner.clone())),
                    _ => {}
                }
                self.receive(event);
            }
            Coming::Mark(scope, turn) => {
                if self.open.get(&scope).is_some_and(|open| open.turn == turn) {
                    self.flush(&scope);
                    let (last, version) = (self.last.get(&(scope.clone(), turn)).copied(), self.log.len().to_string());
                    let event = Event::Changed { scope: scope.clone(), turn, version, deltas: Vec::new() };
                    self.come(last.unwrap_or(self.at).max(self.at), Coming::Received(event));
                    self.come(self.at + MARK, Coming::Mark(scope, turn));
                }
            }
            Coming::Expire(scope, turn) => self.end(&scope, turn, None),
        }
    }

    fn come(&mut self, at: Duration, what: Coming) {
        self.answered += 1;
        self.coming.insert((at, self.answered as u64), what);
    }

    fn late(&mut self) -> Duration {
        self.answered += 1;
        Duration::from_millis(self.manner.late[self.answered % self.manner.late.len()].into())
    }

    /// Reports something of a scope, after what was reported of it before.
    fn report(&mut self, scope: &Scope, turn: u32, event: Event) {
        let at = self.at + self.late();
        let last = self.last.entry((scope.clone(), turn)).or_default();
        *last = at.max(*last);
        let at = *last;
        self.come(at, Coming::Received(event));
    }

    fn end(&mut self, scope: &Scope, turn: u32, trouble: Option<TroubleKind>) {
        if self.open.get(scope).is_some_and(|open| open.turn == turn) {
            self.flush(scope);
            self.open.remove(scope);
            let trouble = trouble.map(it);
            self.report(scope, turn, Event::Ended { scope: scope.clone(), turn, trouble });
        }
    }

    /// Sends an open watch what it has not yet received.
    fn flush(&mut self, scope: &Scope) {
        let Some(open) = self.open.get_mut(scope) else { return };
        let (turn, from) = (open.turn, std::mem::replace(&mut open.reported, self.log.len()));
        let change = |(at, (of, object)): (usize, &(ObjectRef, Option<Object>))| {
            let delta =
                object.as_ref().map_or_else(|| Delta::Remove(of.clone()), |object| Delta::Upsert(Box::new(object.clone())));
            is_in(scope, of).then_some((at + 1, delta))
        };
        let changes: Vec<_> = self.log.iter().enumerate().skip(from).filter_map(change).collect();
        for piece in changes.chunks(self.manner.batch) {
            let version = piece.last().map(|(at, _)| at.to_string()).unwrap_or_default();
            let deltas = piece.iter().map(|(_, delta)| delta.clone()).collect();
            self.report(scope, turn, Event::Changed { scope: scope.clone(), turn, version, deltas });
        }
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Put { kind: number, namespace, name } => {
                let of = reference(kind(*number), *namespace, *name);
                let made = object(&of, self.log.len() + 1);
                self.change(&of, Some(made));
            }
            Happening::Delete { kind: number, namespace, name } => {
                self.change(&reference(kind(*number), *namespace, *name), None);
            }
            Happening::Fault { on, lists, trouble, lasts } => {
                let (on, until) = (on.map(kind), self.at + *lasts);
                self.faults.push(Fault { until, on: on.clone(), lists: *lists, trouble: *trouble });
                self.cut(|gk| on.as_ref().is_none_or(|on| on == gk), Some(TroubleKind::Unreachable));
            }
            Happening::Close(number) => self.cut(|gk| *gk == kind(*number), None),
            Happening::Compact => self.compacted = self.log.len(),
            Happening::Serve { kind: number, version } => {
                match version {
                    Some(version) => drop(self.versions.insert(kind(*number), version)),
                    None => drop(self.versions.remove(&kind(*number))),
                }
                self.cut(|gk| *gk == kind(*number), None);
            }
            Happening::Hide(is_hidden) => self.is_hidden = *is_hidden,
            Happening::Include(number) => {
                let name = Str::from(NAMESPACES[number % NAMESPACES.len()]);
                self.included.insert(name.clone());
                self.receive(Event::Include(vec![name]));
            }
            Happening::Own(number) => {
                let owner = reference(GroupKind::new("", "ConfigMap"), *number, 0);
                let uid = Uid::parse(&uid(&owner));
                self.found.remove(&owner);
                self.owners.insert(owner.clone());
                self.receive(Event::Own(owner, uid));
            }
            Happening::Refresh => {
                self.refreshed = Some(self.at);
                self.receive(Event::Refresh);
            }
            Happening::Sleep => {
                self.slept += Duration::from_secs(3600);
                self.receive(Event::Wake);
            }
        }
    }

    fn change(&mut self, of: &ObjectRef, object: Option<Object>) {
        if object.is_none() && !self.objects().contains_key(of) {
            return;
        }
        self.log.push((of.clone(), object));
        let open: Vec<_> = self.open.keys().filter(|scope| is_in(scope, of)).cloned().collect();
        for scope in open {
            let open = &self.open[&scope];
            let waits = self.log.iter().skip(open.reported).filter(|(of, _)| is_in(&scope, of)).count();
            // the rest comes with the next mark
            if waits >= self.manner.batch {
                self.flush(&scope);
            }
        }
    }

    fn cut(&mut self, is_meant: impl Fn(&GroupKind) -> bool, trouble: Option<TroubleKind>) {
        let open: Vec<_> =
            self.open.iter().filter(|(scope, _)| is_meant(&scope.gk)).map(|(s, open)| (s.clone(), open.turn)).collect();
        for (scope, turn) in open {
            self.end(&scope, turn, trouble);
        }
    }

    /// What there is now.
    pub fn objects(&self) -> BTreeMap<ObjectRef, Object> {
        let mut objects = BTreeMap::new();
        for (of, object) in &self.log {
            match object {
                Some(object) => drop(objects.insert(of.clone(), object.clone())),
                None => drop(objects.remove(of)),
            }
        }
        objects
    }

    /// The first rule that a request meets.
    fn fault(&self, ask: Ask) -> Option<&Fault> {
        let meets = |fault: &&Fault| match ask {
            Ask::Watch(scope) => fault.on.as_ref().is_none_or(|on| *on == scope.gk),
            Ask::List(scope) => fault.lists && fault.trouble.is_some() && fault.on.as_ref().is_none_or(|on| *on == scope.gk),
            Ask::Else => fault.lists && fault.trouble.is_some() && fault.on.is_none(),
        };
        self.faults.iter().filter(|fault| fault.until > self.at).find(meets)
    }

    /// How a request fails, if it does.
    fn trouble(&self, ask: Ask) -> Option<TroubleKind> {
        if let Some(trouble) = self.fault(ask).and_then(|fault| fault.trouble) {
            return Some(trouble);
        }
        let (Ask::List(scope) | Ask::Watch(scope)) = ask else { return None };
        let is_closed = &*scope.gk.kind == CLOSED && scope.namespace.is_none();
        let is_served = self.versions.contains_key(&scope.gk);
        is_closed.then_some(TroubleKind::Forbidden).or((!is_served).then_some(TroubleKind::NotFound))
    }

    fn offers(&self) -> Offers {
        let offer = |version: &str| ServedAs { version: version.into(), is_watchable: true, is_namespaced: true };
        let mut offers = Offers::default();
        for (gk, version) in &self.versions {
            if self.is_hidden && !gk.group.is_empty() {
                offers.unread.insert(gk.group.clone(), it(TroubleKind::Busy(None)));
            } else {
                offers.kinds.insert(gk.clone(), offer(version));
            }
        }
        offers
    }

    fn receive(&mut self, event: Event) {
        let wall = SignedDuration::try_from(self.at + self.slept).expect("in range");
        let moment = Moment { run: self.at, wall: Timestamp::UNIX_EPOCH + wall };
        let orders = self.following.receive(moment, event);
        let wake = self.following.wake();
        assert!(wake.is_none_or(|wake| wake > self.at), "it wants to be woken at {wake:?} for what it could do at {:?}", self.at);
        for order in orders {
            self.obey(order);
        }
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::Connect => {
                self.ask("connect");
                let failed = self.trouble(Ask::Else).map(|kind| Event::Unconnected(it(kind)));
                let namespaces = vec![Str::from("home")];
                self.answer(failed.unwrap_or_else(|| Event::Connected { offers: self.offers(), namespaces }));
            }
            Order::Disconnect => {
                self.coming.clear();
                self.open.clear();
            }
            Order::List { scope, turn } => self.list(&scope, turn),
            Order::Watch { scope, turn, version, seconds } => self.watch(&scope, turn, &version, seconds),
            Order::Stop(scope) => drop(self.open.remove(&scope)),
            Order::Beat => {
                self.ask("beat");
                self.answer(Event::Beat(self.trouble(Ask::Else).map(it)));
            }
            Order::Discover => {
                self.ask("discover");
                self.answer(Event::Offered(self.trouble(Ask::Else).is_none().then(|| self.offers())));
            }
            Order::Release { .. } => unreachable!("there are no releases"),
            Order::Own { owner, uid, kinds } => self.own(owner, uid, &kinds),
            Order::Report(deltas) => {
                let mut changes = Changes::default();
                deltas.into_iter().for_each(|delta| self.store.apply(delta, &mut changes));
                self.store.recycle(&changes);
            }
            Order::Say(link) => self.link = Some(link),
            Order::Note(_) => {}
            Order::Remember(names) => self.remembered = names,
        }
    }

    /// Counts a request: no scope is asked more than twice a second, unless the user refreshes everything.
    fn ask(&mut self, what: &str) {
        let times = self.asked.entry(what.to_owned()).or_default();
        times.push(self.at);
        let within = times.iter().rev().take_while(|time| **time + WINDOW > self.at).count();
        let most = MOST * usize::try_from(WINDOW.as_secs()).expect("a few");
        assert!(within <= most || self.refreshed.is_some(), "{what}: {within} requests within {WINDOW:?} before {:?}", self.at);
    }

    fn answer(&mut self, event: Event) {
        let at = self.at + self.late();
        self.come(at, Coming::Received(event));
    }

    fn list(&mut self, scope: &Scope, turn: u32) {
        self.ask(&format!("{scope:?}"));
        self.open.remove(scope);
        if let Some(trouble) = self.trouble(Ask::List(scope)) {
            let trouble = Some(it(trouble));
            return self.report(scope, turn, Event::Ended { scope: scope.clone(), turn, trouble });
        }
        let objects: Vec<_> = self.objects().into_values().filter(|object| is_in(scope, &object.id)).collect();
        let (version, scope) = (self.log.len().to_string(), scope.clone());
        let mut pages: Vec<_> = objects.chunks(self.manner.page).map(<[_]>::to_vec).collect();
        let last = pages.pop().unwrap_or_default();
        let page = |objects| Delta::Listed { generation: turn, objects };
        for objects in pages {
            self.report(&scope, turn, Event::Page { scope: scope.clone(), turn, deltas: vec![page(objects)] });
        }
        let deltas = vec![page(last), Delta::Complete { scope: scope.clone(), generation: turn }];
        self.report(&scope, turn, Event::Listed { scope: scope.clone(), turn, version, deltas });
    }

    fn watch(&mut self, scope: &Scope, turn: u32, version: &str, seconds: u32) {
        self.ask(&format!("{scope:?}"));
        self.open.remove(scope);
        let reported: usize = version.parse().unwrap_or_default();
        let gone = (reported < self.compacted).then_some(TroubleKind::Gone);
        if let Some(trouble) = self.trouble(Ask::Watch(scope)).or(gone) {
            let trouble = Some(it(trouble));
            return self.report(scope, turn, Event::Ended { scope: scope.clone(), turn, trouble });
        }
        self.report(scope, turn, Event::Opened { scope: scope.clone(), turn });
        self.open.insert(scope.clone(), Open { turn, reported });
        if self.fault(Ask::Watch(scope)).is_some_and(|fault| fault.trouble.is_none()) {
            return self.end(scope, turn, None);
        }
        self.flush(scope);
        self.come(self.at + MARK, Coming::Mark(scope.clone(), turn));
        self.come(self.at + Duration::from_secs(seconds.into()), Coming::Expire(scope.clone(), turn));
    }

    fn own(&mut self, owner: ObjectRef, uid: Uid, kinds: &[GroupKind]) {
        let within = |gk: &GroupKind| Scope { gk: gk.clone(), namespace: Some(owner.namespace.clone()) };
        let fails = |gk: &GroupKind| self.trouble(Ask::List(&within(gk))).map(|kind| (gk.clone(), it(kind)));
        let unread: BTreeMap<_, _> = kinds.iter().filter_map(fails).collect();
        let is_read = |object: &Object| kinds.contains(&object.id.gk) && !unread.contains_key(&object.id.gk);
        let is_owned =
            |object: &Object| object.owners.iter().any(|owner| owner.uid == uid) && object.id.namespace == owner.namespace;
        let objects = self.objects().into_values().filter(|object| is_read(object) && is_owned(object)).collect();
        self.answer(Event::Found { owner, objects, unread });
    }

    /// Objects that a picture shows although they are not as they are, and such as it misses where it claims to know all.
    pub fn untrue(&self) -> Vec<String> {
        let truth = self.objects();
        let claims = |of: &ObjectRef| matches!(self.store.covers(of), Some(Coverage::Complete | Coverage::Polled(_)));
        let missed = truth.iter().filter(|(of, object)| claims(of) && shown(&self.store, of) != Some(reported(object)));
        let seen = self.store.nodes().filter(|node| self.store.object(*node).is_some()).map(|node| self.store.reference(node));
        // objects that are not followed are as old as their last read
        let gone = seen.filter(|of| self.store.covers(of).is_some() && !truth.contains_key(of));
        missed.map(|(of, _)| format!("{of} is missing or old")).chain(gone.map(|of| format!("{of} is gone"))).collect()
    }

    /// What the user sees, without the numbers of this run.
    pub fn picture(&self) -> Picture {
        let nodes: Vec<_> = self.store.nodes().collect();
        let objects =
            nodes.iter().filter_map(|node| Some((self.store.reference(*node).clone(), reported(self.store.object(*node)?))));
        let links = nodes.iter().map(|node| (self.store.reference(*node).clone(), self.links(*node)));
        Picture {
            objects: objects.collect(),
            links: links.collect(),
            coverage: self.store.coverage().map(|(scope, coverage)| (scope.clone(), format!("{coverage:?}"))).collect(),
            watches: self.open.keys().cloned().collect(),
            link: self.link.clone(),
            remembered: self.remembered.clone(),
        }
    }

    fn links(&self, node: NodeId) -> String {
        let named = |nodes: &[NodeId]| nodes.iter().map(|node| self.store.reference(*node).to_string()).collect::<BTreeSet<_>>();
        let out: BTreeSet<_> =
            self.store.out(node).iter().map(|link| format!("{:?} {}", link.relation, self.store.reference(link.node))).collect();
        let (owners, owned) = (named(self.store.owners(node)), named(self.store.owned(node)));
        format!("{:?} {out:?} {owners:?} {owned:?} {:?}", self.store.presence(node), self.store.health(node))
    }
}

fn shown(store: &Store, of: &ObjectRef) -> Option<String> {
    store.object_of(of).map(reported)
}

/// An object's fields that distinguish its versions.
fn reported(object: &Object) -> String {
    format!("{:?} {} {:?}", object.uid, object.generation, object.verdict)
}

pub fn it(kind: TroubleKind) -> Trouble {
    Trouble { kind, error: Error::failed("it failed", "") }
}
