//! A screen as SVG: a rectangle for each run of one background, a text for each run of one style.

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};

const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 18.0;

/// Draws a screen on that background; `foreground` stands for the terminal's own.
pub fn draw(buffer: &Buffer, background: &str, foreground: &str) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (width, height) = (f32::from(columns) * WIDTH + 16.0, f32::from(rows) * HEIGHT + 16.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.1} {height:.1}\" font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"{background}\"/>\n"
    );
    for y in 0..rows {
        let mut x = 0;
        while x < columns {
            let cell = &buffer[(x, y)];
            let mut end = x + 1;
            while end < columns && alike(cell, &buffer[(end, y)]) {
                end += 1;
            }
            run(buffer, y, x, end, foreground, &mut out);
            x = end;
        }
    }
    out.push_str("</svg>\n");
    out
}

fn alike(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

fn run(buffer: &Buffer, y: u16, from: u16, to: u16, foreground: &str, out: &mut String) {
    let cell = &buffer[(from, y)];
    let left = f32::from(from) * WIDTH + 8.0;
    let top = f32::from(y) * HEIGHT + 8.0;
    let width = f32::from(to - from) * WIDTH;
    if let Some(bg) = hex(cell.bg) {
        out.push_str(&format!("<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"{bg}\"/>\n"));
    }
    let text: String = (from..to).map(|x| buffer[(x, y)].symbol()).collect();
    if text.trim().is_empty() {
        return;
    }
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let bold = if cell.modifier.contains(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let italic = if cell.modifier.contains(Modifier::ITALIC) { " font-style=\"italic\"" } else { "" };
    let fill = hex(cell.fg).unwrap_or_else(|| foreground.to_owned());
    out.push_str(&format!("<text x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" xml:space=\"preserve\" fill=\"{fill}\"{bold}{italic}>{escaped}</text>\n", top + 13.5));
}

fn hex(colour: Color) -> Option<String> {
    match colour {
        Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        _ => None,
    }
}
