//! How a pull request is opened, in front of its review: title and text in the user's editor, and merged by its forge later.

use super::driver::Driver;
use super::reviews::{live, ready};
use fluxdeck_model::change::CheckResult;
use fluxdeck_model::error::Error;
use fluxdeck_model::state::{Effect, Message, Reply, Terminal, Ticket};

/// The sheet that was written down last.
fn sheet(deck: &mut Driver) -> (Ticket, String) {
    deck.api().sheets.last().expect("a sheet").clone()
}

/// The editor is through with it, and left this.
async fn edited(deck: &mut Driver, ticket: Ticket, text: String) {
    deck.receive(Message::Reply(ticket, Reply::Written("/state/edits/x.md".to_owned())));
    deck.settle().await;
    let lent = Effect::Terminal(Terminal::Edit { path: "/state/edits/x.md".to_owned(), line: 1, answers: Some(ticket) });
    assert_eq!(deck.effects.last(), Some(&lent));
    deck.receive(Message::Reply(ticket, Reply::Edited(text)));
    deck.settle().await;
}

const TITLE: &str = "Deployment shop/checkout: replicas 3 -> 5";

#[tokio::test(start_paused = true)]
async fn title_and_text_are_edited_and_what_the_plan_says_follows_them() {
    for (width, height) in [(80, 24), (180, 50)] {
        let mut deck = live(width, height).await;
        deck.review(|_| {}).await.keys("E").await;
        let (ticket, text) = sheet(&mut deck);
        assert!(text.starts_with(&format!("{TITLE}\n\n---")) && text.contains("| schema | passed |"), "{text}");
        edited(&mut deck, ticket, text.replacen(TITLE, "More room\n\nfor *black friday*", 1)).await;
        deck.shows("title      More room").keys("tab tab").await.shows("for *black friday*");
        // who answers later is in it
        deck.check("server-side dry run", CheckResult::Passed, "it would be taken").await;
        deck.keys("enter").await;
        let change = deck.api().steps.last().expect("submitted").2.clone();
        assert!(change.pull.body.starts_with("for *black friday*\n\n---\n"), "{}", change.pull.body);
        assert!(change.pull.body.contains("| server-side dry run | passed | it would be taken |"), "{}", change.pull.body);
        assert_eq!(
            (&*change.pull.title, &*change.order.title, &*change.order.body),
            ("More room", "More room", "for *black friday*")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_text_or_one_that_is_not_taken_loses_nothing() {
    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.keys("E").await;
    let (ticket, text) = sheet(&mut deck);
    edited(&mut deck, ticket, String::new()).await;
    deck.shows("the text was empty: title and text stay as they were").shows(TITLE);
    deck.keys("e").await;
    let (again, same) = sheet(&mut deck);
    assert!(again != ticket && same == text);
    deck.receive(Message::Reply(again, Reply::Failed(Error::failed("the file was not edited: exit status 1", ""))));
    deck.settle().await;
    deck.shows("the file was not edited").shows(TITLE);
    deck.keys("E").await;
    let (third, text) = sheet(&mut deck);
    edited(&mut deck, third, text).await;
    deck.shows("nothing was changed").keys("enter").await;
    let change = deck.api().steps.last().expect("submitted").2.clone();
    assert_eq!((&*change.pull.title, &*change.order.title, &*change.order.body), (TITLE, "", ""));
}

#[tokio::test(start_paused = true)]
async fn the_forge_is_asked_to_merge_only_where_the_plan_says_that_it_waits_for_a_check() {
    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.keys("M").await.shows("planning…");
    let order = deck.asked().order;
    assert!(order.merges_later);
    deck.plan(ready(&order, |_| {})).await;
    deck.shows("auto-merge on: the forge merges it once its checks have passed").shows("merged after its checks");
    // a draft is merged by nobody
    deck.keys("D").await.shows("auto-merge is off").hides("auto-merge on").keys("M").await.shows("D makes it none");
    deck.keys("D M").await;
    let order = deck.asked().order;
    assert!(order.merges_later && !order.is_draft);
    let refused = |order: &_| {
        ready(order, |proposal| {
            proposal.merged_by_hand = Some("main requires no check".to_owned());
            (proposal.order.merges_later, proposal.pull.merges_later) = (false, false);
        })
    };
    deck.plan(refused(&order)).await;
    deck.shows("! auto-merge stays off: main requires no check").hides("auto-merge on");
    // what was refused is not asked for again by itself
    deck.keys("enter").await;
    let change = deck.api().steps.last().expect("submitted").2.clone();
    assert!(!change.pull.merges_later && !change.order.merges_later);

    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.keys("M").await;
    let order = deck.asked().order;
    deck.plan(ready(&order, |_| {})).await;
    deck.screen();
    deck.keys("enter").await;
    let change = deck.api().steps.last().expect("submitted").2.clone();
    assert!(change.pull.merges_later && change.order.merges_later);
}
