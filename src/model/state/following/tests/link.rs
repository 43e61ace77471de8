//! The connection: made, lost, refused, and how old the picture is.

use super::*;

#[test]
fn orders_that_come_while_there_is_no_connection_are_carried_out_when_there_is_one() {
    let mut bench = Bench::new(&["Pod"]);
    bench.receive(Event::Wake);
    bench.receive(Event::Unconnected(it(TroubleKind::Unreachable)));
    let owner = ObjectRef::new(crate::domain::ClusterId(0), GroupKind::new("", "Pod"), "shop", "web-0");

    bench.receive(Event::Include(vec![Str::from("shop"), Str::from("web")]));
    bench.receive(Event::Own(owner.clone(), crate::domain::Uid(7)));
    assert!(bench.orders.iter().any(|(_, order)| matches!(order, Order::Remember(names) if names.len() == 2)));
    assert!(bench.pass(seconds(2)).contains(&Order::Connect));
    let orders = bench.connect();
    assert!(orders.iter().any(|order| matches!(order, Order::Own { owner: it, .. } if *it == owner)), "{orders:?}");
    let orders = bench.ended("Pod", Some(TroubleKind::Forbidden));

    let namespaces: Vec<_> = orders
        .iter()
        .filter_map(|order| if let Order::List { scope, .. } = order { scope.namespace.as_deref() } else { None })
        .collect();
    assert_eq!(namespaces, ["shop", "web"]);
}

#[test]
fn a_refresh_joins_the_connection_that_is_being_made() {
    let mut bench = Bench::watching();
    for _ in 0..10 {
        bench.receive(Event::Refresh);
    }
    let connects = bench.orders.iter().filter(|(_, order)| *order == Order::Connect).count();
    assert_eq!(connects, 2, "the first, and one for ten of them");
    assert_eq!(bench.link(), Some(&Link::Connecting));

    bench.at += seconds(6);
    assert_eq!(bench.receive(Event::Refresh), [Order::Disconnect, Order::Connect], "that one hangs");
    bench.connect();

    assert_eq!(bench.link(), Some(&Link::Live));
}

#[test]
fn a_connection_that_is_refused_is_said_with_its_age_and_tried_again_with_pauses() {
    let mut bench = Bench::watching();
    bench.pass(seconds(30));
    let received = bench.begin + SignedDuration::from_secs(30);
    bench.ended("Pod", Some(TroubleKind::Unreachable));
    bench.ended("Pod", Some(TroubleKind::Unreachable));

    assert!(matches!(bench.link(), Some(Link::Stale { since, .. }) if *since == received), "{:?}", bench.link());
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let before = bench.at;
        while watches(&bench.pass(Duration::from_millis(100))) == 0 {}
        pauses.push((bench.at - before).as_millis());
        bench.ended("Pod", Some(TroubleKind::Unreachable));
    }
    assert_eq!(pauses, [500, 1000, 2000, 4000, 8000, 8000]);
}

#[test]
fn a_server_that_was_silent_and_a_sleep_make_what_is_open_suspect() {
    let mut bench = Bench::watching();
    bench.at += seconds(10);
    assert_eq!(bench.receive(Event::Wake), [Order::Beat]);
    bench.at += seconds(5);
    bench.receive(Event::Beat(Some(it(TroubleKind::Unreachable))));
    assert!(matches!(bench.link(), Some(Link::Stale { since, .. }) if *since == bench.begin), "{:?}", bench.link());
    bench.at += seconds(10);
    bench.receive(Event::Wake);
    let orders = bench.receive(Event::Beat(None));
    assert_eq!(watches(&orders), 1, "{orders:?}");
    assert_eq!(bench.link(), Some(&Link::Live));

    bench.opened("Pod");
    bench.begin += SignedDuration::from_hours(8);
    let orders = bench.receive(Event::Wake);
    assert_eq!((watches(&orders), orders.contains(&Order::Beat)), (1, true), "{orders:?}");
    bench.begin -= SignedDuration::from_hours(24);
    assert_eq!(bench.receive(Event::Wake), [], "a clock that is set back is not a sleep");
}

#[test]
fn credentials_that_are_refused_give_up_the_connection_and_not_the_orders() {
    let mut bench = Bench::watching();
    let orders = bench.ended("Pod", Some(TroubleKind::Unauthorised));
    assert_eq!(orders[0], Order::Disconnect);
    assert!(matches!(bench.link(), Some(Link::Unauthorised(_))), "{:?}", bench.link());

    bench.receive(Event::Include(vec![Str::from("shop")]));
    bench.pass(seconds(2));
    let orders = bench.connect();

    assert_eq!(lists(&orders), 1, "{orders:?}");
    assert_eq!(bench.link(), Some(&Link::Live));
}

#[test]
fn after_a_failed_reconnection_the_picture_has_its_age() {
    let mut bench = Bench::watching();
    bench.pass(seconds(20));
    bench.receive(Event::Refresh);
    bench.at += seconds(3);
    bench.receive(Event::Unconnected(it(TroubleKind::Unusable)));

    let since = bench.begin + SignedDuration::from_secs(20);
    assert!(matches!(bench.link(), Some(Link::Stale { since: it, .. }) if *it == since), "{:?}", bench.link());
}

#[test]
fn names_that_come_before_there_is_a_connection_are_remembered_again_with_it() {
    let mut bench = Bench::new(&["Pod"]);
    bench.receive(Event::Wake);
    bench.receive(Event::Include(vec!["web".into()]));

    let orders = bench.connect();
    assert!(orders.contains(&Order::Remember(vec!["web".into()])), "{orders:?}");
    bench.receive(Event::Refresh);
    let orders = bench.connect();
    assert!(!orders.iter().any(|order| matches!(order, Order::Remember(_))), "{orders:?}");
}
