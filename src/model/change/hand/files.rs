//! Which files of the repository make an object, and the text of one of them.

use super::super::builds::Builds;
use super::super::plan::{Begun, ChangeContext, MeantObject, begin, several};
use super::super::{BuiltObject, LayerChoice, WantedChange};
use super::check;
use super::line::SourceLine;
use crate::domain::text::redact;
use crate::error::{Error, Result};
use crate::guards::{self, CoveredLines};
use crate::insight::field::scalars;
use crate::insight::named::shown;
use crate::insight::setting;
use crate::render::Node;
use crate::render::flux::Applied;
use crate::render::generate::GeneratedKind;
use crate::render::id::{meta_text, text_at};
use crate::render::node::{Layer, Location, Origin};
use crate::render::tree::PathKind;

/// A file that makes an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChoice {
    /// With the first line of it that is in the object.
    pub at: SourceLine,
    /// What it is to the object: `patch`, `resource`.
    pub word: String,
}

/// A file as it is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedFile {
    pub at: SourceLine,
    pub text: String,
}

/// What there is to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    File(OpenedFile),
    /// A person says which; the most specific first.
    Several(Vec<FileChoice>),
}

/// Finds the file that makes an object, or the one that the layer of the context names, and reads it.
///
/// # Errors
/// The object is not there, no file of the repository makes it, or the file must not be edited.
pub fn open(context: &ChangeContext<'_>, builds: &mut Builds<'_>, meant: &MeantObject) -> Result<Opening> {
    let nothing = |_: &BuiltObject<'_>| Ok(WantedChange::Own(Vec::new()));
    let (target, state) = match begin(context, builds, &meant.named, &meant.namespaces, &nothing)? {
        Begun::One(target, state) => (target, state),
        Begun::Several(field, choices) => return Err(several(field, choices)),
    };
    let all = state.builds();
    let (_, object) = target.of(&state.own).expect("it was found there");
    let choices = choices(&BuiltObject { object, own: &state.own, all: &all });
    let listed = || {
        let one = |(number, one): (usize, &FileChoice)| format!("{number} {} ({})", one.at, one.word);
        (1..).zip(&choices).map(one).collect::<Vec<_>>().join(", ")
    };
    let at = match &context.layer {
        LayerChoice::Set => match &choices[..] {
            [] => return Err(nowhere(object)),
            [one] => one.at.clone(),
            _ => return Ok(Opening::Several(choices)),
        },
        LayerChoice::Number(number) => {
            let found = number.checked_sub(1).and_then(|at| choices.get(at));
            found
                .ok_or_else(|| Error::usage(format!("there is no file {number} of {}", shown(&object.node)), listed()))?
                .at
                .clone()
        }
        LayerChoice::At { file, line } => {
            let is_read = || all.iter().any(|build| build.reads(file));
            if context.tree.entry(file) == Some(PathKind::File) && !is_read() {
                return Err(Error::failed(format!("{file} is not read for {}", shown(&object.node)), listed()));
            }
            SourceLine { file: file.clone(), line: *line }
        }
        LayerChoice::NewPatch => {
            return Err(Error::usage("a patch that is not there yet cannot be opened", "write --layer N or --layer FILE:LINE"));
        }
    };
    let text = readable(context, &at.file)?;
    let last = u32::try_from(text.lines().count()).unwrap_or(u32::MAX).max(1);
    Ok(Opening::File(OpenedFile { at: SourceLine { line: at.line.clamp(1, last), ..at }, text }))
}

/// The text of a file that may be edited, and shown whole.
///
/// # Errors
/// A guard locks it; it is not there, no text, too large, or has values of a Secret.
pub fn readable(context: &ChangeContext<'_>, file: &str) -> Result<String> {
    let ChangeContext { tree, guards, .. } = context;
    guards::check(file, None, *tree, guards)?;
    if tree.entry(file) != Some(PathKind::File) {
        return Err(Error::failed(format!("there is no file {file} at the head of the branch"), "it may have been moved"));
    }
    let bytes = tree.read(file)?;
    guards::check(file, Some(&bytes), *tree, guards)?;
    let text = check::text(file, &bytes)?;
    if check::is_manifest(file) && has_secrets(&text) {
        let hint = "edit what it is made of, with sops where that is encrypted; or set fields one by one";
        return Err(Error::failed(format!("{file} holds values of a Secret, which are not shown"), hint));
    }
    Ok(text)
}

