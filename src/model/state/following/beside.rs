//! What is read beside what was asked for, because what is shown of that depends on it: the revision of a source, what has failed below
//! a workload, who applied an object. Only of these, and only where they are: nobody asked for the rest of the cluster.

use std::collections::{BTreeMap, BTreeSet};

use super::Following;
use super::reach::{everywhere, read};
use crate::domain::{Delta, GroupKind, Health, Object, ObjectRef, Relation, Scope, Str};
use crate::kinds::{self, Kind, Role, Trait};

/// Which facts about other objects are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// The revision that an applier's source has fetched.
    pub sources: bool,
    /// What a workload that is in progress has below it: it has failed if that has.
    pub below: bool,
    /// What an object has its place below in the tree: who applied it, who owns it, who made it.
    pub parents: bool,
}

/// In so many namespaces a kind is read one by one; in more of them everywhere, at once. Flux's kinds are few in a cluster, so that a list
/// of all costs little more than one of a namespace; pods are many.
const FEW: usize = 8;
const MANY: usize = 200;

impl Following {
    /// Besides what is read already, reads this.
    pub(super) fn read(&mut self, scopes: Vec<Scope>) {
        let Some(only) = &mut self.rules.only else { return };
        only.extend(scopes.iter().cloned());
        if self.connection == super::Connection::Up {
            self.start(scopes);
        }
    }

    /// Reads what is shown of these objects depends on.
    pub(super) fn look_beside(&mut self, scope: &Scope, deltas: &[Delta]) {
        let beside = self.rules.beside;
        if beside == Beside::default() {
            return;
        }
        if !self.is_asked_for(scope) {
            // by its inventory an applier says what it applied; before Flux 2.8 a HelmRelease's is in Helm's storage
            if beside.parents {
                self.look_into_storage(deltas);
            }
            return;
        }
        let mut wanted: BTreeMap<GroupKind, BTreeSet<Str>> = BTreeMap::new();
        for object in read(deltas) {
            let mut want = |gk: &GroupKind, namespace: &Str| {
                wanted.entry(gk.clone()).or_default().insert(namespace.clone());
            };
            if beside.sources {
                compared_with(object).into_iter().for_each(|source| want(&source.gk, &source.namespace));
            }
            if beside.below && may_fail_below(object) {
                self.below().iter().for_each(|gk| want(gk, &object.id.namespace));
            }
            if beside.parents {
                makers(object).for_each(|maker| want(&maker.gk, &maker.namespace));
                self.owners(object).for_each(|gk| want(&gk, &object.id.namespace));
            }
        }
        for (gk, namespaces) in wanted {
            self.read_in(&gk, namespaces);
        }
    }

    /// Whether a scope, or the whole kind, was asked for: what is read beside that makes nothing else be read.
    fn is_asked_for(&self, scope: &Scope) -> bool {
        let asked = |only: &Scope| only.gk == scope.gk && (only.namespace.is_none() || only.namespace == scope.namespace);
        self.rules.only.iter().flatten().any(asked)
    }

    /// Reads a kind in these namespaces.
    fn read_in(&mut self, gk: &GroupKind, namespaces: BTreeSet<Str>) {
        let all = everywhere(gk.clone());
        let is_closed = self.restricted.contains(gk);
        if self.scopes.contains_key(&all) && !is_closed {
            return;
        }
        let within = |namespace: Str| Scope { gk: gk.clone(), namespace: (!namespace.is_empty()).then_some(namespace) };
        let new: Vec<_> = namespaces.into_iter().map(within).filter(|scope| !self.scopes.contains_key(scope)).collect();
        let known = self.scopes.range(all.clone()..).take_while(|(scope, _)| scope.gk == *gk).count();
        let most = if kinds::of(gk).is_flux() { FEW } else { MANY };
        self.start(if known + new.len() > most && !is_closed { vec![all] } else { new });
    }

    /// Kinds whose failure is that of the workload above them.
    fn below(&self) -> Vec<GroupKind> {
        let known = kinds::ALL.iter().filter(|kind| kind.follow && kind.role == Role::Workload).map(|kind| kind.gk());
        known.chain(self.rules.owned.iter().cloned()).collect()
    }

    /// Kinds of what owns an object, as far as they may be in its namespace.
    fn owners<'a>(&'a self, object: &'a Object) -> impl Iterator<Item = GroupKind> + 'a {
        let owners = object.owners.iter().map(|owner| GroupKind::new(owner.group.clone(), owner.kind.clone()));
        owners.filter(|gk| {
            kinds::of(&object.id.gk).role != Role::Source && self.offers.kinds.get(gk).is_some_and(|it| it.is_namespaced)
        })
    }
}

/// The source whose revision an applier's own is compared with.
fn compared_with(object: &Object) -> Option<&ObjectRef> {
    let relation = kinds::of(&object.id.gk).compares()?;
    let edge = object.edges.iter().find(|edge| edge.relation == relation)?;
    Kind::is_comparable(relation, &edge.to.gk).then_some(&edge.to)
}

/// Whether an object has failed if something below it has (`projection::forest`, `effective`).
fn may_fail_below(object: &Object) -> bool {
    let kind = kinds::of(&object.id.gk);
    kind.role == Role::Workload && !kind.has(Trait::Replaced) && object.verdict.health == Health::Progressing
}

/// Who may have applied or made an object. Flux labels all that it applies (fluxcd/pkg `ssa` SetOwnerLabels, helm-controller's
/// post-renderer): the inventories of others need not be searched.
fn makers(object: &Object) -> impl Iterator<Item = &ObjectRef> {
    let is_source = kinds::of(&object.id.gk).role == Role::Source;
    let edges = object.edges.iter().filter(move |edge| match edge.relation {
        Relation::ManagedBy => !is_source,
        Relation::Source => is_source && kinds::ARTIFACT_GENERATOR.is(&edge.to.gk),
        _ => false,
    });
    edges.map(|edge| &edge.to)
}
