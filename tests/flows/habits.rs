//! Keys as in k9s: what they do, and what to press for those that do nothing here.

use std::sync::Arc;

use fluxdeck::demo::{Company, RunDirectory};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;

use super::driver::Driver;

async fn demo(width: u16, height: u16) -> Driver {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    Driver::demo(company, width, height, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await
}

fn selected(deck: &mut Driver) -> String {
    deck.screen().into_iter().rev().nth(1).unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn an_unknown_context_opens_no_table() {
    let mut deck = demo(120, 30).await;
    deck.keys(": \"ks\" enter").await;
    deck.keys(": \"deploy_@prodution\" enter")
        .await
        .shows("no context `prodution`")
        .shows("› kustomizations")
        .hides("› deployments");
    deck.keys(": \"deploy_/web_@staging\" enter").await.shows("› deployments").shows("staging").shows("/web");
}

#[tokio::test(start_paused = true)]
async fn space_marks_and_stays() {
    let mut deck = demo(120, 30).await;
    for view in [": \"ks\" enter", ": \"tree\" enter"] {
        deck.keys(view).await;
        let before = selected(&mut deck);
        deck.keys("space").await.shows("1 marked");
        assert_eq!(selected(&mut deck), before);
        deck.keys("space").await.hides("1 marked");
        deck.keys("space j space").await.shows("2 marked");
        deck.keys("ctrl-\\").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_of_k9s_that_does_nothing_says_what_does() {
    let mut deck = demo(120, 30).await;
    for (key, said) in
        [("i", "an image is set in git"), ("x", "no value of a Secret"), ("3", "`:ns NAME`"), ("F", "port-forward")]
    {
        deck.keys(key).await.shows(said);
    }
    for (line, shown) in
        [("xray", "tree by sources"), ("pulse", "broken"), ("oci", "ocirepositories"), ("img", "imagerepositories")]
    {
        deck.keys(&format!(": \"{line}\" enter")).await.shows(shown);
    }
}

#[tokio::test(start_paused = true)]
async fn help_is_in_chapters_and_its_key_closes_it() {
    let mut deck = demo(120, 120).await;
    deck.keys("?").await.shows("help for the tree");
    let chapter = |line: &String| line.split_whitespace().next().map(str::to_owned);
    let mut chapters: Vec<_> = deck.screen().iter().skip(3).filter_map(chapter).collect();
    chapters.dedup();
    assert_eq!(chapters[..5], ["move", "look", "act", "find", "everywhere"]);
    deck.keys("/ \"suspend\" enter").await.shows("suspend");
    deck.keys("?").await.hides("help for the tree").shows("tree by sources");
}

#[tokio::test(start_paused = true)]
async fn the_table_on_the_screen_can_be_saved() {
    let mut deck = Driver::live(120, 30, Settings::default()).await;
    for (view, heading) in
        [(": \"ks_/crashing\" enter", "NAMESPACE,NAME,STATE"), (": \"tree\" enter", "OBJECT,STATE,REVISION,SINCE")]
    {
        deck.keys(view).await;
        deck.keys("ctrl-s").await;
        let saved = deck.saved.pop().expect("a table");
        assert!(saved.0.starts_with("bed-admin-") && saved.1.starts_with(heading), "{saved:?}");
    }
    deck.keys(": \"ks_/crashing\" enter y ctrl-s").await.shows("there is no table here");
    assert!(deck.saved.is_empty());
}

#[tokio::test(start_paused = true)]
async fn home_begins_with_the_company_the_worst_of_it_first_and_ends_with_what_hangs_in_the_air() {
    let mut deck = demo(120, 60).await;
    let screen = deck.screen();
    let row = |text: &str| screen.iter().position(|line| line.contains(text));
    assert!(screen[3].contains("gitrepo flux-system/flux-system"), "{}", screen[3]);
    // the Kustomization that applies itself is open: its children are there
    let (root, child) = (row("ks flux-system/flux-system"), row("ks flux-system/apps"));
    assert!(root.is_some() && child > root, "{}", screen.join("\n"));
    assert_eq!(row("worst first"), None);
    deck.keys("N").await.shows("by name");
    deck.keys("S").await.hides("by name");
    deck.keys("S").await;
    assert_eq!(deck.screen()[3..], screen[3..], "the key for it does not turn it round");
}

#[tokio::test(start_paused = true)]
async fn the_counts_are_of_the_namespaces_and_esc_steps_back_over_those_of_a_line() {
    let mut deck = demo(120, 40).await;
    let header = |deck: &mut Driver| deck.screen()[0].clone();
    let all = header(&mut deck);
    deck.keys(": \"ks_flux-system\" enter").await.shows("› flux-system");
    let narrow = header(&mut deck);
    assert_ne!(narrow.rsplit("  ").next(), all.rsplit("  ").next());
    // a filter does not change what is wrong
    deck.keys("/ \"apps\" enter").await;
    assert_eq!(header(&mut deck), narrow);
    deck.keys("esc esc").await.shows("all namespaces");
    assert_eq!(header(&mut deck), all);
    // what was chosen by itself stays
    deck.keys(": \"ns_web\" enter : \"ks\" enter esc").await.shows("› web");
}
