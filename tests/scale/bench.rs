//! What `cargo bench` shows without a cluster: that the fleet is what it claims to be, how fast
//! it is made, and the floor of the harness on this machine.

use std::{collections::HashSet, time::Instant};

use serde_json::Value;
use tokio::runtime::Runtime;

use crate::{
    cluster::{Failure, resource},
    generate::{Fleet, Tier},
    measure::{self, Durations, Subject},
    programs::Profile,
    report,
};

pub fn run(runtime: &Runtime) -> Result<(), Failure> {
    for tier in [Tier::S, Tier::M] {
        generate(tier)?;
    }
    let command = echo_command()?;
    let subject = floor(command)?;
    let mut durations = Durations::new(true);
    durations.idle = std::time::Duration::from_secs(1);
    durations.rest = std::time::Duration::ZERO;
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

/// Makes a fleet and checks that every inventory entry and every owner exists, once.
fn generate(tier: Tier) -> Result<(), Failure> {
    let fleet = Fleet::new(tier, 1);
    let begin = Instant::now();
    let objects: Vec<Value> = fleet.objects().collect();
    let elapsed = begin.elapsed();
    let bytes: usize = objects.iter().map(|object| object.to_string().len()).sum();
    println!(
        "tier {tier:?}: {} objects, {:.1} MB, {:.0} objects per millisecond",
        objects.len(),
        bytes as f64 / 1e6,
        objects.len() as f64 / (elapsed.as_secs_f64() * 1_000.0)
    );
    check(&fleet, &objects)
}

fn check(fleet: &Fleet, objects: &[Value]) -> Result<(), Failure> {
    let expect = |what: &str, found: usize, expected: usize| {
        if found == expected { Ok(()) } else { Err(Failure::from(format!("{what}: {found} instead of {expected}"))) }
    };
    let sizes = fleet.sizes();
    expect("objects", objects.len(), sizes.objects())?;
    expect("names", objects.iter().map(resource).collect::<HashSet<_>>().len(), objects.len())?;
    expect(
        "uids",
        objects.iter().filter_map(|object| object["metadata"]["uid"].as_str()).collect::<HashSet<_>>().len(),
        objects.len(),
    )?;
    for (kind, expected) in [
        ("Namespace", sizes.namespaces),
        ("Kustomization", sizes.kustomizations),
        ("HelmRelease", sizes.helm_releases),
        ("HelmChart", sizes.helm_charts),
        ("Deployment", sizes.deployments),
        ("ReplicaSet", sizes.deployments + sizes.old_replica_sets),
        ("Pod", sizes.pods),
    ] {
        expect(kind, objects.iter().filter(|object| object["kind"] == kind).count(), expected)?;
    }
    let large = |object: &&Value| object["data"].get("dashboard.json").is_some();
    expect("large ConfigMaps", objects.iter().filter(large).count(), sizes.large_config_maps)?;
    let known: HashSet<String> = objects.iter().map(entry).collect();
    let entries: Vec<String> = objects
        .iter()
        .filter_map(|object| object["status"]["inventory"]["entries"].as_array())
        .flatten()
        .filter_map(|entry| Some(entry["id"].as_str()?.to_owned()))
        .collect();
    expect("inventory entries", entries.len(), sizes.children)?;
    let distinct: HashSet<&String> = entries.iter().collect();
    expect("distinct inventory entries", distinct.len(), entries.len())?;
    expect("inventory entries that exist", distinct.into_iter().filter(|entry| known.contains(*entry)).count(), entries.len())
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
