//! `fluxdeck drift`: live objects against what git renders at the revision that was applied.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use futures::StreamExt;
use kube::Client;
use serde_json::{Value, json};

use super::build::place;
use super::source::told;
use super::{Call, Telling, check, output};
use crate::cluster::{self, Catalog, Failure};
use crate::git::Checkout;
use crate::runtime;
use fluxdeck_model::build::Cache;
use fluxdeck_model::build::flux::{self, Applied, Spec, Values};
use fluxdeck_model::build::ignore::{Artifact, Rules};
use fluxdeck_model::build::node::{Layer, Node, Text};
use fluxdeck_model::build::read::{Place as Reading, documents};
use fluxdeck_model::build::tree::Tree;
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::drift::{self, Drift};
use fluxdeck_model::insight::named::{Named, group, shown};
use fluxdeck_model::kinds;

/// Requests that are under way at once.
const AT_ONCE: usize = 8;

#[derive(Args)]
pub(super) struct Arguments {
    /// One object: KIND/NAME
    #[arg(value_name = "KIND/NAME")]
    object: Option<String>,
    /// A checkout of what the cluster applies; may be repeated. Else the git work tree around the current directory
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

/// The cluster that is looked at.
struct Live<'c> {
    call: &'c Call,
    client: Client,
    catalog: std::sync::Arc<Catalog>,
}

/// Prints what drifted. Returns the exit code.
pub(super) async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let named = arguments.object.as_deref().map(Named::parse).transpose()?;
    let checkouts = checkouts(&arguments.repo)?;
    let schemas = check::schemas(None)?;
    let failed = |failure: Failure| failure.error("the API server");
    let (client, catalog) = runtime::connect(&call.options, &call.context).await.map_err(failed)?;
    let live = Live { call, client, catalog };
    let namespaces: Vec<String> = call.options.namespaces.iter().map(|name| name.to_string()).collect();
    let urls: BTreeMap<(String, String), Value> =
        live.list("source.toolkit.fluxcd.io", "GitRepository").await?.into_iter().map(|one| (id(&one), one)).collect();
    let mut report = Report::default();
    let mut is_known = false;
    for kustomization in live.list(flux::GROUP, "Kustomization").await? {
        let name = {
            let (namespace, name) = id(&kustomization);
            format!("{namespace}/{name}")
        };
        let objects = match live.rendered(&kustomization, &urls, &checkouts).await {
            Ok(objects) => objects,
            Err(why) => {
                report.skipped.push((name, why.to_string()));
                continue;
            }
        };
        let ignores = drift::ignores(&kustomization);
        let is_meant = |object: &&Applied| match &named {
            Some(named) => named.is_meant(&object.node, &namespaces),
            None => {
                namespaces.is_empty()
                    || namespaces
                        .iter()
                        .any(|name| Some(name.as_str()) == object.node.at(&["metadata", "namespace"]).and_then(Node::text))
            }
        };
        let wished: Vec<&Applied> = objects.iter().filter(is_meant).collect();
        is_known |= !wished.is_empty();
        let fetched =
            futures::stream::iter(wished.iter().map(|object| live.get(&object.node))).buffered(AT_ONCE).collect::<Vec<_>>().await;
        for (object, found) in wished.into_iter().zip(fetched) {
            let called = shown(&object.node);
            match found {
                Err(why) => report.skipped.push((format!("{called} of {name}"), why)),
                Ok(found) => match drift::drift(object, found.as_ref(), &ignores, &schemas) {
                    Drift::None => report.compared += 1,
                    Drift::Off => {
                        report.skipped.push((format!("{called} of {name}"), "Flux was told to leave it alone".to_owned()));
                    }
                    drift => {
                        report.compared += 1;
                        report.drifted.push((name.clone(), called, drift));
                    }
                },
            }
        }
    }
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

fn checkouts(named: &[PathBuf]) -> Result<Vec<Checkout>> {
    if !named.is_empty() {
        return named.iter().map(|folder| Checkout::open(folder)).collect();
    }
    let here = std::env::current_dir().map_err(|error| Error::failed(format!("no current directory: {error}"), ""))?;
    Ok(vec![Checkout::around(&here)?])
}

fn id(object: &Value) -> (String, String) {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}

/// What of an URL names the repository: not how it is reached, nor as whom.
fn repository(url: &str) -> String {
    let url = url.trim_end_matches('/').trim_end_matches(".git");
    let rest = url.split_once("://").map_or_else(|| url.replacen(':', "/", 1), |(_, rest)| rest.to_owned());
    rest.rsplit_once('@').map_or(rest.as_str(), |(_, rest)| rest).to_lowercase()
}

