//! HelmRelease: installs and upgrades a chart (helm-controller `api/v2/helmrelease_types.go`).
//!
//! Its children are its inventory, which helm-controller 1.5 (Flux 2.8) writes with the next release action; before that they are read
//! from Helm's storage (cell RELEASE) or by owner label, elsewhere.

use serde_json::Value;

use super::draft::{list, named, number, string};
use super::{Column, Draft, Kind, Reference, Role, Suspend, Trait, Wire, group, helm_chart, helm_repository, oci_repository};
use crate::domain::duration;
use crate::domain::object::{Deletion, Relation};

pub(super) const KIND: Kind = Kind {
    kind: "HelmRelease",
    group: group::HELM,
    versions: &["v2", "v2beta2", "v2beta1"],
    plural: "helmreleases",
    short: &["hr"],
    flux: "helmrelease",
    role: Role::Applier,
    traits: &[Trait::Charted, Trait::Forced, Trait::CountsFailures],
    references: &[
        Reference::one(&["spec", "chart", "spec", "sourceRef"], &helm_repository::KIND),
        Reference::one(&["spec", "chartRef"], &oci_repository::KIND),
        Reference::list(&["spec", "dependsOn"], "HelmRelease"),
    ],
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("CHART", 0),
        Column::Wide("SOURCE", 1),
        Column::Wide("RELEASE", 2),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    let (spec, status) = (&wire.spec, &wire.status);
    let (chart, source) = chart(wire, draft);
    for dependency in list(spec, &["dependsOn"]) {
        draft.refer(Relation::DependsOn, group::HELM, "HelmRelease", dependency);
    }
    for values in list(spec, &["valuesFrom"]) {
        draft.edge(Relation::Values, "", string(values, &["kind"]), None, string(values, &["name"]));
    }
    draft.facts.remote = !spec["kubeConfig"].is_null();
    if !draft.facts.remote && !status["inventory"].is_null() {
        draft.facts.children_by = "inventory";
        draft.inventory(status);
    }
    let latest = list(status, &["history"]).iter().max_by_key(|release| number(release, &["version"])).unwrap_or(&Value::Null);
    let attempted = string(status, &["lastAttemptedRevision"]);
    // v2beta1 has no history, later versions have no lastAppliedRevision
    let revision = [string(latest, &["chartVersion"]), string(status, &["lastAppliedRevision"]), attempted];
    draft.facts.revision = draft.revision(revision.into_iter().find(|text| !text.is_empty()).unwrap_or_default());
    draft.facts.attempted = draft.revision(attempted);
    draft.deletion(Deletion::Uninstalls);
    draft.paced(None, duration::parse(string(status, &["lastAttemptedReleaseActionDuration"])));
    let release = release(wire, latest);
    if let Some((namespace, release)) = release.split_once('/') {
        draft.release(namespace, release);
    }
    draft.cells([&chart, &source, &release]);
}

/// Adds the edges to chart and source; returns how the table names them.
fn chart(wire: &Wire, draft: &mut Draft) -> (String, String) {
    let reference = &wire.spec["chartRef"];
    if !reference.is_null() {
        draft.refer(Relation::Chart, group::SOURCE, string(reference, &["kind"]), reference);
        return (string(reference, &["name"]).to_owned(), named(reference));
    }
    if let Some((namespace, name)) = string(&wire.status, &["helmChart"]).split_once('/') {
        draft.edge(Relation::Chart, group::SOURCE, helm_chart::KIND.kind, Some(namespace), name);
    }
    let template = &wire.spec["chart"]["spec"];
    let source = &template["sourceRef"];
    draft.refer(Relation::Source, group::SOURCE, string(source, &["kind"]), source);
    (string(template, &["chart"]).to_owned(), named(source))
}

