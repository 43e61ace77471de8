//! A release as Helm keeps it: the values it was given, the defaults of its chart, what it was rendered to.
//!
//! Source: helm.sh/helm `pkg/release/v1/release.go` (the JSON in Secret `sh.helm.release.v1.NAME.vN`), `pkg/chart/v2/chart.go`.

use jiff::Timestamp;
use serde_json::Value;

use super::compose::HiddenValue;
use crate::domain::text::sanitise;
use crate::render::write::from_base64;

/// The group of HelmReleases since Flux 2.
const GROUP: &str = "helm.toolkit.fluxcd.io/";

/// Where Helm keeps the releases of a HelmRelease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseStorage {
    /// Secrets of that namespace, by the name of the release. `history`: the numbers that the HelmRelease itself knows, the newest first.
    Here { namespace: String, name: String, history: Vec<u64> },
    /// In the cluster of its kubeconfig.
    Elsewhere,
    /// Nothing was released yet.
    Nowhere,
}

impl ReleaseStorage {
    /// Reads the body of a HelmRelease of any version; of Flux v1 the release is in the target namespace (helm-operator
    /// `pkg/apis/helm.fluxcd.io/v1/types_helmrelease.go`, `GetReleaseName`).
    pub fn of(body: &Value) -> Self {
        let (spec, status, own) = (&body["spec"], &body["status"], &body["metadata"]);
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        if !spec["kubeConfig"].is_null() {
            return Self::Elsewhere;
        }
        let (namespace, name) = (text(&own["namespace"]).unwrap_or_default(), text(&own["name"]).unwrap_or_default());
        let target = text(&spec["targetNamespace"]);
        if !body["apiVersion"].as_str().is_some_and(|version| version.starts_with(GROUP)) {
            let full = match &target {
                Some(target) => format!("{namespace}-{target}-{name}"),
                None => format!("{namespace}-{name}"),
            };
            let name = text(&spec["releaseName"]).or_else(|| text(&status["releaseName"])).unwrap_or(full);
            return Self::Here { namespace: target.unwrap_or(namespace), name, history: Vec::new() };
        }
        let storage = text(&status["storageNamespace"]).or_else(|| text(&spec["storageNamespace"])).unwrap_or(namespace);
        let mut history: Vec<_> = status["history"].as_array().into_iter().flatten().collect();
        history.sort_by_key(|entry| std::cmp::Reverse(entry["version"].as_u64()));
        if let Some(latest) = history.first() {
            let released = text(&latest["name"]).unwrap_or(name);
            let numbers = history.iter().filter_map(|entry| entry["version"].as_u64()).collect();
            return Self::Here { namespace: storage, name: released, history: numbers };
        }
        match status["lastReleaseRevision"].as_u64().filter(|number| *number > 0) {
            Some(number) => {
                let full = target.map_or_else(|| name.clone(), |target| format!("{target}-{name}"));
                let name = text(&spec["releaseName"]).unwrap_or(full);
                Self::Here { namespace: storage, name, history: vec![number] }
            }
            None => Self::Nowhere,
        }
    }
}

/// One release of the history.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredRelease {
    /// Its number: helm calls it the revision of the release.
    pub number: u64,
    /// `deployed`, `superseded`, `failed` …
    pub status: String,
    pub chart: String,
    pub chart_version: String,
    pub app_version: String,
    pub deployed: Option<Timestamp>,
    /// Charts that its chart depends on: their defaults are not kept with it.
    pub subcharts: Vec<String>,
    pub(super) namespace: String,
    pub(super) config: HiddenValue,
    pub(super) defaults: HiddenValue,
    /// Files of the chart besides its templates, by name.
    pub(super) files: HiddenFiles,
    pub(super) manifest: HiddenText,
}

/// Files that are not part of any text that is made for debugging.
#[derive(Clone, Default, PartialEq)]
pub(super) struct HiddenFiles(pub Vec<(String, Vec<u8>)>);

impl std::fmt::Debug for HiddenFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// As [`HiddenFiles`].
#[derive(Clone, Default, PartialEq)]
pub(super) struct HiddenText(pub String);

impl std::fmt::Debug for HiddenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl StoredRelease {
    /// Reads what was unpacked; none where it is not a release. What is missing in it is empty. Keeps of the chart's files only those of
    /// `values_files`, which may have given it its defaults.
    pub fn read(release: &Value, values_files: &[String]) -> Option<Self> {
        let text = |value: &Value| sanitise(value.as_str().unwrap_or_default()).into_owned();
        let (info, chart) = (&release["info"], &release["chart"]);
        let about = &chart["metadata"];
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let file = |file: &Value| {
            let name = file["name"].as_str()?;
            let is_wanted = values_files.iter().any(|wanted| wanted.trim_start_matches("./") == name);
            Some((name.to_owned(), from_base64(file["data"].as_str()?)?)).filter(|_| is_wanted)
        };
        Some(Self {
            number: release["version"].as_u64()?,
            status: text(&info["status"]),
            chart: text(&about["name"]),
            chart_version: text(&about["version"]),
            app_version: text(&about["appVersion"]),
            deployed: info["last_deployed"].as_str().and_then(|at| at.parse().ok()),
            subcharts: list(&about["dependencies"]).iter().map(|it| text(&it["name"])).collect(),
            namespace: release["namespace"].as_str().unwrap_or_default().to_owned(),
            config: HiddenValue(release["config"].clone()),
            defaults: HiddenValue(chart["values"].clone()),
            files: HiddenFiles(list(&chart["files"]).iter().filter_map(file).collect()),
            manifest: HiddenText(release["manifest"].as_str().unwrap_or_default().to_owned()),
        })
    }

    /// `web 1.4.0`.
    pub fn chart_and_version(&self) -> String {
        format!("{} {}", self.chart, self.chart_version)
    }
}
