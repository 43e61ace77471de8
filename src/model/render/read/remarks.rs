//! The comments of a text whose document is changed and written again.
//!
//! go-yaml v3 attaches comments to the nodes before, beside or after them by rules that depend on blank lines, indentation and
//! tokens. Only those that simply stay where they are are supported here: comment lines right above a key or an item with the
//! same indentation, comments at the end of a line, and a first block that an empty line ends. The caller has to refuse all
//! others. Source: go-yaml v3.0.4 `scannerc.go` (scan_comments, scan_line_comment), `parserc.go` (unfold_comments).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use libyaml_safer::{EventData, MappingStyle, Parser, ScalarStyle, SequenceStyle};
use regex::Regex;

use super::super::error::{BuildError, Result};
use super::super::node::Node;
use super::super::schema::{self, FieldSchema};

/// Comments by the line (from 1) that they belong to.
#[derive(Debug, Default)]
pub struct Remarks {
    /// Ended by an empty line, before everything else.
    pub title: Vec<String>,
    above: BTreeMap<u32, Vec<String>>,
    /// With their indentation.
    above_items: BTreeMap<u32, (usize, Vec<String>)>,
    beside: BTreeMap<u32, String>,
    /// The line of one that is not understood.
    strange: Option<u32>,
    /// What in the text a tree of nodes does not show.
    pub entangled: Option<&'static str>,
}

impl Remarks {
    /// Looks at a text that [`super::document`] could read.
    ///
    /// # Errors
    /// It is not YAML.
    pub fn of(text: &str) -> Result<Self> {
        let spans = Spans::of(text)?;
        let mut found = Self { entangled: spans.entangled, ..Self::default() };
        let lines: Vec<&str> = text.lines().collect();
        let mut group: Vec<&str> = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let number = number(at);
            if spans.headers.get(&at).is_some_and(|column| line.chars().skip(*column).any(|letter| letter == '#')) {
                found.strange = Some(number);
            }
            let Some(column) = spans.comment(at, line) else {
                found.end_group(&mut group, at, line);
                continue;
            };
            let (before, comment) = line.split_at(column);
            if is_inside(&spans.brackets, (at, line[..column].chars().count())) || spans.is_marked && found.strange.is_none() {
                found.strange = Some(number);
            } else if before.trim().is_empty() {
                if group.first().is_some_and(|first| indentation(first) != indentation(line)) {
                    found.strange = Some(number);
                }
                group.push(line);
            } else {
                found.end_group(&mut group, at, line);
                found.beside.insert(number, comment.to_owned());
            }
        }
        if !group.is_empty() {
            found.strange = Some(number(lines.len() - 1));
        }
        Ok(found)
    }

    /// Lines of comment in a row, ended by a line that is none.
    fn end_group(&mut self, group: &mut Vec<&str>, at: usize, line: &str) {
        if group.is_empty() {
            return;
        }
        let comments = || group.iter().map(|comment| comment.trim().to_owned()).collect();
        let is_first = group.len() == at;
        if line.trim().is_empty() {
            match is_first {
                true => self.title = comments(),
                false => self.strange = Some(number(at - 1)),
            }
        } else if indentation(group[0]) != indentation(line) {
            self.strange = Some(number(at - 1));
        } else if line.trim_start().starts_with("- ") {
            self.above_items.insert(number(at), (indentation(line), comments()));
        } else {
            self.above.insert(number(at), comments());
        }
        group.clear();
    }

    /// Takes the comments above a key.
    pub fn above(&mut self, key: &Node) -> Vec<String> {
        line_of(key).and_then(|line| self.above.remove(&line)).unwrap_or_default()
    }

    /// Takes the comments above an item of a list.
    pub fn above_item(&mut self, item: &Node) -> Vec<String> {
        let Some(line) = line_of(item) else { return Vec::new() };
        // several lists may begin in one line: theirs is the one whose item begins behind that indentation
        let is_of =
            |(indentation, _): &(usize, Vec<String>)| usize::try_from(item.origin().column).is_ok_and(|at| at > indentation + 1);
        match self.above_items.get(&line).is_some_and(is_of) {
            true => self.above_items.remove(&line).map(|(_, comments)| comments).unwrap_or_default(),
            false => Vec::new(),
        }
    }

    /// Takes the comment after a node, or a key, on its line.
    pub fn beside(&mut self, node: &Node) -> Option<String> {
        self.beside.remove(&line_of(node)?)
    }

    /// The line of a comment that nobody took.
    pub fn any(&self) -> Option<u32> {
        let lines = [self.above.keys().next(), self.above_items.keys().next(), self.beside.keys().next(), self.strange.as_ref()];
        lines.into_iter().flatten().min().copied()
    }
}

