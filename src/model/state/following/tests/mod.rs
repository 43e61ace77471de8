//! The rules of following as tables: what happened, and what is ordered then.

mod properties;
mod server;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::{Event, Following, Moment, Offer, Offers, Order, Rules, Trouble, TroubleKind};
use crate::domain::{Coverage, Delta, GroupKind, Object, ObjectRef, Scope, Str};
use crate::error::Error;
use crate::state::Link;
use crate::testing::holds;

/// A session that answers as it is told to, by a clock of its own.
struct Bench {
    following: Following,
    at: Duration,
    begin: Timestamp,
    orders: Vec<(Duration, Order)>,
    /// How many requests were waited for.
    asked: usize,
}

impl Bench {
    fn new(only: &[&str]) -> Self {
        let begin: Timestamp = "2026-11-29T00:00:00Z".parse().expect("a time");
        let only = only.iter().map(|kind| everywhere(kind)).collect();
        let rules = Rules { only, owned: Vec::new(), watches: 100, is_live: true };
        let moment = Moment { run: Duration::ZERO, wall: begin };
        Self { following: Following::new(rules, moment), at: Duration::ZERO, begin, orders: Vec::new(), asked: 1 }
    }

    /// A session whose connection stands and whose scopes are being listed.
    fn connected(only: &[&str]) -> Self {
        let mut bench = Self::new(only);
        assert_eq!(bench.hear(Event::Wake), [Order::Connect]);
        bench.connect();
        bench
    }

    /// One that is watched, of a single kind.
    fn watching() -> Self {
        let mut bench = Self::connected(&["Pod"]);
        bench.listed("Pod");
        bench.opened("Pod");
        bench
    }

    fn connect(&mut self) -> Vec<Order> {
        let offers = offers(&["Pod", "ConfigMap", "Secret"]);
        self.hear(Event::Connected { offers, namespaces: Vec::new() })
    }

    fn hear(&mut self, event: Event) -> Vec<Order> {
        let wall = self.begin + SignedDuration::try_from(self.at).expect("in range");
        let orders = self.following.hear(Moment { run: self.at, wall }, event);
        self.orders.extend(orders.iter().map(|order| (self.at, order.clone())));
        orders
    }

    /// Lets time pass, waking it whenever it wants to be woken. Returns what it ordered.
    fn pass(&mut self, time: Duration) -> Vec<Order> {
        let (until, from) = (self.at + time, self.orders.len());
        while let Some(wake) = self.following.wake().filter(|wake| *wake <= until) {
            self.at = wake.max(self.at);
            self.wake();
        }
        self.at = until;
        self.hear(Event::Wake);
        self.orders[from..].iter().map(|(_, order)| order.clone()).collect()
    }

    /// Wakes it, and answers what it asks beside lists and watches.
    fn wake(&mut self) {
        for order in self.hear(Event::Wake) {
            match order {
                Order::Beat => drop(self.hear(Event::Beat(None))),
                Order::Discover => drop(self.hear(Event::Offered(None))),
                _ => {}
            }
        }
    }

    /// Lets time pass until something is asked for again.
    fn until_asked(&mut self) {
        let count = |bench: &Self| bench.orders.iter().filter(|(_, order)| is_request(order)).count();
        let before = self.asked;
        while count(self) == before {
            self.at = self.following.wake().expect("something is waited for").max(self.at);
            self.wake();
        }
        self.asked = count(self);
    }

    fn turn(&self, kind: &str) -> u32 {
        let last = self.orders.iter().rev().find_map(|(_, order)| match order {
            Order::List { scope, turn } | Order::Watch { scope, turn, .. } if &*scope.gk.kind == kind => Some(*turn),
            _ => None,
        });
        last.expect("it was asked for")
    }

    fn listed(&mut self, kind: &str) -> Vec<Order> {
        let (scope, turn) = (everywhere(kind), self.turn(kind));
        let deltas = vec![Delta::Complete { scope: scope.clone(), generation: turn }];
        self.hear(Event::Listed { scope, turn, version: "7".into(), deltas })
    }

    fn opened(&mut self, kind: &str) -> Vec<Order> {
        let turn = self.turn(kind);
        self.hear(Event::Opened { scope: everywhere(kind), turn })
    }

    fn marked(&mut self, kind: &str) -> Vec<Order> {
        let turn = self.turn(kind);
        self.hear(Event::Changed { scope: everywhere(kind), turn, version: "8".into(), deltas: Vec::new() })
    }

