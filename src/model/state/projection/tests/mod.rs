mod broken;

use super::*;
use crate::domain::health::Counts;
use crate::domain::object::Verdict;
use crate::domain::query::Query;
use crate::domain::{
    Changes, ClusterId, Coverage, Delta, Edge, Facts, GroupKind, Health, Labels, NodeId, Object, ObjectRef, Owner, Relation,
    Scope, Store, Uid,
};
use crate::forms::Clock;
use crate::insight::why::Sight;

const GROUPS: [(&str, &str); 6] = [
    ("GitRepository", "source.toolkit.fluxcd.io"),
    ("Kustomization", "kustomize.toolkit.fluxcd.io"),
    ("HelmRelease", "helm.toolkit.fluxcd.io"),
    ("Deployment", "apps"),
    ("ReplicaSet", "apps"),
    ("Pod", ""),
];

fn gk(kind: &str) -> GroupKind {
    GroupKind::new(GROUPS.iter().find(|(known, _)| *known == kind).map_or("", |(_, group)| *group), kind)
}

/// `Kind namespace/name`.
fn reference(text: &str) -> ObjectRef {
    let (kind, path) = text.split_once(' ').expect("a kind");
    let (namespace, name) = path.split_once('/').unwrap_or(("", path));
    ObjectRef::new(ClusterId(0), gk(kind), namespace, name)
}

struct World {
    store: Store,
    forest: Forest,
    matches: Matches,
    folds: Folds,
    rows: TreeRows,
    is_order_free: bool,
}

impl World {
    fn new() -> Self {
        Self {
            store: Store::default(),
            forest: Forest::default(),
            matches: Matches::default(),
            folds: Folds::default(),
            rows: TreeRows::default(),
            is_order_free: true,
        }
    }

    fn apply(&mut self, delta: Delta) {
        let mut changes = Changes::default();
        self.store.apply(delta, &mut changes);
        self.forest.update(&self.store, &changes);
        self.forest.tidy(&self.store);
        self.matches.update(&self.store, &self.forest, &changes);
        self.store.recycle(&changes);
        if self.is_order_free {
            self.agrees();
        }
    }

    /// The trees kept up step by step are the trees planted from scratch.
    fn agrees(&self) {
        let fresh = Forest::plant(&self.store, self.forest.root());
        for id in self.store.nodes() {
            let place = |forest: &Forest| (forest.parent(id), forest.health(id), forest.below(id), forest.is_root(id));
            assert_eq!(place(&self.forest), place(&fresh), "{}", self.store.reference(id));
        }
        assert_eq!(self.forest.total(), fresh.total());
    }

    /// `relation:Kind ns/name` edges, or `owner:Kind ns/name`.
    fn put(&mut self, text: &str, health: Health, edges: &[&str]) {
        let id = reference(text);
        let split = |edge: &&str| {
            edge.split_once(':').map(|(relation, to)| (relation.to_owned(), reference(to))).expect("relation:object")
        };
        let edges: Vec<_> = edges.iter().map(split).collect();
        let relation = |word: &str| match word {
            "applies" => Relation::Applies,
            "source" => Relation::Source,
            "by" => Relation::ManagedBy,
            "needs" => Relation::DependsOn,
            other => panic!("{other}"),
        };
        let object = Object {
            uid: Uid::parse(text),
            version: "v1".into(),
            created: None,
            generation: 0,
            control: None,
            verdict: Verdict::new(health, "", format!("message of {text}")),
            suspension: None,
            conditions: Box::default(),
            labels: Labels::default(),
            owners: edges
                .iter()
                .filter(|(word, _)| word == "owner")
                .map(|(_, to)| Owner {
                    uid: Uid::parse(&to.to_string()),
                    group: to.gk.group.clone(),
                    kind: to.gk.kind.clone(),
                    name: to.name.clone(),
                })
                .collect(),
            edges: edges
                .iter()
                .filter(|(word, _)| word != "owner")
                .map(|(word, to)| Edge { relation: relation(word), to: to.clone() })
                .collect(),
            facts: Facts::default(),
            id,
        };
        self.apply(Delta::Upsert(Box::new(object)));
    }

    fn node(&self, text: &str) -> NodeId {
        self.store.find(&reference(text)).unwrap_or_else(|| panic!("{text} is not in the store"))
    }

    fn home(&self, text: &str) -> Option<String> {
        self.forest.parent(self.node(text)).map(|id| self.store.reference(id).to_string())
    }

