//! The rules of following as tables: what happened, and what is ordered then.

mod beside;
mod link;
mod properties;
mod reach;
mod scope;
mod server;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::{Beside, Event, Following, Moment, Offers, Order, Rules, ServedAs, Trouble, TroubleKind};
use crate::domain::{Coverage, Delta, GroupKind, Object, ObjectRef, Scope, Str};
use crate::error::Error;
use crate::state::Link;
use crate::testing::holds;

/// A session that answers as the test decides, with a clock of its own.
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
        let only = (!only.is_empty()).then(|| only.iter().map(|kind| everywhere(kind)).collect());
        let rules = Rules { only, beside: Beside::default(), once: false, owned: Vec::new(), watches: 100, is_live: true };
        let moment = Moment { run: Duration::ZERO, wall: begin };
        Self { following: Following::new(rules, moment), at: Duration::ZERO, begin, orders: Vec::new(), asked: 1 }
    }

    /// A session whose connection stands and whose scopes are being listed.
    fn connected(only: &[&str]) -> Self {
        let mut bench = Self::new(only);
        assert_eq!(bench.receive(Event::Wake), [Order::Connect]);
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
        self.receive(Event::Connected { offers, namespaces: Vec::new() })
    }

    fn receive(&mut self, event: Event) -> Vec<Order> {
        let wall = self.begin + SignedDuration::try_from(self.at).expect("in range");
        let orders = self.following.receive(Moment { run: self.at, wall }, event);
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
        self.receive(Event::Wake);
        self.orders[from..].iter().map(|(_, order)| order.clone()).collect()
    }

    /// Wakes it, and answers what it asks beside lists and watches.
    fn wake(&mut self) {
        for order in self.receive(Event::Wake) {
            match order {
                Order::Beat => drop(self.receive(Event::Beat(None))),
                Order::Discover => drop(self.receive(Event::Offered(None))),
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
        self.receive(Event::Listed { scope, turn, version: "7".into(), deltas })
    }

    fn opened(&mut self, kind: &str) -> Vec<Order> {
        let turn = self.turn(kind);
        self.receive(Event::Opened { scope: everywhere(kind), turn })
    }

    fn marked(&mut self, kind: &str) -> Vec<Order> {
        let turn = self.turn(kind);
        self.receive(Event::Changed { scope: everywhere(kind), turn, version: "8".into(), deltas: Vec::new() })
    }

    fn ended(&mut self, kind: &str, trouble: Option<TroubleKind>) -> Vec<Order> {
        let turn = self.turn(kind);
        self.receive(Event::Ended { scope: everywhere(kind), turn, trouble: trouble.map(it) })
    }

    fn link(&self) -> Option<&Link> {
        self.orders.iter().rev().find_map(|(_, order)| if let Order::Say(link) = order { Some(link) } else { None })
    }

    fn coverage(&self, kind: &str) -> Option<Coverage> {
        let reported =
            self.orders.iter().rev().filter_map(|(_, order)| if let Order::Report(deltas) = order { Some(deltas) } else { None });
        reported.flat_map(|deltas| deltas.iter().rev()).find_map(|delta| match delta {
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
    let offer = ServedAs { version: "v1".into(), is_watchable: true, is_namespaced: true };
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

/// A group whose resources the server does not list.
fn unread(mut offers: Offers, group: &str) -> Offers {
    offers.kinds.retain(|gk, _| *gk.group != *group);
    offers.unread.insert(group.into(), it(TroubleKind::Busy(None)));
    offers
}

/// The possible results of a request, by number.
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

fn is_request(order: &Order) -> bool {
    matches!(order, Order::List { .. } | Order::Watch { .. })
}

fn flux() -> GroupKind {
    GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization")
}