    fn ended(&mut self, kind: &str, trouble: Option<TroubleKind>) -> Vec<Order> {
        let turn = self.turn(kind);
        self.hear(Event::Ended { scope: everywhere(kind), turn, trouble: trouble.map(it) })
    }

    fn link(&self) -> Option<&Link> {
        self.orders.iter().rev().find_map(|(_, order)| if let Order::Say(link) = order { Some(link) } else { None })
    }

    fn coverage(&self, kind: &str) -> Option<Coverage> {
        let told =
            self.orders.iter().rev().filter_map(|(_, order)| if let Order::Tell(deltas) = order { Some(deltas) } else { None });
        told.flat_map(|deltas| deltas.iter().rev()).find_map(|delta| match delta {
            Delta::Coverage(scope, coverage) if *scope == everywhere(kind) => Some(*coverage),
            Delta::Complete { scope, .. } if *scope == everywhere(kind) => Some(Coverage::Complete),
            _ => None,
        })
    }
}

fn everywhere(kind: &str) -> Scope {
    Scope { gk: GroupKind::new("", kind), namespace: None }
}

fn offers(kinds: &[&str]) -> Offers {
    let offer = Offer { version: "v1".into(), is_watchable: true, is_namespaced: true };
    let kinds = kinds.iter().map(|kind| (GroupKind::new("", *kind), offer.clone())).collect();
    Offers { kinds, unread: BTreeMap::new() }
}

fn it(kind: TroubleKind) -> Trouble {
    Trouble { kind, error: Error::failed("it failed", "") }
}

fn lists(orders: &[Order]) -> usize {
    orders.iter().filter(|order| matches!(order, Order::List { .. })).count()
}

fn watches(orders: &[Order]) -> usize {
    orders.iter().filter(|order| matches!(order, Order::Watch { .. })).count()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

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
fn a_kind_that_is_not_served_is_said_to_be_so_and_followed_as_soon_as_it_is() {
    let mut bench = Bench::connected(&["Bucket"]);
    assert_eq!(bench.coverage("Bucket"), Some(Coverage::NotServed));

    let asked = bench.pass(seconds(31));
    assert!(asked.contains(&Order::Discover), "{asked:?}");
    let orders = bench.hear(Event::Offered(Some(offers(&["Pod", "Bucket"]))));

    assert_eq!(lists(&orders), 1, "{orders:?}");
    assert_eq!(bench.coverage("Bucket"), Some(Coverage::Listing));
}

#[test]
fn a_kind_that_is_served_in_another_version_is_read_anew() {
    let mut bench = Bench::watching();
    let mut now = offers(&["Pod"]);
    now.kinds.values_mut().for_each(|offer| offer.version = "v2".into());

    let orders = bench.hear(Event::Offered(Some(now)));

    assert_eq!(lists(&orders), 1, "{orders:?}");
}

#[test]
fn a_kind_that_an_inventory_names_and_nobody_serves_makes_the_server_be_asked_soon() {
    let mut bench = Bench::connected(&[]);
    bench.hear(Event::Offered(Some(with_flux(&[]))));
    let (scope, turn) = (Scope { gk: flux(), namespace: None }, bench.turn("Kustomization"));
    let deltas = vec![Delta::Listed { generation: turn, objects: vec![applies("apps", "Widget")] }];
    bench.hear(Event::Listed { scope, turn, version: "1".into(), deltas });

    let asked = bench.pass(seconds(6));

    assert!(asked.contains(&Order::Discover), "{asked:?}");
}

#[test]
fn orders_that_come_while_there_is_no_connection_are_carried_out_when_there_is_one() {
    let mut bench = Bench::new(&["Pod"]);
    bench.hear(Event::Wake);
    bench.hear(Event::Unconnected(it(TroubleKind::Unreachable)));
    let owner = ObjectRef::new(crate::domain::ClusterId(0), GroupKind::new("", "Pod"), "shop", "web-0");

    bench.hear(Event::Include(vec![Str::from("shop"), Str::from("web")]));
    bench.hear(Event::Own(owner.clone(), crate::domain::Uid(7)));
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
        bench.hear(Event::Refresh);
    }
    let connects = bench.orders.iter().filter(|(_, order)| *order == Order::Connect).count();
    assert_eq!(connects, 2, "the first, and one for ten of them");
    assert_eq!(bench.link(), Some(&Link::Connecting));

    bench.at += seconds(6);
    assert_eq!(bench.hear(Event::Refresh), [Order::Disconnect, Order::Connect], "that one hangs");
    bench.connect();

    assert_eq!(bench.link(), Some(&Link::Live));
}

