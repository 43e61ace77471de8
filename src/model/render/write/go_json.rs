//! JSON as Go's `encoding/json` writes it: keys sorted by bytes, HTML escaped, every number a float.

use super::number::go_float;
use super::value::Plain;

/// JSON as Go's `encoding/json` writes it: keys sorted by bytes, HTML escaped.
pub fn go_json(value: &Plain) -> String {
    match value {
        Plain::Null => "null".to_owned(),
        Plain::Bool(bool) => bool.to_string(),
        Plain::Int(int) => number(*int as f64),
        Plain::Uint(uint) => number(*uint as f64),
        Plain::Float(float) => number(*float),
        Plain::Text(text) => quoted(text),
        Plain::List(items) => format!("[{}]", items.iter().map(go_json).collect::<Vec<_>>().join(",")),
        Plain::Map(entries) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            let parts: Vec<_> = sorted.iter().map(|(key, value)| format!("{}:{}", quoted(key), go_json(value))).collect();
            format!("{{{}}}", parts.join(","))
        }
    }
}

fn number(float: f64) -> String {
    if float != 0.0 && !(1e-6..1e21).contains(&float.abs()) {
        // Go's JSON has no leading zero in the exponent
        return go_float(float).replace("e-0", "e-").replace("e+0", "e+");
    }
    format!("{float}")
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\u{0}'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// JSON over several lines, indented by two blanks, as Go's `MarshalIndent` writes it.
pub fn go_json_indented(value: &Plain) -> String {
    indented(value, 0)
}

fn indented(value: &Plain, depth: usize) -> String {
    let (inner, outer) = ("  ".repeat(depth + 1), "  ".repeat(depth));
    match value {
        Plain::List(items) if !items.is_empty() => {
            let items: Vec<_> = items.iter().map(|item| format!("{inner}{}", indented(item, depth + 1))).collect();
            format!("[\n{}\n{outer}]", items.join(",\n"))
        }
        Plain::Map(entries) if !entries.is_empty() => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by(|a, b| a.0.cmp(&b.0));
            let entries: Vec<_> =
                sorted.iter().map(|(key, value)| format!("{inner}{}: {}", quoted(key), indented(value, depth + 1))).collect();
            format!("{{\n{}\n{outer}}}", entries.join(",\n"))
        }
        other => go_json(other),
    }
}
