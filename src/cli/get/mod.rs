//! `fluxdeck get KIND[,KIND…] [NAME…]`: a table for each kind, as the screen shows it.

mod reading;
mod selection;
mod table;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use clap::Args;

use self::selection::{Selection, near};
use self::table::{Shown, table};
use super::act::select;
use super::command::{self, Command, Run};
use super::headless::{denied, report_restrictions, report_unread, unread};
use super::output::{self, name, node, sorted};
use super::{Call, Format, Look};
use crate::run;
use fluxdeck_model::domain::query::Fuzzy;
use fluxdeck_model::domain::{Coverage, GroupKind, Health, NodeId, Scope, Str};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds;
use fluxdeck_model::state::projection::Filter;
use fluxdeck_model::state::{Cluster, State};

/// So many kinds are named where nothing was found.
const NAMED: usize = 5;

pub(super) const COMMAND: Command = Command {
    name: "get",
    doc: "Print objects of one or more kinds as tables",
    examples: &[
        "fluxdeck get ks",
        "fluxdeck get ks,hr -A --status failed",
        "fluxdeck get ks/apps hr/podinfo -n web -o yaml",
        "fluxdeck get all -n web",
    ],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// Kinds by plural, singular, short name or Kind, separated by commas: ks, helmreleases, GitRepository, ks,hr; `all` of Flux; or
    /// KIND/NAME: ks/apps
    kind: String,
    /// Objects by name; after KIND/NAME more of these
    names: Vec<String>,
    #[command(flatten)]
    look: Look,
}

/// What was found of one kind.
struct Found {
    gk: GroupKind,
    nodes: Vec<NodeId>,
    /// None for all, or where the kind has none.
    namespaces: Option<BTreeSet<Str>>,
    /// Names without an object.
    missing: Vec<String>,
}

/// Prints the objects of some kinds. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let (selection, look) = (Selection::read(&arguments.kind, &arguments.names)?, &arguments.look);
    let namespaces = select::namespaces(call)?;
    let mut headless = reading::read(call, &selection, namespaces.as_ref(), look).await?;
    let state = headless.state();
    if let Some(error) = denied(state).filter(|_| selection.is_all) {
        return Err(error);
    }
    let mut all = Vec::new();
    for (gk, names) in selection.kinds(&state.cluster().store, &state.cluster().server.kinds)? {
        let found = find(call, state, &gk, &names, namespaces.as_ref(), look)?;
        match refuse_blind(state, &gk, found.namespaces.as_ref()) {
            // of all kinds, those that are there
            Err(error) if selection.is_all && error.kind != ErrorKind::Unreachable => {}
            refused => refused.map(|()| all.push(found))?,
        }
    }
    if look.output.is_table() && all.iter().all(Found::is_nothing) {
        reading::read_namespaces(&mut headless, look).await?;
    }
    let state = headless.state();
    show(state, &all, look)?;
    report_restrictions(state);
    report_unread(state);
    if let Some(error) = missing(&all) {
        return Err(error);
    }
    let mut nodes = all.iter().flat_map(|found| &found.nodes);
    let failing = nodes.any(|id| state.cluster().forest.health(*id).is_some_and(Health::is_failing));
    Ok((look.pick.exit_code && failing).into())
}

/// Finds the objects of one kind.
fn find(
    call: &Call,
    state: &State,
    gk: &GroupKind,
    names: &BTreeSet<&str>,
    namespaces: Option<&BTreeSet<Str>>,
    look: &Look,
) -> Result<Found> {
    let Cluster { store, forest, .. } = state.cluster();
    let is_namespaced = is_namespaced(state, gk);
    let filter = Filter { namespaces: namespaces.filter(|_| is_namespaced).cloned(), ..look.pick.filter(call)? };
    let mut fuzzy = Fuzzy::default();
    let is_named = |id: &NodeId| names.is_empty() || names.contains(&*store.reference(*id).name);
    let wanted = store.of_kind(gk).filter(is_named);
    let nodes: Vec<_> = wanted.filter(|id| filter.admits(store, forest, *id, &mut fuzzy)).collect();
    let is_there = |name: &&str| nodes.iter().any(|id| &*store.reference(*id).name == *name);
    let missing = names.iter().filter(|name| !is_there(name)).map(|name| (*name).to_owned()).collect();
    Ok(Found { gk: gk.clone(), nodes: sorted(state.cluster(), &nodes), namespaces: filter.namespaces, missing })
}

/// Whether objects of a kind are in namespaces.
fn is_namespaced(state: &State, gk: &GroupKind) -> bool {
    let served = || state.cluster().server.kinds.iter().find(|kind| kind.gk == *gk).is_none_or(|kind| kind.is_namespaced);
    kinds::find(&gk.group, &gk.kind).map_or_else(served, |kind| kind.namespaced)
}

