//! Drawing into buffers and reading them back, for the tests of widgets and views.

use std::cell::Cell;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::layer::Scene;
use crate::ui::theme::{BUILTIN, Depth, Theme};
use fluxdeck_model::state::{Settings, State};

/// The moment at which tests draw.
pub const NOW: &str = "2026-01-01T00:10:00Z";

/// A state and a theme to draw with.
pub struct World {
    pub state: State,
    pub theme: Theme,
}

impl Default for World {
    fn default() -> Self {
        Self { state: State::new(NOW.parse().expect("a time"), Settings::default()), theme: theme() }
    }
}

impl World {
    pub fn draw(&mut self, width: u16, height: u16, paint: impl FnOnce(Rect, &mut Buffer, &Scene)) -> Buffer {
        let mut buf = Buffer::empty(area(width, height));
        let next_change = Cell::new(i64::MAX);
        paint(buf.area, &mut buf, &Scene { state: &self.state, theme: &self.theme, next_change: &next_change });
        buf
    }
}

pub fn theme() -> Theme {
    Theme::builtin(BUILTIN[0].0, Depth::True, false).expect("the first theme")
}

pub fn area(width: u16, height: u16) -> Rect {
    Rect::new(0, 0, width, height)
}

/// The lines of a buffer without the blanks at their ends; the second half of a wide character is no blank.
pub fn lines(buf: &Buffer) -> Vec<String> {
    let line = |y: u16| {
        let mut line = String::new();
        let mut covered = 0;
        for x in 0..buf.area.width {
            if covered == 0 {
                line.push_str(buf[(x, y)].symbol());
                covered = unicode_width::UnicodeWidthStr::width(buf[(x, y)].symbol()).saturating_sub(1);
            } else {
                covered -= 1;
            }
        }
        line.trim_end().to_owned()
    };
    (0..buf.area.height).map(line).collect()
}
