//! One value of a text changed where it stands, as somebody would do it with an editor.

use fluxdeck_model::insight::field::FieldPath;
use fluxdeck_model::render::node::{Inner, Layer, Node, Notation, Tag, Value};
use fluxdeck_model::render::read::{self, TextPlace};
use fluxdeck_model::render::turn_back::ScalarChange;

/// The text with another value at a place (line and column from 1), none where no value stands that can be changed in place.
pub fn changed(text: &str, line: u32, column: u32, is_yaml: bool) -> Option<String> {
    let at = offset(text, line, column)?;
    let at = at + if is_yaml { properties(&text[at..]) } else { 0 };
    let rest = &text[at..];
    let first = rest.chars().next()?;
    let token = rest.split([' ', '\n', '\r', ',', '}', ']']).next().unwrap_or_default();
    let put = |at: usize, with: &str, instead: usize| format!("{}{with}{}", &text[..at], &text[at + instead..]);
    match first {
        '|' | '>' if is_yaml => Some(put(block_end(text, at)?, " #z", 0)),
        '{' | '[' | '\n' | '#' if is_yaml => None,
        '"' | '\'' if is_yaml => Some(put(at + 1 + pair(&rest[1..]), "z", 0)),
        '0'..='9' if is_yaml => Some(put(at, if first == '9' { "1" } else { "9" }, 1)),
        _ if is_yaml && matches!(token, "null" | "~") => None,
        _ if is_yaml && token == "true" => Some(put(at, "false", 4)),
        _ if is_yaml && token == "false" => Some(put(at, "true", 5)),
        _ => Some(put(at + pair(rest), "z", 0)),
    }
}

fn offset(text: &str, line: u32, column: u32) -> Option<usize> {
    let (line, column) = (line.checked_sub(1)? as usize, column.checked_sub(1)? as usize);
    let begin = if line == 0 { 0 } else { text.match_indices('\n').nth(line - 1)?.0 + 1 };
    let inside = text[begin..].char_indices().map(|(at, _)| at).nth(column)?;
    Some(begin + inside)
}

/// An anchor or a tag before the value.
fn properties(rest: &str) -> usize {
    if !rest.starts_with(['&', '!']) {
        return 0;
    }
    let end = rest.find(' ').map_or(rest.len(), |end| end + 1);
    end + properties(&rest[end..])
}

/// `key=` before a value.
fn pair(rest: &str) -> usize {
    let key = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && !"_.-".contains(letter)).unwrap_or(0);
    if key > 0 && rest[key..].starts_with('=') { key + 1 } else { 0 }
}

/// The end of the last line of a block that has a text.
fn block_end(text: &str, header: usize) -> Option<usize> {
    let mut at = header + text[header..].find('\n')? + 1;
    let (mut indent, mut end) = (None, None);
    for line in text[at..].split_inclusive('\n') {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if !line.trim().is_empty() {
            if blanks < *indent.get_or_insert(blanks) {
                break;
            }
            end = Some(at + line.trim_end().len());
        }
        at += line.len();
    }
    end
}

/// The text with the wanted scalar, where a wanted value was turned back to; none if it cannot be replaced so simply.
pub fn rewritten(text: &str, change: &ScalarChange) -> Option<String> {
    let ScalarChange { origin, old, new, tag, .. } = change;
    match origin.form {
        Notation::File => return (text == old.as_ref()).then(|| new.clone()),
        Notation::Line => {
            let begin = offset(text, origin.line, 1)?;
            let end = text[begin..].find(['\r', '\n']).map_or(text.len(), |end| begin + end);
            return (text[begin..end] == **old).then(|| format!("{}{new}{}", &text[..begin], &text[end..]));
        }
        Notation::Yaml => {}
        Notation::Maker => return None,
    }
    match origin.inner().filter(|inner| (inner.line, inner.column) == (origin.line, origin.column)) {
        // its lines are not lines of the file
        Some(inner) => {
            let outer = document_with(text, inner)?;
            let (outer, inner) = (outer.shared_text()?.clone(), inner.clone());
            let place = TextPlace::file(&"inner".into(), Layer::Resource);
            let document = read::documents(outer.as_bytes(), &place).ok()?.get(inner.document as usize)?.clone();
            let node = FieldPath::parse(&inner.path).ok()?.find(&document).ok()?.clone();
            let change = ScalarChange { origin: node.origin().clone(), ..change.clone() };
            let new = rewritten(&outer, &change)?;
            scalar(text, inner.line, inner.column, &outer, &quoted(&new))
        }
        None => {
            let is_text = matches!(tag, Tag::None | Tag::Str | Tag::Timestamp);
            scalar(text, origin.line, origin.column, old, &if is_text { quoted(new) } else { new.clone() })
        }
    }
}

/// The scalar at a place of a text.
fn document_with(text: &str, inner: &Inner) -> Option<Node> {
    fn find(node: &Node, at: (u32, u32)) -> Option<Node> {
        match &node.value {
            Value::Scalar(_) => ((node.origin().line, node.origin().column) == at).then(|| node.clone()),
            Value::List(items) => items.iter().find_map(|item| find(item, at)),
            Value::Map(entries) => entries.iter().find_map(|entry| find(&entry.value, at)),
        }
    }
    // a text that is embedded in an embedded one is left to a real editor
    let all = if inner.within.is_none() {
        read::documents(text.as_bytes(), &TextPlace::file(&"outer".into(), Layer::Resource)).ok()?
    } else {
        Vec::new()
    };
    all.iter().find_map(|document| find(document, (inner.line, inner.column)))
}

/// Double quotes hold everything; what YAML takes for the end of a line is escaped.
fn quoted(text: &str) -> String {
    let text = serde_json::to_string(text).expect("a text is JSON");
    [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029"), ('\u{feff}', "\\ufeff")]
        .into_iter()
        .fold(text, |text, (letter, escape)| text.replace(letter, escape))
}

/// The scalar at a place, replaced in its own style.
fn scalar(text: &str, line: u32, column: u32, old: &str, written: &str) -> Option<String> {
    let at = offset(text, line, column)?;
    let at = at + properties(&text[at..]);
    let rest = &text[at..];
    let end = match rest.chars().next()? {
        quote @ ('"' | '\'') => 1 + closing(&rest[1..], quote)? + 1,
        // one with an indentation of its own is left to a real editor
        '|' | '>' if rest[1..].starts_with(|letter: char| letter.is_ascii_digit()) => return None,
        '|' | '>' => block_end(text, at)? - at,
        _ => {
            // a plain one of one line
            rest.starts_with(old).then_some(old.len()).filter(|length| {
                let after = &rest[*length..];
                after.is_empty()
                    || after.starts_with(['\n', '\r', ',', '}', ']'])
                    || after.starts_with(" #")
                    || after.trim_start_matches(' ').starts_with(['\n', '\r', ',', '}', ']'])
            })?
        }
    };
    Some(format!("{}{written}{}", &text[..at], &text[at + end..]))
}

fn closing(rest: &str, quote: char) -> Option<usize> {
    let mut letters = rest.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' if quote == '"' => drop(letters.next()),
            '\'' if quote == '\'' && letters.peek().is_some_and(|(_, next)| *next == '\'') => drop(letters.next()),
            _ if letter == quote => return Some(at),
            _ => {}
        }
    }
    None
}
