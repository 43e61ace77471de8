//! A screen in two parts: beside each other where there are columns for it, else below each other.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::theme::Scope as Style;

/// Columns from which the parts are beside each other.
pub const WIDE: u16 = 140;
/// Lines of the lower part that always show.
pub const LEAST: u16 = 7;

/// The columns of the left and of the right part; both are the whole where there is no room for two.
pub fn columns(area: Rect) -> (u16, u16) {
    match area.width >= WIDE {
        true => {
            let left = (area.width * 2 / 5).max(60);
            (left, area.width - left - 1)
        }
        false => (area.width, area.width),
    }
}

/// The two parts beside each other, with the line between them painted; none where there is no room for two.
pub fn beside(area: Rect, buf: &mut Buffer, scene: &Scene) -> Option<(Rect, Rect)> {
    let (left, right) = columns(area);
    if area.width < WIDE {
        return None;
    }
    for y in area.y..area.bottom() {
        buf.set_string(area.x + left, y, scene.theme.sign("│", "|"), scene.theme.style(Style::Border));
    }
    Some((Rect { width: left, ..area }, Rect { x: area.x + left + 1, width: right, ..area }))
}

/// The two parts below each other: the upper one as long as its lines, but for a third of the height that the lower one may need.
pub fn stacked(area: Rect, upper: u16, lower: u16) -> (Rect, Rect) {
    let least = lower.saturating_add(1).min((area.height / 3).max(LEAST)).min(area.height);
    let above = upper.min(area.height.saturating_sub(least));
    (Rect { height: above, ..area }, Rect { y: area.y + above, height: area.height - above, ..area })
}
