//! The places that could be changed to give a field its wanted value: one file for each kind of layer, one line in [`ARMS`].
//!
//! A way is a claim, not a proof: it says what would be written, and is tried by building. Who else is affected does *not* belong here.

mod absent;
mod flux_patch;
mod generated;
mod gone;
mod images;
mod inserted;
mod overlay;
mod patch;
mod set;
mod text;

use std::borrow::Cow;

use super::builds::Build;
use super::compare::ObjectKey;
use super::hand::SourceLine;
use super::layer::LayerChoice;
use super::value::Typed;
use super::wanted::WantedField;
use super::write::{self, Write};
use crate::edit::{NodePlace, YamlSource};
use crate::error::{Error, Result};
use crate::insight::schema::Schemas;
use crate::render::Node;
use crate::render::flux::Applied;
use crate::render::node::{Origin, Text};
use crate::render::tree::Tree;
use crate::render::turn_back::{ScalarChange, TurnBackRefusal, turn_back};

pub use images::{image_name, image_parts, tag_of};

/// Every kind of layer, in the order in which it is tried.
static ARMS: &[fn(&WayQuery<'_>, &mut FoundWays)] = &[
    set::ways,
    images::ways,
    generated::ways,
    text::ways,
    gone::ways,
    inserted::ways,
    absent::ways,
    overlay::ways,
    flux_patch::ways,
];

/// What a way is to the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayKind {
    /// The layer that sets it, turned back into its part: taken without being asked for.
    Sets,
    /// Another one, which is taken where it is named.
    Offered,
    /// A patch for this object only, which is not there yet.
    NewPatch,
}

/// One way.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    pub kind: WayKind,
    /// The layer, as people call it.
    pub layer: String,
    /// Its place; only the file for an addition.
    pub file: Text,
    pub line: u32,
    /// What would be written; the first of these that is proven.
    pub attempts: Vec<Vec<Write>>,
}

impl Way {
    /// At the place of what sets the field.
    fn at(kind: WayKind, origin: &Origin, writes: Vec<Write>) -> Option<Self> {
        let (file, layer) = (origin.file()?.clone(), origin.layer.word().to_owned());
        Some(Self { kind, layer, file, line: origin.line, attempts: vec![writes] })
    }

    pub fn is_at(&self, file: &str, line: u32) -> bool {
        *self.file == *file && self.line == line
    }

    /// `file:line`, as far as it is known.
    pub fn place(&self) -> String {
        self.source_line().to_string()
    }

    pub fn source_line(&self) -> SourceLine {
        SourceLine { file: self.file.to_string(), line: self.line }
    }
}

/// What was found, and why not more.
#[derive(Debug, Default)]
pub struct FoundWays {
    pub ways: Vec<Way>,
    pub refusals: Vec<String>,
}

impl FoundWays {
    fn refuse(&mut self, why: &impl ToString) {
        self.refusals.push(why.to_string());
    }

    /// A way, or why it is none.
    fn take(&mut self, way: Result<Option<Way>>) {
        match way {
            Ok(way) => self.ways.extend(way),
            Err(error) => self.refuse(&error),
        }
    }

    /// Drops what was found before: two arms may come to the same place by different layers, and would write the same there.
    fn each_once(&mut self) {
        let mut known: Vec<Way> = Vec::new();
        for way in self.ways.drain(..) {
            let is_same = |other: &Way| (&*other.file, other.line, &other.attempts) == (&*way.file, way.line, &way.attempts);
            if !known.iter().any(is_same) {
                known.push(way);
            }
        }
        self.ways = known;
    }

    /// What `--layer` takes.
    pub fn listed(&self) -> String {
        let one = |(at, way): (usize, &Way)| format!("{} ({}, {})", self.layer(at), way.place(), way.layer);
        match self.ways.is_empty() {
            true => "there is none".to_owned(),
            false => format!("there are {}", self.ways.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")),
        }
    }

    /// What an order takes to choose a way, from 0: of several new patches the first is meant by that word, the others by their numbers.
    pub fn layer(&self, at: usize) -> LayerChoice {
        let first_patch = self.ways.iter().position(|way| way.kind == WayKind::NewPatch);
        if first_patch == Some(at) { LayerChoice::NewPatch } else { LayerChoice::Number(at + 1) }
    }
}

/// What is asked of the arms.
pub struct WayQuery<'a> {
    pub tree: &'a dyn Tree,
    pub build: &'a Build,
    pub object: &'a Applied,
    pub key: ObjectKey,
    pub wanted: &'a WantedField,
    pub typed: &'a Typed,
    pub schemas: &'a Schemas,
    /// The field; none where there is nothing yet.
    pub node: Option<Cow<'a, Node>>,
    /// Which scalars would have to read something else; none where there is no field.
    pub turned: Option<std::result::Result<Vec<ScalarChange>, TurnBackRefusal>>,
}

impl<'a> WayQuery<'a> {
    pub fn new(
        tree: &'a dyn Tree,
        build: &'a Build,
        object: &'a Applied,
        wanted: &'a WantedField,
        typed: &'a Typed,
        schemas: &'a Schemas,
    ) -> Self {
        let node = wanted.field.reach(&object.node).ok().filter(|_| !wanted.is_inserted);
        let is_scalar = !matches!(typed, Typed::Gone | Typed::Structure(..));
        let turned = node.as_ref().filter(|_| is_scalar).map(|node| turn_back(node, &typed.text(), object.is_substituted));
        let key = ObjectKey::of(&object.node);
        Self { tree, build, object, key, wanted, typed, schemas, node, turned }
    }

    /// A file, to be edited.
    fn source(&self, file: &str) -> Result<YamlSource> {
        write::source(file, &self.tree.read(file)?)
    }

    /// The place of an origin in its file.
    fn place(&self, origin: &Origin) -> Result<(Text, NodePlace)> {
        let nowhere = || Error::failed(format!("{} is not in a file", origin.location), "change what makes it");
        let file = origin.file().ok_or_else(nowhere)?.clone();
        let source = self.source(&file)?;
        let place = write::place(&source, origin).ok_or_else(|| {
            Error::failed(format!("{file}:{}: no value is there that can be edited", origin.line), "edit the file")
        })?;
        Ok((file, place))
    }
}

/// All ways.
pub fn find(query: &WayQuery<'_>) -> FoundWays {
    let mut found = FoundWays::default();
    ARMS.iter().for_each(|arm| arm(query, &mut found));
    found.each_once();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::write::{Write, WriteKind};

    fn way(kind: WayKind, line: u32, new: &str) -> Way {
        let write = Write { file: "apps/web.yaml".into(), kind: WriteKind::Line { line, was: "a".into(), new: new.into() } };
        Way { kind, layer: "manifest".to_owned(), file: "apps/web.yaml".into(), line, attempts: vec![vec![write]] }
    }

    #[test]
    fn a_way_that_would_write_the_same_is_offered_once() {
        let ways = vec![
            way(WayKind::Sets, 3, "b"),
            way(WayKind::Offered, 3, "b"),
            way(WayKind::Offered, 3, "c"),
            way(WayKind::Offered, 4, "b"),
            way(WayKind::Offered, 4, "b"),
        ];
        let mut found = FoundWays { ways, refusals: Vec::new() };
        found.each_once();
        let kept: Vec<_> = found.ways.iter().map(|way| (way.kind, way.line)).collect();
        assert_eq!(kept, [(WayKind::Sets, 3), (WayKind::Offered, 3), (WayKind::Offered, 4)], "the first of them is kept");
    }
}
