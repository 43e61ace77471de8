//! The flat rows of the tree: what is open, in which order, with references for edges that are not the home edge.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Bits, Forest, Matches, Root};
use crate::domain::health::Counts;
use crate::domain::{Health, NodeId, ObjectRef, Relation, Store, StoredEdge, Str};
use crate::kinds::Role;

/// One row of the tree.
///
/// Small, because unfolding everything makes one for each object of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub what: RowContent,
    pub parent: Option<NodeId>,
    pub depth: u16,
    pub fold: Fold,
    /// Set on a reference row: how the parent relates to it.
    pub via: Option<Via>,
    /// Shown only because something below it matches the filter.
    pub is_context: bool,
}

impl Row {
    /// The row's object; none for a heading.
    pub fn node(&self) -> Option<NodeId> {
        match self.what {
            RowContent::Object(node) => Some(node),
            RowContent::Heading(_) => None,
        }
    }
}

/// What a row shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowContent {
    Object(NodeId),
    /// By its place among [`TreeRows::heading`]s.
    Heading(u32),
}

/// A row that stands for others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heading {
    /// A namespace; empty for what has none.
    Namespace(Str),
    /// The references of an object that has more than [`FEW`]: `feeds 17 · uses 1`.
    Edges { of: NodeId, words: String },
}

/// References that are shown below their object one by one; more are one row until it is opened.
pub const FEW: usize = 2;

/// An edge as a reference row shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Via {
    relation: Relation,
    /// Read from its end.
    is_reversed: bool,
}

impl Via {
    pub fn word(self) -> &'static str {
        if self.is_reversed { self.relation.reverse() } else { self.relation.word() }
    }
}

/// Whether a row can be opened, and is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Leaf,
    Closed,
    Open,
}

/// The identity of a row: parent and object, or what a heading is about. Survives everything that happens around it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RowId {
    Group(Str),
    /// The references of an object, as one row.
    Edges(ObjectRef),
    Object {
        parent: Option<ObjectRef>,
        object: ObjectRef,
    },
}

impl RowId {
    pub fn object(&self) -> Option<&ObjectRef> {
        match self {
            Self::Group(_) | Self::Edges(_) => None,
            Self::Object { object, .. } => Some(object),
        }
    }
}

/// In which order siblings stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sort {
    pub by: SortBy,
    pub reverse: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// Kind, namespace, name.
    #[default]
    Name,
    /// Most urgent first.
    State,
    /// Youngest change first.
    Age,
}

/// What the user opened and closed; everything else follows the default.
#[derive(Clone, Debug, Default)]
pub struct Folds {
    objects: FxHashMap<ObjectRef, bool>,
    groups: FxHashMap<Str, bool>,
    /// Objects whose references stand one by one. Unfolding everything leaves them: it is about objects.
    edges: FxHashSet<ObjectRef>,
    /// Set by "fold all" and "unfold all".
    all: Option<bool>,
    stamp: u64,
}

impl Folds {
    pub fn set(&mut self, id: &RowId, open: bool) {
        match id {
            RowId::Group(name) => {
                self.groups.insert(name.clone(), open);
            }
            RowId::Object { object, .. } => {
                self.objects.insert(object.clone(), open);
            }
            RowId::Edges(of) if open => {
                self.edges.insert(of.clone());
            }
            RowId::Edges(of) => {
                self.edges.remove(of);
            }
        }
        self.stamp += 1;
    }

    pub fn set_object(&mut self, id: &ObjectRef, open: bool) {
        self.objects.insert(id.clone(), open);
        self.stamp += 1;
    }

    pub fn set_all(&mut self, open: bool) {
        self.objects.clear();
        self.groups.clear();
        self.edges.clear();
        self.all = Some(open);
        self.stamp += 1;
    }

    /// Roots are open until they are closed, and what leads from them to the rest of the company: by default nothing else.
    fn is_open(&self, store: &Store, id: NodeId, is_open: impl FnOnce() -> bool) -> bool {
        // reading and hashing an identity costs more than everything else here: nobody has folded most trees
        let own = if self.objects.is_empty() { None } else { self.objects.get(store.reference(id)).copied() };
        own.or(self.all).unwrap_or_else(is_open)
    }

