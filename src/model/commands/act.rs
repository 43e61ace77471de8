//! Acting: the actions as commands, the panel, and what is known of acts.
//!
//! Which action a key means depends on the object (`s` suspends a HelmRelease and scales a Deployment, as in k9s): keys are looked up
//! in `actions::ALL`. Letters that mean something else to k9s's users on a list work in the panel only.

use super::{Command, Cx, Run, Scope, Target, Transition, Wish};
use crate::actions::{self, Answers, Form};
use crate::domain::ObjectRef;
use crate::error::{Error, Result};
use crate::state::{Intent, Terminal, Wanted};

/// Where there is an object to act on.
const OBJECTS: &[Scope] = &[Scope::Tree, Scope::Table, Scope::Text, Scope::Fields];
const ROWS: &[Scope] = &[Scope::Tree, Scope::Table];
const EVERYWHERE: &[Scope] = &[Scope::Everywhere];

/// A key on a row: the action is that of the object's kind.
const fn key(
    keys: &'static [&'static str],
    scopes: &'static [Scope],
    doc: &'static str,
    act: fn(&mut Cx, &str) -> Result<()>,
) -> Command {
    Command { name: "", aliases: &[], keys, doc, footer: "", scopes, run: Run::Act(act) }
}

/// An action by its name.
const fn named(name: &'static str, doc: &'static str, act: fn(&mut Cx, &str) -> Result<()>) -> Command {
    Command { name, aliases: &[], keys: &[], doc, footer: "", scopes: OBJECTS, run: Run::Act(act) }
}

const fn known(
    name: &'static str,
    keys: &'static [&'static str],
    doc: &'static str,
    act: fn(&mut Cx, &str) -> Result<()>,
) -> Command {
    Command { name, aliases: &[], keys, doc, footer: "", scopes: EVERYWHERE, run: Run::Act(act) }
}

pub(super) const ALL: &[Command] = &[
    Command {
        name: "actions",
        aliases: &["act"],
        keys: &["a"],
        doc: "everything that can be done to the selected objects, with its key; what cannot be done says why",
        footer: "actions",
        scopes: OBJECTS,
        run: Run::Act(|cx, _| wish(cx, Wish::Choose)),
    },
    key(&["R"], OBJECTS, "reconcile now; what is suspended is offered to be resumed first", |cx, _| wish(cx, Wish::Key("R"))),
    key(&["W"], ROWS, "reconcile now, its source first", |cx, _| wish(cx, Wish::Key("W"))),
    key(&["s"], OBJECTS, "suspend; resume what is suspended; on a Deployment or StatefulSet: scale now", |cx, _| {
        wish(cx, Wish::Key("s"))
    }),
    key(&["r"], ROWS, "resume; on a workload: restart", |cx, _| wish(cx, Wish::Key("r"))),
    key(&["ctrl-d"], ROWS, "delete, once it is confirmed", |cx, _| wish(cx, Wish::Key("ctrl-d"))),
    named("reconcile", "reconcile the selected objects now", |cx, text| by_name(cx, "reconcile", text)),
    named("suspend", "suspend the selected objects; what follows is the reason: `:suspend db migration`", |cx, text| {
        by_name(cx, "suspend", text)
    }),
    named("resume", "resume the selected objects", |cx, text| by_name(cx, "resume", text)),
    named("restart", "restart the selected workloads", |cx, text| by_name(cx, "restart", text)),
    named("scale", "scale the selected workloads now: `:scale 3`", |cx, text| by_name(cx, "scale", text)),
    named("delete", "delete the selected objects", |cx, text| by_name(cx, "delete", text)),
    known("follow", &["J"], "what is being done and what came of it (the owner, k9s's J, is at o)", |cx, _| {
        open(cx, "jobs", Target::Nothing)
    }),
    known("acts", &["@"], "the log of acts: when, who, what, the equivalent line, the outcome", |cx, _| {
        open(cx, "acts", Target::Nothing)
    }),
];

fn open(cx: &mut Cx, view: &'static str, target: Target) -> Result<()> {
    cx.transit(Transition::Open(view, target));
    Ok(())
}

fn wish(cx: &mut Cx, wish: Wish) -> Result<()> {
    if cx.targets.is_empty() {
        return Err(Error::failed("nothing is selected", "move to an object first"));
    }
    cx.transit(Transition::Act(wish));
    Ok(())
}

/// `:suspend reason`, `:scale 3`: what follows answers the form, which is shown nevertheless.
fn by_name(cx: &mut Cx, name: &'static str, text: &str) -> Result<()> {
    let action = actions::find(name).expect("commands name actions that there are");
    let text = text.trim();
    let mut answers = Answers::default();
    match action.form {
        _ if text.is_empty() => {}
        Form::Suspension => answers.reason = Some(text.to_owned()),
        Form::Replicas => {
            let count = text.parse().map_err(|_| Error::usage(format!("`{text}` is no number of replicas"), "`:scale 3`"))?;
            answers.replicas = Some(count);
        }
        Form::Nothing => {
            return Err(Error::usage(format!("`:{name}` takes nothing: it acts on what is selected"), "mark objects with space"));
        }
    }
    wish(cx, Wish::Do(action, answers))
}

/// Does what was wished to these objects, as far as nothing has to be asked first. `hidden` are those that the screen does not show.
pub fn perform(wish: Wish, objects: &[ObjectRef], hidden: Vec<ObjectRef>, cx: &mut Cx) -> Result<()> {
    let targets = cx.state.targets(objects);
    let (action, answers, asks_first) = match wish {
        Wish::Choose => return open(cx, "actions", Target::Acts { targets, hidden }),
        Wish::Key(key) => {
            let action = cx.state.by_key(key, objects)?;
            // the key that suspends does not resume behind anybody's back: who suspended it and why is shown first
            (action, Answers::default(), action.key != key)
        }
        // as its key does: where everything is suspended, that is offered to be resumed
        Wish::Do(action, _) if action.name == "reconcile" => (cx.state.by_key(action.key, objects)?, Answers::default(), false),
        Wish::Do(action, answers) => (action, answers, false),
    };
    cx.intend(Intent::Act(Box::new(Wanted { action, targets, answers, hidden, asks_first })));
    Ok(())
}

/// Leaves the program; while something is under way, asks first.
pub(super) fn leave(cx: &mut Cx) -> Result<()> {
    if cx.state.jobs.under_way().next().is_some() {
        return open(cx, "leave", Target::Nothing);
    }
    cx.intend(Intent::Terminal(Terminal::Quit));
    Ok(())
}
