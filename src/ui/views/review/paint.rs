//! Painting a review: its parts below each other, or side by side, and what enter does.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Pane, Part, Review, choose, diff, refused, rendered, summary};
use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::cut::cut;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::request::{Answer, say};
use crate::ui::widgets::split::{self, LEAST};
use crate::ui::widgets::text::Text;
use fluxdeck_model::change::{ForgeChoice, Proposed};
use fluxdeck_model::commands::Gesture;
use fluxdeck_model::domain::text::{counted, sanitise};
use fluxdeck_model::state::State;

impl Review {
    pub(super) fn paint(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let area = area.intersection(buf.area);
        match &self.asked.answer {
            Answer::Waiting => say(area, buf, scene, "planning…", "the repository is fetched, and built before and after"),
            Answer::Failed(error) => {
                let hint = if error.hint.is_empty() { "enter tries it again" } else { &*error.hint };
                say(area, buf, scene, &sanitise(&error.message), &sanitise(hint));
            }
            Answer::Here(Proposed::Unchanged { object, base }) => {
                let text = format!("nothing changes: {} has all of it already", sanitise(base));
                say(area, buf, scene, &text, &sanitise(object));
            }
            Answer::Here(Proposed::Unknown(question)) => {
                say(area, buf, scene, &sanitise(&question.why), "enter asks for the repository");
            }
            Answer::Here(Proposed::Refused(_)) => self.paint_refused(area, buf, scene),
            Answer::Here(Proposed::Ready(_)) => self.paint_ready(area, buf, scene),
        }
    }

    fn paint_refused(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let Some(refusal) = self.refusal() else { return };
        let width = Text::room(area.width);
        let (lines, starts) = refused::lines(refusal, &self.offers(), self.way, scene.theme, width.into());
        let start = starts.get(self.way).copied().unwrap_or_default();
        let end = starts.get(self.way + 1).copied().unwrap_or(lines.len());
        // the end of the way shows where there is room for all of it, its heading always
        let room = usize::from(area.height);
        let top = (end.saturating_sub(room)).min(start);
        self.summary.replace(lines);
        self.summary.text.begin_at(top);
        self.summary.paint(area, buf, scene);
    }

    fn paint_ready(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        let (left, right) = split::columns(area);
        self.make((Text::room(left), Text::room(right)), scene);
        if let Some((left, right)) = split::beside(area, buf, scene) {
            self.summary.paint(left, buf, scene);
            return self.paint_beside(right, buf, scene);
        }
        let (above, below) = split::stacked(area, length(&self.summary), length(self.shown(self.lower)));
        self.summary.paint(above, buf, scene);
        let hidden = usize::from(length(&self.summary) - above.height);
        self.paint_lower(self.lower, below, hidden, buf, scene);
    }

    /// The diff with what is built then below it, where both have room; else the part that was chosen.
    fn paint_beside(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        if self.lower == Pane::Body || area.height < 2 * LEAST {
            return self.paint_lower(self.lower, area, 0, buf, scene);
        }
        let wanted = |pane: Pane| length(self.shown(pane)).saturating_add(1);
        let half = area.height / 2;
        // each takes what the other does not need
        let above = wanted(Pane::Diff).min(half.max(area.height.saturating_sub(wanted(Pane::Rendered))));
        self.paint_lower(Pane::Diff, Rect { height: above, ..area }, 0, buf, scene);
        let below = Rect { y: area.y + above, height: area.height - above, ..area };
        self.paint_lower(Pane::Rendered, below, 0, buf, scene);
    }

    /// Makes the lines again for these widths.
    fn make(&mut self, widths: (u16, u16), scene: &Scene) {
        let Some(proposal) = self.proposal().filter(|_| self.widths != widths) else { return };
        let (left, right) = (usize::from(widths.0), usize::from(widths.1));
        let summary = summary::lines(proposal, self.is_unfolded, scene.theme, left, scene.state.clock);
        let mut diff = diff::read(&proposal.patch, &proposal.files);
        let body = summary::body(proposal, right);
        let choices = choose::choices(proposal, &mut diff, scene.theme);
        let rendered = rendered::lines(&proposal.rendered, &proposal.unproven, scene.theme, right);
        self.summary.replace(summary);
        self.choices = choices;
        for at in self.choice().into_iter().flat_map(|choice| &choice.lines) {
            diff.lines[*at] = diff.lines[*at].marked(scene.theme.sign("▌", ">"), Style::Mark);
        }
        self.diff.replace(diff.lines);
        // what was left out, or taken in again, is in sight
        let is_due = std::mem::take(&mut self.is_chosen_now);
        if let Some(line) = self.choice().filter(|_| is_due).and_then(|choice| choice.lines.last().copied()) {
            self.diff.text.show(line, &self.diff.lines[..]);
        }
        self.rendered.replace(rendered);
        self.body.replace(body);
        self.widths = widths;
    }

