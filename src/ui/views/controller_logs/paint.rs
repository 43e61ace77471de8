//! How lines of a controller's log look.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::theme::Scope;
use crate::ui::widgets::lines::Styled;
use crate::ui::widgets::text::Text;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::forms::Clock;
use fluxdeck_model::insight::controller_log::{LogConcern, LogLevel, LogRecord};
use fluxdeck_model::state::ReadController;

/// The ground of the selected line.
pub(super) const SELECTED: Scope = Scope::Selection;
/// Where the names and the values of fields begin.
const FIELDS: usize = 9;
const VALUES: usize = 14;
/// Rows of one value.
const MOST_ROWS: usize = 8;

/// How the lines are shown.
pub(super) struct Sheet<'a> {
    pub clock: Clock,
    pub concern: &'a LogConcern,
    /// Lines say which pod wrote them.
    pub is_mixed: bool,
    pub is_exact: bool,
    pub wrap: bool,
    pub width: usize,
}

impl Sheet<'_> {
    /// The rows of a line, with its fields where it is unfolded.
    pub fn lines(&self, record: &LogRecord, is_unfolded: bool) -> Vec<Styled> {
        let line = self.line(record);
        let indent = if self.is_exact { FIELDS } else { self.indent() };
        let mut rows = if self.wrap || is_unfolded { line.wrapped(indent, self.width) } else { vec![line] };
        if is_unfolded {
            rows.extend(self.fields(record));
        }
        rows
    }

    /// Where messages begin.
    fn indent(&self) -> usize {
        FIELDS + 7
    }

    fn line(&self, record: &LogRecord) -> Styled {
        let format = if self.is_exact { "%Y-%m-%d %H:%M:%S.%3f" } else { "%H:%M:%S" };
        let time = record.at.map(|at| at.to_zoned(self.clock.zone.clone()).strftime(format).to_string());
        let (word, scope) = match record.level {
            Some(LogLevel::Error) => ("error", Scope::Failed),
            Some(LogLevel::Warning) => ("warn", Scope::Progressing),
            Some(level) => (level.word(), Scope::Dim),
            None => ("", Scope::Dim),
        };
        let mut line = Styled::of(Scope::Dim, format!("{:<8} ", time.unwrap_or_default())).and(scope, format!("{word:<5}  "));
        // all pods of a Deployment begin alike
        if let Some(pod) = record.origin.rsplit('-').next().filter(|pod| self.is_mixed && !pod.is_empty()) {
            line = line.and(Scope::Dim, format!("{pod} "));
        }
        let is_own = self.concern.objects().first().zip(record.subject.as_ref());
        let is_own = is_own.is_some_and(|(object, subject)| subject.kind == object.gk.kind && subject.name == object.name)
            && self.concern.is_own(record);
        if let Some(subject) = record.subject.as_ref().filter(|_| !is_own) {
            line = line.and(Scope::Reference, format!("{subject}: "));
        }
        let is_bad = matches!(record.level, Some(LogLevel::Error | LogLevel::Warning));
        let line = line.and(if is_bad && record.error.is_empty() { scope } else { Scope::Text }, &record.message);
        if record.error.is_empty() { line } else { line.and(Scope::Text, ": ").and(scope, &record.error) }
    }

    fn fields(&self, record: &LogRecord) -> Vec<Styled> {
        let at = record.at.map(|at| at.to_zoned(self.clock.zone.clone()).strftime("%Y-%m-%d %H:%M:%S.%3f %Z").to_string());
        let object = record.subject.as_ref().map(ToString::to_string);
        let pod = (!record.origin.is_empty()).then(|| record.origin.to_string());
        let known = [("time", at), ("object", object), ("pod", pod)];
        let known = known.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        let field = |(key, value): (String, String)| {
            let line = Styled::of(Scope::Text, " ".repeat(FIELDS)).and(Scope::Dim, key).upto(FIELDS + VALUES);
            line.and(Scope::Text, value).wrapped(FIELDS + VALUES, self.width).into_iter().take(MOST_ROWS)
        };
        known.chain(record.fields.iter().cloned()).flat_map(field).collect()
    }
}

/// Which pods are read, and what was said of that.
pub(super) fn header(found: &[ReadController], remarks: &[String], width: usize) -> Vec<Styled> {
    let controller = |controller: &ReadController| {
        let ReadController { name, namespace, shard, pods } = controller;
        let shard = shard.as_ref().map(|shard| format!(" (only {shard})")).unwrap_or_default();
        match pods.as_slice() {
            [] => format!("{name}{shard} in {namespace}: no pods"),
            [pod] => format!("{pod}{shard} in {namespace}"),
            pods => format!("{name}{shard} in {namespace}: {}, one of them leads", counted(pods.len(), "pod")),
        }
    };
    let pods: Vec<_> = found.iter().map(controller).collect();
    let pods = Some(pods.join(", ")).filter(|pods| !pods.is_empty());
    let pods = pods.into_iter().flat_map(|pods| Styled::of(Scope::Dim, pods).wrapped(2, width).into_iter().take(2));
    let remarks = remarks.iter().flat_map(|text| Styled::of(Scope::Progressing, text).wrapped(2, width).into_iter().take(2));
    pods.chain(remarks).collect()
}

/// The first line on the screen, so that the selected one is on it and no row below the last line is left empty. Costs a screen of lines.
pub(super) fn top(top: usize, at: usize, len: usize, page: usize, rows: impl Fn(usize) -> usize) -> usize {
    let mut top = top.min(at);
    let mut used = 0;
    for line in (top..=at).rev() {
        used += rows(line);
        if used > page {
            top = (line + 1).min(at);
            break;
        }
    }
    let mut below: usize = 0;
    for line in top..len {
        below += rows(line);
        if below >= page {
            return top;
        }
    }
    while top > 0 && below + rows(top - 1) <= page {
        top -= 1;
        below += rows(top);
    }
    top
}

/// Paints the lines; the rows of the selected one have a ground of their own.
pub(super) fn paint(lines: &[Styled], area: Rect, buf: &mut Buffer, scene: &Scene) {
    let room = Text::room(area.width);
    let margin = area.width - room;
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        let line = if scene.theme.ascii { line.spelled() } else { line.clone() };
        buf.set_line(area.x + margin, y, &line.painted(scene.theme), room);
        if let Some(ground) = line.ground() {
            buf.set_style(Rect { x: area.x, y, width: area.width, height: 1 }, scene.theme.style(ground));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_line_is_on_the_screen_and_the_screen_is_full() {
        let ones = |_: usize| 1;
        for (before, at, len, page, expected) in
            [(0, 9, 10, 4, 6), (0, 0, 10, 4, 0), (9, 2, 10, 4, 2), (8, 8, 10, 4, 6), (0, 1, 2, 4, 0), (0, 0, 0, 4, 0)]
        {
            assert_eq!(top(before, at, len, page, ones), expected, "{before} {at} {len} {page}");
        }
        assert_eq!(
            top(0, 3, 4, 4, |line| if line == 3 { 9 } else { 1 }),
            3,
            "a line that is longer than the screen begins on it"
        );
        assert_eq!(top(0, 3, 4, 5, |line| line + 1), 3);
    }
}
