use serde_json::{Value, json};

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::change::CommitAsk;
use fluxdeck_model::domain::{CommitNote, EventRow, HistoryEnd, PullMark, RawCommit, width};
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::insight::why::evidence::LogEnd;
use fluxdeck_model::insight::why::since::ReadyRevision;
use fluxdeck_model::insight::why::{BuildFault, Learned, Onset, OnsetAsk, Revisions, Suspect};
use fluxdeck_model::kinds;
use fluxdeck_model::state::Effect;

fn pod() -> Value {
    json!({
        "metadata": {"name": "web-1-a", "namespace": "apps", "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "Deployment/\"apps\"/\"web\""}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "web", "restartCount": 7, "ready": false,
            "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "cannot open config"}}}]}
    })
}

fn world() -> (World, ObjectRef) {
    let mut world = World::default();
    let message = "health check failed after 1m0s: timeout waiting for: [Deployment/apps/web status: 'InProgress']";
    let conditions = json!([{"type": "Ready", "status": "False", "reason": "HealthCheckFailed", "message": message, "lastTransitionTime": "2026-01-01T00:06:00Z"}]);
    let object = world.put(
        "ks",
        &json!({"status": {"observedGeneration": 1, "conditions": conditions,
        "lastAttemptedRevision": "main@sha1:86058ad0123456789abcdef0123456789abcdef0",
        "inventory": {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}]}}}),
    );
    world.put(
        "deploy",
        &json!({"spec": {"replicas": 1}, "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1}}),
    );
    world.put("po", &pod());
    (world, object)
}

#[test]
fn the_cause_is_on_top_and_how_it_reached_what_one_looks_at_below() {
    let (mut world, object) = world();
    let mut view = WhyView::new(object);
    let (effects, _) = world.act(|cx| view.opened(cx));
    let asked = |is_meant: fn(&Aspect) -> bool| {
        let look = |effect: &Effect| match effect {
            Effect::Look { ticket, object, aspect, .. } if is_meant(aspect) => Some((*ticket, object.clone(), aspect.clone())),
            _ => None,
        };
        effects.iter().find_map(look).unwrap_or_else(|| panic!("{effects:?}"))
    };
    let (ticket, of, aspect) = asked(|aspect| matches!(aspect, Aspect::Evidence(_)));
    let Aspect::Evidence(wants) = aspect else { panic!("{aspect:?}") };
    let (of_git, _, aspect) = asked(|aspect| matches!(aspect, Aspect::Onset(_)));
    let Aspect::Onset(ask) = aspect else { panic!("{aspect:?}") };
    let named: Vec<_> = ask.of.iter().map(|(object, by)| format!("{object} by {by}")).collect();
    assert_eq!(named, ["Deployment apps/web by Kustomization apps/web"]);
    assert_eq!((&*of.name, &wants[..]), ("web-1-a", &[Want::Log, Want::Node, Want::Claims][..]));
    let lines = world.show(&mut view, 80, 20);
    assert!(lines.iter().any(|line| line.contains("commit    asking git")), "{lines:#?}");
    assert!(lines[0].contains("✗ cause  po apps/web-1-a: container web exits 1 (\"cannot open config\"),"), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("↳ ✗ deploy apps/web: 0 of 1 pod ready")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.contains("↳ ✗ ks apps/web: health check failed")), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with(" since") && line.contains("with main@86058ad (ks apps/web)")),
        "{lines:#?}"
    );
    assert!(lines.iter().any(|line| line.contains("asking the cluster")), "{lines:#?}");

    // the cursor stays where it is when evidence comes
    world.act(|cx| view.gesture(Gesture::Down, cx));
    assert_eq!(&*view.selection(world.state())[0].name, "web");
    let events = vec![EventRow {
        is_warning: true,
        reason: "BackOff".into(),
        message: "Back-off restarting failed container".into(),
        ..EventRow::default()
    }];
    let log = LogEnd { container: "web".into(), is_previous: true, lines: vec!["level=fatal msg=\"cannot open config\"".into()] };
    let found = Evidence {
        events: Learned::Here(events),
        log: Learned::Here(log),
        node: Learned::Unreadable("nodes is forbidden".into()),
        ..Evidence::default()
    };
    world.act(|cx| view.reply(ticket, &Reply::Evidence(Box::new(found)), cx));
    let lines = world.show(&mut view, 80, 20);
    assert_eq!(&*view.selection(world.state())[0].gk.kind, "Deployment");
    for part in [
        " log       level=fatal",
        "BackOff: Back-off restarting",
        " not read  the node of Pod apps/web-1-a: nodes is forbidden",
        " press     l logs   o file",
    ] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
    }
    world.act(|cx| view.reply(of_git, &Reply::Onset(Box::new(beginning(&ask))), cx));
    let lines = world.show(&mut view, 80, 24);
    assert_eq!(&*view.selection(world.state())[0].gk.kind, "Deployment", "the cursor stays");
    for part in [
        " commit    \"bump web\" by ben (#12)  g commit",
        " or 3333333 \"other\" by ben (#12), beside it",
        " last ready with main@1111111 (status.history)",
        " fault     deploy/web.yaml:3:1: no",
    ] {
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
    }
    let (_, opened) = world.act(|cx| view.gesture(Gesture::Commit, cx));
    let [Transition::Open(Screen::COMMIT, Subject::Commit(_, ask))] = &opened[..] else { panic!("{opened:?}") };
    assert!(matches!(&**ask, CommitAsk::At(at) if &*at.id == ID), "{ask:?}");
    let (_, opened) = world.act(|cx| view.gesture(Gesture::Open, cx));
    assert!(
        matches!(&opened[..], [Transition::Open(Screen::DETAILS, Subject::Object(object))] if &*object.gk.kind == "Deployment"),
        "{opened:?}"
    );
}

