//! What happens, as it happens: events of an object, of what is below it and of the cluster, the timeline of the session, and the headless
//! command that prints events.

use std::sync::Arc;
use std::time::Duration;

use fluxdeck::demo::{Company, RunDirectory, scenes};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;
use serde_json::Value;

use super::driver::Driver;
use crate::support::program::{Fluxdeck, Ran};

fn company() -> Arc<Company> {
    Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")))
}

async fn opened(company: &Arc<Company>, width: u16, height: u16) -> Driver {
    let settings = Settings { theme: "dark".into(), ..Settings::default() };
    Driver::demo(company.clone(), width, height, Depth::True, settings).await
}

/// A colleague's commit breaks the web front end while somebody looks.
async fn break_web(company: &Arc<Company>, deck: &mut Driver) {
    scenes::find("bad-commit").expect("a scene").play(company).expect("played");
    let world = company.enter("production").expect("a context").world;
    for _ in 0..12 {
        world.advance(Duration::from_secs(10));
        deck.settle().await;
        deck.pass(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn events_of_what_is_below_come_as_they_happen_and_those_that_say_the_same_are_one_line() {
    let company = company();
    let mut deck = opened(&company, 140, 40).await;
    deck.keys(": \"ks_web_/^web$\" enter v").await.shows("events Kustomization").shows("following");
    deck.keys("b").await.shows("and below");
    break_web(&company, &mut deck).await;
    deck.shows("BackOff").shows("Warning").shows("×");
    deck.keys("!").await.shows("warnings ·").hides("Normal ");
    // what is read stays where it is, whatever comes
    deck.keys("! g").await.shows("stopped");
    deck.keys("/ \"back-off\" enter").await.shows("Back-off restarting failed container").hides("ScalingReplicaSet");
    deck.keys("enter").await.shows("describe Pod");
}

#[tokio::test(start_paused = true)]
async fn the_timeline_has_each_change_of_state_with_its_revision_and_opens_its_object() {
    let company = company();
    let mut deck = opened(&company, 140, 120).await;
    deck.keys(": \"timeline\" enter").await.shows("timeline of this session").shows("nothing has changed");
    break_web(&company, &mut deck).await;
    deck.shows("→ Failed").shows("main@").shows("WHEN (UTC)");
    deck.keys("!").await.shows("failures ·").hides("appeared");
    deck.keys("! / \"ks_web/web\" enter").await.shows("ks web/web").hides("po web/");
    deck.keys("enter").await.shows("Seen in this session").shows("→");
    deck.keys("t").await.shows("timeline Kustomization web/web and below").shows("po web/");
    deck.keys("b").await.hides("po web/");
}

#[tokio::test(start_paused = true)]
async fn on_a_small_screen_what_matters_is_there() {
    let company = company();
    let mut deck = opened(&company, 80, 24).await;
    deck.keys(": \"events\" enter").await;
    break_web(&company, &mut deck).await;
    deck.shows("REASON").shows("OBJECT").shows("MESSAGE").shows("s stay");
    deck.keys("/ \"backoff\" enter").await.shows("BackOff").shows(" W ").shows("po web/web-");
    deck.keys(": \"timeline\" enter").await.shows("→ Failed").shows("OBJECT");
}

#[tokio::test(start_paused = true)]
async fn a_pod_s_containers_are_described_with_how_they_end() {
    let company = company();
    let mut deck = opened(&company, 140, 60).await;
    break_web(&company, &mut deck).await;
    deck.keys(": \"po_web\" enter / \"crash|error|failed\" enter d").await;
    deck.shows("Containers").shows("last state").shows("exit code 1").shows("restart").shows("owner");
}

fn run(arguments: &[&str]) -> Ran {
    Fluxdeck::new().run(&[arguments, &["--demo"]].concat())
}

fn documents(arguments: &[&str]) -> Vec<Value> {
    let ran = run(&[arguments, &["-o", "json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.json()
}

#[test]
fn events_are_printed_as_flux_prints_them_with_those_of_the_sources() {
    let ran = run(&["events", "--for", "ks/crashing", "-n", "faults"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut lines = ran.out.lines();
    let headings: Vec<_> = lines.next().expect("headings").split("   ").filter(|word| !word.is_empty()).map(str::trim).collect();
    // its source is in another namespace
    assert_eq!(headings, ["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], "{ran:?}");
    let objects: std::collections::BTreeSet<_> =
        documents(&["events", "--for", "ks/crashing", "-n", "faults"]).iter().map(|event| event["kind"].to_string()).collect();
    assert!(objects.contains("\"Kustomization\"") && objects.iter().all(|kind| !kind.contains("Pod")), "{objects:?}");

    let below = documents(&["events", "ks/crashing", "-n", "faults", "--below"]);
    assert!(below.iter().any(|event| event["kind"] != "Kustomization"), "{below:?}");
    let warnings = documents(&["events", "-A", "--types", "warning"]);
    assert!(!warnings.is_empty() && warnings.iter().all(|event| event["type"] == "Warning"), "{warnings:?}");
    let flux = documents(&["events", "-A", "--flux"]);
    assert!(flux.iter().all(|event| event["group"].as_str().is_some_and(|group| group.contains("flux"))), "{flux:?}");
    let all = documents(&["events", "-A"]);
    let time = |event: &Value| event["last"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let times: Vec<_> = all.iter().map(time).collect();
    assert!(times.is_sorted() && all.len() > flux.len(), "{times:?}");
}

#[test]
fn an_object_is_described_without_the_values_of_its_secrets() {
    let apps = run(&["describe", "ks/apps", "-n", "flux-system"]);
    for words in ["Kustomization flux-system/apps", "state", "Conditions", "Spec", "sourceRef.name", "Events"] {
        assert!(apps.code == 0 && apps.out.contains(words), "{words}: {apps:?}");
    }
    let pod = run(&["describe", "deploy/web", "-n", "web"]);
    assert!(pod.code == 0 && pod.out.contains("Containers") && pod.out.contains("registry.example.test/web"), "{pod:?}");
    let nope = run(&["describe", "ks/nope", "-n", "flux-system"]);
    assert!(nope.code == 1 && nope.err.contains("there is no Kustomization `nope`"), "{nope:?}");
    assert_eq!(run(&["describe", "apps"]).code, 2);
}

#[test]
fn wrong_calls_name_what_is_wrong_and_what_has_no_events_says_so() {
    for (arguments, code, words) in [
        (&["events", "--types", "Error"][..], 2, "Normal, Warning"),
        (&["events", "--below"], 2, "--below needs an object"),
        (&["events", "nope/a"], 2, "nope"),
        (&["events", "ks/nope"], 1, "there is no Kustomization `nope`"),
        (&["events", "ks/nope", "-n", "nope"], 0, "no events found"),
        (&["events", "-A", "--types", "Warning", "--exit-code", "--no-headers"], 1, ""),
    ] {
        let ran = run(arguments);
        assert!(ran.code == code && ran.err.contains(words), "{arguments:?}: {ran:?}");
    }
    let bare = run(&["events", "-A", "--no-headers"]);
    assert!(!bare.out.contains("LAST SEEN") && !bare.out.is_empty(), "{bare:?}");
    let wide = run(&["events", "-A", "-o", "wide"]);
    assert!(wide.out.contains("FIRST SEEN") && wide.out.contains("controller"), "{wide:?}");
}
