//! Faults that were found on a real cluster once (`A2`, `B4` … are the report's names), each by what must hold instead. Those that are
//! cells of the table too are there alone: 410 on every watch (B4, `gone_answer`, `gone_event`), looks without an end (B6,
//! `events_unanswered`), a log that was cut (C2, `log_reset`), a write that arrives late (C7, `arrives_late`).

use std::time::Duration;

use fluxdeck::demo::User;
use fluxdeck::demo::faults::{Arrival, Fault, On, Says, Verb, What};
use fluxdeck_model::domain::{GroupKind, ObjectRef, Scope};
use fluxdeck_model::state::{Link, State};
use jiff::Timestamp;

use super::ground::{Ground, HEALED, NAMESPACE, assert_paced, is_live, untrue};
use super::hand::Hand;
use super::not_yet::tried;
use crate::flows::driver::Driver;

const REFUSED: Fault = Fault::new(On::EVERY, What::Refused);
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
const ONE_KIND: On = On::path("/imagerepositories");

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn has_kept(state: &State) -> bool {
    let gk = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
    state.cluster().store.object_of(&ObjectRef::new(state.active, gk, NAMESPACE, "kept")).is_some()
}

/// How many image repositories the picture has.
fn repositories(state: &State) -> usize {
    state.cluster().store.of_kind(&GroupKind::new("image.toolkit.fluxcd.io", "ImageRepository")).count()
}

async fn live_again(deck: &mut Driver) {
    let heals = deck.pass_until(HEALED, |deck| is_live(deck.app.state())).await;
    assert!(heals, "{:?}", deck.app.state().cluster().link);
}

/// A session that backs off: the server was killed, and somebody has asked for a reconnection.
async fn backing_off(ground: &Ground, deck: &mut Driver) {
    ground.strike(REFUSED);
    deck.pass(seconds(5)).await;
    deck.keys("ctrl-r").await;
    deck.pass(seconds(6)).await;
}

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

