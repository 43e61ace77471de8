//! Eighty columns and fewer: what matters most is cut last, and nothing lies over anything else.

use std::sync::Arc;

use fluxdeck::demo::{Company, RunDirectory};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::{Link, Message, News, Settings};

use super::driver::Driver;

async fn live(width: u16, height: u16) -> Driver {
    Driver::live(width, height, Settings::default()).await
}

async fn demo(width: u16, height: u16) -> Driver {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    Driver::demo(company, width, height, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await
}

#[tokio::test(start_paused = true)]
async fn an_act_on_a_row_says_first_how_far_it_is_and_since_when() {
    let mut deck = live(80, 24).await;
    deck.keys(": \"tree\" enter / \"flux-apps/checkout\" enter R").await.shows("◐ requested 0s, reconcile");
    deck.later(7).await;
    deck.shows("◐ requested 7s, reconcile").shows("ks flux-apps/checkout");
    deck.answer("Kustomization flux-apps/checkout", true, "Applied revision").await;
    deck.shows("● done 7s, reconcile");
}

#[tokio::test(start_paused = true)]
async fn in_the_lists_of_jobs_and_acts_the_objects_name_is_cut_last() {
    let mut deck = live(120, 24).await;
    let long = "a-kustomization-with-a-name-that-ends-in-its-region-eu-west-1";
    deck.appear("Kustomization flux-apps/checkout", long).await;
    deck.keys(&format!(": \"ks_/{long}\" enter R")).await;
    for width in [80, 60, 40] {
        deck.resize(width, 24);
        for key in ["J", "@"] {
            deck.keys(key).await.shows("eu-west-1");
            deck.keys("esc").await;
        }
    }
    // a name of usual length is there as a whole, with a short word for what was done
    deck.keys(": \"ks_/flux-apps/checkout\" enter R").await;
    for width in [80, 60, 40] {
        deck.resize(width, 24);
        for key in ["J", "@"] {
            // on narrower ones the word for what was done gives way
            deck.keys(key).await.shows(if width >= 80 { "reconcile ks flux-apps/checkout" } else { "flux-apps/checkout" });
            deck.keys("esc").await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_picture_that_is_old_says_so_in_every_view_and_size() {
    let mut deck = live(120, 40).await;
    let since = deck.now;
    let cluster = deck.app.state().cluster();
    let link = Link::Stale { since, why: "connection refused".to_owned() };
    let news = Message::Cluster(cluster.id, cluster.epoch, News::Link(link));
    deck.receive(news);
    let views = [
        "",
        ": \"ks\" enter",
        "d",
        "y",
        "esc v",
        "a",
        "esc s",
        "esc esc : \"ns\" enter",
        ": \"kinds\" enter",
        ": \"ctx\" enter",
        "?",
        "esc J",
        "esc @",
        "esc /",
        "esc :",
    ];
    for header in ["", "esc ctrl-e"] {
        deck.keys(header).await;
        for keys in views {
            deck.keys(keys).await;
            for (width, height) in [(180, 50), (120, 30), (80, 24), (60, 20), (40, 12), (40, 6)] {
                deck.resize(width, height);
                let shown = deck.screen();
                let is_said = shown.iter().take(2).any(|line| line.contains("stale"));
                assert!(is_said, "{keys} at {width}x{height}:\n{}", shown.join("\n"));
            }
            deck.resize(120, 40);
        }
        deck.keys("esc").await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_cause_from_below_is_in_the_line_above_the_keys() {
    let mut deck = demo(80, 24).await;
    for (keys, word) in [(": \"deploy_/crasher\" enter", "Failed: po faults/crasher-"), (": \"tree\" enter g", "below failed: ")]
    {
        deck.keys(keys).await;
        let screen = deck.screen();
        let message = screen[21..23].join("\n");
        assert!(message.contains(word), "{message}");
        assert!(!message.contains("2 below failed;"), "{message}");
    }
    // revisions have seven digits
    deck.keys(": \"gitrepo\" enter").await;
    let digits = regex::Regex::new("[0-9a-f]{40}").expect("a pattern");
    assert!(!deck.screen().iter().any(|line| digits.is_match(line)), "{}", deck.screen().join("\n"));
}

#[tokio::test(start_paused = true)]
async fn a_difference_of_revisions_is_never_cut() {
    let mut deck = demo(180, 50).await;
    // the sign is there, or what it belongs to was dropped whole
    let cut = regex::Regex::new("main@1{3,7} ?…|≠[0-9a-f]{0,6}…").expect("a pattern");
    for size in [(180, 50), (120, 40), (100, 40), (80, 40)] {
        deck.resize(size.0, size.1);
        for keys in [": \"ks_shards\" enter", ": \"tree\" enter / \"shards\" enter"] {
            deck.keys(keys).await;
            let screen = deck.screen().join("\n");
            assert!(screen.contains("≠"), "{size:?}: {screen}");
            assert!(!cut.is_match(&screen), "{size:?}: {screen}");
        }
        deck.keys("esc").await;
    }
}

#[tokio::test(start_paused = true)]
async fn columns_are_there_for_what_differs() {
    let mut deck = demo(120, 40).await;
    deck.keys(": \"ks_flux-system\" enter").await.hides("SUSPENDED").shows(" AGE ");
    deck.keys("0 : \"ks\" enter").await.shows("SUSPENDED");
    // the tree has for how long, and says so; the names of pods are whole where nothing beside them needs the room
    deck.keys("0 : \"tree\" enter").await.shows("SINCE").hides(" AGE ");
    deck.resize(80, 40);
    deck.keys("/ \"po_faults/crasher\" enter").await;
    let pods: Vec<_> = deck.screen().into_iter().filter(|line| line.contains("✗ po faults/crasher-")).collect();
    assert!(!pods.is_empty() && pods.iter().all(|line| !line.contains('…')), "{pods:?}");
}