impl Live<'_> {
    async fn list(&self, group: &str, kind: &str) -> Result<Vec<Value>> {
        let gk = GroupKind::new(group, kind);
        let Some(served) = self.catalog.find(&gk, kinds::rules(group, kind)) else { return Ok(Vec::new()) };
        cluster::full_list(&self.client, served, kind, None).await.map_err(|failure| failure.error(&format!("listing {kind}")))
    }

    /// An object in the version that git names; None: it is not there.
    async fn get(&self, node: &Node) -> std::result::Result<Option<Value>, String> {
        let text = |path: &[&str]| node.at(path).and_then(Node::text).unwrap_or_default();
        let gk = GroupKind::new(group(node), text(&["kind"]));
        let version = text(&["apiVersion"]).rsplit('/').next().unwrap_or_default();
        let Some(served) = self.catalog.exactly(&gk, version) else {
            return Err(format!("the cluster does not serve {gk} in {version}"));
        };
        let object = ObjectRef::new(ClusterId(0), gk, text(&["metadata", "namespace"]), text(&["metadata", "name"]));
        match cluster::body(&self.client, served, &object, self.call.options.request_timeout).await {
            Ok(found) => Ok(Some(found)),
            Err(Failure::NotFound(_)) => Ok(None),
            Err(failure) => Err(failure.error(&object.to_string()).to_string()),
        }
    }

    /// What git renders for a Kustomization at the revision that it applied last.
    async fn rendered(
        &self,
        kustomization: &Value,
        sources: &BTreeMap<(String, String), Value>,
        checkouts: &[Checkout],
    ) -> Result<Vec<Applied>> {
        let skip = |why: String| Error::failed(why, "");
        let text = |pointer: &str| kustomization.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (namespace, name) = id(kustomization);
        let own = Reading::file(&format!("Kustomization {namespace}/{name}").into(), Layer::Cluster);
        let nodes = documents(kustomization.to_string().as_bytes(), &own).map_err(told)?;
        let spec = Spec::read(nodes.first().ok_or_else(|| skip("it is empty".to_owned()))?).map_err(told)?;
        if spec.is_remote {
            return Err(skip("it is applied to another cluster".to_owned()));
        }
        let source = (spec.source.kind.as_ref() == "GitRepository")
            .then(|| sources.get(&(spec.source.namespace.to_string(), spec.source.name.to_string())))
            .flatten()
            .ok_or_else(|| {
                skip(format!(
                    "its source, {} {}/{}, is no GitRepository that can be read",
                    spec.source.kind, spec.source.namespace, spec.source.name
                ))
            })?;
        if source.pointer("/spec/include").and_then(Value::as_array).is_some_and(|include| !include.is_empty()) {
            return Err(skip("its source includes other repositories".to_owned()));
        }
        let url = source.pointer("/spec/url").and_then(Value::as_str).unwrap_or_default();
        let is_of = |checkout: &&Checkout| checkout.remotes().iter().any(|remote| repository(remote) == repository(url));
        let checkout = checkouts.iter().find(is_of).ok_or_else(|| skip(format!("no checkout of {url} was named")))?;
        // health checks that fail leave the applied revision behind what was applied
        let revision = Some(text("/status/lastAppliedRevision")).filter(|text| !text.is_empty());
        let has_objects = kustomization
            .pointer("/status/inventory/entries")
            .and_then(Value::as_array)
            .is_some_and(|entries| !entries.is_empty());
        let revision =
            revision.or_else(|| Some(text("/status/lastAttemptedRevision")).filter(|text| !text.is_empty() && has_objects));
        let revision = revision.ok_or_else(|| skip("it has never applied anything".to_owned()))?;
        let commit = revision.rsplit(':').next().unwrap_or(revision);
        let variables = self.values(&spec).await;
        let view = checkout.view(Some(commit))?;
        let tree: &dyn Tree = view.tree();
        let ignore = source.pointer("/spec/ignore").and_then(Value::as_str);
        let artifact = Artifact::new(tree, Rules::of(tree, ignore).map_err(told)?);
        let objects = flux::render(&artifact, &spec, &Cache::default()).objects.map_err(told)?;
        let find = |kind: &str, _: &str, name: &str| variables.get(&(kind.to_owned(), name.to_owned())).cloned();
        flux::applied(&objects, &spec, &flux::variables(&spec, &find), true).map_err(told)
    }

    /// The ConfigMaps that variables come from. What Secrets say is not asked for: those variables stay unknown.
    async fn values(&self, spec: &Spec) -> BTreeMap<(String, String), Values> {
        let mut found = BTreeMap::new();
        for from in spec.post_build.iter().flat_map(|post| &post.from).filter(|from| from.kind.as_ref() == "ConfigMap") {
            let manifest = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "namespace": &*spec.namespace, "name": &*from.name } });
            let read = |value: &Value| {
                documents(value.to_string().as_bytes(), &Reading::file(&Text::from("cluster"), Layer::Cluster)).ok()?.pop()
            };
            let Some(node) = read(&manifest) else { continue };
            let values = match self.get(&node).await {
                Ok(Some(body)) => read(&body).as_ref().and_then(flux::values),
                // one that may be missing and is has no values
                Ok(None) if from.is_optional => Some(Values::new()),
                Ok(None) | Err(_) => None,
            };
            found.extend(values.map(|values| ((from.kind.to_string(), from.name.to_string()), values)));
        }
        found
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
                    let live = field.live.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
                    let line = format!("  {}: git {}, live {live}  {}", field.path, field.git, place(&field.origin));
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
        "{} objects compared, {} drifted, {} not compared\n",
        report.compared,
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
                .map(|field| json!({ "path": field.path, "git": field.git, "live": field.live, "file": &*field.origin.file, "line": field.origin.line }))
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
