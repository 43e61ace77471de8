//! Lines of styled parts, cut as [`width`] cuts a text: the parts keep their styles.

use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};

use fluxdeck_model::domain::width::{self, CUT, Cut, shortened};

/// Marks a cut on a screen of ASCII.
const CUT_ASCII: &str = "~";

/// The columns that a line takes.
pub fn columns(line: &Line) -> usize {
    line.spans.iter().map(|span| width::of(&span.content)).sum()
}

/// Cuts a line to that many columns at its end.
pub fn cut(line: Line<'static>, room: usize) -> Line<'static> {
    if columns(&line) <= room {
        return line;
    }
    Line { spans: cut_parts(line.spans.into_iter(), room, Cut::End), ..line }
}

/// Cuts a line to that many columns at its start: paths say most at their end.
pub fn cut_start(line: Line<'static>, room: usize) -> Line<'static> {
    if columns(&line) <= room {
        return line;
    }
    let mut spans = cut_parts(line.spans.into_iter().rev(), room, Cut::Start);
    spans.reverse();
    Line { spans, ..line }
}

/// The parts that fit, in their order; the last of them is cut, even where it fits: more follows.
fn cut_parts(spans: impl Iterator<Item = Span<'static>>, room: usize, side: Cut) -> Vec<Span<'static>> {
    let mut left = room;
    let mut out = Vec::new();
    for span in spans {
        let wide = width::of(&span.content);
        if wide < left {
            left -= wide;
            out.push(span);
            continue;
        }
        out.push(Span::styled(shortened(&span.content, left, side), span.style));
        break;
    }
    out
}

/// Paints the marks of cuts in ASCII. For the whole screen, once it is painted: texts are cut in many places that know no theme.
pub fn in_ascii(buf: &mut Buffer) {
    for cell in buf.content.iter_mut().filter(|cell| cell.symbol() == CUT) {
        cell.set_symbol(CUT_ASCII);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::widgets::testing::area;

    fn text(line: &Line) -> String {
        line.spans.iter().map(|span| span.content.to_string()).collect()
    }

    #[test]
    fn a_cut_line_keeps_its_parts() {
        let line = Line::from(vec![Span::raw("✗ "), Span::raw("Failed").style(ratatui::style::Color::Red)]);
        for (room, end, start) in [
            (8, "✗ Failed", "✗ Failed"),
            (7, "✗ Fail…", "…Failed"),
            (6, "✗ Fai…", "…ailed"),
            (5, "✗ Fa…", "…iled"),
            (2, "✗…", "…d"),
            (1, "…", "…"),
            (0, "", ""),
        ] {
            assert_eq!(
                (text(&cut(line.clone(), room)), text(&cut_start(line.clone(), room))),
                (end.to_owned(), start.to_owned()),
                "{room}"
            );
        }
        assert_eq!(cut(line.clone(), 5).spans[1].style, line.spans[1].style);
        assert_eq!(cut_start(line.clone(), 5).spans[0].style, line.spans[1].style);
    }

    #[test]
    fn a_width_is_what_ratatui_paints() {
        for text in [
            "stored artifact",
            "grüße, 世界",
            "e\u{301}a\u{301}",
            "🇩🇪🇫🇷",
            "✗ Failed",
            "Việt, हिन्दी, ไทยนี้",
            "ｶﾞﾊﾟ",
            "لا إله",
            "👩‍🚀x",
            "❤\u{fe0f}",
            "⚠ ⏎ ↑↓ ▌",
            "각",
            "\u{301}x",
        ] {
            let mut buf = Buffer::empty(area(80, 1));
            assert_eq!(
                usize::from(buf.set_stringn(0, 0, text, 80, ratatui::style::Style::default()).0),
                width::of(text),
                "{text}"
            );
        }
    }

    #[test]
    fn a_screen_of_ascii_marks_cuts_in_ascii() {
        let mut buf = Buffer::empty(area(4, 1));
        buf.set_line(0, 0, &cut(Line::raw("abcdef"), 4), 4);
        in_ascii(&mut buf);

        assert_eq!(buf, Buffer::with_lines(["abc~"]));
    }
}
