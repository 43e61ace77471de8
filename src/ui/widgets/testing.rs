//! Reading buffers back, for the tests of widgets and views.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::theme::{BUILTIN, Depth, Theme};

pub fn theme() -> Theme {
    Theme::builtin(BUILTIN[0].0, Depth::True, false).expect("the first theme")
}

pub fn area(width: u16, height: u16) -> Rect {
    Rect::new(0, 0, width, height)
}

/// The lines of a buffer without the blanks at their ends.
pub fn lines(buf: &Buffer) -> Vec<String> {
    (0..buf.area.height)
        .map(|y| (0..buf.area.width).map(|x| buf[(x, y)].symbol()).collect::<String>().trim_end().to_owned())
        .collect()
}