    /// Rows as indented text, references with their relation.
    fn drawn(&mut self) -> Vec<String> {
        self.rows.refresh(&self.store, &self.forest, &self.folds, &self.matches, Sort::default());
        let line = |row: &Row| {
            let name = match row.what {
                RowContent::Object(id) => self.store.reference(id).to_string(),
                RowContent::Heading(at) => match self.rows.heading(at) {
                    Heading::Namespace(name) => name.to_string(),
                    Heading::Edges { words, .. } => format!("→ {words}"),
                },
            };
            let fold = match row.fold {
                Fold::Leaf => ' ',
                Fold::Closed => '+',
                Fold::Open => '-',
            };
            let via = row.via.map(|via| format!("→ {} ", via.word())).unwrap_or_default();
            format!("{}{fold}{via}{name}", "  ".repeat(row.depth.into()))
        };
        self.rows.rows().iter().map(line).collect()
    }
}

/// flux-system as `flux bootstrap` makes it: the Kustomization applies its own source and itself.
fn bootstrapped() -> World {
    let mut world = World::new();
    world.put("GitRepository flux-system/flux-system", Health::Ready, &[]);
    world.put(
        "Kustomization flux-system/flux-system",
        Health::Ready,
        &[
            "source:GitRepository flux-system/flux-system",
            "applies:Kustomization flux-system/flux-system",
            "applies:GitRepository flux-system/flux-system",
            "applies:Kustomization flux-system/apps",
        ],
    );
    world.put(
        "Kustomization flux-system/apps",
        Health::Ready,
        &["source:GitRepository flux-system/flux-system", "applies:Deployment web/web", "applies:Deployment api/web"],
    );
    world.put("Deployment web/web", Health::Ready, &["by:Kustomization flux-system/apps"]);
    world.put("Deployment api/web", Health::Ready, &["by:Kustomization flux-system/apps"]);
    world
}

#[test]
fn the_circle_of_flux_system_is_cut_at_its_source() {
    let mut world = bootstrapped();

    assert_eq!(world.home("GitRepository flux-system/flux-system"), None);
    assert_eq!(world.home("Kustomization flux-system/flux-system").as_deref(), Some("GitRepository flux-system/flux-system"));
    assert_eq!(world.home("Kustomization flux-system/apps").as_deref(), Some("Kustomization flux-system/flux-system"));
    assert_eq!(
        world.drawn(),
        [
            "-GitRepository flux-system/flux-system",
            // it applies itself: what it applies is what one comes for
            "  -Kustomization flux-system/flux-system",
            "    +Kustomization flux-system/apps",
            "   → feeds Kustomization flux-system/apps"
        ]
    );
    assert_eq!(world.forest.total().of(Health::Ready), 5);
}

#[test]
fn two_kustomizations_that_apply_each_other_do_not_hang() {
    let mut world = World::new();
    world.put("Kustomization a/one", Health::Ready, &["applies:Kustomization a/two"]);
    // which of the two is cut free depends on who came first
    world.is_order_free = false;
    world.put("Kustomization a/two", Health::Failed, &["applies:Kustomization a/one"]);

    assert_eq!(world.forest.total().total(), 2);
    assert_eq!(world.forest.roots().len(), 1);
}

#[test]
fn a_closed_parent_counts_what_is_below() {
    let mut world = bootstrapped();
    world.put("Deployment web/web", Health::Failed, &["by:Kustomization flux-system/apps"]);

    let below = world.forest.below(world.node("GitRepository flux-system/flux-system"));
    assert_eq!((below.of(Health::Failed), below.of(Health::Ready), below.worst()), (1, 3, Some(Health::Failed)));
}

#[test]
fn a_workload_that_waits_for_failed_pods_has_failed() {
    let mut world = bootstrapped();
    world.put("ReplicaSet web/web-1", Health::Progressing, &["owner:Deployment web/web"]);
    world.put("Pod web/web-1-a", Health::Progressing, &["owner:ReplicaSet web/web-1"]);
    world.put("Deployment web/web", Health::Progressing, &["by:Kustomization flux-system/apps"]);
    assert_eq!(world.forest.health(world.node("Deployment web/web")), Some(Health::Progressing));

    world.put("Pod web/web-1-a", Health::Failed, &["owner:ReplicaSet web/web-1"]);
    assert_eq!(world.forest.health(world.node("Deployment web/web")), Some(Health::Failed));

    world.put("Pod web/web-1-a", Health::Ready, &["owner:ReplicaSet web/web-1"]);
    assert_eq!(world.forest.health(world.node("Deployment web/web")), Some(Health::Progressing));
}

