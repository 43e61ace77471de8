//! What a list or a watch brings, and what is ordered then.

use super::*;

#[test]
fn a_scope_is_listed_and_watched_from_there_on() {
    let mut bench = Bench::connected(&["Pod"]);
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Listing));

    let orders = bench.listed("Pod");

    assert!(matches!(orders.last(), Some(Order::Watch { version, .. }) if version == "7"), "{orders:?}");
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Complete));
    assert_eq!(bench.link(), Some(&Link::Live));
}

#[test]
fn reports_of_an_older_turn_are_ignored() {
    let mut bench = Bench::watching();
    let old = bench.turn("Pod");
    bench.ended("Pod", Some(TroubleKind::Gone));
    bench.pass(seconds(1));
    assert_ne!(bench.turn("Pod"), old);

    let orders = bench.receive(Event::Ended { scope: everywhere("Pod"), turn: old, trouble: Some(it(TroubleKind::Unreachable)) });

    assert_eq!(orders, []);
    assert_eq!(bench.link(), Some(&Link::Live));
}

#[test]
fn a_watch_that_lived_and_was_cut_is_opened_again_at_once_and_silently() {
    let mut bench = Bench::watching();
    for _ in 0..20 {
        bench.at += seconds(5);
        let orders = bench.ended("Pod", Some(TroubleKind::Unreachable));
        assert_eq!(watches(&orders), 1, "{orders:?}");
        bench.opened("Pod");
    }
    let said = bench.orders.iter().filter(|(_, order)| matches!(order, Order::Say(_))).count();
    assert_eq!(said, 1, "it was live all the time");
}

#[test]
fn a_server_that_asks_to_be_left_alone_is_left_alone() {
    let mut bench = Bench::connected(&["Pod"]);
    bench.ended("Pod", Some(TroubleKind::Busy(Some(seconds(30)))));

    assert_eq!(lists(&bench.pass(seconds(29))), 0);
    assert_eq!(lists(&bench.pass(seconds(1))), 1);
}

#[test]
fn a_silent_watch_is_dead() {
    // one that has sent bookmarks
    let mut bench = Bench::watching();
    bench.pass(seconds(60));
    bench.marked("Pod");
    assert_eq!(lists(&bench.pass(seconds(89))), 0);
    assert_eq!(lists(&bench.pass(seconds(1))), 1, "a minute and a half without a bookmark");
    bench.listed("Pod");
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Complete));

    // watches that never report anything: it is listed again and again, and shown so
    let mut bench = Bench::watching();
    for reported in [Coverage::Complete, Coverage::Polled(90)] {
        assert_eq!(lists(&bench.pass(seconds(89))), 0);
        assert_eq!(lists(&bench.pass(seconds(1))), 1);
        bench.listed("Pod");
        assert_eq!(bench.coverage("Pod"), Some(reported));
        bench.opened("Pod");
    }
    bench.opened("Pod");
    bench.marked("Pod");
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Complete), "it speaks again");
}

#[test]
fn watches_that_end_before_they_say_anything_are_as_good_as_none() {
    let mut bench = Bench::watching();
    bench.ended("Pod", None);
    bench.pass(seconds(1));
    bench.opened("Pod");
    bench.ended("Pod", None);

    assert_eq!((lists(&bench.pass(seconds(29))), lists(&bench.pass(seconds(1)))), (0, 1));
    bench.listed("Pod");
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Polled(30)));
}

#[test]
fn a_right_that_comes_back_within_seconds_empties_nothing() {
    let mut bench = Bench::watching();
    bench.ended("Pod", Some(TroubleKind::Forbidden));
    assert!(matches!(bench.link(), Some(Link::Stale { .. })), "{:?}", bench.link());
    bench.pass(seconds(4));
    bench.ended("Pod", Some(TroubleKind::Forbidden));
    assert_ne!(bench.coverage("Pod"), Some(Coverage::Restricted));
    bench.pass(seconds(4));
    bench.listed("Pod");
    bench.opened("Pod");
    assert_eq!(bench.link(), Some(&Link::Live));

    // and one that does not come back does
    for _ in 0..3 {
        bench.ended("Pod", Some(TroubleKind::Forbidden));
        bench.pass(seconds(4));
    }
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Restricted));
    assert_eq!(bench.link(), Some(&Link::Live));
}

