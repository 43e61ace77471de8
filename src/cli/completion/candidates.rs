//! What each argument can be. Names come from where the command itself would look for them: the kubeconfig, the cluster, the demo, a
//! snapshot; of a cluster only the kind that is asked for is read.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::time::Duration;

use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::line::Line;
use crate::cli::act::select;
use crate::cli::{Call, headless, where_field};
use crate::cluster::{Access, Kubeconfig};
use crate::config::{Config, Places};
use crate::demo::Company;
use crate::run;
use crate::runtime::{Options, Origin, Repositories};
use fluxdeck_model::domain::text::printable;
use fluxdeck_model::domain::{Health, Scope, Str};
use fluxdeck_model::kinds::{self, Kind};
use fluxdeck_model::state::State;
use fluxdeck_model::{actions, commands};

/// How long a cluster may take: a login program that waits is ended then.
const PATIENCE: Duration = Duration::from_secs(1);
/// The same for the demo and for snapshots, which wait for nobody.
const LOCAL: Duration = Duration::from_secs(60);

/// A command with what its arguments can be.
pub fn offered(command: clap::Command) -> clap::Command {
    command.mut_args(with_candidates).mut_subcommands(offered)
}

fn with_candidates(arg: clap::Arg) -> clap::Arg {
    let find: fn(&Line, &str) -> Vec<String> = match arg.get_id().as_str() {
        "context" => |line, _| kubeconfig(line, |config| config.contexts.iter().map(|context| context.name.clone()).collect()),
        "cluster" => |line, _| kubeconfig(line, |config| config.contexts.iter().map(|context| context.cluster.clone()).collect()),
        "user" => |line, _| kubeconfig(line, |config| config.contexts.iter().map(|context| context.user.clone()).collect()),
        "namespace" => |line, _| namespaces(line),
        "status" => |_, _| Health::ALL.map(|health| health.slug().to_owned()).into(),
        "theme" => |_, _| themes(),
        "first" => |_, _| commands::all().map(|command| command.name.to_owned()).chain(kind_names(&|_| true)).collect(),
        "kind" => kind,
        "names" => names,
        "object" => |line, typed| objects(line, typed, Place::Everywhere),
        _ => return arg,
    };
    arg.add(ArgValueCompleter::new(move |typed: &OsStr| completed(find, typed)))
}

/// The candidates that begin as what is typed, each once; none that a terminal would take for more than text.
fn completed(find: fn(&Line, &str) -> Vec<String>, typed: &OsStr) -> Vec<CompletionCandidate> {
    let (Some(line), Some(typed)) = (Line::get(), typed.to_str()) else { return Vec::new() };
    let is_one = |text: &String| !text.is_empty() && text.starts_with(typed) && printable(text) == text.as_str();
    let found: BTreeSet<_> = find(line, typed).into_iter().filter(is_one).collect();
    found.into_iter().map(CompletionCandidate::new).collect()
}

/// Names in the kubeconfig; those of the demo where that is meant.
fn kubeconfig(line: &Line, names: fn(&Kubeconfig) -> Vec<String>) -> Vec<String> {
    if line.global.is_demo() {
        return Company::contexts().map(str::to_owned).collect();
    }
    let access = Access { kubeconfig: line.global.kubeconfig.clone(), ..Access::default() };
    Kubeconfig::read(&access).map(|config| names(&config)).unwrap_or_default()
}

fn themes() -> Vec<String> {
    let own = Config::themes(Places::find().as_ref()).into_iter().map(|(name, _)| name);
    run::themes().map(str::to_owned).chain(own).collect()
}

fn namespaces(line: &Line) -> Vec<String> {
    let gk = kinds::NAMESPACE.gk();
    let scope = Scope { gk: gk.clone(), namespace: None };
    let take = |state: &State, _: &Call| {
        let cluster = state.cluster();
        let listed = cluster.store.of_kind(&gk).map(|id| cluster.store.reference(id).name.to_string());
        listed.chain(cluster.known_namespaces.iter().map(ToString::to_string)).collect()
    };
    read(line, Place::Own, |_| Some(vec![scope.clone()]), take).unwrap_or_default()
}

