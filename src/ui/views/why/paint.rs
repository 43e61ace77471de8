//! An explanation as lines: steps, since when, what was found out, what can be pressed.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::since::Since;
use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::sentence::{brief, short};
use crate::ui::widgets::text::Text;
use fluxdeck_model::actions::{self, Action, Reach};
use fluxdeck_model::domain::{ObjectRef, revision};
use fluxdeck_model::insight::why::{Because, Evidence, Explanation, Press, Remedy, StepPart};
use fluxdeck_model::playbooks;

/// Columns of the labels below the steps.
const LABEL: usize = 10;
/// Lines of a log, one row each (`l` has the whole log), and events that there is room for.
const LOG: usize = 5;
const EVENTS: usize = 3;

/// What is drawn, and for how wide a screen.
pub struct Sheet<'a> {
    pub scene: &'a Scene<'a>,
    pub explanation: &'a Explanation,
    pub evidence: Option<&'a Evidence>,
    /// What git was asked.
    pub git: &'a Since,
    /// What has not come yet, or why it does not.
    pub late: Option<&'a str>,
    pub at: usize,
    pub width: usize,
    /// Kinds have their short names.
    pub is_narrow: bool,
}

impl Sheet<'_> {
    /// The lines, and which of them are of the selected step.
    pub fn lines(&self) -> (Vec<Styled>, Range<usize>) {
        let (mut lines, mut selected) = (Vec::new(), 0..1);
        for (at, step) in self.explanation.steps.iter().enumerate() {
            let from = lines.len();
            lines.extend(self.step(step, at == self.at));
            if at == self.at {
                selected = from..lines.len();
            }
        }
        lines.push(Styled::default());
        self.since(&mut lines);
        self.git.rows(self, &mut lines);
        self.presses(&mut lines);
        for gap in &self.explanation.gaps {
            self.field(&mut lines, "not read", Style::Unknown, gap);
        }
        // what comes later moves nothing that is read already
        if let Some(late) = self.late {
            self.field(&mut lines, "evidence", Style::Dim, late);
        }
        self.log(&mut lines);
        self.events(&mut lines);
        (lines, selected)
    }

    fn name(&self, object: &ObjectRef) -> String {
        if self.is_narrow { short(object) } else { object.to_string() }
    }

    fn step(&self, step: &Because, is_selected: bool) -> Vec<Styled> {
        let theme = self.scene.theme;
        let health = Style::from(step.health);
        let glyph = theme.glyph(step.health);
        let is_cause = step.part == StepPart::Cause && self.explanation.rule.is_some();
        let (line, indent) = match step.part {
            _ if is_cause => (Styled::of(health, format!("{glyph} cause  ")), LABEL),
            StepPart::Asked if self.explanation.rule.is_none() => (Styled::of(health, format!("{glyph} ")), 2),
            _ => (Styled::of(Style::Dim, theme.sign("  ↳ ", "  > ")).and(health, format!("{glyph} ")), 6),
        };
        let named = if step.part == StepPart::Asked { Style::Accent } else { Style::Text };
        let says = if is_cause { health } else { Style::Text };
        let line = line.and(named, self.name(&step.object)).and(says, format!(": {}", step.says));
        let mark = |line: Styled| if is_selected { line.on(Style::Selection) } else { line };
        line.wrapped(indent, self.width).into_iter().map(mark).collect()
    }

    pub(super) fn field(&self, lines: &mut Vec<Styled>, label: &str, scope: Style, text: &str) {
        self.styled(lines, label, &Styled::of(scope, text));
    }

    pub(super) fn styled(&self, lines: &mut Vec<Styled>, label: &str, text: &Styled) {
        let line = Styled::of(Style::Dim, label).upto(LABEL).and_all(text);
        lines.extend(line.wrapped(LABEL, self.width));
    }

    fn since(&self, lines: &mut Vec<Styled>) {
        let mut parts = Vec::new();
        if let Some(since) = self.explanation.since {
            parts.push(format!("{}, {} ago", self.scene.state.person_clock().moment(since), self.scene.age(Some(since))));
        }
        if let Some((applier, with)) = &self.explanation.revision {
            parts.push(format!("with {} ({})", revision::short(with), self.name(applier)));
        }
        if !parts.is_empty() {
            self.field(lines, "since", Style::Text, &parts.join(", "));
        }
    }

    fn log(&self, lines: &mut Vec<Styled>) {
        let Some(log) = self.evidence.and_then(|evidence| evidence.log.get()) else { return };
        for (at, line) in log.lines.iter().skip(log.lines.len().saturating_sub(LOG)).enumerate() {
            let text = Styled::of(Style::Dim, if at == 0 { "log" } else { "" }).upto(LABEL).and(Style::Text, line);
            lines.extend(text.wrapped(LABEL, self.width).into_iter().take(1));
        }
    }

    fn events(&self, lines: &mut Vec<Styled>) {
        let Some(events) = self.evidence.and_then(|evidence| evidence.events.get()) else { return };
        let warnings: Vec<_> = events.iter().rev().filter(|event| event.is_warning).take(EVENTS).collect();
        for (at, event) in warnings.into_iter().enumerate() {
            let text = Styled::of(Style::Dim, if at == 0 { "events" } else { "" })
                .upto(LABEL)
                .and(Style::Dim, format!("{} ", self.scene.age(event.last)))
                .and(Style::Text, format!("{}: {}", event.reason, brief(&event.message)));
            lines.extend(text.wrapped(LABEL, self.width).into_iter().take(2));
        }
    }

    fn presses(&self, lines: &mut Vec<Styled>) {
        let mut line = Styled::of(Style::Dim, "press").upto(LABEL);
        let mut is_first = true;
        for press in &self.explanation.presses {
            let Some((key, word)) = key_of(press) else { continue };
            let of = self.explanation.steps.first().filter(|step| step.object == press.object);
            let object = if of.is_some() { String::new() } else { format!(" {}", self.name(&press.object)) };
            let between = if is_first { "" } else { "   " };
            line = line.and(Style::Text, between).and(Style::Key, key).and(Style::Text, format!(" {word}{object}"));
            is_first = false;
        }
        if !is_first {
            lines.extend(line.wrapped(LABEL, self.width));
        }
    }
}

