//! Nothing that a file may hold ends in a panic, or takes longer than its length.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::*;

/// A text with something of everything, to be broken.
const TEXT: &str = "# top\na: &x 1 # c\nb:\n  - 'it''s'\n  - \"q\\n\\u0041\"\n  - {c: [d, e,], f: !!str g}\nh: |-\n  i: 1\n\n  j\nk: >+\n  l\n\n---\n? m\n: n\no: &y r\n<<: {p: q}\nr: \"{{ s }}\"\nt: *y\n...\n";

/// Whatever is done to whatever can be read.
fn tried(bytes: &[u8], seed: usize) {
    let Ok(source) = YamlSource::read(bytes) else { return };
    let places: Vec<NodePlace> = (0..source.spans().len()).filter_map(|id| source.place_of(id)).collect();
    for (at, place) in places.iter().enumerate().skip(seed % 3).step_by(3) {
        let key = place.clone().key("new");
        let word = super::sweep::POOL[(seed + at) % super::sweep::POOL.len()];
        let inside = place.clone().then(PlaceStep::Inside(0)).key("i");
        for operation in [
            Operation::set(place.clone(), Scalar::string(word)),
            Operation::Add { at: key, value: text("x") },
            Operation::Add { at: place.clone().then(PlaceStep::Last), value: text("x") },
            Operation::Remove { at: place.clone() },
            Operation::set(inside, Scalar::Integer(1)),
        ] {
            let Ok(edited) = apply(&source, std::slice::from_ref(&operation)) else { continue };
            assert_eq!(splice::spliced(source.text(), edited.splices()).as_bytes(), edited.bytes());
            assert!(YamlSource::read(edited.bytes()).is_ok());
        }
    }
    for (line, column) in [(0, 0), (1, 1), (3, 5), (u32::MAX, u32::MAX)] {
        let _ = source.located(line, column);
    }
    let _ = apply(&source, &[Operation::InsertDocument { before: seed % 3, value: NewValue::entry("n", text("x")) }]);
    let _ = apply(&source, &[Operation::RemoveDocument { document: seed % 3 }]);
    let _ = apply(&source, &[Operation::List { field: "resources".to_owned(), entry: "x".to_owned() }]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn mutated_texts_do_no_harm(cuts in proptest::collection::vec((0usize..400, 0usize..4, any::<u8>()), 1..5), seed in 0usize..64) {
        let mut bytes = TEXT.as_bytes().to_vec();
        for (at, kind, byte) in cuts {
            let at = at.min(bytes.len().saturating_sub(1));
            match kind {
                0 => bytes.truncate(at),
                1 => { bytes.insert(at, b"\n\t -:#'\"{}[],&*!|>%@`?\r\0"[usize::from(byte) % 24]) }
                2 => { bytes.remove(at); }
                _ => bytes[at] = byte,
            }
            if bytes.is_empty() { break; }
        }
        tried(&bytes, seed);
    }

    #[test]
    fn random_signs_do_no_harm(text in "([a-c]|[ \n]|: |- |\n  |[-:#'\"{},&*!|>?\r\t]|\\[|\\]|---\n|\u{2028}|\u{85}|\u{feff}|ä){0,40}", seed in 0usize..64) {
        tried(text.as_bytes(), seed);
    }

    #[test]
    fn random_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
        tried(&bytes, 0);
    }
}

#[test]
fn there_is_something_to_break() {
    assert_eq!(source(TEXT).documents(), 2);
    assert!(made(TEXT, &[number("1:m", 1)]).is_ok());
}

#[test]
fn every_beginning_of_a_text_does_no_harm() {
    (0..TEXT.len()).for_each(|end| tried(&TEXT.as_bytes()[..end], end));
}

#[test]
fn time_grows_with_the_length_only() {
    let long = |text: String, place: &str| {
        let begin = Instant::now();
        let edited = YamlSource::read(text.as_bytes()).and_then(|source| apply(&source, &[number(place, 2)]));
        (edited, begin.elapsed())
    };
    let line = format!("a: 1\nb: \"{}\"\nc: 1\n", "x".repeat(1 << 20));
    let (edited, time) = long(line, "c");
    assert!(edited.is_ok(), "{:?}", edited.err());
    let most = Duration::from_secs(60);
    assert!(time < most, "{time:?}");
    for text in
        ["[".repeat(1 << 20), "{a: ".repeat(1 << 18), "- ".repeat(1 << 19), "a: !t,".repeat(1 << 17), "\n---".repeat(1 << 18)]
    {
        let (edited, time) = long(text, "a");
        assert!(edited.is_err() && time < most, "{time:?}");
    }
    let flat = format!("x: [{}]\na: 1\n", "y, ".repeat(1 << 16));
    let (edited, time) = long(flat, "a");
    assert!(edited.is_ok() && time < most, "{time:?}");
}
