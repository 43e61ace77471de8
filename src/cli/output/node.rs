//! One object in JSON and YAML.

use jiff::Timestamp;
use serde::Serialize;

use fluxdeck_model::domain::{Health, NodeId, Relation};
use fluxdeck_model::state::Cluster;
use fluxdeck_model::state::projection::{message_of, word_of};

/// One object of the tree. The fields and their names are documented in the README and stay.
#[derive(Serialize)]
pub(in crate::cli) struct Node {
    pub kind: String,
    pub group: String,
    pub version: String,
    pub namespace: String,
    pub name: String,
    pub health: &'static str,
    pub reason: String,
    pub message: String,
    pub suspended: bool,
    /// By whom, why and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suspension: Option<Paused>,
    pub revision: String,
    /// Times as in RFC 3339.
    pub created: Option<Timestamp>,
    /// When the condition that decides last changed its status.
    pub since: Option<Timestamp>,
    /// How its parent relates to it: `source`, `applies`, `owns`, `managed-by`, `generates`; empty for a root.
    pub edge: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

#[derive(Serialize)]
pub(in crate::cli) struct Condition {
    pub r#type: String,
    pub status: String,
    pub reason: String,
    pub message: String,
    /// When it last changed its status.
    pub since: Option<Timestamp>,
}

/// What was said when an object was suspended; null where nothing was.
#[derive(Serialize)]
pub(in crate::cli) struct Paused {
    pub by: Option<String>,
    pub reason: Option<String>,
    pub until: Option<Timestamp>,
}

/// An object as `-o name` prints it, `kind.group/name`, as kubectl does; with its namespace behind it as a flag, so that a line is what
/// kubectl and our own commands take (`xargs -L1`).
pub(in crate::cli) fn name(group: &str, kind: &str, namespace: &str, name: &str) -> String {
    let group = if group.is_empty() { String::new() } else { format!(".{group}") };
    let namespace = if namespace.is_empty() { String::new() } else { format!(" -n {namespace}") };
    format!("{}{group}/{name}{namespace}\n", kind.to_lowercase())
}

/// Returns a node without its children.
pub(in crate::cli) fn node(cluster: &Cluster, id: NodeId) -> Node {
    let reference = cluster.store.reference(id);
    let object = cluster.store.object(id);
    let reason = match object {
        Some(object) => object.verdict.reason.to_string(),
        None => word_of(&cluster.store, &cluster.forest, id).replace(' ', ""),
    };
    let suspension = object.and_then(|object| object.suspension.as_deref());
    let conditions = object.into_iter().flat_map(|object| object.conditions.iter());
    Node {
        kind: reference.gk.kind.to_string(),
        group: reference.gk.group.to_string(),
        version: object.map(|object| object.version.to_string()).unwrap_or_default(),
        namespace: reference.namespace.to_string(),
        name: reference.name.to_string(),
        health: cluster.forest.health(id).unwrap_or(Health::Unknown).slug(),
        reason,
        // the condition's own words, where the screen adds to them
        message: object
            .map_or_else(|| message_of(&cluster.store, &cluster.forest, id), |object| object.verdict.message.to_string()),
        suspended: suspension.is_some(),
        suspension: suspension.map(|suspension| Paused {
            by: suspension.by.as_ref().map(ToString::to_string),
            reason: suspension.reason.as_ref().map(ToString::to_string),
            until: suspension.until,
        }),
        revision: object.and_then(|object| object.facts.revision.as_deref()).unwrap_or_default().to_owned(),
        created: object.and_then(|object| object.created),
        since: object.and_then(|object| object.verdict.since),
        edge: edge(cluster, id),
        conditions: conditions
            .map(|condition| Condition {
                r#type: condition.kind.to_string(),
                status: condition.status.to_string(),
                reason: condition.reason.to_string(),
                message: condition.message.to_string(),
                since: condition.since,
            })
            .collect(),
        children: Vec::new(),
    }
}

fn edge(cluster: &Cluster, id: NodeId) -> &'static str {
    let Some(parent) = cluster.forest.parent(id) else { return "" };
    let store = &cluster.store;
    let from_parent = store.incoming(id).iter().filter(|link| link.node == parent).map(|link| link.relation);
    let to_parent = store.out(id).iter().filter(|link| link.node == parent).map(|link| link.relation);
    let relations: Vec<_> = from_parent.chain(to_parent).collect();
    match () {
        () if relations.contains(&Relation::Applies) => "applies",
        () if store.owners(id).contains(&parent) => "owns",
        () if relations.contains(&Relation::Generates) => "generates",
        () if relations.contains(&Relation::ManagedBy) => "managed-by",
        () => "source",
    }
}

/// Returns a node with everything below it that is wanted, in the order of the screen.
pub(in crate::cli) fn nodes_below(cluster: &Cluster, id: NodeId, wanted: &dyn Fn(NodeId) -> bool) -> Option<Node> {
    let children: Vec<_> = sorted(cluster, cluster.forest.children(id))
        .into_iter()
        .filter_map(|child| nodes_below(cluster, child, wanted))
        .collect();
    if children.is_empty() && !wanted(id) {
        return None;
    }
    Some(Node { children, ..node(cluster, id) })
}

/// Nodes by kind, namespace and name.
pub(in crate::cli) fn sorted(cluster: &Cluster, nodes: &[NodeId]) -> Vec<NodeId> {
    let mut nodes = nodes.to_vec();
    nodes.sort_by_key(|id| (fluxdeck_model::kinds::rank(cluster.forest.kind(*id)), cluster.store.reference(*id).clone()));
    nodes
}
