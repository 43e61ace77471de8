//! What a person has open or asks for: documents, events, logs.

use fluxdeck::demo::faults::{Fault, On, Verb, What};
use fluxdeck_model::domain::GroupKind;

use super::{FOR_EVER, REFUSED, backing_off, live_again, seconds};
use crate::faults::ground::{Ground, HEALED};
use crate::faults::not_yet::tried;
use crate::flows::driver::Driver;

#[tokio::test(start_paused = true)]
async fn a_look_while_it_backs_off_is_had_later() {
    tried("a_look_while_it_backs_off_is_had_later", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        deck.keys(": \"ks_/kept\" enter").await;
        backing_off(&ground, &mut deck).await;
        deck.keys("y").await;
        deck.pass(seconds(5)).await;
        ground.world.lift();
        live_again(&mut deck).await;
        deck.pass(seconds(10)).await;
        deck.shows("apiVersion:");
    })
    .await;
}

/// What can happen to a connection whose looks are open.
#[derive(Clone, Copy)]
enum Break {
    Reconnection,
    /// One answer of 401 to a heartbeat.
    Unauthorised,
    /// A server that is killed, and back.
    Outage,
    /// A connection that dies, and nobody says so.
    Silence,
    /// A role that is gone for a moment, and a server that breaks off what is open.
    Forbidden,
}

impl Break {
    async fn happen(self, ground: &Ground, deck: &mut Driver) {
        match self {
            Self::Reconnection => drop(deck.keys("ctrl-r").await),
            Self::Unauthorised => {
                ground.world.inject(Fault::new(On::verbs(&[Verb::Version]), What::status(401)).times(1));
                deck.pass(seconds(15)).await;
            }
            Self::Outage => {
                ground.strike(REFUSED);
                deck.pass(seconds(20)).await;
                ground.world.lift();
            }
            Self::Silence => {
                ground.world.mute_streams("/log");
                deck.pass(seconds(100)).await;
            }
            Self::Forbidden => {
                let looks = On { verbs: &[Verb::Get, Verb::Log, Verb::Events], path: "" };
                ground.strike(Fault::new(looks, What::status(403)));
                ground.world.reset_streams("/log");
                // what is open is requested again
                ground.touch("kept").await;
                deck.pass(seconds(10)).await;
                deck.shows("forbidden");
                ground.world.lift();
            }
        }
        deck.pass(HEALED).await;
    }
}

/// A log that is open goes on: every line once and in order, or a hole is named.
async fn log_goes_on(happens: Break) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    deck.keys(": \"po_/cart\" enter l").await;
    deck.pass(seconds(20)).await;
    deck.shows("following").shows("level=");
    happens.happen(&ground, &mut deck).await;
    let before = deck.screen();
    deck.pass(seconds(60)).await;
    assert!(deck.screen() != before, "no line has come: {before:#?}");
    deck.shows("following");

    let screen = deck.screen();
    let (seen, noted): (Vec<_>, Vec<_>) = screen[2..screen.len() - 2]
        .iter()
        .map(|line| line.trim())
        .filter(|line| !line.is_empty())
        .partition(|line| line.starts_with("level="));
    let written = ground.log("cart-").await;
    let mut left = written.iter();
    assert!(seen.iter().all(|line| left.any(|known| known == line)), "not in order, or twice: {seen:#?}");
    let missed = written.len() - seen.len();
    assert!(missed <= 1 || !noted.is_empty(), "{missed} lines are missing, and no hole is named: {seen:#?}");
}

