//! Views: of the whole cluster, and of the selected object.

use std::collections::BTreeSet;

use super::{Command, Cx, Group, Handler, KeyScope, Screen, Subject, Transition, place, resolve};
use crate::domain::{Health, ObjectRef};
use crate::error::{Error, Result};
use crate::insight::controller_log::{has_controller, pods_below};
use crate::insight::dependencies::is_drawn;
use crate::state::projection::Root;
use crate::state::{Intent, Show, State};

/// Where there is an object to look at: rows, and texts about one.
const OBJECTS: &[KeyScope] = &[
    KeyScope::Tree,
    KeyScope::Table,
    KeyScope::Text,
    KeyScope::Fields,
    KeyScope::Why,
    KeyScope::Events,
    KeyScope::Pulse,
    KeyScope::Values,
    KeyScope::Graph,
];
/// The same without the graph, where `l` is a direction.
const LOGGED: &[KeyScope] = &KeyScope::without::<8>(OBJECTS, &[KeyScope::Graph]);
/// Where the values of a release are one key away.
const RELEASES: &[KeyScope] =
    &[KeyScope::Tree, KeyScope::Table, KeyScope::Text, KeyScope::Fields, KeyScope::Why, KeyScope::Events];
/// Where `w` does something else, and something is about an object all the same.
const ABOUT: &[KeyScope] = &[
    KeyScope::Text,
    KeyScope::Logs,
    KeyScope::ControllerLogs,
    KeyScope::File,
    KeyScope::Jobs,
    KeyScope::Review,
    KeyScope::Picker,
    KeyScope::Commit,
];
/// Where `w` does not wrap lines.
const ROWS: &[KeyScope] =
    &[KeyScope::Tree, KeyScope::Table, KeyScope::Fields, KeyScope::Events, KeyScope::Pulse, KeyScope::Values, KeyScope::Graph];
const EVERYWHERE: &[KeyScope] = &[KeyScope::Everywhere];

fn named(
    name: &'static str,
    aliases: &'static [&'static str],
    doc: &'static str,
    act: fn(&mut Cx, &str) -> Result<()>,
) -> Command {
    Command {
        name,
        aliases,
        keys: &[],
        doc: doc.into(),
        footer: "",
        group: Group::Look,
        scopes: EVERYWHERE,
        run: Handler::Act(act),
    }
}

fn on_row(
    name: &'static str,
    keys: &'static [&'static str],
    footer: &'static str,
    doc: &'static str,
    act: fn(&mut Cx, &str) -> Result<()>,
) -> Command {
    Command { name, aliases: &[], keys, doc: doc.into(), footer, group: Group::Look, scopes: OBJECTS, run: Handler::Act(act) }
}

pub(super) fn all() -> Vec<Command> {
    [of_objects(), of_causes(), of_time(), of_cluster(), of_states(), elsewhere()].into_iter().flatten().collect()
}

/// What an object is, says and has written.
fn of_objects() -> Vec<Command> {
    vec![
        on_row("describe", &["d"], "details", "details: conditions, spec, dependencies, inventory, history, events", |cx, _| {
            open(cx, Screen::DETAILS)
        }),
        on_row("yaml", &["y"], "yaml", "the object as YAML", |cx, _| open(cx, Screen::YAML)),
        on_row("", &["v"], "events", "events of the object, live; b adds those of everything below it", |cx, _| {
            open(cx, Screen::EVENTS)
        }),
        Command {
            scopes: RELEASES,
            ..on_row("", &["V"], "", "Helm values of the release, or of the one that the object is of, by layers", |cx, _| {
                values(cx, "")
            })
        },
        named("values", &[], "Helm values by layers, and the releases that have them (`:values hr/web`)", values),
        Command {
            scopes: LOGGED,
            ..on_row(
                "logs",
                &["l"],
                "logs",
                "logs of the pod, or of all pods below; without pods, what Flux's controllers wrote",
                logs,
            )
        },
        Command {
            aliases: &["flux-logs"],
            ..on_row(
                "controller-logs",
                &["L"],
                "",
                "what Flux's controllers have written about the object (`:controller-logs ks/apps`)",
                controller_logs,
            )
        },
    ]
}

