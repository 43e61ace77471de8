//! From a HelmRelease to a chart, and to what a release of it consists of (helm-controller `internal/reconcile/helmchart_template.go`,
//! `internal/controller/helmrelease_controller.go`).
//!
//! Charts are not rendered: a release consists of what was recorded of it, or of what was recorded of another release of its chart.

use serde_json::{Value, json};

use super::scene::{Scene, condition, go, interval, is_true, span};
use crate::demo::objects::{self, Key, list, text};

pub(super) const COMPONENT: &str = "helm-controller";
pub(super) const GROUP: &str = "helm.toolkit.fluxcd.io";
pub(super) const SOURCES: &str = "source.toolkit.fluxcd.io";

/// Creates the HelmChart of a release that has a template, or makes it what the template says.
pub(super) fn chart_template(scene: &mut Scene, object: &mut Value) {
    let template = object["spec"]["chart"]["spec"].clone();
    if template.is_null() {
        return;
    }
    let (namespace, name) = (text(object, "/metadata/namespace").to_owned(), text(object, "/metadata/name").to_owned());
    let place = template.pointer("/sourceRef/namespace").and_then(Value::as_str).unwrap_or(&namespace).to_owned();
    let interval = span(object, "/spec/chart/spec/interval").unwrap_or_else(|| interval(object));
    let reference = json!({"kind": template["sourceRef"]["kind"], "name": template["sourceRef"]["name"]});
    let strategy = template.get("reconcileStrategy").cloned().unwrap_or_else(|| "ChartVersion".into());
    let version = template.get("version").cloned().unwrap_or_else(|| "*".into());
    let spec = json!({
        "chart": template["chart"], "version": version, "sourceRef": reference, "interval": go(interval), "reconcileStrategy": strategy,
    });
    let chart = format!("{namespace}-{name}");
    object["status"]["helmChart"] = format!("{place}/{chart}").into();
    let Some(key) = scene.store.key(SOURCES, "HelmChart", &place, &chart) else { return };
    match scene.store.get(&key).map(|found| (**found).clone()) {
        Some(mut found)
            if found["spec"]["version"] != spec["version"]
                || found["spec"]["chart"] != spec["chart"]
                || found["spec"]["sourceRef"] != spec["sourceRef"] =>
        {
            json_patch::merge(&mut found["spec"], &spec);
            scene.save(&key, found);
        }
        Some(_) => (),
        None => {
            let labels = json!({format!("{GROUP}/name"): name, format!("{GROUP}/namespace"): namespace});
            let fresh = json!({"metadata": {"name": chart, "namespace": place, "labels": labels}, "spec": spec, "status": {"observedGeneration": -1}});
            scene.store.create(key.kind, fresh, scene.now);
            let source = format!("{}/{place}/{}", text(&template, "/sourceRef/kind"), text(&template, "/sourceRef/name"));
            let message = format!("Created HelmChart/{place}/{chart} with SourceRef '{source}'");
            scene.event(object, COMPONENT, false, "HelmChartCreated", &message);
        }
    }
}

/// A chart that is there to be released.
pub(super) struct Chart {
    pub name: String,
    pub version: String,
    pub digest: Option<String>,
}