#[test]
fn what_flux_does_not_manage_is_not_in_the_tree() {
    let mut world = bootstrapped();
    world.put("Deployment kube-system/dns", Health::Failed, &[]);
    world.put("ReplicaSet kube-system/dns-1", Health::Failed, &["owner:Deployment kube-system/dns"]);

    assert!(!world.forest.contains(world.node("ReplicaSet kube-system/dns-1")));
    assert_eq!(world.forest.total().of(Health::Failed), 0);
}

#[test]
fn an_owner_that_may_not_be_read_stands_by_its_name() {
    let mut world = World::new();
    let scope = Scope { gk: gk("Kustomization"), namespace: None };
    world.put("Deployment web/web", Health::Ready, &["by:Kustomization flux-system/apps"]);
    assert!(!world.forest.contains(world.node("Deployment web/web")));

    world.apply(Delta::Coverage(scope, Coverage::Restricted));

    assert_eq!(world.drawn(), ["-Kustomization flux-system/apps", "   Deployment web/web"]);
    let id = world.node("Kustomization flux-system/apps");
    assert_eq!(word_of(&world.store, &world.forest, id), "Restricted");
    assert_eq!(world.forest.total().total(), 1);
}

#[test]
fn a_label_beside_an_inventory_that_does_not_name_the_object_gives_no_home() {
    let mut world = bootstrapped();
    world.put("Deployment web/copy", Health::Failed, &["by:Kustomization flux-system/apps"]);

    assert!(!world.forest.contains(world.node("Deployment web/copy")));
}

#[test]
fn many_references_are_one_row_until_it_is_opened() {
    let mut world = World::new();
    let needs =
        ["needs:Kustomization flux-system/a", "needs:Kustomization flux-system/b", "source:GitRepository flux-system/fleet"];
    for name in ["a", "b"] {
        world.put(&format!("Kustomization flux-system/{name}"), Health::Ready, &[]);
    }
    world.put("GitRepository flux-system/fleet", Health::Ready, &[]);
    world.put("Kustomization flux-system/c", Health::Ready, &needs);
    world.put("GitRepository other/fleet", Health::Ready, &[]);
    world.put("Kustomization flux-system/c", Health::Ready, &[&needs[..], &["source:GitRepository other/fleet"]].concat());
    let id = RowId::Edges(reference("Kustomization flux-system/c"));
    world.folds.set_all(true);
    assert!(world.drawn().contains(&"    +→ source 1 · depends on 2".to_owned()), "{:#?}", world.drawn());

    world.folds.set(&id, true);
    let drawn = world.drawn();
    let at = world.rows.position(&world.store, &id).expect("the row of the references");
    assert_eq!(world.rows.id(&world.store, at), Some(id));
    assert_eq!(
        drawn[at..at + 4],
        [
            "    -→ source 1 · depends on 2",
            "       → source GitRepository other/fleet",
            "       → depends on Kustomization flux-system/a",
            "       → depends on Kustomization flux-system/b"
        ]
    );
}

#[test]
fn an_inventory_that_names_what_its_complete_kind_lacks_counts_it_until_it_does_no_longer() {
    let mut world = World::new();
    world.apply(Delta::Coverage(Scope { gk: gk("Deployment"), namespace: None }, Coverage::Complete));
    world.put("Kustomization flux-system/apps", Health::Ready, &["applies:Deployment web/web"]);
    assert_eq!(world.forest.total().of(Health::Unknown), 1);

    world.put("Kustomization flux-system/apps", Health::Ready, &["needs:Deployment web/web"]);
    assert_eq!(world.forest.total().of(Health::Unknown), 0);
}

#[test]
fn a_missing_inventory_entry_is_shown_and_counted_unknown() {
    let mut world = bootstrapped();
    world.apply(Delta::Remove(reference("Deployment api/web")));
    world.apply(Delta::Complete { scope: Scope { gk: gk("Deployment"), namespace: None }, generation: 0 });

    let id = world.node("Deployment api/web");
    assert_eq!(word_of(&world.store, &world.forest, id), "Missing");
    assert_eq!(world.forest.total().of(Health::Unknown), 1);
}

