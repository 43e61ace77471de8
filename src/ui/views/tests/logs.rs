use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::state::{Effect, Link, News};

fn request(effects: &[Effect]) -> Vec<(Ticket, String, LogRequest)> {
    let looks = effects.iter().filter_map(|effect| match effect {
        Effect::Look { ticket, object, aspect: Aspect::Logs(request), .. } => {
            Some((*ticket, object.namespace.to_string(), request.clone()))
        }
        _ => None,
    });
    looks.collect()
}

/// A Kustomization with a pod in each of two namespaces.
fn world() -> (World, ObjectRef) {
    let mut world = World::default();
    for namespace in ["apps", "web"] {
        world.put("deploy", &json!({"metadata": {"namespace": namespace}}));
        let owner = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": format!("Deployment/\"{namespace}\"/\"web\"")}]);
        world.put("pod", &json!({"metadata": {"namespace": namespace, "name": "web-1", "ownerReferences": owner}}));
    }
    let id = world.put("ks", &json!({
        "metadata": {"name": "all", "namespace": "flux-system"},
        "status": {"inventory": {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}, {"id": "web_web_apps_Deployment", "v": "v1"}]}}
    }));
    (world, id)
}

fn pod() -> (World, Logs, Ticket) {
    let mut world = World::default();
    let id = world.put("pod", &json!({"metadata": {"name": "web-1"}}));
    let mut view = Logs::new(id);
    let (effects, _) = world.act(|cx| view.opened(cx));
    let ticket = request(&effects)[0].0;
    (world, view, ticket)
}

#[test]
fn pods_below_an_object_are_asked_for_by_namespace() {
    let (mut world, id) = world();
    let mut view = Logs::new(id);
    let (effects, _) = world.act(|cx| view.opened(cx));
    let asked: Vec<_> =
        request(&effects).into_iter().map(|(_, namespace, request)| (namespace, request.pods.len(), request.span.tail)).collect();
    assert_eq!(asked, [("apps".to_owned(), 1, Some(TAIL)), ("web".to_owned(), 1, Some(TAIL))]);
    assert!(view.title(world.state()).contains("2 pods"), "{}", view.title(world.state()));
}

#[test]
fn a_workload_without_pods_says_so() {
    let mut world = World::default();
    let id = world.put("ks", &json!({}));
    let mut view = Logs::new(id);
    let (effects, _) = world.act(|cx| view.opened(cx));
    assert!(effects.is_empty());
    assert!(world.show(&mut view, 60, 6).concat().contains("there are no pods below Kustomization apps/web"));
}

#[test]
fn lines_are_followed_and_bounded() {
    let (mut world, mut view, ticket) = pod();
    assert!(world.show(&mut view, 40, 4).concat().contains("waiting for lines"));
    for batch in 0..11 {
        let lines = (0..500).map(|at| format!("line {}", batch * 500 + at)).collect();
        world.act(|cx| view.reply(ticket, &Reply::Log(lines), cx));
    }
    assert_eq!(world.show(&mut view, 40, 3), [" line 5497", " line 5498", " line 5499"]);
    assert_eq!(view.count(world.state()), "500 older dropped · 5000/5000");
    world.act(|cx| assert!(view.gesture(Gesture::Up, cx)));
    world.act(|cx| view.reply(ticket, &Reply::Log(vec!["new".to_owned()]), cx));
    assert_eq!(world.show(&mut view, 40, 3)[2], " line 5498");
    world.act(|cx| assert!(view.gesture(Gesture::Bottom, cx)));
    assert_eq!(world.show(&mut view, 40, 3)[2], " new");
}

#[test]
fn another_container_instance_or_form_is_requested_again() {
    let (mut world, mut view, ticket) = pod();
    world.act(|cx| view.reply(ticket, &Reply::Containers(vec!["app".to_owned(), "proxy".to_owned()]), cx));
    let mut press = |view: &mut Logs, gesture| {
        let (effects, _) = world.act(|cx| assert!(view.gesture(gesture, cx)));
        assert!(matches!(effects[0], Effect::Drop(_)), "{effects:?}");
        request(&effects).remove(0).2
    };
    assert_eq!(press(&mut view, Gesture::NextContainer).container.as_deref(), Some("app"));
    assert_eq!(press(&mut view, Gesture::NextContainer).container.as_deref(), Some("proxy"));
    assert_eq!(press(&mut view, Gesture::NextContainer).container, None);
    assert!(press(&mut view, Gesture::Previous).previous);
    assert!(press(&mut view, Gesture::Timestamps).timestamps);
    let title = view.title(world.state());
    assert!(title.contains("previous") && title.contains("all containers") && title.contains("following"), "{title}");
}

