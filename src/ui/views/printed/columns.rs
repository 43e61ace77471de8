//! How a printed table is laid out: its columns by their headings, and the colour of cells that mean trouble.

use ratatui::text::Line;

use super::PrintedView;
use super::rows::By;
use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;
use crate::ui::widgets::list::Column;
use fluxdeck_model::domain::{PrintedColumn, PrintedRow};

/// Words of cells that mean that something is wrong.
const WRONG: &[&str] = &["False", "NotReady", "Failed", "Error", "Lost", "Evicted", "Unavailable", "Unhealthy", "Warning"];

impl PrintedView {
    /// The columns of the screen: NAMESPACE, then the table's own.
    pub(super) fn columns(&self, wide: bool) -> Vec<Column> {
        let order = self.rows.order();
        let headed = |place: usize, by: By, heading: &str| {
            let is_sorted = by == order.by;
            let arrow = if !is_sorted {
                ""
            } else if order.reverse {
                "↓"
            } else {
                "↑"
            };
            format!("{heading}{}{arrow}", if self.column == place && place != 1 { "·" } else { "" })
        };
        let own = self.rows.columns.iter().enumerate().map(|(at, column)| {
            let by = if column.is_age { By::Since } else { By::Column(at) };
            let shown = shaped(column, headed(at + 1, by, &column.heading), at, wide);
            if column.is_number || column.is_age { shown.right() } else { shown }
        });
        let namespace = Column::new(headed(0, By::Namespace, "NAMESPACE"), 9, 28, 1);
        std::iter::once(namespace).filter(|_| self.with_namespace()).chain(own).collect()
    }

    pub(super) fn cells(&self, row: &PrintedRow, scene: &Scene) -> Vec<Line<'static>> {
        let namespace = self.with_namespace().then(|| Line::raw(row.object.namespace.to_string()));
        let cell = |(at, column): (usize, &PrintedColumn)| match row.cells.get(at) {
            _ if column.is_age => Line::styled(scene.age(row.since), scene.theme.style(Style::Dim)),
            Some(text) if is_wrong_cell(text) => Line::styled(text.to_string(), scene.theme.style(Style::Failed)),
            text => Line::raw(text.map_or_else(String::new, ToString::to_string)),
        };
        namespace.into_iter().chain(self.rows.columns.iter().enumerate().map(cell)).collect()
    }
}

/// How wide a column may be, and when it goes. What is wide is there where nothing else is cut for it, or on request.
fn shaped(column: &PrintedColumn, heading: String, at: usize, wide: bool) -> Column {
    match &*column.heading {
        "NAME" => Column::new(heading, 16, 80, 0),
        "REASON" => Column::new(heading, 12, 28, 1),
        "MESSAGE" => Column::new(heading, 16, u16::MAX, 2),
        "TYPE" => Column::new(heading, 7, 16, 6),
        "COUNT" => Column::new(heading, 5, 6, 9),
        _ if column.is_age => Column::new(heading, 4, 10, 1),
        _ if column.is_wide && !wide => Column::new(heading, 0, u16::MAX, u8::MAX).extra(),
        _ if column.is_number => Column::new(heading, 4, 20, u8::try_from(at).unwrap_or(u8::MAX).saturating_add(4)),
        _ => Column::new(heading, 8, 80, u8::try_from(at).unwrap_or(u8::MAX).saturating_add(4)),
    }
}

fn is_wrong_cell(text: &str) -> bool {
    WRONG.contains(&text) || text.ends_with("BackOff") || text.starts_with("Err")
}

/// Whether a row says that something is wrong.
pub(super) fn is_wrong(row: &PrintedRow) -> bool {
    row.cells.iter().any(|cell| is_wrong_cell(cell))
}
