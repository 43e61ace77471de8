//! The cluster at a glance, on the screen and without it, and whether Flux itself is as it has to be; in the demo.

use std::sync::Arc;

use fluxdeck::demo::{Company, RunDirectory};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;

use serde_json::Value;

use super::driver::Driver;
use crate::support::program::{Fluxdeck, Ran};

async fn demo(width: u16, height: u16) -> Driver {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    Driver::demo(company, width, height, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await
}

#[tokio::test(start_paused = true)]
async fn at_80_by_24_the_first_causes_are_on_top_and_every_row_leads_somewhere() {
    let mut deck = demo(80, 24).await;
    deck.keys(": \"pulse\" enter").await.shows("broken by").shows("PART").shows("broken");
    let screen = deck.screen();
    assert_eq!(screen.len(), 24);
    assert!(screen[3].contains("broken") && screen[3].contains(['✗', '⊘', '◌', '?']), "{}", screen[3]);
    deck.keys("enter").await.shows("describe ").keys("esc").await.shows("broken by");
    // w explains the row under the cursor, as everywhere
    deck.keys("w").await.shows("✗ cause").keys("esc").await.shows("broken by");
    deck.keys("G").await.shows("kinds").keys("enter").await.hides("broken by");
}

#[tokio::test(start_paused = true)]
async fn a_filter_for_a_part_shows_it_whole_and_what_is_acted_on_is_its_object() {
    let mut deck = demo(120, 40).await;
    deck.keys(": \"pulse\" enter / \"^suspended\" enter").await.shows("ks faults/suspended").shows("gitrepo faults/frozen");
    deck.hides("kinds ").keys("esc / \"^flux\" enter").await.shows("deploy flux-system/helm-controller").shows("1/1 v1.6.3");
    deck.shows("Flux 2.9.4").shows("on Kubernetes 1.36.4").shows("restarted 2 times");
    deck.keys("esc / \"^slowest\" enter").await.shows("ks flux-system/controllers").shows("21s");
    deck.keys("a").await.shows("reconcile");
}

#[tokio::test(start_paused = true)]
async fn the_remotes_of_sources_answer_one_by_one_and_only_when_they_are_asked() {
    let mut deck = demo(120, 60).await;
    deck.keys(": \"pulse\" enter").await.hides("up to date").hides("answered");
    deck.keys("b").await;
    // the title counts the answers, and then what is behind
    deck.work_until(|screen| screen.contains(" behind") && !screen.contains(" answered")).await;
    deck.keys("/ \"^remotes\" enter").await.shows("gitrepo flux-system/flux-system").shows("up to date");
    deck.shows("it is suspended: nothing is fetched");
}

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

fn named(object: &Value) -> String {
    let text = |key: &str| object[key].as_str().unwrap_or_default();
    format!("{} {}/{}", text("kind"), text("namespace"), text("name"))
}

#[test]
fn headless_the_same_is_printed_for_people_and_for_programs() {
    let user = Fluxdeck::new();
    let ran = user.run(&["pulse", "--demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.starts_with("PART") && ran.out.contains("\nkinds ") && ran.out.contains("more: -o wide"), "{}", ran.out);
    let wide = user.run(&["pulse", "--demo", "-o", "wide"]);
    assert!(!wide.out.contains("more: -o wide") && wide.out.lines().count() > ran.out.lines().count(), "{}", wide.out);

    let found = json(&user.run(&["pulse", "--demo", "-o", "json"]));
    let list = |key: &str| found[key].as_array().unwrap_or_else(|| panic!("{key}: {found}")).clone();
    let suspended: Vec<_> = list("suspended").iter().map(|it| named(&it["object"])).collect();
    assert!(suspended.contains(&"Kustomization faults/suspended".to_owned()), "{suspended:?}");
    let took: Vec<_> = list("slowest").iter().map(|it| it["took"].as_f64().unwrap_or_default()).collect();
    assert!(took.len() > 5 && took.is_sorted_by(|a, b| a >= b), "the slowest first: {took:?}");
    let controllers = list("controllers");
    assert_eq!(controllers.len(), 7, "{controllers:?}");
    assert!(controllers.iter().all(|it| it["ready"] == 1 && it["version"].is_string()), "{controllers:?}");
    let kinds = list("kinds");
    let of =
        |kind: &str| kinds.iter().find(|it| it["kind"] == kind && it["versions"][0].is_string()).cloned().unwrap_or_default();
    assert_eq!((of("Kustomization")["versions"][0].as_str(), of("Alert")["versions"][0].as_str()), (Some("v1"), Some("v1beta3")));
    assert!(found["remotes"].is_null() && found["unknown"].as_u64() > Some(0), "{found}");

    let web = json(&user.run(&["pulse", "--demo", "-n", "web", "-o", "json"]));
    assert!(web["broken"].as_array().is_some_and(|groups| groups.len() < list("broken").len()), "{web}");
    let asked = json(&user.run(&["pulse", "--demo", "-n", "flux-system", "--remotes", "-o", "json"]));
    let heads = asked["remotes"].as_array().expect("heads");
    let fleet = heads.iter().find(|head| head["source"]["name"] == "flux-system").expect("the fleet's source");
    assert_eq!(fleet["state"], "up-to-date", "{heads:?}");
}

#[test]
fn headless_flux_itself_is_checked_as_flux_does_it() {
    let user = Fluxdeck::new();
    let ran = user.run(&["check", "--cluster", "--demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in [
        "► checking prerequisites\n✓ Kubernetes 1.36.4: Flux 2.9 wants 1.33 or later\n",
        "✓ distribution: flux-v2.9.4\n",
        "✓ helm-controller is ready: ghcr.io/fluxcd/helm-controller:v1.6.3\n",
        "✓ gitrepositories.source.toolkit.fluxcd.io/v1\n",
        "► all checks passed\n",
    ] {
        assert!(ran.out.contains(part), "{part}: {}", ran.out);
    }
    let missing = user.run(&["check", "--cluster", "--demo", "--components-extra", "sharded-controller"]);
    assert!(missing.code == 1 && missing.out.contains("✗ sharded-controller is not in flux-system"), "{missing:?}");
    let nowhere = user.run(&["check", "--cluster", "--demo", "-n", "web", "-o", "json"]);
    assert_eq!((nowhere.code, &json(&nowhere)["passed"]), (1, &Value::Bool(false)), "{nowhere:?}");
    let pre = user.run(&["check", "--pre", "--demo"]);
    assert!(pre.code == 0 && !pre.out.contains("controllers") && pre.out.ends_with("► all checks passed\n"), "{pre:?}");
}

#[test]
fn what_is_about_files_and_what_is_about_a_cluster_are_not_mixed_up() {
    let user = Fluxdeck::new();
    for (arguments, expected) in [
        (&["check", "--cluster", "--demo", "--since", "main"][..], "--since is about files"),
        (&["check", "--pre", "--demo", "-o", "sarif"], "no files to annotate"),
        (&["check", "--timeout", "3s"], "about the controllers of a cluster"),
        (&["check", "-n", "web"], "or check a cluster: --cluster"),
        (&["tree", "--cluster"], "--cluster needs the name of a cluster entry"),
        (&["tree", "--demo", "--cluster", "prod"], "the demo has no kubeconfig"),
    ] {
        let ran = user.run(arguments);
        assert!(ran.code == 2 && ran.err.contains(expected), "{arguments:?}: {ran:?}");
    }
}
