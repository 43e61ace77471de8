//! Every command with its keys and names, made from the declarations; what is picked runs in the view from which help was opened.
//!
//! ```text
//!  FOR   KEYS      COMMAND        WHAT IT DOES                                                WHERE
//!  move  ⏎                        open: details; a reference row jumps
//!  look  v         :events :ev    events of the selected object
//!  look  f                        follow new lines                                            logs      does not work here: dim
//! ```
//! In chapters: moving, looking, acting, finding, the rest; what does not work here is at the end. `/` keeps the commands that match, also a
//! chapter by its word.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::list::Column;
use crate::ui::widgets::picker::{Item, Picker};
use fluxdeck_model::commands::{self, Command, Cx, Gesture, Handler, KeyScope, Screen, Subject, Transition, keys_of};
use fluxdeck_model::state::{Key, State};

pub const SPEC: ViewSpec = ViewSpec {
    screen: Screen::HELP,
    doc: "every command, its keys and its names",
    scope: KeyScope::Picker,
    make: |target, _| {
        let of = if let Subject::View(scope) = target { scope } else { KeyScope::Tree };
        Ok(Box::new(Help::of(of)))
    },
};

pub struct Help {
    /// The view that it was opened from.
    of: KeyScope,
    commands: Vec<&'static Command>,
    picker: Picker,
}

impl Help {
    fn of(of: KeyScope) -> Self {
        let mut commands: Vec<_> = commands::all().collect();
        // what does not work here comes last
        commands.sort_by_key(|command| {
            let place = place(command, of);
            (place == Place::Elsewhere, command.group, place)
        });
        let mut picker = Picker::default();
        picker.fill(commands.iter().map(|command| item(command, of)).collect());
        Self { of, commands, picker }
    }

    fn selected(&self) -> Option<&'static Command> {
        let selected = self.picker.selected()?;
        self.commands.iter().copied().find(|command| line(command) == selected)
    }

    /// Leaves help and does there what was picked.
    fn pick(&self, cx: &mut Cx) {
        let Some(command) = self.selected() else { return };
        if place(command, self.of) == Place::Elsewhere {
            cx.say(format!("{}: only in {}", command.doc, places(command)));
            return;
        }
        let key = command.keys.first().and_then(|key| Key::parse(key));
        cx.transit(match key {
            Some(key) => Transition::Press(key),
            None => Transition::Run(command.name.to_owned()),
        });
    }
}

/// The position of a command in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Here,
    Everywhere,
    Elsewhere,
}

fn place(command: &Command, of: KeyScope) -> Place {
    match () {
        () if command.scopes.contains(&of) => Place::Here,
        () if command.scopes.contains(&KeyScope::Everywhere) => Place::Everywhere,
        // a name can be typed wherever one is
        () if !command.name.is_empty() && !matches!(command.run, Handler::Gesture(_)) => Place::Everywhere,
        () => Place::Elsewhere,
    }
}

