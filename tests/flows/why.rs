//! On call: from what is red to the first cause, and all that is broken in a few sentences; on the recorded fleet and in the demo.

use std::sync::Arc;
use std::time::Duration;

use fluxdeck::demo::{Company, RunDirectory, scenes};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::insight::why::{self, Explanation, Sight};
use fluxdeck_model::state::{Settings, State};

use serde_json::Value;

use super::driver::Driver;
use crate::support::program::{Fluxdeck, Ran};

/// First causes of the fleet's deliberate faults, written by hand: what is asked about, the rule, and the object at which it ends.
const FIRST_CAUSES: &str = include_str!("../live/first_causes.tsv");

/// The rows of the table.
fn faults() -> impl Iterator<Item = [&'static str; 3]> {
    FIRST_CAUSES.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let row: Vec<_> = line.split('\t').collect();
        row.try_into().unwrap_or_else(|_| panic!("three columns: {line}"))
    })
}

fn explain(state: &State, about: &str) -> Explanation {
    let cluster = state.cluster();
    let (store, forest) = (&cluster.store, &cluster.forest);
    let is_it = |object: &ObjectRef| object.to_string() == about && !object.gk.group.ends_with("helm.fluxcd.io");
    let node = store.nodes().find(|node| is_it(store.reference(*node))).unwrap_or_else(|| panic!("{about} is not there"));
    why::explain(&Sight::new(store, forest, state.clock), node, &why::Dossier::new())
}

#[tokio::test(start_paused = true)]
async fn each_deliberate_fault_of_the_fleet_has_the_first_cause_of_the_table() {
    let deck = Driver::start(120, 40).await;
    let mut wrong = Vec::new();
    assert!(faults().count() > 30, "the table was read");
    for [about, rule, cause] in faults() {
        let found = explain(deck.app.state(), about);
        let first = &found.steps[0];
        let is_it = first.object.to_string() == cause || cause.ends_with('-') && first.object.to_string().starts_with(cause);
        if found.rule != Some(rule) || !is_it {
            wrong.push(format!("{about}: {:?} {}: {}", found.rule, first.object, first.says));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(start_paused = true)]
async fn every_red_object_of_the_fleet_is_in_one_group_and_there_are_fewer_of_them() {
    let mut deck = Driver::start(120, 40).await;
    let state = deck.app.state();
    let cluster = state.cluster();
    let sight = Sight::new(&cluster.store, &cluster.forest, state.clock);
    let groups = why::broken(&sight, |_| true);
    let hits: Vec<_> = groups.iter().flat_map(|group| group.hits.clone()).collect();
    let mut once = hits.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), hits.len(), "an object is hit by one first cause");
    let failing = cluster.store.nodes().filter(|node| {
        cluster.forest.contains(*node) && cluster.forest.health(*node).is_some_and(fluxdeck_model::domain::Health::is_failing)
    });
    for node in failing {
        assert!(hits.contains(cluster.store.reference(node)), "{}", cluster.store.reference(node));
    }
    assert!(groups.len() * 4 < hits.len() * 3, "{} of {}", groups.len(), hits.len());

    deck.keys(": \"why\" enter").await.shows("FIRST CAUSE").shows("broken by");
    deck.shows("gitrepo faults/unreachable").keys("enter").await.shows("✗ cause");
}

#[tokio::test(start_paused = true)]
async fn hostile_messages_stay_in_their_lines() {
    let mut deck = Driver::start(80, 24).await;
    for name in ["hostile", "long-message"] {
        deck.keys(&format!(": \"why_ks_shards/{name}\" enter")).await.shows("✗ cause  ks shards/");
        let screen = deck.screen();
        assert_eq!(screen.len(), 24);
        assert!(screen.iter().all(|line| !line.contains(['\u{1b}', '\u{202e}'])), "{}", screen.join("\n"));
        deck.shows("press");
    }
}

