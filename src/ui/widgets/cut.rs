//! Lines of styled parts, cut as [`width`] cuts a text: the parts keep their styles.

use ratatui::buffer::Buffer;
use ratatui::text::{Line, Span};

use fluxdeck_model::domain::ascii;
use fluxdeck_model::domain::width::{self, Cut, fit, shortened};

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

/// Cuts a line of one part to that many columns in its middle; another at its end.
pub fn cut_middle(line: Line<'static>, room: usize) -> Line<'static> {
    match &line.spans[..] {
        [span] if columns(&line) > room => {
            let span = Span::styled(width::cut(&span.content, room, Cut::Middle).into_owned(), span.style);
            Line { spans: vec![span], ..line }
        }
        _ => cut(line, room),
    }
}

/// Cuts a line to that many columns in front of the last `mark`: what follows that stays, as long as it fits.
pub fn cut_before(line: Line<'static>, room: usize, mark: &str) -> Line<'static> {
    match &line.spans[..] {
        [span] if columns(&line) > room => {
            let span = Span::styled(keeping(&span.content, room, mark), span.style);
            Line { spans: vec![span], ..line }
        }
        _ => cut(line, room),
    }
}

/// The same of a text: `main@11111… ≠447e1d1`.
pub fn keeping(text: &str, room: usize, mark: &str) -> String {
    let Some((head, tail)) = text.rfind(mark).map(|at| text.split_at(at)).filter(|_| width::of(text) > room) else {
        return fit(text, room).into_owned();
    };
    match room.checked_sub(width::of(tail)) {
        Some(left) if left > 1 => format!("{}{tail}", shortened(head, left, Cut::End)),
        _ => fit(tail.trim_start(), room).into_owned(),
    }
}

/// Spells a line in ASCII, before it gets its place.
pub fn spelled(line: Line<'static>) -> Line<'static> {
    let span = |span: Span<'static>| match span.content.is_ascii() {
        true => span,
        false => Span::styled(ascii::spelled(&span.content).into_owned(), span.style),
    };
    Line { spans: line.spans.into_iter().map(span).collect(), ..line }
}

/// Replaces what is not ASCII, sign by sign. For the whole screen, once it is painted: nothing else gets to the terminal then.
pub fn in_ascii(buf: &mut Buffer) {
    for cell in buf.content.iter_mut().filter(|cell| !cell.symbol().is_ascii()) {
        let sign = ascii::sign(cell.symbol()).to_owned();
        cell.set_symbol(&sign);
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
    fn a_screen_of_ascii_has_nothing_else() {
        let mut buf = Buffer::empty(area(10, 1));
        buf.set_line(0, 0, &cut(Line::raw("ab≠ü世cdefgh"), 10), 10);
        in_ascii(&mut buf);

        assert_eq!(buf, Buffer::with_lines(["ab!?? cde~"]));
    }

    #[test]
    fn what_differs_is_kept_longest() {
        for (room, expected) in [
            (21, "main@1111111 ≠447e1d1"),
            (20, "main@11111… ≠447e1d1"),
            (11, "m… ≠447e1d1"),
            (10, "≠447e1d1"),
            (8, "≠447e1d1"),
            (4, "≠44…"),
            (0, ""),
        ] {
            assert_eq!(keeping("main@1111111 ≠447e1d1", room, " ≠"), expected, "{room}");
        }
        assert_eq!(keeping("≠main@b230c91", 6, " ≠"), "≠main…");
    }
}
