//! Text from clusters, git and forges is hostile until it went through here, once, at the edge.

use std::borrow::Cow;
use std::fmt::Display;

use unicode_width::UnicodeWidthChar;

pub use super::secrets::redact;

/// Longest message kept, in bytes. A condition's message may be 32 KiB (apimachinery `Condition.message`); a screen shows less.
pub const LONGEST: usize = 4 * 1024;

/// Most combining marks kept on one character: more pile up over the lines above and below. Written languages need up to three.
const MOST_MARKS: usize = 4;

/// Returns text from outside (a message, an error, a URL) fit for people and files: without credentials ([`redact`]), and
/// [`printable`].
///
/// Borrows when there was nothing to do, which is nearly always.
pub fn sanitise(text: &str) -> Cow<'_, str> {
    match redact(text) {
        Cow::Borrowed(text) => printable(text),
        Cow::Owned(text) => printable(&text).into_owned().into(),
    }
}

/// Returns `text` fit for a terminal: no control characters, no escape sequences, no invisible or direction-changing
/// characters, no piles of combining marks; line breaks and tabs become one space; at most [`LONGEST`] bytes, head and tail of a longer
/// one around a `…`. For what has to stay itself: names, and what the user typed.
///
/// Borrows when there was nothing to do.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.into();
    }
    if text.len() <= LONGEST && !text.chars().any(|c| c == '\n' || c == '\t' || is_hostile(c)) && !has_piles(text) {
        return text.into();
    }
    clean(text, LONGEST).into()
}

/// As [`printable`], for one line of a document: keeps its length and turns tabs into two spaces.
pub fn sanitise_line(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.into();
    }
    if !text.chars().any(|c| c == '\t' || is_hostile(c)) && !has_piles(text) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    let mut marks = Marks::default();
    for c in text.chars() {
        match c {
            '\t' => out.push_str("  "),
            c if is_hostile(c) => out.push('\u{fffd}'),
            c if marks.is_too_much(c) => {}
            c => out.push(c),
        }
    }
    out.into()
}

/// A count with its noun: `1 cluster`, `2 clusters`, `0 entries`.
pub fn counted<T: Copy + Display + PartialEq + From<u8>>(count: T, noun: &str) -> String {
    let is_one = count == T::from(1);
    format!("{count} {}", if is_one { noun.to_owned() } else { plural(noun) })
}

/// The regular plural of an English noun, or of the last word of several.
fn plural(noun: &str) -> String {
    let is_vowel = |letter: char| "aeiou".contains(letter);
    match noun.strip_suffix('y') {
        Some(stem) if !stem.ends_with(is_vowel) => format!("{stem}ies"),
        _ if ["s", "x", "sh", "ch"].iter().any(|end| noun.ends_with(end)) => format!("{noun}es"),
        _ => format!("{noun}s"),
    }
}

/// Counts the combining marks on one character.
#[derive(Default)]
struct Marks(usize);

impl Marks {
    fn is_too_much(&mut self, c: char) -> bool {
        // what takes no column stands over what came before
        self.0 = if c.width() == Some(0) { self.0 + 1 } else { 0 };
        self.0 > MOST_MARKS
    }
}

fn has_piles(text: &str) -> bool {
    let mut marks = Marks::default();
    text.chars().any(|c| marks.is_too_much(c))
}

fn clean(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let mut marks = Marks::default();
    for c in text.trim_end().chars() {
        match c {
            '\n' | '\t' | '\r' if out.ends_with(' ') => {}
            '\n' | '\t' | '\r' => out.push(' '),
            c if is_hostile(c) => out.push('\u{fffd}'),
            c if marks.is_too_much(c) => {}
            c => out.push(c),
        }
    }
    if out.len() > longest {
        // causes often stand last: the middle goes
        let head = out.floor_char_boundary(longest / 4 * 3 - '…'.len_utf8());
        let tail = out.ceil_char_boundary(out.len() - longest / 4);
        out.replace_range(head..tail, "…");
        out.shrink_to_fit();
    }
    out
}

