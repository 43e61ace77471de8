//! The engine is the same with any driver: a recorded session, replayed to each driver, makes the same state.

use std::sync::Arc;

use fluxdeck::app::App;
use fluxdeck::cli::headless::Headless;
use fluxdeck::demo::{Company, RunDirectory, User};
use fluxdeck::runtime::{Guest, Options, Origin};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::{Beginning, Engine, Settings, State};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::driver::{Driver, Received};

const NOW: &str = "2026-11-21T08:00:00Z";

fn company() -> Arc<Company> {
    Arc::new(Company::driven(RunDirectory::passing(), NOW.parse().expect("a time")))
}

fn origin() -> Origin {
    Origin::Demo(Guest { company: company(), user: User::admin(), is_acting: false })
}

fn beginning() -> Beginning {
    let settings = Settings { theme: "dark".into(), ..Settings::default() };
    Beginning { now: NOW.parse().expect("a time"), settings, is_projected: true, ..Beginning::default() }
}

/// A state to the last byte.
fn dump(state: &State) -> String {
    format!("{state:#?}")
}

/// Looks around, filters, folds, sorts, acts, changes namespaces and contexts, and comes back.
async fn session() -> Driver {
    let mut deck = Driver::on(origin(), beginning(), 120, 40, Depth::True).await;
    deck.keys("Z j j z * / \"shop\" enter esc S N tab").await;
    deck.keys(": \"ks_flux-system\" enter O R").await;
    deck.keys(": \"ks_flux-system\" enter j s \"because\" enter J x esc").await;
    deck.keys(": \"ns_shop\" enter d esc y esc p ctrl-w 0").await;
    deck.keys(": \"ctx_staging\" enter j j a esc : \"drifted\" enter esc").await;
    deck.keys(": \"ctx_production\" enter G k ! / \"a\" \"p\" enter Z").await;
    deck.app.work(|| true);
    deck
}

#[track_caller]
fn assert_same(what: &str, ours: &str, theirs: &str) {
    let differs = ours.lines().zip(theirs.lines()).enumerate().find(|(_, (ours, theirs))| ours != theirs);
    assert!(differs.is_none() && ours.len() == theirs.len(), "{what}: {differs:?}, {} and {} bytes", ours.len(), theirs.len());
}

#[tokio::test(start_paused = true)]
async fn a_replayed_session_makes_the_same_state_with_any_driver() {
    let mut deck = session().await;
    let received = std::mem::take(&mut deck.received);
    let expected = dump(deck.app.state());
    let jobs: Vec<_> = deck.app.state().jobs.all().iter().map(|job| job.title()).collect();
    assert!(jobs.len() > 1 && expected.len() > 1_000_000, "too little happened: {jobs:?}, {} bytes", expected.len());

    // the terminal program receives what came from outside, and makes the same requests by itself
    let mut app = App::new(beginning(), Depth::True, Vec::new()).expect("a theme");
    app.engine().keep_log();
    let mut screen = Buffer::empty(Rect::new(0, 0, 120, 40));
    for (at, received) in received {
        match received {
            Received::Message(message) => {
                app.update(at, message);
            }
            Received::Input(input) => {
                app.work(|| true);
                app.draw(&mut screen);
                app.input(at, input);
            }
        }
    }
    app.work(|| true);
    assert_same("the terminal program", &dump(app.state()), &expected);

    // the others receive all of it
    let log = app.engine().log().to_vec();
    assert!(log.len() > 100, "{} messages", log.len());
    let mut engine = Engine::new(Beginning { settings: app.state().settings.clone(), ..beginning() });
    let mut headless =
        Headless::new(Beginning { settings: engine.state().settings.clone(), ..beginning() }, Options::of(origin()));
    for (at, message) in log {
        engine.update(at, message.clone());
        headless.take(at, message);
    }
    while engine.work(|| true) {}
    headless.work();
    assert_same("the bare engine", &dump(engine.state()), &expected);
    assert_same("the headless driver", &dump(headless.state()), &expected);
}

#[test]
fn nothing_outside_of_the_model_can_change_a_state() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the crate").flatten() {
            let path = entry.path();
            if path.is_dir() && path != root.join("model") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                for word in ["&mut State", "mut state: State", "cluster_mut", "state_mut"] {
                    assert!(!text.contains(word), "{} says {word}", path.display());
                }
            }
        }
    }
}
