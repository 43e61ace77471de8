//! Pictures for the README, made from the real screens. `UPDATE=1 cargo test screenshots` writes them; a stale one fails.

mod svg;

use std::path::Path;

use crate::flows::driver::Driver;
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;

async fn picture(name: &str, theme: &str, keys: &str) {
    let deck = Driver::with(120, 34, Depth::True, Settings { theme: theme.into(), ..Settings::default() }).await;
    draw(deck, name, theme, keys).await;
}

async fn draw(mut deck: Driver, name: &str, theme: &str, keys: &str) {
    deck.keys(keys).await;
    let background = if theme == "light" { ("#ffffff", "#1f2430") } else { ("#1e222a", "#d8dee9") };
    let fresh = svg::draw(&deck.buffer(), background.0, background.1);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("screenshots/{name}-{theme}.svg"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &fresh).expect("screenshots/ is ours");
    }
    let shown = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(shown == fresh, "{name}-{theme}.svg is stale: UPDATE=1 cargo test screenshots");
}

#[tokio::test(start_paused = true)]
async fn the_pictures_are_those_of_the_screens() {
    for theme in ["dark", "light"] {
        picture("tree", theme, "/ \"crash\" enter j j j j j j").await;
        picture("table", theme, ": \"ks\" enter S g").await;
        picture("details", theme, ": \"ks_/waits-for-crashing\" enter d").await;
    }
    // what can be done needs a cluster that takes it
    let deck = Driver::live(120, 34, Settings::default()).await;
    draw(deck, "actions", "dark", ": \"hr_web\" enter a down down").await;
}
