//! One cluster for the screen: its connection, its objects, and what is shown of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::drift::{Compared, Drifts};
use super::message::Epoch;
use super::projection::{Filter, Folds, Forest, Matches, Root, Sort, SortBy, Table, TableSort, TreeRows};
use super::pulls::PullBoard;
use super::readers::NotedReaders;
use super::timeline::Timeline;
use crate::actions::Rights;
use crate::domain::health::Counts;
use crate::domain::{
    Changes, ClusterId, ClusterKey, Coverage, Delta, GroupKind, Health, ObjectRef, Scope, ServedKind, Store, Str,
};
use crate::error::Error;
use crate::kinds::{self, FieldOwner, Kind};

/// One cluster of the run.
#[derive(Debug)]
pub struct Cluster {
    pub id: ClusterId,
    pub context: String,
    pub epoch: Epoch,
    /// Whether rows are made: not without a screen, for commands that only act, or for a context that was left.
    pub is_projected: bool,
    pub link: Link,
    pub server: ServerFacts,
    pub store: Store,
    pub forest: Forest,
    pub tree: TreeState,
    pub tables: BTreeMap<GroupKind, Table>,
    /// The selected namespaces; none means all.
    pub namespaces: Option<BTreeSet<Str>>,
    /// Namespaces known by name: listed, remembered or seen in objects.
    pub known_namespaces: BTreeSet<Str>,
    /// The user's rights, once they were asked for.
    pub rights: Rights,
    /// Access reviews are under way that no act waits for.
    pub is_asking: bool,
    /// The user's name at the API server; none until it was asked for.
    pub user: Option<String>,
    /// It was asked, and did not say.
    pub is_unnamed: bool,
    /// The managers of contested fields, for confirmations; none where they could not be read.
    pub owners: BTreeMap<ObjectRef, Option<Vec<FieldOwner>>>,
    /// Where it differs from git, by the last comparison.
    pub drifts: Drifts,
    /// Anyone's open pull requests, by the last look-up.
    pub pulls: PullBoard,
    /// What it was seen to apply from git.
    pub(super) readers: NotedReaders,
    /// The changes of state that were seen.
    pub timeline: Timeline,
}

/// The state of the connection. None of them ends the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    Connecting,
    /// Connecting, and waiting for a login program of that name: the user may have to answer it.
    LoggingIn(String),
    Live,
    /// Was live; the store is as of this time.
    Stale {
        since: Timestamp,
        why: String,
    },
    /// Live, except for some kinds.
    Partly {
        /// Their names for users.
        kinds: String,
        /// The time of their last state; none if some were never read.
        since: Option<Timestamp>,
        why: String,
    },
    /// The API server does not accept our credentials.
    Unauthorised(Error),
    /// Never reached, or given up.
    Unreachable(Error),
    /// A snapshot, taken then.
    Recorded(Option<Timestamp>),
}

/// Facts about the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerFacts {
    /// The identity of the cluster across runs.
    pub key: ClusterKey,
    pub kubernetes: String,
    pub flux: String,
    /// Flux kinds that it serves.
    pub served: Vec<GroupKind>,
    /// The same with their versions, the one that is read first.
    pub versions: Vec<(GroupKind, Vec<Str>)>,
    /// All kinds that can be listed, by their names.
    pub kinds: Vec<ServedKind>,
    /// The user that requests are made as, when it is not the kubeconfig's own (`--as`).
    pub acting_as: Option<String>,
}

/// The state of the tree view.
#[derive(Debug, Default)]
pub struct TreeState {
    pub folds: Folds,
    pub sort: Sort,
    pub matches: Matches,
    pub rows: TreeRows,
    /// The filter as typed.
    pub text: String,
    pub health: Option<BTreeSet<Health>>,
    /// Only objects that differ from git.
    pub drifted: bool,
    /// What the cursor was sent to last, counted.
    pub sought: Option<(u64, ObjectRef)>,
}

