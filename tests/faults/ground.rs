//! The demo's cluster behind a connection that can break, its clock moved by the runtime's, and what is true in it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fluxdeck::demo::faults::{Arrival, Asks, Fault, Verb};
use fluxdeck::demo::{Company, RunDirectory, User, World};
use fluxdeck::runtime::{Guest, Options, Origin};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::domain::{Coverage, GroupKind, Object, Scope, Store, Uid};
use fluxdeck_model::kinds::{self, Kind};
use fluxdeck_model::state::{Beginning, Link, Settings, State};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, LogParams, Patch, PatchParams, PostParams};
use serde_json::json;

use crate::flows::driver::Driver;

pub const NAMESPACE: &str = "shop";
/// How long anything may take without a fault.
pub const SOON: Duration = Duration::from_secs(30);
/// How long a picture may take to be right again once a fault is over.
pub const HEALED: Duration = Duration::from_secs(35);
/// Requests a second for each scope, at most.
const MOST: usize = 2;

/// What is known of an object: its identity and how often its spec has changed. It says everything: a picture with the same of all
/// objects has missed nothing.
pub type Known = BTreeMap<String, (String, i64)>;

pub struct Ground {
    pub company: Arc<Company>,
    pub world: World,
    clock: tokio::task::JoinHandle<()>,
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.clock.abort();
    }
}

impl Ground {
    /// Production, with two Kustomizations that no controller can do anything for.
    pub async fn new() -> Self {
        let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
        let world = company.enter("").expect("a context").world;
        world.wire();
        let clock = tokio::spawn({
            let world = world.clone();
            async move { world.run().await }
        });
        let ground = Self { company, world, clock };
        for name in ["kept", "lost"] {
            ground.create(name).await;
        }
        ground
    }

    pub fn origin(&self, user: User) -> Origin {
        Origin::Demo(Guest { company: self.company.clone(), user, is_acting: false })
    }

    pub fn options(&self) -> Options {
        Options::of(self.origin(User::admin()))
    }

    /// The program with its screen, live and complete.
    pub async fn screen(&self) -> Driver {
        self.screen_of(User::admin()).await
    }

    pub async fn screen_of(&self, user: User) -> Driver {
        let mut deck = self.opened(user).await;
        assert!(deck.pass_until(SOON, |deck| is_live(deck.app.state())).await, "not live: {:?}", deck.app.state().cluster().link);
        deck
    }

    /// The program with its screen, as it begins.
    pub async fn opened(&self, user: User) -> Driver {
        let settings = Settings { theme: "dark".into(), ..Settings::default() };
        let beginning = Beginning { now: self.world.now(), settings, ..Beginning::default() };
        Driver::on(self.origin(user), beginning, 160, 40, Depth::True).await
    }

    pub fn kustomizations(&self) -> Api<DynamicObject> {
        let kind = GroupVersionKind::gvk("kustomize.toolkit.fluxcd.io", "v1", "Kustomization");
        Api::namespaced_with(self.world.observer(), NAMESPACE, &ApiResource::from_gvk(&kind))
    }

    pub async fn create(&self, name: &str) {
        let object = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"interval": "1h", "path": "./", "prune": false, "sourceRef": {"kind": "GitRepository", "name": "none"}},
        });
        let object = serde_json::from_value(object).expect("an object");
        self.kustomizations().create(&PostParams::default(), &object).await.expect("created");
    }

    pub async fn suspend(&self, name: &str) {
        let patch = Patch::Merge(json!({"spec": {"suspend": true}}));
        self.kustomizations().patch(name, &PatchParams::default(), &patch).await.expect("patched");
    }

    /// Changes an object in a way that nobody minds.
    pub async fn touch(&self, name: &str) {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {"example.com/touched": "yes"}}}));
        self.kustomizations().patch(name, &PatchParams::default(), &patch).await.expect("patched");
    }

    pub async fn is_suspended(&self, name: &str) -> bool {
        self.kustomizations().get(name).await.is_ok_and(|object| object.data["spec"]["suspend"] == true)
    }

    /// A HelmRelease of before Flux 2.8: what it applied is only in Helm's storage.
    pub async fn release_without_inventory(&self, name: &str) {
        let kind = GroupVersionKind::gvk("helm.toolkit.fluxcd.io", "v2", "HelmRelease");
        let releases = Api::<DynamicObject>::namespaced_with(self.world.observer(), NAMESPACE, &ApiResource::from_gvk(&kind));
        let chart = json!({"spec": {"chart": "old", "sourceRef": {"kind": "HelmRepository", "name": "none"}}});
        let release = json!({
            "apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"name": name, "namespace": NAMESPACE}, "spec": {"interval": "1h", "suspend": true, "chart": chart},
        });
        let release = serde_json::from_value(release).expect("an object");
        releases.create(&PostParams::default(), &release).await.expect("created");
        let snapshot = json!({
            "name": name, "namespace": NAMESPACE, "version": 1, "chartName": "old", "chartVersion": "1.0.0", "configDigest": "sha256:0",
            "digest": "sha256:0", "firstDeployed": "2026-11-20T08:00:00Z", "lastDeployed": "2026-11-20T08:00:00Z", "status": "deployed",
        });
        let status = json!({"status": {"storageNamespace": NAMESPACE, "history": [snapshot]}});
        releases.patch_status(name, &PatchParams::default(), &Patch::Merge(status)).await.expect("a status");
    }

    /// The whole log of the first pod of the namespace whose name begins so.
    pub async fn log(&self, prefix: &str) -> Vec<String> {
        let pods = Api::<Pod>::namespaced(self.world.observer(), NAMESPACE);
        let all = pods.list(&ListParams::default()).await.expect("pods");
        let name = all.into_iter().find_map(|pod| pod.metadata.name.filter(|name| name.starts_with(prefix))).expect("a pod");
        let text = pods.logs(&name, &LogParams::default()).await.expect("a log");
        text.lines().map(str::to_owned).collect()
    }

    /// Changes, adds and removes an object, as somebody else does.
    pub async fn stir(&self) {
        self.suspend("kept").await;
        self.create("new").await;
        self.kustomizations().delete("lost", &Default::default()).await.expect("deleted");
    }

    /// What the cluster has of Flux's kinds.
    pub async fn truth(&self) -> Known {
        let mut known = Known::new();
        for kind in of_flux() {
            let gvk = GroupVersionKind::gvk(kind.group, kind.versions[0], kind.kind);
            let api =
                Api::<DynamicObject>::all_with(self.world.observer(), &ApiResource::from_gvk_with_plural(&gvk, kind.plural));
            // not every kind is served
            let Ok(list) = api.list_metadata(&ListParams::default()).await else { continue };
            for object in list {
                let metadata = object.metadata;
                let name = format!("{} {}/{}", kind.kind, text(metadata.namespace), text(metadata.name));
                known.insert(name, (Uid::parse(&text(metadata.uid)).to_string(), metadata.generation.unwrap_or_default()));
            }
        }
        assert!(known.len() > 10, "the demo has more: {known:?}");
        known
    }

    /// Lays down a fault; watches that are open meet it too, because they break.
    pub fn strike(&self, fault: Fault) {
        self.world.take_arrivals();
        self.world.inject(fault);
        if fault.on.verbs.is_empty() || fault.on.verbs.contains(&Verb::Watch) {
            self.world.reset_streams(fault.on.path);
        }
    }
}

