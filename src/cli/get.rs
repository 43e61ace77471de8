//! `fluxdeck get KIND [NAME]`: a kind's table, as the screen shows it.

use std::collections::BTreeSet;

use clap::Args;

use super::command::{self, Command, Run};
use super::headless::{gather, report_restrictions, report_unread, unread};
use super::output::{self, Table, node, sorted};
use super::{Call, Format, Look};
use fluxdeck_model::commands::{kind_named, unknown_kind};
use fluxdeck_model::domain::duration;
use fluxdeck_model::domain::query::Fuzzy;
use fluxdeck_model::domain::text::nearest;
use fluxdeck_model::domain::{Coverage, GroupKind, Health, NodeId, Scope, Str};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds::{self, Column};
use fluxdeck_model::state::State;
use fluxdeck_model::state::projection::{cell, heading, message_at};

pub(super) const COMMAND: Command = Command {
    name: "get",
    doc: "Print objects of a kind as a table",
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// A kind by plural, singular, short name or Kind: ks, helmreleases, GitRepository
    kind: String,
    /// One object by name
    name: Option<String>,
    #[command(flatten)]
    look: Look,
}

/// Prints objects of a kind. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    if kinds::by_name(&arguments.kind).is_empty()
        && !arguments.kind.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
    {
        return Err(unknown_kind(&arguments.kind));
    }
    // a table has the objects of one kind: what fails beside it does not make it less
    let is_asked_for =
        |state: &State, scope: &Scope| kind_named(&arguments.kind, &state.cluster().store).is_some_and(|gk| gk == scope.gk);
    let headless = gather(call, arguments.look.patience.limit(), is_asked_for).await?;
    let state = headless.state();
    let cluster = state.cluster();
    let gk = kind_named(&arguments.kind, &cluster.store).ok_or_else(|| unknown_kind(&arguments.kind))?;
    let namespace = namespaces(call, state);
    let mut filter = arguments.look.filter(call)?;
    if !kinds::rules(&gk.group, &gk.kind).namespaced {
        filter.namespaces = None;
    } else if filter.namespaces.is_none() {
        filter.namespaces = namespace.map(|namespace| [namespace].into());
    }
    refuse_blind(state, &gk, filter.namespaces.as_ref())?;
    let mut fuzzy = Fuzzy::default();
    let wanted = cluster
        .store
        .of_kind(&gk)
        .filter(|id| arguments.name.as_deref().is_none_or(|name| &*cluster.store.reference(*id).name == name));
    let found: Vec<_> = wanted.filter(|id| filter.admits(&cluster.store, &cluster.forest, *id, &mut fuzzy)).collect();
    let found = sorted(cluster, &found);
    if found.is_empty()
        && let Some(name) = &arguments.name
    {
        return Err(Error::failed(
            format!("there is no {} `{name}`{}", gk.kind, place(filter.namespaces.as_ref())),
            "check the name and the namespace (-n, -A)",
        ));
    }
    show(state, &gk, &found, arguments, filter.namespaces.as_ref())?;
    report_restrictions(state);
    report_unread(state);
    let failing = |id: &NodeId| cluster.forest.health(*id).is_some_and(Health::is_failing);
    Ok((arguments.look.exit_code && found.iter().any(failing)).into())
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

/// The namespace without -n and -A: the context's, as in kubectl.
fn namespaces(call: &Call, state: &State) -> Option<Str> {
    if call.all_namespaces || !call.options.namespaces.is_empty() {
        return None;
    }
    let context = state.contexts.iter().find(|context| context.name == state.cluster().context);
    Some(context.and_then(|context| context.namespace.as_deref()).unwrap_or("default").into())
}

fn place(namespaces: Option<&BTreeSet<Str>>) -> String {
    namespaces.map(|names| format!(" in {}", names.iter().map(|name| &**name).collect::<Vec<_>>().join(", "))).unwrap_or_default()
}

/// The namespace that was probably meant, if the requested one has nothing in it.
fn near(state: &State, namespaces: Option<&BTreeSet<Str>>) -> String {
    let store = &state.cluster().store;
    let known: BTreeSet<_> = store.nodes().map(|id| &store.reference(id).namespace).filter(|name| !name.is_empty()).collect();
    let strange = namespaces.into_iter().flatten().filter(|name| !known.contains(name));
    let near = strange.filter_map(|name| nearest(name, known.iter().map(|known| &***known), 2));
    near.map(|name| format!("; did you mean the namespace `{name}`?")).next().unwrap_or_default()
}

fn show(
    state: &State,
    gk: &GroupKind,
    found: &[NodeId],
    arguments: &Arguments,
    namespaces: Option<&BTreeSet<Str>>,
) -> Result<()> {
    let cluster = state.cluster();
    let nodes = || found.iter().map(|id| node(cluster, *id)).collect::<Vec<_>>();
    match arguments.look.output {
        Format::Json => output::json(&nodes()),
        Format::Yaml => output::yaml(&nodes()),
        Format::Name => output::write(
            &found
                .iter()
                .map(|id| format!("{}/{}\n", gk.kind.to_lowercase(), cluster.store.reference(*id).name))
                .collect::<String>(),
        ),
        Format::Table | Format::Wide if found.is_empty() => {
            output::beside(&format!("no {} found{}{}", gk.kind, place(namespaces), near(state, namespaces)));
            Ok(())
        }
        Format::Table | Format::Wide => output::write(&table(
            state,
            gk,
            found,
            arguments.look.output == Format::Wide,
            namespaces.is_none_or(|names| names.len() > 1),
        )),
    }
}

fn table(state: &State, gk: &GroupKind, found: &[NodeId], wide: bool, with_namespace: bool) -> String {
    let cluster = state.cluster();
    let kind = kinds::rules(&gk.group, &gk.kind);
    let columns: Vec<_> = kind.columns.iter().copied().filter(|column| wide || !matches!(column, Column::Wide(..))).collect();
    let with_namespace = with_namespace && kind.namespaced;
    let mut headings = vec!["NAME"];
    if with_namespace {
        headings.insert(0, "NAMESPACE");
    }
    // the message stands last, where it may be as long as it is
    let (messages, others): (Vec<_>, Vec<_>) = columns.into_iter().partition(|column| *column == Column::Message);
    headings.extend(others.iter().map(|column| heading(*column)));
    headings.push("AGE");
    headings.extend(messages.iter().map(|column| heading(*column)));
    let mut table = Table::new(headings);
    for id in found {
        let reference = cluster.store.reference(*id);
        let mut row = vec![reference.name.to_string()];
        if with_namespace {
            row.insert(0, reference.namespace.to_string());
        }
        row.extend(others.iter().map(|column| cell(&cluster.store, &cluster.forest, *id, *column)));
        let created = cluster.store.object(*id).and_then(|object| object.created);
        row.push(
            created.map(|created| duration::age((state.clock.as_second() - created.as_second()).max(0)).0).unwrap_or_default(),
        );
        row.extend(messages.iter().map(|_| message_at(&cluster.store, &cluster.forest, *id, state.clock)));
        table.push(row);
    }
    table.print()
}
