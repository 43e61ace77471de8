//! The events of one object as a text, each message whole: a section of its details.

use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::lines::Styled;
use fluxdeck_model::domain::EventRow;
use fluxdeck_model::domain::width::{fit, head};

/// How wide the columns before the message are.
pub(in crate::ui::views) struct Widths {
    kind: usize,
    reason: usize,
    width: usize,
}

impl Widths {
    pub fn of(rows: &[EventRow], width: usize) -> Self {
        let reasons = rows.iter().map(|row| Styled::of(Style::Text, &row.reason).width());
        let reason = reasons.max().unwrap_or(0).max("REASON".len()).min(if width < 72 { 16 } else { 28 });
        Self { kind: if width < 60 { 1 } else { 7 }, reason, width }
    }

    /// One event, its message wrapped beside the other columns.
    pub fn event(&self, event: &EventRow, scene: &Scene) -> Vec<Styled> {
        let (kind, scope) = (event.type_word(), if event.is_warning { Style::Failed } else { Style::Dim });
        // on a narrow screen only the first letter, without an ellipsis: `W`, `N`
        let line = Styled::of(Style::Dim, format!("{:<8}", scene.age(event.last))).and(scope, &kind[..head(kind, self.kind)]);
        let line = line.upto(8 + self.kind + 2).and(scope, fit(&event.reason, self.reason)).upto(self.lead() - 7);
        let line = line.and(Style::Text, format!("{:>5}  ", event.count)).and(Style::Text, &event.message);
        line.wrapped(self.lead(), self.width)
    }

    /// Where the message begins.
    fn lead(&self) -> usize {
        8 + self.kind + 2 + self.reason + 2 + 7
    }
}