const ID: &str = "2222222222222222222222222222222222222222";

fn beginning(ask: &OnsetAsk) -> Onset {
    let suspect = |id: &str, subject: &str, is_own: bool| {
        let raw = RawCommit {
            id: id.to_owned(),
            author: "ben".into(),
            seconds: i64::MAX,
            message: subject.into(),
            ..RawCommit::default()
        };
        Suspect { note: CommitNote { pull: Some(PullMark { sign: '#', number: 12 }), ..CommitNote::new(&raw) }, is_own }
    };
    let ready = ReadyRevision {
        revision: "main@sha1:1111111111111111111111111111111111111111".into(),
        last: None,
        first: None,
        witness: "status.history",
    };
    Onset {
        object: ask.of[0].0.clone(),
        applier: ask.of[0].1.clone(),
        revisions: Revisions { ready: Some(ready), ..Revisions::default() },
        at: Commit { url: "https://forge.test/fleet".into(), id: ID.into() },
        suspects: vec![suspect(ID, "bump web", true), suspect(&"3".repeat(40), "other", false)],
        end: HistoryEnd::Whole,
        fault: Some(BuildFault { says: "deploy/web.yaml:3:1: no".into(), place: None }),
        released: None,
    }
}

#[test]
fn all_that_is_broken_is_as_many_sentences_as_there_are_causes() {
    let (mut world, _) = world();
    let mut view = All::default();
    let lines = world.show(&mut view, 100, 6);
    assert!(lines[1].contains("3  ✗ po apps/web-1-a: container web exits 1"), "{lines:#?}");
    assert_eq!(view.title(world.state()), "why: 3 objects broken by 1 first cause");
    let (_, opened) = world.act(|cx| view.gesture(Gesture::Open, cx));
    assert!(matches!(&opened[..], [Transition::Open(Screen::WHY, Subject::Object(_))]), "{opened:?}");
}

#[test]
fn of_what_is_well_the_screen_says_so() {
    let mut world = World::default();
    let object = world.put("ks", &json!({"status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True", "reason": "ReconciliationSucceeded"}]}}));
    let mut view = WhyView::new(object);
    let (effects, _) = world.act(|cx| view.opened(cx));
    assert!(effects.is_empty(), "nothing is asked: {effects:?}");
    assert!(world.show(&mut view, 80, 6)[0].contains("all is well"));
    assert_eq!(view.title(world.state()), "all is well with Kustomization apps/web");
}