/// Why it is so, and what it depends on.
fn of_causes() -> Vec<Command> {
    vec![
        Command {
            scopes: ROWS,
            ..on_row("", &["w"], "why", "why it is so: from the object to the first cause, and what can be pressed", |cx, _| {
                open(cx, Screen::WHY)
            })
        },
        Command {
            scopes: ABOUT,
            ..on_row("", &["W"], "", "why the object is so that this is about: of several the first that is not well", |cx, _| {
                explain_first(&cx.targets.clone(), cx)
            })
        },
        Command {
            scopes: &[KeyScope::Why],
            ..on_row("", &["w"], "all that is broken", "all that is broken, grouped by first cause", |cx, _| go(cx, Screen::WHY))
        },
        named(
            "trace",
            &[],
            "where an object comes from: owner, applier, source, commit, file and line (`:trace deploy/web`)",
            trace,
        ),
        named(
            "graph",
            &["deps"],
            "what depends on what, as a picture: around the selected object, a named one (`:graph ks/apps`), or `all`",
            graph,
        ),
        named(
            "why",
            &["explain"],
            "why an object is as it is (`:why ks/apps`, `:why -n shop ks/apps`); without a name all that is broken, by first cause",
            why,
        ),
    ]
}

/// What happened.
fn of_time() -> Vec<Command> {
    vec![
        Command {
            run: Handler::Table("", "Event"),
            ..named(
                "events",
                &["ev"],
                "events of the cluster, or of a namespace, live; those that say the same are one line",
                |_, _| Ok(()),
            )
        },
        named(
            "timeline",
            &[],
            "every change of state that was seen in this session; with a name (`:timeline ks/apps`) or `here`: of one object and below",
            timeline,
        ),
        Command {
            scopes: &[KeyScope::Text, KeyScope::Events],
            ..on_row(
                "",
                &["t"],
                "timeline",
                "every change of state of the object, and below, that was seen in this session",
                |cx, _| open(cx, Screen::TIMELINE),
            )
        },
    ]
}

/// The cluster as a tree, and at a glance.
fn of_cluster() -> Vec<Command> {
    vec![
        named("tree", &["home", "xray"], "the tree (top level: sources, kustomizations or namespaces)", tree),
        Command {
            name: "root",
            aliases: &[],
            keys: &["tab"],
            doc: "the top level of the tree: sources, kustomizations or namespaces".into(),
            footer: "",
            group: Group::Look,
            scopes: &[KeyScope::Tree],
            run: Handler::Act(root),
        },
        Command {
            name: "locate",
            aliases: &[],
            keys: &["tab"],
            doc: "the object in the tree: under what applies it".into(),
            footer: "in the tree",
            group: Group::Look,
            scopes: &[KeyScope::Table, KeyScope::Graph],
            run: Handler::Act(locate),
        },
        named(
            "pulse",
            &["overview"],
            "the cluster at a glance: what is broken, stale, suspended, slow or not applied, what runs Flux, kinds with their states",
            |cx, _| go(cx, Screen::PULSE),
        ),
    ]
}

/// Objects in some states alone.
fn of_states() -> Vec<Command> {
    vec![
        named("healthy", &[], "show ready objects", |cx, _| health(cx, &[Health::Ready])),
        Command {
            name: "failing",
            aliases: &["unhealthy", "faults"],
            keys: &["!"],
            doc: "show failed and stalled objects; again: everything".into(),
            footer: "failing",
            group: Group::Look,
            scopes: &[KeyScope::Tree, KeyScope::Table],
            run: Handler::Act(|cx, _| health(cx, &[Health::Failed, Health::Stalled])),
        },
        named("progressing", &[], "show progressing and waiting objects", |cx, _| {
            health(cx, &[Health::Progressing, Health::Waiting])
        }),
        named("suspended", &[], "show suspended objects", |cx, _| health(cx, &[Health::Suspended])),
        named("terminating", &[], "show objects that are being deleted", |cx, _| health(cx, &[Health::Terminating])),
        named("unknown", &[], "show objects of which nobody says how they are", |cx, _| health(cx, &[Health::Unknown])),
        named("all", &[], "show everything: no filter", everything),
    ]
}

