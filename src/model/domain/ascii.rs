//! The signs of the screen where only ASCII may be written: a terminal without UTF-8, or `--ascii`.
//!
//! [`spelled`] is for texts before they get their place: a sign may take several letters there. What was missed is replaced sign by sign
//! once it is painted ([`sign`]), so that nothing else gets to the terminal.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::width;

/// A sign, how it is spelled, and what it is where it has one column.
const SIGNS: &[(&str, &str, &str)] = &[
    ("…", "~", "~"),
    ("≠", "!=", "!"),
    ("·", "-", "-"),
    ("•", "*", "*"),
    ("›", ">", ">"),
    ("→", "->", ">"),
    ("←", "<-", "<"),
    ("↑", "up", "^"),
    ("↓", "down", "v"),
    ("↳", "`-", "`"),
    ("⏎", "enter", "<"),
    ("⇧", "shift-", "^"),
    ("▾", "v", "v"),
    ("▸", ">", ">"),
    ("►", ">", ">"),
    ("▌", "*", "*"),
    ("×", "x", "x"),
    ("µ", "u", "u"),
    ("−", "-", "-"),
    ("–", "-", "-"),
    ("—", "-", "-"),
    ("─", "-", "-"),
    ("│", "|", "|"),
    ("╭", "+", "+"),
    ("╮", "+", "+"),
    ("╰", "+", "+"),
    ("╯", "+", "+"),
    ("┌", "+", "+"),
    ("┐", "+", "+"),
    ("└", "+", "+"),
    ("┘", "+", "+"),
    ("├", "+", "+"),
    ("┤", "+", "+"),
    ("┬", "+", "+"),
    ("┴", "+", "+"),
    ("┼", "+", "+"),
    ("✓", "+", "+"),
    ("✗", "x", "x"),
    ("⊘", "#", "#"),
    ("⌫", "D", "D"),
    ("◐", "~", "~"),
    ("◌", ".", "."),
    ("◉", "@", "@"),
    ("↻", "@", "@"),
    ("‖", "=", "="),
    ("●", "o", "o"),
    ("“", "\"", "\""),
    ("”", "\"", "\""),
    ("‘", "'", "'"),
    ("’", "'", "'"),
    ("\u{a0}", " ", " "),
];

/// Stands for a letter that ASCII does not have.
const UNKNOWN: &str = "?";

/// A text in ASCII. Borrows where it is. Letters without a spelling become `?`, one for each column, so that what follows keeps its place.
pub fn spelled(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return text.into();
    }
    text.graphemes(true).map(of_grapheme).collect::<String>().into()
}

fn of_grapheme(grapheme: &str) -> Cow<'_, str> {
    match SIGNS.iter().find(|(known, ..)| *known == grapheme) {
        Some((_, spelled, _)) => Cow::Borrowed(spelled),
        None if grapheme.is_ascii() => Cow::Borrowed(grapheme),
        None => Cow::Owned(UNKNOWN.repeat(width::of(grapheme))),
    }
}

/// What is painted in place of one cell's text; a wide letter leaves its second cell blank.
pub fn sign(symbol: &str) -> &str {
    match SIGNS.iter().find(|(known, ..)| *known == symbol) {
        Some((.., sign)) => sign,
        None if symbol.is_ascii() => symbol,
        None => UNKNOWN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Health;

    #[test]
    fn every_sign_is_spelled_in_ascii_and_one_column_stays_one() {
        for (known, spelled, sign) in SIGNS {
            assert!(spelled.is_ascii() && sign.is_ascii() && sign.len() == 1 && !known.is_ascii(), "{known}");
        }
    }

    #[test]
    fn the_states_have_the_signs_of_their_own_set() {
        for health in Health::ALL {
            assert_eq!(sign(&health.glyph().to_string()), health.ascii().to_string(), "{}", health.word());
        }
    }

    #[test]
    fn a_text_keeps_its_ascii_and_the_columns_of_the_rest() {
        for (text, expected) in [
            ("3d3b4b7 ≠86058ad", "3d3b4b7 !=86058ad"),
            ("⏎ run · ↑↓", "enter run - updown"),
            ("grüße, 世界e\u{301}", "gr??e, ?????"),
            ("\u{fffd}[31m", "?[31m"),
            ("plain", "plain"),
        ] {
            assert_eq!(spelled(text), expected);
        }
        assert!(matches!(spelled("plain"), Cow::Borrowed(_)));
        assert_eq!((sign("世"), sign("≠"), sign("a")), ("?", "!", "a"));
    }
}
