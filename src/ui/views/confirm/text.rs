//! The words of a confirmation: what it concerns, what follows, what is left out; the fields below.

use super::Confirm;
use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::form::Line;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::actions::{Grade, Switch};
use fluxdeck_model::domain::{Health, ObjectRef};
use fluxdeck_model::state::projection::message_at;

/// Lines of one list; what is beyond is counted.
const MOST: usize = 8;
impl Confirm {
    /// What scrolls.
    pub(super) fn body(&self, width: usize, scene: &Scene) -> Vec<Styled> {
        let mut lines = Vec::new();
        let shown = &self.shown;
        if shown.planned.len() > 1 {
            let many = shown.counts.iter().map(|((kind, namespace), count)| {
                let place = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
                Styled::of(Style::Accent, format!("{count:>4} {kind}")).and(Style::Text, place)
            });
            list(&mut lines, many.collect(), "groups");
        }
        lines.extend(self.suspension(scene).into_iter().flat_map(|line| line.wrapped(3, width)));
        for (consequence, times) in shown.grouped() {
            let (sign, style) = match consequence.grade {
                Grade::Note => (scene.theme.sign("·", "-"), Style::Dim),
                Grade::Warning => ("!", Style::Progressing),
                Grade::Danger => (scene.theme.sign("✗", "x"), Style::Failed),
            };
            let times = if times > 1 { format!(" (each of {times})") } else { String::new() };
            let line = Styled::of(style, format!(" {sign} "))
                .and(if consequence.grade == Grade::Note { Style::Text } else { style }, format!("{}{times}", consequence.text));
            lines.extend(line.wrapped(3, width));
            let objects = consequence.objects.iter().map(|object| Styled::of(Style::Dim, format!("     {object}")));
            list(&mut lines, objects.collect(), "objects");
        }
        self.left_out(&mut lines, width);
        if let Some(first) = shown.planned.first() {
            let more = match shown.planned.len() - 1 {
                0 => String::new(),
                more => format!("   and {more} more of these"),
            };
            let line = Styled::of(Style::Dim, " = ").and(Style::Text, &first.line).and(Style::Dim, more);
            lines.extend(line.wrapped(3, width));
        }
        lines
    }

    /// Who suspended what is about to be resumed, why and until when.
    fn suspension(&self, scene: &Scene) -> Option<Styled> {
        let cluster = scene.state.cluster();
        let [one] = self.shown.planned.as_slice() else { return None };
        let node = cluster.store.find(&one.object).filter(|_| self.shown.action.switch == Some(Switch::Resumes))?;
        let message = message_at(&cluster.store, &cluster.forest, node, &scene.state.person_clock());
        let sign = format!(" {} ", scene.theme.glyph(Health::Suspended));
        Some(Styled::of(Style::Suspended, sign).and(Style::Text, format!("suspended: {message}")))
    }

    fn left_out(&self, lines: &mut Vec<Styled>, width: usize) {
        let shown = &self.shown;
        if !shown.hidden.is_empty() {
            let text = format!(" ! {} of them are not on the screen (a filter, a fold):", shown.hidden.len());
            lines.extend(Styled::of(Style::Progressing, text).wrapped(3, width));
            list(lines, named(&shown.hidden), "objects");
        }
        if !shown.skipped.is_empty() {
            lines.push(Styled::of(Style::Text, format!(" left out: {}", shown.skipped.len())));
            let whys = shown.skipped.iter().map(|(object, why)| Styled::of(Style::Dim, format!("     {object}: {why}")));
            list(lines, whys.collect(), "objects");
        }
    }

    /// What stays in sight: fields, what must be typed, what is wrong.
    pub(super) fn foot(&self, width: usize, scene: &Scene) -> Vec<Line> {
        let mut lines = Vec::new();
        if !self.form.is_empty() && !self.is_void() {
            lines.push(Line::of(Styled::default()));
            lines.extend(self.form.lines(width, &scene.state.person_clock()));
        }
        let refusal = self.shown.refusal.as_ref().map(ToString::to_string);
        if let Some(error) = self.error.clone().or(refusal) {
            lines.extend(Styled::of(Style::Error, format!(" {error}")).wrapped(1, width).into_iter().map(Line::of));
        } else if !self.shown.is_settled() {
            lines.push(Line::of(Styled::of(Style::Dim, " checking your rights …")));
        }
        lines
    }

    pub(super) fn keys<'a>(&self, scene: &Scene<'a>) -> Vec<(&'a str, String)> {
        let enter = scene.theme.sign("⏎", "enter");
        let name = self.shown.action.name.to_owned();
        let run = match () {
            () if !self.form.is_empty() => (enter, name),
            () if self.shown.loses_something() => ("y", name),
            () => (scene.theme.sign("⏎ y", "enter y"), name),
        };
        if self.is_void() {
            return vec![("esc", "back".to_owned())];
        }
        let mut keys = vec![run];
        keys.extend(self.form.keys(scene));
        if self.playbook(scene.state).is_some() || self.maker(scene.state).is_some() {
            keys.push((if scene.theme.ascii { "ctrl-g" } else { "^g" }, "in git instead".to_owned()));
        }
        keys.push(("esc", "nothing happens".to_owned()));
        keys
    }
}

/// Adds the first lines of a list and counts the rest.
fn list(lines: &mut Vec<Styled>, all: Vec<Styled>, what: &str) {
    let count = all.len();
    lines.extend(all.into_iter().take(MOST));
    if count > MOST {
        lines.push(Styled::of(Style::Dim, format!("     and {} more {what}", count - MOST)));
    }
}

fn named(objects: &[ObjectRef]) -> Vec<Styled> {
    objects.iter().map(|object| Styled::of(Style::Dim, format!("     {object}"))).collect()
}
