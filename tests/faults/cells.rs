//! What must hold in one cell of the table: while the fault lasts, and once it is over.

use std::time::Duration;

use fluxdeck::cli::headless;
use fluxdeck::demo::User;
use fluxdeck::demo::faults::{Fault, On, Verb, What};
use fluxdeck_model::domain::{GroupKind, ObjectRef};
use fluxdeck_model::error::Error;
use fluxdeck_model::state::State;
use fluxdeck_model::state::jobs::Phase;

use super::ground::{Ground, HEALED, NAMESPACE, assert_paced, is_live, untrue};
use super::hand::Hand;
use crate::flows::driver::Driver;

/// What a screen must do under a fault.
#[derive(Clone, Copy, Debug)]
pub enum Screen {
    /// It stays live, and true.
    Live,
    /// It says that it is not live, why, and of what.
    Marked(&'static str),
    /// It may be live or not, and is never live and untrue for longer than that, in seconds.
    Either(u64),
    /// It shows the rest, and says this of what it may not show.
    Partly(&'static str),
    /// The events of an object: they are given up in time.
    Events,
    /// The log of a pod that cannot be had: it is given up in time.
    NoLog,
    /// The log of a pod that is cut: it is not over, and goes on.
    CutLog,
    /// The log of a pod over a connection that is dead, which nobody says: it is not over, and is opened again.
    DeadLog,
    /// Nothing can happen, and why.
    Senseless(&'static str),
}

/// What a headless command must do under a fault.
#[derive(Clone, Copy, Debug)]
pub enum Headless {
    /// It has everything.
    Done,
    /// It has everything but that kind.
    Without(&'static str),
    /// It ends with exit code 3, and says this.
    Ends(&'static str),
    Senseless(&'static str),
}

/// What must become of a write under a fault.
#[derive(Clone, Copy, Debug)]
pub enum Write {
    Done,
    /// It was not done, and its job says so.
    NotDone,
    /// It was not done, and may have been: no answer came. Its job says that it has not been seen to arrive, and never that it was done.
    Unseen,
    /// It was done or not, and its job says which: it may be sent again, sooner or later.
    Reported,
    Senseless(&'static str),
}

/// How long a fault lasts on a screen, in seconds.
const LASTS: u64 = 60;
/// How long a log may be silent before somebody looks whether it is dead, in seconds.
const QUIET: u64 = 130;
/// How long it may take to notice that a picture is old: the next heartbeat, and what it may take.
const NOTICED: u64 = 20;
/// The one kind that fails where the others go on, as it has to be named.
pub const KIND: &str = "ImageRepository";
/// How long a headless command may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a job may look for the outcome of its request: it is reported within five minutes.
const REPORTED: Duration = Duration::from_secs(400);

pub async fn screen(fault: Fault, expected: Screen) {
    match expected {
        Screen::Senseless(why) => assert!(!why.is_empty()),
        Screen::Events => events(fault).await,
        Screen::NoLog => no_log(fault).await,
        Screen::CutLog => cut_log(fault).await,
        Screen::DeadLog => dead_log(fault).await,
        _ => pictured(fault, expected).await,
    }
}

async fn pictured(fault: Fault, expected: Screen) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    ground.strike(fault);
    ground.stir().await;
    let mut truth = ground.truth().await;
    let noticed = if let Screen::Either(seconds) = expected { seconds } else { NOTICED };
    let lasts = LASTS.max(noticed + NOTICED);
    let mut lies = 0;
    for second in 0..lasts {
        deck.pass(Duration::from_secs(1)).await;
        let state = deck.app.state();
        if !untrue(&state.cluster().store, &truth).is_empty() {
            // what is deleted is gone a moment later
            truth = ground.truth().await;
        }
        let wrong = untrue(&state.cluster().store, &truth);
        lies = if is_live(state) && !wrong.is_empty() { lies + 1 } else { 0 };
        assert!(lies <= noticed, "live and untrue for {lies} s, after {second} s: {wrong:?}");
    }
    assert_screen(&mut deck, expected);
    assert_paced(&ground.world.take_arrivals(), Duration::from_secs(lasts));
    ground.world.lift();
    assert_heals(&ground, &mut deck).await;
}

#[track_caller]
fn assert_screen(deck: &mut Driver, expected: Screen) {
    let edges = edges(deck);
    let (is_live, link) = (is_live(deck.app.state()), deck.app.state().cluster().link.clone());
    match expected {
        Screen::Live => assert!(is_live, "{link:?}\n{edges}"),
        Screen::Marked(why) => {
            assert!(!is_live && !edges.contains("● live"), "{link:?}\n{edges}");
            assert!(!why.is_empty() && edges.contains(why), "`{why}` is not said: {link:?}\n{edges}");
        }
        Screen::Partly(why) => assert!(!why.is_empty() && edges.contains(why), "`{why}` is not said: {link:?}\n{edges}"),
        _ => {}
    }
    assert!(!edges.contains('\u{1b}'));
}

/// The lines around the view, which show the connection.
fn edges(deck: &mut Driver) -> String {
    let screen = deck.screen();
    let ends = screen.len() - 4;
    screen[..2].iter().chain(&screen[ends..]).cloned().collect::<Vec<_>>().join("\n")
}

/// Asserts that the picture is the server's again within a bounded time.
async fn assert_heals(ground: &Ground, deck: &mut Driver) {
    let truth = ground.truth().await;
    let is_right = |state: &State| is_live(state) && untrue(&state.cluster().store, &truth).is_empty();
    let heals = deck.pass_until(HEALED, |deck| is_right(deck.app.state())).await;
    let (link, wrong) = (&deck.app.state().cluster().link, untrue(&deck.app.state().cluster().store, &truth));
    assert!(heals, "not healed within {HEALED:?}: {link:?}, wrong: {wrong:?}");
}

/// A look at events that nobody answers.
async fn events(fault: Fault) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    ground.strike(fault);
    deck.keys(": \"ks\" enter v").await.shows("fetching…");
    deck.pass(Duration::from_secs(LASTS)).await;
    deck.hides("fetching…").shows("● live");
    deck.keys("esc d").await;
    deck.pass(Duration::from_secs(NOTICED)).await;
    deck.hides("fetching…").shows("Spec");
    ground.world.lift();
    deck.keys("esc v").await;
    deck.pass(Duration::from_secs(NOTICED)).await;
    deck.hides("fetching…").hides("no answer");
}

/// A log that nobody answers.
async fn no_log(fault: Fault) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    ground.strike(fault);
    deck.keys(": \"po_shop\" enter l").await;
    deck.pass(Duration::from_secs(LASTS)).await;
    deck.hides("waiting for lines").shows("no answer").shows("● live");
    ground.world.lift();
    deck.keys("esc l").await;
    deck.pass(Duration::from_secs(NOTICED)).await;
    deck.shows("level=");
}

/// A log whose connection breaks again and again.
async fn cut_log(fault: Fault) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    deck.keys(": \"po_shop\" enter").await;
    ground.strike(fault);
    deck.keys("l").await;
    for _ in 0..LASTS {
        deck.pass(Duration::from_secs(1)).await;
        deck.hides("has ended");
    }
    assert_paced(&ground.world.take_arrivals(), Duration::from_secs(LASTS));
    ground.world.lift();
    deck.pass(HEALED).await;
    let before = deck.screen();
    deck.pass(Duration::from_secs(60)).await;
    assert_ne!(before, deck.screen(), "no line has come");
    deck.shows("following");
}

/// A log that is open falls silent, and so does each that is opened in its place.
async fn dead_log(fault: Fault) {
    let ground = Ground::new().await;
    let mut deck = ground.screen().await;
    deck.keys(": \"po_shop\" enter l").await;
    deck.pass(Duration::from_secs(20)).await;
    deck.shows("level=").shows("following");
    ground.strike(fault);
    ground.world.mute_streams("/log");
    for _ in 0..2 * QUIET {
        deck.pass(Duration::from_secs(1)).await;
        deck.hides("has ended");
    }
    let arrivals = ground.world.take_arrivals();
    assert!(arrivals.iter().any(|arrival| arrival.asks.verb == Verb::Log), "nobody has looked whether it is dead");
    assert_paced(&arrivals, Duration::from_secs(2 * QUIET));
    ground.world.lift();
    deck.pass(Duration::from_secs(QUIET)).await;
    deck.shows("level=").shows("following");
    deck.keys("/ \"nothing_came_for\" enter").await.shows(" 1 of ").shows("opened again, the log goes on here");
    deck.keys("/ ctrl-u \"may_be_missing\" enter").await.shows("nothing matches in");
}

/// Orders that are given while a fault lasts: a reconnection, more namespaces, a look.
pub async fn orders(fault: Fault) {
    let ground = Ground::new().await;
    let mut deck = ground.screen_of(User::developer()).await;
    let kept = |state: &State| {
        let gk = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
        state.cluster().store.object_of(&ObjectRef::new(state.active, gk, NAMESPACE, "kept")).is_some()
    };
    assert!(!kept(deck.app.state()), "another namespace than his own");
    ground.strike(fault);
    deck.pass(Duration::from_secs(5)).await;
    deck.keys("ctrl-r").await;
    deck.pass(Duration::from_secs(6)).await;
    deck.keys(": \"ns_web,shop\" enter").await;
    deck.keys(": \"po\" enter y").await;
    deck.pass(Duration::from_secs(10)).await;
    assert_paced(&ground.world.take_arrivals(), Duration::from_secs(21));
    ground.world.lift();
    let heals = deck.pass_until(HEALED, |deck| is_live(deck.app.state()) && kept(deck.app.state())).await;
    assert!(heals, "`:ns` is lost: {:?}", deck.app.state().cluster().link);
    deck.pass(Duration::from_secs(15)).await;
    deck.shows("apiVersion:").shows("● live");
}

pub async fn headless(fault: Fault, expected: Headless) {
    if let Headless::Senseless(why) = expected {
        return assert!(!why.is_empty());
    }
    let ground = Ground::new().await;
    ground.strike(fault);
    let began = tokio::time::Instant::now();
    let read = headless::read("", ground.options(), PATIENCE, |_, _| true).await;
    assert!(began.elapsed() <= PATIENCE + Duration::from_secs(1), "it took {:?}", began.elapsed());
    let truth = ground.truth().await;
    match (expected, read) {
        (Headless::Ends(why), Err(error)) => assert_reported(&error, why),
        (Headless::Done, Ok(read)) => assert!(untrue(&read.state().cluster().store, &truth).is_empty()),
        (Headless::Without(kind), Ok(read)) => {
            let seen = super::ground::picture(&read.state().cluster().store);
            let others = truth.keys().filter(|name| !name.starts_with(kind));
            let missed: Vec<_> = others.filter(|name| !seen.contains_key(*name)).collect();
            assert!(missed.is_empty(), "{missed:?}");
            assert!(!seen.keys().any(|name| name.starts_with(&format!("{kind} "))), "{kind} was not read");
        }
        (expected, read) => panic!("{expected:?}, and it was {:?}", read.err()),
    }
    assert_paced(&ground.world.take_arrivals(), began.elapsed().max(Duration::from_secs(10)));
    ground.world.lift();
    let again = headless::read("", ground.options(), PATIENCE, |_, _| true).await.expect("the fault is over");
    assert_eq!(untrue(&again.state().cluster().store, &ground.truth().await), Vec::<String>::new());
}

/// An error says what failed, and what can be done; nothing in it writes to the terminal.
#[track_caller]
fn assert_reported(error: &Error, why: &str) {
    assert_eq!(error.exit_code(), 3, "{error:?}");
    assert!(!why.is_empty() && error.message.contains(why), "`{why}` is not said: {error:?}");
    assert!(!error.hint.is_empty(), "nothing is said of what to do: {error:?}");
    assert!(!error.to_string().contains(['\u{1b}', '\u{7}', '\u{202e}']), "{error:?}");
}

pub async fn write(fault: Fault, expected: Write) {
    if let Write::Senseless(why) = expected {
        return assert!(!why.is_empty());
    }
    let ground = Ground::new().await;
    // what is asked before a write meets the fault too, where that is all that meets it
    if fault.on.verbs == [Verb::Review] {
        ground.strike(fault);
    }
    let mut hand = Hand::new(&ground).await;
    let confirmed = hand.confirm("kept").await;
    if fault.on.verbs != [Verb::Review] {
        ground.strike(fault);
    }
    ground.world.take_arrived();
    hand.start(confirmed);
    hand.pass_until(Duration::from_secs(LASTS), |_| false).await;
    let arrivals = ground.world.take_arrivals();
    assert_paced(&arrivals, Duration::from_secs(LASTS));
    ground.world.lift();
    assert!(hand.pass_until(REPORTED, Hand::is_over).await, "not over: {:?}", hand.phase());
    hand.pass_until(Duration::from_secs(30), |_| false).await;

    let is_done = ground.is_suspended("kept").await;
    match hand.phase() {
        Phase::Done { .. } => assert!(is_done, "it is reported as done, and is not"),
        Phase::Failed { message, .. } => {
            assert!(!is_done, "it is reported as not done, and is: {message}");
            assert!(!message.is_empty() && !message.contains('\u{1b}'), "{message:?}");
        }
        Phase::Unknown { why } if matches!(expected, Write::Unseen) => {
            assert!(!is_done && why.contains("may still be done"), "{why}");
        }
        other => panic!("its outcome is unknown: {other:?}"),
    }
    let is_requested =
        matches!((expected, is_done), (Write::Done, true) | (Write::NotDone | Write::Unseen, false) | (Write::Reported, _));
    assert!(is_requested, "{expected:?}: {:?}", hand.phase());
    let arrived = ground.world.take_arrived();
    let done: u32 = arrived.iter().filter(|(request, _)| request.starts_with("PATCH")).map(|(_, times)| times).sum();
    assert!(done <= 1, "it was done {done} times");
    let arrivals = [arrivals, ground.world.take_arrivals()].concat();
    let sent = arrivals.iter().filter(|arrival| arrival.asks.verb == Verb::Patch).count();
    let most = if is_surely_not_taken(fault) { 5 } else { 1 };
    assert!(sent <= most, "it was sent {sent} times");
}

/// Whether a write that meets it has surely not been taken, so that it may be sent again.
fn is_surely_not_taken(fault: Fault) -> bool {
    matches!(fault.what, What::Refused | What::Status { code: 429, .. }) && fault.on == On::EVERY
}
