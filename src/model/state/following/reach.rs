//! Which scopes are followed: Flux's kinds, kinds found by ownership, kinds in inventories, and, where a kind may not be listed
//! everywhere, the known namespaces.

use std::collections::{BTreeMap, BTreeSet};

use super::scope::{Followed, Phase, RELIST};
use super::{Connection, Following, Offers, Order, RELEASE_AGAIN, Reading, ServedAs, Trouble, TroubleKind};
use crate::domain::pause::LONGEST_ASKED;
use crate::domain::text::counted;
use crate::domain::{Coverage, Delta, GroupKind, Object, ObjectRef, Relation, Scope, Str, Uid};
use crate::kinds::{self, Kind, Role};

/// Namespaces looked into one by one where a kind may not be listed everywhere.
const MOST_NAMESPACES: usize = 100;
/// Below so many scopes, what is not watched is listed every [`RELIST`]; the more there are, the more rarely.
const FEW: usize = 100;
/// Groups of Flux v1, whose workloads no inventory names.
const LEGACY: [&str; 2] = ["helm.fluxcd.io", "flux.weave.works"];

impl Following {
    /// A connection stands: follows what is always followed, and again what was before.
    pub(super) fn reach_again(&mut self) {
        // namespaces are looked into again where that is still needed; what they hold stays on the screen until then
        let only: BTreeSet<_> = self.rules.only.iter().flatten().cloned().collect();
        let is_kept = |scope: &Scope| scope.namespace.is_none() || only.contains(scope);
        let (kept, single) = std::mem::take(&mut self.scopes).into_iter().partition(|(scope, _)| is_kept(scope));
        self.scopes = kept;
        let single: BTreeMap<Scope, Followed> = single;
        let known: Vec<_> = self.scopes.keys().cloned().collect();
        for scope in &known {
            let offer = self.offers.kinds.get(&scope.gk).cloned();
            self.begin(scope, offer);
        }
        self.reach();
        let restricted: Vec<_> = std::mem::take(&mut self.restricted).into_iter().collect();
        for gk in restricted {
            // until it is known whether it may be listed everywhere now, it is read where it could be read before
            self.restricted.insert(gk.clone());
            self.look_into(&gk);
        }
        for (scope, before) in single {
            match self.scopes.get_mut(&scope) {
                Some(followed) => followed.read = before.read,
                None => self.cover(&scope, Coverage::Restricted),
            }
        }
        for (owner, uid) in self.owning.clone() {
            self.look_for_owned(owner, uid);
        }
        if self.releases.values().any(|(_, reading)| *reading != Reading::Done) {
            self.cover(&storage(), Coverage::Listing);
        }
    }

    /// Follows what is always followed and is not yet.
    fn reach(&mut self) {
        if let Some(only) = &self.rules.only {
            return self.start(only.clone());
        }
        let of_flux = kinds::ALL.iter().filter(|kind| kind.is_flux() || kind.role == Role::Legacy).map(|kind| of(kind));
        let wanted = of_flux.chain(self.by_ownership()).map(everywhere).collect();
        self.start(wanted);
    }

    /// Kinds that are found by ownership, wherever they are.
    fn by_ownership(&self) -> Vec<GroupKind> {
        let known = kinds::ALL.iter().filter(|kind| kind.follow).map(|kind| of(kind));
        let is_legacy = self.offers.kinds.keys().any(|gk| LEGACY.contains(&&*gk.group));
        let workloads = kinds::ALL.iter().filter(|kind| is_legacy && kind.role == Role::Workload).map(|kind| of(kind));
        known.chain(self.rules.owned.iter().cloned()).chain(workloads).collect()
    }

    /// Follows scopes that are not followed yet. Kinds that are not served are said to be so.
    pub(super) fn start(&mut self, wanted: Vec<Scope>) {
        for scope in wanted {
            if !self.scopes.contains_key(&scope) {
                let offer = self.offers.kinds.get(&scope.gk).cloned();
                self.begin(&scope, offer);
            }
        }
    }

