//! A folded text (`>`) after go-yaml v3 has written it and read it again: it does not always come back as it was, because the writer looks
//! at the start of the text where it should look at the next line. Source: go-yaml v3.0.4 `emitterc.go` (write_folded_scalar).

use libyaml_safer::{EventData, Parser};

use super::super::node::Text;
use super::analysis::is_printable;
use super::emit::Emitter;

/// What is read back.
pub(super) fn again(text: &Text) -> Text {
    // spaces at the end of a line or of the text, and nothing at all, are written in double quotes instead
    if text.is_empty() || text.ends_with(' ') || text.contains(" \n") || !text.chars().all(is_printable) {
        return text.clone();
    }
    let written = write(text);
    read(&written).map_or_else(|| text.clone(), Text::from)
}

fn write(text: &str) -> String {
    let mut emitter = Emitter::new(usize::MAX);
    emitter.put("a: ");
    emitter.folded(text, 2);
    if !emitter.out.ends_with('\n') {
        emitter.line_break();
    }
    emitter.out
}

fn read(written: &str) -> Option<String> {
    let mut input = written.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let mut last = None;
    loop {
        match parser.parse().ok()?.data {
            EventData::Scalar { value, .. } => last = Some(value),
            EventData::StreamEnd => return last,
            _ => {}
        }
    }
}
