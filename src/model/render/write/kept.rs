//! A node → YAML that keeps its styles, tags and the order of its keys, as kyaml prints a text in which a replacement set a value.
//!
//! Block style with two blanks, lists not indented, nothing folded. Comments come from beside, since nodes do not hold them: [`Remarks`].
//! Source: kyaml v0.21.1 `yaml/types.go` (String), go-yaml v3.0.4 `encode.go` (node), `emitterc.go`.

use super::super::error::{BuildError, Result};
use super::super::node::{Entry, Node, Style, Tag, Value};
use super::super::read::Remarks;
use super::analysis::Analysis;
use super::emit::Emitter;
use super::scalar;

/// Keys longer than this are written as `? key`.
const SIMPLE_KEY: usize = 128;

/// The document, without blanks around it.
///
/// # Errors
/// Refused: anchors, aliases and merge keys, which a reader of nodes has resolved already, keys that are not short texts, and
/// comments that may not stay where they are.
pub fn kept(node: &Node, remarks: Remarks) -> Result<String> {
    if let Some(what) = remarks.entangled {
        return Err(refused(what));
    }
    let mut writer = Writer { out: Emitter::new(usize::MAX), remarks };
    writer.title();
    match writer.is_block(node) {
        true => writer.block(node, 0, false)?,
        false => writer.flow(node)?,
    }
    match writer.remarks.any() {
        Some(line) => Err(refused(&format!("a comment on a line of its own (line {line} of the text)"))),
        None => Ok(writer.out.out.trim().to_owned()),
    }
}

fn refused(what: &str) -> BuildError {
    BuildError::refused(format!("a replacement inside of YAML text with {what} is not possible here"), "use a patch")
}

struct Writer {
    out: Emitter,
    remarks: Remarks,
}

impl Writer {
    fn is_block(&self, node: &Node) -> bool {
        node.style != Style::Flow && !(node.items().is_empty() && node.entries().is_empty())
    }

    fn title(&mut self) {
        let title = std::mem::take(&mut self.remarks.title);
        for line in &title {
            self.out.put(line);
            self.out.line_break();
        }
        if !title.is_empty() {
            self.out.line_break();
        }
    }

    /// A list or a map. `is_inline`: the cursor is after `- `, so that the first entry goes on this line.
    fn block(&mut self, node: &Node, indent: usize, is_inline: bool) -> Result<()> {
        for (at, item) in node.items().iter().enumerate() {
            let above = self.remarks.above_item(item);
            self.begin(above, indent, at == 0 && is_inline);
            self.out.put("-");
            self.item(item, indent)?;
        }
        for (at, entry) in node.entries().iter().enumerate() {
            let is_inline = at == 0 && is_inline;
            let above = if is_inline { Vec::new() } else { self.remarks.above(&entry.key) };
            self.begin(above, indent, is_inline);
            self.entry(entry, indent)?;
        }
        Ok(())
    }

    fn begin(&mut self, above: Vec<String>, indent: usize, mut is_inline: bool) {
        for line in above {
            if !std::mem::take(&mut is_inline) {
                self.out.new_line(indent);
            }
            self.out.put(&line);
        }
        if !is_inline {
            self.out.new_line(indent);
        }
    }

    fn item(&mut self, item: &Node, indent: usize) -> Result<()> {
        if !self.is_block(item) {
            return self.end_of_line(item, indent);
        }
        let is_inline = !self.tag(item)?;
        if is_inline {
            self.out.put(" ");
        }
        self.block(item, indent + 2, is_inline)
    }

    fn entry(&mut self, entry: &Entry, indent: usize) -> Result<()> {
        let Some(key) = entry.key.text() else { return Err(refused("a key that is a list or a map")) };
        if key.len() > SIMPLE_KEY || key.contains('\n') {
            return Err(refused("a key this long"));
        }
        self.scalar(&entry.key, indent, Context { is_key: true, is_flow: false })?;
        self.out.put(":");
        if !self.is_block(&entry.value) {
            return self.end_of_line(&entry.value, indent);
        }
        self.tag(&entry.value)?;
        self.beside(&entry.key);
        let inner = if entry.value.is_list() { indent } else { indent + 2 };
        self.block(&entry.value, inner, false)
    }

    /// What goes on the same line, and the comment behind it.
    fn end_of_line(&mut self, node: &Node, indent: usize) -> Result<()> {
        match node.is_scalar() {
            true => self.scalar(node, indent + 2, Context { is_key: false, is_flow: false })?,
            false => self.flow(node)?,
        }
        self.beside(node);
        Ok(())
    }