    /// Follows a scope from its beginning, in the version that is served.
    fn begin(&mut self, scope: &Scope, offer: Option<ServedAs>) {
        let count = self.scopes.len() + usize::from(!self.scopes.contains_key(scope));
        let watches = self.rules.watches;
        let followed = self.scopes.entry(scope.clone()).or_insert_with(|| {
            let mut new = Followed::new(None);
            // scopes beyond the last watch are listed periodically instead, less often the more objects they have
            new.is_watched = count <= watches;
            new.relist = RELIST * u32::try_from(count / watches.max(FEW) + 1).unwrap_or(1);
            new
        });
        let Some(offer) = offer else {
            // what a group does not list is unknown, and none of its objects vanishes
            let lost = self.offers.unread.get(&scope.gk.group).cloned();
            let coverage = if lost.is_some() { Coverage::Failing } else { Coverage::NotServed };
            (followed.offer, followed.phase, followed.lost) = (None, Phase::Idle, lost);
            return self.cover(scope, coverage);
        };
        followed.is_watched &= offer.is_watchable;
        followed.offer = Some(offer);
        self.cover(scope, Coverage::Listing);
        self.list(scope);
    }

    /// The server serves other kinds, or in other versions, than before.
    pub(super) fn serve(&mut self, offers: Offers) {
        self.offers = offers;
        let known: Vec<_> = self.scopes.iter().map(|(scope, it)| (scope.clone(), it.offer.clone(), it.lost.clone())).collect();
        for (scope, before, lost) in known {
            let offer = self.offers.kinds.get(&scope.gk).cloned();
            let unread = self.offers.unread.get(&scope.gk.group);
            let is_as_before = match (&offer, &before) {
                (None, None) => unread == lost.as_ref(),
                // whether it is gone is not known
                (None, Some(_)) => unread.is_some(),
                (offer, before) => offer == before,
            };
            if is_as_before {
                continue;
            }
            if offer.is_none() {
                self.orders.push(Order::Stop(scope.clone()));
            }
            self.begin(&scope, offer);
        }
        self.reach();
    }

    /// Takes what was read of a scope: first what it makes to be followed, so that the picture is never complete too early.
    pub(super) fn take_deltas(&mut self, scope: &Scope, deltas: Vec<Delta>) {
        if deltas.is_empty() {
            return;
        }
        for delta in &deltas {
            if let Delta::Remove(id) = delta {
                self.releases.remove(id);
            }
        }
        if self.rules.only.is_some() {
            self.look_beside(scope, &deltas);
        } else {
            self.look_into_storage(&deltas);
            let new = self.new_kinds(&deltas);
            if new.iter().any(|gk| !self.offers.kinds.contains_key(gk)) {
                self.doubt_offers();
            }
            self.start(new.into_iter().map(everywhere).collect());
        }
        self.orders.push(Order::Report(deltas));
    }

    /// Kinds that inventories name and nobody follows yet.
    fn new_kinds(&self, deltas: &[Delta]) -> BTreeSet<GroupKind> {
        let mut new = BTreeSet::new();
        let mut name = |gk: &GroupKind| {
            if !new.contains(gk) && !self.scopes.contains_key(&everywhere(gk.clone())) {
                new.insert(gk.clone());
            }
        };
        for object in read(deltas) {
            object.edges.iter().filter(|edge| edge.relation == Relation::Applies).for_each(|edge| name(&edge.to.gk));
        }
        new
    }

    /// Reads the children of HelmReleases that keep no inventory from Helm's storage, once for each version of the release.
    pub(super) fn look_into_storage(&mut self, deltas: &[Delta]) {
        let mut is_new = false;
        for object in read(deltas) {
            let Some(secret) = kinds::release_secret(object) else { continue };
            if self.releases.get(&object.id).is_some_and(|(known, _)| *known == secret) {
                continue;
            }
            self.releases.insert(object.id.clone(), (secret, Reading::Resting { until: self.now.run }));
            is_new = true;
        }
        if is_new {
            self.cover(&storage(), Coverage::Listing);
        }
    }