#[test]
fn children_go_with_their_parent_and_come_back() {
    let mut world = bootstrapped();
    world.apply(Delta::Remove(reference("Kustomization flux-system/apps")));
    assert!(!world.forest.contains(world.node("Deployment web/web")));

    world.put("Kustomization flux-system/apps", Health::Ready, &["applies:Deployment web/web"]);
    assert!(world.forest.contains(world.node("Deployment web/web")));
}

#[test]
fn a_filter_shows_matches_below_their_ancestors() {
    let mut world = bootstrapped();
    world.matches.restart(Filter { query: Query::parse("deployment.*api/web").expect("a filter"), ..Filter::default() });
    let (store, forest) = (&world.store, &world.forest);
    world.matches.step(store, forest, || true);

    assert_eq!(
        world.drawn(),
        [
            "-GitRepository flux-system/flux-system",
            "  -Kustomization flux-system/flux-system",
            "    -Kustomization flux-system/apps",
            "       Deployment api/web"
        ]
    );
    assert_eq!(world.matches.bits().count(), 1);
}

#[test]
fn a_changed_object_enters_and_leaves_the_matches() {
    let mut world = bootstrapped();
    let failing = Filter { health: Some([Health::Failed].into()), ..Filter::default() };
    world.matches.restart(failing);
    let (store, forest) = (&world.store, &world.forest);
    world.matches.step(store, forest, || true);
    assert_eq!(world.matches.bits().count(), 0);

    world.put("Deployment web/web", Health::Failed, &["by:Kustomization flux-system/apps"]);
    assert!(world.matches.contains(world.node("Deployment web/web")));

    world.put("Deployment web/web", Health::Ready, &["by:Kustomization flux-system/apps"]);
    assert_eq!(world.matches.bits().count(), 0);
}

#[test]
fn namespaces_on_top_group_what_lives_in_them() {
    let mut world = bootstrapped();
    world.forest = Forest::plant(&world.store, Root::Namespaces);

    assert_eq!(
        world.drawn().iter().filter(|row| !row.contains('→')).collect::<Vec<_>>(),
        [
            "-api",
            "   Deployment api/web",
            "-flux-system",
            "  +GitRepository flux-system/flux-system",
            "  +Kustomization flux-system/apps",
            "  +Kustomization flux-system/flux-system",
            "-web",
            "   Deployment web/web"
        ]
    );
}

