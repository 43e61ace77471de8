//! `fluxdeck check --cluster` and `check --pre`: whether Flux itself is as it has to be, and whether it could be installed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Arguments, Form};
use crate::cli::{Call, output};
use crate::cluster::{self, Connection, Failure};
use crate::runtime;
use fluxdeck_model::domain::text::counted;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::installation::{
    self, COMPONENTS, InstallLine, InstallOutcome, InstallPart, Installation, InstalledApi, InstalledController, NAMESPACE,
    SELECTOR,
};
use fluxdeck_model::kinds::{self, Kind};

/// How long controllers that are not ready are waited for where nobody says; flux waits for five minutes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often they are looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// Checks a cluster. Returns the exit code: 1 where a check fails, as that of `flux check`.
///
/// # Errors
/// A flag that is about files; a cluster that is not reachable.
pub(super) async fn run(call: &Call, arguments: &Arguments) -> Result<u8> {
    refuse_files(arguments)?;
    let failed = |failure: Failure| failure.error("the API server");
    let live = runtime::connect(&call.options, &call.context).await.map_err(failed)?;
    let kubernetes = live.catalog().kubernetes.clone();
    let is_installed = installation::is_installed(live.catalog().kinds());
    let (parts, installation) = if arguments.pre {
        (vec![installation::prerequisites(&kubernetes, None, is_installed)], None)
    } else {
        let found = settled(&live, call, arguments.timeout.unwrap_or(PATIENCE)).await;
        let mut parts = vec![installation::prerequisites(&kubernetes, found.version(), true)];
        parts.extend(installation::checks(&found, &wanted(arguments)));
        (parts, Some(found))
    };
    match arguments.output {
        Form::Json => output::json(&json(&kubernetes, &parts, installation.as_ref()))?,
        _ => output::write(&text(&parts))?,
    }
    Ok((!parts.iter().all(InstallPart::is_passed)).into())
}

fn refuse_files(arguments: &Arguments) -> Result<()> {
    let of_files = [
        ("--repo", arguments.files.repo.is_some()),
        ("--rev", arguments.files.rev.is_some()),
        ("--since", arguments.since.is_some()),
        ("--run-policy", arguments.run_policy),
        ("--schemas", arguments.schemas.is_some()),
        ("--substitute-from", arguments.substitute_from.is_some()),
    ];
    if let Some((flag, _)) = of_files.iter().find(|(_, is_given)| *is_given) {
        return Err(Error::usage(format!("{flag} is about files: --cluster and --pre look at none"), "leave one of them out"));
    }
    if matches!(arguments.output, Form::Github | Form::Sarif) {
        return Err(Error::usage("a cluster has no files to annotate", "print text or -o json"));
    }
    Ok(())
}

/// Which components must be there.
fn wanted(arguments: &Arguments) -> Vec<String> {
    let extra = arguments.components_extra.iter().cloned();
    match arguments.components.is_empty() {
        true if arguments.components_extra.is_empty() => Vec::new(),
        true => COMPONENTS.iter().map(|name| (*name).to_owned()).chain(extra).collect(),
        false => arguments.components.iter().cloned().chain(extra).collect(),
    }
}

/// Looks again until every controller is ready, or the time is over.
async fn settled(live: &Connection, call: &Call, patience: Duration) -> Installation {
    let mut found = look(live, call).await;
    let again = async {
        while !found.is_settled() {
            tokio::time::sleep(PAUSE).await;
            found = look(live, call).await;
        }
    };
    // if the time is over, the last answer is what there is to say
    let _ = tokio::time::timeout(patience, again).await;
    found
}

/// What is found of Flux: its controllers in the namespaces of `-n`, else in flux's own, else wherever they are.
async fn look(live: &Connection, call: &Call) -> Installation {
    let limit = call.options.request_timeout;
    let mut named: Vec<&str> = call.options.namespaces.iter().map(|name| &**name).collect();
    let is_named = !named.is_empty();
    if !is_named {
        named.push(NAMESPACE);
    }
    let mut bodies: Listed = Ok(Vec::new());
    for namespace in &named {
        let more = labelled(live, kinds::DEPLOYMENT, Some(namespace), limit).await;
        bodies = bodies.and_then(|known| Ok([known, more?].concat()));
    }
    let mut namespace = named.join(", ");
    if !is_named && bodies.as_ref().is_ok_and(Vec::is_empty) {
        // nobody has to call it as flux does
        if let Ok(found) = labelled(live, kinds::DEPLOYMENT, None, limit).await.as_ref()
            && !found.is_empty()
        {
            let mut all: Vec<_> = found.iter().filter_map(|body| body["metadata"]["namespace"].as_str()).collect();
            all.sort_unstable();
            all.dedup();
            namespace = all.join(", ");
            bodies = Ok(found.clone());
        }
    }
    let controllers = bodies.map(|bodies| {
        let mut found: Vec<_> = bodies.iter().filter_map(InstalledController::read).collect();
        found.sort_by(|a, b| a.object.cmp(&b.object));
        found
    });
    let apis = labelled(live, kinds::CUSTOM_RESOURCE_DEFINITION, None, limit).await;
    Installation { namespace, controllers, apis: apis.map(|bodies| bodies.iter().map(InstalledApi::read).collect()) }
}

/// Bodies, or why there are none.
type Listed = std::result::Result<Vec<Value>, String>;

async fn labelled(live: &Connection, kind: &Kind, namespace: Option<&str>, limit: Duration) -> Listed {
    let served = live.served(&kind.gk()).ok_or_else(|| format!("the cluster does not serve {}", kind.kind))?;
    let found = cluster::labelled(live, served, kind.kind, namespace, SELECTOR, limit).await;
    found.map_err(|failure| failure.error("the API server").message)
}

fn text(parts: &[InstallPart]) -> String {
    let mut out = String::new();
    let line_of = |line: &InstallLine| {
        let hint = if line.hint.is_empty() { String::new() } else { format!("  {}\n", line.hint) };
        format!("{} {}\n{hint}", line.outcome.glyph(), line.text)
    };
    for part in parts {
        out.push_str(&format!("► checking {}\n", part.title));
        out.extend(part.lines.iter().map(line_of));
    }
    let failed = parts.iter().flat_map(|part| &part.lines).filter(|line| line.outcome == InstallOutcome::Failed).count();
    match failed {
        0 => out.push_str("► all checks passed\n"),
        count => out.push_str(&format!("✗ {} failed\n", counted(count, "check"))),
    }
    out
}

fn json(kubernetes: &str, parts: &[InstallPart], installation: Option<&Installation>) -> Value {
    let line = |line: &InstallLine| {
        json!({
            "outcome": line.outcome.slug(), "text": line.text, "hint": line.hint,
            "object": line.object.as_ref().map(ToString::to_string),
        })
    };
    let part = |part: &InstallPart| json!({"title": part.title, "passed": part.is_passed(), "lines": part.lines.iter().map(line).collect::<Vec<_>>()});
    json!({
        "passed": parts.iter().all(InstallPart::is_passed),
        "kubernetes": kubernetes,
        "namespace": installation.map(|found| &found.namespace),
        "distribution": installation.and_then(Installation::version),
        "parts": parts.iter().map(part).collect::<Vec<_>>(),
    })
}
