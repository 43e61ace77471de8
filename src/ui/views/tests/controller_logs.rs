use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::state::Effect;

/// A HelmRelease with its chart, and the request for what its controllers have written.
fn opened() -> (World, ControllerLogs, Ticket, ControllerLogRequest) {
    let mut world = World::default();
    world.put("helmchart", &json!({"metadata": {"name": "apps-web"}}));
    let id = world.put("hr", &json!({"status": {"helmChart": "apps/apps-web"}}));
    let mut view = ControllerLogs::new(id);
    let (effects, _) = world.act(|cx| view.opened(cx));
    let (ticket, request) = asked(&effects);
    (world, view, ticket, request)
}

fn asked(effects: &[Effect]) -> (Ticket, ControllerLogRequest) {
    let mut found = effects.iter().filter_map(|effect| match effect {
        Effect::Look { ticket, aspect: Aspect::ControllerLogs(request), .. } => Some((*ticket, request.clone())),
        _ => None,
    });
    found.next().unwrap_or_else(|| panic!("{effects:?}"))
}

fn line(second: u32, level: &str, kind: &str, name: &str, text: &str) -> LogRecord {
    let line = json!({
        "level": level, "ts": format!("2026-01-01T00:00:{second:02}.250Z"), "msg": text, "controllerKind": kind, "namespace": "apps",
        "name": name, "revision": "6.5.4", "reconcileID": "c8cd043a",
    });
    LogRecord::read(&line.to_string(), None)
}

fn found(pods: &[&str]) -> Reply {
    let pods = pods.iter().map(|pod| (*pod).to_owned()).collect();
    let (name, namespace) = ("helm-controller".to_owned(), "flux-system".to_owned());
    Reply::Controllers(vec![ReadController { name, namespace, shard: None, pods }])
}

#[test]
fn a_release_is_looked_for_with_its_chart_in_both_controllers() {
    let (_, _, _, request) = opened();
    let objects: Vec<_> = request.concern.objects().iter().map(ToString::to_string).collect();

    assert_eq!(objects, ["HelmRelease apps/web", "HelmChart apps/apps-web"]);
    assert_eq!(request.concern.controllers().into_iter().collect::<Vec<_>>(), ["helm-controller", "source-controller"]);
    assert!(!request.is_whole && !request.previous && request.span.follows && !request.span.gives_up);
}

#[test]
fn lines_of_several_logs_are_in_one_order_and_say_what_they_are_about() {
    let (mut world, mut view, ticket, _) = opened();
    assert!(world.show(&mut view, 60, 6).concat().contains("looking for the controllers"));
    world.act(|cx| view.reply(ticket, &found(&["helm-controller-1"]), cx));
    let late = line(9, "error", "HelmRelease", "web", "Helm upgrade failed");
    world.act(|cx| view.reply(ticket, &Reply::Records(vec![late], 400), cx));
    let early = line(3, "info", "HelmChart", "apps-web", "pulled chart");
    world.act(|cx| view.reply(ticket, &Reply::Records(vec![early], 100), cx));

    assert_eq!(
        world.show(&mut view, 70, 6),
        [
            " helm-controller-1 in flux-system",
            " 00:00:03 info   HelmChart apps/apps-web: pulled chart",
            " 00:00:09 error  Helm upgrade failed",
            "",
            "",
            "",
        ]
    );
    assert_eq!(view.count(world.state()), "2 of 500 lines");
    assert_eq!(view.title(world.state()), "log of HelmRelease apps/web · following");
}

#[test]
fn all_fields_of_the_selected_line_unfold_and_fold() {
    let (mut world, mut view, ticket, _) = opened();
    world.act(|cx| view.reply(ticket, &found(&["helm-controller-1"]), cx));
    let records = vec![line(1, "info", "HelmRelease", "web", "one"), line(2, "info", "HelmRelease", "web", "two")];
    world.act(|cx| view.reply(ticket, &Reply::Records(records, 2), cx));
    world.act(|cx| view.gesture(Gesture::Up, cx) && view.gesture(Gesture::Open, cx));

    let shown = world.show(&mut view, 70, 9);
    assert_eq!(shown[1], " 00:00:01 info   one");
    for field in ["time          2026-01-01 00:00:01.250 UTC", "object        HelmRelease apps/web", "revision      6.5.4"] {
        assert!(shown.iter().any(|row| row.trim() == field), "{field}: {shown:#?}");
    }
    assert!(shown[..8].iter().any(|row| row.contains("two")), "{shown:#?}");
    world.act(|cx| view.gesture(Gesture::Open, cx));
    assert_eq!(world.show(&mut view, 70, 6)[2], " 00:00:02 info   two");
    world.act(|cx| view.gesture(Gesture::Timestamps, cx));
    assert_eq!(world.show(&mut view, 70, 6)[2], " 2026-01-01 00:00:02.250 info   two");
}

