//! Values → YAML as go-yaml v2 spells it: block style, two blanks, lists not indented, lines of texts folded after column 80.
//! Source: go-yaml v2.4.4 `emitterc.go`, `encode.go`.

use super::super::resolve::{self, Resolved, Yaml};
use super::analysis::{Analysis, is_break, is_printable};
use super::number::go_float;
use super::value::Plain;

/// go-yaml v2's; v3 does not fold.
const BEST_WIDTH: usize = 80;

/// Keys longer than this are written as `? key`.
const SIMPLE_KEY: usize = 128;

pub(super) struct Emitter {
    pub out: String,
    column: usize,
    /// Texts are folded at the first blank after this column.
    width: usize,
}

/// One document with its line end.
pub(super) fn document(value: &Plain) -> String {
    let mut emitter = Emitter::new(BEST_WIDTH);
    emitter.node(value, 0, false);
    if !emitter.out.ends_with('\n') {
        emitter.line_break();
    }
    emitter.out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

impl Emitter {
    pub fn new(width: usize) -> Self {
        Self { out: String::new(), column: 0, width }
    }

    pub fn put(&mut self, text: &str) {
        self.out.push_str(text);
        self.column += text.chars().count();
    }

    pub fn line_break(&mut self) {
        self.out.push('\n');
        self.column = 0;
    }

    pub fn new_line(&mut self, indent: usize) {
        if !self.out.is_empty() && self.column > 0 {
            self.line_break();
        }
        self.put(&" ".repeat(indent));
    }

    /// A blank, unless the line is still blank.
    pub fn blank(&mut self) {
        if self.column > 0 && !self.out.ends_with([' ', '\n']) {
            self.put(" ");
        }
    }

    /// The same, where an opening bracket needs none.
    pub fn blank_in_flow(&mut self) {
        if !self.out.ends_with(['[', '{']) {
            self.blank();
        }
    }

    /// `is_inline`: the cursor is after `- `, so that the first entry goes on this line.
    fn node(&mut self, value: &Plain, indent: usize, is_inline: bool) {
        match value {
            Plain::Map(entries) if entries.is_empty() => {
                self.blank();
                self.put("{}");
            }
            Plain::List(items) if items.is_empty() => {
                self.blank();
                self.put("[]");
            }
            Plain::Map(entries) => {
                for (at, (key, value)) in entries.iter().enumerate() {
                    if at > 0 || !is_inline {
                        self.new_line(indent);
                    }
                    self.entry(key, value, indent);
                }
            }
            Plain::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 || !is_inline {
                        self.new_line(indent);
                    }
                    self.put("- ");
                    self.child(item, indent + 2, indent, true);
                }
            }
            scalar => self.scalar(scalar, indent, false),
        }
    }

    fn entry(&mut self, key: &str, value: &Plain, indent: usize) {
        if key.len() > SIMPLE_KEY || key.contains('\n') {
            self.put("? ");
            self.text(key, indent + 2, false);
            self.new_line(indent);
            self.put(":");
        } else {
            self.text(key, indent, true);
            self.put(":");
        }
        self.child(value, indent + 2, indent, false);
    }

    fn child(&mut self, value: &Plain, indent: usize, list_indent: usize, is_item: bool) {
        match value {
            Plain::List(items) if !items.is_empty() && !is_item => self.node(value, list_indent, false),
            Plain::List(_) | Plain::Map(_) => self.node(value, indent, is_item),
            scalar => {
                self.blank();
                self.scalar(scalar, indent, false);
            }
        }
    }

    fn scalar(&mut self, value: &Plain, indent: usize, is_key: bool) {
        match value {
            Plain::Null => self.put("null"),
            Plain::Bool(true) => self.put("true"),
            Plain::Bool(false) => self.put("false"),
            Plain::Int(int) => self.put(&int.to_string()),
            Plain::Uint(uint) => self.put(&uint.to_string()),
            Plain::Float(float) => self.put(&go_float(*float)),
            Plain::Text(text) => self.text(text, indent, is_key),
            Plain::List(_) | Plain::Map(_) => unreachable!("collections are written by node"),
        }
    }

    fn text(&mut self, text: &str, indent: usize, is_key: bool) {
        match style_of(text, is_key) {
            Style::Plain => self.plain(text, indent, is_key),
            Style::Single => self.single(text, indent, is_key),
            Style::Double => self.double(text, indent, is_key),
            Style::Literal => self.literal(text, indent),
        }
    }

    pub fn plain(&mut self, text: &str, indent: usize, is_key: bool) {
        let mut was_space = false;
        let mut letters = text.chars().peekable();
        while let Some(c) = letters.next() {
            if c == ' ' && !is_key && !was_space && self.column > self.width && letters.peek() != Some(&' ') {
                self.new_line(indent);
            } else {
                self.letter(c);
            }
            was_space = c == ' ';
        }
    }

    pub fn single(&mut self, text: &str, indent: usize, is_key: bool) {
        self.put("'");
        let (mut was_space, mut was_break) = (false, false);
        for (at, c) in text.char_indices() {
            if c == ' ' {
                let may_fold = !is_key && !was_space && self.column > self.width && at > 0 && at < text.len() - 1;
                if may_fold && text.as_bytes()[at + 1] != b' ' {
                    self.new_line(indent);
                } else {
                    self.letter(c);
                }
                was_space = true;
            } else if is_break(c) {
                if !was_break && c == '\n' {
                    self.line_break();
                }
                self.break_with(c);
                was_break = true;
            } else {
                if was_break {
                    self.put(&" ".repeat(indent));
                }
                if c == '\'' {
                    self.letter(c);
                }
                self.letter(c);
                (was_space, was_break) = (false, false);
            }
        }
        self.put("'");
    }

    pub fn double(&mut self, text: &str, indent: usize, is_key: bool) {
        self.put("\"");
        let mut was_space = false;
        for (at, c) in text.char_indices() {
            // go-yaml looks for a byte order mark at the beginning of the text each time: all of such a text is escaped
            if !is_printable(c)
                || text.starts_with('\u{feff}')
                || matches!(c, '\n' | '"' | '\\' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
            {
                self.put(&escaped(c));
                was_space = false;
            } else if c == ' ' {
                let may_fold = !is_key && !was_space && self.column > self.width && at > 0 && at < text.len() - 1;
                if may_fold {
                    self.new_line(indent);
                    if text.as_bytes()[at + 1] == b' ' {
                        self.put("\\");
                    }
                } else {
                    self.letter(c);
                }
                was_space = true;
            } else {
                self.letter(c);
                was_space = false;
            }
        }
        self.put("\"");
    }

    pub fn literal(&mut self, text: &str, indent: usize) {
        self.block_header('|', text);
        self.block(text, indent, false);
    }

    /// A folded text whose lines are long enough as they are.
    pub fn folded(&mut self, text: &str, indent: usize) {
        self.block_header('>', text);
        // go-yaml looks at the beginning of the text each time, not at where it stands
        let begins_blank = text.trim_start_matches(is_break).chars().next().is_none_or(|c| matches!(c, ' ' | '\t'));
        self.block(text, indent, !begins_blank);
    }

    /// `doubles`: a line end after a line that is not indented is written twice, or it would be read as a blank.
    fn block(&mut self, text: &str, indent: usize, doubles: bool) {
        let (mut was_break, mut is_indented) = (true, true);
        for c in text.chars() {
            if is_break(c) {
                if doubles && !was_break && !is_indented && c == '\n' {
                    self.line_break();
                }
                self.break_with(c);
                was_break = true;
            } else {
                if was_break {
                    self.put(&" ".repeat(indent));
                    is_indented = matches!(c, ' ' | '\t');
                }
                self.letter(c);
                was_break = false;
            }
        }
    }

    fn block_header(&mut self, sign: char, text: &str) {
        self.letter(sign);
        if text.starts_with([' ', '\n']) {
            self.put("2");
        }
        if !text.ends_with('\n') {
            self.put("-");
        } else if text == "\n" || text.ends_with("\n\n") {
            self.put("+");
        }
        self.line_break();
    }

    fn break_with(&mut self, c: char) {
        self.out.push(c);
        self.column = 0;
    }

    fn letter(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }
}

