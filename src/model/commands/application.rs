//! The program itself: quitting, help, history, the look of the screen.

use super::{Command, Cx, Gesture, Handler, KeyScope, Screen, Subject, Transition, act as acting, look};
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
    Command { name, aliases, keys, doc: doc.into(), footer: "", scopes: EVERYWHERE, run: Handler::Act(act) }
}

fn turn(keys: &'static [&'static str], footer: &'static str, doc: &'static str, act: fn(&mut Cx, &str) -> Result<()>) -> Command {
    Command { name: "", aliases: &[], keys, doc: doc.into(), footer, scopes: EVERYWHERE, run: Handler::Act(act) }
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
            run: Handler::Gesture(Gesture::Back),
        },
        Command {
            name: "help",
            aliases: &["h", "?"],
            keys: &["?"],
            doc: "every command that works here; enter runs it".into(),
            footer: "help",
            scopes: EVERYWHERE,
            run: Handler::Act(|cx, _| push(cx, Transition::Open(Screen::HELP, Subject::View(cx.scope)))),
        },
        turn(&["["], "", "the previous view in the history", |cx, _| push(cx, Transition::Earlier)),
        turn(&["]"], "", "the next view in the history", |cx, _| push(cx, Transition::Later)),
        turn(&["-"], "", "toggle between the last two views", |cx, _| push(cx, Transition::Last)),
        turn(&["0"], "", "all namespaces", |cx, _| {
            look::select_namespaces(cx, "all");
            Ok(())
        }),
        turn(&["ctrl-w"], "", "wide: all columns", |cx, _| set(cx, Setting::Wide(!cx.state.settings.wide))),
        turn(&["ctrl-e"], "", "hide or show the header", |cx, _| set(cx, Setting::HideHeader(!cx.state.settings.hide_header))),
        turn(&["ctrl-g"], "", "hide the demo's hints", |cx, _| set(cx, Setting::NoGuide)),
        turn(&["p"], "", "preview of the selected object", |cx, _| set(cx, Setting::Preview(!cx.state.settings.preview))),
        turn(&["ctrl-r"], "", "read everything from the cluster again", |cx, _| intend(cx, Intent::Refresh)),
        turn(&["ctrl-l"], "", "draw the screen again", |cx, _| intend(cx, Intent::Terminal(Terminal::Redraw))),
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
    Err(Error::usage(format!("there is no theme `{name}`"), format!("there are {}", cx.state.settings.themes.join(", "))))
}
