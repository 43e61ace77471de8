//! What is listed and watched, how often it is asked for, and what is said of it meanwhile.

use fluxdeck::demo::User;
use fluxdeck::demo::faults::{Arrival, Fault, On, Says, Verb, What};
use fluxdeck_model::domain::{Coverage, GroupKind, ObjectRef, Scope};
use fluxdeck_model::state::{Intent, Link, Message, State};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::api::{Api, DeleteParams, PostParams};
use serde_json::json;

use super::{FOR_EVER, ONE_KIND, backing_off, live_again, seconds};
use crate::faults::ground::{Ground, HEALED, NAMESPACE, assert_paced, is_live, untrue};
use crate::faults::hand::Hand;
use crate::faults::not_yet::tried;
use crate::flows::driver::Driver;

fn has_kept(state: &State) -> bool {
    let gk = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
    state.cluster().store.object_of(&ObjectRef::new(state.active, gk, NAMESPACE, "kept")).is_some()
}

/// How many image repositories the picture has.
fn repositories(state: &State) -> usize {
    state.cluster().store.of_kind(&GroupKind::new("image.toolkit.fluxcd.io", "ImageRepository")).count()
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

/// A server with discovery of one group version at a time.
const ONE_BY_ONE: Fault = Fault::new(On::verbs(&[Verb::Discovery]), What::OneByOne);
/// The backend of image kinds is away: what it serves cannot be asked for, and nothing of it be read.
const IMAGES_AWAY: Fault = Fault::new(On::path("/apis/image.toolkit.fluxcd.io/"), What::status(503));

#[tokio::test(start_paused = true)]
async fn a_kind_that_comes_into_a_known_group_version_is_seen_without_aggregation_too() {
    let ground = Ground::new().await;
    ground.world.inject(ONE_BY_ONE);
    ground.world.serve_in("image.toolkit.fluxcd.io", "ImageRepository", None);
    let mut deck = ground.screen().await;
    assert_eq!(repositories(deck.app.state()), 0);
    ground.world.serve_in("image.toolkit.fluxcd.io", "ImageRepository", Some("v1"));
    ground.world.take_arrivals();
    deck.pass(HEALED).await;
    assert_ne!(repositories(deck.app.state()), 0, "it is served by now");
    assert_paced(&ground.world.take_arrivals(), HEALED);
}

/// A group that cannot be asked for while the program runs, and over a reconnection: what is known of it stays.
async fn stays_while_its_group_is_away(discovery: Fault) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    let before = repositories(deck.app.state());
    assert_ne!(before, 0);
    ground.strike(IMAGES_AWAY);
    ground.strike(discovery);
    for keys in ["", "ctrl-r"] {
        deck.keys(keys).await;
        deck.pass(seconds(70)).await;
        assert_eq!(repositories(deck.app.state()), before, "after `{keys}`: {:?}", deck.app.state().cluster().link);
        let link = &deck.app.state().cluster().link;
        assert!(matches!(link, Link::Partly { kinds, .. } if kinds.contains("ImageRepository")), "after `{keys}`: {link:?}");
    }
    ground.world.lift();
    live_again(&mut deck).await;
    assert_eq!(untrue(&deck.app.state().cluster().store, &ground.truth().await), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_group_version_that_cannot_be_asked_for_keeps_what_was_known_of_it() {
    stays_while_its_group_is_away(ONE_BY_ONE).await;
}

#[tokio::test(start_paused = true)]
async fn a_stale_group_keeps_its_known_kinds() {
    stays_while_its_group_is_away(Fault::named("discovery_stale").expect("a fault of the list")).await;
}

/// A group that cannot be asked for when the program starts: nobody says that its kinds are not served, and they come.
async fn is_unknown_while_its_group_is_away(discovery: Fault) {
    let ground = Ground::new().await;
    ground.world.inject(IMAGES_AWAY);
    ground.world.inject(discovery);
    let mut deck = ground.opened(User::admin()).await;
    deck.pass(seconds(20)).await;
    let scope = Scope { gk: GroupKind::new("image.toolkit.fluxcd.io", "ImageRepository"), namespace: None };
    let cluster = deck.app.state().cluster();
    assert_eq!(cluster.store.coverage_of(&scope), Some(Coverage::Failing));
    let is_named = |link: &Link| matches!(link, Link::Partly { kinds, why, .. } if kinds.contains("ImageRepository") && why.contains("image.toolkit.fluxcd.io"));
    assert!(cluster.is_complete() && is_named(&cluster.link), "{:?}", cluster.link);
    ground.world.lift();
    live_again(&mut deck).await;
    assert_ne!(repositories(deck.app.state()), 0);
}

#[tokio::test(start_paused = true)]
async fn a_group_version_that_cannot_be_asked_for_at_the_start_is_unknown_and_named() {
    is_unknown_while_its_group_is_away(ONE_BY_ONE).await;
}

#[tokio::test(start_paused = true)]
async fn a_group_that_is_stale_at_the_start_is_unknown_and_named() {
    is_unknown_while_its_group_is_away(Fault::named("discovery_stale").expect("a fault of the list")).await;
}

#[tokio::test(start_paused = true)]
async fn what_an_object_owns_stays_where_its_kind_cannot_be_listed() {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    let kept = ground.kustomizations().get("kept").await.expect("it is there");
    let owner = json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "name": "kept", "uid": kept.metadata.uid});
    let owned = json!({"metadata": {"name": "owned", "namespace": NAMESPACE, "ownerReferences": [owner]}});
    let claims = Api::<PersistentVolumeClaim>::namespaced(ground.world.observer(), NAMESPACE);
    claims.create(&PostParams::default(), &serde_json::from_value(owned).expect("an object")).await.expect("created");
    let gk = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
    let owner = ObjectRef::new(deck.app.state().active, gk, NAMESPACE, "kept");
    for (what, seen) in [(None, 1), (Some(What::status(403)), 1), (Some(What::status(500)), 1), (None, 0)] {
        if let Some(what) = what {
            ground.world.inject(Fault::new(On { verbs: &[Verb::List], path: "/persistentvolumeclaims" }, what));
        }
        deck.receive(Message::Do(Intent::Owned(owner.clone())));
        deck.pass(seconds(5)).await;
        let there = deck.app.state().cluster().store.of_kind(&GroupKind::new("", "PersistentVolumeClaim")).count();
        assert_eq!(there, seen, "{what:?}");
        let message = "not all that Kustomization shop/kept owns is known: PersistentVolumeClaim could not be read";
        let _ = if what.is_some() { deck.shows(message) } else { deck.hides("not all that") };
        ground.world.lift();
        // it is gone by the second time
        let _ = claims.delete("owned", &DeleteParams::default()).await;
        deck.pass(seconds(11)).await;
    }
}

