//! One value of a text changed where it stands, as somebody would do it with an editor.

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
