//! The side effects of an action, counted: from the store and, where that does not know, from the
//! object's managedFields.

use std::collections::BTreeSet;

use super::{Action, Case, Where};
use crate::domain::object::Particular;
use crate::domain::text::counted;
use crate::domain::{Deletion, NodeId, ObjectRef, Relation, Store};
use crate::kinds::{self, FieldOwner, Kind, Role, Trait};

/// One thing that the user should know before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    pub grade: Grade,
    pub text: String,
    /// The objects that it is about, where they are worth a list.
    pub objects: Vec<ObjectRef>,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    Note,
    Warning,
    /// Something is lost.
    Danger,
}

impl Consequence {
    pub fn new(grade: Grade, text: impl Into<String>) -> Self {
        Self { grade, text: text.into(), objects: Vec::new() }
    }

    fn about(grade: Grade, text: impl Into<String>, objects: Vec<ObjectRef>) -> Self {
        Self { grade, text: text.into(), objects }
    }
}

/// Whether everything depends on it: a Kustomization that applies itself (what `flux bootstrap` makes), one that a FluxInstance
/// brings, the FluxInstance, and the sources of these.
pub fn is_root(store: &Store, node: NodeId) -> bool {
    let kind = |node: NodeId| kinds::of(&store.reference(node).gk);
    let applies_itself = |node: NodeId| {
        let brought = || store.incoming(node).iter().filter(|link| link.relation == Relation::Applies).map(|link| link.node);
        kind(node).has(Trait::Root)
            || *kind(node) == *kinds::KUSTOMIZATION && brought().any(|by| by == node || kind(by).has(Trait::Root))
    };
    applies_itself(node) || store.incoming(node).iter().any(|link| link.relation == Relation::Source && applies_itself(link.node))
}

/// What has to be read to know what depends on a Flux object, and what recreates it.
pub(super) fn appliers(kind: &Kind) -> Option<Where> {
    matches!(kind.role, Role::Applier | Role::Operator).then_some(Where::Everywhere)
}

