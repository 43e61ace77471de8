//! The program itself: quitting, help, history, the look of the screen.

use super::{Command, Cx, Gesture, Group, Handler, KeyScope, Screen, Subject, Transition, act as acting};
use crate::error::{Error, Result};
use crate::state::{Intent, Setting, Terminal};

const EVERYWHERE: &[KeyScope] = &[KeyScope::Everywhere];

fn act(
    name: &'static str,
    aliases: &'static [&'static str],
    keys: &'static [&'static str],
    doc: &'static str,
    act: fn(&mut Cx, &str) -> Result<()>,
) -> Command {
    Command {
        name,
        aliases,
        keys,
        doc: doc.into(),
        footer: "",
        group: Group::Everywhere,
        scopes: EVERYWHERE,
        run: Handler::Act(act),
    }
}

fn turn(keys: &'static [&'static str], footer: &'static str, doc: &'static str, act: fn(&mut Cx, &str) -> Result<()>) -> Command {
    Command {
        name: "",
        aliases: &[],
        keys,
        doc: doc.into(),
        footer,
        group: Group::Everywhere,
        scopes: EVERYWHERE,
        run: Handler::Act(act),
    }
}

fn find(keys: &'static [&'static str], footer: &'static str, doc: &'static str, act: fn(&mut Cx, &str) -> Result<()>) -> Command {
    Command { group: Group::Find, ..turn(keys, footer, doc, act) }
}

fn way(keys: &'static [&'static str], doc: &'static str, act: fn(&mut Cx, &str) -> Result<()>) -> Command {
    Command { group: Group::Move, ..turn(keys, "", doc, act) }
}

pub(super) fn all() -> Vec<Command> {
    vec![
        find(
            &["/"],
            "filter",
            "filter: a regular expression in any cell, `!` inverse, `a=b` labels, `-f` letters of the name; in text: search",
            |cx, _| push(cx, Transition::Filter),
        ),
        find(&[":"], "cmd", "command: a kind, a view, or a command", |cx, _| push(cx, Transition::Command(String::new()))),
        Command {
            name: "",
            aliases: &[],
            keys: &["esc", "q"],
            doc: "back: first the filter, then the view".into(),
            footer: "",
            group: Group::Move,
            scopes: EVERYWHERE,
            run: Handler::Gesture(Gesture::Back),
        },
        Command {
            name: "help",
            aliases: &["h", "?"],
            keys: &["?"],
            doc: "every command that works here, and closes it; enter runs one".into(),
            footer: "help",
            group: Group::Everywhere,
            scopes: EVERYWHERE,
            run: Handler::Act(|cx, _| push(cx, Transition::Open(Screen::HELP, Subject::View(cx.scope)))),
        },
        way(&["["], "the previous view in the history", |cx, _| push(cx, Transition::Earlier)),
        way(&["]"], "the next view in the history", |cx, _| push(cx, Transition::Later)),
        way(&["-"], "toggle between the last two views", |cx, _| push(cx, Transition::Last)),
        way(&["0"], "all namespaces", |cx, _| intend(cx, Intent::Namespaces(None))),
        turn(&["ctrl-w"], "", "wide: all columns", |cx, _| set(cx, Setting::Wide(!cx.state.settings.wide))),
        turn(&["ctrl-e"], "", "hide or show the header", |cx, _| set(cx, Setting::HideHeader(!cx.state.settings.hide_header))),
        turn(&["ctrl-g"], "", "hide the demo's hints", |cx, _| set(cx, Setting::NoGuide)),
        turn(&["p"], "", "preview of the selected object", |cx, _| set(cx, Setting::Preview(!cx.state.settings.preview))),
        turn(&["ctrl-s"], "", "save the table to a file", |cx, _| push(cx, Transition::Save)),
        turn(&["ctrl-r"], "", "read everything from the cluster again", |cx, _| intend(cx, Intent::Refresh)),
        turn(&["ctrl-l"], "", "draw the screen again", |cx, _| intend(cx, Intent::Terminal(Terminal::Redraw))),
        act("scene", &["scenes"], &[], "let something happen in the demo: a scene by name, or choose one", scene),
        act("theme", &["skin"], &[], "choose a theme by name", theme),
        turn(&["ctrl-z"], "", "suspend to the shell; `fg` returns", |cx, _| intend(cx, Intent::Terminal(Terminal::Suspend))),
        act("quit", &["q", "q!", "qa", "Q", "exit"], &["ctrl-c"], "quit; asks first while acts are under way", |cx, _| {
            acting::leave(cx)
        }),
    ]
}

fn push(cx: &mut Cx, transition: Transition) -> Result<()> {
    cx.transit(transition);
    Ok(())
}

fn intend(cx: &mut Cx, intent: Intent) -> Result<()> {
    cx.intend(intent);
    Ok(())
}

fn set(cx: &mut Cx, setting: Setting) -> Result<()> {
    intend(cx, Intent::Set(setting))
}

fn theme(cx: &mut Cx, name: &str) -> Result<()> {
    if cx.state.settings.themes.iter().any(|known| known == name) {
        return set(cx, Setting::Theme(name.to_owned()));
    }
    let all = format!("there are {}", cx.state.settings.themes.join(", "));
    Err(match name {
        "" => Error::usage("name a theme: `:theme NAME`", all),
        _ => Error::usage(format!("there is no theme `{name}`"), all),
    })
}

fn scene(cx: &mut Cx, name: &str) -> Result<()> {
    let scenes = &cx.state.settings.scenes;
    if scenes.is_empty() {
        return Err(Error::usage("scenes happen in the demo only: this is a real cluster", "`fluxdeck demo` opens it"));
    }
    if name.is_empty() {
        return push(cx, Transition::Go(Screen::SCENES, Subject::Nothing));
    }
    let Some(found) = scenes.iter().find(|scene| scene.name == name) else {
        let names = scenes.iter().map(|scene| scene.name).collect::<Vec<_>>().join(", ");
        return Err(Error::usage(format!("the demo has no scene `{name}`"), format!("it has {names}")));
    };
    intend(cx, Intent::Play(found.name))
}
