//! `fluxdeck drift`: live objects against what git renders at the revision that was applied.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use serde_json::{Value, json};

use super::build::place;
use super::command::{self, Command, Run};
use super::{Call, ReportFormat, output};
use crate::cluster::{self, Failure};
use crate::git::Checkout;
use crate::runtime::{self, Desk, Renderer, Repositories};
use fluxdeck_model::domain::text::{counted, sanitise_line};
use fluxdeck_model::domain::{ClusterId, ObjectRef, Str, inventory};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::drift::Drift;
use fluxdeck_model::insight::named::Named;
use fluxdeck_model::insight::schema::Schemas;
use fluxdeck_model::kinds::{self, masked};
use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::state::drift::Compared;

pub(super) const COMMAND: Command = Command {
    name: "drift",
    doc: "Compare live objects with what git renders at the applied revision",
    examples: &["fluxdeck drift", "fluxdeck drift ks/apps -n flux-system", "fluxdeck drift deploy/web -n web --repo ~/fleet"],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// One object: KIND/NAME, in the namespace of -n; a Kustomization (ks/apps) with all that it applies. Without it, -n selects the
    /// Kustomizations in these namespaces, compared in full, and of other Kustomizations the objects in these namespaces
    #[arg(value_name = "KIND/NAME")]
    object: Option<String>,
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
}

/// What was compared, and what was not.
#[derive(Default)]
struct Report {
    /// Kustomization, object, and how it differs.
    drifted: Vec<(String, String, Drift)>,
    compared: usize,
    skipped: Vec<(String, String)>,
}

/// Prints what drifted. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let named = arguments.object.as_deref().map(Named::parse).transpose()?;
    let call = &call.bringing(arguments.fetch)?;
    let desk = Desk::of(repositories(call, &arguments.repo)?).for_a_run();
    let schemas = runtime::schemas()?;
    let failed = |failure: Failure| failure.error("the API server");
    let connection = runtime::connect(&call.options, &call.context).await.map_err(failed)?;
    let renderer = Renderer::new(connection, desk, call.options.request_timeout, true);
    let (report, is_known) = compare(&renderer, named.as_ref(), &call.options.namespaces, &schemas).await?;
    show(&report, arguments.output)?;
    if let (Some(wanted), false) = (&arguments.object, is_known) {
        return Err(Error::failed(
            format!("git renders no {wanted} to compare with"),
            "pass its checkout (--repo) and its namespace (-n)",
        ));
    }
    if report.compared == 0 && report.drifted.is_empty() {
        return Err(Error::failed("nothing could be compared", "pass a checkout of what the cluster applies: --repo DIR"));
    }
    Ok((!report.drifted.is_empty()).into())
}

/// Compares one object, or everything in these namespaces; in all namespaces if none is named. Also returns whether git renders
/// anything that was asked for.
async fn compare(
    renderer: &Renderer,
    named: Option<&Named>,
    wanted: &BTreeSet<Str>,
    schemas: &Schemas,
) -> Result<(Report, bool)> {
    let namespaces: Vec<String> = wanted.iter().map(|name| name.to_string()).collect();
    let is_known = AtomicBool::new(false);
    let mut report = Report::default();
    for (kustomization, body) in concerned(kustomizations(renderer, &namespaces).await?, named, &namespaces) {
        let is_whole = named.is_some_and(|named| is_named(named, &kustomization, &namespaces));
        is_known.fetch_or(is_whole, Ordering::Relaxed);
        let is_meant = |object: &Applied| {
            let is_meant = match named {
                Some(named) => is_whole || named.is_meant(&object.node, &namespaces),
                None => wanted.is_empty() || runtime::is_in(&kustomization, object, wanted),
            };
            is_known.fetch_or(is_meant, Ordering::Relaxed);
            is_meant
        };
        let concerns = wanted.is_empty() || named.is_some() || runtime::concerns(&kustomization, Some(&body), wanted);
        let mut compared = renderer.compare(&kustomization, Ok(body), schemas, is_meant).await;
        if !concerns {
            compared.skipped.clear();
        }
        report.take(compared);
    }
    Ok((report, is_known.into_inner()))
}

/// The Kustomizations that have to do with an object: itself if it is one, and those that have applied it. All of them where none is known
/// to have (it may be in git only), or where no object is named.
fn concerned(all: Vec<Value>, named: Option<&Named>, namespaces: &[String]) -> Vec<(ObjectRef, Value)> {
    let identified = |body: Value| {
        let text = |key: &str| body["metadata"][key].as_str().unwrap_or_default();
        (runtime::kustomization(ClusterId(0), text("namespace"), text("name")), body)
    };
    let all: Vec<_> = all.into_iter().map(identified).collect();
    let Some(named) = named else { return all };
    let has_applied = |body: &Value| {
        let entries = body.pointer("/status/inventory/entries").and_then(Value::as_array).into_iter().flatten();
        let mut objects = entries.filter_map(|entry| inventory::parse(ClusterId(0), entry["id"].as_str()?));
        objects.any(|object| is_named(named, &object, namespaces))
    };
    let is_concerned = |(id, body): &(ObjectRef, Value)| is_named(named, id, namespaces) || has_applied(body);
    let (some, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_concerned);
    if some.is_empty() { others } else { some }
}

fn is_named(named: &Named, object: &ObjectRef, namespaces: &[String]) -> bool {
    named.means(&object.gk.group, &object.gk.kind, &object.namespace, &object.name, namespaces)
}