/// Other clusters, namespaces and kinds.
fn elsewhere() -> Vec<Command> {
    vec![
        named("contexts", &["ctx", "context"], "contexts of the kubeconfig; with a name: switch to it", context),
        named("namespaces", &["ns", "namespace"], "namespaces; with names (`a,b`): look at these, `all` for all", namespace),
        Command {
            name: "kinds",
            aliases: &["alias", "a"],
            keys: &["ctrl-a"],
            doc: "all kinds that the cluster serves, with their names; each opens a table".into(),
            footer: "",
            group: Group::Look,
            scopes: EVERYWHERE,
            run: Handler::Act(|cx, _| go(cx, Screen::KINDS)),
        },
    ]
}

fn open(cx: &mut Cx, view: Screen) -> Result<()> {
    let target = cx.targets.first().cloned().ok_or_else(|| Error::failed("nothing is selected", "move to an object first"))?;
    cx.transit(Transition::Open(view, Subject::Object(target)));
    Ok(())
}

/// Explains the first of these objects that is not well; where all are, the first.
///
/// # Errors
/// There are none.
pub fn explain_first(objects: &[ObjectRef], cx: &mut Cx) -> Result<()> {
    let cluster = cx.state.cluster();
    let is_bad = |object: &&ObjectRef| {
        let node = cluster.store.find(object);
        node.and_then(|node| cluster.forest.health(node)).is_some_and(|health| health != Health::Ready)
    };
    let object = objects.iter().find(is_bad).or(objects.first()).cloned();
    let nothing = || Error::failed("this is not about an object of this cluster", "`:why` lists all that is broken");
    cx.transit(Transition::Open(Screen::WHY, Subject::Object(object.ok_or_else(nothing)?)));
    Ok(())
}

/// The logs of pods; of an object of Flux without any, those of its controller.
fn logs(cx: &mut Cx, _: &str) -> Result<()> {
    let cluster = cx.state.cluster();
    let is_alone = |object: &ObjectRef| pods_below(&cluster.store, &cluster.forest, object, 1).is_empty();
    let is_of_flux = cx.targets.first().is_some_and(|object| has_controller(&object.gk) && is_alone(object));
    open(cx, if is_of_flux { Screen::CONTROLLER_LOGS } else { Screen::LOGS })
}

/// The log of the controller of an object by its name; without one, of the selected one.
fn controller_logs(cx: &mut Cx, text: &str) -> Result<()> {
    let object = match text.trim() {
        "" => cx.targets.first().cloned().ok_or_else(|| Error::failed("nothing is selected", "move to an object first"))?,
        name => resolve::object_named(name, cx.state)?,
    };
    if !has_controller(&object.gk) {
        let message = format!("no controller of Flux reconciles {object}");
        return Err(Error::failed(message, "o goes to what applies it; l reads the logs of its pods"));
    }
    cx.transit(Transition::Open(Screen::CONTROLLER_LOGS, Subject::Object(object)));
    Ok(())
}

fn go(cx: &mut Cx, view: Screen) -> Result<()> {
    cx.transit(Transition::Go(view, Subject::Nothing));
    Ok(())
}

/// Traces an object by its name; without one the selected one.
fn trace(cx: &mut Cx, text: &str) -> Result<()> {
    let object = match text.trim() {
        "" => return open(cx, Screen::TRACE),
        name => resolve::object_named(name, cx.state)?,
    };
    cx.transit(Transition::Open(Screen::TRACE, Subject::Object(object)));
    Ok(())
}

/// Shows the values of a HelmRelease by its name; without one those of the selected object's.
fn values(cx: &mut Cx, text: &str) -> Result<()> {
    let object = match text.trim() {
        "" => cx.targets.first().cloned().ok_or_else(|| Error::failed("nothing is selected", "move to a HelmRelease first"))?,
        name => resolve::object_named(name, cx.state)?,
    };
    let release =
        cx.state.cluster().release_of(&object).ok_or_else(|| {
            Error::failed(format!("{object} is not of a HelmRelease that is read"), "`:hr` lists the HelmReleases")
        })?;
    cx.transit(Transition::Open(Screen::VALUES, Subject::Object(release)));
    Ok(())
}

/// The graph around an object: of that name, else of the selected one; where it is not part of any graph, around what applies it. With `all`,
/// or without an object, of everything.
fn graph(cx: &mut Cx, text: &str) -> Result<()> {
    let object = match text.trim() {
        "all" => None,
        "" => cx.targets.first().and_then(|object| drawn(cx.state, object)),
        name => {
            let named = resolve::object_named(name, cx.state)?;
            let why =
                || Error::failed(format!("{named} is neither a source nor applied by Flux"), "`:graph all` draws everything");
            Some(drawn(cx.state, &named).ok_or_else(why)?)
        }
    };
    cx.transit(match object {
        Some(object) => Transition::Open(Screen::GRAPH, Subject::Object(object)),
        None => Transition::Go(Screen::GRAPH, Subject::Nothing),
    });
    Ok(())
}

