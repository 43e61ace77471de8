//! Bytes that replace other bytes.

use std::ops::Range;

/// A range of the text before, and its replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    pub range: Range<usize>,
    pub text: String,
}

impl Splice {
    pub fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }

    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::new(at..at, text)
    }

    /// Without the bytes that stay at its beginning and its end.
    #[must_use]
    fn trimmed(self, text: &str) -> Self {
        let old = &text[self.range.clone()];
        let same = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
            pairs.take_while(|(a, b)| a == b).map(|(letter, _)| letter.len_utf8()).sum()
        };
        let start = same(&mut old.chars().zip(self.text.chars()));
        let (rest, new) = (&old[start..], &self.text[start..]);
        let end = same(&mut rest.chars().rev().zip(new.chars().rev()));
        Self::new(self.range.start + start..self.range.end - end, &new[..new.len() - end])
    }
}

/// Trimmed, in order, without those that change nothing. None where two overlap.
pub fn ordered(mut splices: Vec<Splice>, text: &str) -> Option<Vec<Splice>> {
    splices.sort_by_key(|splice| (splice.range.start, splice.range.end));
    let is_apart = splices.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start);
    let trimmed = splices.into_iter().map(|splice| splice.trimmed(text));
    is_apart.then(|| trimmed.filter(|splice| !splice.range.is_empty() || !splice.text.is_empty()).collect())
}

/// The text after. The splices are in order and apart.
pub fn spliced(text: &str, splices: &[Splice]) -> String {
    let mut result = String::with_capacity(text.len() + splices.iter().map(|splice| splice.text.len()).sum::<usize>());
    let mut at = 0;
    for splice in splices {
        result.push_str(&text[at..splice.range.start]);
        result.push_str(&splice.text);
        at = splice.range.end;
    }
    result.push_str(&text[at..]);
    result
}

/// One set of splices for two, the second made in what the first left. `first` is a change of a text to `middle`, `second` one of `middle`.
pub fn composed(first: &[Splice], middle: &str, second: &[Splice]) -> Vec<Splice> {
    let mut result: Vec<Splice> = Vec::new();
    let (mut first, mut second) = (first.iter().peekable(), second.iter().peekable());
    // how far bytes of `middle` are behind those of the text before
    let mut shift = 0isize;
    loop {
        let next = first.peek().map(|splice| moved(splice.range.start, shift));
        let is_second = match (next, second.peek()) {
            (None, None) => return result,
            (Some(at), Some(splice)) => splice.range.start < at,
            (next, _) => next.is_none(),
        };
        // a group of splices that touch each other, as a range of `middle`
        let start = if is_second { second.peek().expect("one is next").range.start } else { next.expect("one is next") };
        let (mut end, before) = (start, moved(start, -shift));
        let mut text = String::new();
        let mut at = start;
        loop {
            if let Some(splice) = first.peek().filter(|splice| moved(splice.range.start, shift) <= end) {
                let begin = moved(splice.range.start, shift);
                end = end.max(begin + splice.text.len());
                shift += splice.text.len() as isize - splice.range.len() as isize;
                first.next();
            } else if let Some(splice) = second.peek().filter(|splice| splice.range.start <= end) {
                text.push_str(&middle[at..splice.range.start]);
                text.push_str(&splice.text);
                at = splice.range.end;
                end = end.max(at);
                second.next();
            } else {
                break;
            }
        }
        text.push_str(&middle[at..end]);
        result.push(Splice::new(before..moved(end, -shift), text));
    }
}

fn moved(at: usize, by: isize) -> usize {
    at.saturating_add_signed(by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splices_after_splices_are_splices_of_the_first_text() {
        let text = "0123456789";
        for (first, second) in [
            (vec![Splice::new(2..4, "ab")], vec![Splice::new(6..8, "x")]),
            (vec![Splice::new(2..4, "abcdef")], vec![Splice::new(4..5, "")]),
            (vec![Splice::new(2..4, ""), Splice::new(6..7, "zz")], vec![Splice::new(1..6, "y")]),
            (vec![Splice::insert(5, "a")], vec![Splice::insert(5, "b"), Splice::insert(6, "c")]),
            (vec![Splice::new(0..10, "")], vec![Splice::insert(0, "new")]),
            (vec![Splice::new(8..10, "a")], vec![Splice::new(0..9, "b")]),
        ] {
            let middle = spliced(text, &first);
            let both = composed(&first, &middle, &second);
            assert_eq!(spliced(text, &both), spliced(&middle, &second), "{first:?} {second:?} {both:?}");
            assert!(both.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start), "{both:?}");
        }
    }

    #[test]
    fn a_splice_leaves_out_the_bytes_that_stay() {
        let text = "replicas: 10 # ü";
        let splices = ordered(vec![Splice::new(10..12, "12"), Splice::new(0..8, "replicas")], text);
        assert_eq!(splices, Some(vec![Splice::new(11..12, "2")]));
        assert_eq!(ordered(vec![Splice::new(0..3, ""), Splice::new(2..5, "")], text), None);
    }
}