#[test]
fn levels_and_filters_narrow_what_is_shown() {
    let (mut world, mut view, ticket, _) = opened();
    world.act(|cx| view.reply(ticket, &found(&["helm-controller-1"]), cx));
    let records = vec![
        line(1, "debug", "HelmRelease", "web", "a"),
        line(2, "info", "HelmRelease", "web", "b"),
        line(3, "error", "HelmRelease", "web", "c"),
    ];
    world.act(|cx| view.reply(ticket, &Reply::Records(records, 9), cx));
    let mut shown = |view: &mut ControllerLogs, gesture| {
        world.act(|cx| view.gesture(gesture, cx));
        let rows = world.show(view, 70, 6);
        (rows[1..].iter().filter_map(|row| row.trim().chars().last()).collect::<String>(), view.count(world.state()))
    };

    assert_eq!(shown(&mut view, Gesture::Level), ("bc".to_owned(), "2 of 9 lines".to_owned()));
    assert_eq!(shown(&mut view, Gesture::Level).0, "c");
    assert_eq!(shown(&mut view, Gesture::Level).0, "abc");
    world.act(|cx| view.set_filter("nothing", cx).expect("a filter"));
    assert!(world.show(&mut view, 70, 6).concat().contains("nothing matches in 3 lines"));
    world.act(|cx| view.set_filter("error", cx).expect("a filter"));
    assert_eq!(view.count(world.state()), "1 of 9 lines");
    world.act(|cx| assert!(view.set_filter("-l a=b", cx).is_err()));
}

#[test]
fn all_lines_and_the_previous_instances_are_asked_for_again() {
    let (mut world, mut view, ticket, _) = opened();
    let mut press = |view: &mut ControllerLogs, gesture| {
        let (effects, _) = world.act(|cx| assert!(view.gesture(gesture, cx)));
        assert!(matches!(effects[0], Effect::Drop(_)), "{effects:?}");
        asked(&effects)
    };
    assert!(press(&mut view, Gesture::Whole).1.is_whole);
    let (last, request) = press(&mut view, Gesture::Previous);
    assert!(request.previous && request.is_whole);

    world.act(|cx| view.reply(ticket, &Reply::Records(vec![line(1, "info", "HelmRelease", "web", "old")], 1), cx));
    assert_eq!(view.count(world.state()), "0 of 0 lines", "it answers what is not asked any more");
    assert!(view.title(world.state()).starts_with("all of the log for HelmRelease apps/web · previous"));
    let (effects, _) = world.act(|cx| view.closed(cx));
    assert_eq!(effects, [Effect::Drop(last)]);
}

#[test]
fn what_may_not_be_read_is_said_and_so_is_that_nothing_is_about_it() {
    let (mut world, mut view, ticket, _) = opened();
    let refused = Error::failed("you may not see where Flux's controllers run: deployments is forbidden", "ask for the right");
    world.act(|cx| view.reply(ticket, &Reply::Failed(refused), cx));
    let shown = world.show(&mut view, 70, 6).concat();
    assert!(shown.contains("you may not see where") && shown.contains("ask for the right"), "{shown}");

    world.act(|cx| view.reply(ticket, &found(&["helm-controller-1", "helm-controller-2"]), cx));
    world.act(|cx| view.reply(ticket, &Reply::Note("pod helm-controller-2: pods is forbidden".to_owned()), cx));
    world.act(|cx| view.reply(ticket, &Reply::Records(Vec::new(), 40), cx));
    let shown = world.show(&mut view, 70, 8).join("\n");
    for part in [
        "2 pods, one of them leads",
        "pod helm-controller-2: pods is forbidden",
        "no line is about HelmRelease apps/web: 40 lines read",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn no_size_is_too_small_and_no_line_too_hostile() {
    let (mut world, mut view, ticket, _) = opened();
    world.act(|cx| view.reply(ticket, &found(&["helm-controller-1", "helm-controller-2"]), cx));
    let long = "世\u{1b}[2J\u{202e}".repeat(20_000);
    let records = vec![line(1, "error", "HelmRelease", "web", &long), LogRecord::read(&long, None)];
    world.act(|cx| view.reply(ticket, &Reply::Records(records, 2), cx));
    world.act(|cx| view.gesture(Gesture::Open, cx));
    for (width, height) in [(0, 0), (1, 1), (20, 5), (80, 24)] {
        let shown = world.show(&mut view, width, height).concat();
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'));
    }
}
