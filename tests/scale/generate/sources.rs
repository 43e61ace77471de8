//! GitRepositories, OCIRepositories, HelmRepositories and the HelmCharts of releases, and which
//! of them an applier uses.

use serde_json::{Map, Value, json};

use super::{
    appliers,
    identity::{Child, condition, created, days_before},
    plan::{Applier, ApplierKind, Plan},
    random::Seed,
};

/// A place among the sources; the number counts within the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Git(usize),
    Oci(usize),
    HelmRepository(usize),
}

impl Source {
    /// All sources that an inventory names.
    pub fn all(plan: &Plan) -> impl Iterator<Item = Self> + use<> {
        let sizes = plan.sizes;
        let git = (0..sizes.git_repositories).map(Self::Git);
        let oci = (0..sizes.oci_repositories).map(Self::Oci);
        git.chain(oci).chain((0..sizes.helm_repositories).map(Self::HelmRepository))
    }

    /// The namespace it lives in, as a number of the plan.
    pub fn namespace(self, plan: &Plan) -> usize {
        match self {
            Self::Git(0) | Self::HelmRepository(_) => 0,
            Self::Oci(index) if index < shared_oci(plan) => 0,
            Self::Git(index) => plan.team_namespace(index - 1),
            Self::Oci(index) => plan.team_namespace(index),
        }
    }

    pub fn child(self, plan: &Plan) -> Child {
        let namespace = &plan.namespaces[self.namespace(plan)];
        match self {
            Self::Git(0) => Child::source("GitRepository", namespace, "flux-system"),
            Self::Git(_) => Child::source("GitRepository", namespace, "apps"),
            Self::Oci(index) if index < shared_oci(plan) => {
                Child::source("OCIRepository", namespace, format!("charts-{index:02}"))
            }
            Self::Oci(_) => Child::source("OCIRepository", namespace, "manifests"),
            Self::HelmRepository(index) => Child::source("HelmRepository", namespace, format!("helm-{index:03}")),
        }
    }

    /// What a source was seen to hold: now, or before its last change.
    pub fn revision(self, plan: &Plan, before: bool) -> String {
        let seed = plan.seed.of("revision", usize::from(before));
        match self {
            Self::Git(index) => format!("main@sha1:{}", seed.of("git", index).hex(40)),
            Self::Oci(index) => {
                let seed = seed.of("oci", index);
                format!(
                    "{}.{}.{}@sha256:{}",
                    1 + seed.below(6),
                    seed.of("minor", 0).below(20),
                    seed.of("patch", 0).below(9),
                    seed.hex(64)
                )
            }
            Self::HelmRepository(index) => format!("sha256:{}", seed.of("helm", index).hex(64)),
        }
    }

    /// Where an applier's manifests or chart come from.
    pub fn of(plan: &Plan, applier: &Applier) -> Self {
        let seed = plan.seed.of("source", applier.index).of(&applier.name, applier.namespace);
        let team = applier.namespace.checked_sub(1 + plan.sizes.large_inventories);
        let oci = team.filter(|team| (shared_oci(plan)..plan.sizes.oci_repositories).contains(team)).map(Self::Oci);
        match applier.kind {
            ApplierKind::HelmRelease if applier.index < plan.sizes.helm_charts => {
                Self::HelmRepository(seed.below(plan.sizes.helm_repositories))
            }
            ApplierKind::HelmRelease => oci.unwrap_or_else(|| Self::Oci(seed.below(shared_oci(plan)))),
            ApplierKind::Kustomization => match (oci, team) {
                (Some(oci), _) if seed.below(4) == 0 => oci,
                (_, Some(team)) if team + 1 < plan.sizes.git_repositories => Self::Git(team + 1),
                _ => Self::Git(0),
            },
        }
    }
}

/// OCIRepositories with charts for everyone.
fn shared_oci(plan: &Plan) -> usize {
    (plan.sizes.oci_repositories / 10).max(1)
}

