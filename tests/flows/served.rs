//! Kinds that no inventory names: any that the cluster serves opens as the API server prints it, events among them.

use std::sync::Arc;
use std::time::Duration;

use fluxdeck::demo::{Company, RunDirectory, User};
use fluxdeck::runtime::{Guest, Origin};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::{Beginning, Message, News, ServerFacts, Settings};

use super::driver::Driver;

fn company() -> Arc<Company> {
    Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")))
}

async fn demo(width: u16, height: u16) -> Driver {
    Driver::demo(company(), width, height, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await
}

#[tokio::test(start_paused = true)]
async fn any_kind_that_is_served_opens_with_its_own_columns() {
    let mut deck = demo(120, 30).await;
    for name in ["nodes", "node", "no", "Node"] {
        deck.keys(&format!(": \"{name}\" enter")).await.shows("nodes").shows("ROLES").shows("v1.36.4").shows("bed-node");
    }
    deck.keys(": \"roles.rbac.authorization.k8s.io\" enter").await.shows("roles");
    deck.keys("esc").await.shows("tree by sources");
    deck.keys(": \"quotas\" enter").await.shows("neither a command nor a kind");
}

#[tokio::test(start_paused = true)]
async fn wide_columns_are_there_where_there_is_room_or_on_request() {
    let mut deck = demo(80, 24).await;
    deck.keys(": \"nodes\" enter").await.shows("VERSION").hides("CONTAINER-RUNTIME");
    deck.resize(180, 50);
    deck.shows("CONTAINER-RUNTIME").shows("containerd://2.2.0");
}

#[tokio::test(start_paused = true)]
async fn a_row_is_described_and_printed_as_yaml() {
    let mut deck = demo(120, 60).await;
    deck.keys(": \"nodes\" enter d").await.shows("Status").shows("kubelet is posting ready status").shows("capacity.cpu");
    deck.keys("esc y").await.shows("kind: Node").shows("nodes › yaml Node bed-node");
}

#[tokio::test(start_paused = true)]
async fn the_names_of_kinds_are_completed_from_what_is_served() {
    let mut deck = demo(120, 30).await;
    deck.keys(": \"nod\" tab enter").await.shows("bed-node");
    deck.keys(": \"kinds\" enter / \"^clusterrolebindings\"").await.shows("ClusterRoleBinding");
}

#[tokio::test(start_paused = true)]
async fn events_are_of_the_cluster_and_of_the_namespace_when_narrowed() {
    let mut deck = demo(140, 40).await;
    deck.keys(": \"events\" enter").await.shows("SEEN").shows("OBJECT").shows("Warning").shows("ks flux-system/");
    deck.keys(": \"events_web\" enter").await.hides("ks flux-system/").shows("production › web").shows("events");
    deck.keys("esc").await.shows("all namespaces").shows("tree by sources");
    // what happens is there at once
    deck.keys(": \"events_-n_flux-system\" enter").await;
    deck.keys(": \"ks_flux-system_/apps\" enter R").await;
    deck.keys("[").await;
    deck.pass(Duration::from_secs(5)).await;
    deck.shows("events");
    // of an object it is v
    deck.keys(": \"ks_/apps\" enter v").await.shows("events Kustomization");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_it_sees_why_and_events_are_those_that_may_be_read() {
    let guest = Guest { company: company(), user: User::developer(), is_acting: false };
    let now = guest.company.enter("").expect("a context").world.now();
    let beginning = Beginning { now, settings: Settings { theme: "dark".into(), ..Settings::default() }, ..Beginning::default() };
    let mut deck = Driver::on(Origin::Demo(guest), beginning, 140, 40, Depth::True).await;
    deck.keys(": \"nodes\" enter").await.shows("nodes is forbidden").hides("bed-node");
    deck.keys(": \"events\" enter").await.shows("where you may look").shows("REASON");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_named_before_the_cluster_has_said_what_it_serves_opens_then() {
    let mut deck = demo(120, 30).await;
    let before = deck.app.state().cluster().server.clone();
    let (id, epoch) = (deck.app.state().active, deck.app.state().cluster().epoch);
    let server = |kinds| News::Server(ServerFacts { kinds, ..before.clone() });
    deck.receive(Message::Cluster(id, epoch, server(Vec::new())));
    deck.app.submit_line("nodes");
    deck.shows("has not said yet what kinds it serves");
    deck.receive(Message::Cluster(id, epoch, server(before.kinds.clone())));
    deck.settle().await;
    deck.shows("bed-node").hides("has not said yet");
}
