//! The tree: what it shows at once, folding, filtering, jumping, marks.

use super::driver::Driver;
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::{Effect, Settings, Terminal};

#[tokio::test(start_paused = true)]
async fn the_first_screen_shows_sources_and_counts() {
    let mut deck = Driver::start(120, 40).await;

    deck.shows("gitrepo flux-system/flux-system").shows("snapshot of").shows("tree by sources");
}

#[tokio::test(start_paused = true)]
async fn on_eighty_columns_the_message_follows_the_cursor() {
    let mut deck = Driver::start(80, 24).await;

    deck.keys("\"/unreachable\" enter").await;
    deck.keys("j j").await.shows("Failed:");
}

#[tokio::test(start_paused = true)]
async fn a_filter_narrows_with_every_letter_and_esc_brings_everything_back() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys("/ \"crasher\"").await.shows("deploy faults/crasher").shows("/crasher").hides("ks faults/gated");
    deck.keys("esc g").await.shows("ks faults/gated").hides("   /crasher");
    deck.keys("/ \"crasher\" enter").await.shows("po faults/crasher");
    deck.keys("esc g").await.shows("ks faults/gated");
}

#[tokio::test(start_paused = true)]
async fn letters_that_are_keys_are_letters_in_the_filter() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys("/ \"jkq?\"").await.shows("/jkq?").shows("nothing matches");
}

#[tokio::test(start_paused = true)]
async fn the_selection_stays_on_its_object_when_rows_open_above_it() {
    let mut deck = Driver::start(120, 50).await;
    deck.keys("/ \"crasher\" enter G").await;
    let before = deck.app.state().cluster().tree.rows.rows().len();

    deck.keys("esc").await.shows("po faults/crasher");
    deck.keys("Z").await.shows("po faults/crasher");

    assert!(deck.app.state().cluster().tree.rows.rows().len() > before);
}

#[tokio::test(start_paused = true)]
async fn failing_shows_what_failed_and_the_same_again_everything() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys(": \"failing\" enter").await.shows("failed, stalled only").hides("crd alerts.notification");
    deck.keys(": \"failing\" enter").await.shows("crd alerts.notification");
}

#[tokio::test(start_paused = true)]
async fn tab_changes_what_is_on_top() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys("tab").await.shows("tree by kustomizations");
    deck.keys("tab g").await.shows("tree by namespaces").shows("namespace faults");
    deck.keys("tab").await.shows("tree by sources");
}

#[tokio::test(start_paused = true)]
async fn enter_on_a_reference_jumps_to_its_home() {
    let mut deck = Driver::start(160, 60).await;
    let line = |deck: &mut Driver, text: &str| deck.screen().iter().position(|line| line.contains(text)).expect("a line");
    deck.keys("N g").await;
    let many = line(&mut deck, "→ feeds 3 · uses 1");
    deck.hides("● Kustomization web/web");

    // two lines of header, one of headings
    deck.keys(&"j ".repeat(many - 3)).await;
    deck.keys("right").await;
    let at = line(&mut deck, "→ feeds Kustomization web/web");
    deck.keys(&"j ".repeat(at - many)).await;
    deck.keys("enter").await.shows("● Kustomization web/web");
    deck.keys("d").await.shows("describe Kustomization web/web");
}

#[tokio::test(start_paused = true)]
async fn marks_are_counted_and_cleared() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys("space j space").await.shows("2 marked");
    deck.keys("ctrl-\\").await.hides("marked");
}

#[tokio::test(start_paused = true)]
async fn a_name_goes_to_the_clipboard() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys("/ \"gitrepository_flux-apps\" enter c").await;

    assert_eq!(deck.effects, [Effect::Terminal(Terminal::Copy("apps".into()))]);
}

#[tokio::test(start_paused = true)]
async fn a_namespace_narrows_the_tree_and_zero_widens_it() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys(": \"ns_shop\" enter").await.shows("› shop").shows("shop/cart").hides("faults/crasher");
    deck.keys("0").await.shows("all namespaces");
}

#[tokio::test(start_paused = true)]
async fn no_size_of_the_screen_breaks_anything() {
    let mut deck = Driver::start(120, 40).await;
    for keys in [
        "Z",
        "d",
        "esc y",
        "esc v",
        "esc l",
        "esc ?",
        "esc : \"ks\" enter",
        "p",
        ": \"ctx\" enter",
        ": \"ns\" enter",
        ": \"kinds\" enter",
        "/ \"x\"",
    ] {
        deck.keys(keys).await;
        for (width, height) in [(1, 1), (2, 2), (20, 5), (5, 20), (40, 8), (80, 24), (300, 100), (120, 40)] {
            deck.resize(width, height);
            deck.screen();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_colours_no_cell_has_one() {
    let mut deck =
        Driver::with(120, 40, Depth::None, Settings { theme: "dark".into(), ascii: true, ..Settings::default() }).await;
    let buffer = deck.buffer();

    for cell in buffer.content() {
        assert_eq!((cell.fg, cell.bg), (ratatui::style::Color::Reset, ratatui::style::Color::Reset));
    }
}

#[tokio::test(start_paused = true)]
async fn on_a_screen_of_ascii_there_is_nothing_else() {
    let mut deck =
        Driver::with(120, 40, Depth::True, Settings { theme: "dark".into(), ascii: true, ..Settings::default() }).await;
    deck.keys("/ \"gitrepository\" enter").await;

    for line in deck.screen() {
        assert!(line.is_ascii(), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_hostile_reaches_the_screen() {
    let mut deck = Driver::start(180, 60).await;
    for keys in ["/ \"hostile\" enter", "j j", "d", "esc y", "esc v"] {
        deck.keys(keys).await;
        for cell in deck.buffer().content() {
            let hostile =
                cell.symbol().chars().any(|c| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
            assert!(!hostile, "{:?}", cell.symbol());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_names_of_pods_take_the_room_of_a_revision_that_they_do_not_have() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys("Z / \"pod_shop/checkout\" enter").await.shows("po shop/checkout-");
    for row in deck.screen().iter().filter(|line| line.contains("po shop/checkout-")) {
        assert!(row.contains("  1/1"), "{row}");
    }
}