impl Cluster {
    pub fn new(id: ClusterId, context: String) -> Self {
        Self {
            id,
            context,
            epoch: Epoch::default(),
            is_projected: true,
            link: Link::Connecting,
            server: ServerFacts::default(),
            store: Store::default(),
            forest: Forest::default(),
            // what is wrong comes first
            tree: TreeState { sort: Sort { by: SortBy::State, reverse: false }, ..TreeState::default() },
            tables: BTreeMap::new(),
            namespaces: None,
            known_namespaces: BTreeSet::new(),
            rights: Rights::default(),
            is_asking: false,
            user: None,
            is_unnamed: false,
            owners: BTreeMap::new(),
            drifts: Drifts::default(),
            pulls: PullBoard::default(),
            readers: NotedReaders::default(),
            timeline: Timeline::default(),
        }
    }

    /// The same without rows, for a cluster that is no longer shown.
    pub(super) fn unshown(self) -> Self {
        let (forest, tree, tables) = Default::default();
        Self { is_projected: false, forest, tree, tables, ..self }
    }

    /// Takes over the facts about the server of a new connection. Rights may have changed: they are asked for again.
    pub(super) fn connected(&mut self, server: ServerFacts) {
        self.server = server;
        self.rights = Rights::default();
        self.is_asking = false;
        (self.user, self.is_unnamed) = (None, false);
    }

    /// Applies a batch of deltas, in every layer of the projection; what that changes of the state of objects is noted with the time.
    pub(crate) fn apply(&mut self, deltas: Vec<Delta>, now: Timestamp) {
        let mut changes = Changes::default();
        for delta in deltas {
            self.store.apply(delta, &mut changes);
        }
        self.timeline.note(std::mem::take(&mut changes.shifts), &self.store, now);
        if self.is_projected {
            self.forest.update(&self.store, &changes);
            self.tree.matches.update(&self.store, &self.forest, &changes);
            for table in self.tables.values_mut() {
                table.update(&self.store, &self.forest, &changes);
            }
        }
        self.store.recycle(&changes);
    }

    /// How many objects are in which state, of the namespaces that are looked at: a filter does not change what is wrong.
    pub fn looked_at(&self) -> Counts {
        match &self.namespaces {
            None => self.forest.total(),
            Some(namespaces) => self.forest.total_in(&self.store, namespaces),
        }
    }

    /// Why the store is outdated, if it is.
    pub fn lost(&self) -> Option<&str> {
        match &self.link {
            Link::Stale { why, .. } => Some(why),
            Link::Unauthorised(error) | Link::Unreachable(error) => Some(&error.message),
            Link::Connecting | Link::LoggingIn(_) | Link::Live | Link::Partly { .. } | Link::Recorded(_) => None,
        }
    }

    /// Continues pending work for the screen (a new filter) until `go_on` returns false. Returns whether more is left.
    pub(super) fn work(&mut self, go_on: impl FnMut() -> bool) -> bool {
        self.tree.matches.step(&self.store, &self.forest, go_on);
        // rows of a half-tested filter would be made for nothing, unless some of the old ones are gone
        if !self.tree.matches.is_done(&self.store) && self.tree.rows.are_valid(&self.forest) {
            return true;
        }
        self.forest.tidy(&self.store);
        self.tree.rows.refresh(&self.store, &self.forest, &self.tree.folds, &self.tree.matches, self.tree.sort);
        !self.tree.matches.is_done(&self.store)
    }

    /// Changes the top level of the tree.
    pub(super) fn plant(&mut self, root: Root) {
        self.forest = Forest::plant(&self.store, root);
        self.tree.rows.invalidate();
        self.refilter();
    }

    /// Applies the tree's filter, health choice and namespaces again. A text that is not a filter changes nothing.
    pub(super) fn filter_tree(&mut self, text: &str) {
        let Ok(query) = crate::domain::query::Query::parse(text) else { return };
        text.clone_into(&mut self.tree.text);
        let only = self.tree.drifted.then(|| self.drifts.objects());
        // what was compared under these namespaces is meant, wherever it is
        let is_compared = self.tree.drifted && self.drifts.namespaces == self.namespaces;
        let namespaces = self.namespaces.clone().filter(|_| !is_compared);
        let filter = Filter { query, namespaces, health: self.tree.health.clone(), only };
        self.tree.matches.restart(filter);
    }

