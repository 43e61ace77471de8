//! Kustomizations and HelmReleases with their inventories, histories and conditions.

use serde_json::{Map, Value, json};

use super::{
    children,
    identity::{Child, condition, created, days_before},
    plan::{Applier, ApplierKind, Condition, Plan, Role},
    random::Seed,
    sources::Source,
    workloads,
};

pub fn object(plan: &Plan, applier: &Applier) -> Value {
    let child = applier.child(plan);
    let seed = plan.seed.of(child.kind, applier.index);
    let mut object = child.object(plan.seed, labels(plan, applier), &created(seed));
    let (spec, status) = match applier.kind {
        ApplierKind::Kustomization => (kustomization_spec(plan, applier), kustomization_status(plan, applier, seed)),
        ApplierKind::HelmRelease => (release_spec(plan, applier), release_status(plan, applier, seed)),
    };
    object["spec"] = spec;
    object["status"] = status;
    if applier.condition == Condition::Suspended {
        object["spec"]["suspend"] = Value::Bool(true);
    }
    if let Some(other) = applier.depends_on {
        object["spec"]["dependsOn"] = json!([{"name": plan.appliers[other].name}]);
    }
    object
}

fn labels(plan: &Plan, applier: &Applier) -> Map<String, Value> {
    let parent = match applier.kind {
        ApplierKind::HelmRelease => plan.appliers.iter().find(|other| {
            other.role == Role::Releases && other.namespace == applier.namespace && other.kind == ApplierKind::Kustomization
        }),
        ApplierKind::Kustomization if applier.role == Role::Tenant => plan.appliers.first(),
        ApplierKind::Kustomization => plan.appliers.get(plan.tenant_of(applier.namespace)),
    };
    parent.expect("every applier is applied by one").owner_labels(plan)
}

/// Everything an applier's inventory names.
pub fn inventory(plan: &Plan, applier: &Applier) -> Vec<Child> {
    let mut entries: Vec<Child> = applier.appliers.iter().map(|at| plan.appliers[*at].child(plan)).collect();
    if matches!(applier.role, Role::Root | Role::Tenant) {
        let mine = |namespace: usize| plan.tenant_of(namespace) == applier.index;
        entries.extend(
            (0..plan.namespaces.len()).filter(|at| mine(*at)).map(|at| Child::core("Namespace", "", &*plan.namespaces[at])),
        );
        entries.extend(Source::all(plan).filter(|source| mine(source.namespace(plan))).map(|source| source.child(plan)));
    }
    for deployment in applier.deployments.clone() {
        entries.extend(workloads::applied(plan, applier, deployment));
    }
    entries.extend(applier.configs.clone().map(|config| children::config_child(plan, applier, config)));
    entries
}

fn inventory_status(plan: &Plan, applier: &Applier) -> Value {
    json!({"entries": inventory(plan, applier).iter().map(Child::entry).collect::<Vec<_>>()})
}

fn kustomization_spec(plan: &Plan, applier: &Applier) -> Value {
    let source = Source::of(plan, applier).child(plan);
    let namespace = &plan.namespaces[applier.namespace];
    let mut spec = json!({"interval": "10m0s", "retryInterval": "2m0s", "timeout": "5m0s", "prune": true,
        "wait": applier.role == Role::Application, "path": format!("./apps/{namespace}/{}", applier.name),
        "sourceRef": {"kind": source.kind, "name": source.name}});
    if source.namespace != *namespace {
        spec["sourceRef"]["namespace"] = source.namespace.into();
    }
    if applier.role == Role::Application {
        spec["targetNamespace"] = namespace.clone().into();
        spec["postBuild"] = json!({"substitute": {"cluster": "prod-eu", "domain": "example.test"}});
    }
    spec
}