#[test]
fn what_changes_elsewhere_is_looked_at_once_a_second_and_what_is_on_the_way_at_once() {
    let (mut world, object) = world();
    let mut view = WhyView::new(object);
    world.act(|cx| view.opened(cx));
    world.show(&mut view, 80, 20);
    let made = |view: &WhyView| view.made.as_ref().map(|made| made.stamp);
    let first = made(&view);
    world.put("cm", &json!({"metadata": {"name": "elsewhere", "namespace": "other"}}));
    world.show(&mut view, 80, 20);
    assert_eq!(made(&view), first, "nothing on its way has changed");
    let mut ended = pod();
    ended["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] = json!(3);
    world.put("po", &ended);
    let lines = world.show(&mut view, 80, 20);
    assert!(lines[0].contains("container web exits 3"), "{lines:#?}");
    assert_ne!(made(&view), first);
}

/// Texts of anybody: long, with escape sequences, with writing from right to left, with marks on top of one another, wide.
fn hostile() -> Vec<String> {
    vec![
        "x".repeat(1 << 20),
        format!("\u{1b}[2J\u{1b}]0;owned\u{7}{}", "\u{1b}[31m".repeat(1 << 10)),
        "\u{202e}\u{2066}gnp.exe\u{200b}\u{feff}".repeat(64),
        format!("a{}", "\u{301}".repeat(1 << 12)),
        "\r\n\t\u{0}\u{8}\u{85}\u{2028}".repeat(256),
        "界".repeat(1 << 12),
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}".repeat(1 << 8),
        "مرحبا".repeat(1 << 8),
    ]
}

fn is_hostile(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}' | '\u{feff}' | '\u{2028}')
}

#[test]
fn hostile_texts_stay_in_their_lines_wherever_a_first_cause_is_said() {
    for text in hostile() {
        for (reason, message) in [
            ("BuildFailed", format!("kustomize build failed: {text}")),
            ("ReconciliationFailed", format!("admission webhook \"{text}\" denied the request: {text}")),
            ("UpgradeFailed", format!("template: {text}:1:2: {text}")),
            ("HealthCheckFailed", format!("timeout waiting for: [Deployment/apps/web status: '{text}']")),
        ] {
            let (mut world, object) = world();
            let conditions = json!([{"type": "Ready", "status": "False", "reason": reason, "message": message}]);
            world.put("ks", &json!({"status": {"observedGeneration": 1, "conditions": conditions, "inventory": {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}]}}}));
            let mut crash = pod();
            crash["status"]["containerStatuses"][0]["lastState"]["terminated"]["message"] = text.clone().into();
            crash["status"]["containerStatuses"][0]["image"] = text.clone().into();
            crash["status"]["containerStatuses"][0]["lastState"]["terminated"]["reason"] = text.clone().into();
            world.put("po", &crash);
            let mut said = Vec::new();
            for kind in [kinds::KUSTOMIZATION, kinds::DEPLOYMENT, kinds::POD] {
                let name = if *kind == *kinds::POD { "web-1-a" } else { "web" };
                let of = ObjectRef::new(object.cluster, kind.gk(), "apps", name);
                let node = world.state().cluster().store.find(&of).expect("it is there");
                // above the keys, on its row, and in full
                said.push(sentence::of_object(world.state(), node, false).text);
                said.push(world.state().cluster().message_of(node, &world.state().person_clock()));
                said.extend(sentence::why(world.state(), node).map(|cause| cause.says));
                let mut view = WhyView::new(of);
                world.act(|cx| view.opened(cx));
                let lines = world.show(&mut view, 80, 24);
                assert!(lines[0].contains("cause  "), "{lines:#?}");
                assert!(lines.len() == 24 && lines.iter().all(|line| width::of(line) <= 80), "{lines:#?}");
                said.extend(lines);
                said.extend(view.lines.iter().map(|line| line.text.clone()));
            }
            said.extend(world.show(&mut All::default(), 100, 6));
            assert!(said.iter().all(|line| !line.contains(is_hostile)), "{reason}");
        }
    }
}

#[test]
fn no_size_is_too_small() {
    let (mut world, object) = world();
    let mut view = WhyView::new(object);
    world.act(|cx| view.opened(cx));
    for (width, height) in [(0, 0), (1, 1), (20, 5), (300, 2)] {
        world.show(&mut view, width, height);
        world.show(&mut All::default(), width, height);
    }
}
