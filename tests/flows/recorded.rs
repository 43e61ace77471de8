//! The rules on real objects: the recorded fleet against the table that was written by hand for the test bed.

use std::sync::Arc;

use super::driver::{Driver, fleet};
use fluxdeck::demo::{Company, RunDirectory};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::domain::store::Presence;
use fluxdeck_model::kinds;
use fluxdeck_model::state::Settings;

struct Expected<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    state: &'a str,
    reason: &'a str,
    message: &'a str,
}

fn expectations() -> Vec<Expected<'static>> {
    let rows = include_str!("../live/expected.tsv").lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    let rows = rows.map(|line| line.split('\t').collect::<Vec<_>>()).filter(|row| row.len() >= 6 && row[0] != "kind");
    rows.map(|row| Expected { kind: row[0], namespace: row[1], name: row[2], state: row[3], reason: row[4], message: row[5] })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_recorded_object_is_judged_as_expected() {
    assert_expected(&Driver::start(120, 40).await);
}

#[tokio::test(start_paused = true)]
async fn every_object_of_the_demo_is_judged_as_expected() {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    let settings = Settings { theme: "dark".into(), ..Settings::default() };

    assert_expected(&Driver::demo(company, 120, 40, Depth::True, settings).await);
}

fn assert_expected(deck: &Driver) {
    let cluster = deck.app.state().cluster();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for row in expectations() {
        let of_kind = kinds::by_name(row.kind).into_iter().flat_map(|kind| {
            cluster.store.of_kind(&fluxdeck_model::domain::GroupKind::new(kind.group, kind.kind)).collect::<Vec<_>>()
        });
        let found = of_kind.into_iter().find(|id| {
            let reference = cluster.store.reference(*id);
            (&*reference.namespace, &*reference.name) == (row.namespace, row.name)
        });
        let what = format!("{} {}/{}", row.kind, row.namespace, row.name);
        let Some(object) = found.and_then(|id| cluster.store.object(id)) else {
            wrong.push(format!("{what} is not in the snapshot"));
            continue;
        };
        seen += 1;
        let verdict = &object.verdict;
        // the verdict may say more than Ready does (drift, an unobserved generation): the words must be those of some condition
        let reasons = object.conditions.iter().map(|condition| &condition.reason).chain([&verdict.reason]);
        let messages = object.conditions.iter().map(|condition| &condition.message).chain([&verdict.message]);
        let has_reason = row.reason == "-" || reasons.into_iter().any(|reason| **reason == *row.reason);
        let has_message = row.message == "-" || messages.into_iter().any(|message| message.contains(row.message));
        let agrees = verdict.health.slug() == row.state && has_reason && has_message;
        if !agrees {
            wrong.push(format!("{what}: {} {} {}", verdict.health.slug(), verdict.reason, verdict.message));
        }
    }
    assert!(wrong.is_empty(), "{} of {seen} differ from the table:\n{}", wrong.len(), wrong.join("\n"));
    assert!(seen > 90, "the table has {seen} rows");
}

#[tokio::test(start_paused = true)]
async fn every_recorded_object_is_in_the_tree_once() {
    let deck = Driver::start(120, 40).await;
    let cluster = deck.app.state().cluster();
    let recorded: usize = fleet().kinds.iter().map(|kind| kind.objects.len()).sum();
    let present = cluster.store.nodes().filter(|id| cluster.store.presence(*id) == Presence::Present);

    assert_eq!(present.filter(|id| cluster.forest.contains(*id)).count(), recorded);
}

#[test]
fn the_recorded_fleet_shows_every_state() {
    let states: std::collections::BTreeSet<_> = expectations().iter().map(|row| row.state).collect();

    assert_eq!(states.len(), 8, "{states:?}");
}