#[tokio::test(start_paused = true)]
async fn namespaces_while_it_backs_off_are_read_later() {
    tried("namespaces_while_it_backs_off_are_read_later", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen_of(User::developer()).await;
        backing_off(&ground, &mut deck).await;
        deck.keys(": \"ns_web,shop\" enter").await;
        ground.world.lift();
        live_again(&mut deck).await;
        deck.pass(seconds(10)).await;
        assert!(has_kept(deck.app.state()), "nothing of `shop` is read");
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
async fn what_was_asked_when_the_connection_was_made_anew_is_answered() {
    tried("what_was_asked_when_the_connection_was_made_anew_is_answered", async {
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

#[tokio::test(start_paused = true)]
async fn a_watch_that_says_nothing_is_given_up() {
    tried("a_watch_that_says_nothing_is_given_up", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        ground.strike(Fault::new(On::verbs(&[Verb::Watch]), What::Silent));
        deck.pass(seconds(10)).await;
        ground.stir().await;
        // two bookmarks have not come
        deck.pass(seconds(150)).await;
        let wrong = untrue(&deck.app.state().cluster().store, &ground.truth().await);
        assert!(wrong.is_empty(), "lists show it, and were not asked: {wrong:?}");
        assert_paced(&ground.world.take_arrivals(), seconds(160));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_quiet_watch_that_marks_itself_stays_open() {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    ground.world.take_arrivals();
    deck.pass(seconds(250)).await;
    let reopened = ground.world.take_arrivals().into_iter().filter(|arrival| arrival.asks.verb == Verb::Watch).count();
    assert_eq!(reopened, 0, "bookmarks come, and the server has not ended them");
    assert!(is_live(deck.app.state()));
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_served_later_is_seen() {
    tried("a_kind_that_is_served_later_is_seen", async {
        let ground = Ground::new().await;
        ground.world.serve_in("image.toolkit.fluxcd.io", "ImageRepository", None);
        let mut deck = ground.screen().await;
        assert_eq!(repositories(deck.app.state()), 0);
        ground.world.serve_in("image.toolkit.fluxcd.io", "ImageRepository", Some("v1"));
        deck.pass(HEALED).await;
        assert_ne!(repositories(deck.app.state()), 0, "it is served by now");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_served_in_another_version_is_followed_in_it() {
    tried("a_kind_that_is_served_in_another_version_is_followed_in_it", async {
        let ground = Ground::new().await;
        ground.world.serve_in("image.toolkit.fluxcd.io", "ImageRepository", Some("v1beta2"));
        let mut deck = ground.screen().await;
        let before = repositories(deck.app.state());
        assert_ne!(before, 0);
        ground.world.serve_in("image.toolkit.fluxcd.io", "ImageRepository", Some("v1"));
        deck.pass(HEALED).await;
        let scope = Scope { gk: GroupKind::new("image.toolkit.fluxcd.io", "ImageRepository"), namespace: None };
        let coverage = deck.app.state().cluster().store.coverage_of(&scope);
        assert_eq!(repositories(deck.app.state()), before, "{coverage:?}");
        assert_eq!(untrue(&deck.app.state().cluster().store, &ground.truth().await), Vec::<String>::new());
        assert!(is_live(deck.app.state()));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn one_kind_that_fails_does_not_reopen_the_watches_of_others() {
    tried("one_kind_that_fails_does_not_reopen_the_watches_of_others", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        ground.strike(Fault::new(ONE_KIND, What::status(500)));
        deck.pass(seconds(60)).await;
        let others: Vec<_> = ground.world.take_arrivals().into_iter().filter(is_of_other_kinds).collect();
        assert!(others.len() < 10, "{} lists and watches of others within a minute", others.len());
    })
    .await;
}

fn is_of_other_kinds(arrival: &Arrival) -> bool {
    matches!(arrival.asks.verb, Verb::List | Verb::Watch) && !arrival.asks.path.contains(ONE_KIND.path)
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
async fn a_storage_of_helm_that_hangs_holds_nothing_up() {
    tried("a_storage_of_helm_that_hangs_holds_nothing_up", async {
        let ground = Ground::new().await;
        ground.release_without_inventory().await;
        ground.world.inject(Fault::new(On { verbs: &[Verb::Get], path: "/secrets/" }, What::Latency(FOR_EVER)));
        let mut deck = ground.opened(User::admin()).await;
        let is_whole = deck.pass_until(seconds(60), |deck| is_live(deck.app.state())).await;
        assert!(is_whole, "{:?}", deck.app.state().cluster().progress());
        let is_storage = |arrival: &Arrival| arrival.asks.verb == Verb::Get && arrival.asks.path.contains("/secrets/");
        assert!(ground.world.take_arrivals().iter().any(is_storage), "no release was looked for there");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn ten_reconnections_at_once_are_two_at_most() {
    tried("ten_reconnections_at_once_are_two_at_most", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        ground.strike(Fault::new(On::EVERY, What::Latency(seconds(1))));
        deck.keys("ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r ctrl-r").await;
        deck.pass(seconds(60)).await;
        assert!(is_live(deck.app.state()), "{:?}", deck.app.state().cluster().link);
        let asked = |arrival: &Arrival| arrival.asks.path == "/apis";
        let connects = ground.world.take_arrivals().into_iter().filter(asked).count();
        assert!((1..=2).contains(&connects), "{connects} times");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_as_old_as_the_last_news_also_after_a_reconnection() {
    tried("a_picture_is_as_old_as_the_last_news_also_after_a_reconnection", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        deck.pass(seconds(2)).await;
        let broken = Timestamp::now();
        ground.strike(Fault::new(On::EVERY, What::Latency(FOR_EVER)));
        deck.pass(seconds(30)).await;
        let Link::Stale { since, .. } = deck.app.state().cluster().link.clone() else {
            panic!("{:?}", deck.app.state().cluster().link)
        };
        assert!(since <= broken, "as old as when it was noticed: {since}, broken at {broken}");
        deck.keys("ctrl-r").await;
        deck.pass(seconds(40)).await;
        let screen = deck.screen().join("\n");
        let age = since.strftime("%H:%M:%S").to_string();
        assert!(screen.contains(&age), "the age of the picture is not said any more:\n{screen}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn watches_that_break_every_five_seconds_are_hardly_noticed() {
    tried("watches_that_break_every_five_seconds_are_hardly_noticed", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        ground.strike(Fault::named("watch_reset").expect("a fault of the list"));
        let mut stale = 0;
        for second in 0..120 {
            deck.pass(seconds(1)).await;
            stale = if is_live(deck.app.state()) { 0 } else { stale + 1 };
            assert!(stale <= 3, "stale for {stale} s after {second} s");
        }
        assert_paced(&ground.world.take_arrivals(), seconds(120));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_403_of_a_moment_empties_no_picture_that_is_called_live() {
    tried("a_403_of_a_moment_empties_no_picture_that_is_called_live", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen_of(User::developer()).await;
        let pods = |deck: &Driver| deck.app.state().cluster().store.of_kind(&GroupKind::new("", "Pod")).count();
        let before = pods(&deck);
        assert_ne!(before, 0);
        ground.strike(Fault::new(On::verbs(&[Verb::List, Verb::Watch]), What::status(403)));
        for second in 0..20 {
            deck.pass(seconds(1)).await;
            if second == 3 {
                ground.world.lift();
            }
            let is_called_live = deck.app.state().cluster().link == Link::Live;
            assert!(!is_called_live || pods(&deck) == before, "{} pods and live after {second} s", pods(&deck));
        }
        live_again(&mut deck).await;
        assert_eq!(pods(&deck), before);
    })
    .await;
}

/// A server that wants to be left alone for half a minute.
const ALONE: What = What::Status { code: 429, body: Says::Status, retry_after: Some(30) };

/// Asserts that what is sent again is sent when it may be.
#[track_caller]
fn assert_left_alone(arrivals: &[Arrival], verbs: &[Verb]) {
    let times: Vec<_> = arrivals.iter().filter(|arrival| verbs.contains(&arrival.asks.verb)).map(|arrival| arrival.at).collect();
    assert!(!times.is_empty());
    for pair in times.windows(2) {
        let waited = pair[1].duration_since(pair[0]).as_secs();
        assert!(waited >= 29, "asked again after {waited} s: {times:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_waits_as_long_as_the_server_says() {
    tried("a_list_waits_as_long_as_the_server_says", async {
        let ground = Ground::new().await;
        let mut deck = ground.screen().await;
        ground.strike(Fault::new(On { verbs: &[Verb::List, Verb::Watch], path: "/imagerepositories" }, ALONE));
        deck.pass(seconds(100)).await;
        let arrivals = ground.world.take_arrivals();
        let arrivals: Vec<_> = arrivals.into_iter().filter(|arrival| arrival.asks.path.contains(ONE_KIND.path)).collect();
        assert_left_alone(&arrivals, &[Verb::List, Verb::Watch]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_write_waits_as_long_as_the_server_says() {
    tried("a_write_waits_as_long_as_the_server_says", async {
        let ground = Ground::new().await;
        let mut hand = Hand::new(&ground).await;
        let confirmed = hand.confirm("kept").await;
        ground.strike(Fault::new(On::verbs(&[Verb::Patch]), ALONE).times(2));
        hand.start(confirmed);
        assert!(hand.pass_until(seconds(200), Hand::is_over).await, "{:?}", hand.phase());
        assert_left_alone(&ground.world.take_arrivals(), &[Verb::Patch]);
        assert!(ground.is_suspended("kept").await, "{:?}", hand.phase());
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
