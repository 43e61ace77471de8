//! Revisions as Flux writes them, and as they are shown.

use std::borrow::Cow;

/// Digits of a shortened checksum, as git shows them.
const SHORT: usize = 7;

/// What may be written before a checksum (RFC-0005).
const ALGORITHMS: &[&str] = &["sha1:", "sha256:", "sha384:", "sha512:"];

/// Returns a revision short enough for a column: hexadecimal runs of 40 to 128 characters are cut and the algorithm in
/// front of them is dropped: `main@sha1:86058ad…` becomes `main@86058ad`.
///
/// Format: RFC-0005 `[<pointer>@]<algorithm>:<checksum>`, before Flux 0.41 `<pointer>/<checksum>`. A branch may contain `@` and `/`.
/// Chart versions (`6.0.3+1`) stay as they are.
pub fn short(revision: &str) -> String {
    let (pointer, digest) = match revision.rsplit_once('@') {
        Some((pointer, digest)) => (Some(pointer), digest),
        None => match revision.rsplit_once('/') {
            Some((pointer, digest)) if is_checksum(digest) => (Some(pointer), digest),
            _ => (None, revision),
        },
    };
    let checksum = digest.split_once(':').map_or(digest, |(_, checksum)| checksum);
    if !is_checksum(checksum) {
        return revision.to_owned();
    }
    let checksum = &checksum[..SHORT];
    match pointer {
        Some("HEAD") | None => checksum.to_owned(),
        Some(pointer) => format!("{}@{checksum}", pointer.strip_prefix("refs/heads/").unwrap_or(pointer)),
    }
}

/// Returns the checksum alone, shortened, where there is one; else the whole: `3d3b4b7` in `3d3b4b7 ≠86058ad`.
pub fn checksum(revision: &str) -> String {
    let short = short(revision);
    match short.rsplit_once('@') {
        Some((_, checksum)) => checksum.to_owned(),
        None => short,
    }
}

/// Shortens every checksum in a text as [`short`] does: `stored artifact for revision 'main@sha1:86058ad0123…'` says `main@86058ad`.
/// Borrows where there is none. Costs a pass over the text.
pub fn shortened_in(text: &str) -> Cow<'_, str> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric();
    let mut out = String::new();
    let (mut kept, mut at) = (0, 0);
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|byte| is_part(byte)).count();
        if is_checksum(&text[at..end]) {
            let before = &text[kept..at];
            let before = ALGORITHMS.iter().find_map(|name| before.strip_suffix(name)).unwrap_or(before);
            out.push_str(before);
            out.push_str(&text[at..at + SHORT]);
            kept = end;
        }
        at = end.max(at + 1);
        // only ASCII letters and digits are looked at: a longer character is left whole
        while !text.is_char_boundary(at) {
            at += 1;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

fn is_checksum(text: &str) -> bool {
    (40..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA1: &str = "86058ad0123456789abcdef0123456789abcdef0";

    #[test]
    fn revisions_read_as_people_write_them() {
        for (long, expected) in [
            (format!("main@sha1:{SHA1}"), "main@86058ad"),
            (format!("refs/heads/main@sha1:{SHA1}"), "main@86058ad"),
            (format!("refs/pull/1/head@sha1:{SHA1}"), "refs/pull/1/head@86058ad"),
            (format!("team@home/x@sha1:{SHA1}"), "team@home/x@86058ad"),
            (format!("sha1:{SHA1}"), "86058ad"),
            (format!("main/{SHA1}"), "main@86058ad"),
            (format!("HEAD/{SHA1}"), "86058ad"),
            (SHA1.to_owned(), "86058ad"),
            ("6.0.3+1".to_owned(), "6.0.3+1"),
            (format!("latest@sha256:{}", "ab".repeat(32)), "latest@abababa"),
            (String::new(), ""),
        ] {
            assert_eq!(short(&long), expected);
        }
    }

    #[test]
    fn a_text_is_read_without_its_long_checksums() {
        let digest = "ab".repeat(32);
        for (text, expected) in [
            (
                format!("stored artifact for revision 'main@sha1:{SHA1}'"),
                "stored artifact for revision 'main@86058ad'".to_owned(),
            ),
            (format!("from {SHA1} to {SHA1}."), "from 86058ad to 86058ad.".to_owned()),
            (format!("pulled x/y@sha256:{digest} — grün {SHA1}"), "pulled x/y@abababa — grün 86058ad".to_owned()),
            // a word, an identifier and a number are none
            (format!("{SHA1}x and {}", "a".repeat(39)), format!("{SHA1}x and {}", "a".repeat(39))),
            ("nothing".to_owned(), "nothing".to_owned()),
            (String::new(), String::new()),
        ] {
            assert_eq!(shortened_in(&text), expected);
        }
        assert!(matches!(shortened_in("no checksum, grün"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_checksum_is_what_differs_between_two_revisions_of_a_branch() {
        assert_eq!(checksum(&format!("main@sha1:{SHA1}")), "86058ad");
        assert_eq!(checksum("1.2.3"), "1.2.3");
    }
}
