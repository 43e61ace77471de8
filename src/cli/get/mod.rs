//! `fluxdeck get KIND[,KIND…] [NAME…]`: a table for each kind, as the screen shows it.

mod selection;
mod table;

use std::collections::BTreeSet;

use clap::Args;

use self::selection::{Selection, near};
use self::table::{Shown, table};
use super::act::select;
use super::command::{self, Command, Run};
use super::headless::{Headless, gather, read, report_restrictions, report_unread, unread};
use super::output::{self, name, node, sorted};
use super::{Call, Format, Look};
use crate::run;
use crate::runtime::Options;
use fluxdeck_model::domain::query::Fuzzy;
use fluxdeck_model::domain::{Coverage, GroupKind, Health, NodeId, Scope, Str};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds::{self, Kind, Role};
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
    let selection = Selection::read(&arguments.kind, &arguments.names)?;
    let headless = match alone(call, &selection, &arguments.look).await? {
        Some(headless) => headless,
        None => {
            // a table has the objects of its kind: what fails beside it does not make it less
            let is_asked_for = |state: &State, scope: &Scope| selection.has(&scope.gk, &state.cluster().store);
            gather(call, arguments.look.patience.limit(), is_asked_for).await?
        }
    };
    let state = headless.state();
    let mut all = Vec::new();
    for (gk, names) in selection.kinds(&state.cluster().store)? {
        let found = find(call, state, &gk, &names, &arguments.look)?;
        match refuse_blind(state, &gk, found.namespaces.as_ref()) {
            // of all kinds, those that are there
            Err(error) if selection.is_all && error.kind != ErrorKind::Unreachable => {}
            refused => refused.map(|()| all.push(found))?,
        }
    }
    show(state, &all, &arguments.look)?;
    report_restrictions(state);
    report_unread(state);
    if let Some(error) = missing(&all) {
        return Err(error);
    }
    let mut nodes = all.iter().flat_map(|found| &found.nodes);
    let failing = nodes.any(|id| state.cluster().forest.health(*id).is_some_and(Health::is_failing));
    Ok((arguments.look.exit_code && failing).into())
}

/// Reads what a table of Flux objects shows, and nothing else of the cluster: the kinds that are asked for, and for what applies also the
/// sources, whose revision is shown with its own. None where that is not enough: what prints relations; a kind that only the cluster knows;
/// one that may not be listed; and where something is in progress, which has failed if what is below it has.
async fn alone(call: &Call, selection: &Selection, look: &Look) -> Result<Option<Headless>> {
    let kinds = selection.known().filter(|_| matches!(look.output, Format::Table | Format::Wide | Format::Name));
    let Some(kinds) = kinds else { return Ok(None) };
    let options = Options { only: scopes(call, &kinds)?, ..call.options.clone() };
    let is_asked_for = |_: &State, scope: &Scope| kinds.iter().any(|kind| kind.gk() == scope.gk);
    let headless = match read(&call.context, options, look.patience.limit(), is_asked_for).await {
        Err(error) if error.kind == ErrorKind::Denied => return Ok(None),
        read => read?,
    };
    let Cluster { store, .. } = headless.state().cluster();
    let is_read = |(_, coverage)| matches!(coverage, Coverage::Complete | Coverage::Polled(_) | Coverage::NotServed);
    let is_done = |id: NodeId| store.object(id).is_some_and(|object| object.verdict.health != Health::Progressing);
    let are_done = kinds.iter().all(|kind| store.of_kind(&kind.gk()).all(is_done));
    Ok((store.coverage().all(is_read) && are_done).then_some(headless))
}

/// What is read for a table of these kinds: them where they are looked for, and sources everywhere.
fn scopes(call: &Call, wanted: &[&'static Kind]) -> Result<Vec<Scope>> {
    let mut scopes = select::scopes_of(call, wanted)?;
    if wanted.iter().any(|kind| kind.role == Role::Applier) {
        let sources =
            kinds::ALL.iter().filter(|kind| kind.role == Role::Source && !wanted.iter().any(|one| one.gk() == kind.gk()));
        scopes.extend(sources.map(|kind| Scope { gk: kind.gk(), namespace: None }));
    }
    Ok(scopes)
}

/// Finds the objects of one kind.
fn find(call: &Call, state: &State, gk: &GroupKind, names: &BTreeSet<&str>, look: &Look) -> Result<Found> {
    let Cluster { store, forest, .. } = state.cluster();
    let mut filter = look.filter(call)?;
    if !kinds::rules(&gk.group, &gk.kind).namespaced {
        filter.namespaces = None;
    } else if filter.namespaces.is_none() {
        filter.namespaces = select::namespaces(call)?;
    }
    let mut fuzzy = Fuzzy::default();
    let is_named = |id: &NodeId| names.is_empty() || names.contains(&*store.reference(*id).name);
    let wanted = store.of_kind(gk).filter(is_named);
    let nodes: Vec<_> = wanted.filter(|id| filter.admits(store, forest, *id, &mut fuzzy)).collect();
    let is_there = |name: &&str| nodes.iter().any(|id| &*store.reference(*id).name == *name);
    let missing = names.iter().filter(|name| !is_there(name)).map(|name| (*name).to_owned()).collect();
    Ok(Found { gk: gk.clone(), nodes: sorted(state.cluster(), &nodes), namespaces: filter.namespaces, missing })
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
    if !store.coverage().any(|(scope, _)| scope.gk == *gk) {
        return Err(Error::failed(
            format!("{} is not among the kinds that Flux manages in this cluster", gk.kind),
            "`fluxdeck tree` lists the objects",
        ));
    }
    let coverage = |namespace: Option<&Str>| store.coverage_of(&Scope { gk: gk.clone(), namespace: namespace.cloned() });
    if coverage(None) == Some(Coverage::NotServed) {
        return Err(Error::failed(format!("this cluster does not serve {gk}"), ""));
    }
    let mut of_kind = store.coverage().filter(|(scope, _)| scope.gk == *gk);
    if let Some(error) =
        unread(state).filter(|_| of_kind.any(|(_, coverage)| matches!(coverage, Coverage::Failing | Coverage::Listing)))
    {
        return Err(error);
    }
    let is_refused = |namespace: &Str| coverage(Some(namespace)).or_else(|| coverage(None)) == Some(Coverage::Restricted);
    let refused = match wanted {
        Some(names) => names.iter().all(is_refused),
        None => store.coverage().filter(|(scope, _)| scope.gk == *gk).all(|(_, coverage)| coverage == Coverage::Restricted),
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
        Format::Table | Format::Wide if is_empty && all.iter().any(|found| !found.missing.is_empty()) => Ok(()),
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
                    with_namespace: found.has_namespaces(),
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
    /// Whether they may be in several namespaces.
    fn has_namespaces(&self) -> bool {
        self.namespaces.as_ref().is_none_or(|names| names.len() > 1)
    }
}