fn kustomization_status(plan: &Plan, applier: &Applier, seed: Seed) -> Value {
    let source = Source::of(plan, applier);
    let (now, before) = (source.revision(plan, false), source.revision(plan, true));
    let since = days_before(1 + seed.of("since", 0).below(30), seed);
    let behind = !matches!(applier.condition, Condition::Ready | Condition::Unhealthy);
    let applied = if behind { &before } else { &now };
    let attempted = if applier.condition == Condition::Suspended { &before } else { &now };
    let mut status = json!({"observedGeneration": 1, "lastAppliedRevision": applied, "lastAttemptedRevision": attempted,
        "inventory": inventory_status(plan, applier),
        "history": (0..1 + seed.of("history", 0).below(3)).map(|past| json!({
            "digest": format!("sha256:{}", seed.of("history", past).hex(64)),
            "firstReconciled": days_before(20 + past, seed), "lastReconciled": days_before(1 + past, seed),
            "lastReconciledDuration": format!("{}.{:06}ms", 100 + seed.below(800), seed.below(999_999)),
            "lastReconciledStatus": "ReconciliationSucceeded", "totalReconciliations": 10 + seed.below(900),
            "metadata": {"revision": if past == 0 { applied } else { &before }},
        })).collect::<Vec<_>>()});
    status["conditions"] = kustomization_conditions(plan, applier, applied, &now, &since);
    status
}

fn kustomization_conditions(plan: &Plan, applier: &Applier, applied: &str, fetched: &str, since: &str) -> Value {
    let retry = condition("Reconciling", "True", "ProgressingWithRetry", "Retrying reconciliation in 2m0s", since);
    match applier.condition {
        Condition::Ready | Condition::Suspended => {
            let mut list =
                vec![condition("Ready", "True", "ReconciliationSucceeded", &format!("Applied revision: {applied}"), since)];
            if applier.role == Role::Application {
                list.push(condition("Healthy", "True", "Succeeded", "Health check passed in 3.024571182s", since));
            }
            Value::Array(list)
        }
        Condition::Unhealthy => {
            let name = workloads::name(applier, applier.deployments.start);
            let message = format!(
                "health check failed after 5m0.00218s: timeout waiting for: [Deployment/{}/{name} status: 'InProgress']",
                plan.namespaces[applier.namespace]
            );
            json!([
                retry,
                condition("Ready", "False", "HealthCheckFailed", &message, since),
                condition("Healthy", "False", "HealthCheckFailed", &message, since)
            ])
        }
        Condition::Broken => {
            let message = format!(
                "kustomize build failed: accumulating resources: accumulation err='accumulating resources from 'ingress.yaml': open /tmp/kustomization-{}/ingress.yaml: no such file or directory'",
                applier.index
            );
            json!([retry, condition("Ready", "False", "BuildFailed", &message, since)])
        }
        Condition::Waiting => {
            let other = plan.appliers[applier.depends_on.expect("waiting appliers depend on one")].child(plan);
            let message = format!("dependency '{}/{}' is not ready", other.namespace, other.name);
            json!([retry, condition("Ready", "False", "DependencyNotReady", &message, since)])
        }
        Condition::Progressing => {
            let doing = format!("Running health checks for revision {fetched} with a timeout of 5m0s");
            json!([
                condition("Reconciling", "True", "Progressing", &doing, since),
                condition("Ready", "Unknown", "Progressing", "Reconciliation in progress", since)
            ])
        }
    }
}

pub fn chart_name(release: &Applier) -> &str {
    release.name.split('-').next().unwrap_or(&release.name)
}

pub fn chart_version(plan: &Plan, release: &Applier) -> String {
    let seed = plan.seed.of("version", release.index);
    format!("{}.{}.{}", 1 + seed.below(8), seed.of("minor", 0).below(30), seed.of("patch", 0).below(10))
}

