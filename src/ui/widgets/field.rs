//! A line that a person types into, painted in brackets. What keys do to it is the [`editor`](super::editor)'s.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::editor::window;
use crate::ui::theme::{Scope, Theme};
use fluxdeck_model::domain::width;

/// Paints a line in brackets with its cursor (a byte), which shows while it `is_active`.
pub fn paint((text, at): (&str, usize), area: Rect, buf: &mut Buffer, theme: &Theme, is_active: bool) {
    let room = usize::from(area.width).saturating_sub(2);
    let (before, under, after) = window(text, at, room);
    let blank = room.saturating_sub([before, under, after].map(width::of).iter().sum());
    let (edge, cursor) = if is_active { (Scope::Key, Scope::Match) } else { (Scope::Dim, Scope::Text) };
    let spans = vec![
        Span::styled("[", theme.style(edge)),
        Span::styled(before, theme.style(Scope::Text)),
        Span::styled(under, theme.style(cursor)),
        Span::styled(format!("{after}{}", " ".repeat(blank)), theme.style(Scope::Text)),
        Span::styled("]", theme.style(edge)),
    ];
    Line::from(spans).render(area, buf);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{area, lines, theme};

    #[test]
    fn the_end_that_one_types_at_shows_at_every_width() {
        for (text, width, expected) in [
            ("a long reason", 30, "[a long reason               ]"),
            ("a long reason", 8, "[eason ]"),
            ("世界世界", 8, "[世界  ]"),
            ("a", 3, "[ ]"),
            ("a", 1, "["),
            ("a", 0, ""),
        ] {
            let mut buf = Buffer::empty(area(width, 1));
            paint((text, text.len()), buf.area, &mut buf, &theme(), true);
            assert_eq!(lines(&buf).concat(), expected, "{text} {width}");
        }
    }
}
