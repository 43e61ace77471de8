use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::commands::Transition;
use fluxdeck_model::domain::{PullMark, RawCommit};
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::state::Effect;

fn note(id: &str, message: &str) -> CommitNote {
    CommitNote::new(&RawCommit {
        id: id.repeat(40),
        author: "ben".into(),
        address: "ben@example.test".into(),
        message: message.into(),
        parents: vec!["0".repeat(40)],
        seconds: i64::MAX,
    })
}

fn patch(text: &str) -> PatchText {
    let patch = format!("diff --git a/a.yaml b/a.yaml\n--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-image: web:1\n+image: {text}\n");
    let file = fluxdeck_model::change::ProposedFile::of("a.yaml", Some(b"image: web:1\n"), (1, 1));
    PatchText { files: vec![file], patch, left_out: 2 }
}

fn review(range: Option<RangeReview>) -> CommitReview {
    let pull = Some(PullMark { sign: '#', number: 12 });
    CommitReview {
        at: Commit { url: "https://forge.test/fleet".into(), id: "2".repeat(40).as_str().into() },
        note: CommitNote { pull, ..note("2", "bump web\n\nThe old one leaks.") },
        changed: Some(patch("web:2")),
        range,
    }
}

/// A view of the commit of a Kustomization, with an answer.
fn opened(world: &mut World, answer: &Reply) -> Box<dyn View> {
    let object = world.put("ks", &json!({}));
    let mut view = (SPEC.make)(Subject::Object(object.clone()), world.state()).expect("a view");
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, aspect: Aspect::Commit { by, ask }, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((by, &**ask), (&object, &CommitAsk::Present));
    let ticket = *ticket;
    world.act(|cx| view.reply(ticket, answer, cx));
    view
}

#[test]
fn a_commit_is_its_subject_its_author_its_text_and_its_diff() {
    let mut world = World::default();
    let mut view = opened(&mut world, &Reply::Commit(Box::new(review(None))));
    let lines = world.show(&mut *view, 80, 24);
    let parts = [
        " bump web",
        " by ben <ben@example.test>  2222222  #12",
        " The old one leaks.",
        " a.yaml",
        "     1 - image: web:1",
        "     1 + image: web:2",
        " … and 2 other files",
    ];
    for part in parts {
        assert!(lines.iter().any(|line| line.trim() == part.trim()), "{part}: {lines:#?}");
    }
    assert_eq!(view.word(Gesture::NextPane, "range", world.state()), None, "there is nothing between");
    let (effects, _) = world.act(|cx| view.gesture(Gesture::CopyPage, cx));
    assert!(format!("{effects:?}").contains(&"2".repeat(40)), "{effects:?}");
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        world.show(&mut *view, width, height);
    }
}

#[test]
fn what_is_fetched_and_not_applied_is_a_key_away_and_back() {
    let mut world = World::default();
    let range = RangeReview {
        applied: format!("main@sha1:{}", "2".repeat(40)),
        fetched: format!("main@sha1:{}", "4".repeat(40)),
        commits: vec![note("4", "third"), note("3", "second (#13)")],
        end: HistoryEnd::Shallow(None),
        changed: patch("web:4"),
    };
    let mut view = opened(&mut world, &Reply::Commit(Box::new(review(Some(range)))));
    assert!(world.show(&mut *view, 80, 24)[0].contains("bump web"), "the commit first");
    world.act(|cx| view.gesture(Gesture::NextPane, cx));
    let lines = world.show(&mut *view, 80, 24);
    for part in [
        " main@2222222..main@4444444  2 commits, fetched and not applied",
        " 4444444",
        "second (#13)  ben",
        "what was before is not known",
        "+ image: web:4",
    ] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
    }
    assert_eq!(view.title(world.state()), "2222222..4444444");
    world.act(|cx| view.gesture(Gesture::NextPane, cx));
    assert!(world.show(&mut *view, 80, 24)[0].contains("bump web"));
}

#[test]
fn what_cannot_be_known_says_so() {
    let mut world = World::default();
    let mut view = opened(&mut world, &Reply::Commit(Box::new(CommitReview { changed: None, ..review(None) })));
    let lines = world.show(&mut *view, 80, 24);
    assert!(lines.iter().any(|line| line.contains("what it changed is not known here")), "{lines:#?}");
    let mut view = opened(&mut world, &Reply::Failed(Error::failed("no checkout here has it", "")));
    assert!(world.show(&mut *view, 80, 24).iter().any(|line| line.contains("no checkout here has it")));

    // what nobody applies has no commit, and the command says so at once
    let deployment = world.put("deploy", &json!({}));
    let mut refused = None;
    let (_, opened) = world.act(|cx| refused = Some(commands::open_commit(&deployment, CommitAsk::Present, cx)));
    assert!(refused.is_some_and(|refused| refused.is_err_and(|error| error.message.contains("is known to apply"))));
    assert!(opened.is_empty(), "{opened:?}");
    let at = CommitAsk::At(Commit { url: "https://forge.test/fleet".into(), id: "2".into() });
    let (_, opened) = world.act(|cx| commands::open_commit(&deployment, at, cx).expect("a commit that is known"));
    assert!(matches!(&opened[..], [Transition::Open(Screen::COMMIT, Subject::Commit(..))]), "{opened:?}");
}
