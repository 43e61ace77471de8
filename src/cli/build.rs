//! `fluxdeck build`: what Flux would apply, from files alone.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::command::{self, Command, Run};
use super::output;
use super::source::{self, Files, Given, What};
use crate::config::Places;
use crate::programs::{self, Opinion};
use crate::runtime::Bench;
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::setting::{self, LayeredValue};
use fluxdeck_model::insight::{field, named};
use fluxdeck_model::kinds::masked::MASKED;
use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::render::id::meta_text;
use fluxdeck_model::render::node::{Location, Node, Origin};
use fluxdeck_model::render::tree::Tree;
use fluxdeck_model::render::unproven::has_unknown_hash;
use fluxdeck_model::render::write;

pub(super) const COMMAND: Command = Command {
    name: "build",
    doc: "Print what Flux would apply, from files alone",
    examples: &[
        "fluxdeck build --path apps/web",
        "fluxdeck build --path infrastructure/crds --fetch",
        "fluxdeck build --repo ~/fleet --kustomization flux-system/apps --rev main",
        "fluxdeck build --kustomization production/flux-system/apps --substitute-from values.env",
    ],
    arguments: Arguments::augment_args,
    run: Run::Alone { run: |matches, _, places| print(&command::read(matches)?, places), flags: &[] },
};

#[derive(Args, Clone)]
struct Arguments {
    #[command(flatten)]
    files: Files,
    #[command(flatten)]
    what: What,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: Form,
    /// Also print the file, line and layer that set each field: as comments in YAML
    #[arg(long)]
    origins: bool,
    /// Also build with the installed kustomize, kubectl or flux, and report the differences (with --path)
    #[arg(long, requires = "path")]
    second_opinion: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Form {
    #[default]
    Yaml,
    Json,
}

/// Prints the objects. Returns the exit code.
fn print(arguments: &Arguments, places: Option<&Places>) -> Result<u8> {
    let wanted = arguments.clone();
    let objects =
        arguments.files.worker(arguments.files.remotes(places)?.of_today())?.wait(move |bench| build(bench, &wanted))?;
    show(&objects, arguments)
}

/// The objects to print. A second opinion is reported on the way: it needs the same files.
fn build(bench: &mut Bench, arguments: &Arguments) -> Result<Vec<Applied>> {
    let given = Given::read(arguments.what.substitute_from.as_deref())?;
    if let Some(wanted) = &arguments.what.kustomization {
        let Bench { checkout, builder, remotes } = bench;
        let repository = given.build(builder, remotes, arguments.files.view(checkout)?.tree())?;
        let place = source::member(&repository, wanted)?;
        source::whole(&repository.clusters[place.cluster].members[place.member].remotes)?;
        return source::objects(&repository, place).map(<[Applied]>::to_vec);
    }
    let Some(path) = &arguments.what.path else {
        return Err(Error::usage(
            "there is nothing to build",
            "name a folder (--path) or a Flux Kustomization (--kustomization)",
        ));
    };
    let given = arguments.what.substitute_from.is_some().then_some(&given);
    let (built, uses) = source::folder(bench, &arguments.files, path, given)?;
    // what is missing says more than what fails without it
    source::whole(&uses)?;
    if arguments.second_opinion {
        let view = arguments.files.view(&bench.checkout)?;
        let nodes = built.as_ref().ok().map(|objects| objects.iter().map(|object| object.node.clone()).collect::<Vec<_>>());
        ask(view.tree(), path, nodes.as_deref())?;
    }
    built.map_err(Error::from)
}

fn show(objects: &[Applied], arguments: &Arguments) -> Result<u8> {
    let unset: BTreeSet<&str> = objects.iter().flat_map(|object| &object.unset).map(|name| &**name).collect();
    let unknown: BTreeSet<&str> = objects.iter().flat_map(|object| &object.unknown).map(|name| &**name).collect();
    for object in objects.iter().filter(|object| has_unknown_hash(meta_text(&object.node, "name"))) {
        let shown = named::shown(&object.node);
        output::beside(&format!("not proven: {shown}: only the cluster can decrypt what the name ends with the hash of"));
    }
    let named = |names: &[&str]| names.join(", ");
    let of_cluster: Vec<_> = unknown.difference(&unset).copied().collect();
    if !of_cluster.is_empty() {
        let names = named(&of_cluster);
        output::beside(&format!("not proven: only the cluster knows {names} (--substitute-from FILE gives values)"));
    }
    let (open, empty): (Vec<_>, Vec<_>) = unset.into_iter().partition(|name| unknown.contains(name));
    if !open.is_empty() {
        output::beside(&format!(
            "not proven: nothing sets {}: Flux 2.9 and newer refuse that, older ones make it empty",
            named(&open)
        ));
    }
    if !empty.is_empty() {
        output::beside(&format!("nothing sets {}: it is empty, and Flux 2.9 refuses that", named(&empty)));
    }
    match (arguments.output, arguments.origins) {
        (Form::Yaml, false) => {
            output::raw(write::all(objects.iter().map(|object| &object.node)).map_err(Error::from)?.as_bytes())?;
        }
        (Form::Yaml, true) => {
            let one =
                |object: &Applied| Ok(format!("{}{}", comments(&object.node), write::yaml(&object.node).map_err(Error::from)?));
            output::raw(objects.iter().map(one).collect::<Result<Vec<_>>>()?.join("---\n").as_bytes())?;
        }
        (Form::Json, _) => {
            let items = objects.iter().map(|object| item(object, arguments.origins)).collect::<Result<Vec<_>>>()?;
            output::json(&json!({ "apiVersion": "v1", "kind": "List", "items": items }))?;
        }
    }
    Ok(0)
}

/// `# path: file:line:column (layer) < what it overrode + tag file:line:column (layer)`, a line for each field: no name ends the comment.
fn comments(node: &Node) -> String {
    let mut text = format!("# {}\n", sanitise_line(&named::shown(node)));
    for (path, field) in field::scalars(node) {
        let setting = setting::of(field);
        let layers: Vec<_> = setting.layers.iter().map(|origin| standing(origin)).collect();
        let mut line = format!("# {path}: {}", layers.join(" < "));
        for given in &setting.parts {
            let by = given.layers.first().map(|origin| format!(" {}", standing(origin))).unwrap_or_default();
            line.push_str(&format!(" + {}{by}", given.part.role.word()));
        }
        text.push_str(&format!("{}\n", sanitise_line(&line)));
    }
    text
}

fn item(object: &Applied, has_origins: bool) -> Result<Value> {
    let value = write::json(&object.node).map_err(Error::from)?;
    if !has_origins {
        return Ok(value);
    }
    let fields: Vec<_> = field::scalars(&object.node)
        .into_iter()
        .map(|(path, node)| {
            let setting = setting::of(node);
            let layers: Vec<_> = setting.layers.iter().map(|origin| layer(origin)).collect();
            json!({ "path": path, "layers": layers, "composedOf": parts(&setting, false) })
        })
        .collect();
    Ok(json!({ "object": value, "origins": fields, "encrypted": object.is_encrypted, "notProven": unknown(object) }))
}

/// Variables that only the cluster knows.
pub(super) fn unknown(object: &Applied) -> Vec<&str> {
    object.unknown.iter().map(|name| &**name).collect()
}

/// One layer of a field in JSON.
pub(super) fn layer(origin: &Origin) -> Value {
    let mut layer = json!({ "line": origin.line, "column": origin.column, "layer": origin.layer.word() });
    let key = match &*origin.location {
        Location::File(_) => "file",
        Location::Remote(_) => "address",
        Location::Object { .. } => "object",
    };
    layer[key] = json!(origin.location.to_string());
    if let Some(anchor) = origin.anchor() {
        layer["shared"] = json!({ "anchor": &*anchor.name, "aliases": anchor.aliases });
    }
    if let Some(inner) = origin.inner() {
        layer["inner"] = json!({ "line": inner.line, "column": inner.column, "document": inner.document, "path": &*inner.path });
    }
    layer
}

/// What a value is composed of, in JSON.
pub(super) fn parts(setting: &LayeredValue<'_>, is_secret: bool) -> Vec<Value> {
    let part = |given: &setting::Given<'_>| {
        let value = if is_secret { MASKED } else { &given.part.text };
        let layers: Vec<_> = given.layers.iter().map(|origin| layer(origin)).collect();
        json!({ "part": given.part.role.word(), "value": value, "layers": layers })
    };
    setting.parts.iter().map(part).collect()
}

