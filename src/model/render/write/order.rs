//! The order in which go-yaml v2 writes keys: letters after everything else, numbers inside texts by their value.
//! Source: go-yaml v2.4.4 `sorter.go`.

use std::cmp::Ordering;

/// Natural order of two keys.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        return compare(a.as_bytes(), b.as_bytes());
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    compare(&a, &b)
}

trait Letter: Copy + PartialEq {
    fn char(self) -> char;
}

impl Letter for u8 {
    fn char(self) -> char {
        char::from(self)
    }
}

impl Letter for char {
    fn char(self) -> char {
        self
    }
}

fn compare<L: Letter>(a: &[L], b: &[L]) -> Ordering {
    let Some(at) = a.iter().zip(b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    let (left, right) = (a[at].char(), b[at].char());
    match (left.is_alphabetic(), right.is_alphabetic()) {
        (true, true) => return left.cmp(&right),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    // a zero after other digits is a digit, not a leading zero
    let is_inside = (left == '0' || right == '0')
        && a[..at].iter().rev().map(|letter| letter.char()).take_while(char::is_ascii_digit).any(|digit| digit != '0');
    let start = i64::from(is_inside);
    let number = |text: &[L]| {
        let digits = text[at..].iter().map(|letter| letter.char()).take_while(char::is_ascii_digit);
        digits.fold((start, at), |(value, end), digit| {
            (value.wrapping_mul(10).wrapping_add(i64::from(u32::from(digit) - u32::from('0'))), end + 1)
        })
    };
    let ((left_value, left_end), (right_value, right_end)) = (number(a), number(b));
    left_value.cmp(&right_value).then(left_end.cmp(&right_end)).then(left.cmp(&right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_natural_order() {
        let sorted = ["1", "2", "10", "a", "a.b", "a-b", "a1", "a2", "a10", "aB", "ab"];
        let mut keys = sorted;
        keys.reverse();
        keys.sort_by(|a, b| natural(a, b));
        assert_eq!(keys, ["1", "2", "10", "a", "a-b", "a.b", "a1", "a2", "a10", "aB", "ab"]);
    }
}
