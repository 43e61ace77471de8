//! Parser events → one document of nodes.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use libyaml_safer::{Event, EventData, MappingStyle, Mark, Parser, ScalarStyle, SequenceStyle};

use super::super::error::{BuildError, Cause, Result};
use super::super::fields;
use super::super::node::{Anchor, Detail, Entry, Inner, Node, Origin, Style, Tag, Trace};
use super::super::resolve::{self, Yaml};
use super::super::schema::FieldSchema;
use super::remarks::Said;
use super::{TextPlace, anchors, bare_tag, merge_keys};

/// Deeper than any manifest: what walks nodes may recurse.
const MAX_DEPTH: usize = 400;

/// Nodes of a document after its aliases are expanded.
const MAX_NODES: usize = 4_000_000;

/// A collection that is not finished yet.
struct Open {
    anchor: Option<String>,
    node: Node,
    items: Vec<Node>,
    entries: Vec<Entry>,
    /// The key whose value comes next, and its line in the text.
    key: Option<(Node, u32)>,
    /// The line in the text at which it begins.
    line: u32,
    /// Nodes in it so far, aliases counted in full.
    size: usize,
}

struct Composer<'p> {
    place: &'p TextPlace,
    text: &'p str,
    /// The last line had no end: the scanner needs one, and a block scalar that reaches to it must not get it.
    is_cut: bool,
    lines: Vec<usize>,
    open: Vec<Open>,
    anchors: HashMap<String, (Node, usize)>,
    /// How many aliases each anchor has, in the order of the anchors.
    aliases: std::vec::IntoIter<u32>,
    /// The anchors with aliases that are open, and how deep each is.
    shared: Vec<(usize, Anchor)>,
    said: Said,
}

/// The first document; `None` when there is none, or it is null.
pub(super) fn first_document(text: &str, place: &TextPlace) -> Result<Option<Node>> {
    if let Some(at) = bare_tag::find(text) {
        let line = u32::try_from(text[..at].matches('\n').count()).unwrap_or(u32::MAX - 1) + 1;
        let mut failed =
            BuildError::refused("a tag right before a comma", "write the value, `!tag \"\"`").within(&place.location);
        (failed.line, failed.column) =
            (if place.is_exact { place.line.saturating_add(line) } else { place.line }, place.column.max(1));
        return Err(failed);
    }
    let is_cut = !text.ends_with('\n');
    let ended = if is_cut { Cow::Owned(format!("{text}\n")) } else { Cow::Borrowed(text) };
    let mut input = ended.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut input);
    let mut composer = Composer {
        place,
        text,
        is_cut,
        lines: Vec::new(),
        open: Vec::new(),
        anchors: HashMap::new(),
        aliases: anchors::aliases(&ended).into_iter(),
        shared: Vec::new(),
        said: Said::of(&ended),
    };
    loop {
        let event = parser.parse().map_err(|error| composer.malformed(&error))?;
        match event.data {
            EventData::StreamEnd => return Ok(None),
            EventData::StreamStart { .. } | EventData::DocumentStart { .. } => {}
            // a document always holds one node before it ends
            EventData::DocumentEnd { .. } => return Ok(None),
            _ => {
                if let Some(root) = composer.take(event)? {
                    // what follows the root still has to be well-formed
                    parser.parse().map_err(|error| composer.malformed(&error))?;
                    return Ok((!root.is_null()).then_some(root));
                }
            }
        }
    }
}

