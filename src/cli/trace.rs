//! `fluxdeck trace KIND/NAME`: what owns and applies an object, what that is fetched from, and the file and line that declare it.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::build::place;
use super::command::{self, Command, Run};
use super::drift::repositories;
use super::headless::{gather, report_restrictions};
use super::why::{ago, of_object, only};
use super::{Call, Patience, ReportFormat, output, tree};
use crate::runtime::{self, Desk, Origin, Renderer};
use fluxdeck_model::domain::{Health, ObjectRef};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::declared::Declared;
use fluxdeck_model::insight::trace::{Ancestor, Lineage, lineage};
use fluxdeck_model::state::Manifest;

pub(super) const COMMAND: Command = Command {
    name: "trace",
    doc: "Print where an object comes from: owner, applier, source, commit, and the file and line that declare it",
    examples: &["fluxdeck trace deploy/web -n web", "fluxdeck trace pod/web-7d9c54-88vtw -n web -o json --repo ~/fleet"],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// The object: KIND/NAME or KIND NAME, in the namespace of -n
    #[arg(value_name = "KIND/NAME", num_args = 1..=2, required = true)]
    object: Vec<String>,
    /// A checkout of what the cluster applies; may be repeated. Default: the work tree around the current directory, those of
    /// `repos` in the configuration, and what git fetches
    #[arg(long, value_name = "DIR")]
    repo: Vec<PathBuf>,
    /// Bring what kustomization files address elsewhere (URLs, other repositories) into the cache, and build with it
    #[arg(long)]
    fetch: bool,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: ReportFormat,
    #[command(flatten)]
    patience: Patience,
}

/// Prints where an object comes from. Returns the exit code: 1 where nothing of Flux is known to have made it.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let headless = gather(call, arguments.patience.limit(), |_, _| arguments.patience.is_asked()).await?;
    let state = headless.state();
    let cluster = state.cluster();
    let name = arguments.object.join("/");
    let node = only(cluster, &tree::find(cluster, call, &name)?, &name)?;
    let found = lineage(&cluster.store, node);
    let declared = match cluster.manifest(cluster.store.reference(node)) {
        Some(manifest) => Some((manifest.clone(), declared(call, arguments, &manifest).await)),
        None => None,
    };
    match arguments.output {
        ReportFormat::Text => output::write(&text(&found, declared.as_ref(), state.clock))?,
        ReportFormat::Json => output::json(&of_lineage(&found, declared.as_ref()))?,
    }
    report_restrictions(state);
    let is_managed = found.ancestors.len() > 1 || declared.is_some() || found.gap.is_none();
    Ok(u8::from(!is_managed))
}

/// What git has for it.
async fn declared(call: &Call, arguments: &Arguments, manifest: &Manifest) -> Result<Declared> {
    if matches!(call.options.origin, Origin::Recorded(_)) {
        return Err(Error::failed("a snapshot has no repository", "trace it in the cluster"));
    }
    let call = &call.bringing(arguments.fetch)?;
    let desk = Desk::of(repositories(call, &arguments.repo)?).for_a_run();
    let live = runtime::connect(&call.options, &call.context).await.map_err(|failure| failure.error("the API server"))?;
    let renderer = Renderer::new(live, desk, call.options.request_timeout, true);
    runtime::declared_once(renderer, &manifest.object, &manifest.applied_by).await
}

type Found = (Manifest, Result<Declared>);

fn text(found: &Lineage, declared: Option<&Found>, now: jiff::Timestamp) -> String {
    let mut lines = Vec::new();
    for one in &found.ancestors {
        lines.push(format!("{:<14}{}  {}", one.tie.word(), one.object, word(one)));
        let since = one.since.map(|at| format!("{} ago", ago(at, now)));
        let facts = one.facts.iter().cloned().chain(since.map(|since| ("since".to_owned(), since)));
        lines.extend(facts.map(|(label, value)| format!("    {label:<12}{value}")));
    }
    lines.extend(found.gap.as_ref().map(|gap| format!("not known     {gap}")));
    match declared {
        Some((manifest, Ok(declared))) => {
            let at = declared.origin.as_ref().map_or_else(|| "made by a generator".to_owned(), place);
            let of =
                if declared.object == manifest.object.to_string() { String::new() } else { format!(", as {}", declared.object) };
            lines.push(format!("declared      {} at {}{of}: {at}", manifest.object, declared.at.short()));
        }
        Some((manifest, Err(error))) => lines.push(format!("declared      {}: {}", manifest.object, error.message)),
        None => {}
    }
    lines.join("\n") + "\n"
}

fn word(one: &Ancestor) -> &'static str {
    one.health.map_or("not there", Health::word)
}

fn of_ancestor(one: &Ancestor) -> Value {
    let facts: serde_json::Map<_, _> =
        one.facts.iter().map(|(label, value)| (label.clone(), Value::from(value.as_str()))).collect();
    json!({
        "object": of_object(&one.object), "by": one.tie.word(), "health": one.health.map(Health::slug), "since": one.since, "facts": facts,
    })
}

fn of_lineage(found: &Lineage, declared: Option<&Found>) -> Value {
    let declared = declared.map(|(manifest, declared)| {
        let of = |object: &ObjectRef| of_object(object);
        match declared {
            Ok(declared) => {
                let origin = declared.origin.as_ref();
                json!({
                    "object": of(&manifest.object), "appliedBy": of(&manifest.applied_by), "commit": &*declared.at.id,
                    "file": origin.and_then(|origin| origin.file().map(|file| file.to_string())), "line": origin.map(|origin| origin.line),
                })
            }
            Err(error) => json!({"object": of(&manifest.object), "appliedBy": of(&manifest.applied_by), "error": error.message}),
        }
    });
    json!({"ancestors": found.ancestors.iter().map(of_ancestor).collect::<Vec<_>>(), "gap": found.gap, "declared": declared})
}