#[test]
fn what_comes_of_an_older_turn_is_not_heard() {
    let mut bench = Bench::watching();
    let old = bench.turn("Pod");
    bench.ended("Pod", Some(TroubleKind::Gone));
    bench.pass(seconds(1));
    assert_ne!(bench.turn("Pod"), old);

    let orders = bench.hear(Event::Ended { scope: everywhere("Pod"), turn: old, trouble: Some(it(TroubleKind::Unreachable)) });

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
fn a_connection_that_is_refused_is_said_with_its_age_and_tried_again_with_pauses() {
    let mut bench = Bench::watching();
    bench.pass(seconds(30));
    let heard = bench.begin + SignedDuration::from_secs(30);
    bench.ended("Pod", Some(TroubleKind::Unreachable));
    bench.ended("Pod", Some(TroubleKind::Unreachable));

    assert!(matches!(bench.link(), Some(Link::Stale { since, .. }) if *since == heard), "{:?}", bench.link());
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

    // watches that never say anything: it is listed again and again, and told so
    let mut bench = Bench::watching();
    for told in [Coverage::Complete, Coverage::Polled(90)] {
        assert_eq!(lists(&bench.pass(seconds(89))), 0);
        assert_eq!(lists(&bench.pass(seconds(1))), 1);
        bench.listed("Pod");
        assert_eq!(bench.coverage("Pod"), Some(told));
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
fn a_kind_that_is_unknown_for_a_moment_stays_on_the_screen() {
    let mut bench = Bench::watching();
    bench.ended("Pod", Some(TroubleKind::NotFound));
    assert!(matches!(bench.link(), Some(Link::Stale { .. })), "{:?}", bench.link());
    assert!(bench.pass(seconds(4)).iter().any(|order| matches!(order, Order::List { .. })));
    bench.listed("Pod");
    assert_eq!((bench.coverage("Pod"), bench.link()), (Some(Coverage::Complete), Some(&Link::Live)));

    for _ in 0..3 {
        bench.ended("Pod", Some(TroubleKind::NotFound));
        bench.pass(seconds(4));
    }
    assert_eq!((bench.coverage("Pod"), bench.link()), (Some(Coverage::NotServed), Some(&Link::Live)));
}

#[test]
fn a_namespace_that_could_be_read_is_not_emptied_by_one_refusal_after_a_reconnection() {
    let mut bench = Bench::new(&["Pod"]);
    bench.hear(Event::Wake);
    bench.hear(Event::Include(vec![Str::from("shop")]));
    bench.connect();
    let shop = Scope { gk: GroupKind::new("", "Pod"), namespace: Some("shop".into()) };
    let at = |orders: &[Order]| {
        let turn = orders.iter().find_map(|order| match order {
            Order::List { scope, turn } if scope.namespace.is_some() => Some(*turn),
            _ => None,
        });
        turn.expect("the namespace is listed")
    };
    let turn = at(&bench.ended("Pod", Some(TroubleKind::Forbidden)));
    bench.hear(Event::Listed { scope: shop.clone(), turn, version: "7".into(), deltas: Vec::new() });
    bench.hear(Event::Refresh);
    let turn = at(&bench.connect());

    let orders = bench.hear(Event::Ended { scope: shop.clone(), turn, trouble: Some(it(TroubleKind::Forbidden)) });

    let is_emptied = |order: &Order| matches!(order, Order::Tell(deltas) if deltas.contains(&Delta::Coverage(shop.clone(), Coverage::Restricted)));
    assert!(!orders.iter().any(is_emptied), "{orders:?}");
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

#[test]
fn a_server_that_was_silent_and_a_sleep_make_what_is_open_suspect() {
    let mut bench = Bench::watching();
    bench.at += seconds(10);
    assert_eq!(bench.hear(Event::Wake), [Order::Beat]);
    bench.at += seconds(5);
    bench.hear(Event::Beat(Some(it(TroubleKind::Unreachable))));
    assert!(matches!(bench.link(), Some(Link::Stale { since, .. }) if *since == bench.begin), "{:?}", bench.link());
    bench.at += seconds(10);
    bench.hear(Event::Wake);
    let orders = bench.hear(Event::Beat(None));
    assert_eq!(watches(&orders), 1, "{orders:?}");
    assert_eq!(bench.link(), Some(&Link::Live));

    bench.opened("Pod");
    bench.begin += SignedDuration::from_hours(8);
    let orders = bench.hear(Event::Wake);
    assert_eq!((watches(&orders), orders.contains(&Order::Beat)), (1, true), "{orders:?}");
    bench.begin -= SignedDuration::from_hours(24);
    assert_eq!(bench.hear(Event::Wake), [], "a clock that is set back is no sleep");
}

#[test]
fn credentials_that_are_refused_give_up_the_connection_and_not_the_orders() {
    let mut bench = Bench::watching();
    let orders = bench.ended("Pod", Some(TroubleKind::Unauthorised));
    assert_eq!(orders[0], Order::Disconnect);
    assert!(matches!(bench.link(), Some(Link::Unauthorised(_))), "{:?}", bench.link());

    bench.hear(Event::Include(vec![Str::from("shop")]));
    bench.pass(seconds(2));
    let orders = bench.connect();

    assert_eq!(lists(&orders), 1, "{orders:?}");
    assert_eq!(bench.link(), Some(&Link::Live));
}

#[test]
fn after_a_failed_reconnection_the_picture_has_its_age() {
    let mut bench = Bench::watching();
    bench.pass(seconds(20));
    bench.hear(Event::Refresh);
    bench.at += seconds(3);
    bench.hear(Event::Unconnected(it(TroubleKind::Unusable)));

    let since = bench.begin + SignedDuration::from_secs(20);
    assert!(matches!(bench.link(), Some(Link::Stale { since: it, .. }) if *it == since), "{:?}", bench.link());
}

/// A group of which the server does not tell what it serves.
fn unread(mut offers: Offers, group: &str) -> Offers {
    offers.kinds.retain(|gk, _| *gk.group != *group);
    offers.unread.insert(group.into(), it(TroubleKind::Busy(None)));
    offers
}

#[test]
fn what_a_group_does_not_tell_is_not_known_and_nothing_of_it_vanishes() {
    let mut bench = Bench::watching();

    let orders = bench.hear(Event::Offered(Some(unread(offers(&["Pod"]), ""))));
    assert_eq!(orders, [], "it was served, and is followed as before");
    assert_eq!((bench.coverage("Pod"), bench.link()), (Some(Coverage::Complete), Some(&Link::Live)));

    let mut bench = Bench::new(&["Pod"]);
    bench.hear(Event::Wake);
    bench.hear(Event::Connected { offers: unread(Offers::default(), ""), namespaces: Vec::new() });
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Failing));
    assert!(matches!(bench.link(), Some(Link::Stale { .. })), "{:?}", bench.link());
    assert!(bench.pass(seconds(6)).contains(&Order::Discover), "it is asked for soon");
    let orders = bench.hear(Event::Offered(Some(offers(&["Pod"]))));
    assert_eq!(lists(&orders), 1, "{orders:?}");
    bench.listed("Pod");
    assert_eq!((bench.coverage("Pod"), bench.link()), (Some(Coverage::Complete), Some(&Link::Live)));
}

#[test]
fn of_many_namespaces_those_that_were_used_last_are_looked_into() {
    let mut bench = Bench::new(&["Pod"]);
    bench.hear(Event::Wake);
    let names = |numbers: std::ops::Range<u32>| numbers.map(|number| Str::from(format!("n{number:03}"))).collect::<Vec<_>>();
    bench.hear(Event::Include(names(0..100)));
    bench.hear(Event::Include(names(100..110)));
    bench.connect();
    bench.ended("Pod", Some(TroubleKind::Forbidden));
    let listed = |bench: &Bench| {
        let within = |(_, order): &(Duration, Order)| match order {
            Order::List { scope, .. } => scope.namespace.clone(),
            _ => None,
        };
        bench.orders.iter().filter_map(within).collect::<std::collections::BTreeSet<_>>()
    };
    let wished = [names(0..90), names(100..110)].concat();
    assert_eq!(listed(&bench), wished.into_iter().collect());

    let orders = bench.hear(Event::Include(names(95..96)));
    let scope = |name: &str| Scope { namespace: Some(name.into()), ..everywhere("Pod") };
    assert!(orders.contains(&Order::Stop(scope("n089"))), "the one that was used first makes room: {orders:?}");
    assert!(listed(&bench).contains("n095"));
    let remembered = orders.iter().find_map(|order| if let Order::Remember(names) = order { Some(names) } else { None });
    assert_eq!(remembered.expect("they are remembered")[..2], [Str::from("n095"), Str::from("n100")]);
}

#[test]
fn names_that_come_before_there_is_a_connection_are_remembered_again_with_it() {
    let mut bench = Bench::new(&["Pod"]);
    bench.hear(Event::Wake);
    bench.hear(Event::Include(vec!["web".into()]));

    let orders = bench.connect();
    assert!(orders.contains(&Order::Remember(vec!["web".into()])), "{orders:?}");
    bench.hear(Event::Refresh);
    let orders = bench.connect();
    assert!(!orders.iter().any(|order| matches!(order, Order::Remember(_))), "{orders:?}");
}

#[test]
fn what_an_object_owned_stays_where_it_cannot_be_looked_for() {
    let mut bench = Bench::connected(&["Pod"]);
    let owner = ObjectRef::new(crate::domain::ClusterId(0), GroupKind::new("", "Pod"), "shop", "web-0");
    let [one, other] = ["one", "other"].map(|name| applies(name, "Pod"));
    let mut found = |objects: &[&Object], unread: &[TroubleKind]| {
        bench.hear(Event::Own(owner.clone(), crate::domain::Uid(7)));
        let unread = unread.iter().map(|kind| (flux(), it(*kind))).collect();
        let objects = objects.iter().map(|object| (*object).clone()).collect();
        bench.hear(Event::Found { owner: owner.clone(), objects, unread })
    };
    let removed = |orders: &[Order]| {
        let deltas = orders.iter().flat_map(|order| if let Order::Tell(deltas) = order { deltas.as_slice() } else { &[] });
        deltas
            .filter_map(|delta| if let Delta::Remove(id) = delta { Some(id.name.to_string()) } else { None })
            .collect::<Vec<_>>()
    };
    let noted =
        |orders: &[Order]| orders.iter().find_map(|order| if let Order::Note(text) = order { Some(text.clone()) } else { None });

    assert_eq!(noted(&found(&[&one, &other], &[])), None);
    for kind in [TroubleKind::Forbidden, TroubleKind::Busy(None), TroubleKind::Unreachable] {
        let orders = found(&[&one], &[kind]);
        assert_eq!(removed(&orders), Vec::<String>::new(), "{kind:?}: whether it is gone is not known");
        let note = noted(&orders).expect("it is said");
        assert!(note.contains("Kustomization") && note.contains("it failed") && note.contains("Pod shop/web-0"), "{note}");
    }
    assert_eq!(removed(&found(&[&one], &[])), ["other"]);
}

/// What may become of a request, by a number.
fn trouble(number: u8) -> Option<TroubleKind> {
    [
        None,
        Some(TroubleKind::Gone),
        Some(TroubleKind::Forbidden),
        Some(TroubleKind::NotFound),
        Some(TroubleKind::Busy(None)),
        Some(TroubleKind::Busy(Some(Duration::from_secs(3)))),
        Some(TroubleKind::Unreachable),
        Some(TroubleKind::Unusable),
    ][usize::from(number) % 8]
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

fn is_request(order: &Order) -> bool {
    matches!(order, Order::List { .. } | Order::Watch { .. })
}

fn flux() -> GroupKind {
    GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization")
}

fn with_flux(kinds: &[&str]) -> Offers {
    let mut all = offers(kinds);
    all.kinds.insert(flux(), Offer { version: "v1".into(), is_watchable: true, is_namespaced: true });
    all
}

/// A Kustomization whose inventory names an object of that kind.
fn applies(name: &str, kind: &str) -> Object {
    let entries = json!([{"id": format!("shop_x__{kind}"), "v": "v1"}]);
    let body = json!({"metadata": {"namespace": "flux-system", "name": name}, "status": {"inventory": {"entries": entries}}});
    crate::actions::testing::object("ks", &body)
}

#[test]
fn a_list_that_fails_is_told_at_once_where_nothing_was_read_and_else_once_it_lasts() {
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

    // a watch that cannot be had for a while is no list that fails
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
