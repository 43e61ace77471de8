//! Filters act on what is seen; kubectl's flags mean what they mean there; failures are a key apart.

use std::sync::Arc;

use fluxdeck::demo::{Company, RunDirectory};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;
use ratatui::style::Color;

use super::driver::Driver;

async fn demo(width: u16, height: u16) -> Driver {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    Driver::demo(company, width, height, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await
}

/// The texts on that line of the screen that have the colour of matches.
fn marked(deck: &mut Driver, line: &str) -> String {
    let buffer = deck.buffer();
    let screen = deck.screen();
    let y = screen.iter().position(|text| text.contains(line)).unwrap_or_else(|| panic!("{line}:\n{}", screen.join("\n")));
    let y = u16::try_from(y).expect("a line");
    let of_match = Color::Rgb(0xd8, 0xa6, 0x57);
    (0..buffer.area.width).filter(|x| buffer[(*x, y)].bg == of_match).map(|x| buffer[(x, y)].symbol()).collect()
}

#[tokio::test(start_paused = true)]
async fn anchors_are_the_ends_of_a_cell_and_matches_are_marked() {
    let mut deck = demo(120, 40).await;
    deck.keys(": \"deploy_/^frontend$\" enter").await.shows(" 1 of ").shows("frontend");
    deck.keys(": \"ks_/^apps$\" enter").await.shows("1 of ");
    deck.keys(": \"tree\" enter / \"^apps$\" enter g").await;
    assert_eq!(marked(&mut deck, "ks flux-system/apps"), "apps");
    assert_eq!(marked(&mut deck, "gitrepo flux-apps/apps"), "apps");
    assert_eq!(marked(&mut deck, "ks flux-system/flux-system"), "", "what is there for context only");
}

#[tokio::test(start_paused = true)]
async fn what_a_filter_has_taken_away_is_not_acted_on_however_fast_the_keys_come() {
    for (view, other, expected) in [
        ("deploy_web", "web-server", "Deployment web/frontend"),
        ("tree", "flux-system/flux-system", "ImageRepository flux-system/frontend"),
    ] {
        let mut deck = demo(120, 40).await;
        deck.keys(&format!(": \"{view}\" enter / \"{other}\" enter")).await.shows(other);
        // no frame is drawn in between
        for key in "/|ctrl-u|^|f|r|o|n|t|e|n|d|$|enter|a".split('|') {
            deck.press(key).await;
        }
        deck.shows(expected).shows("Through git");
    }
}

#[tokio::test(start_paused = true)]
async fn letters_are_those_of_names_and_labels_are_labels() {
    let mut deck = demo(120, 40).await;
    // letters that are in messages only
    deck.keys(": \"ks_/-f_rvision\" enter").await.shows("0 of ");
    deck.keys(": \"ks_-f_apps\" enter").await.hides("0 of ").shows("apps");
    let label = "kustomize.toolkit.fluxcd.io/namespace=flux-apps";
    deck.keys(&format!(": \"deploy\" enter / \"{label}\" enter")).await.hides("nothing matches").shows(" of 25");
    let found = deck.screen()[1].clone();
    deck.keys(&format!("esc : \"deploy_-l_{label}\" enter")).await.shows("/-l kustomize");
    assert_eq!(found.rsplit("  ").next(), deck.screen()[1].rsplit("  ").next());
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_for_context_only_is_dim() {
    let mut deck = demo(120, 40).await;
    deck.keys("/ \"deployment_web/frontend\" enter").await;
    let style = |deck: &mut Driver, text: &str| {
        let (buffer, screen) = (deck.buffer(), deck.screen());
        let (y, line) = screen.iter().enumerate().find(|(_, line)| line.contains(text)).unwrap_or_else(|| panic!("{text}"));
        let x = line[..line.find(text).expect("it is there")].chars().count();
        buffer[(u16::try_from(x).expect("a column"), u16::try_from(y).expect("a line"))].fg
    };
    let context = style(&mut deck, "ks flux-system/flux-system");
    deck.keys("esc g").await;
    assert_ne!(style(&mut deck, "ks flux-system/flux-system"), context);
}

#[tokio::test(start_paused = true)]
async fn kubectl_s_flags_are_understood_or_refused() {
    let mut deck = demo(120, 30).await;
    deck.keys(": \"ks_-n_web\" enter").await.shows("production › web");
    deck.keys(": \"ks_-A\" enter").await.shows("all namespaces").shows("flux-system");
    deck.keys(": \"ks_-n_flux-system\" enter esc").await.shows("all namespaces").shows("tree by sources");
    deck.keys(": \"ns_-A\" enter").await.shows("all namespaces");
    for (line, refused) in [
        ("ks_-o_wide", "`-o` has no meaning here"),
        ("ns_-x", "cannot be the name of a namespace"),
        ("ks_a_b", "was given already"),
    ] {
        deck.keys(&format!(": \"{line}\" enter")).await.shows(refused);
    }
    deck.keys("esc : \"ns\" enter").await.hides(" -A").hides(" -x").hides(" -n");
}

#[tokio::test(start_paused = true)]
async fn a_key_goes_from_failure_to_failure() {
    let mut deck = demo(120, 50).await;
    deck.keys("z g .").await;
    let selected = |deck: &mut Driver| deck.screen().into_iter().rev().nth(1).unwrap_or_default();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let screen = deck.screen();
        let message = screen.iter().rev().skip(1).take(2).cloned().collect::<Vec<_>>().concat();
        assert!(message.contains("Failed") || message.contains("Stalled"), "{}", screen.join("\n"));
        seen.push(selected(&mut deck));
        deck.keys(".").await;
    }
    seen.dedup();
    assert!(seen.len() > 2, "{seen:?}");
    deck.keys(": \"hr\" enter N N g .").await;
    let screen = deck.screen();
    assert!(
        screen.iter().rev().skip(1).take(2).any(|line| line.contains("Failed") || line.contains("Stalled")),
        "{}",
        screen.join("\n")
    );
}