    /// Takes what Helm's storage says of a release; who may not read Secrets finds the children by their labels.
    pub(super) fn released(&mut self, of: ObjectRef, secret: &ObjectRef, children: Result<Vec<ObjectRef>, Trouble>) {
        let now = self.now.run;
        let Some((known, reading)) = self.releases.get_mut(&of) else { return };
        if known != secret {
            // a newer one is being read
            return;
        }
        let again = match &children {
            Err(Trouble { kind: TroubleKind::Busy(after), .. }) => Some(after.unwrap_or_default().max(RELEASE_AGAIN)),
            Err(Trouble { kind: TroubleKind::Unreachable | TroubleKind::Unusable | TroubleKind::Unauthorised, .. }) => {
                Some(RELEASE_AGAIN)
            }
            Ok(_) | Err(_) => None,
        };
        *reading = again.map_or(Reading::Done, |wait| Reading::Resting { until: now + wait.min(LONGEST_ASKED) });
        match children {
            Ok(children) => {
                let new: BTreeSet<_> = children.iter().map(|child| child.gk.clone()).collect();
                self.start(new.into_iter().map(everywhere).collect());
                self.report(Delta::Children { of, by: "storage", children });
            }
            Err(_) if again.is_none() => self.widen(),
            Err(_) => {}
        }
        if self.releases.values().all(|(_, reading)| *reading == Reading::Done) {
            self.cover(&storage(), Coverage::Complete);
        } else if again.is_some() {
            self.cover(&storage(), Coverage::Failing);
        }
    }

    /// A kind may not be listed there: look into the namespaces that we know instead.
    pub(super) fn restrict(&mut self, scope: &Scope) {
        self.releases.retain(|of, _| of.gk != scope.gk || scope.namespace.as_ref().is_some_and(|name| of.namespace != *name));
        if scope.namespace.is_none() {
            self.restricted.insert(scope.gk.clone());
            // first, so that what is read there stays on the screen
            self.look_into(&scope.gk);
        }
        self.cover(scope, Coverage::Restricted);
        if kinds::rules(&scope.gk.group, &scope.gk.kind).role == Role::Applier {
            self.widen();
        }
    }

    /// A kind can be listed everywhere after all: its namespaces need not be looked into any more.
    pub(super) fn restricted_no_more(&mut self, scope: &Scope) {
        if scope.namespace.is_some() || !self.restricted.remove(&scope.gk) {
            return;
        }
        let single: Vec<_> = self.scopes.keys().filter(|it| it.gk == scope.gk && it.namespace.is_some()).cloned().collect();
        for single in single {
            self.scopes.remove(&single);
            self.cover(&single, Coverage::Complete);
            self.orders.push(Order::Stop(single));
        }
    }

    /// If inventories may not be read, their kinds are unknown: follows the common ones.
    fn widen(&mut self) {
        if self.rules.only.is_none() && !std::mem::replace(&mut self.is_wide, true) {
            let usual = kinds::ALL.iter().filter(|kind| matches!(kind.role, Role::Workload | Role::Child) && kind.namespaced);
            self.start(usual.map(|kind| everywhere(of(kind))).collect());
        }
    }

    /// Follows a restricted kind in each known namespace.
    fn look_into(&mut self, gk: &GroupKind) {
        if self.offers.kinds.get(gk).is_some_and(|offer| !offer.is_namespaced) {
            return;
        }
        let within = |namespace: &Str| Scope { gk: gk.clone(), namespace: Some(namespace.clone()) };
        let wanted: Vec<_> = self.namespaces.iter().take(MOST_NAMESPACES).map(within).collect();
        // those that were used before them make room
        let over: Vec<_> = self.namespaces.iter().skip(MOST_NAMESPACES).map(within).collect();
        for over in over {
            if !self.rules.only.iter().flatten().any(|only| *only == over) && self.scopes.remove(&over).is_some() {
                self.orders.push(Order::Stop(over.clone()));
                self.cover(&over, Coverage::Restricted);
            }
        }
        self.start(wanted);
    }

    /// Looks into these namespaces too: now, or as soon as there is a connection.
    pub(super) fn include(&mut self, namespaces: Vec<Str>) {
        self.namespaces.retain(|known| !namespaces.contains(known));
        self.namespaces.splice(0..0, namespaces);
        self.orders.push(Order::Remember(self.namespaces.clone()));
        self.is_unremembered = self.connection != Connection::Up;
        if self.connection == Connection::Up {
            for gk in self.restricted.clone() {
                self.look_into(&gk);
            }
        }
    }