    /// As [`Self::filter_tree`] with the present text, and the tables' filters too.
    pub(super) fn refilter(&mut self) {
        let text = std::mem::take(&mut self.tree.text);
        self.filter_tree(&text);
        let namespaces = self.namespaces.clone();
        for table in self.tables.values_mut() {
            let filter = Filter { namespaces: namespaces.clone(), ..table.filter().clone() };
            let sort = table.sort();
            table.fill(&self.store, &self.forest, filter, sort);
        }
    }

    /// All Flux Kustomizations.
    pub fn kustomizations(&self) -> Vec<ObjectRef> {
        let gk = kinds::KUSTOMIZATION.gk();
        let there = self.store.of_kind(&gk).filter(|id| self.store.object(*id).is_some());
        let mut found: Vec<_> = there.map(|id| self.store.reference(id).clone()).collect();
        found.sort();
        found
    }

    /// Drops the last comparison and starts a new one. Returns its number.
    pub(super) fn begin_comparison(&mut self, kustomizations: usize) -> u32 {
        let run = self.drifts.begin(kustomizations, self.namespaces.clone());
        self.refilter();
        run
    }

    /// Takes the result of one Kustomization's comparison.
    pub(super) fn compared(&mut self, run: u32, compared: Compared, now: Timestamp) {
        let found = self.drifts.found.len();
        self.drifts.take(run, compared, now);
        if self.tree.drifted && self.drifts.found.len() != found {
            self.refilter();
        }
    }

    /// Returns the table of a kind, filled.
    fn table(&mut self, gk: &GroupKind) -> &mut Table {
        let kind = kinds::rules(&gk.group, &gk.kind);
        let (store, forest, namespaces) = (&self.store, &self.forest, &self.namespaces);
        self.tables.entry(gk.clone()).or_insert_with(|| {
            let mut table = Table::new(gk.clone(), kind);
            table.fill(store, forest, Filter { namespaces: namespaces.clone(), ..Filter::default() }, TableSort::default());
            table
        })
    }

    /// Fills a kind's table under another filter and order.
    pub(super) fn refill(&mut self, gk: &GroupKind, change: impl FnOnce(&mut Filter, &mut TableSort)) {
        self.table(gk);
        let table = self.tables.get_mut(gk).expect("just made");
        let (mut filter, mut sort) = (table.filter().clone(), table.sort());
        change(&mut filter, &mut sort);
        table.fill(&self.store, &self.forest, filter, sort);
    }

    /// Whether every requested kind has been read.
    pub fn is_complete(&self) -> bool {
        let mut scopes = self.store.coverage().peekable();
        scopes.peek().is_some() && scopes.all(|(_, coverage)| coverage != Coverage::Listing)
    }

    /// How many scopes have been read, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let (mut done, mut all) = (0, 0);
        for (_, coverage) in self.store.coverage() {
            all += 1;
            done += usize::from(coverage != Coverage::Listing);
        }
        (done, all)
    }

    /// Flux kinds that may not be read, with the namespace if only there.
    pub fn restricted(&self) -> Vec<(&'static Kind, Option<Str>)> {
        let of_flux = |scope: &Scope| kinds::find(&scope.gk.group, &scope.gk.kind).filter(|kind| kind.is_flux());
        let mut found: Vec<_> = self
            .store
            .coverage()
            .filter(|(_, coverage)| *coverage == Coverage::Restricted)
            .filter_map(|(scope, _)| Some((of_flux(scope)?, scope.namespace.clone())))
            .collect();
        found.sort_by_key(|(kind, namespace)| (kinds::rank(kind), namespace.clone()));
        found
    }
}