#[test]
fn the_end_and_a_failure_are_shown() {
    let (mut world, mut view, ticket) = pod();
    let refused = Reply::Failed(Error::failed("you may not read logs in apps", "ask for `get pods/log`"));
    world.act(|cx| view.reply(ticket, &refused, cx));
    assert!(world.show(&mut view, 60, 5).concat().contains("ask for `get pods/log`"));
    world.act(|cx| view.reply(ticket, &Reply::Log(vec!["a".to_owned()]), cx));
    world.act(|cx| view.reply(ticket, &Reply::Ended("the log has ended".to_owned()), cx));
    assert_eq!(world.show(&mut view, 60, 2), [" a", " — the log has ended —"]);
    let (effects, _) = world.act(|cx| view.closed(cx));
    assert_eq!(effects, [Effect::Drop(ticket)]);
}

#[test]
fn what_is_said_of_a_stream_stands_among_its_lines_and_the_title_says_when_it_is_over() {
    let (mut world, mut view, ticket) = pod();
    for reply in
        [Reply::Log(vec!["a".to_owned()]), Reply::Note("pod web-1: the log was cut".to_owned()), Reply::Log(vec!["b".to_owned()])]
    {
        world.act(|cx| view.reply(ticket, &reply, cx));
    }
    assert_eq!(world.show(&mut view, 60, 3), [" a", " — pod web-1: the log was cut —", " b"]);
    assert!(view.title(world.state()).contains("following"));
    world.act(|cx| view.reply(ticket, &Reply::Ended("the log has ended".to_owned()), cx));
    assert!(view.title(world.state()).ends_with("· ended"), "{}", view.title(world.state()));
}

#[test]
fn the_failure_of_one_namespace_hides_no_other() {
    let (mut world, id) = world();
    let mut view = Logs::new(id);
    let (effects, _) = world.act(|cx| view.opened(cx));
    let tickets: Vec<_> = request(&effects).into_iter().map(|(ticket, ..)| ticket).collect();
    let refused = Reply::Failed(Error::failed("you may not read logs in apps", "ask for it"));
    world.act(|cx| view.reply(tickets[0], &refused, cx));
    world.act(|cx| view.reply(tickets[1], &Reply::Log(vec!["a".to_owned()]), cx));

    assert_eq!(world.show(&mut view, 60, 2), [" — you may not read logs in apps: ask for it —", " a"]);
}

#[test]
fn a_view_that_waits_for_a_connection_says_why() {
    let (mut world, mut view, _) = pod();
    world.news(News::Link(Link::Unreachable(Error::failed("nothing listens at 10.0.0.1", ""))));

    let shown = world.show(&mut view, 60, 5).concat();
    assert!(
        shown.contains("waiting for lines… as soon as there is a connection") && shown.contains("nothing listens"),
        "{shown}"
    );
}

#[test]
fn a_filter_keeps_the_lines_that_match_as_they_come() {
    let (mut world, mut view, ticket) = pod();
    let log = |lines: &[&str]| Reply::Log(lines.iter().map(|line| (*line).to_owned()).collect());
    world.act(|cx| view.reply(ticket, &log(&["GET /a status=200", "GET /b status=500", "tick"]), cx));
    world.act(|cx| view.set_filter("status=5", cx).expect("a filter"));
    world.act(|cx| view.reply(ticket, &log(&["GET /c status=503", "tock"]), cx));
    assert_eq!(world.show(&mut view, 40, 3), [" GET /b status=500", " GET /c status=503", ""]);
    assert_eq!((view.count(world.state()), view.filter(world.state())), ("2 of 5 lines".to_owned(), "status=5".to_owned()));
    world.act(|cx| view.set_filter("!tick", cx).expect("a filter"));
    assert_eq!(world.show(&mut view, 40, 9).concat().matches("GET").count(), 3);
    world.act(|cx| view.set_filter("nowhere", cx).expect("a filter"));
    assert!(world.show(&mut view, 40, 4).concat().contains("nothing matches in 5 lines"));
    world.act(|cx| view.set_filter("", cx).expect("no filter"));
    assert_eq!(world.show(&mut view, 40, 2)[1], " tock", "it still follows");
}

#[test]
fn a_key_goes_from_failure_to_failure() {
    let (mut world, mut view, ticket) = pod();
    let lines = ["level=info a", "level=error b", "level=info c", "level=fatal d"].map(str::to_owned).to_vec();
    world.act(|cx| view.reply(ticket, &Reply::Log(lines), cx));
    world.show(&mut view, 40, 9);
    let mut next = |view: &mut Logs, gesture| {
        world.act(|cx| assert!(view.gesture(gesture, cx)));
        world.show(view, 40, 9).into_iter().find(|line| line.starts_with('▌')).unwrap_or_default()
    };
    assert_eq!(next(&mut view, Gesture::NextFailure), "▌level=error b");
    assert_eq!(next(&mut view, Gesture::NextFailure), "▌level=fatal d");
    assert_eq!(next(&mut view, Gesture::PreviousFailure), "▌level=error b");
}

#[test]
fn no_size_is_too_small() {
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        let (mut world, mut view, ticket) = pod();
        world.show(&mut view, width, height);
        world.act(|cx| view.reply(ticket, &Reply::Log(vec!["世界".repeat(50)]), cx));
        world.show(&mut view, width, height);
    }
}
