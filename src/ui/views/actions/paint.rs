//! Painting the panel: both halves side by side, or below each other, and what there is to say of the selected entry.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Entry, Panel};
use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::cut::cut;
use crate::ui::widgets::dialog::Dialog;
use crate::ui::widgets::editor::window;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::commands::pretty;
use fluxdeck_model::domain::width;

/// Columns of the keys, and of the words beside them.
const KEY: usize = 5;
const LABEL: usize = 28;
/// The widest that the panel gets.
const WIDTH: u16 = 132;
/// Columns from which the two halves are side by side.
const HALVES: u16 = 76;

/// The lines of the panel.
struct Halves {
    left: Vec<(Styled, Option<usize>)>,
    /// Empty where everything is in one list.
    right: Vec<(Styled, Option<usize>)>,
    left_width: u16,
}

impl Panel {
    pub(super) fn paint(&self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let shown = self.shown();
        let context = &scene.state.cluster().context;
        let title = format!("{} {} {context}", self.heading(), scene.theme.sign("──", "--"));
        let keys = [(scene.theme.sign("⏎", "enter"), "run"), ("/", "or type to find"), ("esc", "back")];
        let width = Dialog::room(area, WIDTH);
        let halves = self.halves(&shown, width, scene);
        let cursor = self.at(&shown);
        let about = shown.get(cursor).map(|entry| Styled::of(Style::Dim, format!(" {}", self.about(entry))));
        let about = about.map(|line| line.wrapped(1, width.into())).unwrap_or_default();
        let length = halves.left.len().max(halves.right.len());
        let height = u16::try_from(length + 1 + about.len()).unwrap_or(u16::MAX);
        let inner = Dialog { title: &title, keys: &keys }.render(area, buf, scene, (width, height));
        // where there is room for little, the list is worth more
        let foot = u16::try_from(about.len() + 1).unwrap_or(u16::MAX);
        let foot = if inner.height >= height || inner.height >= foot + 4 { foot.min(inner.height) } else { 0 };
        let list = Rect { height: inner.height - foot, ..inner };
        let is_it = |(_, at): &(Styled, Option<usize>)| *at == Some(cursor) && !shown.is_empty();
        let line = halves.left.iter().position(is_it).or_else(|| halves.right.iter().position(is_it)).unwrap_or_default();
        let first = (line + 1).saturating_sub(list.height.into());
        let left = Rect { width: halves.left_width.min(list.width), ..list };
        let right = Rect { x: list.x + left.width, width: list.width - left.width, ..list };
        paint(&halves.left, first, left, buf, scene, is_it);
        if !halves.right.is_empty() && right.width > 1 {
            for y in right.y..right.bottom() {
                buf.set_string(right.x, y, scene.theme.sign("│", "|"), scene.theme.style(Style::Border));
            }
            paint(&halves.right, first, Rect { x: right.x + 1, width: right.width - 1, ..right }, buf, scene, is_it);
        }
        for (y, line) in (list.bottom() + 1..inner.bottom()).zip(&about) {
            buf.set_line(inner.x, y, &line.painted(scene.theme), inner.width);
        }
    }

    /// An entry as a line of that width; beside its label only what cannot be read elsewhere.
    fn line(&self, entry: &Entry, columns: usize) -> Styled {
        let (key, text) = if entry.open > 0 { (Style::Key, Style::Text) } else { (Style::Disabled, Style::Disabled) };
        let [shown, label, ..] = entry.choice.texts();
        let line = Styled::of(key, format!("{:>3}", pretty(shown))).upto(KEY).and(text, label);
        let room = columns.saturating_sub(LABEL + KEY);
        let beside = match &entry.note {
            Some(note) if entry.choice.is_change() && entry.open > 0 => note.clone(),
            Some(_) => self.about(entry),
            None => entry.choice.texts()[3].to_owned(),
        };
        // a reason is worth its beginning; the whole is said of the selected entry, as what each does is
        let fits = width::of(&beside) <= room || entry.note.is_some() && room >= 12;
        if fits { line.upto(LABEL + KEY).and(Style::Dim, beside) } else { line }
    }

    /// The heading of the entries in the cluster, with what is sought.
    fn head(&self, width: usize) -> Styled {
        let head = Styled::of(Style::Heading, " In the cluster, now");
        if !self.finds {
            return head;
        }
        let (before, under, after) = window(self.sought.text(), self.sought.at(), width / 2);
        let line = head.upto(LABEL + KEY - 6).and(Style::Mark, format!("/{before}"));
        line.and(Style::Match, under).and(Style::Mark, after)
    }

    /// Both halves in lines, each with the place of its entry among those shown, and the width of the left one.
    fn halves(&self, shown: &[&Entry], width: u16, scene: &Scene) -> Halves {
        let is_beside = width >= HALVES && self.entries.iter().any(|entry| entry.choice.is_change());
        let left_width = if is_beside { (width - 1) / 2 } else { width };
        let columns = usize::from(left_width);
        let half = |of_git: bool| {
            let of_half = shown.iter().enumerate().filter(move |(_, entry)| entry.choice.is_change() == of_git);
            of_half
                .map(|(at, entry)| (self.line(entry, columns.saturating_sub(usize::from(of_git))), Some(at)))
                .collect::<Vec<_>>()
        };
        let mut left = vec![(self.head(columns), None)];
        left.extend(half(false));
        let git = half(true);
        let heading = Styled::of(Style::Heading, " Through git, as a pull request");
        if shown.is_empty() {
            left.push((Styled::of(Style::Dim, format!(" {}", self.why_empty(scene.state))), None));
        }
        let mut right = Vec::new();
        if is_beside {
            right.push((heading, None));
            right.extend(git);
        } else if !git.is_empty() {
            left.push((heading, None));
            left.extend(git);
        }
        Halves { left, right, left_width }
    }
}

/// Paints the lines of a half from the first on, with the cursor.
fn paint(
    lines: &[(Styled, Option<usize>)],
    first: usize,
    area: Rect,
    buf: &mut Buffer,
    scene: &Scene,
    is_selected: impl Fn(&(Styled, Option<usize>)) -> bool,
) {
    for (y, line) in (area.y..area.bottom()).zip(lines.iter().skip(first)) {
        buf.set_line(area.x, y, &cut(line.0.painted(scene.theme), area.width.into()), area.width);
        if is_selected(line) {
            scene.theme.select(buf, Rect { y, height: 1, ..area });
        }
    }
}
