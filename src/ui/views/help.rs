//! Every command with its keys and names, made from the declarations: nothing is written here by hand.
//!
//! ```text
//!  In tree, table, list                          Everywhere
//!   ⏎         open: details; a reference row       ?  :help       help for this view
//!             jumps                                :ctx           contexts of the kubeconfig …
//! ```
//! `/` keeps the commands that match.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::{Scene, View, ViewSpec};
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::say;
use crate::ui::widgets::text::Text;
use fluxdeck_model::commands::{self, Command, Cx, Gesture, Scope, Target, keys_of};
use fluxdeck_model::domain::Labels;
use fluxdeck_model::domain::query::{Fuzzy, Query};
use fluxdeck_model::state::{Effect, State};

pub const SPEC: ViewSpec = ViewSpec {
    name: "help",
    doc: "every command, its keys and its names",
    scope: Scope::Text,
    make: |_, _| Ok(Box::<Help>::default()),
};

/// From this width on there are two columns.
const TWO: u16 = 110;
/// Blank columns between the two.
const GAP: usize = 3;

#[derive(Default)]
pub struct Help {
    typed: String,
    query: Option<Query>,
    lines: Vec<Styled>,
    /// For which width and filter the lines are.
    built: Option<(u16, String)>,
    text: Text,
}

impl Help {
    /// The commands that match, by the views in which they work, in the order of their declaration.
    fn sections(&self) -> Vec<(&'static [Scope], Vec<&'static Command>)> {
        let mut sections: Vec<(&'static [Scope], Vec<&'static Command>)> = Vec::new();
        let mut fuzzy = Fuzzy::default();
        for command in commands::all() {
            let text = format!("{} {} {} {}", keys_of(command), names_of(command), command.doc, places(command.scopes));
            if self.query.as_ref().is_some_and(|query| !query.matches(&text, &Labels::default(), &mut fuzzy)) {
                continue;
            }
            match sections.iter_mut().find(|(scopes, _)| *scopes == command.scopes) {
                Some((_, section)) => section.push(command),
                None => sections.push((command.scopes, vec![command])),
            }
        }
        sections
    }

    fn build(&mut self, width: u16) {
        if self.built.as_ref().is_some_and(|(built, typed)| *built == width && *typed == self.typed) {
            return;
        }
        let columns = if width >= TWO { 2 } else { 1 };
        let room = (usize::from(width) - GAP * (columns - 1)) / columns;
        let sections: Vec<Vec<Styled>> =
            self.sections().into_iter().map(|(scopes, section)| lines(scopes, &section, room)).collect();
        self.lines = if columns == 1 { sections.concat() } else { beside(sections, room) };
        self.built = Some((width, self.typed.clone()));
        self.text.replaced(&self.lines[..]);
    }
}

/// `:events :ev`.
fn names_of(command: &Command) -> String {
    let names = std::iter::once(&command.name).chain(command.aliases).filter(|name| !name.is_empty());
    names.map(|name| format!(":{name}")).collect::<Vec<_>>().join(" ")
}

fn places(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(", ")
}

/// One section: where its commands work, then a command a line.
fn lines(scopes: &[Scope], section: &[&Command], width: usize) -> Vec<Styled> {
    let place = if scopes == [Scope::Everywhere] { "Everywhere".to_owned() } else { format!("In {}", places(scopes)) };
    let mut lines = Styled::of(Style::Heading, place).wrapped(1, width);
    let left = |command: &Command| {
        let keys = Styled::of(Style::Key, keys_of(command));
        let names = names_of(command);
        if keys.text.is_empty() {
            return Styled::of(Style::Accent, names);
        }
        if names.is_empty() { keys } else { keys.and(Style::Text, "  ").and(Style::Accent, names) }
    };
    let most = (width / 2).min(34);
    let indent = section.iter().map(|command| left(command).width()).filter(|width| *width <= most).max().unwrap_or(0) + 3;
    for command in section {
        let line = Styled::of(Style::Text, " ").and_all(&left(command)).upto(indent).and(Style::Text, command.doc);
        lines.extend(line.wrapped(indent, width));
    }
    lines.push(Styled::default());
    lines
}