/// Schemas that comments give, by the line of a key and by the line of a list's item.
#[derive(Default)]
pub(super) struct Said {
    pub keys: HashMap<u32, Arc<FieldSchema>>,
    pub items: HashMap<u32, Arc<FieldSchema>>,
}

impl Said {
    /// Costs a second look at a text that has such a comment (most are Flux' image markers, which are on scalars).
    pub fn of(text: &str) -> Self {
        static OBJECT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"#[# \t]*\{").expect("a pattern"));
        let mut said = Self::default();
        if !OBJECT.is_match(text) {
            return said;
        }
        let Ok(found) = Remarks::of(text) else { return said };
        let schema = |comments: &[String]| match comments {
            [one] => schema::of_comment(one).map(Arc::new),
            _ => None,
        };
        for (line, comments) in &found.above {
            said.keys.extend(schema(comments).map(|shape| (*line, shape)));
        }
        for (line, comment) in &found.beside {
            // one behind the key is looked at alone
            said.keys.remove(line);
            said.keys.extend(schema::of_comment(comment).map(|shape| (*line, Arc::new(shape))));
        }
        for (line, (_, comments)) in &found.above_items {
            said.items.extend(schema(comments).map(|shape| (*line, shape)));
        }
        said
    }
}

/// Nodes that were not in the text come from a file.
fn line_of(node: &Node) -> Option<u32> {
    node.origin().file().is_some_and(|file| file.is_empty()).then_some(node.origin().line)
}

fn number(at: usize) -> u32 {
    u32::try_from(at + 1).unwrap_or(u32::MAX)
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Line and column from 0.
type Point = (usize, usize);
/// From where to before where.
type Span = [Point; 2];

/// Where scalars, and lists and maps in brackets that are in no others, begin and end. Both are sorted, and apart.
struct Spans {
    scalars: Vec<Span>,
    brackets: Vec<Span>,
    /// The lines and columns at which `|` and `>` stand.
    headers: HashMap<usize, usize>,
    entangled: Option<&'static str>,
    /// It says where its document begins.
    is_marked: bool,
}

impl Spans {
    fn of(text: &str) -> Result<Self> {
        let mut found =
            Self { scalars: Vec::new(), brackets: Vec::new(), headers: HashMap::new(), entangled: None, is_marked: false };
        // the scanner needs a line end
        let ended = format!("{text}\n");
        let mut input = ended.as_bytes();
        let mut parser = Parser::new();
        parser.set_input_string(&mut input);
        let mut open = Vec::new();
        loop {
            let event = parser.parse().map_err(|error| BuildError::invalid(error.to_string()))?;
            let place = |mark: libyaml_safer::Mark| {
                let number = |mark: u64| usize::try_from(mark).unwrap_or(usize::MAX);
                (number(mark.line), number(mark.column))
            };
            let (start, end) = (place(event.start_mark), place(event.end_mark));
            match &event.data {
                EventData::Alias { .. }
                | EventData::Scalar { anchor: Some(_), .. }
                | EventData::SequenceStart { anchor: Some(_), .. }
                | EventData::MappingStart { anchor: Some(_), .. } => found.entangled = Some("an anchor"),
                EventData::Scalar { value, style: ScalarStyle::Plain, .. } if value == "<<" => {
                    found.entangled = Some("a merge key");
                }
                _ => {}
            }
            match event.data {
                EventData::Scalar { style, .. } => {
                    found.scalars.push([start, end]);
                    if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
                        found.headers.insert(start.0, start.1);
                    }
                }
                EventData::SequenceStart { style, .. } => open.push((style == SequenceStyle::Flow).then_some(start)),
                EventData::MappingStart { style, .. } => open.push((style == MappingStyle::Flow).then_some(start)),
                EventData::SequenceEnd | EventData::MappingEnd => {
                    let start = open.pop().flatten();
                    let is_outermost = !open.last().is_some_and(Option::is_some);
                    found.brackets.extend(start.filter(|_| is_outermost).map(|start| [start, end]));
                }
                EventData::DocumentStart { implicit: false, .. } => found.is_marked = true,
                EventData::DocumentEnd { .. } | EventData::StreamEnd => return Ok(found),
                _ => {}
            }
        }
    }

    /// The byte at which a line's comment begins.
    fn comment(&self, at: usize, line: &str) -> Option<usize> {
        let mut was_blank = true;
        for (column, (byte, letter)) in line.char_indices().enumerate() {
            if letter == '#' && was_blank && !is_inside(&self.scalars, (at, column)) {
                return Some(byte);
            }
            was_blank = matches!(letter, ' ' | '\t');
        }
        None
    }
}

fn is_inside(spans: &[Span], point: Point) -> bool {
    let after = spans.partition_point(|[start, _]| *start <= point);
    after.checked_sub(1).is_some_and(|before| point < spans[before][1])
}