/// The object, or the nearest above it in the tree, that a graph of dependencies has.
fn drawn(state: &State, object: &ObjectRef) -> Option<ObjectRef> {
    let cluster = state.cluster();
    let above = std::iter::successors(cluster.store.find(object), |node| cluster.forest.parent(*node));
    above.map(|node| cluster.store.reference(node)).find(|object| is_drawn(object)).cloned()
}

/// Explains an object by its name, as everywhere written `KIND/NAME` or `KIND NAMESPACE/NAME`; without one, all that is broken.
fn why(cx: &mut Cx, text: &str) -> Result<()> {
    let text = text.trim();
    if text.is_empty() {
        return go(cx, Screen::WHY);
    }
    let object = resolve::object_named(text, cx.state)?;
    cx.transit(Transition::Open(Screen::WHY, Subject::Object(object)));
    Ok(())
}

/// What the session saw: of everything, of an object by its name with what is below it, or `here` of the selected one.
fn timeline(cx: &mut Cx, text: &str) -> Result<()> {
    let object = match text.trim() {
        "" => return go(cx, Screen::TIMELINE),
        "here" => return open(cx, Screen::TIMELINE),
        name => resolve::object_named(name, cx.state)?,
    };
    cx.transit(Transition::Open(Screen::TIMELINE, Subject::Object(object)));
    Ok(())
}

fn tree(cx: &mut Cx, root: &str) -> Result<()> {
    if !root.is_empty() {
        let wanted = Root::ALL.into_iter().find(|known| known.word().starts_with(root));
        let wanted = wanted.ok_or_else(|| {
            Error::usage(format!("`{root}` cannot be on top of the tree"), "sources, kustomizations or namespaces")
        })?;
        cx.intend(Intent::Show(Show::Root(wanted)));
    }
    go(cx, Screen::TREE)
}

fn root(cx: &mut Cx, _: &str) -> Result<()> {
    let next = cx.state.cluster().forest.root().next();
    cx.intend(Intent::Show(Show::Root(next)));
    cx.say(format!("the tree starts at {}", next.word()));
    Ok(())
}

fn locate(cx: &mut Cx, _: &str) -> Result<()> {
    let target = cx.targets.first().cloned().ok_or_else(|| Error::failed("nothing is selected", "move to an object first"))?;
    let cluster = cx.state.cluster();
    if !cluster.store.find(&target).is_some_and(|node| cluster.forest.contains(node)) {
        return Err(Error::failed(format!("{target} is not in the tree"), "nothing that Flux made led to it"));
    }
    cx.intend(Intent::Show(Show::Seek(target)));
    go(cx, Screen::TREE)
}

/// Narrows the tree to some states; the same command again shows everything.
fn health(cx: &mut Cx, wanted: &[Health]) -> Result<()> {
    let wanted: BTreeSet<_> = wanted.iter().copied().collect();
    let is_shown = cx.state.cluster().tree.health.as_ref() == Some(&wanted);
    cx.intend(Intent::Show(Show::Health((!is_shown).then_some(wanted))));
    go(cx, Screen::TREE)
}

fn everything(cx: &mut Cx, _: &str) -> Result<()> {
    cx.intend(Intent::Show(Show::Everything));
    go(cx, Screen::TREE)
}

fn context(cx: &mut Cx, name: &str) -> Result<()> {
    if name.is_empty() {
        return go(cx, Screen::CONTEXTS);
    }
    if !cx.state.contexts.iter().any(|known| known.name == name) {
        return Err(Error::usage(format!("the kubeconfig has no context `{name}`"), "`:ctx` lists them"));
    }
    cx.intend(Intent::Switch(name.to_owned()));
    go(cx, Screen::TREE)
}

fn namespace(cx: &mut Cx, names: &str) -> Result<()> {
    if names.is_empty() {
        return go(cx, Screen::NAMESPACES);
    }
    cx.intend(Intent::Namespaces(place::namespaces(names)?));
    Ok(())
}