#[test]
fn what_leads_to_the_company_is_on_top_and_what_hangs_in_the_air_is_at_the_end() {
    let mut world = bootstrapped();
    world.put("GitRepository a/alone", Health::Failed, &[]);
    world.put("GitRepository b/used", Health::Ready, &[]);
    world.put("Kustomization b/used", Health::Failed, &["source:GitRepository b/used"]);
    world.put("Kustomization flux-system/zoo", Health::Failed, &["source:GitRepository flux-system/flux-system"]);
    let roots = |world: &mut World, sort: Sort| {
        world.rows.refresh(&world.store, &world.forest, &world.folds, &world.matches, sort);
        let roots = world.rows.rows().iter().filter(|row| row.depth == 0).filter_map(Row::node);
        roots.map(|node| world.store.reference(node).path()).collect::<Vec<_>>()
    };
    let worst = Sort { by: SortBy::State, reverse: false };
    assert_eq!(roots(&mut world, worst), ["flux-system/flux-system", "b/used", "a/alone"]);
    assert_eq!(roots(&mut world, Sort::default()), ["a/alone", "b/used", "flux-system/flux-system"]);

    // siblings: the way to the company, then the worst first, and again as soon as that is another one
    let below = |world: &mut World, zoo: Health, ant: Health| {
        for (name, health) in [("zoo", zoo), ("ant", ant)] {
            let name = format!("Kustomization flux-system/{name}");
            world.put(&name, health, &["source:GitRepository flux-system/flux-system"]);
        }
        roots(world, worst);
        let source = Some(world.node("GitRepository flux-system/flux-system"));
        let is_below = |row: &&Row| row.parent == source && row.via.is_none();
        let below = world.rows.rows().iter().filter(is_below).filter_map(Row::node);
        below.map(|node| world.store.reference(node).name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(below(&mut world, Health::Failed, Health::Ready), ["flux-system", "zoo", "ant"]);
    assert_eq!(below(&mut world, Health::Ready, Health::Ready), ["flux-system", "ant", "zoo"]);
    assert_eq!(below(&mut world, Health::Stalled, Health::Failed), ["flux-system", "ant", "zoo"]);
}

#[test]
fn the_cause_below_is_the_first_that_fails_by_itself() {
    let mut world = bootstrapped();
    world.put("ReplicaSet web/web-1", Health::Progressing, &["owner:Deployment web/web"]);
    world.put("Pod web/web-1-a", Health::Stalled, &["owner:ReplicaSet web/web-1"]);
    world.put("Pod web/web-1-b", Health::Failed, &["owner:ReplicaSet web/web-1"]);
    world.put("Pod web/web-1-c", Health::Failed, &["owner:ReplicaSet web/web-1"]);
    world.put("Deployment web/web", Health::Progressing, &["by:Kustomization flux-system/apps"]);
    let cause = |world: &World, of: &str| {
        let sight = Sight::new(&world.store, &world.forest, Clock::BEGINNING.now);
        sight.cause_below(world.node(of)).map(|node| world.store.reference(node).to_string())
    };
    for above in ["GitRepository flux-system/flux-system", "Kustomization flux-system/apps", "Deployment web/web"] {
        assert_eq!(cause(&world, above).as_deref(), Some("Pod web/web-1-b"), "{above}");
    }
    assert_eq!(cause(&world, "Pod web/web-1-b"), None);
    assert_eq!(cause(&world, "Deployment api/web"), None);
    let message = message_of(&world.store, &world.forest, world.node("Deployment web/web"));
    assert_eq!(message, "message of Pod web/web-1-b; message of Deployment web/web");
}

#[test]
fn counts_of_namespaces_are_those_of_what_is_in_them() {
    let mut world = bootstrapped();
    world.put("Deployment web/web", Health::Failed, &["by:Kustomization flux-system/apps"]);
    let total = |world: &World, names: &[&str]| {
        let names = names.iter().map(|name| (*name).into()).collect();
        let total = world.forest.total_in(&world.store, &names);
        (total.of(Health::Failed), total.of(Health::Ready))
    };
    assert_eq!(total(&world, &["web"]), (1, 0));
    assert_eq!(total(&world, &["web", "flux-system"]), (1, 3));
    assert_eq!(total(&world, &["nowhere"]), (0, 0));
    world.put("Deployment web/web", Health::Ready, &["by:Kustomization flux-system/apps"]);
    assert_eq!(total(&world, &["web"]), (0, 1), "a change is counted");
}

#[test]
fn a_row_is_found_again_after_rows_came_above_it() {
    let mut world = bootstrapped();
    world.drawn();
    let id = world.rows.id(&world.store, 1).expect("a row");

    world.put("GitRepository a-first/one", Health::Ready, &[]);
    world.drawn();

    assert_eq!(world.rows.position(&world.store, &id), Some(2));
}

#[test]
fn an_updated_table_equals_a_refilled_table() {
    let mut world = bootstrapped();
    let fill = |world: &World, sort| {
        let mut table = Table::new(gk("Deployment"), crate::kinds::rules("apps", "Deployment"));
        table.fill(
            &world.store,
            &world.forest,
            Filter { query: Query::parse("!gone").expect("a filter"), ..Filter::default() },
            sort,
        );
        table
    };
    let sort = TableSort { column: 2, reverse: true };
    let mut table = fill(&world, sort);
    let mut step = |world: &mut World, delta: Delta| {
        let mut changes = Changes::default();
        world.store.apply(delta, &mut changes);
        world.forest.update(&world.store, &changes);
        table.update(&world.store, &world.forest, &changes);
        world.store.recycle(&changes);
        let fresh = fill(world, sort);
        assert_eq!(table.nodes().collect::<Vec<_>>(), fresh.nodes().collect::<Vec<_>>());
    };
    let failed = |world: &World, text: &str| {
        let mut object = world.store.object(world.node(text)).expect("present").clone();
        object.verdict = Verdict::new(Health::Failed, "", "");
        Delta::Upsert(Box::new(object))
    };
    let delta = failed(&world, "Deployment api/web");
    step(&mut world, delta);
    let delta = failed(&world, "Deployment web/web");
    step(&mut world, delta);
    step(&mut world, Delta::Remove(reference("Deployment api/web")));
}

#[test]
fn counts_are_those_of_the_objects() {
    let world = bootstrapped();
    let mut counted = Counts::default();
    for id in world.store.nodes().filter(|id| world.forest.contains(*id)) {
        counted += world.forest.health(id).map_or_else(Counts::default, Counts::one);
    }

    assert_eq!(world.forest.total(), counted);
}