/// Dependencies, source and values, in this order; returns what is to be released.
pub(super) fn chart(scene: &Scene, object: &Value) -> Result<Chart, (&'static str, String)> {
    let own = text(object, "/metadata/namespace");
    for dependency in list(object, "/spec/dependsOn") {
        let (namespace, name) = (dependency["namespace"].as_str().unwrap_or(own), text(dependency, "/name"));
        let Some(found) = scene.find(GROUP, "HelmRelease", namespace, name) else {
            let why = format!(
                "unable to get '{namespace}/{name}' dependency: helmreleases.helm.toolkit.fluxcd.io \"{name}\" not found"
            );
            return Err(("DependencyNotReady", why));
        };
        if found["metadata"]["generation"] != found["status"]["observedGeneration"] || !is_true(&found, "Ready") {
            return Err(("DependencyNotReady", format!("dependency '{namespace}/{name}' is not ready")));
        }
    }
    let (kind, namespace, name) = match object.pointer("/spec/chartRef") {
        Some(reference) => (text(reference, "/kind"), reference["namespace"].as_str().unwrap_or(own), text(reference, "/name")),
        None => text(object, "/status/helmChart")
            .split_once('/')
            .map_or(("HelmChart", own, ""), |(space, name)| ("HelmChart", space, name)),
    };
    let Some(source) = scene.find(SOURCES, kind, namespace, name) else {
        let plural = if kind == "OCIRepository" { "ocirepositories" } else { "helmcharts" };
        return Err(("ArtifactFailed", format!("could not get Source object: {plural}.{SOURCES} \"{name}\" not found")));
    };
    let not_ready = |why: &str| Err(("SourceNotReady", format!("{kind} '{namespace}/{name}' is not ready: {why}")));
    let message = |kind: &str| condition(&source, kind).map(|it| text(it, "/message").to_owned());
    if source["metadata"]["generation"] != source["status"]["observedGeneration"] {
        let is_false = condition(&source, "Ready").is_some_and(|ready| text(ready, "/status") == "False");
        let why = message("Ready").filter(|_| is_false);
        return not_ready(&why.unwrap_or_else(|| "latest generation of object has not been reconciled".to_owned()));
    }
    if let Some(why) = message("Stalled") {
        return not_ready(&why);
    }
    let revision = text(&source, "/status/artifact/revision");
    if revision.is_empty() {
        return not_ready("does not have an artifact");
    }
    values(scene, object, own)?;
    let (version, digest) = revision.split_once('@').map_or((revision, None), |(version, digest)| (version, Some(digest)));
    let short =
        digest.and_then(|digest| digest.strip_prefix("sha256:")).map(|digest| format!("+{}", &digest[..digest.len().min(12)]));
    let title = text(&source, "/spec/chart").rsplit('/').next().filter(|name| !name.is_empty());
    let title = title.or_else(|| text(&source, "/spec/url").rsplit('/').next()).unwrap_or_default();
    Ok(Chart {
        name: title.to_owned(),
        version: format!("{version}{}", short.unwrap_or_default()),
        digest: digest.map(str::to_owned),
    })
}

fn values(scene: &Scene, object: &Value, namespace: &str) -> Result<(), (&'static str, String)> {
    for from in list(object, "/spec/valuesFrom").iter().filter(|from| from["optional"] != true) {
        let (kind, name) = (text(from, "/kind"), text(from, "/name"));
        let key = from["valuesKey"].as_str().unwrap_or("values.yaml");
        let found = scene.find("", kind, namespace, name);
        let why = match &found {
            None => format!("{}s \"{name}\" not found", kind.to_lowercase()),
            Some(found) if found["data"].get(key).is_none() => format!("missing key '{key}'"),
            Some(_) => continue,
        };
        let message = format!("could not resolve {kind} chart values reference '{namespace}/{name}' with key '{key}': {why}");
        return Err(("ValuesError", message));
    }
    Ok(())
}

/// What the release is called, and where it lives.
pub(super) fn release(object: &Value) -> (String, String) {
    let (own, name) = (text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    let target = text(object, "/spec/targetNamespace");
    let named = text(object, "/spec/releaseName");
    let full = match (named.is_empty(), target.is_empty()) {
        (false, _) => named.to_owned(),
        (true, false) => format!("{target}-{name}"),
        (true, true) => name.to_owned(),
    };
    (if target.is_empty() { own } else { target }.to_owned(), full)
}

/// What the release consists of.
pub(super) fn manifests(scene: &Scene, key: &Key, object: &Value, chart: &Chart) -> Vec<Value> {
    let (namespace, name) = release(object);
    let (pattern, was_name, was_version) = match scene.recording.applied(key) {
        Some(own) => (own.clone(), name.clone(), scene.recording.released(key).unwrap_or(&chart.version).to_owned()),
        None => match scene.recording.sibling(scene.store, &chart.name) {
            Some((other, manifests)) => {
                (manifests.clone(), release(other).1, text(other, "/status/history/0/chartVersion").to_owned())
            }
            None => return Vec::new(),
        },
    };
    let plain = |version: &str| version.split('+').next().unwrap_or_default().to_owned();
    let (old, new) = (plain(&was_version), plain(&chart.version));
    let turned = |text: &str| {
        let renamed = match text.strip_prefix(was_name.as_str()) {
            Some(rest) if rest.is_empty() || rest.starts_with('-') => format!("{name}{rest}"),
            _ => text.to_owned(),
        };
        if old.is_empty() { renamed } else { renamed.replace(&old, &new) }
    };
    pattern
        .into_iter()
        .map(|mut manifest| {
            objects::rewrite(&mut manifest, &|text| *text = turned(text));
            if manifest["metadata"].get("namespace").is_some() {
                manifest["metadata"]["namespace"] = namespace.as_str().into();
            }
            manifest
        })
        .collect()
}
