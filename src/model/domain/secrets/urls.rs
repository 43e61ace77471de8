//! The user information before the `@` of URLs, even in malformed URLs that people write.

use std::borrow::Cow;

use super::MASK;

/// How far a password with blanks in it is followed, in bytes.
const FAR: usize = 128;

/// Removes the user information before the `@` of URLs. A user name alone is kept for SSH, where it is not a credential. One pass.
pub(super) fn without_user_information(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut done = 0;
    let mut word = Word::default();
    for (at, _) in text.match_indices("://") {
        let start = at + 3;
        if start < done {
            continue;
        }
        if start >= word.end {
            word = Word::around(text, start);
        }
        let Some(end) = user_information(text, start, &word) else { continue };
        let information = &text[start..end];
        let is_ssh = at >= 3 && text.as_bytes()[at - 3..at].eq_ignore_ascii_case(b"ssh");
        if is_ssh && !information.contains(':') {
            continue;
        }
        out.push_str(&text[done..start]);
        out.push_str(MASK);
        done = end;
    }
    if done == 0 {
        return text.into();
    }
    out.push_str(&text[done..]);
    out.into()
}

/// A piece of text without blanks.
#[derive(Default)]
struct Word {
    end: usize,
    /// The position of its last `@` with a host after it.
    host: Option<usize>,
    last: Option<usize>,
}

impl Word {
    /// The word that goes on at `start`.
    fn around(text: &str, start: usize) -> Self {
        let end = text[start..].find(char::is_whitespace).map_or(text.len(), |end| start + end);
        let ats = || text[start..end].rmatch_indices('@').map(|(at, _)| start + at);
        Self { end, host: ats().find(|at| is_host(&text[at + 1..end])), last: ats().next() }
    }
}

/// Where the user information ends with which a URL goes on behind its `://`, if it has some.
fn user_information(text: &str, start: usize, word: &Word) -> Option<usize> {
    let rest = &text[start..word.end];
    let authority = &rest[..rest.find(['/', '?', '#', '\\', '"', '\'', '<', '>', '`']).unwrap_or(rest.len())];
    let after = rest[authority.len()..].chars().next();
    let later = |at: Option<usize>| at.filter(|at| *at >= start + authority.len());
    if let Some(at) = authority.rfind('@') {
        // `user:pa@s/s@host`: what looks like the host is none
        let is_real = is_host(&rest[at + 1..]) || !authority[..at].contains(':');
        return if is_real { Some(start + at) } else { later(word.host).or(Some(start + at)) };
    }
    let (name, port) = match authority.split_once(':') {
        Some(parts) if !authority.starts_with('[') => parts,
        _ => {
            // a quote that belongs to it: `https://tok'en@host`
            let goes_on =
                matches!(after, Some('\'' | '"' | '`')) && rest[authority.len() + 1..].starts_with(char::is_alphanumeric);
            return later(word.host).filter(|at| goes_on && !text[start..*at].contains("://"));
        }
    };
    // a password with a slash in it, which nobody may write and people do: what looks like a port is none
    let is_port = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    if is_port {
        let is_user = !name.contains('.') && name != "localhost";
        return later(word.host).filter(|at| is_user && !text[start..*at].contains("://"));
    }
    let is_empty = port.is_empty() && matches!(after, None | Some('/' | '\\'));
    later(word.last).filter(|_| !is_empty).or_else(|| if is_empty { None } else { beyond_blanks(text, word.end) })
}

/// The `@` of a password with blanks in it, on the same line.
fn beyond_blanks(text: &str, end: usize) -> Option<usize> {
    let far = text.floor_char_boundary(text.len().min(end + FAR));
    let line = text[end..far].split(['\n', '\r']).next()?;
    let at = line.rfind('@')?;
    is_host(&line[at + 1..]).then_some(end + at)
}

/// Whether a text begins with what is called like a host: `git.example.com`, `10.0.0.1`, `localhost`; and goes on as a URL does or ends.
/// Not: `v1.2.3`, `sha256`.
fn is_host(text: &str) -> bool {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-')).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    let labels: Vec<_> = name.split('.').collect();
    let is_address = labels.len() == 4 && labels.iter().all(|label| label.parse::<u8>().is_ok());
    let top = labels.last().copied().unwrap_or_default();
    let is_name = labels.len() > 1 && top.len() > 1 && top.bytes().all(|byte| byte.is_ascii_alphabetic());
    (is_address || is_name || name == "localhost") && labels.iter().all(|label| !label.is_empty())
}
