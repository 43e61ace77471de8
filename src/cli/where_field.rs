//! `fluxdeck where KIND/NAME FIELD`: the file, line and layer that set a field, and those below it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use clap::Args;
use serde_json::{Value, json};

use super::build::{layer, parts, place, unknown};
use super::command::{self, Command, Run};
use super::source::{self, Files, Given, What};
use super::{ReportFormat, output};
use crate::config::Places;
use crate::runtime::{Bench, Worker};
use fluxdeck_model::domain::text::{counted, redact, sanitise_line};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::shown_file;
use fluxdeck_model::insight::field::{self, FieldPath};
use fluxdeck_model::insight::member;
use fluxdeck_model::insight::named::{Named, shown};
use fluxdeck_model::insight::setting::{self, LayeredValue};
use fluxdeck_model::kinds::masked::MASKED;
use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::render::node::{Node, Origin};
use fluxdeck_model::render::remote::RemoteUses;
use fluxdeck_model::render::repository::{MemberIndex, Repository};
use fluxdeck_model::render::write;

/// Context lines before and after the line.
const AROUND: u32 = 2;
/// How many fields are listed below a mapping or a list.
const MOST_BELOW: usize = 60;

pub(super) const COMMAND: Command = Command {
    name: "where",
    doc: "Print the file, line and layer that set a field, what it is composed of and what it overrode",
    examples: &[
        "fluxdeck where deploy/web spec.replicas -n web",
        "fluxdeck where hr/podinfo spec.values.image.tag --repo ~/fleet -o json",
    ],
    arguments: Arguments::augment_args,
    run: Run::Alone {
        run: |matches, global, places| print(&command::read(matches)?, &global.namespace, places),
        flags: &["namespace"],
    },
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
    output: ReportFormat,
}

/// An object and the Kustomizations that build exactly it.
struct Found<'b> {
    object: &'b Applied,
    places: Vec<MemberIndex>,
}

/// Prints what set the field. Returns the exit code.
fn print(arguments: &Arguments, namespaces: &[String], places: Option<&Places>) -> Result<u8> {
    let named = Named::parse(&arguments.object)?;
    let field = FieldPath::parse(&arguments.field)?;
    let (worker, wanted) = (arguments.files.worker(arguments.files.remotes(places)?)?, arguments.clone());
    let (repository, of_folder) = worker.wait(move |bench| build(bench, &wanted))?;
    let found = find(&repository, &of_folder, arguments, &named, &field, namespaces)?;
    let node = field.reach(&found.object.node)?;
    let tree = Texts { worker: &worker, files: &arguments.files, known: RefCell::default() };
    let answer = Answer { tree, repository: &repository, found: &found, setting: setting::of(&node), field: &arguments.field };
    match arguments.output {
        ReportFormat::Text => output::write(&answer.text())?,
        ReportFormat::Json => output::json(&answer.json())?,
    }
    Ok(0)
}

/// The repository, and what a folder builds where one is named.
fn build(bench: &mut Bench, arguments: &Arguments) -> Result<(Repository, Vec<Applied>)> {
    let given = Given::read(arguments.what.substitute_from.as_deref())?;
    let Bench { checkout, builder, remotes } = bench;
    let repository = given.build(builder, remotes, arguments.files.view(checkout)?.tree())?;
    let of_folder = match &arguments.what.path {
        Some(path) => {
            let given = arguments.what.substitute_from.is_some().then_some(&given);
            source::folder(bench, &arguments.files, path, given)?.0.map_err(Error::from)?
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

/// The one matching object; the same in several Kustomizations counts as one if the field has the same layers.
fn find<'b>(
    repository: &'b Repository,
    of_folder: &'b [Applied],
    arguments: &Arguments,
    named: &Named,
    field: &FieldPath,
    namespaces: &[String],
) -> Result<Found<'b>> {
    let mut all: Vec<(Option<MemberIndex>, &Applied)> = Vec::new();
    match (&arguments.what.path, &arguments.what.kustomization) {
        (Some(_), _) => all.extend(of_folder.iter().map(|object| (None, object))),
        (None, Some(wanted)) => {
            for place in member::members(repository, wanted)? {
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
            Err(Error::failed(format!("{} is built in {}", arguments.object, counted(found.len(), "way")), hint))
        }
    }
}

/// Also reports what could not be looked at.
fn missing(repository: &Repository, named: &Named, all: &[(Option<MemberIndex>, &Applied)], namespaces: &[String]) -> Error {
    let mut error = named.missing(all.iter().map(|(_, object)| &object.node), namespaces);
    let failed = repository
        .members()
        .filter(|(_, member)| matches!(member.outcome, fluxdeck_model::render::repository::BuildOutcome::Failed(_)));
    let names: Vec<_> = failed.map(|(place, _)| member::full(repository, place)).collect();
    if !names.is_empty() && (all.is_empty() || all.iter().any(|(place, _)| place.is_some())) {
        error.hint.push_str(&format!("; these could not be built: {}", names.join(", ")));
    }
    let absent: BTreeSet<_> = repository.remotes().flat_map(RemoteUses::missing).map(|one| redact(&one.address)).collect();
    if !absent.is_empty() {
        let names: Vec<_> = absent.iter().map(AsRef::as_ref).collect();
        error.hint.push_str(&format!("; these are not here, and --fetch brings them: {}", names.join(", ")));
    }
    error
}

fn is_same(a: &Node, b: &Node, field: &FieldPath) -> bool {
    // the same value, set, composed and overridden at the same places
    let is_same = |a: &Node, b: &Node| a.trace == b.trace && a.is_same(b);
    shown(a) == shown(b)
        && match (field.reach(a), field.reach(b)) {
            (Ok(a), Ok(b)) => is_same(&a, &b),
            (a, b) => a.is_err() && b.is_err(),
        }
}

/// Everything that is printed.
struct Answer<'a> {
    tree: Texts<'a>,
    repository: &'a Repository,
    found: &'a Found<'a>,
    setting: LayeredValue<'a>,
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
        // what is around it may be of a Secret, though the object is none
        let text = shown_file(origin.file().map_or("", |file| file), &bytes, &[]);
        let clean = |(number, line): (u32, &str)| (number, self.masked(&sanitise_line(line)));
        setting::context(&text, origin.line, around).into_iter().map(clean).collect()
    }

    /// A line of a Secret without the text after the colon.
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
            false => out.push_str(&format!("  ({})\n", counted(below.len(), "value"))),
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
            let why = if self.found.object.unset.contains(name) { "nothing sets" } else { "only the cluster knows" };
            out.push_str(&format!("not proven: {why} ${{{name}}}\n"));
        }
        if let Some(address) = &self.found.object.unproven {
            out.push_str(&format!("not proven: {} may change the object, and is not here\n", redact(address)));
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
            out.push_str(&format!("inside     the text at {}:{}, {}\n", inner.line, inner.column, sanitise_line(&inner.path)));
        }
        if let Some(anchor) = winner.anchor() {
            let times = counted(anchor.aliases, "other place");
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
            "unprovenBy": self.found.object.unproven.as_deref().map(redact),
        })
    }
}
