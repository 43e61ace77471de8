//! What `cargo bench` shows without a cluster: that the fleet is what it claims to be, how fast
//! it is made, and the floor of the harness on this machine.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{
    cluster::Failure,
    engine,
    generate::{Fleet, Sizes, Tier},
    measure::{self, Durations, Subject},
    programs::Profile,
    report,
};

pub fn run(runtime: &Runtime) -> Result<(), Failure> {
    for tier in [Tier::S, Tier::M, Tier::L] {
        generate(tier)?;
    }
    engine::run()?;
    let command = echo_command()?;
    let subject = floor(command)?;
    let mut durations = Durations::new(true);
    durations.idle = Duration::from_secs(1);
    durations.rest = Duration::ZERO;
    let measured = measure::measure(&subject, durations, None, runtime)?;
    println!("{}\n{}", report::HEAD, report::row("echo", &measured));
    Ok(())
}

/// This very program as the one that does nothing.
pub fn echo_command() -> Result<Vec<String>, Failure> {
    Ok(vec![std::env::current_exe()?.to_string_lossy().into_owned(), "echo".into()])
}

pub fn floor(command: Vec<String>) -> Result<Subject, Failure> {
    let profile = Profile::find(Some("echo"), &command);
    let (rows, all) = (profile.rows(None)?, profile.all(None)?);
    Ok(Subject { command, environment: Vec::new(), profile, rows, all, churn: 0 })
}

/// Makes a fleet, and checks that everything is there once and every inventory entry exists.
fn generate(tier: Tier) -> Result<(), Failure> {
    let fleet = Fleet::new(tier, 1);
    let (mut census, mut making) = (Census::default(), Duration::ZERO);
    let mut objects = fleet.objects();
    loop {
        let begin = Instant::now();
        let Some(object) = objects.next() else { break };
        making += begin.elapsed();
        census.count(&object);
    }
    println!(
        "tier {tier:?}: {} objects, {:.1} MB, {:.0} objects per millisecond",
        census.objects,
        census.bytes as f64 / 1e6,
        census.objects as f64 / (making.as_secs_f64() * 1_000.0)
    );
    census.check(fleet.sizes())
}

/// What is in a fleet, seen by nothing but its JSON.
#[derive(Default)]
struct Census {
    objects: usize,
    bytes: usize,
    kinds: HashMap<String, usize>,
    uids: HashSet<String>,
    /// Objects and inventories in the same words.
    named: HashSet<String>,
    entries: Vec<String>,
    large: usize,
    orphans: usize,
}

impl Census {
    fn count(&mut self, object: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        self.objects += 1;
        self.bytes += object.to_string().len();
        *self.kinds.entry(text(&object["kind"])).or_default() += 1;
        self.large += usize::from(object["data"].get("dashboard.json").is_some());
        let owners = object["metadata"].get("ownerReferences").and_then(Value::as_array).into_iter().flatten();
        self.orphans += owners.filter(|owner| !self.uids.contains(&text(&owner["uid"]))).count();
        self.uids.insert(text(&object["metadata"]["uid"]));
        self.named.insert(entry(object));
        let entries = object.pointer("/status/inventory/entries").and_then(Value::as_array);
        self.entries.extend(entries.into_iter().flatten().map(|entry| text(&entry["id"])));
    }

    fn check(&self, sizes: Sizes) -> Result<(), Failure> {
        let kind = |kind: &str| self.kinds.get(kind).copied().unwrap_or(0);
        let distinct: HashSet<&String> = self.entries.iter().collect();
        let claims = [
            ("objects", self.objects, sizes.objects()),
            ("names", self.named.len(), sizes.objects()),
            ("uids", self.uids.len(), sizes.objects()),
            ("owners that come later or never", self.orphans, 0),
            ("Namespaces", kind("Namespace"), sizes.namespaces),
            ("Kustomizations", kind("Kustomization"), sizes.kustomizations),
            ("HelmReleases", kind("HelmRelease"), sizes.helm_releases),
            ("HelmCharts", kind("HelmChart"), sizes.helm_charts),
            ("Deployments", kind("Deployment"), sizes.deployments),
            ("ReplicaSets", kind("ReplicaSet"), sizes.deployments + sizes.old_replica_sets),
            ("Pods", kind("Pod"), sizes.pods),
            ("large ConfigMaps", self.large, sizes.large_config_maps),
            ("inventory entries", self.entries.len(), sizes.children),
            ("distinct inventory entries", distinct.len(), sizes.children),
            (
                "inventory entries that exist",
                distinct.into_iter().filter(|entry| self.named.contains(*entry)).count(),
                sizes.children,
            ),
        ];
        match claims.into_iter().find(|(_, found, expected)| found != expected) {
            Some((what, found, expected)) => Err(format!("{what}: {found} instead of {expected}").into()),
            None => Ok(()),
        }
    }
}

/// An object as an inventory names it.
fn entry(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let version = text(&object["apiVersion"]);
    let group = version.split_once('/').map_or("", |(group, _)| group);
    let metadata = &object["metadata"];
    let namespace = metadata.get("namespace").map(text).unwrap_or_default();
    format!("{namespace}_{}_{group}_{}", text(&metadata["name"]), text(&object["kind"]))
}
