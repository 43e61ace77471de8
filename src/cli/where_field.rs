//! `fluxdeck where KIND/NAME FIELD`: the file, line and layer that set a field, and those below it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::build::{layer, parts, place, unknown};
use super::command::{self, Command, Run};
use super::source::{self, Files, Given, What};
use super::{Telling, output};
use crate::runtime::{Bench, Worker};
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::field::{self, Field};
use fluxdeck_model::insight::member;
use fluxdeck_model::insight::named::{Named, shown};
use fluxdeck_model::insight::setting::{self, Setting};
use fluxdeck_model::kinds::masked::MASKED;
use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::render::node::{Node, Origin};
use fluxdeck_model::render::repository::{Place, Repository};
use fluxdeck_model::render::write;

/// Lines shown before and after the one that counts.
const AROUND: u32 = 2;
/// Fields listed below a map or a list.
const MOST_BELOW: usize = 60;

pub(super) const COMMAND: Command = Command {
    name: "where",
    doc: "Print the file, line and layer that set a field, what it is composed of and what it overrode",
    arguments: Arguments::augment_args,
    run: Run::Alone(|matches, global, _| print(&command::read(matches)?, &global.namespace)),
};

#[derive(Args, Clone)]
struct Arguments {
    /// The object: KIND/NAME
    #[arg(value_name = "KIND/NAME")]
    object: String,
    /// The field: spec.replicas, spec.template.spec.containers[name=api].image, data['a.b']
    field: String,
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    what: What,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: Telling,
}

/// An object and the Kustomizations that build exactly it.
struct Found<'b> {
    object: &'b Applied,
    places: Vec<Place>,
}

/// Prints who set the field. Returns the exit code.
fn print(arguments: &Arguments, namespaces: &[String]) -> Result<u8> {
    let named = Named::parse(&arguments.object)?;
    let field = Field::parse(&arguments.field)?;
    let (worker, wished) = (arguments.files.worker()?, arguments.clone());
    let (repository, of_folder) = worker.wait(move |bench| build(bench, &wished))?;
    let found = find(&repository, &of_folder, arguments, &named, &field, namespaces)?;
    let node = field.reach(&found.object.node)?;
    let tree = Texts { worker: &worker, files: &arguments.files, known: RefCell::default() };
    let answer = Answer { tree, repository: &repository, found: &found, setting: setting::of(&node), field: &arguments.field };
    match arguments.output {
        Telling::Text => output::write(&answer.text())?,
        Telling::Json => output::json(&answer.json())?,
    }
    Ok(0)
}

/// The repository, and what a folder builds where one is named.
fn build(bench: &mut Bench, arguments: &Arguments) -> Result<(Repository, Vec<Applied>)> {
    let view = arguments.files.view(&bench.checkout)?;
    let given = Given::read(arguments.what.substitute_from.as_deref())?;
    let repository = given.build(&mut bench.builder, view.tree())?;
    let of_folder = match &arguments.what.path {
        Some(path) => {
            source::folder(view.tree(), path, arguments.what.substitute_from.is_some().then_some(&given)).map_err(Error::from)?
        }
        None => Vec::new(),
    };
    Ok((repository, of_folder))
}

/// The files of the repository, each asked for once.
struct Texts<'a> {
    worker: &'a Worker,
    files: &'a Files,
    known: RefCell<BTreeMap<String, Result<Arc<[u8]>>>>,
}

impl Texts<'_> {
    /// # Errors
    /// It is not there, or cannot be read.
    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        let ask = || {
            let (files, path) = (self.files.clone(), path.to_owned());
            self.worker.wait(move |bench| Ok(files.view(&bench.checkout)?.tree().read(&path)?))
        };
        self.known.borrow_mut().entry(path.to_owned()).or_insert_with(ask).clone()
    }
}

