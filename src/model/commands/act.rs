//! The actions as commands, the panel, and the views of acts.
//!
//! Which action a key means depends on the object (`s` suspends a HelmRelease and scales a Deployment, as in k9s): keys are
//! looked up in `actions::ALL`. Letters that mean something else to k9s users in a list work only in the panel.

use super::{ActIntent, Command, Cx, Group, Handler, KeyScope, Screen, Subject, Transition};
use crate::actions::{self, Action, Reach};
use crate::domain::{NotifyBy, ObjectRef};
use crate::error::{Error, Result};
use crate::forms::Answers;
use crate::state::{Intent, Setting, Terminal, Wanted};

/// Where there is an object to act on.
const OBJECTS: &[KeyScope] = &[
    KeyScope::Tree,
    KeyScope::Table,
    KeyScope::Text,
    KeyScope::Fields,
    KeyScope::Why,
    KeyScope::Pulse,
    KeyScope::Values,
    KeyScope::Graph,
];
const ROWS: &[KeyScope] = &[KeyScope::Tree, KeyScope::Table, KeyScope::Why, KeyScope::Pulse, KeyScope::Graph];
/// Where the panel can be opened: also where keys of actions mean something else.
const CHOSEN: &[KeyScope] = &[
    KeyScope::Tree,
    KeyScope::Table,
    KeyScope::Text,
    KeyScope::Fields,
    KeyScope::Why,
    KeyScope::Events,
    KeyScope::Pulse,
    KeyScope::Graph,
];
const EVERYWHERE: &[KeyScope] = &[KeyScope::Everywhere];

/// The keys of the actions on rows: which action is meant depends on the object.
fn keys() -> Vec<Command> {
    let mut found: Vec<Command> = Vec::new();
    for action in actions::ALL.iter().copied() {
        let (scopes, clause) = match action.reach {
            Reach::Panel => continue,
            Reach::Rows(clause) => (ROWS, clause),
            Reach::Objects(clause) => (OBJECTS, clause),
        };
        match found.iter_mut().find(|command| command.keys == [action.key]) {
            Some(known) => {
                known.doc = format!("{}; {clause}", known.doc).into();
                known.scopes = if known.scopes.len() > scopes.len() { known.scopes } else { scopes };
            }
            None => found.push(Command {
                name: "",
                aliases: &[],
                keys: std::slice::from_ref(&action.key),
                doc: clause.into(),
                footer: "",
                group: Group::Act,
                scopes,
                run: Handler::Key(action.key),
            }),
        }
    }
    found
}

/// The actions that have a name after `:`.
fn named() -> impl Iterator<Item = Command> {
    let command = |action: &'static Action, doc: &'static str| Command {
        name: action.name,
        aliases: &[],
        keys: &[],
        doc: doc.into(),
        footer: "",
        group: Group::Act,
        scopes: CHOSEN,
        run: Handler::Action(action),
    };
    actions::ALL.iter().copied().filter_map(move |action| Some(command(action, action.command?)))
}