impl Composer<'_> {
    /// Takes an event in; gives the root when it is complete.
    fn take(&mut self, event: Event) -> Result<Option<Node>> {
        let (start, end) = (event.start_mark, event.end_mark);
        match event.data {
            EventData::Scalar { anchor, tag, mut value, style, .. } => {
                if self.is_cut
                    && matches!(style, ScalarStyle::Literal | ScalarStyle::Folded)
                    && end.index >= self.text.len() as u64
                {
                    uncut(&mut value, self.text);
                }
                if style == ScalarStyle::Plain && value.contains('?') && self.is_in_brackets() {
                    // go-yaml's scanner ends a word at any `?` there, newer libyaml's does not
                    return Err(self.fail(start, "not valid YAML: a `?` between brackets has to be quoted".to_owned()));
                }
                self.share(anchor.as_deref());
                let node = self.scalar(tag.as_deref(), value, style, start);
                self.unshare();
                self.remember(anchor, &node, 1);
                self.close(node, 1, false, start)
            }
            EventData::Alias { anchor } => {
                let Some((node, size)) = self.anchors.get(&anchor).cloned() else {
                    return Err(self.fail(start, format!("unknown anchor `{anchor}` referenced")));
                };
                self.close(node, size, true, start)
            }
            EventData::SequenceStart { anchor, tag, style, .. } => {
                self.share(anchor.as_deref());
                let mut node = Node::list(Vec::new(), self.trace(start));
                self.tag(&mut node, tag.as_deref());
                if style == SequenceStyle::Flow {
                    node.style = Style::Flow;
                }
                self.enter(anchor, node, start)
            }
            EventData::MappingStart { anchor, tag, style, .. } => {
                self.share(anchor.as_deref());
                let mut node = Node::map(Vec::new(), self.trace(start));
                self.tag(&mut node, tag.as_deref());
                if style == MappingStyle::Flow {
                    node.style = Style::Flow;
                }
                self.enter(anchor, node, start)
            }
            EventData::SequenceEnd | EventData::MappingEnd => {
                let open = self.open.pop().expect("the parser balances starts and ends");
                self.unshare();
                let mut node = open.node;
                match node.is_list() {
                    true => *node.items_mut().expect("a list") = open.items,
                    false => *node.entries_mut().expect("a map") = merge_keys::resolved(open.entries)?,
                }
                node.said = self.said_of(open.line);
                self.remember(open.anchor, &node, open.size);
                self.close(node, open.size, false, start)
            }
            _ => Ok(None),
        }
    }

    fn is_in_brackets(&self) -> bool {
        self.open.last().is_some_and(|open| open.node.style == Style::Flow)
    }

    fn enter(&mut self, anchor: Option<String>, node: Node, start: Mark) -> Result<Option<Node>> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.limit(start, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        if let Some(anchor) = &anchor {
            // an alias to something that is still open would contain itself
            self.anchors.remove(anchor);
        }
        self.open.push(Open { anchor, node, items: Vec::new(), entries: Vec::new(), key: None, line: line(start), size: 1 });
        Ok(None)
    }

    /// What a comment says of the list or map that is about to be closed.
    fn said_of(&self, line: u32) -> Option<Arc<FieldSchema>> {
        let parent = self.open.last()?;
        let said = match &parent.key {
            Some((_, line)) => self.said.keys.get(line),
            None => self.said.items.get(&line),
        };
        said.cloned()
    }

    /// Puts a finished node where it belongs.
    fn close(&mut self, node: Node, size: usize, is_alias: bool, start: Mark) -> Result<Option<Node>> {
        let Some(parent) = self.open.last_mut() else { return Ok(Some(node)) };
        parent.size += size;
        if parent.size > MAX_NODES {
            return Err(self.limit(start, format!("more than {MAX_NODES} nodes once its aliases are expanded")));
        }
        if parent.node.is_list() {
            parent.items.push(node);
        } else if let Some((key, _)) = parent.key.take() {
            if is_alias && key.tag == Tag::Merge && !node.is_map() {
                return Err(self.fail(start, "invalid map merge: received alias for a non-map value".to_owned()));
            }
            parent.entries.push(Entry { key, value: node });
        } else {
            parent.key = Some((node, line(start)));
        }
        Ok(None)
    }

    fn remember(&mut self, anchor: Option<String>, node: &Node, size: usize) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, (node.clone(), size));
        }
    }

    fn scalar(&mut self, tag: Option<&str>, value: String, style: ScalarStyle, start: Mark) -> Node {
        let style = match style {
            ScalarStyle::SingleQuoted => Style::Single,
            ScalarStyle::DoubleQuoted => Style::Double,
            ScalarStyle::Literal => Style::Literal(self.text_column(&value, start)),
            ScalarStyle::Folded => Style::Folded,
            _ => Style::Plain,
        };
        let default = if style == Style::Plain { resolve::plain(&value, Yaml::V3).tag() } else { Tag::Str };
        let mut node = Node::scalar(value, default, self.trace(start));
        node.style = style;
        self.tag(&mut node, tag);
        node
    }

    fn tag(&self, node: &mut Node, tag: Option<&str>) {
        if let Some(tag) = tag.filter(|tag| !tag.is_empty() && *tag != "!") {
            node.tag = short(tag);
            node.is_tagged = true;
        }
    }

    /// The column (from 1) at which the text of a literal block starts in the file, so that positions inside are known.
    fn text_column(&mut self, value: &str, start: Mark) -> u16 {
        if !self.place.is_exact {
            return 0;
        }
        if self.lines.is_empty() {
            self.lines = std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        }
        let blanks = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let Some(at) = value.split('\n').position(|line| !line.trim().is_empty()) else { return 0 };
        let inner = value.split('\n').nth(at).map_or(0, blanks);
        let line = usize::try_from(start.line).unwrap_or(usize::MAX).saturating_add(1 + at);
        let Some(begin) = self.lines.get(line) else { return 0 };
        let outer = blanks(self.text[*begin..].split('\n').next().unwrap_or_default());
        u16::try_from(outer.saturating_sub(inner) + self.place.column as usize + 1).unwrap_or(0)
    }

    fn trace(&self, mark: Mark) -> Trace {
        let (line, column) = self.position(mark);
        let mut origin = Origin::at(&self.place.location, line, column, self.place.layer);
        origin.detail = self.detail();
        Trace::new(origin)
    }

    /// What begins here is shared, if it has an anchor that has aliases.
    fn share(&mut self, anchor: Option<&str>) {
        let Some(name) = anchor else { return };
        let aliases = self.aliases.next().unwrap_or_default();
        if aliases > 0 {
            self.shared.push((self.open.len(), Anchor { name: name.into(), aliases }));
        }
    }

    /// What began at this depth is complete.
    fn unshare(&mut self) {
        let depth = self.open.len();
        self.shared.pop_if(|(begun, _)| *begun == depth);
    }

    fn detail(&self) -> Option<Arc<Detail>> {
        let anchor = self.shared.last().map(|(_, anchor)| anchor.clone());
        let inner = self.place.embedded.as_ref();
        let inner = inner.map(|inner| Arc::new(Inner { path: self.path().into(), ..inner.clone() }));
        (anchor.is_some() || inner.is_some()).then(|| Arc::new(Detail { anchor, inner }))
    }

    /// The path of what begins here.
    fn path(&self) -> String {
        let step = |path: String, open: &Open| match &open.key {
            _ if open.node.is_list() => format!("{path}[{}]", open.items.len()),
            Some((key, _)) => fields::below(&path, key.text().unwrap_or_default()),
            // a key is at the position of its mapping
            None => path,
        };
        self.open.iter().fold(String::new(), step)
    }

    fn position(&self, mark: Mark) -> (u32, u32) {
        if !self.place.is_exact {
            return (self.place.line, self.place.column);
        }
        let number = |mark: u64| u32::try_from(mark).unwrap_or(u32::MAX - 1) + 1;
        (self.place.line.saturating_add(number(mark.line)), self.place.column.saturating_add(number(mark.column)))
    }

    fn fail(&self, mark: Mark, message: String) -> BuildError {
        let (line, column) = self.position(mark);
        BuildError::invalid(message).at(&Origin::at(&self.place.location, line, column, self.place.layer))
    }

    fn limit(&self, mark: Mark, message: String) -> BuildError {
        BuildError { cause: Cause::Limit, hint: "no real manifest is".to_owned(), ..self.fail(mark, message) }
    }

    fn malformed(&self, error: &libyaml_safer::Error) -> BuildError {
        let mark = error.problem_mark().or_else(|| error.context_mark()).unwrap_or_default();
        let mut failed = self.fail(mark, format!("not valid YAML: {error}"));
        let is_template = self.lines_near(mark).contains("{{");
        failed.hint = if is_template { "this looks like a template; only plain YAML can be built" } else { "" }.to_owned();
        failed
    }

    fn lines_near(&self, mark: Mark) -> String {
        let line = usize::try_from(mark.line).unwrap_or(usize::MAX);
        self.text.lines().skip(line.saturating_sub(1)).take(3).collect()
    }
}

