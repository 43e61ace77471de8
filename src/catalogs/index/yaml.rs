//! An index of YAML, by its lines: which key a line has, and how far it is indented, is enough to find the entry of a chart.
//!
//! What YAML forbids and its readers let pass (text in quotes that goes on to the left of its key) is not followed; a tree that is not
//! written in lines is *not* read, but for the entry of the chart itself.

use super::Found;
use super::entry::Entry;
use super::item::Item;

/// Most that is held of a line, in bytes.
const LONGEST: usize = 8 << 10;
/// Most that is held of an entry that is written in brackets, in bytes.
const FLOW: usize = 256 << 10;

const NOT_ONE: &str = "it is not the index of a Helm repository";

/// Lines of an index.
pub struct Lines {
    chart: String,
    line: Vec<u8>,
    is_cut: bool,
    stage: Stage,
    /// Where the names of charts begin, once one has come.
    column: Option<usize>,
    /// Where the dashes of the chart's versions are.
    dashes: Option<usize>,
    item: Option<Item>,
    /// The entry of the chart, where it is in brackets.
    flow: Option<String>,
    found: Found,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Before anything.
    Begin,
    Top,
    Entries,
    /// In the entry of the chart.
    Chart,
    Done,
    Broken(&'static str),
}

/// What is behind the colon of a key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Value<'a> {
    /// It is on the lines that follow.
    Below,
    Nothing,
    Here(&'a str),
}

impl Lines {
    pub fn new(chart: String) -> Self {
        let found = Found { is_whole: true, ..Found::default() };
        let (line, stage) = (Vec::new(), Stage::Begin);
        Self { chart, line, is_cut: false, stage, column: None, dashes: None, item: None, flow: None, found }
    }

    pub fn has_enough(&self) -> bool {
        matches!(self.stage, Stage::Done | Stage::Broken(_))
    }

    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.line.capacity() + self.item.as_ref().map_or(0, Item::held) + self.flow.as_ref().map_or(0, String::capacity)
    }

