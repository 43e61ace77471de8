//! The engine without a screen: one cluster, read until its first complete picture.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::Call;
use crate::runtime::Runtime;
use fluxdeck_model::domain::Coverage;
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds;
use fluxdeck_model::state::{Effect, Link, Message, News, Settings, State};

/// Reads a cluster until every kind has answered.
///
/// # Errors
/// When it is not reachable, refuses everything, or is not complete in time.
pub(super) async fn gather(call: &Call, timeout: Duration) -> Result<State> {
    let mut state = State::new(Timestamp::now(), Settings::default());
    let (inbox, mut messages) = mpsc::channel(64);
    let mut runtime = Runtime::new(call.options.clone(), inbox);
    let cluster = state.cluster();
    runtime.carry_out(Effect::Connect { cluster: cluster.id, epoch: cluster.epoch, context: call.context.clone(), keep: false });
    let complete = async {
        while let Some(message) = messages.recv().await {
            take(&mut state, message)?;
            if state.cluster().is_complete() {
                return Ok(());
            }
        }
        Err(Error::failed("the connection ended", ""))
    };
    match tokio::time::timeout(timeout, complete).await {
        Ok(done) => done?,
        Err(_) => return Err(late(&state, timeout)),
    }
    state.cluster_mut().work(|| true);
    denied(&state).map_or(Ok(state), Err)
}

fn take(state: &mut State, message: Message) -> Result<()> {
    let Message::Cluster(_, _, news) = message else { return Ok(()) };
    let cluster = state.cluster_mut();
    match news {
        News::Link(Link::Unauthorised(error) | Link::Unreachable(error)) => return Err(error),
        News::Link(link) => cluster.link = link,
        News::Server(server) => cluster.server = server,
        News::Contexts { all, current } => {
            cluster.context = current;
            state.contexts = all;
        }
        News::Namespaces(names) => cluster.known_namespaces.extend(names),
        News::Deltas(deltas) => cluster.apply(deltas),
        // nothing is asked that these would answer
        News::Rights(_) | News::User(_) | News::Owners(_) | News::Compared(..) => {}
    }
    Ok(())
}

fn late(state: &State, timeout: Duration) -> Error {
    let (done, all) = state.cluster().progress();
    let why = match &state.cluster().link {
        Link::Stale { why, .. } => why.clone(),
        _ if all == 0 => "the API server did not answer".to_owned(),
        _ => format!("{done} of {all} kinds were read"),
    };
    Error::new(
        ErrorKind::Unreachable,
        format!("no complete picture within {} s: {why}", timeout.as_secs()),
        "wait longer with --timeout",
    )
}

/// An error when every Flux kind is refused: printing nothing would look like an empty cluster.
fn denied(state: &State) -> Option<Error> {
    let mut of_flux = state.cluster().store.coverage().filter(|(scope, coverage)| {
        *coverage != Coverage::NotServed && kinds::find(&scope.gk.group, &scope.gk.kind).is_some_and(kinds::Kind::is_flux)
    });
    let first = of_flux.next()?;
    let all_refused = first.1 == Coverage::Restricted && of_flux.all(|(_, coverage)| coverage == Coverage::Restricted);
    all_refused.then(|| {
        Error::new(
            ErrorKind::Denied,
            "you may not list any Flux object, in no namespace that is known",
            "name your namespaces: -n a,b",
        )
    })
}

/// One line for those who may not see everything: where they were read, and what was not read at all.
#[expect(clippy::print_stderr, reason = "a headless command speaks of restrictions beside its output")]
pub(super) fn tell_restrictions(state: &State) {
    let store = &state.cluster().store;
    let everywhere = state.cluster().restricted().into_iter().filter(|(_, namespace)| namespace.is_none()).map(|(kind, _)| kind);
    let (mut read, mut unread) = (BTreeSet::new(), Vec::new());
    for kind in everywhere {
        let of_kind = store.coverage().filter(|(scope, coverage)| {
            *scope.gk.kind == *kind.kind
                && *scope.gk.group == *kind.group
                && matches!(coverage, Coverage::Complete | Coverage::Polled(_))
        });
        let namespaces: Vec<_> = of_kind.filter_map(|(scope, _)| scope.namespace.clone()).collect();
        if namespaces.is_empty() {
            unread.push(kind.plural);
        }
        read.extend(namespaces);
    }
    if !read.is_empty() {
        let names: Vec<_> = read.iter().map(|name| &**name).collect();
        eprintln!("restricted: Flux objects were read in {} only; more namespaces with -n", names.join(", "));
    }
    if !unread.is_empty() {
        eprintln!("restricted: you may not list {}", unread.join(", "));
    }
}