/// Control characters (C0, C1, DEL), and the invisible ones that reorder, hide or join text: bidirectional overrides and isolates,
/// zero-width characters, line separators, tags, variation selectors.
fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
        || c.width().unwrap_or(0) == 0 && !c.is_alphanumeric() && (c as u32) > 0x2000
}

/// How many typing mistakes separate two words: a letter too many, missing, another, or two swapped.
pub fn distance(a: &str, b: &str) -> usize {
    strsim::osa_distance(a, b)
}

/// The one of `names` that was probably meant by a word: the nearest, and no more than `most` mistakes away.
pub fn nearest<N: AsRef<str>>(word: &str, names: impl IntoIterator<Item = N>, most: usize) -> Option<N> {
    let far = names.into_iter().map(|name| (distance(name.as_ref(), word), name));
    far.filter(|(far, _)| *far <= most).min_by_key(|(far, _)| *far).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_agrees_with_its_noun() {
        for (count, noun, expected) in [
            (0, "object", "0 objects"),
            (1, "object", "1 object"),
            (2, "entry", "2 entries"),
            (3, "key", "3 keys"),
            (2, "match", "2 matches"),
            (1, "more kind", "1 more kind"),
            (2, "other place", "2 other places"),
        ] {
            assert_eq!(counted(count, noun), expected);
        }
    }

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(sanitise("stored artifact for main@sha1:86058ad"), Cow::Borrowed(_)));
        assert!(matches!(sanitise("grüße, 世界"), Cow::Borrowed(_)));
    }

    #[test]
    fn escapes_overrides_and_breaks_do_not_survive() {
        for (hostile, clean) in [
            ("\u{1b}[2Jgone", "\u{fffd}[2Jgone"),
            ("a\nb\r\n\tc\n", "a b c"),
            ("\u{202e}evil\u{2066}", "\u{fffd}evil\u{fffd}"),
            ("zero\u{200b}width", "zero\u{fffd}width"),
            ("c1\u{9b}31m", "c1\u{fffd}31m"),
        ] {
            assert_eq!(sanitise(hostile), clean);
        }
    }

    #[test]
    fn a_megabyte_is_cut_and_says_so() {
        let cut = sanitise(&format!("{}: no space left on device", "x\u{1b}".repeat(1 << 20))).into_owned();

        assert!(cut.len() <= LONGEST && cut.contains('…') && cut.ends_with("no space left on device"), "{}", cut.len());
    }

    #[test]
    fn the_nearest_name_is_meant_and_two_swapped_letters_are_one_mistake() {
        for (word, most, expected) in [
            ("falts", 2, Some("faults")),
            ("fualts", 1, Some("faults")),
            ("web", 2, Some("web")),
            ("nothing", 2, None),
            ("wbe", 0, None),
        ] {
            assert_eq!(nearest(word, ["web2", "web", "faults"], most), expected, "{word}");
        }
    }

    #[test]
    fn credentials_do_not_survive_and_are_looked_for_before_a_message_is_cut() {
        let long = format!("{} https://ops:{}@git.example.com/f.git", "x".repeat(LONGEST - 40), "hunter2".repeat(40));

        assert_eq!(
            sanitise("fetch https://ops:hunter2@git.example.com/f.git\nfailed"),
            "fetch https://***@git.example.com/f.git failed"
        );
        assert!(!sanitise(&long).contains("hunter2"));
        assert_eq!(printable("https://ops:hunter2@git.example.com/f.git\n"), "https://ops:hunter2@git.example.com/f.git");
    }

    #[test]
    fn marks_that_pile_up_are_cut() {
        let pile = format!("a{}b", "\u{301}".repeat(500));

        assert_eq!(sanitise(&pile), "a\u{301}\u{301}\u{301}\u{301}b");
        assert_eq!(sanitise_line(&pile), "a\u{301}\u{301}\u{301}\u{301}b");
        assert_eq!(sanitise("Việt, हिन्दी, ไทยนี้"), "Việt, हिन्दी, ไทยนี้");
    }
}