    pub fn push(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST - self.line.len();
            self.is_cut |= piece.len() > room;
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
            if self.has_enough() {
                return;
            }
        }
    }

    /// What was found.
    ///
    /// # Errors
    /// It is not an index.
    pub fn finish(mut self) -> Result<Found, &'static str> {
        if !self.has_enough() {
            self.end_line();
            self.end_chart();
        }
        match self.stage {
            Stage::Broken(why) => Err(why),
            Stage::Begin | Stage::Top => Err(NOT_ONE),
            _ => Ok(self.found),
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let is_cut = std::mem::take(&mut self.is_cut);
        // what is cut may end within a letter
        let text = String::from_utf8_lossy(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line));
        self.read(text.trim_end_matches(['\r', '\n', ' ', '\t']), is_cut);
        // the room of a line is used again
        self.line = line;
        self.line.clear();
    }

    fn read(&mut self, line: &str, is_cut: bool) {
        let content = line.trim_start_matches(' ');
        let column = line.len() - content.len();
        if content.is_empty() || content.starts_with('#') {
            return;
        }
        if column == 0 && (matches!(content, "---" | "...") || content.starts_with("--- ")) {
            return match self.stage {
                Stage::Begin => {}
                Stage::Top => self.stage = Stage::Broken(NOT_ONE),
                _ => self.end_entries(),
            };
        }
        match self.stage {
            Stage::Begin if content.starts_with('%') => {}
            Stage::Begin | Stage::Top => self.at_top(column, content),
            Stage::Entries | Stage::Chart => self.in_entries(column, content, is_cut),
            Stage::Done | Stage::Broken(_) => {}
        }
    }

    fn at_top(&mut self, column: usize, content: &str) {
        self.stage = Stage::Top;
        let Some(("entries", behind)) = key(content).filter(|_| column == 0) else { return };
        self.stage = match value(behind) {
            Value::Below => Stage::Entries,
            Value::Nothing => Stage::Done,
            Value::Here(_) => Stage::Broken("its entries are written in one line"),
        };
    }

    fn in_entries(&mut self, column: usize, content: &str, is_cut: bool) {
        if column == 0 {
            return self.end_entries();
        }
        let own = *self.column.get_or_insert(column);
        if column < own {
            self.stage = Stage::Broken("its entries are indented unevenly");
        } else if column == own && !is_dash(content) {
            self.at_chart(content);
        } else if self.stage == Stage::Chart {
            self.in_chart(column, content, is_cut);
        }
    }

    /// The line of a chart's name.
    fn at_chart(&mut self, content: &str) {
        if self.stage == Stage::Chart {
            return self.end_chart();
        }
        let Some((_, behind)) = key(content).filter(|(name, _)| *name == self.chart) else { return };
        self.found.has_chart = true;
        self.stage = Stage::Chart;
        match value(behind) {
            Value::Below => {}
            Value::Nothing => self.stage = Stage::Done,
            Value::Here(text) => self.flow = Some(text.to_owned()),
        }
    }

    fn in_chart(&mut self, column: usize, content: &str, is_cut: bool) {
        let is_dash = is_dash(content);
        match (&mut self.flow, self.dashes) {
            (Some(flow), _) if is_cut || flow.len() + content.len() > FLOW => {
                self.stage = Stage::Broken("the entry of the chart is too long for one that is not in lines");
            }
            (Some(flow), _) => {
                flow.push('\n');
                flow.push_str(content);
            }
            (None, None) if !is_dash => self.flow = Some(content.to_owned()),
            (None, dashes) if is_dash && dashes.is_none_or(|at| at == column) => {
                self.end_item();
                self.dashes = Some(column);
                let behind = content[1..].trim_start();
                let mut item = Item::default();
                item.line(column + content.len() - behind.len(), behind, is_cut);
                self.item = Some(item);
            }
            (None, Some(dashes)) if column <= dashes => self.stage = Stage::Broken("its versions are indented unevenly"),
            (None, _) => {
                if let Some(item) = &mut self.item {
                    item.line(column, content, is_cut);
                }
            }
        }
    }

    fn end_entries(&mut self) {
        self.end_chart();
        if !self.has_enough() {
            self.stage = Stage::Done;
        }
    }

    fn end_item(&mut self) {
        if let Some(item) = self.item.take() {
            self.found.keep(item.read());
        }
    }

    fn end_chart(&mut self) {
        self.end_item();
        if let Some(flow) = self.flow.take() {
            match serde_yaml::from_str::<Vec<Entry>>(&flow) {
                Ok(entries) => entries.into_iter().for_each(|entry| self.found.keep(entry.published())),
                Err(_) => return self.stage = Stage::Broken("the entry of the chart is not a list of versions"),
            }
        }
        if self.stage == Stage::Chart {
            self.stage = Stage::Done;
        }
    }
}

/// Whether a line begins an element of a list.
pub fn is_dash(content: &str) -> bool {
    content == "-" || content.starts_with("- ")
}

/// The key of a line, with what is behind its colon. None where there is none, or one that is written with escapes.
pub fn key(content: &str) -> Option<(&str, &str)> {
    let (key, behind) = match content.as_bytes().first()? {
        quote @ (b'"' | b'\'') => {
            let end = content[1..].find(char::from(*quote))? + 1;
            (&content[1..end], content[end + 1..].trim_start().strip_prefix(':')?)
        }
        _ => match content.split_once(": ") {
            Some((key, behind)) => (key.trim_end(), behind),
            None => (content.strip_suffix(':')?.trim_end(), ""),
        },
    };
    let is_whole = behind.is_empty() || behind.starts_with(' ') || !content.starts_with(['"', '\'']);
    is_whole.then(|| (key, behind.trim_start()))
}

fn value(behind: &str) -> Value<'_> {
    let mut text = behind;
    // an anchor or a tag of what is below
    while text.starts_with(['&', '!']) {
        text = text.split_once(' ').map_or("", |(_, rest)| rest.trim_start());
    }
    let plain = text.split(" #").next().unwrap_or_default().trim_end();
    match plain {
        "" => Value::Below,
        _ if plain.starts_with('#') => Value::Below,
        "{}" | "[]" | "~" | "null" | "Null" | "NULL" => Value::Nothing,
        _ => Value::Here(text),
    }
}
