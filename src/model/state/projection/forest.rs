//! One home for every object, and the health below it, updated with the store.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use jiff::Timestamp;
use rustc_hash::{FxHashMap, FxHashSet};

use super::home;
use super::matches::namespace_of;
use crate::domain::health::Counts;
use crate::domain::{Changes, GroupKind, Health, NodeId, Relation, Store, Str};
use crate::insight::why::{self, Because, Below, Sight};
use crate::kinds::{self, Kind, Role};

/// What the tree's top level is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    #[default]
    Sources,
    Kustomizations,
    Namespaces,
}

impl Root {
    pub const ALL: [Self; 3] = [Self::Sources, Self::Kustomizations, Self::Namespaces];

    pub fn word(self) -> &'static str {
        match self {
            Self::Sources => "sources",
            Self::Kustomizations => "kustomizations",
            Self::Namespaces => "namespaces",
        }
    }

    pub fn next(self) -> Self {
        match self {
            Self::Sources => Self::Kustomizations,
            Self::Kustomizations => Self::Namespaces,
            Self::Namespaces => Self::Sources,
        }
    }
}

/// The place of one node.
#[derive(Clone, Debug)]
struct Place {
    kind: &'static Kind,
    /// Where the kind stands among siblings.
    rank: u8,
    parent: Option<NodeId>,
    /// In the order of kind, namespace and name after [`Forest::tidy`].
    children: Vec<NodeId>,
    /// The health that it counts with; none where only its name is known.
    own: Option<Health>,
    /// Everything below, itself excluded.
    below: Counts,
    is_root: bool,
    /// It has edges besides those that make the tree: whether references are worth looking for.
    is_linked: bool,
}

/// The trees of one cluster under one choice of root.
#[derive(Debug, Default)]
pub struct Forest {
    root: Root,
    places: Vec<Option<Place>>,
    kinds: FxHashMap<GroupKind, (&'static Kind, u8)>,
    /// Roots, ordered as children are.
    roots: Vec<NodeId>,
    /// Parents whose children are out of order; the roots when `are_roots_untidy`.
    untidy: FxHashSet<NodeId>,
    are_roots_untidy: bool,
    structure: u64,
    stamp: u64,
    verdicts: u64,
    /// The counts of all trees, with the stamp they hold for.
    total: Remembered,
}

/// What was counted and asked last: of everything, of some namespaces, and first causes. When that was depends on the views, so `Debug` leaves it out.
#[derive(Default)]
struct Remembered {
    all: Cell<(u64, Counts)>,
    some: RefCell<(u64, BTreeSet<Str>, Counts)>,
    causes: RefCell<Causes>,
}

/// First causes that were asked for, with the stamp and the minute for which they hold: sentences have ages.
#[derive(Default)]
struct Causes {
    of: (u64, i64),
    known: FxHashMap<NodeId, Option<Because>>,
}

impl std::fmt::Debug for Remembered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Remembered")
    }
}

impl Forest {
    /// Plants the trees of a whole store. Costs a few look-ups an object; used when the root changes.
    pub fn plant(store: &Store, root: Root) -> Self {
        let mut forest = Self { root, ..Self::default() };
        let nodes: Vec<_> = store.nodes().collect();
        let changes = Changes { touched: nodes.clone(), relinked: nodes, ..Changes::default() };
        forest.update(store, &changes);
        forest.tidy(store);
        forest
    }

    /// Puts siblings in order where some came or went. Call it before rows are made; costs a sort of what changed.
    pub fn tidy(&mut self, store: &Store) {
        for parent in std::mem::take(&mut self.untidy) {
            if let Some(mut children) =
                self.places.get_mut(parent.0 as usize).and_then(Option::as_mut).map(|place| std::mem::take(&mut place.children))
            {
                self.sort(store, &mut children);
                self.place(store, parent).children = children;
            }
        }
        if std::mem::take(&mut self.are_roots_untidy) {
            let is_root = |(_, place): &(u32, &Option<Place>)| place.as_ref().is_some_and(|place| place.is_root);
            let mut roots: Vec<_> = (0u32..).zip(&self.places).filter(is_root).map(|(id, _)| NodeId(id)).collect();
            self.sort(store, &mut roots);
            self.roots = roots;
        }
    }

    fn sort(&self, store: &Store, nodes: &mut [NodeId]) {
        nodes.sort_by(|a, b| self.rank(*a).cmp(&self.rank(*b)).then_with(|| store.reference(*a).cmp(store.reference(*b))));
    }

    /// Where the node's kind stands among siblings of other kinds.
    pub fn rank(&self, id: NodeId) -> u8 {
        self.get(id).map_or(u8::MAX, |place| place.rank)
    }

    pub fn root(&self) -> Root {
        self.root
    }