    fn are_edges_open(&self, store: &Store, of: NodeId) -> bool {
        !self.edges.is_empty() && self.edges.contains(store.reference(of))
    }

    fn is_group_open(&self, name: &Str) -> bool {
        self.groups.get(name).copied().or(self.all).unwrap_or(true)
    }
}

/// The rows of one tree, made again only when something that they depend on changed.
#[derive(Default)]
pub struct TreeRows {
    rows: Vec<Row>,
    headings: Vec<Heading>,
    made_from: Option<(u64, u64, u64, Sort, u64)>,
}

/// Without what they were made from: that counts how often something was worked out, which is up to the driver.
impl std::fmt::Debug for TreeRows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TreeRows").field("rows", &self.rows).field("headings", &self.headings).finish_non_exhaustive()
    }
}

impl TreeRows {
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Brings the rows up to date. Returns whether they changed.
    pub fn refresh(&mut self, store: &Store, forest: &Forest, folds: &Folds, matches: &Matches, sort: Sort) -> bool {
        // an order that depends on the objects follows every change of what it is made of
        let content = match sort.by {
            SortBy::Name => 0,
            SortBy::State => forest.verdicts(),
            SortBy::Age => forest.stamp(),
        };
        let from = (forest.structure(), folds.stamp, matches.stamp(), sort, content);
        if self.made_from == Some(from) {
            return false;
        }
        self.made_from = Some(from);
        let filtered = !matches.filter().is_none();
        let shown = filtered.then(|| ancestry(forest, matches));
        // the memory of the rows before is used again: new pages cost as much as the rows
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        let mut builder = Builder { store, forest, folds, matches, sort, shown, rows, headings: Vec::new() };
        builder.roots();
        (self.rows, self.headings) = (builder.rows, builder.headings);
        self.rows.shrink_to(4 * self.rows.len());
        true
    }

    /// What [`RowContent::Heading`] stands for, in the rows made last.
    pub fn heading(&self, at: u32) -> &Heading {
        &self.headings[at as usize]
    }

    /// Whether every row still stands for a node at its place.
    pub fn are_valid(&self, forest: &Forest) -> bool {
        self.made_from.is_some_and(|(structure, ..)| structure == forest.structure())
    }

    /// Makes the rows again the next time, whatever changed: the store is another one.
    pub fn invalidate(&mut self) {
        self.made_from = None;
    }

    pub fn id(&self, store: &Store, at: usize) -> Option<RowId> {
        let row = self.rows.get(at)?;
        Some(match row.what {
            RowContent::Heading(at) => match self.heading(at) {
                Heading::Namespace(name) => RowId::Group(name.clone()),
                Heading::Edges { of, .. } => RowId::Edges(store.reference(*of).clone()),
            },
            RowContent::Object(node) => RowId::Object {
                parent: row.parent.map(|parent| store.reference(parent).clone()),
                object: store.reference(node).clone(),
            },
        })
    }

    /// Where that row is now: the very row, else the object's home row.
    pub fn position(&self, store: &Store, id: &RowId) -> Option<usize> {
        let heading = |is_meant: &dyn Fn(&Heading) -> bool| {
            let at = self.headings.iter().position(is_meant)?;
            self.rows.iter().position(|row| matches!(row.what, RowContent::Heading(heading) if heading as usize == at))
        };
        match id {
            RowId::Group(name) => heading(&|heading| matches!(heading, Heading::Namespace(known) if known == name)),
            RowId::Edges(of) => {
                let node = store.find(of)?;
                heading(&|heading| matches!(heading, Heading::Edges { of, .. } if *of == node))
            }
            RowId::Object { parent, object } => {
                let node = store.find(object)?;
                let parent = parent.as_ref().and_then(|parent| store.find(parent));
                let what = RowContent::Object(node);
                let exact = |row: &Row| row.what == what && row.parent == parent;
                self.rows
                    .iter()
                    .position(exact)
                    .or_else(|| self.rows.iter().position(|row| row.what == what && row.via.is_none()))
            }
        }
    }
}

