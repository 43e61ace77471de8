//! Patterns of `#` and `%`: Go's `path.Match`, except that `*` and `?` match `/` too (fluxcd/pkg `envsubst/path/match.go`).

/// A pattern that is none. Found only where matching gets to it, as in Go.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

/// Whether a pattern matches all of a text.
///
/// # Errors
/// The pattern is malformed where matching got to.
pub fn is_match(mut pattern: &[u8], mut text: &[u8]) -> Result<bool, Malformed> {
    'chunks: while !pattern.is_empty() {
        let stars = pattern.iter().take_while(|byte| **byte == b'*').count();
        let length = chunk_length(&pattern[stars..]);
        let (chunk, after) = pattern[stars..].split_at(length);
        pattern = after;
        if stars > 0 && chunk.is_empty() {
            return Ok(true);
        }
        // the last chunk must reach the end
        let fits = |rest: &[u8]| rest.is_empty() || !after.is_empty();
        if let Some(rest) = chunk_match(chunk, text)?
            && fits(rest)
        {
            text = rest;
            continue;
        }
        if stars > 0 {
            for skip in 1..=text.len() {
                if let Some(rest) = chunk_match(chunk, &text[skip..])?
                    && fits(rest)
                {
                    text = rest;
                    continue 'chunks;
                }
            }
        }
        return Ok(false);
    }
    Ok(text.is_empty())
}

/// Up to the next `*` that is not part of a class.
fn chunk_length(pattern: &[u8]) -> usize {
    let (mut at, mut is_class) = (0, false);
    while at < pattern.len() {
        match pattern[at] {
            b'\\' if at + 1 < pattern.len() => at += 1,
            b'[' => is_class = true,
            b']' => is_class = false,
            b'*' if !is_class => break,
            _ => {}
        }
        at += 1;
    }
    at
}

/// What is left of the text after a chunk without `*`; `None` where it does not match.
fn chunk_match<'t>(mut chunk: &[u8], mut text: &'t [u8]) -> Result<Option<&'t [u8]>, Malformed> {
    while let Some(&first) = chunk.first() {
        if text.is_empty() {
            return Ok(None);
        }
        match first {
            b'[' => {
                let (c, width) = character(text);
                text = &text[width..];
                let (is_in, rest) = class(&chunk[1..], c)?;
                chunk = rest;
                if !is_in {
                    return Ok(None);
                }
            }
            b'?' => {
                text = &text[character(text).1..];
                chunk = &chunk[1..];
            }
            _ => {
                if first == b'\\' {
                    chunk = &chunk[1..];
                }
                if *chunk.first().ok_or(Malformed)? != text[0] {
                    return Ok(None);
                }
                text = &text[1..];
                chunk = &chunk[1..];
            }
        }
    }
    Ok(Some(text))
}

/// A class after its `[`: whether the character is in it, and what follows the `]`.
fn class(mut chunk: &[u8], c: char) -> Result<(bool, &[u8]), Malformed> {
    let is_negated = chunk.first() == Some(&b'^');
    chunk = &chunk[usize::from(is_negated)..];
    let (mut is_in, mut count) = (false, 0);
    loop {
        if count > 0 && chunk.first() == Some(&b']') {
            return Ok((is_in != is_negated, &chunk[1..]));
        }
        let (low, rest) = bound(chunk)?;
        chunk = rest;
        let mut high = low;
        if chunk.first() == Some(&b'-') {
            (high, chunk) = bound(&chunk[1..])?;
        }
        is_in |= (low..=high).contains(&c);
        count += 1;
    }
}

/// A character of a class, escaped or not; something must follow it.
fn bound(chunk: &[u8]) -> Result<(char, &[u8]), Malformed> {
    let chunk = match chunk.first() {
        None | Some(b'-' | b']') => return Err(Malformed),
        Some(b'\\') => &chunk[1..],
        Some(_) => chunk,
    };
    if chunk.is_empty() {
        return Err(Malformed);
    }
    let (c, width) = character(chunk);
    let rest = &chunk[width..];
    if rest.is_empty() || c == char::REPLACEMENT_CHARACTER && width == 1 { Err(Malformed) } else { Ok((c, rest)) }
}

/// The first character and its width; the replacement character, one byte wide, where there is none.
fn character(text: &[u8]) -> (char, usize) {
    let head = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).expect("valid up to there"),
    };
    valid.chars().next().map_or((char::REPLACEMENT_CHARACTER, 1), |c| (c, c.len_utf8()))
}
