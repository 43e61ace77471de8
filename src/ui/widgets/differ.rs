//! Two texts, aligned: what both have, and what only one has; by lines, and by words within a line ([`steps`]).

use std::ops::Range;

use fluxdeck_model::domain::aligned::{Aligned as Step, steps};

/// How much of two texts must be common (in percent of their letters) so that words are worth a look.
const COMMON: usize = 40;

/// The bytes of two lines that differ, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub gone: Vec<Range<usize>>,
    pub come: Vec<Range<usize>>,
}

impl Words {
    /// All of both.
    pub fn all(before: &str, after: &str) -> Self {
        Self { gone: std::iter::once(0..before.len()).collect(), come: std::iter::once(0..after.len()).collect() }
    }
}

/// Which bytes of two lines differ, word by word; none where they have too little in common to be one line that was changed.
pub fn words(before: &str, after: &str) -> Option<Words> {
    let (old, new) = (pieces(before), pieces(after));
    let texts =
        |text: &str, pieces: &[Range<usize>]| pieces.iter().map(|piece| text[piece.clone()].to_owned()).collect::<Vec<_>>();
    let (mut words, mut common) = (Words::default(), 0);
    for step in steps(&texts(before, &old), &texts(after, &new)) {
        match step {
            Step::Same(at, _) => common += letters(&before[old[at].clone()]),
            Step::Gone(at) => join(&mut words.gone, old[at].clone(), before),
            Step::New(at) => join(&mut words.come, new[at].clone(), after),
        }
    }
    let all = letters(before) + letters(after);
    (is_one_line(before, after) || common * 200 >= all * COMMON).then_some(words)
}

/// Whether both set the same key: then one was changed into the other, whatever the value is.
fn is_one_line(before: &str, after: &str) -> bool {
    let key = |line: &str| {
        let text = line.trim_start().trim_start_matches("- ").to_owned();
        super::yaml::key_end(&text).map(|end| text[..end].to_owned())
    };
    key(before).is_some_and(|before| Some(before) == key(after))
}

fn letters(text: &str) -> usize {
    text.chars().filter(|letter| !letter.is_whitespace()).count()
}

/// Adds a range; blanks alone between two belong to them.
fn join(found: &mut Vec<Range<usize>>, next: Range<usize>, text: &str) {
    match found.last_mut().filter(|last| text[last.end..next.start].trim().is_empty()) {
        Some(last) => last.end = next.end,
        None => found.push(next),
    }
}

/// Words (with the dots in them: `1.4.2` is one), blanks, and every other sign by itself.
fn pieces(text: &str) -> Vec<Range<usize>> {
    let class = |letter: char| match letter {
        letter if letter.is_alphanumeric() || matches!(letter, '_' | '.') => 0,
        letter if letter.is_whitespace() => 1,
        _ => 2,
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    for (at, letter) in text.char_indices() {
        let (end, class) = (at + letter.len_utf8(), class(letter));
        match found.last_mut().filter(|_| class != 2 && last == Some(class)) {
            Some(piece) => piece.end = end,
            None => found.push(at..end),
        }
        last = Some(class);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What differs in brackets.
    fn marked(before: &str, after: &str) -> Option<(String, String)> {
        let Words { gone, come } = words(before, after)?;
        let show = |text: &str, ranges: &[Range<usize>]| {
            let mut out = text.to_owned();
            for range in ranges.iter().rev() {
                out.insert(range.end, ']');
                out.insert(range.start, '[');
            }
            out
        };
        Some((show(before, &gone), show(after, &come)))
    }

    #[test]
    fn the_words_that_differ_are_found() {
        for (before, after, expected) in [
            ("replicas: 3", "replicas: 5", Some(("replicas: [3]", "replicas: [5]"))),
            (
                "image: a.b/c/d:1.4.2 # x",
                "image: a.b/c/d:1.5.0 # x",
                Some(("image: a.b/c/d:[1.4.2] # x", "image: a.b/c/d:[1.5.0] # x")),
            ),
            (
                "- {name: api, count: 3}",
                "- {name: api, count: 3, x: 1}",
                Some(("- {name: api, count: 3}", "- {name: api, count: 3[, x: 1]}")),
            ),
            ("a: one two three", "a: four", Some(("a: [one two three]", "a: [four]"))),
            ("  cpu: 500m", "  memory: 1Gi", None),
            ("", "a: 1", None),
            ("é: 世界", "é: 世", Some(("é: [世界]", "é: [世]"))),
        ] {
            let expected = expected.map(|(before, after)| (before.to_owned(), after.to_owned()));
            assert_eq!(marked(before, after), expected, "{before}");
        }
    }

    #[test]
    fn every_place_of_both_is_in_the_steps_once_and_in_order() {
        for (before, after) in [("abcd", "acbd"), ("", "ab"), ("ab", ""), ("aab", "ba"), ("xyz", "abc"), ("abcab", "cabcb")] {
            let (old, new): (Vec<_>, Vec<_>) = (before.chars().collect(), after.chars().collect());
            let steps = steps(&old, &new);
            let a: Vec<_> = steps
                .iter()
                .filter_map(|step| if let Step::Same(a, _) | Step::Gone(a) = step { Some(*a) } else { None })
                .collect();
            let b: Vec<_> = steps
                .iter()
                .filter_map(|step| if let Step::Same(_, b) | Step::New(b) = step { Some(*b) } else { None })
                .collect();
            assert_eq!((a, b), ((0..old.len()).collect(), (0..new.len()).collect()), "{before} {after}");
            assert!(steps.iter().all(|step| if let Step::Same(a, b) = step { old[*a] == new[*b] } else { true }));
        }
    }
}
