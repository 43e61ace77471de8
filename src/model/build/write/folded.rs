//! A folded text (`>`) after go-yaml v3 has written it and read it again: it does not always come back as it was, because the writer looks
//! at the start of the text where it should look at the next line. Source: go-yaml v3.0.4 `emitterc.go` (write_folded_scalar).

use libyaml_safer::{EventData, Parser};

use super::super::node::Text;

/// What is read back.
pub(super) fn again(text: &Text) -> Text {
    // spaces at the end of a line or of the text, and nothing at all, are written in double quotes instead
    if text.is_empty() || text.ends_with(' ') || text.contains(" \n") || !text.chars().all(is_printable) {
        return text.clone();
    }
    let written = write(text);
    read(&written).map_or_else(|| text.clone(), Text::from)
}

fn is_printable(c: char) -> bool {
    c == '\n' || ('\u{20}'..='\u{7e}').contains(&c) || ('\u{a0}'..='\u{fffd}').contains(&c) && c != '\u{feff}'
}

fn write(text: &str) -> String {
    let mut out = "a: >".to_owned();
    if text.starts_with([' ', '\n']) {
        out.push('4');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text == "\n" || text.ends_with("\n\n") {
        out.push('+');
    }
    out.push('\n');
    let starts_blank = text.trim_start_matches('\n').starts_with([' ', '\t']) || text.trim_start_matches('\n').is_empty();
    let (mut breaks, mut leading_spaces) = (true, true);
    for c in text.chars() {
        if c == '\n' {
            if !breaks && !leading_spaces && !starts_blank {
                out.push('\n');
            }
            out.push('\n');
            breaks = true;
        } else {
            if breaks {
                out.push_str("    ");
                leading_spaces = matches!(c, ' ' | '\t');
            }
            out.push(c);
            breaks = false;
        }
    }
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
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
