//! Looking at one object: details, YAML, events, lists of contexts, namespaces and kinds, help.

use super::driver::Driver;
use fluxdeck_model::commands;

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
