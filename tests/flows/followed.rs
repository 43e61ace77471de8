//! A change in git after its review: followed step by step, stopped, reviewed again; and whatever its texts and the screen are like.

use super::proposals;
use super::reviews::{ROW, live, ready};
use fluxdeck_model::change::{ForgeChoice, Proposed};
use fluxdeck_model::domain::{Pull, PullState};
use fluxdeck_model::state::jobs::{ChangeOutcome, ChangePhase};

#[tokio::test(start_paused = true)]
async fn a_change_is_followed_from_its_commit_to_its_pods_step_by_step() {
    let mut deck = live(120, 40).await;
    deck.review(|_| {}).await.keys("enter").await.shows("prepare 0s, scale in git");
    deck.keys(": \"changes\" enter").await.shows("changes in git").shows("Deployment shop/checkout: replicas 3 -> 5");
    deck.keys("enter").await.shows("◐ committed");
    let prepared = proposals::prepared(None);
    deck.step(ChangeOutcome::Prepared(Box::new(prepared))).await;
    deck.shows("● committed     57943ce on main@86058ad").shows("◐ pushed");
    let denied = ChangeOutcome::Failed { why: "remote rejected".to_owned(), hint: "ask for the right to push".to_owned() };
    deck.step(denied).await;
    deck.shows("‖ pushed        remote rejected; ask for the right to push").shows("r continues it, x ends it");
    deck.shows("r continue  ").hides("o pull request").hides("w keep watching");
    deck.keys("r").await;
    deck.step(ChangeOutcome::Branch(None)).await;
    deck.shows("◐ committed");
    deck.step(ChangeOutcome::Prepared(Box::new(proposals::prepared(None)))).await;
    deck.step(ChangeOutcome::Pushed).await;
    deck.shows("● pushed        fluxdeck/scale-shop-checkout-3f2a").shows("◐ pull request");
    deck.keys("o").await.shows("it has no pull request yet");
    deck.step(ChangeOutcome::Pull(Box::new(proposals::pull(PullState::Open)))).await;
    deck.shows("● pull request  #12 open · checks 1 of 2 passed  https://forge.example/ops/fleet/pulls/12").shows("◌ merged");
    deck.shows("o pull request").hides("R apply now").hides("r continue  ");
    deck.keys("R").await.shows("it is not merged yet");
    deck.keys("y").await.shows("copied https://forge.example/ops/fleet/pulls/12");
    deck.keys("esc").await.shows("◌ #12 open");
    deck.keys("esc").await.shows("checkout #12");
    deck.keys(": \"tree\" enter / \"shop/checkout\" enter").await.shows("shop/checkout").shows("#12");
    assert!(deck.written().is_empty(), "nothing was written to the cluster");

    deck.keys("esc J enter").await;
    deck.later(15).await;
    deck.step(ChangeOutcome::Pull(Box::new(proposals::pull(proposals::merged())))).await;
    deck.shows("● merged        3d3b4b7 by ben").shows("◐ fetched").shows("R reconciles what applies it").shows("R apply now");
    deck.shows("Deployment shop/checkout: replicas 3 -> 5: #12 is merged");
    deck.keys("R").await;
    assert_eq!(deck.written(), ["GitRepository flux-apps/apps"], "the source comes first");

    // and back again: another change, with a review of its own
    deck.keys("u").await;
    let order = deck.asked().order;
    assert_eq!(
        (&order.settings[..], &order.expected[..]),
        (&[fluxdeck_model::change::ChangeSetting::set("spec.replicas=3")][..], &["spec.replicas=5".to_owned()][..])
    );
    assert_eq!(
        (&*order.title, &*order.reason),
        ("Undo: Deployment shop/checkout: replicas 3 -> 5", "Takes back #12 (3d3b4b700000).")
    );
}

