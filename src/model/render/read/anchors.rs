//! Which anchors have aliases. Determined before a text is composed, so that values of an anchor are known to be shared while
//! they are read.

use std::collections::HashMap;
use std::sync::LazyLock;

use libyaml_safer::{EventData, Parser};
use regex::Regex;

/// How many aliases each anchor of a text's first document has, in the order of the anchors. An alias means the last anchor of its name.
///
/// Costs a second look at texts that seem to have both; the others have nothing to count.
pub(super) fn aliases(text: &str) -> Vec<u32> {
    static ALIAS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)(^|[\s\[{,:-])\*[^\s,\[\]{}]").expect("a pattern"));
    static ANCHOR: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)(^|[\s\[{,:-])&[^\s,\[\]{}]").expect("a pattern"));
    if !text.contains('*') || !text.contains('&') || !ALIAS.is_match(text) || !ANCHOR.is_match(text) {
        return Vec::new();
    }
    let mut input = text.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let (mut found, mut last) = (Vec::new(), HashMap::new());
    // what is not YAML is reported when it is composed
    while let Ok(event) = parser.parse() {
        match event.data {
            EventData::Scalar { anchor: Some(name), .. }
            | EventData::SequenceStart { anchor: Some(name), .. }
            | EventData::MappingStart { anchor: Some(name), .. } => {
                last.insert(name, found.len());
                found.push(0);
            }
            EventData::Alias { anchor } => {
                if let Some(at) = last.get(&anchor) {
                    found[*at] += 1;
                }
            }
            EventData::DocumentEnd { .. } | EventData::StreamEnd => break,
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::aliases;

    #[test]
    fn aliases_are_counted_for_the_anchor_that_they_mean() {
        for (text, expected) in [
            ("a: &x 1\nb: *x\nc: *x\n", &[2][..]),
            ("a: &x {b: &y 1}\nc: *y\n", &[0, 1]),
            ("a: &x 1\nb: *x\nc: &x 2\nd: [*x, *x]\n", &[1, 2]),
            ("<<: &x {a: 1}\nb: {<<: *x}\n", &[1]),
            ("schedule: '*/5 * * * *'\nrun: a && b\n", &[]),
            ("a: &x 1\n---\nb: *x\n", &[0]),
        ] {
            assert_eq!(aliases(text), expected, "{text}");
        }
    }
}