fn text(text: Option<String>) -> String {
    text.unwrap_or_default()
}

fn of_flux() -> impl Iterator<Item = &'static Kind> {
    kinds::ALL.iter().copied().filter(|kind| kind.is_flux())
}

pub fn is_live(state: &State) -> bool {
    state.cluster().link == Link::Live && state.cluster().is_complete()
}

/// What the picture shows of Flux's kinds that it claims to know.
pub fn picture(store: &Store) -> Known {
    let claimed = of_flux().filter(|kind| claims(store, kind));
    claimed.flat_map(|kind| of_kind(store, kind)).collect()
}

fn gk(kind: &Kind) -> GroupKind {
    GroupKind::new(kind.group, kind.kind)
}

fn claims(store: &Store, kind: &Kind) -> bool {
    let coverage = store.coverage_of(&Scope { gk: gk(kind), namespace: None });
    matches!(coverage, Some(Coverage::Complete | Coverage::Polled(_)))
}

fn of_kind(store: &Store, kind: &Kind) -> impl Iterator<Item = (String, (String, i64))> {
    let known = |object: &Object| {
        let id = &object.id;
        (format!("{} {}/{}", id.gk.kind, id.namespace, id.name), (object.uid.to_string(), object.generation))
    };
    store.of_kind(&gk(kind)).filter_map(move |id| store.object(id).map(known)).collect::<Vec<_>>().into_iter()
}

/// What is wrong with a picture where it claims to know; nothing when it is true.
pub fn untrue(store: &Store, truth: &Known) -> Vec<String> {
    let claimed: Vec<_> = of_flux().filter(|kind| claims(store, kind)).map(|kind| kind.kind).collect();
    let seen = picture(store);
    let is_claimed = |name: &str| name.split(' ').next().is_some_and(|kind| claimed.contains(&kind));
    let wrong = truth.iter().filter(|(name, known)| is_claimed(name) && seen.get(*name) != Some(known));
    let more = seen.keys().filter(|name| !truth.contains_key(*name));
    wrong.map(|(name, _)| name.clone()).chain(more.map(|name| format!("{name} is gone"))).collect()
}

/// What was asked of each scope: a collection with all that is below it, or a path of its own.
fn scope(asks: &Asks) -> &str {
    match asks.verb {
        Verb::Get | Verb::Patch | Verb::Delete => asks.path.rsplit_once('/').map_or("", |(scope, _)| scope),
        _ => &asks.path,
    }
}

/// Asserts that no scope was asked more than twice a second, in the whole time and in every ten seconds of it.
#[track_caller]
pub fn assert_paced(arrivals: &[Arrival], span: Duration) {
    let mut scopes: BTreeMap<&str, Vec<Timestamp>> = BTreeMap::new();
    for arrival in arrivals {
        scopes.entry(scope(&arrival.asks)).or_default().push(arrival.at);
    }
    for (scope, times) in scopes {
        let most = MOST * usize::try_from(span.as_secs()).expect("a minute or two");
        assert!(times.len() <= most, "{scope} was asked {} times within {span:?}", times.len());
        for (at, first) in times.iter().enumerate() {
            let within = times[at..].iter().filter(|time| time.duration_since(*first).as_secs() < 10).count();
            assert!(within <= 10 * MOST, "{scope} was asked {within} times within ten seconds");
        }
    }
}