    /// Takes over what changed in the store. Costs the depth of the tree for each changed node.
    pub fn update(&mut self, store: &Store, changes: &Changes) {
        for id in &changes.freed {
            // a freed id may already be named again in the same batch
            if !store.is_used(*id) {
                self.forget(*id);
            }
        }
        let in_use = |id: &&NodeId| store.is_used(**id);
        for id in changes.touched.iter().filter(in_use) {
            self.judge(store, *id);
        }
        for id in changes.relinked.iter().filter(in_use) {
            let place = self.place(store, *id);
            place.is_linked = is_linked(store, *id, place.kind);
            self.rehome(store, *id);
        }
        // whether a nameless node is a root depends on its children, which have settled by now
        for id in changes.relinked.iter().filter(in_use) {
            self.settle_root(store, *id);
            if let Some(parent) = self.parent(*id) {
                self.settle_root(store, parent);
            }
        }
        self.stamp += 1;
    }

    pub fn kind(&self, id: NodeId) -> &'static Kind {
        self.get(id).map_or(kinds::ANY, |place| place.kind)
    }

    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.get(id).and_then(|place| place.parent)
    }

    pub fn children(&self, id: NodeId) -> &[NodeId] {
        self.get(id).map_or(&[], |place| &place.children)
    }

    /// The health that the node shows: its own, or `Failed` for a workload that waits for pods that have failed
    /// (fluxcd/cli-utils `polling/statusreaders/pod_controller.go`).
    pub fn health(&self, id: NodeId) -> Option<Health> {
        self.get(id).and_then(|place| place.own)
    }

    /// Counts of everything below a node.
    pub fn below(&self, id: NodeId) -> Counts {
        self.get(id).map_or_else(Counts::default, |place| place.below)
    }

    /// Whether the node has edges that its own rows may show as references.
    pub fn is_linked(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|place| place.is_linked)
    }

    pub fn is_root(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|place| place.is_root)
    }

    /// Roots in the order of kind, namespace and name, as of the last [`Self::tidy`].
    pub fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    /// Whether the node is in one of the trees.
    pub fn contains(&self, id: NodeId) -> bool {
        let mut top = id;
        while let Some(parent) = self.parent(top) {
            top = parent;
        }
        self.is_root(top)
    }

    /// Counts of all trees. Costs a pass over all nodes once after each change.
    pub fn total(&self) -> Counts {
        let (stamp, known) = self.total.all.get();
        if stamp == self.stamp {
            return known;
        }
        let mut total = Counts::default();
        for place in self.places.iter().flatten().filter(|place| place.is_root) {
            total += place.below;
            total += place.own.map_or_else(Counts::default, Counts::one);
        }
        self.total.all.set((self.stamp, total));
        total
    }

    /// The same of what is in these namespaces. Costs a pass over all objects once after each change.
    pub fn total_in(&self, store: &Store, namespaces: &BTreeSet<Str>) -> Counts {
        let mut remembered = self.total.some.borrow_mut();
        if (remembered.0, &remembered.1) == (self.stamp, namespaces) {
            return remembered.2;
        }
        let mut total = Counts::default();
        for id in store.nodes() {
            if let Some(health) = self.health(id)
                && namespaces.contains(namespace_of(store.reference(id)))
                && self.contains(id)
            {
                total += Counts::one(health);
            }
        }
        *remembered = (self.stamp, namespaces.clone(), total);
        total
    }

    /// The first cause of the state of a node, as `why` has it; none where nothing is wrong. Costs the walk once after each change, and once
    /// a minute: what asks for it asks for the rows on the screen.
    pub fn first_cause(&self, store: &Store, id: NodeId, now: Timestamp) -> Option<Because> {
        let mut causes = self.total.causes.borrow_mut();
        let of = (self.stamp, now.as_second().div_euclid(60));
        if causes.of != of {
            *causes = Causes { of, known: FxHashMap::default() };
        }
        causes.known.entry(id).or_insert_with(|| why::first_sentence(&Sight::new(store, self, now), id)).clone()
    }

    /// Rises when a node came, went or moved: rows must be made again.
    pub fn structure(&self) -> u64 {
        self.structure
    }

    /// Rises when the health of a node changed: an order by state is another one.
    pub fn verdicts(&self) -> u64 {
        self.verdicts
    }

    /// Increases with every change.
    pub fn stamp(&self) -> u64 {
        self.stamp
    }

    fn get(&self, id: NodeId) -> Option<&Place> {
        self.places.get(id.0 as usize).and_then(Option::as_ref)
    }

    fn place(&mut self, store: &Store, id: NodeId) -> &mut Place {
        let at = id.0 as usize;
        if at >= self.places.len() {
            self.places.resize(at + 1, None);
        }
        if self.places[at].is_none() {
            let gk = &store.reference(id).gk;
            let (kind, rank) = match self.kinds.get(gk) {
                Some(known) => *known,
                None => {
                    let kind = kinds::rules(&gk.group, &gk.kind);
                    let known = (kind, u8::try_from(kinds::rank(kind)).unwrap_or(u8::MAX));
                    self.kinds.insert(gk.clone(), known);
                    known
                }
            };
            let (children, below) = (Vec::new(), Counts::default());
            let fresh = Place { kind, rank, parent: None, children, own: None, below, is_root: false, is_linked: false };
            self.places[at] = Some(fresh);
            self.structure += 1;
        }
        self.places[at].as_mut().expect("just filled")
    }

    /// Takes over a node's own health.
    fn judge(&mut self, store: &Store, id: NodeId) {
        let own = store.health(id);
        let place = self.place(store, id);
        let now = own.map(|health| effective(place.kind, health, &place.below));
        let before = std::mem::replace(&mut place.own, now);
        if before != now {
            let parent = place.parent;
            self.verdicts += 1;
            self.spread(store, parent, counts(before), counts(now));
        }
    }

    /// Carries a change of counts up to the root; a workload on the way may change its own health by it.
    fn spread(&mut self, store: &Store, mut at: Option<NodeId>, mut less: Counts, mut more: Counts) {
        while let Some(id) = at {
            let place = self.place(store, id);
            place.below += more;
            place.below -= less;
            if let (Role::Workload, Some(health)) = (place.kind.role, store.health(id)) {
                let now = effective(place.kind, health, &place.below);
                if let Some(before) = place.own.replace(now)
                    && before != now
                {
                    less += Counts::one(before);
                    more += Counts::one(now);
                }
            }
            at = place.parent;
        }
    }

    /// Finds the home of a node and moves it there.
    fn rehome(&mut self, store: &Store, id: NodeId) {
        let place = self.place(store, id);
        let (kind, before) = (place.kind, place.parent);
        let wanted = home::candidates(store, id, kind, self.root).into_iter().find(|home| !self.is_below(*home, id));
        if wanted == before {
            return;
        }
        self.structure += 1;
        let weight = self.weight(id);
        if let Some(parent) = before {
            self.place(store, parent).children.retain(|child| *child != id);
            self.spread(store, Some(parent), weight, Counts::default());
            self.settle_root(store, parent);
        }
        self.place(store, id).parent = wanted;
        if let Some(parent) = wanted {
            self.place(store, parent).children.push(id);
            self.untidy.insert(parent);
            self.spread(store, Some(parent), Counts::default(), weight);
        }
    }

    fn settle_root(&mut self, store: &Store, id: NodeId) {
        let root = self.root;
        let Some(place) = self.places.get_mut(id.0 as usize).and_then(Option::as_mut) else { return };
        let wanted = place.parent.is_none() && home::is_root(store, id, place.kind, root, !place.children.is_empty());
        if place.is_root != wanted {
            place.is_root = wanted;
            self.are_roots_untidy = true;
            self.structure += 1;
        }
    }

    /// Whether `id` is `top` or lives below it: moving `top` there would close a circle.
    fn is_below(&self, id: NodeId, top: NodeId) -> bool {
        let mut at = Some(id);
        while let Some(node) = at {
            if node == top {
                return true;
            }
            at = self.parent(node);
        }
        false
    }

    fn weight(&self, id: NodeId) -> Counts {
        let mut weight = self.below(id);
        weight += counts(self.health(id));
        weight
    }

    /// Drops a freed node. Its children were named in the same changes and find another home.
    fn forget(&mut self, id: NodeId) {
        let weight = self.weight(id);
        let Some(place) = self.places.get_mut(id.0 as usize).and_then(Option::take) else { return };
        self.structure += 1;
        self.are_roots_untidy |= place.is_root;
        self.untidy.remove(&id);
        let mut at = place.parent;
        if let Some(parent) = at.and_then(|parent| self.places[parent.0 as usize].as_mut()) {
            parent.children.retain(|child| *child != id);
        }
        while let Some(parent) = at.and_then(|parent| self.places[parent.0 as usize].as_mut()) {
            parent.below -= weight;
            at = parent.parent;
        }
        for child in place.children {
            if let Some(child) = self.places[child.0 as usize].as_mut() {
                child.parent = None;
            }
        }
    }
}

fn is_linked(store: &Store, id: NodeId, kind: &Kind) -> bool {
    let feeds = || store.incoming(id).iter().any(|link| matches!(link.relation, Relation::Source | Relation::Chart));
    store.out(id).iter().any(|link| link.relation != Relation::ManagedBy) || kind.role == Role::Source && feeds()
}

fn counts(health: Option<Health>) -> Counts {
    health.map_or_else(Counts::default, Counts::one)
}

fn effective(kind: &Kind, own: Health, below: &Counts) -> Health {
    match own {
        Health::Progressing if kind.role == Role::Workload && below.of(Health::Failed) > 0 => Health::Failed,
        own => own,
    }
}

/// What explanations look at: the health that the trees show, and their counts.
impl Below for Forest {
    fn kind_of(&self, id: NodeId) -> &'static Kind {
        self.kind(id)
    }

    fn shown(&self, id: NodeId) -> Option<Health> {
        self.health(id)
    }

    fn counts(&self, id: NodeId) -> Counts {
        self.below(id)
    }

    fn homes(&self, id: NodeId) -> &[NodeId] {
        self.children(id)
    }

    fn holds(&self, id: NodeId) -> bool {
        self.contains(id)
    }
}