fn is_of_other_kinds(arrival: &Arrival) -> bool {
    matches!(arrival.asks.verb, Verb::List | Verb::Watch) && !arrival.asks.path.contains(ONE_KIND.path)
}

#[tokio::test(start_paused = true)]
async fn a_storage_of_helm_that_hangs_holds_nothing_up() {
    tried("a_storage_of_helm_that_hangs_holds_nothing_up", async {
        let ground = Ground::new().await;
        ground.release_without_inventory("old").await;
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
async fn many_releases_that_hang_take_no_turn_of_a_list() {
    let ground = Ground::new().await;
    for number in 0..12 {
        ground.release_without_inventory(&format!("old-{number}")).await;
    }
    ground.world.inject(Fault::new(On { verbs: &[Verb::Get], path: "/secrets/" }, What::Latency(FOR_EVER)));
    let mut deck = ground.screen().await;
    deck.keys("ctrl-r").await;
    deck.pass(seconds(5)).await;
    // Helm's storage itself is what is waited for
    let (read, all) = deck.app.state().cluster().progress();
    assert!(all > 20 && read + 1 >= all, "lists have waited: {read} of {all}");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_hangs_in_many_namespaces_takes_not_all_turns() {
    let ground = Ground::new().await;
    let mut deck = ground.screen_of(User::developer()).await;
    ground.strike(Fault::new(On { verbs: &[Verb::List], path: "/pods" }, What::Latency(FOR_EVER)));
    deck.keys(": \"ns_web,a,b,c,d,e,f,g,h,i,j,shop\" enter").await;
    let is_read = deck.pass_until(seconds(5), |deck| has_kept(deck.app.state())).await;
    assert!(is_read, "other kinds wait for the one that hangs");
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
async fn a_brief_403_empties_no_view_that_is_live() {
    tried("a_brief_403_empties_no_view_that_is_live", async {
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
fn assert_left_alone(arrivals: &[Arrival], verbs: &[Verb], wait: i64) {
    let times: Vec<_> = arrivals.iter().filter(|arrival| verbs.contains(&arrival.asks.verb)).map(|arrival| arrival.at).collect();
    assert!(!times.is_empty());
    for pair in times.windows(2) {
        let waited = pair[1].duration_since(pair[0]).as_secs();
        assert!(waited >= wait - 1, "asked again after {waited} s: {times:?}");
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
        assert_left_alone(&arrivals, &[Verb::List, Verb::Watch], 30);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_write_waits_as_long_as_the_server_says() {
    tried("a_write_waits_as_long_as_the_server_says", async {
        // longer than one request may take: it is reported, and nothing is sent unseen
        let ground = Ground::new().await;
        let mut hand = Hand::new(&ground).await;
        let confirmed = hand.confirm("kept").await;
        ground.strike(Fault::new(On::verbs(&[Verb::Patch]), ALONE));
        hand.start(confirmed);
        assert!(hand.pass_until(seconds(200), Hand::is_over).await, "{:?}", hand.phase());
        assert!(format!("{:?}", hand.phase()).contains("try again in 30 s"), "{:?}", hand.phase());
        let sent = ground.world.take_arrivals().iter().filter(|arrival| arrival.asks.verb == Verb::Patch).count();
        assert_eq!(sent, 1);
    })
    .await;
}