/// How many references of each sort: `feeds 17 · uses 1`. They come in the order of their sort.
fn summary(references: &[(Via, NodeId)]) -> String {
    let sorts = references.chunk_by(|a, b| a.0 == b.0);
    sorts.map(|sort| format!("{} {}", sort[0].0.word(), sort.len())).collect::<Vec<_>>().join(" · ")
}

/// Matches and all their ancestors.
fn ancestry(forest: &Forest, matches: &Matches) -> Bits {
    let mut shown = Bits::default();
    for id in matches.bits().iter() {
        let mut at = Some(id);
        while let Some(node) = at {
            if !shown.set(node, true) {
                break;
            }
            at = forest.parent(node);
        }
    }
    shown
}

struct Builder<'a> {
    store: &'a Store,
    forest: &'a Forest,
    folds: &'a Folds,
    matches: &'a Matches,
    sort: Sort,
    /// With a filter: what it lets through and the ancestors.
    shown: Option<Bits>,
    rows: Vec<Row>,
    headings: Vec<Heading>,
}

impl Builder<'_> {
    fn roots(&mut self) {
        let mut roots: Vec<_> = self.forest.roots().iter().copied().filter(|id| self.is_shown(*id)).collect();
        self.order(&mut roots);
        if self.forest.root() != Root::Namespaces {
            if self.sort.by == SortBy::State && !self.sort.reverse {
                roots.sort_by_cached_key(|root| self.standing(*root));
            }
            for root in roots {
                self.node(root, None, 0, false);
            }
            return;
        }
        let store = self.store;
        roots.sort_by(|a, b| store.reference(*a).namespace.cmp(&store.reference(*b).namespace));
        for group in roots.chunk_by(|a, b| store.reference(*a).namespace == store.reference(*b).namespace) {
            let name = store.reference(group[0]).namespace.clone();
            let open = self.folds.is_group_open(&name) || self.shown.is_some();
            let fold = if open { Fold::Open } else { Fold::Closed };
            self.heading(Heading::Namespace(name), None, 0, fold);
            for root in group.iter().filter(|_| open) {
                self.node(*root, None, 1, false);
            }
        }
    }

    /// Adds a node and what is open below it. `whole` is set below a match that was opened: its children are all shown.
    fn node(&mut self, id: NodeId, parent: Option<NodeId>, depth: u16, whole: bool) {
        let forest = self.forest;
        let all = forest.children(id);
        let filtered = self.shown.is_some();
        let is_match = whole || !filtered || self.matches.contains(id);
        let has_match_below = filtered && !whole && all.iter().any(|child| self.is_shown(*child));
        let has_children = if is_match { !all.is_empty() } else { has_match_below };
        let is_open = self.folds.is_open(self.store, id, || !filtered && (depth == 0 || self.leads(id)));
        // among matches references would be noise, until the row is opened
        let references = if !filtered || whole || is_match && is_open { self.references(id) } else { Vec::new() };
        let fold = match () {
            () if !has_children && references.is_empty() => Fold::Leaf,
            () if is_open || has_match_below => Fold::Open,
            () => Fold::Closed,
        };
        self.rows.push(Row { what: RowContent::Object(id), parent, depth, fold, via: None, is_context: !is_match });
        if fold != Fold::Open {
            return;
        }
        let whole = whole || (is_match && filtered && is_open);
        let is_wanted = |child: &NodeId| whole || self.is_shown(*child);
        if self.sort == Sort::default() {
            for child in all {
                if whole || self.is_shown(*child) {
                    self.node(*child, Some(id), depth + 1, whole);
                }
            }
        } else {
            let mut children: Vec<_> = all.iter().copied().filter(is_wanted).collect();
            self.order(&mut children);
            for child in children {
                self.node(child, Some(id), depth + 1, whole);
            }
        }
        self.edges(id, depth + 1, references);
    }

    fn heading(&mut self, heading: Heading, parent: Option<NodeId>, depth: u16, fold: Fold) {
        let at = u32::try_from(self.headings.len()).expect("fewer headings than nodes");
        self.headings.push(heading);
        self.rows.push(Row { what: RowContent::Heading(at), parent, depth, fold, via: None, is_context: false });
    }

    /// Adds the references below a node: one by one if they are few or were opened, otherwise as one row.
    fn edges(&mut self, of: NodeId, mut depth: u16, references: Vec<(Via, NodeId)>) {
        if references.len() > FEW {
            let is_open = self.folds.are_edges_open(self.store, of);
            let heading = Heading::Edges { of, words: summary(&references) };
            self.heading(heading, Some(of), depth, if is_open { Fold::Open } else { Fold::Closed });
            if !is_open {
                return;
            }
            depth += 1;
        }
        for (via, to) in references {
            let what = RowContent::Object(to);
            self.rows.push(Row { what, parent: Some(of), depth, fold: Fold::Leaf, via: Some(via), is_context: false });
        }
    }

    fn is_shown(&self, id: NodeId) -> bool {
        self.shown.as_ref().is_none_or(|shown| shown.contains(id))
    }

    /// Edges of a node other than its home: what it feeds, applies, depends on … elsewhere in the tree.
    fn references(&self, id: NodeId) -> Vec<(Via, NodeId)> {
        let (store, forest) = (self.store, self.forest);
        if !forest.is_linked(id) {
            return Vec::new();
        }
        let home = forest.parent(id);
        let is_elsewhere = |node: NodeId| node != id && Some(node) != home && forest.parent(node) != Some(id);
        let out = store.out(id).iter().filter(|link| link.relation != Relation::ManagedBy);
        let via = |link: &StoredEdge, is_reversed| (Via { relation: link.relation, is_reversed }, link.node);
        let mut found: Vec<_> = out.filter(|link| is_elsewhere(link.node)).map(|link| via(link, false)).collect();
        if forest.kind(id).role == Role::Source {
            let fed = store.incoming(id).iter().filter(|link| matches!(link.relation, Relation::Source | Relation::Chart));
            found.extend(fed.filter(|link| is_elsewhere(link.node)).map(|link| via(link, true)));
        }
        if found.len() > 1 {
            found.sort_by(|a, b| (a.0, store.reference(a.1)).cmp(&(b.0, store.reference(b.1))));
            let mut seen = FxHashSet::default();
            found.retain(|(_, node)| seen.insert(*node));
        }
        found
    }

    /// Orders siblings; they come in the order of kind, namespace and name, which stays among equals.
    fn order(&self, nodes: &mut [NodeId]) {
        match self.sort.by {
            SortBy::Name => {}
            // the way to the company comes first, whatever hangs beside it; of equals, what has something below it
            SortBy::State => {
                let is_leaf = |id: NodeId| self.forest.children(id).is_empty();
                nodes.sort_by_cached_key(|id| (!self.leads(*id), self.urgency(*id), is_leaf(*id)));
            }
            SortBy::Age => nodes.sort_by_cached_key(|id| std::cmp::Reverse(self.since(*id))),
        }
        if self.sort.reverse {
            nodes.reverse();
        }
    }

    /// Whether an object applies itself, or what it hangs below: the sync of a cluster, and an instance that installs Flux from there.
    fn leads(&self, id: NodeId) -> bool {
        let is_asked = self.forest.root() != Root::Namespaces;
        if !is_asked || !matches!(self.forest.kind(id).role, Role::Applier | Role::Operator) {
            return false;
        }
        let applied = self.store.out(id).iter().filter(|link| link.relation == Relation::Applies);
        let mut applied = applied.map(|link| link.node);
        applied.any(|node| std::iter::successors(Some(id), |at| self.forest.parent(*at)).any(|above| above == node))
    }

    /// Roots are in this order: what leads to the company, what has something below it, what hangs in the air.
    fn standing(&self, root: NodeId) -> u8 {
        let children = self.forest.children(root);
        match () {
            () if self.leads(root) || children.iter().any(|child| self.leads(*child)) => 0,
            () if !children.is_empty() => 1,
            () => 2,
        }
    }

    fn urgency(&self, id: NodeId) -> Health {
        let mut counts = self.forest.below(id);
        counts += self.forest.health(id).map_or_else(Counts::default, Counts::one);
        counts.worst().unwrap_or(Health::Ready)
    }

    fn since(&self, id: NodeId) -> Option<jiff::Timestamp> {
        self.store.object(id).and_then(|object| object.verdict.since.or(object.created))
    }
}