/// The one object that is meant; the same in several Kustomizations counts as one where the field has the same layers.
fn find<'b>(
    repository: &'b Repository,
    of_folder: &'b [Applied],
    arguments: &Arguments,
    named: &Named,
    field: &Field,
    namespaces: &[String],
) -> Result<Found<'b>> {
    let mut all: Vec<(Option<Place>, &Applied)> = Vec::new();
    match (&arguments.what.path, &arguments.what.kustomization) {
        (Some(_), _) => all.extend(of_folder.iter().map(|object| (None, object))),
        (None, Some(wished)) => {
            for place in member::members(repository, wished)? {
                all.extend(source::objects(repository, place)?.iter().map(|object| (Some(place), object)));
            }
        }
        (None, None) => {
            all.extend(
                repository
                    .members()
                    .flat_map(|(place, member)| member.outcome.objects().iter().map(move |object| (Some(place), object))),
            );
        }
    }
    let mut found: Vec<Found<'b>> = Vec::new();
    for (place, object) in all.iter().filter(|(_, object)| named.is_meant(&object.node, namespaces)) {
        let same = found.iter_mut().find(|other| is_same(&other.object.node, &object.node, field));
        match same {
            Some(other) => other.places.extend(*place),
            None => found.push(Found { object, places: place.iter().copied().collect() }),
        }
    }
    match found.len() {
        0 => Err(missing(repository, named, &all, namespaces)),
        1 => Ok(found.remove(0)),
        _ => {
            let name = |found: &Found<'_>| {
                let places: Vec<_> = found.places.iter().map(|place| member::full(repository, *place)).collect();
                format!("{} of {}", shown(&found.object.node), places.join(", "))
            };
            let names: Vec<_> = found.iter().map(name).collect();
            let hint = format!("name one with -n or --kustomization: {}", names.join("; "));
            Err(Error::failed(format!("{} is built in {} ways", arguments.object, found.len()), hint))
        }
    }
}

/// Says also what could not be looked at.
fn missing(repository: &Repository, named: &Named, all: &[(Option<Place>, &Applied)], namespaces: &[String]) -> Error {
    let mut error = named.missing(all.iter().map(|(_, object)| &object.node), namespaces);
    let failed = repository
        .members()
        .filter(|(_, member)| matches!(member.outcome, fluxdeck_model::render::repository::Outcome::Failed(_)));
    let names: Vec<_> = failed.map(|(place, _)| member::full(repository, place)).collect();
    if !names.is_empty() && (all.is_empty() || all.iter().any(|(place, _)| place.is_some())) {
        error.hint.push_str(&format!("; these could not be built: {}", names.join(", ")));
    }
    error
}

fn is_same(a: &Node, b: &Node, field: &Field) -> bool {
    // the same value, set, composed and overridden at the same places
    let is_same = |a: &Node, b: &Node| a.trace == b.trace && a.is_same(b);
    shown(a) == shown(b)
        && match (field.reach(a), field.reach(b)) {
            (Ok(a), Ok(b)) => is_same(&a, &b),
            (a, b) => a.is_err() && b.is_err(),
        }
}

/// Everything that is told.
struct Answer<'a> {
    tree: Texts<'a>,
    repository: &'a Repository,
    found: &'a Found<'a>,
    setting: Setting<'a>,
    field: &'a str,
}

