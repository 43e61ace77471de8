//! How wide a text is on a terminal, and cutting it to a width: the one place that measures.
//!
//! The unit is the grapheme (UAX 29), as ratatui paints it: no cut splits one, and a width is the sum of theirs. Most texts are plain
//! ASCII, where a byte is a column: they are neither walked nor copied. Texts from outside are [sanitised](super::text) before.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Marks a cut. One column; where the screen is ASCII, it paints another sign.
pub const CUT: &str = "…";

/// Which part of a text is left out where it is too wide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    #[default]
    End,
    /// Paths say most at their end.
    Start,
    /// Names of contexts differ at both ends.
    Middle,
}

/// The columns that a text takes.
pub fn of(text: &str) -> usize {
    if is_plain(text.as_bytes()) { text.len() } else { text.graphemes(true).map(of_grapheme).sum() }
}

/// Cuts a text to that many columns at its end. Borrows where it fits.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    cut(text, columns, Cut::End)
}

/// Cuts a text to that many columns, the cut marked by [`CUT`]. Borrows where it fits.
pub fn cut(text: &str, columns: usize, side: Cut) -> Cow<'_, str> {
    // no grapheme is wider than its bytes
    if text.len() <= columns || of(text) <= columns {
        return text.into();
    }
    shortened(text, columns, side).into()
}

/// As [`cut`], for a text that more follows: it is marked even where it fits.
pub fn shortened(text: &str, columns: usize, side: Cut) -> String {
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let (first, last) = match side {
        Cut::End => (room, 0),
        Cut::Start => (0, room),
        Cut::Middle => (room.div_ceil(2), room / 2),
    };
    let (first, last) = (head(text, first), tail(text, last));
    format!("{}{CUT}{}", &text[..first], &text[last.max(first)..])
}

/// How many bytes at the start of a text fit into that many columns. Costs no more than what fits, however long the text is.
pub fn head(text: &str, columns: usize) -> usize {
    if text.len() <= columns {
        return text.len();
    }
    // the byte behind may be a mark that belongs to the last letter
    if let Some(front) = text.as_bytes().get(..=columns).filter(|front| is_plain(front)) {
        return front.len() - 1;
    }
    let mut used = 0;
    let is_beyond = |(_, grapheme): &(usize, &str)| {
        used += of_grapheme(grapheme);
        used > columns
    };
    text.grapheme_indices(true).find(is_beyond).map_or(text.len(), |(at, _)| at)
}

/// As [`head`], and at least one grapheme, so that a loop over rows ends.
pub fn row(text: &str, columns: usize) -> usize {
    match head(text, columns) {
        0 => text.graphemes(true).next().map_or(0, str::len),
        bytes => bytes,
    }
}

/// The byte from which the end of a text fits into that many columns.
pub fn tail(text: &str, columns: usize) -> usize {
    let mut used = 0;
    let fits = |(_, grapheme): &(usize, &str)| {
        used += of_grapheme(grapheme);
        used <= columns
    };
    text.grapheme_indices(true).rev().take_while(fits).last().map_or(text.len(), |(at, _)| at)
}

/// Where a text begins when that many of its columns are left out, and the columns of a wide grapheme that lies across that place.
pub fn skip(text: &str, columns: usize) -> (usize, usize) {
    let mut used = 0;
    let is_behind = |(_, grapheme): &(usize, &str)| {
        let is_behind = used >= columns;
        used += if is_behind { 0 } else { of_grapheme(grapheme) };
        is_behind
    };
    match is_plain(text.as_bytes()) {
        true => (columns.min(text.len()), 0),
        false => text.grapheme_indices(true).find(is_behind).map_or((text.len(), 0), |(at, _)| (at, used - columns)),
    }
}

/// The first grapheme of a text, and what is behind it.
pub fn first(text: &str) -> Option<(&str, &str)> {
    text.graphemes(true).next().map(|grapheme| text.split_at(grapheme.len()))
}

/// Printable ASCII: each byte a grapheme, and a column.
fn is_plain(text: &[u8]) -> bool {
    text.iter().all(|byte| (0x20..0x7f).contains(byte))
}