fn escaped(c: char) -> String {
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            return match u32::from(c) {
                code @ 0..=0xff => format!("\\x{code:02X}"),
                code @ 0x100..=0xffff => format!("\\u{code:04X}"),
                code => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

fn style_of(text: &str, is_key: bool) -> Style {
    let found = Analysis::of(text);
    let mut style = if text.contains('\n') {
        Style::Literal
    } else if resolve::plain(text, Yaml::V2) == Resolved::Str && !is_base_60(text) {
        Style::Plain
    } else {
        Style::Double
    };
    if is_key && found.is_multiline {
        style = Style::Double;
    }
    if style == Style::Plain && (!found.may_be_plain || is_key && text.is_empty()) {
        style = Style::Single;
    }
    if style == Style::Single && !found.may_be_single {
        style = Style::Double;
    }
    if style == Style::Literal && (!found.may_be_block || is_key) {
        style = Style::Double;
    }
    style
}

/// `^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$`: numbers to the base of 60, which YAML 1.1 has and go-yaml quotes.
fn is_base_60(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut parts = rest.split(':');
    let first = parts.next().unwrap_or_default();
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if !first.starts_with(|c: char| c.is_ascii_digit()) || !is_number(first) {
        return false;
    }
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return false };
    let (last, fraction) = last.split_once('.').unwrap_or((last, ""));
    parts.push(last);
    is_number(fraction)
        && parts.iter().all(|part| match part.as_bytes() {
            [digit] => digit.is_ascii_digit(),
            [ten, digit] => (b'0'..=b'5').contains(ten) && digit.is_ascii_digit(),
            _ => false,
        })
}
