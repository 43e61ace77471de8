//! `fluxdeck values NAME`: the values of a HelmRelease with the layer that each key comes from, and what differs between two releases.

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::command::{self, Command, Run};
use super::{Call, output};
use crate::cluster::{self, Connection, Failure};
use crate::runtime;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::domain::{ClusterId, ObjectRef};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::named::Named;
use fluxdeck_model::insight::values::{KeyList, ReleaseValues, StoredRelease, ValueKey, ValuesChange, annotated};
use fluxdeck_model::kinds;

pub(super) const COMMAND: Command = Command {
    name: "values",
    doc: "Print the Helm values of a HelmRelease by layers, and what differs between two of its releases; secrets stay masked",
    examples: &[
        "fluxdeck values web -n web",
        "fluxdeck values web -n web --all -o wide",
        "fluxdeck values web -n web --diff 3..4 --manifest",
    ],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// The HelmRelease, in the namespace of -n: its name, or KIND/NAME
    #[arg(value_name = "HELMRELEASE")]
    object: String,
    /// With the defaults of the chart
    #[arg(long)]
    all: bool,
    /// The values of a stored release, by its number, and not those of now
    #[arg(long, value_name = "NUMBER", conflicts_with = "diff")]
    revision: Option<u64>,
    /// What differs between two stored releases: 3..4, or 4 for that and the one before it; without numbers the newest and the one before it
    #[arg(long, value_name = "N..M", num_args = 0..=1, default_missing_value = "")]
    diff: Option<String>,
    /// The objects that the chart was rendered to, instead of the values
    #[arg(long)]
    manifest: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: ValuesFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ValuesFormat {
    #[default]
    Yaml,
    /// YAML, each value with its layer
    Wide,
    Json,
}

/// Prints what is asked for. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let failed = |failure: Failure| failure.error("the API server");
    let connection = runtime::connect(&call.options, &call.context).await.map_err(failed)?;
    let object = find(call, &connection, &arguments.object).await?;
    let limit = call.options.request_timeout;
    let values =
        runtime::release_values(&connection, &object, limit).await.map_err(|failure| failure.error(&object.to_string()))?;
    for gap in &values.gaps {
        output::beside(&format!("not known: {gap}"));
    }
    match &arguments.diff {
        Some(pair) => {
            let pair = between(&values, pair)?;
            differences(&values, pair, arguments)?;
        }
        None if arguments.manifest => {
            let release = wanted(&values, arguments.revision)?;
            output::write(&values.manifest(release.number))?;
        }
        None => keys(&object, &values, arguments)?,
    }
    Ok(if values.is_partial { 3 } else { 0 })
}

/// The HelmRelease that is meant: one of all that may be read.
async fn find(call: &Call, connection: &Connection, text: &str) -> Result<ObjectRef> {
    let text = if text.contains('/') { text.to_owned() } else { format!("hr/{text}") };
    let named = Named::parse(&text)?;
    let namespaces: Vec<String> = call.options.namespaces.iter().map(|name| name.to_string()).collect();
    let mut found = Vec::new();
    for kind in kinds::ALL.iter().filter(|kind| kind.has_values()) {
        let gk = kind.gk();
        let Some(served) = connection.served(&gk) else { continue };
        let scopes: Vec<Option<&str>> =
            if namespaces.is_empty() { vec![None] } else { namespaces.iter().map(|name| Some(name.as_str())).collect() };
        for scope in scopes {
            let list = cluster::full_list(connection, served, kind.kind, scope, call.options.request_timeout).await;
            let list = list.map_err(|failure| failure.error(&format!("listing {} (-n names a namespace)", served.plural)))?;
            let name = |body: &Value, key: &str| body["metadata"][key].as_str().unwrap_or_default().to_owned();
            let refs =
                list.iter().map(|body| ObjectRef::new(ClusterId(0), gk.clone(), name(body, "namespace"), name(body, "name")));
            found.extend(refs.filter(|it| named.means(&it.gk.group, &it.gk.kind, &it.namespace, &it.name, &namespaces)));
        }
    }
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::failed(format!("there is no HelmRelease {text}"), "`fluxdeck get hr -A` lists them")),
        several => {
            let names: Vec<_> = several.iter().map(ToString::to_string).collect();
            Err(Error::usage(
                format!("{text} is in {}: {}", counted(names.len(), "namespace"), names.join(", ")),
                "name one with -n",
            ))
        }
    }
}

