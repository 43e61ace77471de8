//! What a message says apart from its numbers, hashes and durations: messages that differ in nothing else say the same again.

/// Letters of the ends of generated names (apimachinery `util/rand`: no vowel, no 0, 1, 3).
const GENERATED: &str = "bcdfghjklmnpqrstvwxz2456789";
/// Units of durations (Go `time.Duration`), of quantities and of sizes.
const UNITS: &[&str] = &["ns", "us", "ms", "s", "m", "h", "d", "Ki", "Mi", "Gi", "Ti", "k", "M", "G", "B", "KB", "MB", "GB"];
/// What is written for whatever differs.
const SIGN: char = '#';

/// The message with `#` for each number, duration, hash and generated end of a name. Costs its length.
pub(super) fn shape(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let length = word(rest);
        if length == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let (found, after) = rest.split_at(length);
        let is_end = out.ends_with('-') && !after.starts_with(['.', '/']);
        put(found, is_end, &mut out);
        rest = after;
    }
    out
}

/// How long the word is at the start of a text: letters and digits of ASCII, dots between digits, and the µ of microseconds.
fn word(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let is_dot =
            bytes[at] == b'.' && at > 0 && bytes[at - 1].is_ascii_digit() && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if bytes[at].is_ascii_alphanumeric() || is_dot {
            at += 1;
        } else if at > 0 && bytes[at - 1].is_ascii_digit() && text[at..].starts_with(['µ', 'μ']) {
            at += 2;
        } else {
            break;
        }
    }
    at
}

/// Adds a word. `is_end`: it is behind a hyphen, as the generated end of a name is.
fn put(word: &str, is_end: bool, out: &mut String) {
    if is_measure(word) || is_hash(word) || is_end && is_generated(word) {
        out.push(SIGN);
        return;
    }
    let mut was_digit = false;
    for letter in word.chars() {
        let is_digit = letter.is_ascii_digit() || was_digit && letter == '.';
        if is_digit && !was_digit {
            out.push(SIGN);
        } else if !is_digit {
            out.push(letter);
        }
        was_digit = is_digit;
    }
}

/// A number, or a duration or quantity: numbers with units, as `1m2.5s`, `436.49ms`, `512Mi`.
fn is_measure(word: &str) -> bool {
    let mut rest = word;
    while !rest.is_empty() {
        let behind = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if behind.len() == rest.len() {
            return false;
        }
        let unit = behind.find(|c: char| c.is_ascii_digit()).map_or(behind, |end| &behind[..end]);
        if !unit.is_empty() && !UNITS.contains(&unit) && !matches!(unit, "µs" | "μs") {
            return false;
        }
        rest = &behind[unit.len()..];
    }
    true
}

/// A hash or a part of one, or the end of a generated name that has a digit.
fn is_hash(word: &str) -> bool {
    let all = |letters: fn(char) -> bool| word.chars().all(letters);
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    let is_long_hex = word.len() >= 32 && all(|c| c.is_ascii_hexdigit());
    is_long_hex || has_digit && word.len() >= 5 && (all(|c| c.is_ascii_hexdigit()) || all(|c| GENERATED.contains(c)))
}

/// The five letters of a pod, or the eight to ten of a ReplicaSet, that happen to have no digit.
fn is_generated(word: &str) -> bool {
    matches!(word.len(), 5 | 8..=10) && word.chars().all(|c| GENERATED.contains(c))
}