/// An error that names what was named and is not there: the rest was printed.
fn missing(all: &[Found]) -> Option<Error> {
    let one = |found: &Found| {
        let place = place(found.namespaces.as_ref());
        let kind = found.gk.kind.clone();
        found.missing.iter().map(move |name| format!("there is no {kind} `{name}`{place}")).collect::<Vec<_>>()
    };
    let missing: Vec<_> = all.iter().flat_map(one).collect();
    (!missing.is_empty()).then(|| Error::failed(missing.join("; "), "check the name and the namespace (-n, -A)"))
}

/// An error if the kind may not be listed there, or does not exist: an empty table would be wrong.
fn refuse_blind(state: &State, gk: &GroupKind, wanted: Option<&BTreeSet<Str>>) -> Result<()> {
    let store = &state.cluster().store;
    let coverage = |namespace: Option<&Str>| store.coverage_of(&Scope { gk: gk.clone(), namespace: namespace.cloned() });
    let of_kind: Vec<_> = store.coverage().filter(|(scope, _)| scope.gk == *gk).map(|(_, coverage)| coverage).collect();
    if of_kind.iter().all(|coverage| *coverage == Coverage::NotServed) {
        return Err(Error::failed(format!("this cluster does not serve {gk}"), ""));
    }
    if let Some(error) =
        unread(state).filter(|_| of_kind.iter().any(|coverage| matches!(coverage, Coverage::Failing | Coverage::Listing)))
    {
        return Err(error);
    }
    let is_refused = |namespace: &Str| coverage(Some(namespace)).or_else(|| coverage(None)) == Some(Coverage::Restricted);
    let refused = match wanted {
        Some(names) => names.iter().all(is_refused),
        None => of_kind.iter().all(|coverage| *coverage == Coverage::Restricted),
    };
    if refused {
        let message = format!("you may not list {}{}", gk.kind, place(wanted));
        return Err(Error::new(ErrorKind::Denied, message, "name namespaces that you may read: -n a,b"));
    }
    Ok(())
}

fn place(namespaces: Option<&BTreeSet<Str>>) -> String {
    namespaces.map(|names| format!(" in {}", names.iter().map(|name| &**name).collect::<Vec<_>>().join(", "))).unwrap_or_default()
}

/// Prints what was found: a table for each kind, or everything in one list.
fn show(state: &State, all: &[Found], look: &Look) -> Result<()> {
    let cluster = state.cluster();
    let nodes = || all.iter().flat_map(|found| &found.nodes).map(|id| node(cluster, *id)).collect::<Vec<_>>();
    let is_empty = all.iter().all(|found| found.nodes.is_empty());
    match look.output {
        Format::Json => output::json(&nodes()),
        Format::Yaml => output::yaml(&nodes()),
        Format::Name => output::write(&all.iter().flat_map(|found| names(state, found)).collect::<String>()),
        Format::Table | Format::Wide if is_empty && !all.iter().all(Found::is_nothing) => Ok(()),
        Format::Table | Format::Wide if is_empty => {
            let kinds: Vec<_> = all.iter().map(|found| &*found.gk.kind).collect();
            let kinds = if kinds.len() > NAMED { "object of Flux".to_owned() } else { kinds.join(", ") };
            let namespaces = all.iter().find_map(|found| found.namespaces.as_ref());
            output::beside(&format!("no {kinds} found{}{}", place(namespaces), near(&cluster.store, namespaces)));
            Ok(())
        }
        Format::Table | Format::Wide => {
            let tables = all.iter().filter(|found| !found.nodes.is_empty()).map(|found| {
                let shown = Shown {
                    is_wide: look.output == Format::Wide,
                    with_namespace: found.has_namespaces() && is_namespaced(state, &found.gk),
                    with_kind: all.len() > 1,
                    for_people: run::columns().is_some(),
                };
                table(state, &found.gk, &found.nodes, &shown)
            });
            output::rows(&tables.collect::<Vec<_>>().join("\n"), look.output == Format::Wide)
        }
    }
}

/// The lines of `-o name`: as kubectl writes it, where all are in one namespace.
fn names(state: &State, found: &Found) -> Vec<String> {
    let one = |id: &NodeId| {
        let reference = state.cluster().store.reference(*id);
        let namespace = if found.has_namespaces() { &*reference.namespace } else { "" };
        name(&found.gk.group, &found.gk.kind, namespace, &reference.name)
    };
    found.nodes.iter().map(one).collect()
}

impl Found {
    /// Whether nothing is there, and nothing was named.
    fn is_nothing(&self) -> bool {
        self.nodes.is_empty() && self.missing.is_empty()
    }

    /// Whether they may be in several namespaces.
    fn has_namespaces(&self) -> bool {
        self.namespaces.as_ref().is_none_or(|names| names.len() > 1)
    }
}
