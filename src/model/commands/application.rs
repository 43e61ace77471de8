//! The program itself: leaving, help, history, what the screen looks like.

use super::{Command, Cx, Gesture, Run, Scope, Screen, Target, Transition, act as acting, look};
use crate::error::{Error, Result};
use crate::state::{Intent, Setting, Terminal};

const EVERYWHERE: &[Scope] = &[Scope::Everywhere];

fn act(
    name: &'static str,
    aliases: &'static [&'static str],
    keys: &'static [&'static str],
    doc: &'static str,
    act: fn(&mut Cx, &str) -> Result<()>,
) -> Command {
    Command { name, aliases, keys, doc: doc.into(), footer: "", scopes: EVERYWHERE, run: Run::Act(act) }
}

fn turn(keys: &'static [&'static str], footer: &'static str, doc: &'static str, act: fn(&mut Cx, &str) -> Result<()>) -> Command {
    Command { name: "", aliases: &[], keys, doc: doc.into(), footer, scopes: EVERYWHERE, run: Run::Act(act) }
}

pub(super) fn all() -> Vec<Command> {
    vec![
        turn(&["/"], "filter", "filter: a regular expression, `!` inverse, `-l` labels, `-f` fuzzy; in text: search", |cx, _| {
            push(cx, Transition::Filter)
        }),
        turn(&[":"], "cmd", "command: a kind, a view, or a command", |cx, _| push(cx, Transition::Command(String::new()))),
        Command {
            name: "",
            aliases: &[],
            keys: &["esc", "q"],
            doc: "back: first the filter, then the view".into(),
            footer: "",
            scopes: EVERYWHERE,
            run: Run::Gesture(Gesture::Back),
        },
        Command {
            name: "help",
            aliases: &["h", "?"],
            keys: &["?"],
            doc: "every command that works here; enter runs it".into(),
            footer: "help",
            scopes: EVERYWHERE,
            run: Run::Act(|cx, _| push(cx, Transition::Open(Screen::HELP, Target::View(cx.scope)))),
        },
        turn(&["["], "", "the view before in history", |cx, _| push(cx, Transition::Earlier)),
        turn(&["]"], "", "the view after in history", |cx, _| push(cx, Transition::Later)),
        turn(&["-"], "", "the last view, there and back", |cx, _| push(cx, Transition::Last)),
        turn(&["0"], "", "all namespaces", |cx, _| {
            look::select_namespaces(cx, "all");
            Ok(())
        }),
        turn(&["ctrl-w"], "", "wide: all columns", |cx, _| set(cx, Setting::Wide(!cx.state.settings.wide))),
        turn(&["ctrl-e"], "", "hide or show the header", |cx, _| set(cx, Setting::HideHeader(!cx.state.settings.hide_header))),
        turn(&["ctrl-g"], "", "hide the hints that the demo opens with", |cx, _| set(cx, Setting::NoGuide)),
        turn(&["p"], "", "preview of the selected object", |cx, _| set(cx, Setting::Preview(!cx.state.settings.preview))),
        turn(&["ctrl-r"], "", "read everything from the cluster again", |cx, _| intend(cx, Intent::Refresh)),
        turn(&["ctrl-l"], "", "draw the screen again", |cx, _| intend(cx, Intent::Terminal(Terminal::Redraw))),
        act("theme", &["skin"], &[], "choose a theme by name", theme),
        turn(&["ctrl-z"], "", "to the shell; `fg` comes back", |cx, _| intend(cx, Intent::Terminal(Terminal::Suspend))),
        act("quit", &["q", "q!", "qa", "Q", "exit"], &["ctrl-c"], "quit; asks first while something is under way", |cx, _| {
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
    Err(Error::usage(format!("there is no theme `{name}`"), format!("there are {}", cx.state.settings.themes.join(", "))))
}