fn of_grapheme(grapheme: &str) -> usize {
    if is_plain(grapheme.as_bytes()) {
        return grapheme.len();
    }
    // ratatui gives these marks a column more (ratatui-core `buffer/cell_width.rs`), and the width is what it paints
    grapheme.width() + grapheme.matches(['\u{ff9e}', '\u{ff9f}']).count()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_counts_columns_and_keeps_what_the_side_says() {
        for (text, columns, [end, start, middle]) in [
            ("abc", 3, ["abc"; 3]),
            ("abcd", 3, ["ab…", "…cd", "a…d"]),
            ("abcdef", 4, ["abc…", "…def", "ab…f"]),
            ("abcd", 1, ["…"; 3]),
            ("abcd", 0, [""; 3]),
            ("世界世界", 5, ["世界…", "…世界", "世…界"]),
            ("世界世界", 4, ["世…", "…界", "世…"]),
            ("apps/web/世/k.yaml:11", 13, ["apps/web/世/…", "…世/k.yaml:11", "apps/w…aml:11"]),
            // e and its mark are one, and a flag of two letters is one
            ("ae\u{301}xy", 3, ["ae\u{301}…", "…xy", "a…y"]),
            ("ab🇩🇪🇫🇷", 4, ["ab…", "…🇫🇷", "ab…"]),
        ] {
            for (side, expected) in [(Cut::End, end), (Cut::Start, start), (Cut::Middle, middle)] {
                assert_eq!(cut(text, columns, side), expected, "{text} {columns} {side:?}");
            }
        }
        assert_eq!(shortened("ab", 3, Cut::End), "ab…");
    }

    #[test]
    fn what_fits_is_borrowed() {
        for text in ["stored artifact", "grüße, 世界", "e\u{301}"] {
            assert!(matches!(fit(text, of(text)), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn a_mark_belongs_to_the_letter_before_it() {
        assert_eq!((of("e\u{301}"), head("abe\u{301}c", 3), tail("xe\u{301}", 1), row("e\u{301}", 0)), (1, 5, 1, 3));
        assert_eq!(first("e\u{301}x"), Some(("e\u{301}", "x")));
    }

    #[test]
    fn half_a_wide_letter_that_is_scrolled_out_leaves_a_blank() {
        for (text, columns, expected) in [
            ("abc", 2, (2, 0)),
            ("abc", 9, (3, 0)),
            ("世界", 1, (3, 1)),
            ("世界", 2, (3, 0)),
            ("ü", 0, (0, 0)),
            ("世", 1, (3, 0)),
        ] {
            assert_eq!(skip(text, columns), expected, "{text} {columns}");
        }
    }

    /// Letters of every sort, marks, emoji of several letters, and control characters.
    fn texts() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[a-z/ .-]{0,12}",
            "\\PC{0,6}",
            prop::sample::select(vec!["e\u{301}", "世", "🇩🇪", "👩‍🚀", "❤\u{fe0f}", "ｶﾞ", "\r\n", "\u{301}", "ไทยนี้", "لا", "\t"])
                .prop_map(str::to_owned),
            any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_cut_is_wider_than_allowed_or_splits_a_grapheme(text in texts(), columns in 0usize..40) {
            let whole: Vec<usize> = text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()]).collect();
            for side in [Cut::End, Cut::Start, Cut::Middle] {
                let out = cut(&text, columns, side);
                // a mark at the start of what is left would go onto the sign; that is narrower, never wider
                prop_assert!(of(&out) <= columns, "{out:?} {side:?}");
                prop_assert_eq!(matches!(out, Cow::Borrowed(_)), of(&text) <= columns);
            }
            for at in [head(&text, columns), tail(&text, columns), row(&text, columns), skip(&text, columns).0] {
                prop_assert!(whole.contains(&at), "{text:?} {at}");
            }
            prop_assert!(of(&text[..head(&text, columns)]) <= columns && of(&text[tail(&text, columns)..]) <= columns);
            prop_assert!(text.is_empty() || row(&text, columns) > 0);
        }
    }
}
