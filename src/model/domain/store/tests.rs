use super::*;
use crate::domain::identity::ClusterId;
use crate::domain::object::{Edge, Facts, Labels, Owner, Verdict};

fn reference(kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef::new(ClusterId(0), GroupKind::new("test", kind), namespace, name)
}

fn object(kind: &str, namespace: &str, name: &str) -> Object {
    Object {
        id: reference(kind, namespace, name),
        version: "v1".into(),
        uid: Uid::parse(&format!("{kind}/{namespace}/{name}")),
        created: None,
        generation: 0,
        control: None,
        verdict: Verdict::new(Health::Ready, "", ""),
        suspension: None,
        conditions: Box::default(),
        labels: Labels::default(),
        owners: Box::default(),
        edges: Box::default(),
        facts: Facts::default(),
    }
}

fn applies(mut object: Object, children: &[ObjectRef]) -> Object {
    object.edges = children.iter().map(|to| Edge { relation: Relation::Applies, to: to.clone() }).collect();
    object
}

fn owned_by(mut object: Object, owner: &Object) -> Object {
    object.owners =
        [Owner { uid: owner.uid, group: "test".into(), kind: owner.id.gk.kind.clone(), name: owner.id.name.clone() }].into();
    object
}

fn scope(kind: &str, namespace: Option<&str>) -> Scope {
    Scope { gk: GroupKind::new("test", kind), namespace: namespace.map(Into::into) }
}

fn apply(store: &mut Store, delta: Delta) -> Changes {
    let mut changes = Changes::default();
    store.apply(delta, &mut changes);
    store.recycle(&changes);
    changes
}

fn upsert(store: &mut Store, object: Object) -> Changes {
    apply(store, Delta::Upsert(Box::new(object)))
}

#[test]
fn a_relist_replaces_what_vanished_is_gone() {
    let mut store = Store::default();
    let listed = |generation, names: &[&str]| Delta::Listed {
        generation,
        objects: names.iter().map(|name| object("Ks", "a", name)).collect(),
    };
    apply(&mut store, listed(1, &["one", "two"]));
    apply(&mut store, Delta::Complete { scope: scope("Ks", None), generation: 1 });

    apply(&mut store, listed(2, &["two", "three"]));
    apply(&mut store, Delta::Complete { scope: scope("Ks", None), generation: 2 });

    let mut names: Vec<_> = store.of_kind(&GroupKind::new("test", "Ks")).map(|id| store.reference(id).name.to_string()).collect();
    names.sort();
    assert_eq!(names, ["three", "two"]);
    assert_eq!(store.find(&reference("Ks", "a", "one")), None);
}

#[test]
fn a_relist_of_one_namespace_leaves_the_others_alone() {
    let mut store = Store::default();
    apply(&mut store, Delta::Listed { generation: 1, objects: vec![object("Ks", "a", "web"), object("Ks", "b", "web")] });

    apply(&mut store, Delta::Complete { scope: scope("Ks", Some("a")), generation: 2 });

    assert_eq!(store.find(&reference("Ks", "a", "web")), None);
    assert!(store.object_of(&reference("Ks", "b", "web")).is_some());
}

#[test]
fn owners_may_arrive_after_what_they_own_and_come_back() {
    let mut store = Store::default();
    let deploy = object("Deployment", "a", "web");
    let pod = owned_by(object("Pod", "a", "web-1"), &deploy);
    upsert(&mut store, pod.clone());
    upsert(&mut store, deploy.clone());
    let (owner, owned) = (store.find(&deploy.id).expect("stored"), store.find(&pod.id).expect("stored"));
    assert_eq!(store.owners(owned), [owner]);

    apply(&mut store, Delta::Remove(deploy.id.clone()));
    assert!(store.owners(owned).is_empty());

    upsert(&mut store, deploy.clone());
    assert_eq!(store.owners(owned), [store.find(&deploy.id).expect("stored")]);
}

#[test]
fn a_recreated_object_of_the_same_name_does_not_inherit() {
    let mut store = Store::default();
    let old = object("Deployment", "a", "web");
    let pod = owned_by(object("Pod", "a", "web-1"), &old);
    upsert(&mut store, old.clone());
    upsert(&mut store, pod.clone());

    upsert(&mut store, Object { uid: Uid(7), ..old });

    assert!(store.owners(store.find(&pod.id).expect("stored")).is_empty());
}