#[tokio::test(start_paused = true)]
async fn a_pull_request_that_its_forge_is_to_merge_is_queued_wherever_it_is_shown() {
    let mut deck = live(120, 40).await;
    deck.review(|_| {}).await.keys("enter J").await;
    deck.step(ChangeOutcome::Prepared(Box::new(proposals::prepared(None)))).await;
    deck.step(ChangeOutcome::Pushed).await;
    deck.step(ChangeOutcome::Pull(Box::new(Pull { is_queued: true, ..proposals::pull(PullState::Open) }))).await;
    deck.shows("#12 queued · checks 1 of 2 passed").keys("enter").await.shows("#12 queued · checks 1 of 2 passed");
    deck.shows("the forge merges it as soon as it may").keys("esc").await;
    deck.keys("esc : \"changes\" enter").await.shows("#12 queued");
    deck.keys("esc : \"tree\" enter / \"shop/checkout\" enter").await.shows("#12 queued: https://forge.example");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_stopped_says_what_it_leaves_behind() {
    let mut deck = live(120, 40).await;
    deck.review(|_| {}).await.keys("enter J").await;
    let [prepared, pushed, open, _] = proposals::outcomes();
    for outcome in [prepared, pushed, open] {
        deck.step(outcome).await;
    }
    deck.keys("x")
        .await
        .shows("the user stopped it; #12 stays as it is: https://forge.example/ops/fleet/pulls/12")
        .shows("‖ stopped");
    deck.keys("esc").await.hides("#12");
}

#[tokio::test(start_paused = true)]
async fn a_plan_that_is_another_one_by_now_is_reviewed_again_and_takes_the_place_of_the_first() {
    let mut deck = live(100, 30).await;
    deck.review(|_| {}).await.keys("enter").await;
    deck.step(ChangeOutcome::Differs { why: "main has moved, and the line with it".to_owned() }).await;
    // nothing of it is of an earlier run, and it does not go on as it is
    deck.keys("J").await.shows("review again").hides("r continue").keys("enter").await.shows("⏎ reviews it again, x drops it");
    deck.hides("an earlier run")
        .hides("r continue")
        .keys("r")
        .await
        .shows("it has to be reviewed again: enter on its page does that");
    deck.keys("enter").await.shows("planning…");
    let order = deck.asked().order;
    assert_eq!(order.site.base, "main", "the site is known");
    deck.plan(ready(&order, |_| {})).await;
    deck.screen();
    deck.keys("enter").await;
    let jobs = deck.app.state().jobs.all();
    let phases: Vec<_> = jobs.iter().filter_map(|job| job.change()).map(|change| change.phase().is_over()).collect();
    assert_eq!(phases, [true, false]);
    assert!(matches!(jobs[1].change().map(|change| change.phase().clone()), Some(ChangePhase::Prepare(_))));
}

#[tokio::test(start_paused = true)]
async fn scaling_now_offers_to_do_it_in_git_with_the_number_that_was_typed() {
    let mut deck = live(100, 30).await;
    deck.keys(ROW).await.keys("s \"9\"").await.shows("^g in git instead");
    deck.keys("ctrl-g").await.shows("scale Deployment shop/checkout ── bed-admin").shows("replicas  [9 ");
    assert!(deck.written().is_empty());
    // what git does not have cannot be changed there
    deck.keys("esc : \"hr_web\" enter s").await.hides("in git instead");
}

#[tokio::test(start_paused = true)]
async fn no_text_of_a_proposal_reaches_the_terminal_as_it_is() {
    let bad = "\u{1b}]0;x\u{7}\u{202e}x\r\u{9b}2J";
    let mut deck = live(120, 40).await;
    deck.review(|proposal| {
        let texts = [
            &mut proposal.object,
            &mut proposal.base,
            &mut proposal.branch,
            &mut proposal.build,
            &mut proposal.patch,
            &mut proposal.pull.title,
            &mut proposal.pull.body,
            &mut proposal.author.author,
            &mut proposal.order.site.base,
            &mut proposal.order.site.url,
            &mut proposal.order.site.caution,
            &mut proposal.order.site.found_by,
            &mut proposal.order.reason,
            &mut proposal.files[0].path,
            &mut proposal.checks[4].why,
        ];
        texts.into_iter().for_each(|text| text.push_str(bad));
        let field = &mut proposal.fields[0];
        let after = field.after.get_or_insert_default();
        for text in [&mut field.field, after, &mut field.place, &mut field.layer] {
            text.push_str(bad);
        }
        (proposal.besides, proposal.readers) = (vec![bad.to_owned()], vec![bad.to_owned()]);
        proposal.cautions = vec![proposals::autoscaled()];
        let caution = &mut proposal.cautions[0];
        caution.text.push_str(bad);
        let other = caution.instead.as_mut().expect("it has one");
        [&mut other.field, &mut other.before, &mut other.object.name].into_iter().for_each(|text| text.push_str(bad));
        proposal.unproven = vec![(bad.to_owned(), bad.to_owned())];
        proposal.forge = ForgeChoice::None { why: bad.to_owned(), page: Some(bad.to_owned()) };
        proposal.open = Some(fluxdeck_model::domain::Pull { url: bad.to_owned(), ..proposals::pull(PullState::Open) });
        proposal.order.is_wide = true;
    })
    .await;
    let is_clean =
        |screen: Vec<String>| screen.iter().all(|line| line.chars().all(|letter| !letter.is_control() && letter != '\u{202e}'));
    for keys in ["tab", "tab", "t", "esc", "enter", "J", "enter"] {
        assert!(is_clean(deck.keys(keys).await.screen()), "{keys}");
    }
    let mut refusal = proposals::refused();
    for text in [&mut refusal.object, &mut refusal.field, &mut refusal.why, &mut refusal.hint] {
        text.push_str(bad);
    }
    refusal.ways[0].place.file.push_str(bad);
    refusal.ways[0].word.push_str(bad);
    refusal.ways[0].result = Ok(vec![bad.to_owned()]);
    refusal.ways[2].result = Err(bad.to_owned());
    let mut deck = live(120, 40).await;
    deck.keys(ROW).await.keys("a n \"5\" enter").await;
    deck.plan(Proposed::Refused(Box::new(refusal))).await;
    for keys in ["j", "enter", "k", "enter", "y"] {
        assert!(is_clean(deck.keys(keys).await.screen()), "{keys}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_screen_is_too_small_for_a_change() {
    for (width, height) in [(1, 1), (20, 5), (40, 10), (75, 12), (161, 7)] {
        for way in ["ready", "wide", "refused"] {
            let mut deck = live(80, 24).await;
            deck.keys(ROW).await;
            deck.resize(width, height);
            deck.keys("a down right n tab x tab ctrl-u \"5\" enter").await.screen();
            let order = deck.asked().order;
            deck.plan(match way {
                "ready" => ready(&order, |_| {}),
                "wide" => Proposed::Ready(Box::new(proposals::wide(&order))),
                _ => Proposed::Refused(Box::new(proposals::refused())),
            })
            .await;
            for keys in ["tab", "j j G", "tab k", "t x enter", "enter", "x esc", "enter esc", "J", "enter", "G", "esc esc"] {
                deck.keys(keys).await.screen();
            }
        }
    }
}
