//! Looking at one object: details, YAML, events, lists of contexts, namespaces and kinds, help.

use std::sync::Arc;
use std::time::Duration;

use super::driver::Driver;
use fluxdeck::demo::faults::{Fault, On, What};
use fluxdeck::demo::{Company, RunDirectory, World};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::commands;
use fluxdeck_model::state::Settings;

/// The demo on the screen, and its cluster.
async fn living() -> (Driver, World) {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    let world = company.enter("production").expect("a context").world;
    let settings = Settings { theme: "dark".into(), ..Settings::default() };
    (Driver::demo(company, 140, 44, Depth::True, settings).await, world)
}

/// Lets that long pass for the program; the cluster's clock stands still.
async fn pass(deck: &mut Driver, seconds: u64) {
    for _ in 0..seconds {
        tokio::time::sleep(Duration::from_secs(1)).await;
        deck.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn details_say_why_and_what_it_depends_on() {
    let mut deck = Driver::start(140, 60).await;

    deck.keys(": \"ks_/waits-for-crashing\" enter d").await;

    deck.shows("dependency 'faults/crashing' is not ready")
        .shows("depends on")
        .shows("Kustomization faults/crashing")
        .shows("Spec");
}

#[tokio::test(start_paused = true)]
async fn yaml_is_the_object_without_managed_fields_and_search_finds() {
    let mut deck = Driver::start(140, 60).await;

    deck.keys(": \"ks_/crashing\" enter y").await.shows("kind: Kustomization").shows("sourceRef:").hides("managedFields");
    deck.keys("/ \"interval\" enter n").await.shows("interval");
}

#[tokio::test(start_paused = true)]
async fn no_secrets_value_is_in_its_yaml() {
    let mut deck = Driver::start(140, 60).await;

    deck.keys(": \"secrets\" enter y").await.shows("<masked>");
}

#[tokio::test(start_paused = true)]
async fn events_are_those_of_the_object() {
    let mut deck = Driver::start(160, 60).await;

    deck.keys(": \"ks_/crashing\" enter v").await.shows("HealthCheckFailed");
}

#[tokio::test(start_paused = true)]
async fn a_log_that_was_not_recorded_says_so() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys(": \"po_/crasher\" enter l").await.shows("was not recorded");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_while_the_connection_is_down_comes_when_it_stands_again() {
    let (mut deck, world) = living().await;
    world.inject(Fault::new(On::EVERY, What::status(401)));
    deck.keys("ctrl-r").await;
    pass(&mut deck, 6).await;

    deck.keys(": \"ks_flux-system_/apps\" enter y").await.shows("does not accept the credentials").hides("kind: Kustomization");
    world.lift();
    pass(&mut deck, 40).await;

    deck.shows("● live").shows("kind: Kustomization");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_one_busy_answer_refused_is_fetched_again() {
    let (mut deck, world) = living().await;
    deck.keys(": \"ks_flux-system_/apps\" enter").await;
    world.inject(Fault::new(On::EVERY, What::status(503)));

    deck.keys("y").await.shows("currently unable to handle the request").shows("trying again in 1 s");
    world.lift();
    pass(&mut deck, 2).await;

    deck.shows("kind: Kustomization").hides("trying again");
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_after_a_reconnection_without_a_line_twice() {
    let (mut deck, world) = living().await;
    let lines = |deck: &mut Driver| -> Vec<String> {
        let is_line = |line: &String| line.contains("level=");
        deck.screen().into_iter().filter(is_line).collect()
    };
    world.advance(Duration::from_secs(70));
    deck.keys(": \"pods_web_/frontend\" enter l tab t").await.shows("container frontend · following");
    let before = lines(&mut deck);
    assert!(before.len() > 10, "{before:#?}");

    deck.keys("ctrl-r").await;
    pass(&mut deck, 5).await;
    deck.shows("● live");
    world.advance(Duration::from_secs(70));
    deck.settle().await;

    let after = lines(&mut deck);
    let known = after.iter().position(|line| Some(line) == before.last()).expect("the last line before is still there");
    assert_eq!(after.len() - 1 - known, 10, "a line comes every seven seconds: {after:#?}");
    let mut each = after.clone();
    each.dedup();
    assert_eq!(each, after, "no line is there twice");
    deck.shows("· following").hides("the log has ended").hides("may be missing");
}

#[tokio::test(start_paused = true)]
async fn lists_of_contexts_namespaces_and_kinds_open() {
    let mut deck = Driver::start(120, 60).await;

    deck.keys(": \"ctx\" enter").await.shows("bed-admin");
    deck.keys(": \"ns\" enter").await.shows("flux-system");
    deck.keys(": \"kinds\" enter").await.shows("kustomizations").shows("GitRepository");
}

#[tokio::test(start_paused = true)]
async fn help_lists_every_command() {
    let mut deck = Driver::start(100, 400).await;
    deck.keys("?").await;
    let screen = deck.screen().join("\n");

    for command in commands::all().filter(|command| !command.name.is_empty()) {
        assert!(screen.contains(&format!(":{}", command.name)), "help does not list :{}", command.name);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_picked_in_help_runs_in_the_view_below() {
    let mut deck = Driver::start(120, 30).await;

    deck.keys("/ \"crasher\" enter G ? ").await.shows("help for the tree");
    deck.keys("/ \":yaml\" enter enter").await.shows("apiVersion:").shows("crasher");
    deck.keys("? / \"unfold.everything.below\" enter enter").await.shows("only in");
}

#[tokio::test(start_paused = true)]
async fn the_preview_shows_the_selected_object() {
    let mut deck = Driver::start(180, 50).await;

    deck.keys("/ \"crasher\" enter G p").await.shows("CrashLoopBackOff");
}