/// Plural and short names of kinds.
fn kind_names(is_meant: &dyn Fn(&Kind) -> bool) -> Vec<String> {
    let meant = kinds::ALL.iter().filter(|kind| is_meant(kind));
    meant.flat_map(|kind| kind.short.iter().chain([&kind.plural])).map(|name| (*name).to_owned()).collect()
}

/// The kinds that the command takes.
fn kinds_of(line: &Line) -> Vec<String> {
    match line.command().and_then(actions::find) {
        Some(action) => kind_names(&|kind| actions::headless(action).any(|action| (action.kinds)(kind))),
        None => kind_names(&|_| true),
    }
}

/// `KIND`, `KIND,KIND` or `KIND/NAME`.
fn kind(line: &Line, typed: &str) -> Vec<String> {
    if typed.contains('/') {
        return objects(line, typed, Place::Own);
    }
    let before = typed.rfind(',').map_or("", |at| &typed[..=at]);
    let all = (line.command() == Some("get")).then(|| "all".to_owned());
    kinds_of(line).into_iter().chain(all).map(|name| format!("{before}{name}")).collect()
}

/// Names behind a kind; behind `KIND/NAME` more of these.
fn names(line: &Line, typed: &str) -> Vec<String> {
    let kind = line.text("kind").unwrap_or_default();
    if kind.contains('/') {
        return objects(line, typed, Place::Own);
    }
    let meant: Vec<_> = kind.split(',').flat_map(|word| kinds::by_name(word).into_iter().next()).collect();
    of_kinds(line, &meant, Place::Own)
}

/// Where a command looks for objects without `-n`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In the context's namespace.
    Own,
    Everywhere,
}

/// `KIND/NAME`; a kind with its `/` first.
fn objects(line: &Line, typed: &str, place: Place) -> Vec<String> {
    let Some((word, _)) = typed.split_once('/') else {
        return kinds_of(line).into_iter().map(|name| format!("{name}/")).collect();
    };
    let meant: Vec<_> = kinds::by_name(word).into_iter().take(1).collect();
    of_kinds(line, &meant, place).into_iter().map(|name| format!("{word}/{name}")).collect()
}

/// The names of all objects of these kinds where the command looks for them.
fn of_kinds(line: &Line, meant: &[&'static Kind], place: Place) -> Vec<String> {
    // its objects are those of files
    if meant.is_empty() || line.command() == Some(where_field::COMMAND.name) {
        return Vec::new();
    }
    let scopes = |call: &Call| select::scopes_of(call, meant).ok();
    let take = |state: &State, call: &Call| {
        let store = &state.cluster().store;
        let wanted = select::namespaces(call).ok().flatten();
        let is_here = |kind: &Kind, name: &Str| !kind.namespaced || wanted.as_ref().is_none_or(|wanted| wanted.contains(name));
        let of = |kind: &&'static Kind| {
            let kind = *kind;
            let nodes: Vec<_> = store.of_kind(&kind.gk()).map(|id| store.reference(id)).collect();
            nodes.into_iter().filter(move |id| is_here(kind, &id.namespace)).map(|id| id.name.to_string()).collect::<Vec<_>>()
        };
        meant.iter().flat_map(of).collect()
    };
    read(line, place, scopes, take).unwrap_or_default()
}

/// Reads these scopes, and nothing else, where the line looks; none if that is not possible at once.
fn read<T>(
    line: &Line,
    place: Place,
    scopes: impl FnOnce(&Call) -> Option<Vec<Scope>>,
    take: impl FnOnce(&State, &Call) -> T,
) -> Option<T> {
    let mut call = line.global.call(Places::find(), true).ok()?;
    call.all_namespaces |= place == Place::Everywhere && call.options.namespaces.is_empty();
    let limit = if matches!(call.options.origin, Origin::Live(_)) { PATIENCE } else { LOCAL };
    let only = Some(scopes(&call)?);
    let options = Options { only, repositories: Repositories::default(), state_dir: None, ..call.options.clone() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().ok()?;
    let looking = headless::read(&call.context, options, limit, |_, _| true);
    let found = runtime.block_on(async { tokio::time::timeout(limit, looking).await.ok()?.ok() });
    let taken = found.map(|headless| take(headless.state(), &call));
    runtime.shutdown_timeout(Duration::from_millis(50));
    taken
}