/// A document that is open is renewed.
async fn yaml_goes_on(happens: Break) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    deck.keys(": \"ks_/kept\" enter y").await;
    deck.pass(seconds(5)).await;
    deck.shows("apiVersion:").hides("suspend: true");
    happens.happen(&ground, &mut deck).await;
    deck.shows("apiVersion:").hides("forbidden");
    ground.suspend("kept").await;
    deck.pass(seconds(20)).await;
    deck.shows("suspend: true");
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_after_a_reconnection() {
    tried("a_log_goes_on_after_a_reconnection", log_goes_on(Break::Reconnection)).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_after_one_401() {
    tried("a_log_goes_on_after_one_401", log_goes_on(Break::Unauthorised)).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_after_an_outage() {
    tried("a_log_goes_on_after_an_outage", log_goes_on(Break::Outage)).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_goes_on_over_another_connection_when_its_own_is_dead() {
    log_goes_on(Break::Silence).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_continues_after_a_brief_403() {
    log_goes_on(Break::Forbidden).await;
}

#[tokio::test(start_paused = true)]
async fn yaml_continues_after_a_brief_403() {
    yaml_goes_on(Break::Forbidden).await;
}

#[tokio::test(start_paused = true)]
async fn yaml_goes_on_after_a_reconnection() {
    tried("yaml_goes_on_after_a_reconnection", yaml_goes_on(Break::Reconnection)).await;
}

#[tokio::test(start_paused = true)]
async fn yaml_goes_on_after_one_401() {
    tried("yaml_goes_on_after_one_401", yaml_goes_on(Break::Unauthorised)).await;
}

#[tokio::test(start_paused = true)]
async fn yaml_goes_on_after_an_outage() {
    tried("yaml_goes_on_after_an_outage", yaml_goes_on(Break::Outage)).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_during_a_reconnect_is_answered() {
    tried("a_request_during_a_reconnect_is_answered", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        ground.world.inject(Fault::new(On::verbs(&[Verb::Get]), What::Latency(seconds(5))).times(1));
        deck.keys(": \"ks_/kept\" enter y").await;
        deck.pass(seconds(1)).await;
        deck.shows("fetching…").keys("ctrl-r").await;
        deck.pass(seconds(30)).await;
        deck.shows("apiVersion:");
    })
    .await;
}

/// The logs of a workload of two pods, one of which is in trouble.
async fn logs_of_two(fault: fn(&'static str) -> Fault) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    let pod = deck.app.state().cluster().store.of_kind(&GroupKind::new("", "Pod")).find_map(|id| {
        let name = &deck.app.state().cluster().store.reference(id).name;
        name.starts_with("checkout-").then(|| format!("/pods/{name}"))
    });
    // the name lives as long as the test
    ground.world.inject(fault(Box::leak(pod.expect("a pod").into_boxed_str())));
    deck.keys(": \"deploy_/checkout\" enter l").await;
    deck.pass(seconds(20)).await;
    deck.shows("level=").shows("following");
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_gone_hides_no_other_log() {
    let gone = |pod| Fault::new(On::path(pod), What::status(404));
    tried("a_pod_that_is_gone_hides_no_other_log", logs_of_two(gone)).await;
}

#[tokio::test(start_paused = true)]
async fn a_log_that_hangs_hides_no_other_log() {
    let hangs = |pod| Fault::new(On { verbs: &[Verb::Log], path: pod }, What::Latency(FOR_EVER));
    tried("a_log_that_hangs_hides_no_other_log", logs_of_two(hangs)).await;
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_not_answered_is_given_up() {
    tried("a_pod_that_is_not_answered_is_given_up", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        ground.world.inject(Fault::new(On { verbs: &[Verb::Get], path: "/pods/" }, What::Latency(FOR_EVER)));
        deck.keys(": \"po_/cart\" enter l").await;
        deck.pass(seconds(40)).await;
        deck.hides("waiting for lines").shows("no answer");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_look_that_failed_once_is_tried_again() {
    tried("a_look_that_failed_once_is_tried_again", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        deck.keys(": \"ks_/kept\" enter").await;
        ground.world.inject(Fault::new(On { verbs: &[Verb::Get], path: "/kept" }, What::status(503)).times(1));
        deck.keys("y").await;
        deck.pass(seconds(1)).await;
        deck.shows("503");
        deck.pass(HEALED).await;
        deck.hides("503").shows("apiVersion:");
    })
    .await;
}
