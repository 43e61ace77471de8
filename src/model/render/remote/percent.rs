//! Percent-encoding, as Go's `net/url` reads it.

/// Whether each `%` begins an escape.
pub fn is_escaped_well(text: &str) -> bool {
    text.match_indices('%').all(|(at, _)| escaped(&text.as_bytes()[at + 1..]).is_some())
}

/// A part of a query; none where an escape is wrong.
pub fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        rest = after;
        bytes.push(match first {
            b'%' => {
                let byte = escaped(after)?;
                rest = &after[2..];
                byte
            }
            b'+' => b' ',
            byte => *byte,
        });
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The byte that two digits stand for.
fn escaped(digits: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let [high, low, ..] = digits else { return None };
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}
