//! Looking at things: views of the whole, and of the selected object.

use std::collections::BTreeSet;

use super::{Command, Cx, Run, Scope, Screen, Target, Transition};
use crate::domain::Health;
use crate::error::{Error, Result};
use crate::state::projection::Root;
use crate::state::{Intent, Show};

/// Where there is an object to look at: rows, and texts about one.
const OBJECTS: &[Scope] = &[Scope::Tree, Scope::Table, Scope::Text, Scope::Fields];
const EVERYWHERE: &[Scope] = &[Scope::Everywhere];

fn named(
    name: &'static str,
    aliases: &'static [&'static str],
    doc: &'static str,
    act: fn(&mut Cx, &str) -> Result<()>,
) -> Command {
    Command { name, aliases, keys: &[], doc: doc.into(), footer: "", scopes: EVERYWHERE, run: Run::Act(act) }
}

fn on_row(
    name: &'static str,
    keys: &'static [&'static str],
    footer: &'static str,
    doc: &'static str,
    act: fn(&mut Cx, &str) -> Result<()>,
) -> Command {
    Command { name, aliases: &[], keys, doc: doc.into(), footer, scopes: OBJECTS, run: Run::Act(act) }
}

pub(super) fn all() -> Vec<Command> {
    vec![
        on_row("describe", &["d"], "details", "details: conditions, spec, dependencies, inventory, history, events", |cx, _| {
            open(cx, Screen::DETAILS)
        }),
        on_row("yaml", &["y"], "yaml", "the object as YAML", |cx, _| open(cx, Screen::YAML)),
        on_row("logs", &["l"], "logs", "logs of the pod, or of all pods below", |cx, _| open(cx, Screen::LOGS)),
        Command {
            name: "events",
            aliases: &["ev"],
            keys: &["v"],
            doc: "events of the object".into(),
            footer: "events",
            scopes: OBJECTS,
            run: Run::Act(|cx, _| open(cx, Screen::EVENTS)),
        },
        named("tree", &["home"], "the tree (sources, kustomizations or namespaces on top)", tree),
        Command {
            name: "root",
            aliases: &[],
            keys: &["tab"],
            doc: "what is on top of the tree: sources, kustomizations, namespaces".into(),
            footer: "",
            scopes: &[Scope::Tree],
            run: Run::Act(root),
        },
        named("healthy", &[], "show what is ready", |cx, _| health(cx, &[Health::Ready])),
        Command {
            name: "failing",
            aliases: &["unhealthy", "faults"],
            keys: &["!"],
            doc: "show what failed or stalled; again: everything".into(),
            footer: "failing",
            scopes: &[Scope::Tree, Scope::Table],
            run: Run::Act(|cx, _| health(cx, &[Health::Failed, Health::Stalled])),
        },
        named("progressing", &[], "show what is under way or waits", |cx, _| health(cx, &[Health::Progressing, Health::Waiting])),
        named("suspended", &[], "show what is suspended", |cx, _| health(cx, &[Health::Suspended])),
        named("all", &[], "show everything: no filter", everything),
        named("contexts", &["ctx", "context"], "contexts of the kubeconfig; with a name: switch to it", context),
        named("namespaces", &["ns", "namespace"], "namespaces; with names (`a,b`): look at these, `all` for all", namespace),
        Command {
            name: "kinds",
            aliases: &["alias", "a"],
            keys: &["ctrl-a"],
            doc: "all kinds with their names".into(),
            footer: "",
            scopes: EVERYWHERE,
            run: Run::Act(|cx, _| go(cx, Screen::KINDS)),
        },
    ]
}

fn open(cx: &mut Cx, view: Screen) -> Result<()> {
    let target = cx.targets.first().cloned().ok_or_else(|| Error::failed("nothing is selected", "move to an object first"))?;
    cx.transit(Transition::Open(view, Target::Object(target)));
    Ok(())
}

fn go(cx: &mut Cx, view: Screen) -> Result<()> {
    cx.transit(Transition::Go(view, Target::Nothing));
    Ok(())
}

fn tree(cx: &mut Cx, root: &str) -> Result<()> {
    if !root.is_empty() {
        let wished = Root::ALL.into_iter().find(|known| known.word().starts_with(root));
        let wished = wished.ok_or_else(|| {
            Error::usage(format!("`{root}` cannot be on top of the tree"), "sources, kustomizations or namespaces")
        })?;
        cx.intend(Intent::Show(Show::Root(wished)));
    }
    go(cx, Screen::TREE)
}

fn root(cx: &mut Cx, _: &str) -> Result<()> {
    let next = cx.state.cluster().forest.root().next();
    cx.intend(Intent::Show(Show::Root(next)));
    cx.say(format!("the tree starts at {}", next.word()));
    Ok(())
}

/// Narrows the tree to some states; the same command again shows everything.
fn health(cx: &mut Cx, wished: &[Health]) -> Result<()> {
    let wished: BTreeSet<_> = wished.iter().copied().collect();
    let is_shown = cx.state.cluster().tree.health.as_ref() == Some(&wished);
    cx.intend(Intent::Show(Show::Health((!is_shown).then_some(wished))));
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
    select_namespaces(cx, names);
    Ok(())
}

/// Looks at these namespaces (`a,b`), or at all (`all`, `*`).
pub(super) fn select_namespaces(cx: &mut Cx, names: &str) {
    let wished: BTreeSet<crate::domain::Str> = names.split([',', ' ']).filter(|name| !name.is_empty()).map(Into::into).collect();
    let all = wished.iter().any(|name| matches!(&**name, "all" | "*"));
    cx.intend(Intent::Namespaces((!all).then_some(wished)));
}
