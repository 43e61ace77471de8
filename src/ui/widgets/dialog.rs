//! The frame of a dialog: in the middle of the view, its title above, its keys below; what it concerns stays in sight around it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::symbols::border;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Padding, Widget};

use super::cut::cut;
use crate::ui::layer::Scene;
use crate::ui::theme::Scope;

/// Only ASCII on the screen.
const ASCII: border::Set = border::Set {
    top_left: "+",
    top_right: "+",
    bottom_left: "+",
    bottom_right: "+",
    vertical_left: "|",
    vertical_right: "|",
    horizontal_top: "-",
    horizontal_bottom: "-",
};

/// The text in the border.
pub struct Dialog<'a> {
    pub title: &'a str,
    /// Keys with their words.
    pub keys: &'a [(&'a str, &'a str)],
}

impl Dialog<'_> {
    /// How many columns a dialog of this preferred `width` has for its text.
    pub fn room(area: Rect, width: u16) -> u16 {
        width.min(area.width.saturating_sub(4))
    }

    /// Clears the middle of `area` for that many columns and lines of content, frames it, and returns the place for the content.
    pub fn render(&self, area: Rect, buf: &mut Buffer, scene: &Scene, (width, height): (u16, u16)) -> Rect {
        let area = area.intersection(buf.area);
        let outer = (width.saturating_add(4).min(area.width), height.saturating_add(2).min(area.height));
        let place = Rect {
            x: area.x + (area.width - outer.0) / 2,
            y: area.y + (area.height - outer.1) / 2,
            width: outer.0,
            height: outer.1,
        };
        if place.is_empty() {
            return place;
        }
        let theme = scene.theme;
        let room = usize::from(place.width.saturating_sub(2));
        let title = cut(Line::styled(format!(" {} ", self.title), theme.style(Scope::Accent)), room);
        let mut keys = vec![Span::raw(" ")];
        for (key, word) in self.keys {
            keys.push(Span::styled((*key).to_owned(), theme.style(Scope::Key)));
            keys.push(Span::styled(format!(" {word}  "), theme.style(Scope::Dim)));
        }
        let block = Block::bordered()
            .border_set(if theme.ascii { ASCII } else { border::ROUNDED })
            .border_style(theme.style(Scope::Border))
            .title_top(title)
            .title_bottom(cut(Line::from(keys), room))
            .padding(Padding::horizontal(1));
        let inner = block.inner(place);
        Clear.render(place, buf);
        block.render(place, buf);
        inner
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::{World, lines};

    #[test]
    fn it_is_in_the_middle_and_no_size_is_too_small() {
        let dialog = Dialog { title: "delete", keys: &[("esc", "back")] };
        let draw = |width, height| {
            let mut inner = Rect::default();
            let buf = World::default().draw(width, height, |area, buf, scene| inner = dialog.render(area, buf, scene, (12, 1)));
            (lines(&buf), inner)
        };
        let (shown, inner) = draw(20, 5);
        assert_eq!(shown, ["", "  ╭ delete ──────╮", "  │              │", "  ╰ esc back  ───╯", ""]);
        assert_eq!(inner, Rect::new(4, 2, 12, 1));
        for (width, height) in [(0, 0), (1, 1), (2, 2), (5, 1)] {
            draw(width, height);
        }
    }
}
