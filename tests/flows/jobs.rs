//! Many objects at once, what is under way, the log of acts, and leaving meanwhile.

use super::driver::Driver;
use fluxdeck_model::state::{Effect, Settings, Terminal};

async fn live() -> Driver {
    Driver::live(140, 40, Settings::default()).await
}

#[tokio::test(start_paused = true)]
async fn one_confirmation_counts_by_kind_and_namespace_and_names_what_is_hidden() {
    let mut deck = live().await;
    deck.keys(": \"ks\" enter / \"loop\" enter M esc / \"gated\" enter M s").await;

    deck.shows("suspend 3 objects").shows("3 Kustomization in faults").shows("2 of them are not on the screen");
    deck.shows("Kustomization faults/loop-a").shows("Kustomization faults/loop-b").shows("and 2 more of these");
    assert!(deck.written().is_empty());
    deck.keys("enter").await;
    let mut written = deck.written();
    written.sort();
    assert_eq!(written, ["Kustomization faults/gated", "Kustomization faults/loop-a", "Kustomization faults/loop-b"]);
}

#[tokio::test(start_paused = true)]
async fn results_are_those_of_each_object() {
    let mut deck = live().await;
    deck.api().fails = |object| &*object.name == "loop-b";
    deck.keys(": \"ks_/loop\" enter M s enter").await;

    deck.shows("failed 0s, suspend: admission webhook said no");
    deck.keys("J").await.shows("✗ 1 failed").shows("suspend 2 objects").shows("2/2");
    deck.keys("enter").await.shows("2: 1 done, 1 not, 0 under way, 0 waiting").shows("admission webhook said no");
}

#[tokio::test(start_paused = true)]
async fn stop_halts_what_has_not_started() {
    let mut deck = live().await;
    deck.api().holds = true;
    deck.keys(": \"ks\" enter / \"faults\" enter M R").await.shows("Kustomization in faults");
    deck.keys("enter J").await.shows("under way");
    deck.keys("x").await.shows("stopped; what is under way cannot be taken back");
    for _ in 0..10 {
        deck.release().await;
    }
    assert_eq!(deck.written().len(), 10, "those that had begun");
    deck.keys("enter").await.shows("stopped before it started");
    // again: what was requested goes on, unfollowed, until one likes to follow it again
    deck.keys("x").await.shows("no longer followed").shows("it was requested; the outcome was not waited for");
    assert!(deck.app.state().jobs.running().next().is_none());
    deck.keys("w").await.shows("watching on").shows("◐ handled");
}

#[tokio::test(start_paused = true)]
async fn the_clock_ticks_for_an_act_only_while_it_is_on_the_screen() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter R").await;
    deck.later(3600).await;
    deck.keys("R").await;
    assert_eq!(deck.next_change(), 1, "its row is there");
    deck.keys(": \"ctx\" enter").await;
    assert!(deck.next_change() > 1, "it is not");
}

#[tokio::test(start_paused = true)]
async fn the_log_of_acts_has_time_user_line_and_outcome() {
    let mut deck = live().await;
    deck.keys("@").await.shows("nothing has been done yet");
    deck.keys("esc : \"ks_flux-apps\" enter R").await;
    deck.keys("@").await.shows("reconcile Kustomization flux-apps/checkout").shows("under way");
    deck.answer("Kustomization flux-apps/checkout", true, "Applied revision").await;
    deck.shows("done: applied revision").shows("ana").shows("bed-admin");
    deck.shows("flux reconcile kustomization checkout -n flux-apps --context bed-admin");
}

#[tokio::test(start_paused = true)]
async fn leaving_while_something_is_under_way_says_so_and_offers_to_wait() {
    let mut deck = live().await;
    deck.keys(": \"ks_flux-apps\" enter R : \"q\" enter").await;
    deck.shows("1 act is under way").shows("reconcile Kustomization flux-apps/checkout").shows("wait, then leave");
    assert!(!deck.effects.contains(&Effect::Terminal(Terminal::Quit)));
    deck.keys("esc").await.hides("under way:");

    deck.keys("ctrl-c w").await.shows("waiting: leaves when it is over");
    assert!(!deck.effects.contains(&Effect::Terminal(Terminal::Quit)));
    deck.answer("Kustomization flux-apps/checkout", true, "Applied revision").await;
    assert!(deck.effects.contains(&Effect::Terminal(Terminal::Quit)), "it is over");
}

#[tokio::test(start_paused = true)]
async fn leaving_with_nothing_under_way_asks_nothing() {
    let mut deck = live().await;
    deck.keys("ctrl-c").await;

    assert!(deck.effects.contains(&Effect::Terminal(Terminal::Quit)));
}

#[tokio::test(start_paused = true)]
async fn what_was_left_is_in_the_log_of_acts_with_what_is_unknown_of_it() {
    let mut deck = live().await;
    deck.api().holds = true;
    deck.keys(": \"ks_flux-apps\" enter R").await;
    deck.part().await;
    deck.keys("@").await.shows("unknown: left while the request for it was on its way");
}