/// What suspending it means for others.
pub(super) fn of_suspending(case: &Case) -> Vec<Consequence> {
    match case.kind.role {
        Role::Applier | Role::Operator => {
            let children = references(case.store, applied(case.store, case.node));
            let text = format!("{} as applied: drift is not corrected, and changes are not applied", stay(children.len()));
            (!children.is_empty()).then(|| Consequence::about(Grade::Note, text, children)).into_iter().collect()
        }
        Role::Source => {
            let consumers = consumers(case);
            let then = match consumers.len() {
                1 => "keeps its present revision and gets no new one",
                _ => "keep their present revision and get no new one",
            };
            let text = format!("{} on it, and {then}", depend(consumers.len()));
            (!consumers.is_empty()).then(|| Consequence::about(Grade::Note, text, consumers)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// What goes with it, what is left behind, who misses it, and who makes it again.
pub(super) fn of_deleting(case: &Case) -> Vec<Consequence> {
    let mut consequences = Vec::new();
    let deletion = case.object.control.as_ref().map(|control| control.deletion).unwrap_or_default();
    let children: Vec<_> = applied(case.store, case.node).collect();
    if !children.is_empty() || deletion == Deletion::Uninstalls {
        consequences.push(fate(case, deletion, &children));
    }
    let consumers = consumers(case);
    if !consumers.is_empty() {
        let text = format!("{} on it and will fail", depend(consumers.len()));
        consequences.push(Consequence::about(Grade::Warning, text, consumers));
    }
    if let Some(applier) = case.applier().filter(|applier| **applier != case.object.id) {
        let text = format!("{applier} recreates it at its next run, unless it is gone from git");
        consequences.push(Consequence::new(Grade::Warning, text));
    }
    consequences
}

/// What happens to the children (kustomize-controller `finalize`, helm-controller `reconcileDelete`).
fn fate(case: &Case, deletion: Deletion, children: &[NodeId]) -> Consequence {
    let left_alone = format!("{}, unmanaged", stay(children.len()));
    let all = || references(case.store, children.iter().copied());
    if case.is_suspended() {
        return Consequence::about(Grade::Warning, format!("it is suspended: {left_alone}"), all());
    }
    match deletion {
        Deletion::Leaves => Consequence::about(Grade::Warning, format!("it does not prune: {left_alone}"), all()),
        Deletion::Uninstalls => {
            let lost = all();
            Consequence::about(Grade::Danger, format!("Helm uninstalls the release: {} with it", go(children.len())), lost)
        }
        Deletion::Prunes => {
            let lost = pruned(case.store, case.node);
            let kept = children.iter().filter(|child| case.store.object(**child).is_some_and(|child| child.facts.kept)).count();
            let besides = if kept > 0 { format!("; marked to stay: {kept}") } else { String::new() };
            Consequence::about(Grade::Danger, format!("{} with it{besides}", go(lost.len())), lost)
        }
    }
}

/// Everything that pruning takes along, also what nested Kustomizations and HelmReleases take along in turn.
fn pruned(store: &Store, root: NodeId) -> Vec<ObjectRef> {
    let (mut found, mut seen, mut open) = (Vec::new(), BTreeSet::from([root]), vec![root]);
    while let Some(node) = open.pop() {
        for child in applied(store, node) {
            let object = store.object(child);
            if object.is_some_and(|object| object.facts.kept) || !seen.insert(child) {
                continue;
            }
            found.push(store.reference(child).clone());
            let takes_along = object.is_some_and(|object| {
                let deletion = object.control.as_ref().map(|control| control.deletion).unwrap_or_default();
                object.suspension.is_none() && deletion != Deletion::Leaves
            });
            if takes_along {
                open.push(child);
            }
        }
    }
    found.sort();
    found
}

/// What it applied, without itself.
fn applied(store: &Store, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    let own = store.out(node).iter().filter(|link| link.relation == Relation::Applies).map(|link| link.node);
    own.chain(store.found_children(node).iter().copied()).filter(move |child| *child != node)
}

/// The identities of these, in order.
fn references(store: &Store, nodes: impl Iterator<Item = NodeId>) -> Vec<ObjectRef> {
    let mut found: Vec<_> = nodes.map(|node| store.reference(node).clone()).collect();
    found.sort();
    found
}

/// Who takes content from it.
fn consumers(case: &Case) -> Vec<ObjectRef> {
    let takes = |relation| matches!(relation, Relation::Source | Relation::Chart | Relation::Images | Relation::Provider);
    let mut found: Vec<_> = case
        .store
        .incoming(case.node)
        .iter()
        .filter(|link| takes(link.relation) && case.store.object(link.node).is_some())
        .map(|link| case.store.reference(link.node).clone())
        .collect();
    found.sort();
    found.dedup();
    found
}

/// What scaling means: how many there are, and who else decides.
pub(super) fn of_scaling(case: &Case) -> Vec<Consequence> {
    let id = &case.object.id;
    let desired = case.object.facts.ready.map(|(_, desired)| desired).unwrap_or_default();
    let mut consequences = vec![Consequence::new(Grade::Note, format!("{} now", counted(desired, "replica")))];
    let kinds: Vec<_> = kinds::ALL.iter().filter(|kind| kind.has(Trait::Scaler)).map(|kind| kind.gk()).collect();
    let scalers = kinds.iter().flat_map(|gk| case.store.of_kind(gk));
    for scaler in scalers.filter_map(|node| case.store.object(node)) {
        let Some(Particular::Scaler { target, least, most }) = scaler.facts.particular.as_deref() else { continue };
        if target == id {
            let text = format!("{} controls the number of replicas ({least} to {most}): it will set another number", scaler.id);
            consequences.push(Consequence::new(Grade::Warning, text));
        }
    }
    consequences
}

/// The field that an action sets, if the applier of the object may set it too.
pub fn contested_field(action: &Action, case: &Case) -> Option<String> {
    let field = action.sets.and_then(|sets| (sets.field)(case.kind))?;
    case.applier().is_some().then_some(field)
}

/// Whether the applier of the object will undo what the action sets. `looked_up` is none before the lookup, and holds none where
/// that failed.
pub(super) fn undone(action: &Action, case: &Case, looked_up: Option<Option<&[FieldOwner]>>) -> Option<Consequence> {
    let field = contested_field(action, case)?;
    let applier = case.applier()?;
    let owners = match looked_up {
        Some(Some(owners)) => owners,
        Some(None) => {
            let text = format!("could not check whether git sets {field}: if it does, {applier} undoes this at its next run");
            return Some(Consequence::new(Grade::Note, text));
        }
        None => return Some(Consequence::new(Grade::Note, format!("checking whether git sets {field} …"))),
    };
    let Some(owner) = owners.iter().find(|owner| owner.field == field && is_controller(&owner.manager)) else {
        return action
            .sets
            .is_some_and(|sets| sets.is_usual)
            .then(|| Consequence::new(Grade::Note, format!("git does not set {field}: {applier} leaves it as you set it")));
    };
    let is_asleep = case.store.object_of(applier).is_some_and(|applier| applier.suspension.is_some());
    let is_release = kinds::of(&applier.gk).has(Trait::Charted);
    let when = match (is_asleep, is_release) {
        (true, _) => format!("{applier} will undo this once it is resumed"),
        (false, true) => format!("the next upgrade of {applier}, or its drift correction, undoes this"),
        (false, false) => format!("{applier} will undo this at its next run"),
    };
    let text = format!("{field} is set in git (by {}): {when}. To keep it, change it in git", owner.manager);
    Some(Consequence::new(Grade::Warning, text))
}

/// Field managers of Flux: what they own is what git says. helm-controller applies under its own name (Helm 4), Helm 3 as `helm`.
fn is_controller(manager: &str) -> bool {
    matches!(manager, "kustomize-controller" | "helm-controller" | "helm" | "flux-operator" | "flux-helm-controller")
}

fn stay(count: usize) -> String {
    format!("{} {}", counted(count, "object"), if count == 1 { "stays" } else { "stay" })
}

fn go(count: usize) -> String {
    format!("{} {}", counted(count, "object"), if count == 1 { "goes" } else { "go" })
}

fn depend(count: usize) -> String {
    format!("{} {}", counted(count, "object"), if count == 1 { "depends" } else { "depend" })
}
