//! `fluxdeck drift`: live objects against what git renders at the revision that was applied.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Args;
use serde_json::{Value, json};

use super::build::place;
use super::command::{self, Command, Run};
use super::{Call, Telling, output};
use crate::cluster::{self, Failure};
use crate::git::Checkout;
use crate::runtime::{self, Desk, Renderer, Repositories};
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::domain::{ClusterId, Str};
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
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// One object: KIND/NAME, in the namespace of -n. Without it, -n names Kustomizations' namespaces: all that those apply is compared,
    /// and of other Kustomizations what is in these namespaces
    #[arg(value_name = "KIND/NAME")]
    object: Option<String>,
    /// A checkout of what the cluster applies; may be repeated. Else the work tree around the current directory, those of `repos` in the
    /// configuration, and what git fetches
    #[arg(long, value_name = "DIR")]
    repo: Vec<PathBuf>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: Telling,
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
    let desk = Desk::of(repositories(call, &arguments.repo)?).for_a_run();
    let schemas = runtime::schemas()?;
    let failed = |failure: Failure| failure.error("the API server");
    let connection = runtime::connect(&call.options, &call.context).await.map_err(failed)?;
    let renderer = Renderer { connection, desk, timeout: call.options.request_timeout, fetches: true };
    let (report, is_known) = compare(&renderer, named.as_ref(), &call.options.namespaces, &schemas).await?;
    show(&report, arguments.output)?;
    if let (Some(wished), false) = (&arguments.object, is_known) {
        return Err(Error::failed(
            format!("git renders no {wished} that could be compared"),
            "name its checkout (--repo) and its namespace (-n)",
        ));
    }
    if report.compared == 0 && report.drifted.is_empty() {
        return Err(Error::failed("nothing could be compared", "name a checkout of what the cluster applies: --repo DIR"));
    }
    Ok((!report.drifted.is_empty()).into())
}

/// Compares one object, or all that concerns these namespaces; all namespaces where none is named. Also returns whether git renders
/// anything that was meant.
async fn compare(
    renderer: &Renderer,
    named: Option<&Named>,
    wished: &BTreeSet<Str>,
    schemas: &Schemas,
) -> Result<(Report, bool)> {
    let namespaces: Vec<String> = wished.iter().map(|name| name.to_string()).collect();
    let is_known = AtomicBool::new(false);
    let mut report = Report::default();
    for body in kustomizations(renderer, &namespaces).await? {
        let text = |key: &str| body["metadata"][key].as_str().unwrap_or_default().to_owned();
        let kustomization = runtime::kustomization(ClusterId(0), &text("namespace"), &text("name"));
        let is_meant = |object: &Applied| {
            let is_meant = match named {
                Some(named) => named.is_meant(&object.node, &namespaces),
                None => wished.is_empty() || runtime::is_in(&kustomization, object, wished),
            };
            is_known.fetch_or(is_meant, Ordering::Relaxed);
            is_meant
        };
        let concerns = wished.is_empty() || runtime::concerns(&kustomization, Some(&body), wished);
        let mut compared = renderer.compare(&kustomization, Ok(body), schemas, is_meant).await;
        if !concerns {
            compared.skipped.clear();
        }
        report.take(compared);
    }
    Ok((report, is_known.into_inner()))
}

impl Report {
    fn take(&mut self, compared: Compared) {
        self.compared += compared.compared;
        self.skipped.extend(compared.skipped);
        let name = compared.kustomization.path();
        self.drifted.extend(compared.found.into_iter().map(|(object, drift)| (name.clone(), object.to_string(), drift)));
    }
}

/// The checkouts that were named, and no other; else those that the screen would use too.
fn repositories(call: &Call, named: &[PathBuf]) -> Result<Repositories> {
    if named.is_empty() {
        return Ok(call.options.repositories());
    }
    // one that cannot be opened is told at once
    named.iter().try_for_each(|folder| Checkout::open(folder).map(drop))?;
    Ok(Repositories::of(named.to_vec(), None))
}

/// All Kustomizations that may be read: of the named namespaces where not of all.
async fn kustomizations(renderer: &Renderer, namespaces: &[String]) -> Result<Vec<Value>> {
    let gk = kinds::KUSTOMIZATION.gk();
    let Some(served) = renderer.connection.served(&gk) else { return Ok(Vec::new()) };
    let list =
        |namespace| cluster::full_list(&renderer.connection, served, kinds::KUSTOMIZATION.kind, namespace, renderer.timeout);
    let told = |failure: Failure| failure.error("listing Kustomizations");
    match list(None).await {
        Err(Failure::Forbidden(_)) if !namespaces.is_empty() => {
            let mut found = Vec::new();
            for namespace in namespaces {
                found.extend(list(Some(namespace)).await.map_err(told)?);
            }
            Ok(found)
        }
        listed => listed.map_err(told),
    }
}

fn show(report: &Report, form: Telling) -> Result<()> {
    match form {
        Telling::Text => output::write(&text(report)),
        Telling::Json => output::json(&as_json(report)),
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
        "{} {} compared, {} drifted, {} not compared\n",
        report.compared,
        if report.compared == 1 { "object" } else { "objects" },
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
    use crate::demo::{Company, Place, User};
    use crate::runtime::{Guest, Options, Origin};
    use fluxdeck_model::domain::{GroupKind, ObjectRef};

    #[tokio::test(start_paused = true)]
    async fn a_namespace_means_its_kustomizations_with_all_that_they_apply() {
        let company = Arc::new(Company::driven(Place::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
        let guest = Guest { company, user: User::admin(), is_acting: false };
        let options = Options::of(Origin::Demo(guest));
        let connection = runtime::connect(&options, "production").await.expect("the demo");
        let frontend = ObjectRef::new(ClusterId(0), GroupKind::new("apps", "Deployment"), "web", "frontend");
        cluster::testing::merge(&connection, &frontend, &json!({"spec": {"replicas": 7}})).await;
        let (desk, timeout) = (Desk::of(options.repositories()), options.request_timeout);
        let renderer = Renderer { connection, desk, timeout, fetches: false };
        let schemas = runtime::schemas().expect("the schemas");
        let named = Named::parse("deploy/frontend").expect("a name");

        // Kustomization flux-system/apps applies Deployment web/frontend
        for (namespaces, object, wished) in [
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
            let expected = vec![("flux-system/apps", "Deployment web/frontend"); wished];
            assert_eq!(found, expected, "{namespaces:?}, {} compared", report.compared);
            assert_eq!(is_known, object.is_none() || wished > 0, "{namespaces:?}");
        }
    }
}