#[test]
fn what_may_be_listed_and_not_watched_is_listed_again_and_again() {
    let mut bench = Bench::connected(&["Pod"]);
    for _ in 0..2 {
        bench.listed("Pod");
        bench.ended("Pod", Some(TroubleKind::Forbidden));
        bench.pass(seconds(4));
    }
    bench.listed("Pod");

    assert_eq!((bench.coverage("Pod"), bench.link()), (Some(Coverage::Polled(30)), Some(&Link::Live)));
    let orders = bench.pass(seconds(30));
    assert_eq!((lists(&orders), watches(&orders)), (1, 0), "{orders:?}");
}

#[test]
fn a_kind_that_refuses_the_credentials_alone_is_asked_more_and_more_rarely() {
    let mut bench = Bench::connected(&["Pod"]);
    let mut pauses = Vec::new();
    for _ in 0..4 {
        bench.ended("Pod", Some(TroubleKind::Unauthorised));
        let before = bench.at;
        while !bench.pass(Duration::from_millis(500)).contains(&Order::Connect) {}
        pauses.push((bench.at - before).as_secs());
        bench.connect();
    }
    assert_eq!(pauses, [1, 2, 4, 8]);
}

#[test]
fn one_kind_that_fails_takes_nothing_with_it() {
    let mut bench = Bench::connected(&["Pod", "ConfigMap", "Secret"]);
    for kind in ["ConfigMap", "Secret"] {
        bench.listed(kind);
        bench.opened(kind);
    }
    let from = bench.orders.len();
    for _ in 0..5 {
        bench.ended("Pod", Some(TroubleKind::Busy(None)));
        bench.pass(seconds(10));
    }

    assert_eq!(bench.coverage("Pod"), Some(Coverage::Failing));
    assert!(matches!(bench.link(), Some(Link::Partly { kinds, since: None, .. }) if kinds == "Pod"), "{:?}", bench.link());
    let others = bench.orders[from..].iter().filter(|(_, order)| match order {
        Order::List { scope, .. } | Order::Watch { scope, .. } => *scope != everywhere("Pod"),
        _ => false,
    });
    assert_eq!(others.count(), 0, "the watches of other kinds stay open");
    bench.listed("Pod");
    assert_eq!((bench.link(), bench.coverage("Pod")), (Some(&Link::Live), Some(Coverage::Complete)));
}

/// Whatever a server does, however fast: over a minute no scope costs more than two requests a second.
#[test]
fn no_fault_makes_many_requests() {
    let faults = proptest::collection::vec((any::<u8>(), 0u64..4000, any::<bool>()), 1..300);
    holds(100, &faults, |faults| {
        let mut bench = Bench::connected(&["Pod"]);
        for (number, lives, is_well) in faults {
            let is_list = bench.orders.iter().rev().find_map(|(_, order)| match order {
                Order::List { .. } => Some(true),
                Order::Watch { .. } => Some(false),
                _ => None,
            });
            match is_list.expect("something was asked") {
                true if is_well => bench.listed("Pod"),
                true => bench.ended("Pod", trouble(number).or(Some(TroubleKind::Unreachable))),
                false => {
                    if is_well {
                        bench.opened("Pod");
                        bench.at += Duration::from_millis(lives);
                    }
                    bench.ended("Pod", trouble(number))
                }
            };
            bench.until_asked();
        }
        let requests: Vec<_> = bench.orders.iter().filter(|(_, order)| is_request(order)).map(|(at, _)| *at).collect();
        for (from, at) in requests.iter().enumerate() {
            let within = requests[from..].iter().take_while(|other| **other < *at + seconds(60)).count();
            prop_assert!(within <= 120, "{within} requests within a minute from {at:?}");
        }
        Ok(())
    });
}

#[test]
fn a_failing_list_is_reported_at_once_if_nothing_was_read_and_else_once_it_lasts() {
    let mut bench = Bench::connected(&["Pod", "ConfigMap", "Secret"]);
    for kind in ["ConfigMap", "Secret"] {
        bench.listed(kind);
        bench.opened(kind);
    }
    bench.ended("Pod", Some(TroubleKind::Busy(None)));
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Failing));
    bench.pass(seconds(1));
    bench.listed("Pod");
    bench.opened("Pod");
    bench.pass(seconds(60));
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Complete));

    // a watch that is refused for a while does not mean a failing list
    bench.ended("Pod", Some(TroubleKind::Busy(Some(seconds(10)))));
    bench.pass(seconds(10));
    bench.ended("Pod", Some(TroubleKind::Gone));
    bench.pass(seconds(2));
    bench.ended("Pod", Some(TroubleKind::Busy(None)));
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Complete), "its list fails for the first time");
    bench.pass(seconds(2));
    bench.ended("Pod", Some(TroubleKind::Busy(None)));
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Failing));
}