/// `file:line:column (layer)`.
fn standing(origin: &Origin) -> String {
    format!("{} ({})", place(origin), origin.layer.word())
}

/// `file:line:column`, the parts that are known.
pub(super) fn place(origin: &Origin) -> String {
    match (&*origin.location, origin.line) {
        // what is set in a live object is in no file
        (object @ Location::Object { .. }, _) => format!("{object} (live)"),
        (file, 0) => file.to_string(),
        (file, line) => format!("{file}:{line}:{}", origin.column),
    }
}

/// Asks another program and reports the differences.
fn ask(tree: &dyn Tree, path: &str, ours: Option<&[Node]>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::failed(format!("cannot start: {error}"), ""))?;
    let opinion = runtime.block_on(programs::second(tree, path, ours))?;
    runtime.shutdown_timeout(Duration::from_millis(50));
    match opinion {
        Opinion::Nobody => output::beside("second opinion: not asked: kustomize, kubectl and flux are not installed"),
        Opinion::Same { program } => output::beside(&format!("second opinion: {program} gives the same result")),
        Opinion::Fails { program, why } => output::beside(&format!("second opinion: {program} refuses it: {why}")),
        Opinion::Builds { program } => output::beside(&format!("second opinion: {program} can build it")),
        Opinion::Differs { program, how } => {
            output::beside(&format!("second opinion: {program} differs"));
            how.iter().for_each(|line| output::beside(&format!("  {line}")));
        }
    }
    Ok(())
}
