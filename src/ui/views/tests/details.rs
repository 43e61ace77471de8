use serde_json::json;

use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::domain::{Coverage, EventRow};
use fluxdeck_model::kinds::BodyPart;
use fluxdeck_model::state::Effect;
use fluxdeck_model::state::{Link, Message, News};

fn failing() -> (World, ObjectRef) {
    let mut world = World::default();
    world.put(
        "gitrepo",
        &json!({
            "metadata": {"name": "fleet", "namespace": "flux-system"},
            "status": {"observedGeneration": 1, "artifact": {"revision": "main@sha1:86058ad"},
                       "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded", "message": "stored artifact"}]}
        }),
    );
    world.put(
        "deploy",
        &json!({
            "spec": {"replicas": 1},
            "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1, "readyReplicas": 1,
                       "conditions": [{"type": "Available", "status": "True"}]}
        }),
    );
    let id = world.put("ks", &json!({
        "metadata": {"name": "apps", "namespace": "flux-system"},
        "spec": {"path": "./flux/apps", "sourceRef": {"kind": "GitRepository", "name": "fleet"}, "dependsOn": [{"name": "system"}]},
        "status": {
            "observedGeneration": 1, "lastAppliedRevision": "main@sha1:3d3b4b7", "lastAttemptedRevision": "main@sha1:86058ad",
            "inventory": {"entries": [{"id": "apps_web_apps_Deployment", "v": "v1"}, {"id": "apps_api_apps_Deployment", "v": "v1"}]},
            "conditions": [{
                "type": "Ready", "status": "False", "reason": "HealthCheckFailed", "lastTransitionTime": "2026-01-01T00:06:00Z",
                "message": "health check failed after 2m: timeout waiting for: [Deployment/apps/api status: 'NotFound']"
            }]
        }
    }));
    for kind in ["ks", "deploy", "gitrepo"] {
        world.cover(kind, Coverage::Complete);
    }
    (world, id)
}

fn text(lines: &[String]) -> String {
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[test]
fn what_is_known_is_shown_before_any_reply() {
    let (mut world, id) = failing();
    let shown = text(&world.show(&mut DetailsView::new(id), 80, 45));
    for wanted in [
        " Kustomization flux-system/apps",
        "  state         ✗ Failed  HealthCheckFailed",
        "  since         4m ago, 2026-01-01 00:06:00 UTC",
        "  message       health check failed after 2m: timeout waiting for:\n                [Deployment/apps/api status: 'NotFound']",
        "  applied       main@sha1:3d3b4b7",
        "  attempted     main@sha1:86058ad",
        "  fetched       main@sha1:86058ad",
        " Conditions\n  Ready         False  HealthCheckFailed  4m\n\n Relations",
        "  source        ● GitRepository flux-system/fleet",
        "  depends on    ? Kustomization flux-system/system  Missing",
        " Inventory: 2 objects, found by inventory\n  Deployment                    2  ? 1  ● 1",
        "  ? Deployment apps/api  Missing  in the inventory, but not in the cluster",
        " Spec, history, events\n                fetching…",
    ] {
        assert!(shown.contains(wanted), "{wanted}\nis not in\n{shown}");
    }
}

#[test]
fn both_ends_of_an_edge_are_named_at_the_other() {
    let (mut world, _) = failing();
    let source =
        world.put("gitrepo", &json!({"metadata": {"name": "fleet", "namespace": "flux-system"}, "spec": {"suspend": true}}));
    let shown = text(&world.show(&mut DetailsView::new(source), 80, 45));
    assert!(shown.contains("  feeds         ✗ Kustomization flux-system/apps  Failed"), "{shown}");
    assert!(shown.contains("  suspended     yes; nothing says by whom or why"), "{shown}");
}

#[test]
fn a_suspension_past_its_time_is_overdue() {
    let mut world = World::default();
    let id = world.put(
        "ks",
        &json!({
            "metadata": {"annotations": {"fluxdeck.dev/suspended-by": "ana", "fluxdeck.dev/suspend-reason": "db migration",
                                         "fluxdeck.dev/suspend-until": "2026-01-01T00:09:00Z"}},
            "spec": {"suspend": true}
        }),
    );
    let shown = text(&world.show(&mut DetailsView::new(id), 80, 45));
    assert!(shown.contains("  suspended     by ana, \"db migration\", until 2026-01-01 00:09 UTC, overdue"), "{shown}");
}

#[test]
fn what_may_not_be_read_says_so() {
    let (mut world, _) = failing();
    world.cover("ks", Coverage::Restricted);
    let id = world.put(
        "deploy",
        &json!({"metadata": {"labels": {
        "kustomize.toolkit.fluxcd.io/name": "hidden", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}}}),
    );
    let hidden = ObjectRef::new(
        id.cluster,
        fluxdeck_model::domain::GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization"),
        "flux-system",
        "hidden",
    );
    let shown = text(&world.show(&mut DetailsView::new(hidden), 80, 45));
    assert!(shown.contains("Restricted") && shown.contains("you may not read it"), "{shown}");
}

#[test]
fn the_answer_brings_spec_history_annotations_and_events() {
    let (mut world, id) = failing();
    let mut view = DetailsView::new(id);
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, aspect: Aspect::Details, .. }] = effects[..] else { panic!("{effects:?}") };
    let details = Details {
        status: Vec::new(),
        spec: vec![("interval".to_owned(), "10m".to_owned()), ("sourceRef.name".to_owned(), "fleet".to_owned())],
        history: vec![
            ["2026-01-01T00:00:00Z", "main@sha1:3d3b4b7", "ReconciliationSucceeded", "1.2s"].map(str::to_owned).to_vec(),
        ],
        annotations: vec![("a/b".to_owned(), "c".to_owned())],
        parts: vec![BodyPart { heading: "Containers", lines: vec![("app".to_owned(), "nginx:1.27".to_owned())] }],
        events: Events::Here(vec![EventRow {
            is_warning: true,
            count: 3,
            reason: "HealthCheckFailed".to_owned(),
            message: "not found".to_owned(),
            ..EventRow::default()
        }]),
    };
    world.act(|cx| view.reply(ticket, &Reply::Details(Box::new(details)), cx));
    let shown = text(&world.show(&mut view, 80, 60));
    for wanted in [
        " Spec\n  interval        10m\n  sourceRef.name  fleet",
        " History\n  10m     main@sha1:3d3b4b7  ReconciliationSucceeded  1.2s",
        " Annotations\n  a/b            c",
        " Containers\n  app            nginx:1.27",
        "Warning  HealthCheckFailed      3  not found",
    ] {
        assert!(shown.contains(wanted), "{wanted}\nis not in\n{shown}");
    }
    let (effects, _) = world.act(|cx| view.closed(cx));
    assert_eq!(effects, [Effect::Drop(ticket)]);
}

