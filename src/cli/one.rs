//! One object by its name, with nothing else of the cluster read than its kind, and the sources that it names.

use std::time::Duration;

use super::headless::Headless;
use super::{Call, tree};
use crate::runtime::Options;
use fluxdeck_model::commands::unknown_kind;
use fluxdeck_model::domain::{GroupKind, NodeId, Scope, Str};
use fluxdeck_model::error::Result;
use fluxdeck_model::kinds;
use fluxdeck_model::state::following::Beside;
use fluxdeck_model::state::{Cluster, Intent, Settings, State};

/// What is waited for longer where it takes long.
pub(super) const HINT: &str = "wait longer with --timeout";

/// Connects, and reads nothing yet.
///
/// # Errors
/// When the cluster is not reachable, or does not answer in time.
pub(super) async fn connect(call: &Call, limit: Duration) -> Result<Headless> {
    let beside = Beside { sources: true, ..Beside::default() };
    let options = Options { only: Some(Vec::new()), beside, once: true, ..call.options.clone() };
    let mut headless = Headless::start(&call.context, options, Settings::default(), true);
    headless.connected(limit, HINT).await?;
    Ok(headless)
}

/// Finds the objects named `KIND/NAME`, once their kind is read.
///
/// # Errors
/// When the cluster is not reachable any more; there is none, or it may not be listed.
pub(super) async fn find(
    call: &Call,
    headless: &mut Headless,
    text: &str,
    gk: &GroupKind,
    limit: Duration,
) -> Result<Vec<NodeId>> {
    let namespaces = &call.options.namespaces;
    let scope = |namespace: Option<&Str>| Scope { gk: gk.clone(), namespace: namespace.cloned() };
    let scopes: Vec<_> = match namespaces.is_empty() || !is_namespaced(gk, headless.state().cluster()) {
        true => vec![scope(None)],
        false => namespaces.iter().map(|namespace| scope(Some(namespace))).collect(),
    };
    headless.intend(Intent::Read(scopes.clone()));
    let is_begun = |state: &State| scopes.iter().all(|scope| state.cluster().store.coverage_of(scope).is_some());
    headless.until(limit, is_begun).await?;
    headless.complete(limit, HINT, |_, scope| scope.gk == *gk).await?;
    headless.work();
    tree::find_of(headless.state().cluster(), call, gk, text)
}

pub(super) fn is_namespaced(gk: &GroupKind, cluster: &Cluster) -> bool {
    cluster.server.kinds.iter().find(|kind| kind.gk == *gk).is_none_or(|kind| kind.is_namespaced)
}

/// The kind of that name, as the cluster serves it.
///
/// # Errors
/// Nobody knows it.
pub(super) fn kind(word: &str, cluster: &Cluster) -> Result<GroupKind> {
    let served = &cluster.server.kinds;
    let known = kinds::by_name(word);
    let is_served = |gk: &GroupKind| served.iter().any(|kind| kind.gk == *gk);
    let best = known.iter().map(|kind| kind.gk()).find(is_served).or_else(|| known.first().map(|kind| kind.gk()));
    let other = || served.iter().find(|kind| kind.answers_to(word)).map(|kind| kind.gk.clone());
    best.or_else(other).ok_or_else(|| unknown_kind(word))
}