fn known(name: &'static str, keys: &'static [&'static str], doc: &'static str, act: fn(&mut Cx, &str) -> Result<()>) -> Command {
    Command {
        name,
        aliases: &[],
        keys,
        doc: doc.into(),
        footer: "",
        group: Group::Act,
        scopes: EVERYWHERE,
        run: Handler::Act(act),
    }
}

pub(super) fn all() -> Vec<Command> {
    let mut all = vec![Command {
        name: "actions",
        aliases: &["act"],
        keys: &["a"],
        doc: "everything that can be done to the selected objects, with its key; or why it cannot be done".into(),
        footer: "actions",
        group: Group::Act,
        scopes: CHOSEN,
        run: Handler::Act(|cx, _| act(cx, ActIntent::Choose)),
    }];
    all.extend(keys());
    all.extend(named());
    all.push(Command { scopes: OBJECTS, ..known(NOTIFY[2], &[], NOTIFY[3], notify) });
    all.push(known("follow", &["J"], "acts under way and their outcomes (the owner, k9s's J, is at o)", |cx, _| {
        open(cx, Screen::JOBS, Subject::Nothing)
    }));
    all.push(known("acts", &["@"], "the log of acts: when, who, what, the equivalent line, the outcome", |cx, _| {
        open(cx, Screen::ACTS, Subject::Nothing)
    }));
    all
}

/// Key in the panel, label, name and doc of what watches objects.
pub const NOTIFY: [&str; 4] = [
    "b",
    "notify me of changes",
    "notify",
    "say when the selected objects turn bad or good, or no longer; `:notify osc9`, osc777, bell, off: how the terminal does it in this run",
];

/// Watches the selected objects, or says how the terminal notifies.
fn notify(cx: &mut Cx, text: &str) -> Result<()> {
    match text.trim() {
        "" if cx.targets.is_empty() => return Err(Error::failed("nothing is selected", "move to an object first")),
        "" => cx.intend(Intent::Watch(cx.targets.clone())),
        word => {
            let unknown = || Error::usage(format!("`{word}` is not a way to notify"), format!("there are {}", NotifyBy::words()));
            let by = NotifyBy::parse(word).ok_or_else(unknown)?;
            cx.intend(Intent::Set(Setting::Notify(by)));
            cx.say(match by {
                NotifyBy::Off => "the terminal is not asked to notify: what turns is said here",
                _ => "the terminal notifies of watched objects in this run; notify.how in config.toml keeps it",
            });
        }
    }
    Ok(())
}

fn open(cx: &mut Cx, view: Screen, target: Subject) -> Result<()> {
    cx.transit(Transition::Open(view, target));
    Ok(())
}

pub(super) fn act(cx: &mut Cx, act: ActIntent) -> Result<()> {
    if cx.targets.is_empty() {
        return Err(Error::failed("nothing is selected", "move to an object first"));
    }
    cx.transit(Transition::Act(act));
    Ok(())
}

/// `:suspend reason`, `:scale 3`: what follows answers the first field of the form, which is shown nevertheless.
pub(super) fn by_name(cx: &mut Cx, action: &'static Action, text: &str) -> Result<()> {
    let text = text.trim();
    let mut answers = Answers::default();
    if !text.is_empty() {
        let form = (action.form)(&[]);
        let nothing =
            || Error::usage(format!("`:{}` takes no argument: it acts on the selection", action.name), "mark objects with space");
        let field = form.first().ok_or_else(nothing)?;
        if let Some(value) = field.read(text, &cx.state.person_clock())? {
            answers.put(&field.id, value);
        }
    }
    act(cx, ActIntent::Do(action, answers))
}

/// Performs the requested act on these objects, unless a question comes first. `hidden` are those that the screen does not show.
pub fn perform(act: ActIntent, objects: &[ObjectRef], hidden: Vec<ObjectRef>, cx: &mut Cx) -> Result<()> {
    let targets = cx.state.targets(objects);
    let (action, answers, asks_first) = match act {
        ActIntent::Choose => return open(cx, Screen::ACTIONS, Subject::Acts { targets, hidden }),
        ActIntent::Key(key) => {
            let action = cx.state.by_key(key, objects)?;
            // the key that suspends does not resume without showing first who suspended it and why
            (action, Answers::default(), action.key != key)
        }
        // as its key does: where everything is suspended, that is offered to be resumed
        ActIntent::Do(action, answers) => (cx.state.in_place_of(action, objects), answers, false),
    };
    cx.intend(Intent::Act(Box::new(Wanted { action, targets, answers, hidden, asks_first })));
    Ok(())
}

/// Leaves the program; while something is under way, asks first.
pub(super) fn leave(cx: &mut Cx) -> Result<()> {
    if cx.state.jobs.under_way().next().is_some() {
        return open(cx, Screen::LEAVE, Subject::Nothing);
    }
    cx.intend(Intent::Terminal(Terminal::Quit));
    Ok(())
}