fn release_spec(plan: &Plan, applier: &Applier) -> Value {
    let source = Source::of(plan, applier).child(plan);
    let host = format!("{}.{}.example.test", applier.name, plan.namespaces[applier.namespace]);
    let mut spec = json!({"interval": "30m0s", "timeout": "5m0s", "releaseName": applier.name,
        "install": {"remediation": {"retries": 3}}, "upgrade": {"remediation": {"retries": 3}, "cleanupOnFail": true},
        "values": {"replicaCount": 2, "image": {"repository": format!("registry.example.test/{}", chart_name(applier)), "pullPolicy": "IfNotPresent"},
            "ingress": {"enabled": true, "className": "nginx", "hosts": [{"host": host, "paths": [{"path": "/", "pathType": "Prefix"}]}]},
            "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}}});
    if source.kind == "HelmRepository" {
        let major = chart_version(plan, applier).split('.').next().unwrap_or("1").to_owned();
        spec["chart"] = json!({"spec": {"chart": chart_name(applier), "version": format!("{major}.x"), "interval": "1h0m0s",
            "sourceRef": {"kind": "HelmRepository", "name": source.name, "namespace": source.namespace}}});
    } else {
        spec["chartRef"] = json!({"kind": source.kind, "name": source.name, "namespace": source.namespace});
    }
    spec
}

fn release_status(plan: &Plan, applier: &Applier, seed: Seed) -> Value {
    let Child { namespace, name, .. } = applier.child(plan);
    let version = chart_version(plan, applier);
    let failed = applier.condition == Condition::Unhealthy;
    let since = days_before(1 + seed.of("since", 0).below(30), seed);
    let number = 1 + seed.of("number", 0).below(9);
    let history = |back: usize| {
        json!({"name": name, "namespace": namespace, "version": number - back, "chartName": chart_name(applier), "chartVersion": version,
            "appVersion": version, "configDigest": format!("sha256:{}", seed.of("config", back).hex(64)),
            "digest": format!("sha256:{}", seed.of("release", back).hex(64)), "firstDeployed": created(seed), "lastDeployed": since,
            "status": if back > 0 { "superseded" } else if failed { "failed" } else { "deployed" }})
    };
    let mut status = json!({"observedGeneration": 1, "lastAttemptedGeneration": 1, "lastAttemptedRevision": version,
        "lastAttemptedConfigDigest": format!("sha256:{}", seed.of("config", 0).hex(64)), "lastAttemptedReleaseAction": "upgrade",
        "storageNamespace": namespace, "history": (0..number.min(2)).map(history).collect::<Vec<_>>(),
        "inventory": inventory_status(plan, applier)});
    if Source::of(plan, applier).child(plan).kind == "HelmRepository" {
        status["helmChart"] = format!("flux-system/{namespace}-{name}").into();
    }
    if failed {
        status["failures"] = 4.into();
        status["upgradeFailures"] = 4.into();
    }
    status["conditions"] = release_conditions(plan, applier, &format!("{namespace}/{name}.v{number}"), &version, &since);
    status
}

fn release_conditions(plan: &Plan, applier: &Applier, release: &str, version: &str, since: &str) -> Value {
    let good = format!("Helm upgrade succeeded for release {release} with chart {}@{version}", chart_name(applier));
    let released = condition("Released", "True", "UpgradeSucceeded", &good, since);
    match applier.condition {
        Condition::Ready | Condition::Suspended => {
            json!([condition("Ready", "True", "UpgradeSucceeded", &good, since), released])
        }
        Condition::Unhealthy => {
            let name = workloads::name(applier, applier.deployments.start);
            let bad = format!(
                "Helm upgrade failed for release {release} with chart {}@{version}: timeout waiting for: [Deployment/{}/{name} status: 'InProgress']: context deadline exceeded",
                chart_name(applier),
                plan.namespaces[applier.namespace]
            );
            json!([
                condition("Stalled", "True", "RetriesExceeded", "Failed to upgrade after 4 attempt(s)", since),
                condition("Ready", "False", "UpgradeFailed", &bad, since),
                condition("Released", "False", "UpgradeFailed", &bad, since)
            ])
        }
        Condition::Broken => {
            let message =
                "could not resolve Secret chart values reference with key 'values.yaml': secret \"overrides\" not found";
            json!([condition("Ready", "False", "ValuesError", message, since), released])
        }
        Condition::Waiting => {
            let other = plan.appliers[applier.depends_on.expect("waiting appliers depend on one")].child(plan);
            let message = format!("dependency '{}/{}' is not ready", other.namespace, other.name);
            json!([condition("Ready", "False", "DependencyNotReady", &message, since), released])
        }
        Condition::Progressing => {
            let doing = "Running 'upgrade' action with timeout of 5m0s";
            json!([
                condition("Reconciling", "True", "Progressing", doing, since),
                condition("Ready", "Unknown", "Progressing", doing, since),
                released
            ])
        }
    }
}
