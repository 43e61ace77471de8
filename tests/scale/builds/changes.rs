//! A change, from the order to everything that its review shows: planned, proven by building the repository before and after, as a patch. Warm:
//! the repository was asked before; a fetch is not in it. Once on the demo's fleet, with its API server, its forge and its git, as `⏎` in a
//! form asks for it; and once on the large repository, for a file that one Kustomization reads and for one that all read.

use std::path::Path;
use std::sync::Arc;

use fluxdeck::demo::{self, Company, User};
use fluxdeck::runtime::{self, Desk, Guest, Options, Origin, Repositories};
use fluxdeck_model::change::{ChangeOrder, PlanOutcome, Proposed, SiteScope};
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef};
use fluxdeck_model::state::{ChangeQuery, PolicyConsent};
use tokio::runtime::Runtime;

use super::{looks, median, row, timed};

pub fn run(folder: &Path) {
    let runtime = Runtime::new().expect("a runtime");
    fleet(&runtime);
    large(&runtime, folder);
}

fn order(playbook: &str, object: &str, namespace: &str, setting: String) -> ChangeOrder {
    ChangeOrder {
        playbook: playbook.to_owned(),
        object: object.to_owned(),
        namespace: namespace.to_owned(),
        settings: vec![fluxdeck_model::change::ChangeSetting::Set(setting)],
        ..ChangeOrder::default()
    }
}

/// `a n` on a Deployment of the demo, another number each time.
fn fleet(runtime: &Runtime) {
    let guest = Guest { company: Arc::new(Company::start(demo::RunDirectory::passing())), user: User::admin(), is_acting: false };
    let options = Options::of(Origin::Demo(guest));
    let connection = runtime.block_on(runtime::connect(&options, "production")).expect("the demo");
    let changes = options.changes(Desk::of(options.repositories()));
    let object = ObjectRef::new(ClusterId(0), GroupKind::new("apps", "Deployment"), "web", "frontend");
    let applier = runtime::kustomization(ClusterId(0), "flux-system", "apps");
    let propose = |replicas: usize| {
        let order = order("scale", "deployment/frontend", "web", format!("replicas={replicas}"));
        let query = ChangeQuery {
            object: Some(object.clone()),
            also: Vec::new(),
            applier: Some(applier.clone()),
            order,
            said: None,
            consent: PolicyConsent::Kept,
        };
        match runtime.block_on(changes.propose(Some(&connection), query, true, "")).map(|(proposed, _)| proposed) {
            Ok(Proposed::Ready(proposal)) => proposal,
            other => panic!("{other:?}"),
        }
    };
    row("the first review in the demo", timed(|| drop(propose(9))), "");
    row("the next review in the demo", median(|turn| timed(|| drop(propose(11 + turn)))), "< 300 ms");
}

/// Fields of the large repository, planned and proven.
fn large(runtime: &Runtime, folder: &Path) {
    let repository = git2::Repository::open(folder).expect("looks have made it");
    let head = looks::commit(&repository).id;
    let desk = Desk::of(Repositories::of(vec![folder.to_owned()], None));
    let plan = |object: &str, setting: String, is_wide: bool| {
        let mut order = order("set-field", object, "app-7", setting);
        (order.is_wide, order.site.scope) = (is_wide, SiteScope::Any);
        let head = head.clone();
        let work =
            move |bench: &mut runtime::Bench| runtime::planned(bench, &head, &order, &[], runtime::AppliedBuilds::default());
        let planned = runtime.block_on(desk.at(folder, work)).expect("it can be planned");
        assert!(matches!(planned.outcome, PlanOutcome::Planned(_)), "{:?}", planned.outcome);
    };
    let one = |turn: usize| plan("configmap/prod-config-1", format!("data.value=change-{turn}"), false);
    row("the first plan of a hundred", timed(|| one(99)), "");
    row("of a file that one reads", median(|turn| timed(|| one(turn))), "< 500 ms");
    let all = |turn: usize| plan("configmap/prod-shared", format!("data.turn=change-{turn}"), true);
    row("of a file that all read", median(|turn| timed(|| all(turn))), "< 1 s");
}