/// Whether values of Secrets are in a file. Of one that cannot be read every line counts as one, if it names them at all.
pub fn has_secrets(text: &str) -> bool {
    text.to_lowercase().contains("secret") && !CoveredLines::of(text.as_bytes()).is_empty()
}

/// The files that make an object, the most specific first; behind them those of its values.
fn choices(built: &BuiltObject<'_>) -> Vec<FileChoice> {
    let mut found = of_object(built.object);
    for values in values(built) {
        let name = format!("values, {}", shown(&values.node));
        for one in of_object(values) {
            if found.iter().all(|known| known.at.file != one.at.file) {
                found.push(FileChoice { word: format!("{}: {name}", one.word), ..one });
            }
        }
    }
    found
}

/// How specific a layer is, from 0; none for what the whole folder has in common.
fn rank(layer: Layer) -> Option<usize> {
    match layer {
        Layer::Patch | Layer::FluxPatch => Some(0),
        Layer::Image | Layer::FluxImage | Layer::Replicas | Layer::Replacement | Layer::Transformer => Some(1),
        Layer::Generator => Some(2),
        Layer::Resource => Some(3),
        _ => None,
    }
}

/// What is behind all that is ranked: what is all of an object where nothing else is.
const LAST: usize = 4;

fn of_object(object: &Applied) -> Vec<FileChoice> {
    let mut found: Vec<(usize, SourceLine, &'static str)> = Vec::new();
    for (_, node) in scalars(&object.node) {
        let set = setting::of(node);
        let parts = set.parts.iter().flat_map(|given| given.layers.iter().copied());
        for origin in set.layers.iter().copied().chain(parts).chain(set.written) {
            let Some(file) = origin.file() else { continue };
            let (rank, word) = (rank(origin.layer).unwrap_or(LAST), origin.layer.word());
            let at = SourceLine { file: file.to_string(), line: line(origin) };
            match found.iter_mut().find(|(_, known, _)| known.file == at.file) {
                None => found.push((rank, at, word)),
                Some(known) if rank < known.0 => *known = (rank, at, word),
                Some(known) if rank == known.0 => known.1.line = known.1.line.min(at.line),
                Some(_) => {}
            }
        }
    }
    if found.iter().any(|(rank, ..)| *rank < LAST) {
        found.retain(|(rank, ..)| *rank < LAST);
    }
    found.sort_by_key(|(rank, ..)| *rank);
    found.into_iter().map(|(_, at, word)| FileChoice { at, word: word.to_owned() }).collect()
}

fn line(origin: &Origin) -> u32 {
    // a value in a text inside of the file is where that text is
    origin.inner().map_or(origin.line, |inner| inner.line).max(1)
}

/// The objects that an object takes its values from, as they are built beside it.
fn values<'a>(built: &BuiltObject<'a>) -> Vec<&'a Applied> {
    let node = &built.object.node;
    let config = GeneratedKind::ConfigMap.word();
    let is_config = |from: &&Node| from.get("kind").and_then(Node::text) == Some(config);
    let from = node.at(&["spec", "valuesFrom"]).map(Node::items).unwrap_or_default();
    let named = from.iter().filter(is_config).filter_map(|from| from.get("name")?.text());
    let find = |name: &str| {
        let is_it = |other: &&Applied| {
            let other = &other.node;
            text_at(other, "kind") == config
                && meta_text(other, "namespace") == meta_text(node, "namespace")
                && meta_text(other, "name") == name
        };
        built.beside().find(is_it)
    };
    named.filter_map(find).collect()
}

/// No file of the repository makes it: what does.
fn nowhere(object: &Applied) -> Error {
    let name = shown(&object.node);
    let mut origins = scalars(&object.node).into_iter().map(|(_, node)| &*node.origin().location);
    match origins.find(|location| !matches!(location, Location::File(_))) {
        Some(Location::Remote(address)) => Error::failed(
            format!("{name} is made by {}, which is not of this repository", redact(address)),
            "change it there; or set a field of it, as a patch: a f",
        ),
        Some(Location::Object { kind, namespace, name: by }) => {
            Error::failed(format!("{name} is made by {kind} {namespace}/{by} of the cluster"), "`E` on that opens its file")
        }
        _ => Error::failed(format!("no file of the repository makes {name}"), "`:origins` shows what does"),
    }
}
