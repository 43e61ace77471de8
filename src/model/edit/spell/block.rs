//! Texts in lines of their own: `|` and `>`.

use super::plain::is_printable;

/// A header and the lines below it, with their indentation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub header: String,
    pub lines: Vec<String>,
}

/// The indentation of a block: spaces before its lines, and before the collection that contains it.
#[derive(Clone, Copy, Debug)]
pub struct Indent {
    pub lines: usize,
    pub parent: usize,
}

/// `|`: each line as it is. None if a character needs an escape.
pub fn literal(text: &str, indent: Indent) -> Option<Block> {
    let is_line = |line: &str| line.chars().all(is_printable) && !line.starts_with('\t');
    let (body, chomping) = chomped(text);
    let lines: Vec<&str> = if body.is_empty() { Vec::new() } else { body.split('\n').collect() };
    if lines.is_empty() || !lines.iter().all(|line| is_line(line)) {
        return None;
    }
    let first = lines.iter().find(|line| !line.is_empty())?;
    let depth = indent.lines.checked_sub(indent.parent).filter(|depth| (1..=9).contains(depth))?;
    let digit = if first.starts_with(' ') { depth.to_string() } else { String::new() };
    let mut lines: Vec<String> = lines.into_iter().map(|line| indented(line, indent.lines)).collect();
    lines.extend(std::iter::repeat_n(String::new(), text.len() - body.len()).skip(1));
    Some(Block { header: format!("|{digit}{chomping}"), lines })
}

/// `>`: a line for each paragraph. None where a line is empty, or begins with a blank, which is not folded.
pub fn folded(text: &str, indent: Indent) -> Option<Block> {
    let (body, _) = chomped(text);
    let is_line = |line: &str| !line.is_empty() && !line.starts_with([' ', '\t']) && line.chars().all(is_printable);
    if !body.split('\n').all(is_line) {
        return None;
    }
    let unfolded = format!("{}{}", body.replace('\n', "\n\n"), &text[body.len()..]);
    literal(&unfolded, indent).map(|block| Block { header: block.header.replacen('|', ">", 1), ..block })
}

/// The text without its last line ends, and the sign that says how many they are.
fn chomped(text: &str) -> (&str, &'static str) {
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => (body, "-"),
        1 => (body, ""),
        _ => (body, "+"),
    }
}

fn indented(line: &str, by: usize) -> String {
    if line.is_empty() { String::new() } else { format!("{}{line}", " ".repeat(by)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INDENT: Indent = Indent { lines: 4, parent: 2 };

    #[test]
    fn blocks_end_as_their_texts_do() {
        for (text, header, lines) in [
            ("a", "|-", vec!["    a"]),
            ("a\n", "|", vec!["    a"]),
            ("a\n\n", "|+", vec!["    a", ""]),
            (" a\nb\n", "|2", vec!["     a", "    b"]),
            ("\na\n", "|", vec!["", "    a"]),
        ] {
            let block = literal(text, INDENT).expect(text);
            assert_eq!((block.header.as_str(), block.lines), (header, lines.iter().map(|line| (*line).to_owned()).collect()));
        }
        for text in ["", "\n", "a\rb", "a\u{85}b", "\ta"] {
            assert_eq!(literal(text, INDENT), None, "{text:?}");
        }
        let block = folded("a b\nc\n", INDENT).expect("foldable");
        assert_eq!((block.header.as_str(), block.lines.len()), (">", 3));
        assert_eq!(folded("a\n b\n", INDENT), None);
    }
}
