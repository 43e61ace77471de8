//! Text from clusters, git and forges is hostile until it went through here, once, at the edge.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Longest message kept, in bytes. A condition's message may be 32 KiB (apimachinery `Condition.message`); a screen shows less.
pub const LONGEST: usize = 4 * 1024;

/// Returns `text` fit for a terminal: no control characters, no escape sequences, no invisible or direction-changing
/// characters; line breaks and tabs become one space; at most [`LONGEST`] bytes, head and tail of a longer one around a `…`.
///
/// Borrows when there was nothing to do, which is nearly always.
pub fn sanitise(text: &str) -> std::borrow::Cow<'_, str> {
    if text.len() <= LONGEST && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return text.into();
    }
    if text.len() <= LONGEST && !text.chars().any(|c| c == '\n' || c == '\t' || is_hostile(c)) {
        return text.into();
    }
    clean(text, LONGEST).into()
}

/// As [`sanitise`], for one line of a document: keeps its length and turns tabs into two spaces.
pub fn sanitise_line(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.chars().any(|c| c == '\t' || is_hostile(c)) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push_str("  "),
            c if is_hostile(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out.into()
}

fn clean(text: &str, longest: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim_end().chars() {
        match c {
            '\n' | '\t' | '\r' if out.ends_with(' ') => {}
            '\n' | '\t' | '\r' => out.push(' '),
            c if is_hostile(c) => out.push('\u{fffd}'),
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

/// Cuts `text` to `width` terminal columns, the cut marked by `…`.
pub fn fit(text: &str, width: usize) -> std::borrow::Cow<'_, str> {
    if text.len() <= width || text.width() <= width {
        return text.into();
    }
    let mut out = String::with_capacity(width + 2);
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide + 1 > width {
            break;
        }
        used += wide;
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out.into()
}

/// Returns the text without passwords in URLs (`https://user:token@host`) and without bearer tokens: messages of controllers may quote
/// what they were given.
pub fn redact(text: &str) -> std::borrow::Cow<'_, str> {
    use std::sync::LazyLock;
    static SECRETS: LazyLock<regex::Regex> = LazyLock::new(|| {
        regex::Regex::new(r"(?i)(://)[^/\s@]+@|\b(bearer|basic|token|password)([ =:]+)[A-Za-z0-9._~+/=-]{8,}").expect("a pattern")
    });
    SECRETS.replace_all(text, |found: &regex::Captures| match found.get(1) {
        Some(scheme) => format!("{}***@", scheme.as_str()),
        None => format!("{}{}***", &found[2], &found[3]),
    })
}

/// How many letters differ (Levenshtein).
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<_> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let cost = corner + usize::from(from != *to);
            corner = row[j + 1];
            row[j + 1] = cost.min(corner + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_borrowed() {
        assert!(matches!(sanitise("stored artifact for main@sha1:86058ad"), std::borrow::Cow::Borrowed(_)));
        assert!(matches!(sanitise("grüße, 世界"), std::borrow::Cow::Borrowed(_)));
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
    fn fitting_counts_columns_not_bytes() {
        assert_eq!(fit("世界世界", 5), "世界…");
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 3), "ab…");
        assert_eq!(fit("abcd", 0), "");
    }

    #[test]
    fn secrets_are_taken_out_of_messages() {
        for (text, safe) in [
            ("fetch https://ops:hunter2@git.example.com/f.git failed", "fetch https://***@git.example.com/f.git failed"),
            ("Authorization: Bearer abcdef0123456789 refused", "Authorization: Bearer *** refused"),
            ("applied revision main@sha1:abc", "applied revision main@sha1:abc"),
        ] {
            assert_eq!(redact(text), safe);
        }
    }
}