pub fn object(plan: &Plan, source: Source) -> Value {
    let child = source.child(plan);
    let seed = plan.seed.of(child.kind, 3).of(&child.name, source.namespace(plan));
    let tenant = &plan.appliers[plan.tenant_of(source.namespace(plan))];
    let mut object = child.object(plan.seed, tenant.owner_labels(plan), &created(seed));
    let (spec, good, path) = match source {
        Source::Git(0) => (git_spec("fleet"), "stored artifact for revision", "gitrepository"),
        Source::Git(_) => (git_spec(&child.namespace), "stored artifact for revision", "gitrepository"),
        Source::Oci(index) => {
            let url = format!("oci://registry.example.test/{}/{}", child.namespace, child.name);
            let spec = json!({"url": url, "interval": "10m0s", "timeout": "60s", "provider": "generic",
                "ref": if index % 2 == 0 { json!({"semver": ">=1.0.0"}) } else { json!({"tag": "latest"}) }});
            (spec, "stored artifact for digest", "ocirepository")
        }
        Source::HelmRepository(index) if index % 10 == 9 => {
            object["spec"] =
                json!({"type": "oci", "url": format!("oci://registry.example.test/charts/{}", child.name), "interval": "1h0m0s"});
            return object;
        }
        Source::HelmRepository(_) => {
            let spec =
                json!({"url": format!("https://charts.example.test/{}", child.name), "interval": "1h0m0s", "timeout": "60s"});
            (spec, "stored artifact: revision", "helmrepository")
        }
    };
    object["spec"] = spec;
    let state = if source == Source::Git(0) { 99 } else { seed.of("condition", 0).below(100) };
    if (3..6).contains(&state) {
        object["spec"]["suspend"] = Value::Bool(true);
    }
    let before = state < 6;
    let revision = source.revision(plan, before);
    object["status"] = json!({"observedGeneration": 1, "artifact": artifact(seed, &child, path, &revision)});
    object["status"]["conditions"] = conditions(state, &format!("{good} '{revision}'"), &object["spec"], &days_before(1, seed));
    object
}

fn git_spec(repository: &str) -> Value {
    json!({"url": format!("https://git.example.test/{repository}/deploy.git"), "interval": "1m0s", "timeout": "60s",
        "ref": {"branch": "main"}, "secretRef": {"name": "git-credentials"}})
}

/// The HelmChart that the helm-controller makes for a release.
pub fn helm_chart(plan: &Plan, release: &Applier) -> Value {
    let child = release.child(plan);
    let source = Source::of(plan, release);
    let chart = Child::source("HelmChart", "flux-system", format!("{}-{}", child.namespace, child.name));
    let seed = plan.seed.of("chart", release.index);
    let mut labels = Map::new();
    labels.insert("helm.toolkit.fluxcd.io/name".into(), child.name.clone().into());
    labels.insert("helm.toolkit.fluxcd.io/namespace".into(), child.namespace.into());
    let mut object = chart.object(plan.seed, labels, &created(seed));
    let name = appliers::chart_name(release);
    let version = appliers::chart_version(plan, release);
    object["spec"] = json!({"chart": name, "version": format!("{}.x", version.split('.').next().unwrap_or("1")), "interval": "1h0m0s",
        "reconcileStrategy": "ChartVersion", "sourceRef": {"kind": "HelmRepository", "name": source.child(plan).name}});
    let state = seed.of("condition", 0).below(100) + 1;
    let good = format!("pulled '{name}' chart with version '{version}'");
    object["status"] = json!({"observedGeneration": 1, "observedChartName": name,
        "observedSourceArtifactRevision": source.revision(plan, false),
        "artifact": artifact(seed, &chart, "helmchart", &version)});
    object["status"]["conditions"] = conditions(state, &good, &object["spec"], &days_before(1, seed));
    object
}

fn artifact(seed: Seed, child: &Child, path: &str, revision: &str) -> Value {
    let file = seed.of("file", 0).hex(40);
    let path = format!("{path}/{}/{}/{file}.tar.gz", child.namespace, child.name);
    json!({"digest": format!("sha256:{}", seed.of("digest", 0).hex(64)), "lastUpdateTime": days_before(1, seed), "path": path,
        "revision": revision, "size": 20_000 + seed.below(400_000),
        "url": format!("http://source-controller.flux-system.svc.cluster.local./{path}")})
}

/// Below 3 of 100 sources fail, the next 3 are suspended, the next 3 on their way.
fn conditions(state: usize, good: &str, spec: &Value, since: &str) -> Value {
    let ready = condition("Ready", "True", "Succeeded", good, since);
    let stored = condition("ArtifactInStorage", "True", "Succeeded", good, since);
    match state {
        0..3 => {
            let reason = if spec.get("ref").is_some_and(|reference| reference.get("branch").is_some()) {
                "GitOperationFailed"
            } else if spec["url"].as_str().is_some_and(|url| url.starts_with("oci:")) {
                "OCIArtifactPullFailed"
            } else {
                "IndexationFailed"
            };
            let message = format!(
                "failed to fetch from '{}': dial tcp 10.0.0.10:443: connect: connection refused",
                spec["url"].as_str().unwrap_or("source")
            );
            json!([
                condition("Ready", "False", reason, &message, since),
                condition("FetchFailed", "True", reason, &message, since),
                stored
            ])
        }
        6..9 => {
            let message = "reconciliation in progress";
            json!([
                condition("Reconciling", "True", "Progressing", message, since),
                condition("Ready", "Unknown", "Progressing", message, since),
                stored
            ])
        }
        _ => json!([ready, stored]),
    }
}
