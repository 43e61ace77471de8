//! What has no status: Namespaces, ServiceAccounts, Services, ConfigMaps and Secrets.

use serde_json::{Value, json};

use super::{
    identity::{Child, created},
    plan::{Applier, Plan},
    random::Seed,
    tier::LARGE_CONFIG_MAP,
};

/// Of five configs three are ConfigMaps.
const CONFIGS: [&str; 5] = ["ConfigMap", "ConfigMap", "Secret", "ConfigMap", "Secret"];
const TOPICS: [&str; 6] = ["config", "env", "dashboards", "rules", "templates", "features"];

pub fn namespace(plan: &Plan, at: usize) -> Value {
    let name = &*plan.namespaces[at];
    let mut labels = plan.appliers[plan.tenant_of(at)].owner_labels(plan);
    labels.insert("kubernetes.io/metadata.name".into(), name.into());
    labels.insert("toolkit.fluxcd.io/tenant".into(), name.split('-').next().unwrap_or(name).into());
    labels.insert("pod-security.kubernetes.io/warn".into(), "restricted".into());
    let mut object = Child::core("Namespace", "", name).object(plan.seed, labels, &created(plan.seed.of("namespace", at)));
    object["status"] = json!({"phase": "Active"});
    object
}

pub fn config_child(plan: &Plan, applier: &Applier, config: usize) -> Child {
    let place = config - applier.configs.start;
    let name = format!("{}-{}-{place}", applier.name, TOPICS[place % TOPICS.len()]);
    Child::core(CONFIGS[config % CONFIGS.len()], &plan.namespaces[applier.namespace], name)
}

pub fn config(plan: &Plan, applier: &Applier, config: usize) -> Value {
    let seed = plan.seed.of("config", config);
    let child = config_child(plan, applier, config);
    let mut object = child.object(plan.seed, applier.owner_labels(plan), &created(seed));
    if child.kind == "Secret" {
        object["type"] = "Opaque".into();
        object["data"] = json!({"username": "YXBw", "password": base64_text(seed)});
    } else if is_large(plan, config) {
        object["data"] = json!({"dashboard.json": text(seed, LARGE_CONFIG_MAP)});
    } else {
        object["data"] = json!({"LOG_LEVEL": "info", "FEATURES": "a,b,c", "config.yaml": text(seed, 200 + seed.below(1_200))});
    }
    object
}

/// The large ConfigMaps lie evenly among the configs, always where a ConfigMap is due.
fn is_large(plan: &Plan, config: usize) -> bool {
    let step = CONFIGS.len() * (plan.sizes.configs() / CONFIGS.len() / plan.sizes.large_config_maps).max(1);
    config.is_multiple_of(step) && config / step < plan.sizes.large_config_maps
}

fn text(seed: Seed, bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 64);
    let mut line = 0;
    while text.len() < bytes {
        text.push_str(&format!("setting_{line:05}: \"{}\"\n", seed.of("line", line).hex(32)));
        line += 1;
    }
    text.truncate(bytes);
    text
}

/// Hexadecimal digits are valid base64 in groups of four.
fn base64_text(seed: Seed) -> String {
    seed.of("password", 0).hex(32)
}

pub fn service_account(plan: &Plan, applier: &Applier, child: &Child) -> Value {
    child.object(plan.seed, applier.owner_labels(plan), &created(plan.seed.of(&child.name, applier.namespace)))
}

/// Headless, because a service range of a test bed has few addresses.
pub fn service(plan: &Plan, applier: &Applier, child: &Child) -> Value {
    let mut object = child.object(plan.seed, applier.owner_labels(plan), &created(plan.seed.of(&child.name, applier.namespace)));
    object["spec"] = json!({"type": "ClusterIP", "clusterIP": "None", "selector": {"app.kubernetes.io/name": child.name},
        "ports": [{"name": "http", "port": 80, "protocol": "TCP", "targetPort": 8080}, {"name": "metrics", "port": 9090, "protocol": "TCP", "targetPort": 9090}]});
    object
}
