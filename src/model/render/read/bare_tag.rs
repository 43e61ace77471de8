//! A tag right before a comma (`[!tag, b]`): YAML allows it, the scanner ends in a panic. So such a text is refused before it is scanned.

use libyaml_safer::{Scanner, TokenData};

/// More places that look like it are not looked at one by one.
const MOST: usize = 50;

/// Starts at the tag, to see what the scanner takes it for.
const PROBE: &str = "zqzq";

/// Where the first such tag begins. What only looks like one (in quotes, in a comment, inside of a text) is none.
pub(super) fn find(text: &str) -> Option<usize> {
    let looks_like = |at: &usize| {
        let rest = &text[at + 1..];
        let end = rest.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
        end.is_some_and(|end| rest[end..].starts_with(','))
    };
    let mut places = text.match_indices('!').map(|(at, _)| at).filter(looks_like);
    places.by_ref().take(MOST).find(|at| begins_something(&text[..*at])).or_else(|| places.next())
}

/// Whether a value begins at the end of this text. Asked of the scanner alone, which runs ahead of what the parser accepts.
fn begins_something(text: &str) -> bool {
    let probed = format!("{text}{PROBE}\n");
    let mut input = probed.as_bytes();
    let mut scanner = Scanner::new();
    scanner.set_input_string(&mut input);
    loop {
        match Scanner::scan(&mut scanner).map(|token| token.data) {
            Ok(TokenData::Scalar { value, .. }) if value == PROBE => return true,
            Ok(TokenData::StreamEnd) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn only_real_tags_are_found() {
        for (text, at) in [
            ("a: [!t, b]\n", Some(4)),
            ("a: {b: !t, c: d}\n", Some(7)),
            ("[{\"a\"!, \"b\": c}]\n", Some(5)),
            ("a: [!t x, b]\n", None),
            ("a: \"Hello !world, again\"\n", None),
            ("a: Hello !world, again\n", None),
            ("# !t, no\na: b\n", None),
            ("a: |\n  !t, b\n", None),
            ("a: [x !t, b]\n", None),
        ] {
            assert_eq!(find(text), at, "{text}");
        }
    }
}