/// The keys for a remedy, and its word; none where there is no command for it.
pub fn key_of(press: &Press) -> Option<(String, String)> {
    let of_action = |action: &Action| {
        let key = if action.reach == Reach::Panel { format!("a {}", action.key) } else { action.key.to_owned() };
        (key, action.word.to_owned())
    };
    let key = |key: &str, word: &str| (key.to_owned(), word.to_owned());
    Some(match press.remedy {
        Remedy::Logs => key("l", "logs"),
        Remedy::File => key("o", "file"),
        Remedy::Events => key("v", "events"),
        Remedy::ControllerLogs => key("L", "log of its controller"),
        Remedy::Reset => of_action(actions::RESET),
        Remedy::Resume => of_action(actions::RESUME),
        Remedy::Reconcile => of_action(actions::RECONCILE),
        Remedy::ReconcileWithSource => of_action(actions::RECONCILE_WITH_SOURCE),
        Remedy::RollBack => {
            let playbook = playbooks::find(press.remedy.slug())?;
            (playbook.key.to_owned(), playbook.label.trim_end_matches('…').to_owned())
        }
    })
}

/// Paints the lines from one on; the rows of the selected step have a ground of their own.
pub fn paint(lines: &[Styled], top: usize, area: Rect, buf: &mut Buffer, scene: &Scene) {
    let room = Text::room(area.width);
    let margin = area.width - room;
    for (y, line) in (area.y..area.bottom()).zip(lines.iter().skip(top)) {
        let line = if scene.theme.ascii { line.spelled() } else { line.clone() };
        buf.set_line(area.x + margin, y, &line.painted(scene.theme), room);
        if let Some(ground) = line.ground() {
            buf.set_style(Rect { x: area.x, y, width: area.width, height: 1 }, scene.theme.style(ground));
        }
    }
}