#[test]
fn an_inventory_entry_is_missing_only_after_its_kind_was_listed() {
    let mut store = Store::default();
    let child = reference("ConfigMap", "a", "settings");
    upsert(&mut store, applies(object("Ks", "a", "web"), std::slice::from_ref(&child)));
    let id = store.find(&child).expect("named");
    assert_eq!((store.presence(id), store.health(id)), (Presence::Unknown, None));

    let changes = apply(&mut store, Delta::Complete { scope: scope("ConfigMap", None), generation: 1 });

    assert_eq!((store.presence(id), store.health(id)), (Presence::Missing, Some(Health::Unknown)));
    assert!(changes.touched.contains(&id));
}

#[test]
fn a_namespaces_own_coverage_decides_before_the_clusters() {
    let mut store = Store::default();
    upsert(&mut store, applies(object("Ks", "a", "web"), &[reference("Secret", "a", "x"), reference("Secret", "b", "x")]));
    apply(&mut store, Delta::Coverage(scope("Secret", None), Coverage::Restricted));
    apply(&mut store, Delta::Complete { scope: scope("Secret", Some("a")), generation: 1 });

    let presence = |namespace| store.presence(store.find(&reference("Secret", namespace, "x")).expect("named"));
    assert_eq!((presence("a"), presence("b")), (Presence::Missing, Presence::Restricted));
}

#[test]
fn losing_the_right_to_read_takes_the_objects_off_the_screen() {
    let mut store = Store::default();
    upsert(&mut store, object("Ks", "a", "web"));

    let changes = apply(&mut store, Delta::Coverage(scope("Ks", None), Coverage::Restricted));

    assert_eq!(store.find(&reference("Ks", "a", "web")), None);
    assert_eq!(changes.freed.len(), 1);
}

#[test]
fn a_repeated_refusal_of_all_namespaces_leaves_readable_ones_alone() {
    let mut store = Store::default();
    apply(&mut store, Delta::Coverage(scope("Ks", None), Coverage::Restricted));
    apply(&mut store, Delta::Listed { generation: 1, objects: vec![object("Ks", "a", "web")] });
    apply(&mut store, Delta::Complete { scope: scope("Ks", Some("a")), generation: 1 });

    apply(&mut store, Delta::Coverage(scope("Ks", None), Coverage::Restricted));

    assert!(store.object_of(&reference("Ks", "a", "web")).is_some());
}

#[test]
fn nodes_that_nobody_names_are_used_again() {
    let mut store = Store::default();
    for round in 0..100 {
        let pod = object("Pod", "a", &format!("web-{round}"));
        upsert(&mut store, pod.clone());
        apply(&mut store, Delta::Remove(pod.id));
    }
    assert_eq!(store.bound(), 1);
}

#[test]
fn the_same_record_again_changes_nothing() {
    let mut store = Store::default();
    let web = applies(object("Ks", "a", "web"), &[reference("ConfigMap", "a", "settings")]);
    upsert(&mut store, web.clone());

    assert!(upsert(&mut store, web).is_empty());
}

#[test]
fn edges_that_go_leave_no_trace_at_their_end() {
    let mut store = Store::default();
    let (one, two) = (reference("ConfigMap", "a", "one"), reference("ConfigMap", "a", "two"));
    upsert(&mut store, applies(object("Ks", "a", "web"), &[one.clone(), two.clone()]));

    upsert(&mut store, applies(object("Ks", "a", "web"), std::slice::from_ref(&two)));

    assert_eq!(store.find(&one), None);
    assert_eq!(store.incoming(store.find(&two).expect("named")).len(), 1);
}

#[test]
fn children_found_otherwise_replace_the_earlier_finding() {
    let mut store = Store::default();
    let release = object("Hr", "a", "web");
    upsert(&mut store, release.clone());
    let children = |names: &[&str]| Delta::Children {
        of: release.id.clone(),
        by: "storage",
        children: names.iter().map(|name| reference("Deployment", "a", name)).collect(),
    };
    apply(&mut store, children(&["one", "two"]));

    apply(&mut store, children(&["two"]));

    let id = store.find(&release.id).expect("stored");
    assert_eq!(store.found_children(id).len(), 1);
    assert_eq!(store.find(&reference("Deployment", "a", "one")), None);
    assert_eq!(store.object(id).map(|object| object.facts.children_by), Some("storage"));
}
