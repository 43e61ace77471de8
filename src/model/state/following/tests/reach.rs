//! What is followed at all: kinds as they are served, namespaces, what objects own.

use super::*;

fn with_flux(kinds: &[&str]) -> Offers {
    let mut all = offers(kinds);
    all.kinds.insert(flux(), ServedAs { version: "v1".into(), is_watchable: true, is_namespaced: true });
    all
}

/// A Kustomization whose inventory names an object of that kind.
fn applies(name: &str, kind: &str) -> Object {
    let entries = json!([{"id": format!("shop_x__{kind}"), "v": "v1"}]);
    let body = json!({"metadata": {"namespace": "flux-system", "name": name}, "status": {"inventory": {"entries": entries}}});
    crate::actions::testing::object("ks", &body)
}

#[test]
fn a_kind_that_is_not_served_is_said_to_be_so_and_followed_as_soon_as_it_is() {
    let mut bench = Bench::connected(&["Bucket"]);
    assert_eq!(bench.coverage("Bucket"), Some(Coverage::NotServed));

    let asked = bench.pass(seconds(31));
    assert!(asked.contains(&Order::Discover), "{asked:?}");
    let orders = bench.receive(Event::Offered(Some(offers(&["Pod", "Bucket"]))));

    assert_eq!(lists(&orders), 1, "{orders:?}");
    assert_eq!(bench.coverage("Bucket"), Some(Coverage::Listing));
}

#[test]
fn a_kind_that_is_served_in_another_version_is_read_again() {
    let mut bench = Bench::watching();
    let mut now = offers(&["Pod"]);
    now.kinds.values_mut().for_each(|offer| offer.version = "v2".into());

    let orders = bench.receive(Event::Offered(Some(now)));

    assert_eq!(lists(&orders), 1, "{orders:?}");
}

#[test]
fn a_kind_that_an_inventory_names_and_nobody_serves_makes_the_server_be_asked_soon() {
    let mut bench = Bench::connected(&[]);
    bench.receive(Event::Offered(Some(with_flux(&[]))));
    let (scope, turn) = (Scope { gk: flux(), namespace: None }, bench.turn("Kustomization"));
    let deltas = vec![Delta::Listed { generation: turn, objects: vec![applies("apps", "Widget")] }];
    bench.receive(Event::Listed { scope, turn, version: "1".into(), deltas });

    let asked = bench.pass(seconds(6));

    assert!(asked.contains(&Order::Discover), "{asked:?}");
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
    bench.receive(Event::Wake);
    bench.receive(Event::Include(vec![Str::from("shop")]));
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
    bench.receive(Event::Listed { scope: shop.clone(), turn, version: "7".into(), deltas: Vec::new() });
    bench.receive(Event::Refresh);
    let turn = at(&bench.connect());

    let orders = bench.receive(Event::Ended { scope: shop.clone(), turn, trouble: Some(it(TroubleKind::Forbidden)) });

    let is_emptied = |order: &Order| matches!(order, Order::Report(deltas) if deltas.contains(&Delta::Coverage(shop.clone(), Coverage::Restricted)));
    assert!(!orders.iter().any(is_emptied), "{orders:?}");
}

#[test]
fn kinds_that_a_group_does_not_list_are_unknown_and_keep_their_objects() {
    let mut bench = Bench::watching();

    let orders = bench.receive(Event::Offered(Some(unread(offers(&["Pod"]), ""))));
    assert_eq!(orders, [], "it was served, and is followed as before");
    assert_eq!((bench.coverage("Pod"), bench.link()), (Some(Coverage::Complete), Some(&Link::Live)));

    let mut bench = Bench::new(&["Pod"]);
    bench.receive(Event::Wake);
    bench.receive(Event::Connected { offers: unread(Offers::default(), ""), namespaces: Vec::new() });
    assert_eq!(bench.coverage("Pod"), Some(Coverage::Failing));
    assert!(matches!(bench.link(), Some(Link::Stale { .. })), "{:?}", bench.link());
    assert!(bench.pass(seconds(6)).contains(&Order::Discover), "it is asked for soon");
    let orders = bench.receive(Event::Offered(Some(offers(&["Pod"]))));
    assert_eq!(lists(&orders), 1, "{orders:?}");
    bench.listed("Pod");
    assert_eq!((bench.coverage("Pod"), bench.link()), (Some(Coverage::Complete), Some(&Link::Live)));
}

#[test]
fn of_many_namespaces_those_that_were_used_last_are_looked_into() {
    let mut bench = Bench::new(&["Pod"]);
    bench.receive(Event::Wake);
    let names = |numbers: std::ops::Range<u32>| numbers.map(|number| Str::from(format!("n{number:03}"))).collect::<Vec<_>>();
    bench.receive(Event::Include(names(0..100)));
    bench.receive(Event::Include(names(100..110)));
    bench.connect();
    bench.ended("Pod", Some(TroubleKind::Forbidden));
    let listed = |bench: &Bench| {
        let within = |(_, order): &(Duration, Order)| match order {
            Order::List { scope, .. } => scope.namespace.clone(),
            _ => None,
        };
        bench.orders.iter().filter_map(within).collect::<std::collections::BTreeSet<_>>()
    };
    let wanted = [names(0..90), names(100..110)].concat();
    assert_eq!(listed(&bench), wanted.into_iter().collect());

    let orders = bench.receive(Event::Include(names(95..96)));
    let scope = |name: &str| Scope { namespace: Some(name.into()), ..everywhere("Pod") };
    assert!(orders.contains(&Order::Stop(scope("n089"))), "the one that was used first makes room: {orders:?}");
    assert!(listed(&bench).contains("n095"));
    let remembered = orders.iter().find_map(|order| if let Order::Remember(names) = order { Some(names) } else { None });
    assert_eq!(remembered.expect("they are remembered")[..2], [Str::from("n095"), Str::from("n100")]);
}

#[test]
fn what_an_object_owned_stays_where_it_cannot_be_looked_for() {
    let mut bench = Bench::connected(&["Pod"]);
    let owner = ObjectRef::new(crate::domain::ClusterId(0), GroupKind::new("", "Pod"), "shop", "web-0");
    let [one, other] = ["one", "other"].map(|name| applies(name, "Pod"));
    let mut found = |objects: &[&Object], unread: &[TroubleKind]| {
        bench.receive(Event::Own(owner.clone(), crate::domain::Uid(7)));
        let unread = unread.iter().map(|kind| (flux(), it(*kind))).collect();
        let objects = objects.iter().map(|object| (*object).clone()).collect();
        bench.receive(Event::Found { owner: owner.clone(), objects, unread })
    };
    let removed = |orders: &[Order]| {
        let deltas = orders.iter().flat_map(|order| if let Order::Report(deltas) = order { deltas.as_slice() } else { &[] });
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