/// Where Helm keeps the release, as `<storage namespace>/<release>.v<version>`: the Secret is `sh.helm.release.v1.` and the part after
/// the slash. Empty before the first install. Controllers that keep no history (before 0.37) did not shorten long names either.
fn release(wire: &Wire, latest: &Value) -> String {
    let (spec, status) = (&wire.spec, &wire.status);
    let own = wire.metadata.namespace.as_str();
    let namespaces = [string(status, &["storageNamespace"]), string(spec, &["storageNamespace"]), own];
    let namespace = namespaces.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    if let Some(version) = number(latest, &["version"]) {
        return format!("{namespace}/{}.v{version}", string(latest, &["name"]));
    }
    let Some(version) = number(status, &["lastReleaseRevision"]).filter(|version| *version > 0) else { return String::new() };
    let name = match (string(spec, &["releaseName"]), string(spec, &["targetNamespace"])) {
        ("", "") => wire.metadata.name.clone(),
        ("", target) => format!("{target}-{}", wire.metadata.name),
        (name, _) => name.to_owned(),
    };
    format!("{namespace}/{name}.v{version}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::KIND;
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, read_in, table};

    #[test]
    fn a_chart_template_gives_chart_and_source() {
        let object = read(
            &KIND,
            &json!({
                "spec": {
                    "chart": {"spec": {"chart": "podinfo", "sourceRef": {"kind": "HelmRepository", "name": "podinfo", "namespace": "flux-system"}}},
                    "dependsOn": [{"name": "db"}],
                    "valuesFrom": [{"kind": "Secret", "name": "web-values"}]
                },
                "status": {
                    "helmChart": "flux-system/apps-web", "storageNamespace": "shop", "lastAttemptedRevision": "6.1.0",
                    "history": [{"name": "web", "version": 9, "chartVersion": "6.0.3"}, {"name": "web", "version": 10, "chartVersion": "6.0.4"}],
                    "inventory": {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]}
                }
            }),
        );

        assert_eq!(
            edges(&object),
            [
                "chart HelmChart.source.toolkit.fluxcd.io flux-system/apps-web",
                "source HelmRepository.source.toolkit.fluxcd.io flux-system/podinfo",
                "depends on HelmRelease.helm.toolkit.fluxcd.io apps/db",
                "values from Secret apps/web-values",
                "applies Deployment.apps shop/web",
            ]
        );
        assert_eq!((object.facts.revision.as_deref(), object.facts.attempted.as_deref()), (Some("6.0.4"), Some("6.1.0")));
        assert_eq!(object.facts.children_by, "inventory");
        assert_eq!(cells(&object), ["podinfo", "HelmRepository/flux-system/podinfo", "shop/web.v10"]);
    }

    #[test]
    fn a_chart_reference_is_the_chart_and_nothing_else() {
        let object = read(
            &KIND,
            &json!({
                "spec": {"chartRef": {"kind": "OCIRepository", "name": "podinfo"}, "kubeConfig": {"secretRef": {"name": "remote"}}},
                "status": {"helmChart": "stale/left-over", "inventory": {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]}}
            }),
        );

        assert_eq!(edges(&object), ["chart OCIRepository.source.toolkit.fluxcd.io apps/podinfo", "uses Secret apps/remote"]);
        assert!(object.facts.remote);
        assert_eq!((object.facts.children_by, cells(&object)), ("", vec!["podinfo", "OCIRepository/podinfo", ""]));
    }

    #[test]
    fn v2beta1_has_no_history() {
        let object = read_in(
            "v2beta1",
            &KIND,
            &json!({
                "spec": {"targetNamespace": "shop"},
                "status": {"lastAppliedRevision": "6.0.3", "lastAttemptedRevision": "6.0.4", "lastReleaseRevision": 3}
            }),
        );

        assert_eq!((object.facts.revision.as_deref(), object.facts.attempted.as_deref()), (Some("6.0.3"), Some("6.0.4")));
        assert_eq!(cells(&object)[2], "apps/shop-web.v3");
    }

    #[test]
    fn health_names_drift_and_ignored_test_failures_on_ready_releases() {
        let status = |conditions: serde_json::Value| json!({"status": {"observedGeneration": 1, "conditions": conditions}});
        let ready = json!({"type": "Ready", "status": "True", "reason": "UpgradeSucceeded"});
        table(
            &KIND,
            &[
                ("ready", status(json!([ready])), Ready, "UpgradeSucceeded"),
                (
                    "drift",
                    status(json!([ready, {"type": "Drifted", "status": "True", "reason": "DriftDetected"}])),
                    Ready,
                    "DriftDetected",
                ),
                (
                    "ignored test",
                    status(json!([ready, {"type": "TestSuccess", "status": "False", "reason": "TestFailed"}])),
                    Ready,
                    "TestFailed",
                ),
                (
                    "no drift",
                    status(json!([ready, {"type": "Drifted", "status": "False", "reason": "NoDriftDetected"}])),
                    Ready,
                    "UpgradeSucceeded",
                ),
                (
                    "rolled back",
                    status(json!([{"type": "Ready", "status": "False", "reason": "RollbackSucceeded"}])),
                    Failed,
                    "RollbackSucceeded",
                ),
                (
                    "gave up",
                    status(json!([
                        {"type": "Stalled", "status": "True", "reason": "RetriesExceeded"},
                        {"type": "Ready", "status": "False", "reason": "UpgradeFailed"}
                    ])),
                    Stalled,
                    "RetriesExceeded",
                ),
                (
                    "source",
                    status(json!([{"type": "Ready", "status": "False", "reason": "SourceNotReady"}])),
                    Waiting,
                    "SourceNotReady",
                ),
            ],
        );
    }
}