/// A command in one line: what it is known and copied by.
fn line(command: &Command) -> String {
    let parts = [keys_of(command), names_of(command), command.doc.to_string()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
}

fn item(command: &Command, of: KeyScope) -> Item {
    let works = place(command, of) != Place::Elsewhere;
    let style = |style: Style| if works { style } else { Style::Dim };
    let cells = vec![
        Styled::of(Style::Dim, command.group.word()),
        Styled::of(style(Style::Key), keys_of(command)),
        Styled::of(style(Style::Accent), names_of(command)),
        Styled::of(style(Style::Text), &command.doc),
        Styled::of(Style::Dim, if works { String::new() } else { places(command) }),
    ];
    Item { id: line(command), cells }
}

/// `:events :ev`.
fn names_of(command: &Command) -> String {
    let names = std::iter::once(&command.name).chain(command.aliases).filter(|name| !name.is_empty());
    names.map(|name| format!(":{name}")).collect::<Vec<_>>().join(" ")
}

/// The views in which a command works, as far as there is room for their names.
fn places(command: &Command) -> String {
    let words: Vec<_> = command.scopes.iter().take(MOST_PLACES).map(|scope| scope.word()).collect();
    match command.scopes.len().saturating_sub(MOST_PLACES) {
        0 => words.join(", "),
        more => format!("{}, {more} more", words.join(", ")),
    }
}

/// Views that are named before the others are only counted.
const MOST_PLACES: usize = 3;

impl View for Help {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn picker(&self) -> Option<&Picker> {
        Some(&self.picker)
    }

    fn picker_mut(&mut self) -> Option<&mut Picker> {
        Some(&mut self.picker)
    }

    fn target(&self) -> Subject {
        Subject::View(self.of)
    }

    fn title(&self, _: &State) -> String {
        format!("help for the {}", self.of.word())
    }

    fn count(&self, _: &State) -> String {
        self.picker.count_of("command")
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        if gesture == Gesture::Open {
            self.pick(cx);
            return true;
        }
        self.picker.gesture(gesture, cx)
    }

    fn word(&self, gesture: Gesture, word: &'static str, _: &State) -> Option<&'static str> {
        match gesture {
            Gesture::Open => self.selected().filter(|command| place(command, self.of) != Place::Elsewhere).map(|_| "run"),
            _ => Some(word),
        }
    }

    fn message(&self, _: &State) -> Option<Styled> {
        self.selected().map(|command| Styled::of(Style::Dim, line(command)))
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let columns = [
            Column::new("FOR", 10, 10, 2),
            Column::new("KEYS", 6, 16, 0),
            Column::new("COMMAND", 21, 34, 3),
            Column::new("WHAT IT DOES", 36, u16::MAX, 0),
            Column::new("WHERE", 6, 30, 4),
        ];
        self.picker.render(area, buf, scene, &columns, "no command matches");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::World;

    fn shown(help: &mut Help, width: u16, height: u16) -> String {
        World::default().show(help, width, height).join("\n")
    }

    #[test]
    fn help_has_every_command_with_its_keys_names_and_words() {
        let mut help = Help::of(KeyScope::Tree);
        let shown = shown(&mut help, 250, 240);
        for command in commands::all() {
            let parts = [&*keys_of(command), &*names_of(command), &*command.doc];
            assert!(shown.lines().any(|line| parts.iter().all(|part| line.contains(part))), "{parts:?}");
        }
    }

    #[test]
    fn what_works_here_comes_first_and_what_does_not_says_where_it_does() {
        for scope in [KeyScope::Tree, KeyScope::Logs] {
            let mut help = Help::of(scope);
            assert!(help.commands[0].scopes.contains(&scope));
            let is_elsewhere = |command: &&Command| place(command, scope) == Place::Elsewhere;
            let end = help.commands.iter().position(is_elsewhere).expect("some work in other views only");
            assert!(help.commands[end..].iter().all(is_elsewhere));
            assert!(help.commands[..end].is_sorted_by_key(|command| (command.group, place(command, scope))));
            let last = shown(&mut help, 250, 240).lines().rfind(|line| !line.is_empty()).map(str::to_owned);
            let places = super::places(help.commands[help.commands.len() - 1]);
            assert!(last.as_ref().is_some_and(|line| line.ends_with(&places)), "{places} is not the end of {last:?}");
        }
    }

    #[test]
    fn what_is_picked_is_pressed_or_run_below() {
        for (filter, expected) in [
            ("jump to the source", vec![Transition::Press(Key::parse("U").expect("a key"))]),
            ("namespaces; with names", vec![Transition::Run("namespaces".to_owned())]),
            ("follow, or stay", vec![]),
        ] {
            let mut world = World::default();
            let mut help = Help::of(KeyScope::Tree);
            help.picker.set_filter(filter).expect("a filter");
            let (_, transitions) = world.act(|cx| help.gesture(Gesture::Open, cx));
            assert_eq!(transitions, expected, "{filter}");
        }
    }

    #[test]
    fn a_filter_keeps_what_matches() {
        let mut help = Help::of(KeyScope::Tree);
        help.picker.set_filter("namespace").expect("a filter");
        let shown = shown(&mut help, 80, 60);
        assert!(shown.contains(":namespaces") && shown.contains("copy the namespace") && !shown.contains(":quit"), "{shown}");
    }

    #[test]
    fn no_size_is_too_small() {
        for (width, height) in [(0, 0), (1, 1), (20, 5)] {
            shown(&mut Help::of(KeyScope::Tree), width, height);
        }
    }
}