impl Answer<'_> {
    /// Values of Secrets, encrypted or not, are not repeated.
    fn is_secret(&self) -> bool {
        self.found.object.is_encrypted || self.found.object.node.get("kind").and_then(Node::text) == Some("Secret")
    }

    fn value(&self) -> String {
        match self.setting.node.text() {
            Some(_) if self.is_secret() => MASKED.to_owned(),
            Some(text) => text.to_owned(),
            None => String::new(),
        }
    }

    fn line(&self, origin: &Origin, around: u32) -> Vec<(u32, String)> {
        if origin.line == 0 {
            return Vec::new();
        }
        let Some(Ok(bytes)) = origin.file().map(|file| self.tree.read(file)) else { return Vec::new() };
        let text = String::from_utf8_lossy(&bytes);
        let clean = |(number, line): (u32, &str)| (number, self.masked(&sanitise_line(line)));
        setting::context(&text, origin.line, around).into_iter().map(clean).collect()
    }

    /// A line of a Secret without what stands behind the colon.
    fn masked(&self, line: &str) -> String {
        match line.split_once(':') {
            _ if !self.is_secret() => line.to_owned(),
            Some((key, rest)) if !rest.trim().is_empty() => format!("{key}: {MASKED}"),
            Some(_) => line.to_owned(),
            None => MASKED.to_owned(),
        }
    }

    fn text(&self) -> String {
        let mut out = format!("{}  {}", shown(&self.found.object.node), self.field);
        let below = if self.setting.node.is_scalar() { Vec::new() } else { field::scalars(self.setting.node) };
        match self.setting.node.is_scalar() {
            true => out.push_str(&format!(" = {}\n", sanitise_line(&self.value()))),
            false => out.push_str(&format!("  ({} values)\n", below.len())),
        }
        let mut layers = self.setting.layers.iter();
        if let Some(winner) = layers.next() {
            out.push_str(&format!("set by    {}  {}\n", place(winner), winner.layer.word()));
            for (number, line) in self.line(winner, AROUND) {
                let mark = if number == winner.line { '>' } else { ' ' };
                out.push_str(&format!("        {mark} {number:>4} | {line}\n"));
            }
        }
        self.composed(&mut out);
        for origin in layers {
            let line = self.line(origin, 0).first().map(|(_, line)| line.trim().to_owned()).unwrap_or_default();
            out.push_str(&format!("overrode  {}  {}  {line}\n", place(origin), origin.layer.word()));
        }
        for (path, node) in below.iter().take(MOST_BELOW) {
            out.push_str(&format!("  {path}  {}  {}\n", place(node.origin()), node.origin().layer.word()));
        }
        if below.len() > MOST_BELOW {
            out.push_str(&format!("  … and {} more\n", below.len() - MOST_BELOW));
        }
        for place in &self.found.places {
            out.push_str(&format!("applied by  {}\n", setting::called(self.repository, *place)));
        }
        for name in self.others() {
            out.push_str(&format!("also read by  {name}\n"));
        }
        for name in &self.found.object.unknown {
            out.push_str(&format!("not proven: only the cluster knows ${{{name}}}\n"));
        }
        out
    }

    /// What the value is composed of, where it is written, and what shares it.
    fn composed(&self, out: &mut String) {
        for (at, given) in self.setting.parts.iter().enumerate() {
            let head = if at == 0 { "composed of" } else { "" };
            let text: &str = if self.is_secret() { MASKED } else { &given.part.text };
            let by = given.layers.first().map(|origin| format!("  {}  {}", place(origin), origin.layer.word()));
            let what = given.part.role.word();
            out.push_str(&format!("{head:<12}{} `{}`{}\n", sanitise_line(&what), sanitise_line(text), by.unwrap_or_default()));
        }
        if let Some(origin) = self.setting.written {
            let line = self.line(origin, 0).first().map(|(_, line)| line.trim().to_owned()).unwrap_or_default();
            out.push_str(&format!("written at  {}  {}  {line}\n", place(origin), origin.layer.word()));
        }
        let Some(winner) = self.setting.layers.first() else { return };
        if let Some(inner) = winner.inner() {
            out.push_str(&format!("inside of  the text at {}:{}, {}\n", inner.line, inner.column, sanitise_line(&inner.path)));
        }
        if let Some(anchor) = winner.anchor() {
            let times = if anchor.aliases == 1 { "1 other place".to_owned() } else { format!("{} other places", anchor.aliases) };
            out.push_str(&format!("shared with  {times} (anchor &{})\n", sanitise_line(&anchor.name)));
        }
    }

    fn others(&self) -> Vec<String> {
        let file = self.setting.layers.first().and_then(|origin| origin.file()).map(ToString::to_string).unwrap_or_default();
        setting::others(self.repository, &file, &self.found.places)
    }

    fn json(&self) -> Value {
        let value = match self.is_secret() {
            true => json!(MASKED),
            false => write::json(self.setting.node).unwrap_or_default(),
        };
        let layers: Vec<_> = self.setting.layers.iter().map(|origin| layer(origin)).collect();
        let applied: Vec<_> = self.found.places.iter().map(|place| member::full(self.repository, *place)).collect();
        json!({
            "object": shown(&self.found.object.node),
            "field": self.field,
            "value": value,
            "layers": layers,
            "composedOf": parts(&self.setting, self.is_secret()),
            "writtenAt": self.setting.written.map(layer),
            "appliedBy": applied,
            "alsoReadBy": self.others(),
            "notProven": unknown(self.found.object),
        })
    }
}