/// Sections in two columns of about the same height.
fn beside(sections: Vec<Vec<Styled>>, room: usize) -> Vec<Styled> {
    let total: usize = sections.iter().map(Vec::len).sum();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for section in sections {
        let is_left = right.is_empty() && left.len() + section.len() / 2 <= total.div_ceil(2);
        if is_left { left.extend(section) } else { right.extend(section) }
    }
    let height = left.len().max(right.len());
    left.resize(height, Styled::default());
    right.resize(height, Styled::default());
    let join = |(left, right): (Styled, Styled)| {
        let blank = room + GAP - left.width();
        left.and(Style::Text, " ".repeat(blank)).and_all(&right)
    };
    left.into_iter().zip(right).map(join).collect()
}

impl View for Help {
    fn spec(&self) -> &'static ViewSpec {
        &SPEC
    }

    fn target(&self) -> Target {
        Target::Nothing
    }

    fn title(&self, _: &State) -> String {
        "help".to_owned()
    }

    fn count(&self, _: &State) -> String {
        let count = self.sections().iter().map(|(_, section)| section.len()).sum::<usize>();
        format!("{count} commands · {}", self.text.position(&self.lines[..]))
    }

    fn gesture(&mut self, gesture: Gesture, cx: &mut Cx) -> bool {
        match gesture {
            Gesture::Copy => {
                let text: Vec<_> = self.lines.iter().map(|line| line.text.trim_end()).collect();
                cx.effects.push(Effect::Copy(text.join("\n")));
                cx.state.say("copied");
                true
            }
            Gesture::Wrap => true,
            gesture => self.text.gesture(gesture, &self.lines[..]),
        }
    }

    fn filter(&self, _: &State) -> String {
        self.typed.clone()
    }

    fn set_filter(&mut self, text: &str, _: &mut Cx) -> Result<(), String> {
        self.query = Query::parse(text)?;
        text.clone_into(&mut self.typed);
        Ok(())
    }

    fn render(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let area = area.intersection(buf.area);
        self.build(Text::room(area.width));
        if self.lines.is_empty() {
            return say(area, buf, scene, "no command matches", "esc clears the filter");
        }
        self.text.render(area, buf, scene, &self.lines[..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{World, lines};

    fn drawn(help: &mut Help, width: u16, height: u16) -> Vec<String> {
        lines(&World::default().draw(width, height, |area, buf, scene| help.render(area, buf, scene)))
    }

    #[test]
    fn help_has_every_command_with_its_keys_and_names_at_any_width() {
        for width in [60, 80, 160] {
            let mut help = Help::default();
            let shown = drawn(&mut help, width, 200).join("\n");
            let words: std::collections::BTreeSet<_> = shown.split_whitespace().collect();
            for command in commands::all() {
                let named = std::iter::once(&command.name)
                    .chain(command.aliases)
                    .filter(|name| !name.is_empty())
                    .map(|name| format!(":{name}"));
                let keys = keys_of(command);
                for wished in named
                    .chain(keys.split_whitespace().map(str::to_owned))
                    .chain(command.doc.split_whitespace().map(str::to_owned))
                {
                    assert!(words.contains(wished.as_str()), "{wished} of {:?} at {width} columns", command.doc);
                }
            }
        }
    }

    #[test]
    fn a_filter_keeps_what_matches() {
        let mut help =
            Help { query: Query::parse("namespace").expect("a filter"), typed: "namespace".to_owned(), ..Help::default() };
        let shown = drawn(&mut help, 80, 60).join("\n");
        assert!(shown.contains(":namespaces") && shown.contains("copy the namespace") && !shown.contains(":quit"), "{shown}");
    }

    #[test]
    fn no_size_is_too_small() {
        for (width, height) in [(0, 0), (1, 1), (20, 5)] {
            drawn(&mut Help::default(), width, height);
        }
    }
}
