use super::*;
use crate::ui::widgets::testing::World;
use fluxdeck_model::domain::{ClusterId, Labels, Printed, PrintedChange, PrintedNews, ServedKind};
use fluxdeck_model::state::{Effect, News, ServerFacts};

fn row(name: &str, namespace: &str, cells: &[&str], at: &str) -> PrintedRow {
    PrintedRow {
        key: format!("uid of {namespace}/{name}").as_str().into(),
        object: ObjectRef::new(ClusterId(0), GroupKind::new("", "Node"), namespace, name),
        since: at.parse().ok(),
        labels: Labels(Some([("zone".into(), name.into())].into())),
        cells: cells.iter().map(|cell| (*cell).into()).collect(),
        event: None,
    }
}

fn column(heading: &str, is_wide: bool) -> PrintedColumn {
    PrintedColumn { heading: heading.into(), is_wide, is_number: heading == "PODS", is_age: heading == "AGE" }
}

fn nodes() -> Printed {
    let columns = [("NAME", false), ("STATUS", false), ("AGE", false), ("PODS", false), ("IP", true)];
    Printed {
        columns: columns.into_iter().map(|(heading, is_wide)| column(heading, is_wide)).collect(),
        rows: vec![
            row("a", "", &["a", "Ready", "1d", "9", "10.0.0.1"], "2025-12-31T00:10:00Z"),
            row("b", "", &["b", "NotReady", "1d", "10", "10.0.0.2"], "2026-01-01T00:00:00Z"),
        ],
        ..Printed::default()
    }
}

fn opened(world: &mut World, gk: GroupKind) -> (PrintedView, Ticket) {
    let mut view = PrintedView::new(gk);
    let (effects, _) = world.act(|cx| view.opened(cx));
    let [Effect::Print { ticket, .. }] = effects[..] else { panic!("{effects:?}") };
    (view, ticket)
}

fn reply(world: &mut World, view: &mut PrintedView, ticket: Ticket, news: PrintedNews) {
    world.act(|cx| view.reply(ticket, &Reply::Printed(Box::new(news)), cx));
}

fn shown() -> (World, PrintedView, Ticket) {
    let mut world = World::default();
    let (mut view, ticket) = opened(&mut world, GroupKind::new("", "Node"));
    assert!(world.show(&mut view, 60, 4).concat().contains("fetching…"));
    reply(&mut world, &mut view, ticket, PrintedNews::All(nodes()));
    (world, view, ticket)
}

#[test]
fn the_columns_of_the_server_are_shown_with_ages_that_are_true() {
    let (mut world, mut view, _) = shown();
    assert_eq!(
        world.show(&mut view, 60, 4),
        [
            " NAME              STATUS     AGE  PODS  IP",
            " a                 Ready      24h     9  10.0.0.1",
            " b                 NotReady   10m    10  10.0.0.2",
            "",
        ]
    );
    assert!(!world.show(&mut view, 30, 3)[0].contains("IP"), "where there is no room for what is wide it is not there");
    assert_eq!(view.count(world.state()), "2");
}

#[test]
fn what_happens_is_followed_and_the_cursor_keeps_its_row() {
    let (mut world, mut view, ticket) = shown();
    world.show(&mut view, 60, 5);
    world.act(|cx| assert!(view.gesture(Gesture::Down, cx)));
    let changes = vec![
        PrintedChange::Row(row("aa", "", &["aa", "Ready", "0s", "0", ""], "2026-01-01T00:09:59Z")),
        PrintedChange::Row(row("a", "", &["a", "NotReady", "1d", "0", ""], "2025-12-31T00:10:00Z")),
    ];
    reply(&mut world, &mut view, ticket, PrintedNews::Changed(changes));
    let lines = world.show(&mut view, 60, 5);
    assert!(lines[1].contains(" a ") && lines[1].contains("NotReady") && lines[2].contains(" aa"), "{lines:?}");
    assert_eq!(&*view.selection(world.state())[0].name, "b");
    reply(&mut world, &mut view, ticket, PrintedNews::Changed(vec![PrintedChange::Gone("uid of /a".into())]));
    assert!(!world.show(&mut view, 60, 5).concat().contains("NotReady   1d"));
    assert_eq!(view.count(world.state()), "2");
}