impl Report {
    fn take(&mut self, compared: Compared) {
        self.compared += compared.compared;
        self.skipped.extend(compared.skipped);
        let name = compared.kustomization.path();
        self.drifted.extend(compared.found.into_iter().map(|(object, drift)| (name.clone(), object.to_string(), drift)));
    }
}

/// Only the named checkouts; by default, those that the screen uses.
pub(super) fn repositories(call: &Call, named: &[PathBuf]) -> Result<Repositories> {
    if named.is_empty() {
        return Ok(call.options.repositories());
    }
    // one that cannot be opened is reported at once
    named.iter().try_for_each(|folder| Checkout::open(folder).map(drop))?;
    Ok(call.options.repositories().only(named.to_vec()))
}

/// All Kustomizations that may be read: in the named namespaces if not in all.
async fn kustomizations(renderer: &Renderer, namespaces: &[String]) -> Result<Vec<Value>> {
    let gk = kinds::KUSTOMIZATION.gk();
    let Some(served) = renderer.connection.served(&gk) else { return Ok(Vec::new()) };
    let list =
        |namespace| cluster::full_list(&renderer.connection, served, kinds::KUSTOMIZATION.kind, namespace, renderer.timeout);
    let failed = |failure: Failure| failure.error("listing Kustomizations");
    match list(None).await {
        Err(Failure::Forbidden(_)) if !namespaces.is_empty() => {
            let mut found = Vec::new();
            for namespace in namespaces {
                found.extend(list(Some(namespace)).await.map_err(failed)?);
            }
            Ok(found)
        }
        listed => listed.map_err(failed),
    }
}

fn show(report: &Report, form: ReportFormat) -> Result<()> {
    match form {
        ReportFormat::Text => output::write(&text(report)),
        ReportFormat::Json => output::json(&as_json(report)),
    }
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    for (kustomization, object, drift) in &report.drifted {
        out.push_str(&format!("{object}  of {kustomization}\n"));
        match drift {
            Drift::Fields(fields) => {
                for field in fields {
                    let shown = |value| masked::field(&field.path, value);
                    let live = field.live.as_ref().map_or_else(|| "nothing".to_owned(), |live| shown(live).to_string());
                    let line = format!("  {}: git {}, live {live}  {}", field.path, shown(&field.git), place(&field.origin));
                    out.push_str(&sanitise_line(&line));
                    out.push('\n');
                }
            }
            _ => out.push_str("  is not in the cluster\n"),
        }
    }
    for (what, why) in &report.skipped {
        out.push_str(&sanitise_line(&format!("not compared: {what}: {why}")));
        out.push('\n');
    }
    out.push_str(&format!(
        "{} compared, {} drifted, {} not compared\n",
        counted(report.compared, "object"),
        report.drifted.len(),
        report.skipped.len()
    ));
    out
}

fn as_json(report: &Report) -> Value {
    let drifted = |(kustomization, object, drift): &(String, String, Drift)| {
        let fields: Vec<_> = match drift {
            Drift::Fields(fields) => fields
                .iter()
                .map(|field| json!({ "path": field.path, "git": masked::field(&field.path, &field.git), "live": field.live.as_ref().map(|live| masked::field(&field.path, live)), "file": field.origin.location.to_string(), "line": field.origin.line }))
                .collect(),
            _ => Vec::new(),
        };
        json!({ "kustomization": kustomization, "object": object, "missing": *drift == Drift::Missing, "fields": fields })
    };
    json!({
        "compared": report.compared,
        "drifted": report.drifted.iter().map(drifted).collect::<Vec<_>>(),
        "notCompared": report.skipped.iter().map(|(what, why)| json!({ "what": what, "why": why })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::demo::{Company, RunDirectory, User};
    use crate::runtime::{Guest, Options, Origin};
    use fluxdeck_model::domain::GroupKind;

    #[tokio::test(start_paused = true)]
    async fn a_namespace_means_its_kustomizations_with_all_that_they_apply() {
        let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
        let guest = Guest { company, user: User::admin(), is_acting: false };
        let options = Options::of(Origin::Demo(guest));
        let connection = runtime::connect(&options, "production").await.expect("the demo");
        let frontend = ObjectRef::new(ClusterId(0), GroupKind::new("apps", "Deployment"), "web", "frontend");
        cluster::testing::merge(&connection, &frontend, &json!({"spec": {"replicas": 7}})).await;
        let (desk, timeout) = (Desk::of(options.repositories()), options.request_timeout);
        let renderer = Renderer::new(connection, desk, timeout, false);
        let schemas = runtime::schemas().expect("the schemas");
        let named = Named::parse("deploy/frontend").expect("a name");

        // Kustomization flux-system/apps applies Deployment web/frontend
        for (namespaces, object, wanted) in [
            (&["flux-system"][..], None, 1),
            (&["web"], None, 1),
            (&["shop"], None, 0),
            (&[], None, 1),
            (&["web"], Some(&named), 1),
            (&["flux-system"], Some(&named), 0),
        ] {
            let namespaces: BTreeSet<Str> = namespaces.iter().map(|name| Str::from(*name)).collect();
            let (report, is_known) = compare(&renderer, object, &namespaces, &schemas).await.expect("a comparison");
            let found: Vec<_> = report.drifted.iter().map(|(by, object, _)| (by.as_str(), object.as_str())).collect();
            let expected = vec![("flux-system/apps", "Deployment web/frontend"); wanted];
            assert_eq!(found, expected, "{namespaces:?}, {} compared", report.compared);
            assert_eq!(is_known, object.is_none() || wanted > 0, "{namespaces:?}");
        }
    }
}
