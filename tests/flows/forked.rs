//! A change whose user may not push to the repository: asked in the review, or when the push is refused; and what is done with a pull request
//! from the page of its change.

use super::proposals;
use super::reviews::live;
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::{Pull, PullState};
use fluxdeck_model::state::jobs::{Change, ChangeOutcome, ChangePhase, PreparedChange};
use fluxdeck_model::state::pulls::RemarkKind;

const FORK: &str = "ana/fleet";

fn new() -> ForkOffer {
    ForkOffer::New { repository: FORK.to_owned() }
}

fn prepared(fork: Option<ForkOffer>) -> ChangeOutcome {
    ChangeOutcome::Prepared(Box::new(PreparedChange { fork, ..proposals::prepared(None) }))
}

fn changes(deck: &super::driver::Driver) -> Vec<Change> {
    deck.app.state().jobs.all().iter().filter_map(|job| job.change().cloned()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_review_asks_before_a_fork_is_made_and_takes_no_key_for_a_yes() {
    for (typed, may_fork) in [("yes", true), ("direct", false)] {
        let mut deck = live(120, 40).await;
        deck.review(|proposal| proposal.fork = Some(new())).await;
        deck.shows("you may not push to ops/fleet: make the fork ana/fleet, and push to that");
        deck.keys("enter").await.shows("type yes to push to the fork, or direct");
        deck.keys("enter").await.shows("type `yes`, or leave with esc");
        assert_eq!(changes(&deck).len(), 0, "nothing was agreed to");
        deck.keys(&format!("\"{typed}\" enter")).await;
        assert_eq!(changes(&deck).iter().map(|change| change.progress.may_fork).collect::<Vec<_>>(), [may_fork]);
    }
    // what is there can be followed by anybody
    let mut deck = live(120, 40).await;
    deck.review(|proposal| {
        proposal.fork = Some(new());
        proposal.open = Some(proposals::pull(PullState::Open));
    })
    .await;
    deck.hides("you may not push").keys("enter").await;
    assert_eq!(changes(&deck).len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_push_that_is_refused_for_lack_of_right_goes_to_the_fork_after_a_yes() {
    let mut deck = live(120, 40).await;
    deck.review(|_| {}).await.keys("enter J enter").await;
    deck.hides("F fork");
    deck.step(prepared(None)).await;
    deck.step(ChangeOutcome::MayNotPush { why: "you may not push to ops/fleet".to_owned(), offer: new() }).await;
    deck.shows("F pushes it to the fork, r tries once more, x ends it").shows("F fork");
    deck.keys("F").await.shows("push to a fork").shows("make the fork ana/fleet, and push to that");
    deck.keys("esc").await.hides("y do it");
    assert!(matches!(changes(&deck)[0].phase(), ChangePhase::Push(_)), "nothing was agreed to");

    deck.keys("F y").await.shows("◐ committed");
    deck.step(prepared(Some(new()))).await;
    deck.shows("◐ fork").shows("making the fork ana/fleet");
    deck.step(ChangeOutcome::Forked(FORK.to_owned())).await;
    deck.step(prepared(Some(ForkOffer::There { repository: FORK.to_owned() }))).await;
    deck.shows("● fork          ana/fleet").shows("◐ pushed");
    deck.step(ChangeOutcome::Pushed).await;
    assert_eq!(changes(&deck)[0].new_pull().fork.as_deref(), Some(FORK));
    deck.shows("to ana/fleet").keys("x").await.shows("the fork ana/fleet stays");
}

#[tokio::test(start_paused = true)]
async fn a_pull_request_is_a_draft_or_merged_later_from_the_page_of_its_change() {
    let open = |edit: fn(&mut Pull)| {
        let mut pull = proposals::pull(PullState::Open);
        edit(&mut pull);
        ChangeOutcome::Pull(Box::new(pull))
    };
    let mut deck = live(140, 40).await;
    deck.review(|_| {}).await.keys("enter J").await;
    deck.keys("D").await.shows("open it first");
    deck.keys("enter D").await.shows("it has no pull request yet").hides("D draft").hides("M auto-merge");
    for outcome in [prepared(None), ChangeOutcome::Pushed, open(|_| {})] {
        deck.step(outcome).await;
    }
    deck.shows("D draft").shows("M auto-merge");
    deck.keys("M").await.shows("auto-merge ops/fleet#12").shows("once its checks have passed").keys("esc").await;
    deck.keys("D").await.shows("make a draft of ops/fleet#12").keys("y").await.shows("ops/fleet#12 is a draft");
    let remarks: Vec<_> = deck.api().remarks.iter().map(|remark| (remark.object(), remark.kind.clone())).collect();
    assert_eq!(remarks, [("ops/fleet#12".to_owned(), RemarkKind::Draft(true))]);

    deck.later(15).await;
    deck.step(open(|pull| pull.is_draft = true)).await;
    deck.shows("D ready for review").hides("M auto-merge");
    deck.keys("M").await.shows("a draft is merged by nobody: D makes it none");
    deck.keys("D").await.shows("ready for review: ops/fleet#12").keys("esc").await;
    deck.later(15).await;
    deck.step(open(|pull| pull.is_queued = true)).await;
    deck.hides("M auto-merge").keys("M").await.shows("the forge merges it as soon as it may");
    deck.later(15).await;
    deck.step(ChangeOutcome::Pull(Box::new(proposals::pull(proposals::merged())))).await;
    deck.hides("D draft").keys("D").await.shows("it is merged");
}