#[test]
fn events_that_are_awaited_or_failed_are_not_shown_as_none() {
    let (mut world, id) = failing();
    let mut view = DetailsView::new(id);
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Look { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    let mut shown = |events: Events| {
        let details = Details { spec: vec![("interval".to_owned(), "10m".to_owned())], events, ..Details::default() };
        world.act(|cx| view.reply(ticket, &Reply::Details(Box::new(details)), cx));
        text(&world.show(&mut view, 80, 60))
    };

    let awaited = shown(Events::Awaited);
    assert!(awaited.contains("interval") && awaited.contains(" Events\n  fetching…") && !awaited.contains(NONE), "{awaited}");
    let failed = shown(Events::Failed(Error::failed("no answer within 15 s", "trying again in 1 s")));
    assert!(failed.contains(" no answer within 15 s  trying again in 1 s") && !failed.contains(NONE), "{failed}");
    assert!(shown(Events::Here(Vec::new())).contains(NONE));
}

#[test]
fn a_view_that_waits_for_a_connection_says_why() {
    let (mut world, id) = failing();
    let mut view = DetailsView::new(id);
    world.act(|cx| view.opened(cx));
    assert!(!text(&world.show(&mut view, 80, 60)).contains("no connection"));
    world.news(News::Link(Link::Unreachable(Error::failed("nothing listens at 10.0.0.1", ""))));

    let shown = text(&world.show(&mut view, 80, 60));
    assert!(shown.contains("there is no connection: nothing listens at 10.0.0.1"), "{shown}");
}

#[test]
fn a_late_answer_to_another_request_is_ignored() {
    let (mut world, id) = failing();
    let mut view = DetailsView::new(id);
    world.act(|cx| view.opened(cx));
    world.act(|cx| view.reply(Ticket(99), &Reply::Failed(Error::failed("of another view", "")), cx));
    assert!(!text(&world.show(&mut view, 80, 60)).contains("of another view"));
}

#[test]
fn lines_are_made_again_only_when_something_changed() {
    let (mut world, id) = failing();
    let mut view = DetailsView::new(id);
    world.show(&mut view, 80, 20);
    view.lines.push(Styled::of(Style::Text, "kept"));
    world.show(&mut view, 80, 20);
    assert!(view.lines.last().is_some_and(|line| line.text == "kept"));
    // the age in the lines has another text a minute later
    world.update_at("2026-01-01T00:11:00Z".parse().expect("a time"), Message::Clock);
    let shown = text(&world.show(&mut view, 80, 20));
    assert!(shown.contains("5m ago") && view.lines.last().is_some_and(|line| line.text != "kept"), "{shown}");
}

#[test]
fn no_size_is_too_small() {
    let (mut world, id) = failing();
    for (width, height) in [(0, 0), (1, 1), (20, 5), (13, 40)] {
        let mut view = DetailsView::new(id.clone());
        world.show(&mut view, width, height);
        let node = world.state().cluster().store.find(&id);
        world.draw(width, height, |area, buf, scene| super::super::preview::render_preview(area, buf, scene, node));
    }
}