#[test]
fn rows_are_sorted_filtered_and_searched_for_failures() {
    let (mut world, mut view, _) = shown();
    let names = |world: &mut World, view: &mut PrintedView| {
        world.show(view, 60, 5)[1..]
            .iter()
            .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    // numbers are numbers: 9 comes before 10
    for _ in 0..3 {
        world.act(|cx| view.gesture(Gesture::SortRight, cx));
    }
    world.act(|cx| view.gesture(Gesture::SortColumn, cx));
    assert_eq!(names(&mut world, &mut view), ["a", "b"]);
    world.act(|cx| view.gesture(Gesture::SortColumn, cx));
    assert_eq!(names(&mut world, &mut view), ["b", "a"]);
    world.act(|cx| view.gesture(Gesture::SortAge, cx));
    assert_eq!(names(&mut world, &mut view), ["b", "a"], "the youngest first");
    for (filter, found) in [("^ready$", "a"), ("zone=b", "b"), ("-f b", "b"), ("!notready", "a")] {
        world.act(|cx| view.set_filter(filter, cx).expect("a filter"));
        assert_eq!(names(&mut world, &mut view), [found], "{filter}");
    }
    world.act(|cx| view.set_filter("", cx).expect("a filter"));
    world.show(&mut view, 60, 5);
    world.act(|cx| view.gesture(Gesture::Bottom, cx));
    world.act(|cx| view.gesture(Gesture::NextFailure, cx));
    assert_eq!(&*view.selection(world.state())[0].name, "b");
}

#[test]
fn other_namespaces_are_asked_for_and_a_refusal_says_what_to_do() {
    let mut world = World::default();
    let kind = ServedKind {
        gk: GroupKind::new("", "Endpoints"),
        plural: "endpoints".into(),
        singular: "endpoints".into(),
        short: Vec::new(),
        is_namespaced: true,
    };
    world.news(News::Server(ServerFacts { kinds: vec![kind], ..ServerFacts::default() }));
    let (mut view, ticket) = opened(&mut world, GroupKind::new("", "Endpoints"));
    assert_eq!(view.title(world.state()), "endpoints");
    let refused = Error::new(ErrorKind::Denied, "endpoints is forbidden", "your role does not allow it");
    world.act(|cx| view.reply(ticket, &Reply::Failed(refused), cx));
    let lines = world.show(&mut view, 90, 4).concat();
    assert!(lines.contains("endpoints is forbidden") && lines.contains("`:ns a,b`"), "{lines}");

    world.act(|cx| cx.intend(Intent::Namespaces(Some(["web".into()].into()))));
    let (effects, _) = world.act(|cx| view.changed(cx));
    let [Effect::Drop(old), Effect::Print { ticket, query, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!((*old != *ticket, query.namespaces.as_ref().map(BTreeSet::len)), (true, Some(1)));
    assert!(world.act(|cx| view.changed(cx)).0.is_empty(), "once");
    let (effects, _) = world.act(|cx| view.closed(cx));
    assert!(matches!(effects[..], [Effect::Drop(_)]));
}

#[test]
fn what_is_known_stays_when_the_server_fails_later() {
    let (mut world, mut view, ticket) = shown();
    world.act(|cx| view.reply(ticket, &Reply::Failed(Error::failed("the server is away", "trying again in 1 s")), cx));
    assert!(world.show(&mut view, 60, 4)[1].contains("Ready"));
    assert!(view.message(world.state()).expect("a message").text.contains("the server is away"));
}

#[test]
fn no_size_is_too_small() {
    for (width, height) in [(0, 0), (1, 1), (20, 5)] {
        let (mut world, mut view, _) = shown();
        world.show(&mut view, width, height);
    }
}
