//! Pictures for the README, made from the real screens of the demo. `UPDATE=1 cargo test --locked --workspace --test tests` writes them; a
//! stale one fails.

mod svg;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::flows::driver::Driver;
use crate::flows::proposals;
use fluxdeck::demo::{Company, RunDirectory, scenes};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::change::Proposed;
use fluxdeck_model::state::Settings;

/// The demo at a moment of its own: pictures do not depend on when they are made.
const MOMENT: &str = "2026-11-21T08:00:00Z";

async fn picture(name: &str, theme: &str, keys: &str) {
    let company = Arc::new(Company::driven(RunDirectory::passing(), MOMENT.parse().expect("a time")));
    let settings = Settings { theme: theme.into(), guide: name == "tree", ..Settings::default() };
    let mut deck = Driver::demo(company, 120, 34, Depth::True, settings).await;
    deck.keys(keys).await;
    compare(name, theme, &mut deck);
}

/// The demo a minute after a bad commit: what fails, and why, before anything is opened.
async fn picture_of_failure(theme: &str) {
    let company = Arc::new(Company::driven(RunDirectory::passing(), MOMENT.parse().expect("a time")));
    scenes::find("bad-commit").expect("a scene").play(&company).expect("played");
    company.enter("").expect("a context").world.advance(Duration::from_secs(62));
    let settings = Settings { theme: theme.into(), ..Settings::default() };
    let mut deck = Driver::demo(company, 120, 34, Depth::True, settings).await;
    deck.keys("/ \"web\" enter").await;
    compare("broken", theme, &mut deck);
}

/// A colleague's pull request, with what it renders: its branch is fetched and everything is built on threads of their own, for which the clock
/// of timers does not wait.
async fn picture_of_pull(theme: &str) {
    let company = Arc::new(Company::driven(RunDirectory::passing(), MOMENT.parse().expect("a time")));
    let settings = Settings { theme: theme.into(), ..Settings::default() };
    let mut deck = Driver::demo(company, 120, 34, Depth::True, settings).await;
    deck.keys(": \"prs\" enter").await;
    deck.work_until(|screen| screen.contains("flux-apps/checkout (2)") && screen.contains("web/web (2)")).await;
    compare("pulls", theme, &mut deck);
    deck.keys("g enter").await;
    deck.work_until(|screen| screen.contains("spec.replicas: 2")).await;
    compare("pull", theme, &mut deck);
}

/// The same of a change on the recorded fleet, planned by hand: what it shows does not depend on any repository.
async fn picture_of_change(theme: &str) {
    let mut deck = Driver::live(120, 34, Settings::default()).await;
    deck.keys(&format!(": \"theme_{theme}\" enter : \"deploy_/checkout\" enter a")).await;
    compare("panel", theme, &mut deck);
    deck.keys("n \"5\" tab \"black_friday\"").await;
    compare("form", theme, &mut deck);
    deck.keys("enter").await;
    deck.plan(Proposed::Refused(Box::new(proposals::refused()))).await;
    compare("refused", theme, &mut deck);
    deck.keys("j enter").await;
    let (_, query) = deck.api().plans.last().expect("a change to be planned").clone();
    deck.plan(Proposed::Ready(Box::new(proposals::ready(&query.order)))).await;
    compare("review", theme, &mut deck);
    deck.keys("enter J enter").await;
    for outcome in proposals::outcomes() {
        deck.later(1).await;
        deck.step(outcome).await;
    }
    compare("follow", theme, &mut deck);
}

fn compare(name: &str, theme: &str, deck: &mut Driver) {
    let background = if theme == "light" { ("#ffffff", "#1f2430") } else { ("#1e222a", "#d8dee9") };
    let fresh = svg::draw(&deck.buffer(), background.0, background.1);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("screenshots/{name}-{theme}.svg"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).expect("screenshots/ is ours");
    }
    let shown = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == fresh, "{name}-{theme}.svg is stale: UPDATE=1 cargo test --locked --workspace --test tests");
}

#[tokio::test(start_paused = true)]
async fn the_pictures_are_those_of_the_screens() {
    for theme in ["dark", "light"] {
        picture("tree", theme, "/ \"crash\" enter j j j j j j").await;
        picture("table", theme, ": \"ks\" enter S g").await;
        picture("details", theme, ": \"ks_/waits-for-crashing\" enter d").await;
        picture("actions", theme, ": \"hr_web\" enter a down down").await;
        picture("logs", theme, ": \"deploy_/frontend\" enter l").await;
        picture_of_failure(theme).await;
        picture_of_pull(theme).await;
        picture_of_change(theme).await;
    }
}