/// The demo, after the bad commit and the health check that it fails.
async fn broken_demo() -> Driver {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    scenes::find("bad-commit").expect("a scene").play(&company).expect("played");
    company.enter("production").expect("a context").world.advance(Duration::from_secs(65));
    Driver::demo(company, 80, 24, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await
}

#[tokio::test(start_paused = true)]
async fn from_web_is_down_to_the_first_cause_it_takes_three_keys_at_most() {
    let mut deck = broken_demo().await;
    // the next failure, and why: the tree begins with what is worst, or it is one key away
    deck.keys(": \"why_ks/web\" enter").await;
    deck.shows("✗ cause  po web/web-").shows("cannot reach the database").shows("↳ ✗ deploy web/web").shows("↳ ✗ ks web/web");
    deck.shows("level=fatal").shows("press     l logs   o file");
    let screen = deck.screen().join("\n");
    assert!(!screen.contains("asking the cluster"), "the evidence is here:\n{screen}");

    let mut deck = broken_demo().await;
    deck.keys(". w").await.shows("✗ cause  ");
    // and once more: everything that is broken, that of web among the first
    deck.keys("w").await.shows("FIRST CAUSE").shows("po web/web-");
}

#[tokio::test(start_paused = true)]
async fn from_web_is_down_to_author_subject_and_diff_it_takes_a_key_more() {
    let mut deck = broken_demo().await;
    deck.keys(": \"why_ks/web\" enter").await.shows("commit    \"web: keep sessions in the database\" by cleo").shows("g commit");
    deck.shows("last ready with main@");
    deck.keys("g").await.shows("web: keep sessions in the database").shows("by cleo <").shows("One version at a time");
    deck.shows("deploy/web/deployment.yaml").shows("DATABASE_HOST");
    // and from the objects that it hit: rows have it in the action panel and as a command, texts on g
    deck.keys("esc : \"why_deploy_web/web\" enter g").await.shows("by cleo <");
    deck.keys(": \"tree\" enter : \"trace_deploy_web/web\" enter g").await.shows("by cleo <");
    // what was fetched was attempted, and is not applied as long as its health check fails
    deck.keys("tab").await.shows("1 commit, fetched and not applied").shows("DATABASE_HOST");
    deck.keys("esc : \"commit_main\" enter").await.shows("by cleo <");
    deck.keys("esc : \"commit_nothing-like-it\" enter").await.shows("there is no revision `nothing-like-it` here");
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn headless_the_same_is_printed_for_people_and_for_programs() {
    let user = Fluxdeck::new();
    let ran = user.run(&["why", "ks/web", "-n", "web", "--demo", "--scene", "bad-commit", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let found = json(&ran);
    assert_eq!((found["rule"].as_str(), found["health"].as_str()), (Some("crash"), Some("failed")), "{found}");
    let parts: Vec<_> =
        found["steps"].as_array().expect("steps").iter().map(|step| step["part"].as_str().unwrap_or_default()).collect();
    assert_eq!(parts[..2], ["cause", "effect"], "{found}");
    assert!(parts.contains(&"asked"), "{found}");
    let log = found["log"]["lines"].as_array().expect("a log");
    assert!(log.iter().any(|line| line.as_str().is_some_and(|line| line.contains("cannot reach the database"))), "{found}");
    assert!(found["with"]["revision"].as_str().is_some_and(|revision| revision.starts_with("main@sha1:")), "{found}");
    assert_eq!(found["gaps"].as_array().map(Vec::len), Some(0), "{found}");
    let first = &found["git"]["commits"][0];
    assert_eq!((&first["author"], &first["subject"]), (&"cleo".into(), &"web: keep sessions in the database".into()), "{found}");
    assert_eq!((&first["own"], &found["git"]["history"]), (&true.into(), &"whole".into()), "{found}");

    let ran = user.run(&["why", "ks/build-error", "-n", "faults", "--demo", "--exit-code"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.starts_with("✗ cause  Kustomization faults/build-error: there is no file flux/faults/build-error/forgotten.yaml"),
        "{ran:?}"
    );
    assert!(ran.out.contains("condition Ready: BuildFailed") && ran.out.contains("fault: "), "{ran:?}");

    let well = user.run(&["why", "ks/web", "-n", "web", "--demo", "--exit-code"]);
    assert!(well.code == 0 && well.out.contains("all is well with main@"), "{well:?}");
    let wrong = user.run(&["why", "ks/nope", "--demo"]);
    assert!(wrong.code == 1 && wrong.err.contains("there is no Kustomization `nope`"), "{wrong:?}");
}

#[test]
fn headless_hostile_messages_stay_in_their_lines() {
    let is_hostile = |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let user = Fluxdeck::new();
    for name in ["hostile", "long-message"] {
        let object = format!("ks/{name}");
        for line in [
            vec!["why", &object, "-n", "shards", "--demo"],
            vec!["why", &object, "-n", "shards", "--demo", "-o", "json"],
            vec!["trace", &object, "-n", "shards", "--demo"],
            vec!["why", "-n", "shards", "--demo"],
        ] {
            let ran = user.run(&line);
            assert!(ran.code == 0 && !ran.out.is_empty(), "{line:?}: {ran:?}");
            assert!(!ran.out.contains(is_hostile) && !ran.err.contains(is_hostile), "{line:?}: {ran:?}");
        }
        let ran = user.run(&["why", &object, "-n", "shards", "--demo"]);
        let longest = ran.out.lines().map(fluxdeck_model::domain::width::of).max();
        assert!(longest.is_some_and(|longest| longest < 5000), "{longest:?}: {ran:?}");
    }
}

#[test]
fn headless_objects_are_named_as_in_kubectl() {
    let user = Fluxdeck::new();
    for line in [
        &["why", "-n", "faults", "ks/build-error", "--demo"][..],
        &["why", "ks", "build-error", "-n", "faults", "--demo"],
        &["why", "ks/faults/build-error", "--demo"],
        &["why", "ks", "faults/build-error", "--demo"],
    ] {
        let ran = user.run(line);
        assert!(ran.code == 0 && ran.out.starts_with("✗ cause  Kustomization faults/build-error: "), "{line:?}: {ran:?}");
    }
    let ran = user.run(&["trace", "-n", "web", "deploy", "web", "--demo"]);
    assert!(ran.code == 0 && ran.out.contains("Deployment web/web"), "{ran:?}");
    for (line, said) in [
        (&["why", "ks", "--demo"][..], "`ks` is not KIND/NAME"),
        (&["why", "ks/", "--demo"], "`ks/` is not KIND/NAME"),
        (&["why", "ks/web/build-error", "-n", "faults", "--demo"], "names another namespace than -n"),
        (&["why", "nope/x", "--demo"], "`nope` is not a kind"),
    ] {
        let ran = user.run(line);
        assert!(ran.code == 2 && ran.err.contains(said), "{line:?}: {ran:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn objects_are_named_as_in_kubectl_and_completed() {
    let mut deck = Driver::start(120, 40).await;
    for line in ["why_-n_faults_ks/build-error", "why_ks/build-error_-n_faults", "explain_ks_faults/build-error"] {
        deck.keys(&format!(": \"{line}\" enter")).await.shows("✗ cause  ").shows("faults/build-error");
        deck.keys("esc").await;
    }
    deck.keys(": \"trace_-n_faults_ks/build-error\" enter").await.shows("trace Kustomization faults/build-error");
    deck.keys(": \"why_-n_faults_ks/build-er\" tab enter").await.shows("✗ cause  ").shows("faults/build-error");
    deck.keys(": \"why_-x_ks/build-error\" enter").await.shows("`-x` has no meaning here");
    deck.keys("esc : \"why_ks/nope\" enter").await.shows("there is no Kustomization `nope`");
}

/// Where `w` wraps lines or keeps watching, `W` says why.
#[tokio::test(start_paused = true)]
async fn from_texts_and_logs_a_key_leads_to_why() {
    let mut deck = Driver::start(120, 40).await;
    deck.keys(": \"ks_faults_/build-error\" enter").await;
    for keys in ["d W", "y W", "v w", "d w"] {
        deck.keys(keys).await.shows("✗ cause  ").shows("there is no file");
        deck.keys("esc esc").await;
    }
}

#[test]
fn headless_all_that_is_broken_is_grouped() {
    let ran = Fluxdeck::new().run(&["why", "--demo", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let groups = json(&ran);
    let groups = groups.as_array().expect("groups");
    let hits = |group: &Value| group["hits"].as_array().map_or(0, Vec::len);
    assert!(groups.len() > 10 && groups.windows(2).all(|pair| hits(&pair[0]) >= hits(&pair[1])), "the largest first");
    let unreachable =
        groups.iter().find(|group| group["cause"]["object"]["name"] == "unreachable" && group["rule"] == "authentication");
    assert!(unreachable.is_some_and(|group| hits(group) >= 3), "what depends on a source is one with it: {unreachable:?}");
}

#[test]
fn headless_a_trace_ends_with_file_and_line() {
    let user = Fluxdeck::new();
    let ran = user.run(&["trace", "deploy/web", "-n", "web", "--demo", "-o", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let found = json(&ran);
    let ties: Vec<_> =
        found["ancestors"].as_array().expect("ancestors").iter().map(|one| one["by"].as_str().unwrap_or_default()).collect();
    assert_eq!(ties[..3], ["object", "applied by", "fetched from"], "{found}");
    assert_eq!(found["declared"]["file"], "deploy/web/deployment.yaml", "{found}");
    assert!(found["declared"]["line"].as_u64().is_some_and(|line| line > 0), "{found}");
    let ran = user.run(&["trace", "deploy/web", "-n", "web", "--demo"]);
    assert!(
        ran.out.contains("applied by    Kustomization web/web") && ran.out.contains("deploy/web/deployment.yaml:"),
        "{ran:?}"
    );
}