    /// Looks for what an object owns: now, or as soon as there is a connection.
    pub(super) fn own(&mut self, owner: ObjectRef, uid: Uid) {
        let is_under_way = self.owning.insert(owner.clone(), uid) == Some(uid);
        if self.connection == Connection::Up && !is_under_way {
            self.look_for_owned(owner, uid);
        }
    }

    /// Looks for what an object owns among the kinds that nobody follows.
    fn look_for_owned(&mut self, owner: ObjectRef, uid: Uid) {
        let is_unknown = |gk: &&GroupKind| !self.scopes.contains_key(&everywhere((*gk).clone()));
        let namespaced = self.offers.kinds.iter().filter(|(_, offer)| offer.is_namespaced).map(|(gk, _)| gk);
        let kinds = namespaced.filter(is_unknown).cloned().collect();
        self.orders.push(Order::Own { owner, uid, kinds });
    }

    /// Takes what an object was found to own. What was found for it before and is gone now, goes; of kinds that could not be read, or are
    /// followed by now, this list says nothing.
    pub(super) fn found(&mut self, owner: ObjectRef, objects: Vec<Object>, unread: &BTreeMap<GroupKind, Trouble>) {
        self.owning.remove(&owner);
        let is_followed = |gk: &GroupKind| self.scopes.contains_key(&everywhere(gk.clone()));
        let objects: Vec<_> = objects.into_iter().filter(|object| !is_followed(&object.id.gk)).collect();
        let mut now: BTreeSet<_> = objects.iter().map(|object| object.id.clone()).collect();
        let (mut gone, before) = (Vec::new(), self.owned.get(&owner).cloned().unwrap_or_default());
        // that most kinds may not be listed is how it is for many, and no news
        let is_news =
            |gk: &GroupKind, why: &Trouble| why.kind != TroubleKind::Forbidden || before.iter().any(|object| object.gk == *gk);
        let missed: BTreeMap<_, _> = unread.iter().filter(|(gk, why)| is_news(gk, why)).collect();
        if !missed.is_empty() {
            self.orders.push(Order::Note(not_all(&owner, &missed)));
        }
        for before in before {
            if unread.contains_key(&before.gk) {
                now.insert(before);
            } else if !now.contains(&before) && !is_followed(&before.gk) {
                gone.push(Delta::Remove(before));
            }
        }
        self.owned.insert(owner, now);
        let there = objects.into_iter().map(|object| Delta::Upsert(Box::new(object)));
        gone.into_iter().chain(there).for_each(|delta| self.report(delta));
    }
}

/// Kinds named one by one in a note.
const NAMED: usize = 3;

/// That not all is known of what an object owns, of which kinds, and why of the first.
fn not_all(owner: &ObjectRef, unread: &BTreeMap<&GroupKind, &Trouble>) -> String {
    let named: Vec<_> = unread.keys().take(NAMED).map(|gk| gk.kind.to_string()).collect();
    let more = if unread.len() > NAMED { format!(" and {}", counted(unread.len() - NAMED, "more kind")) } else { String::new() };
    let why = unread.values().next().map(|trouble| trouble.error.message.clone()).unwrap_or_default();
    format!("not all that {owner} owns is known: {}{more} could not be read ({why})", named.join(", "))
}

/// The objects that came.
pub(super) fn read(deltas: &[Delta]) -> impl Iterator<Item = &Object> {
    deltas.iter().flat_map(|delta| match delta {
        Delta::Listed { objects, .. } => objects.as_slice(),
        Delta::Upsert(object) => std::slice::from_ref(&**object),
        _ => &[],
    })
}

fn of(kind: &Kind) -> GroupKind {
    GroupKind::new(kind.group, kind.kind)
}

pub(super) fn everywhere(gk: GroupKind) -> Scope {
    Scope { gk, namespace: None }
}

/// Helm's storage as a scope: the picture is not complete while it is read.
fn storage() -> Scope {
    Scope { gk: GroupKind::new("helm.sh", "Release"), namespace: None }
}