    fn beside(&mut self, node: &Node) {
        if let Some(comment) = self.remarks.beside(node) {
            self.out.blank();
            self.out.put(&comment);
        }
    }

    fn flow(&mut self, node: &Node) -> Result<()> {
        self.tag(node)?;
        self.out.blank();
        let inside = |is_key| Context { is_key, is_flow: true };
        match &node.value {
            Value::Scalar(_) => self.scalar(node, 0, inside(false))?,
            Value::List(items) => {
                self.out.put("[");
                for (at, item) in items.iter().enumerate() {
                    self.out.put(if at > 0 { ", " } else { "" });
                    self.flow_child(item)?;
                }
                self.out.put("]");
            }
            Value::Map(entries) => {
                self.out.put("{");
                for (at, entry) in entries.iter().enumerate() {
                    self.out.put(if at > 0 { ", " } else { "" });
                    if entry.key.text().is_none_or(|key| key.len() > SIMPLE_KEY || key.contains('\n')) {
                        return Err(refused("a key that is not a short text"));
                    }
                    self.scalar(&entry.key, 0, inside(true))?;
                    self.out.put(": ");
                    self.flow_child(&entry.value)?;
                }
                self.out.put("}");
            }
        }
        Ok(())
    }

    fn flow_child(&mut self, node: &Node) -> Result<()> {
        if node.text().is_some_and(|text| text.contains('\n')) {
            return Err(refused("several lines between brackets"));
        }
        match node.is_scalar() {
            true => self.scalar(node, 0, Context { is_key: false, is_flow: true }),
            false => self.flow(node),
        }
    }

    /// Writes the tag of a list or a map, if it has to be.
    fn tag(&mut self, node: &Node) -> Result<bool> {
        let is_usual = node.tag == if node.is_list() { Tag::Seq } else { Tag::Map };
        if node.tag == Tag::None || is_usual && !node.is_tagged {
            return Ok(false);
        }
        self.put_tag(&node.tag)?;
        Ok(true)
    }

    fn put_tag(&mut self, tag: &Tag) -> Result<()> {
        let spelled = tag.spelled();
        if !spelled.starts_with('!') {
            return Err(refused("a tag of another kind"));
        }
        self.out.blank_in_flow();
        self.out.put(spelled);
        Ok(())
    }

    fn scalar(&mut self, node: &Node, indent: usize, context: Context) -> Result<()> {
        let text = node.text().unwrap_or_default();
        let (tag, is_forced) = scalar::written_tag(node);
        let style = context.style(node.style, text, is_forced);
        if tag != Tag::None {
            self.put_tag(&tag)?;
        }
        if !(text.is_empty() && style == Style::Plain) {
            self.out.blank_in_flow();
        }
        match style {
            Style::Single => self.out.single(text, indent, context.is_key),
            Style::Double => self.out.double(text, indent, context.is_key),
            Style::Literal(_) => self.out.literal(text, indent),
            Style::Folded => self.out.folded(text, indent),
            Style::Plain | Style::Flow => self.out.plain(text, indent, context.is_key),
        }
        Ok(())
    }
}

/// Where a scalar stands.
#[derive(Clone, Copy)]
struct Context {
    is_key: bool,
    is_flow: bool,
}

impl Context {
    /// go-yaml's choice: the style that it had, as long as that can hold the text.
    fn style(self, had: Style, text: &str, is_forced: bool) -> Style {
        let found = Analysis::of(text);
        let mut style = match had {
            Style::Plain | Style::Flow if text.contains('\n') => Style::Literal(0),
            Style::Plain | Style::Flow if is_forced => Style::Double,
            Style::Flow => Style::Plain,
            other => other,
        };
        if self.is_key && found.is_multiline {
            style = Style::Double;
        }
        let may_be_plain = if self.is_flow { found.may_be_plain_in_flow } else { found.may_be_plain };
        if style == Style::Plain && (!may_be_plain || text.is_empty() && (self.is_flow || self.is_key)) {
            style = Style::Single;
        }
        if style == Style::Single && !found.may_be_single {
            style = Style::Double;
        }
        let is_block = matches!(style, Style::Literal(_) | Style::Folded);
        if is_block && (!found.may_be_block_with_tabs || self.is_flow || self.is_key) {
            style = Style::Double;
        }
        style
    }
}
