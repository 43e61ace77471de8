//! Tables: every kind by its names, sorting, filtering, history.

use super::driver::Driver;

#[tokio::test(start_paused = true)]
async fn a_kind_opens_by_any_of_its_names() {
    let mut deck = Driver::start(120, 40).await;
    for name in ["ks", "kustomizations", "Kustomization"] {
        deck.keys(&format!(": \"{name}\" enter")).await.shows("kustomizations").shows("REVISION").shows("MESSAGE");
    }
}

#[tokio::test(start_paused = true)]
async fn a_table_sorts_by_state_and_back() {
    let mut deck = Driver::start(140, 40).await;

    deck.keys(": \"ks\" enter S g").await;
    let worst = deck.screen();
    assert!(worst[3].contains('✗'), "{}", worst[3]);

    deck.keys("S g").await;
    let best = deck.screen();
    assert!(best[3].contains('●'), "{}", best[3]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_in_the_command_narrows_the_table() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys(": \"ks_/crashing\" enter").await.shows("   /crashing").hides("controllers");
    deck.keys("esc").await.hides("   /crashing").shows("controllers");
}

#[tokio::test(start_paused = true)]
async fn esc_leads_home_and_brackets_through_history() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys(": \"ks\" enter : \"hr\" enter").await.shows("helmreleases");
    deck.keys("[").await.shows("kustomizations");
    deck.keys("]").await.shows("helmreleases");
    deck.keys("-").await.shows("kustomizations");
    deck.keys("esc").await.shows("tree by sources");
    deck.keys("q esc").await.shows("tree by sources");
}

#[tokio::test(start_paused = true)]
async fn a_typo_names_its_neighbour_and_a_wrong_context_is_named() {
    let mut deck = Driver::start(120, 40).await;

    deck.keys(": \"kustomizatons\" enter").await.shows("did you mean `kustomizations`?");
    deck.keys(": \"ctx_nowhere\" enter").await.shows("no context `nowhere`");
    deck.keys(": \"theme_pink\" enter").await.shows("no theme `pink`");
}

#[tokio::test(start_paused = true)]
async fn revisions_in_tables_are_revisions() {
    let mut deck = Driver::start(160, 60).await;

    deck.keys(": \"gitrepo\" enter").await.shows("main@");
    deck.keys(": \"hr\" enter").await.shows("1.5.0");
}

#[tokio::test(start_paused = true)]
async fn the_names_of_pods_are_whole_and_so_are_headings() {
    let mut deck = Driver::start(80, 24).await;

    deck.keys(": \"po_/^crasher\" enter").await.shows("RESTARTS").hides("RESTAR…");
    let row = deck.screen()[3].clone();
    assert!(row.contains("crasher-") && !row.contains('…'), "{row}");
}