/// The stored release of that number, or the newest.
fn wanted(values: &ReleaseValues, number: Option<u64>) -> Result<&StoredRelease> {
    let found = number.map_or_else(|| values.releases.first(), |number| values.release(number));
    found.ok_or_else(|| {
        let known: Vec<_> = values.releases.iter().map(|release| release.number.to_string()).collect();
        let what =
            number.map_or_else(|| "no release of it can be read".to_owned(), |number| format!("there is no release {number}"));
        Error::failed(what, if known.is_empty() { String::new() } else { format!("kept: {}", known.join(", ")) })
    })
}

/// Reads `3..4`, `4` or nothing.
fn between(values: &ReleaseValues, text: &str) -> Result<(u64, u64)> {
    let number = |text: &str| {
        let wrong = |_| Error::usage(format!("`{text}` is not the number of a release"), "3..4, or 4");
        text.parse::<u64>().map_err(wrong).and_then(|number| wanted(values, Some(number)))
    };
    let (before, after) = match text.split_once("..") {
        Some((before, after)) => return Ok((number(before)?.number, number(after)?.number)),
        None if text.is_empty() => (None, wanted(values, None)?.number),
        None => (None::<u64>, number(text)?.number),
    };
    let earlier = values.releases.iter().map(|release| release.number).find(|number| *number < after);
    let before = before.or(earlier);
    before.map(|before| (before, after)).ok_or_else(|| Error::failed(format!("before release {after} none is kept"), ""))
}

fn keys(object: &ObjectRef, values: &ReleaseValues, arguments: &Arguments) -> Result<()> {
    let of_release;
    let list = match arguments.revision {
        Some(number) => {
            let number = wanted(values, Some(number))?.number;
            of_release = values.of_release(number).unwrap_or_default();
            &of_release
        }
        None => &values.now,
    };
    match arguments.output {
        ValuesFormat::Json => output::json(&as_json(object, values, list, arguments)),
        form => {
            output::write(&annotated(list, arguments.all, form == ValuesFormat::Wide))?;
            if let (None, Some(pending)) = (arguments.revision, values.pending_words()) {
                output::beside(&pending);
            }
            Ok(())
        }
    }
}

fn layer(key: &ValueKey) -> Value {
    json!({"kind": key.layer.slug(), "from": key.layer.word()})
}

fn as_json(object: &ObjectRef, values: &ReleaseValues, list: &KeyList, arguments: &Arguments) -> Value {
    let key = |key: &ValueKey| {
        let over: Vec<_> = key
            .over
            .iter()
            .map(|over| json!({"kind": over.layer.slug(), "from": over.layer.word(), "value": over.json()}))
            .collect();
        json!({"path": key.path, "value": key.json(), "secret": key.is_secret, "removesDefault": key.is_removal, "layer": layer(key), "over": over})
    };
    let is_meant = |key: &&ValueKey| arguments.all || !key.layer.is_default();
    json!({
        "object": object.to_string(),
        "release": arguments.revision,
        "keys": list.keys.iter().filter(is_meant).map(key).collect::<Vec<_>>(),
        "notReleased": values.pending,
        "releases": values.releases.iter().map(of_release).collect::<Vec<_>>(),
        "notKnown": values.gaps,
    })
}

fn of_release(release: &StoredRelease) -> Value {
    json!({
        "number": release.number, "status": release.status, "chart": release.chart, "chartVersion": release.chart_version,
        "appVersion": release.app_version, "deployed": release.deployed,
    })
}

fn differences(values: &ReleaseValues, (before, after): (u64, u64), arguments: &Arguments) -> Result<()> {
    let changes = values.changes(before, after);
    let patch = arguments.manifest.then(|| values.manifests(before, after));
    if arguments.output == ValuesFormat::Json {
        let change = |change: &ValuesChange| {
            let side = |key: &Option<ValueKey>| key.as_ref().map(ValueKey::json);
            json!({
                "path": change.path, "before": side(&change.before), "after": side(&change.after),
                "from": change.layer().map(fluxdeck_model::insight::values::ValuesLayer::word),
            })
        };
        let ends = [before, after].map(|number| values.release(number).map(of_release));
        return output::json(&json!({
            "before": ends[0], "after": ends[1], "keys": changes.iter().map(change).collect::<Vec<_>>(),
            "patch": patch.as_ref().map(|patch| patch.text.as_str()), "notKnown": values.gaps,
        }));
    }
    if let Some(patch) = patch {
        patch.gap.iter().for_each(|gap| output::beside(&format!("not known: {gap}")));
        return output::write(&patch.text);
    }
    let wide = arguments.output == ValuesFormat::Wide;
    let line = |change: &ValuesChange| {
        let from = change.layer().filter(|_| wide).map(|layer| format!("  # {}", layer.word())).unwrap_or_default();
        format!("{} {}: {}{from}\n", change.sign(), change.path, change.shown(false))
    };
    output::write(&changes.iter().map(line).collect::<String>())
}