    /// A part below a line that names it and what tab shows next. `hidden`: lines of the summary that have no room.
    fn paint_lower(&mut self, pane: Pane, area: Rect, hidden: usize, buf: &mut Buffer, scene: &Scene) {
        if area.height == 0 {
            return;
        }
        let dash = scene.theme.sign("─", "-");
        let is_active = self.pane == pane;
        let style = if is_active { Style::Key } else { Style::Dim };
        let head = Styled::of(Style::Border, dash).and(style, format!(" {} ", pane.name()));
        let head = match (hidden, self.pane) {
            (0, _) | (_, Pane::Summary) => head,
            (hidden, _) => {
                head.and(Style::Border, dash).and(Style::Progressing, format!(" {} above ", counted(hidden, "more line")))
            }
        };
        // of two parts beside the summary only one says it
        let is_said = is_active || self.pane == Pane::Summary && pane == self.lower;
        let tail = if is_said { format!(" tab: {} ", self.pane.next().name()) } else { String::new() };
        let room = usize::from(area.width);
        let blank = room.saturating_sub(head.width() + tail.len() + 1);
        let head = head.and(Style::Border, dash.repeat(blank)).and(Style::Dim, tail).and(Style::Border, dash);
        line(Rect { height: 1, ..area }, buf, scene, &head);
        let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
        self.part_of(pane).paint(below, buf, scene);
    }
}

fn length(part: &Part) -> u16 {
    u16::try_from(part.lines.len()).unwrap_or(u16::MAX)
}

impl Review {
    /// What enter does, in a sentence.
    pub(super) fn outcome(&self, state: &State) -> Option<String> {
        let enter = if state.settings.ascii { "enter" } else { "⏎" };
        if let Some(refusal) = self.refusal() {
            let (ways, builds) = (refusal.ways.len(), refusal.builds.len());
            let is_build = (ways..ways + builds).contains(&self.way);
            let above = ways + builds + refusal.alternatives().count();
            let is_other = (ways + builds..above).contains(&self.way);
            let is_offer = (above..above + self.offers().len()).contains(&self.way);
            let does = match refusal.ways.get(self.way) {
                _ if is_build => format!("{enter} continues with the selected Kustomization, "),
                _ if is_other => format!("{enter} changes this instead, "),
                _ if is_offer => format!("{enter} does that and plans again, "),
                Some(way) if way.is_open() => format!("{enter} takes the selected way, "),
                Some(_) | None => String::new(),
            };
            let by_hand = if self.can_edit(state) { "E edits the file, " } else { "" };
            return Some(format!("{does}{by_hand}esc goes back"));
        }
        let proposal = self.proposal()?;
        if let Some(why) = barred(state) {
            return Some(why);
        }
        if self.due.is_some() {
            let names = proposal.under_way().collect::<Vec<_>>().join(", ");
            return Some(format!("waiting for {names}, then it is submitted; any other key stops that"));
        }
        if let Some(pull) = &proposal.open {
            return Some(format!("{enter} follows #{}; nothing is pushed", pull.number));
        }
        let kind = if proposal.pull.is_draft { "a draft" } else { "a pull request" };
        Some(match &proposal.forge {
            ForgeChoice::Known { name, repository, .. } => {
                let later = if proposal.pull.merges_later { ", merged after its checks" } else { "" };
                format!("{enter} opens {kind} at {} {}{later}", sanitise(name), sanitise(repository))
            }
            ForgeChoice::None { .. } => format!("{enter} pushes the branch; the pull request is opened by hand"),
        })
    }
}

/// Why nothing is submitted in this run.
pub(super) fn barred(state: &State) -> Option<String> {
    state.policy().barred().map(|why| format!("{why}: nothing is pushed"))
}

impl Part {
    pub(super) fn gesture(&mut self, gesture: Gesture) -> bool {
        self.text.gesture(gesture, &self.lines[..])
    }

    /// Empty before its lines are made.
    pub(super) fn position(&self) -> String {
        if self.lines.is_empty() { String::new() } else { self.text.position(&self.lines[..]) }
    }

    fn replace(&mut self, lines: Vec<Styled>) {
        self.lines = lines;
        self.text.replaced(&self.lines[..]);
    }

    fn paint(&mut self, area: Rect, buf: &mut Buffer, scene: &Scene) {
        self.text.render(area, buf, scene, &self.lines[..]);
    }
}

fn line(area: Rect, buf: &mut Buffer, scene: &Scene, line: &Styled) {
    if area.height > 0 {
        buf.set_line(area.x, area.y, &cut(line.painted(scene.theme), area.width.into()), area.width);
    }
}
