//! What a command without a screen waits for, how long, and what it has then.

use std::time::Duration;

use fluxdeck::cli::headless::{self, Headless};
use fluxdeck::demo::faults::{Fault, On, Verb, What};
use fluxdeck::runtime::Options;
use fluxdeck_model::domain::{Coverage, GroupKind, Scope};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Beginning, Intent, State};

use super::{FOR_EVER, ONE_KIND, seconds};
use crate::faults::ground::{Ground, untrue};

const FAILS: Fault = Fault::new(ONE_KIND, What::status(500));
const HANGS: Fault = Fault::new(ONE_KIND, What::Latency(FOR_EVER));

/// What a command has, and after how long, in seconds.
type Had = (Result<Headless, Error>, u64);

async fn read(ground: &Ground, timeout: Duration, kind: Option<&str>) -> Had {
    let began = tokio::time::Instant::now();
    let needs = |_: &State, scope: &Scope| kind.is_none_or(|kind| *scope.gk.kind == *kind);
    let read = headless::read("", ground.options(), timeout, needs).await;
    (read, began.elapsed().as_secs())
}

/// How far a kind was read.
fn coverage(read: &Headless, kind: &str) -> Option<Coverage> {
    let store = &read.state().cluster().store;
    store.coverage().find(|(scope, _)| *scope.gk.kind == *kind).map(|(_, coverage)| coverage)
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_fails_for_a_moment_is_waited_for_as_long_as_the_user_says() {
    let ground = Ground::new().await;
    // half a second, one, two and four: longer than anybody waits for what he has not asked for
    ground.strike(FAILS.times(4));
    let (read, took) = read(&ground, seconds(60), None).await;
    let read = read.expect("it was read in time");
    assert!((7..10).contains(&took), "after {took} s");
    assert_eq!(coverage(&read, "ImageRepository"), Some(Coverage::Complete));
    assert_eq!(untrue(&read.state().cluster().store, &ground.truth().await), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_fails_for_good_leaves_the_rest_when_the_time_is_over() {
    for timeout in [1, 20] {
        let ground = Ground::new().await;
        ground.strike(FAILS);
        let (read, took) = read(&ground, seconds(timeout), None).await;
        let read = read.expect("the rest is worth having");
        assert_eq!(took, timeout);
        assert_eq!(coverage(&read, "ImageRepository"), Some(Coverage::Failing));
        assert_eq!(coverage(&read, "Kustomization"), Some(Coverage::Complete));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_asked_for_is_not_waited_for() {
    for (fault, timeout, least, most) in [(FAILS, 60, 4, 6), (FAILS, 1, 1, 2), (HANGS, 1, 1, 2), (HANGS, 60, 10, 20)] {
        let ground = Ground::new().await;
        ground.strike(fault);
        let (read, took) = read(&ground, seconds(timeout), Some("Kustomization")).await;
        let read = read.unwrap_or_else(|error| panic!("{fault:?} within {timeout} s: {error}"));
        assert_eq!(coverage(&read, "Kustomization"), Some(Coverage::Complete));
        assert!((least..=most).contains(&took), "{fault:?} within {timeout} s: after {took} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_requested_kind_that_does_not_answer_is_not_an_empty_table() {
    let ground = Ground::new().await;
    ground.strike(HANGS);
    let (read, took) = read(&ground, seconds(5), Some("ImageRepository")).await;
    let error = read.err().expect("it was not read");
    assert_eq!((error.exit_code(), took), (3, 5), "{error}");
    assert!(error.hint.contains("--timeout"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn who_acts_does_nothing_without_all_that_he_has_to_know() {
    let ground = Ground::new().await;
    let scope = |group: &str, kind: &str| Scope { gk: GroupKind::new(group, kind), namespace: None };
    let only = vec![
        scope("kustomize.toolkit.fluxcd.io", "Kustomization"),
        scope("helm.toolkit.fluxcd.io", "HelmRelease"),
        scope("source.toolkit.fluxcd.io", "GitRepository"),
    ];
    ground.strike(Fault::new(On { verbs: &[Verb::List], path: "/kustomizations" }, What::status(500)));
    let beginning = Beginning { now: ground.world.now(), ..Beginning::default() };
    let mut hand = Headless::new(beginning, Options { only: Some(only), ..ground.options() });
    hand.intend(Intent::Connect);
    let error = hand.complete_all(seconds(60), "nothing was done").await.expect_err("it does not know what is there");
    assert!(error.message.contains("Kustomization") && error.message.contains("500"), "{error}");
    assert_eq!((error.hint.as_str(), error.exit_code()), ("nothing was done", 3));
}