/// Takes off the line end that was only added for the scanner: not where the last line was nothing but indentation.
pub fn uncut(value: &mut String, text: &str) {
    let Some(before) = value.strip_suffix('\n') else { return };
    let is_blank = |line: &str| line.bytes().all(|byte| byte == b' ');
    let last = before.rsplit('\n').next().unwrap_or_default();
    let is_indentation = is_blank(text.rsplit('\n').next().unwrap_or_default()) && !is_blank(last);
    if !last.is_empty() && !is_indentation {
        value.pop();
    }
}

/// A line of the text, from 1.
fn line(mark: Mark) -> u32 {
    u32::try_from(mark.line).unwrap_or(u32::MAX - 1) + 1
}

/// go-yaml keeps tags in their short form.
fn short(tag: &str) -> Tag {
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("null") => Tag::Null,
        Some("bool") => Tag::Bool,
        Some("str") => Tag::Str,
        Some("int") => Tag::Int,
        Some("float") => Tag::Float,
        Some("timestamp") => Tag::Timestamp,
        Some("map") => Tag::Map,
        Some("seq") => Tag::Seq,
        Some("binary") => Tag::Binary,
        Some("merge") => Tag::Merge,
        Some(other) => Tag::Other(format!("!!{other}").into()),
        None => Tag::Other(tag.into()),
    }
}
