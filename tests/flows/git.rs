//! What git says, on the screen: fields with file and line, and drift.

use std::sync::Arc;

use fluxdeck::demo::{Company, RunDirectory, User};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::{Effect, Message, Reply, Settings, Terminal, Ticket};
use k8s_openapi::api::apps::v1::Deployment;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use super::driver::Driver;

fn company() -> Arc<Company> {
    Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")))
}

async fn deck(company: &Arc<Company>) -> Driver {
    Driver::demo(company.clone(), 140, 44, Depth::True, Settings { theme: "dark".into(), ..Settings::default() }).await
}

/// Changes the frontend by hand; its Kustomization would correct it at its next reconciliation.
async fn change_frontend(company: &Company, patch: serde_json::Value) {
    let client = company.enter("production").expect("a context").world.client(&User::admin());
    let deployments = Api::<Deployment>::namespaced(client, "web");
    deployments.patch("frontend", &PatchParams::default(), &Patch::Merge(&patch)).await.expect("patched");
}

#[tokio::test(start_paused = true)]
async fn the_fields_of_an_object_lead_to_the_file_and_line_that_set_them() {
    let company = company();
    let mut deck = deck(&company).await;
    deck.keys(": \"deployments_web_/frontend\" enter d G").await;
    deck.shows("Set by git at").shows("applied by flux-system/apps");

    deck.keys("o").await.shows("FIELD").shows("SET BY").shows("spec.replicas");
    deck.keys("/ \"spec.replicas\" enter").await.shows("flux/apps/production/web/kustomization.yaml:11");
    deck.shows("over flux/apps/base/frontend/deployment.yaml:6 (resource)");
    deck.keys("o").await.shows("kustomization.yaml:11 at").shows("> 11  ");
    // no checkout of the user has it
    deck.keys("e").await.shows("none of your checkouts has this file");
    deck.keys("esc").await.shows("FIELD");
    assert!(!deck.effects.iter().any(|effect| matches!(effect, Effect::Terminal(Terminal::Edit { .. }))), "{:?}", deck.effects);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_in_git_itself_leads_to_what_is() {
    let company = company();
    let mut deck = deck(&company).await;
    deck.keys(": \"pods_web_/frontend\" enter d G").await.shows("it comes from Deployment web/frontend");
    deck.keys("o").await.shows("is not in git itself: Deployment web/frontend is").shows("spec.replicas");
}

#[tokio::test(start_paused = true)]
async fn a_change_by_hand_is_listed_with_the_line_of_git_and_filters_the_tree() {
    let company = company();
    let mut deck = deck(&company).await;
    deck.keys(": \"drift\" enter").await.shows("0 drifted of 120");
    deck.shows("23 not compared").shows("it has never applied anything");

    change_frontend(&company, json!({"spec": {"replicas": 7}})).await;
    deck.keys(": \"drift\" enter").await.shows("1 drifted of");
    deck.shows("spec.replicas: git 3, live 7  flux/apps/production/web/kustomization.yaml:11  Kustomization flux-system/apps at");
    deck.keys("o").await.shows("> 11  ");
    deck.keys("esc enter").await.shows("Drift").shows("spec.replicas: git 3, live 7");

    deck.keys(": \"drifted\" enter")
        .await
        .shows("1 drifted of")
        .shows("drifted: spec.replicas: git 3, live 7")
        .hides("comparing");
    deck.hides("gitrepo apps/podinfo");
    deck.keys("esc").await.hides("drifted: spec.replicas");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_of_kustomizations_is_compared_with_all_that_these_apply() {
    let company = company();
    change_frontend(&company, json!({"spec": {"replicas": 7}})).await;
    let mut deck = deck(&company).await;

    // Kustomization flux-system/apps applies Deployment web/frontend
    deck.keys(": \"ns_flux-system\" enter : \"drift\" enter").await.shows("1 drifted of").shows("Deployment web/frontend");
    deck.keys(": \"drifted\" enter").await.shows("drifted: spec.replicas: git 3, live 7");
    deck.keys(": \"ns_web\" enter : \"drift\" enter").await.shows("1 drifted of").shows("Deployment web/frontend");
    deck.keys(": \"ns_shop\" enter : \"drift\" enter").await.shows("0 drifted of");
}

#[tokio::test(start_paused = true)]
async fn where_no_checkout_has_the_commit_the_details_say_so_and_fetch_nothing() {
    let mut deck = Driver::start(100, 44).await;
    deck.keys(": \"deployments_web_/frontend\" enter d G").await.shows("no checkout here has");
    deck.keys("o").await.shows("no checkout here has").shows("`repos` in config.toml");
}

#[tokio::test(start_paused = true)]
async fn who_leaves_the_context_forgets_its_drift() {
    let company = company();
    change_frontend(&company, json!({"spec": {"replicas": 7}})).await;
    let mut deck = deck(&company).await;
    deck.keys(": \"drifted\" enter").await.shows("drifted: spec.replicas");
    deck.keys(": \"ctx_staging\" enter").await.hides("drifted").shows("flux-system/flux-system");
}

/// What has nothing of Flux v1 does not see its switches, but by name.
#[tokio::test(start_paused = true)]
async fn the_switches_of_flux_v1_are_listed_for_what_carries_its_annotations() {
    let company = company();
    let mut deck = deck(&company).await;
    deck.keys(": \"deployments_web_/frontend\" enter a").await.shows("Through git").hides("Flux v1");
    deck.keys("esc : \"lock\" enter").await.shows("lock Deployment web/frontend").hides("automated");
    deck.keys("esc").await;

    change_frontend(&company, json!({"metadata": {"annotations": {"fluxcd.io/automated": "true"}}})).await;
    deck.settle().await;
    deck.keys("a").await.shows("automate (Flux v1)…").shows("lock (Flux v1)…").shows("ignore (Flux v1)…");
    deck.shows("tag filter (Flux v1)…");
    deck.keys("L").await.shows("lock Deployment web/frontend").shows("now").shows("automated").shows("Why it is locked");
    // to unlock asks for no words
    deck.keys("ctrl-u \"off\"").await.shows("the lock goes").hides("Why it is locked");
}

/// The editor has the terminal: the text that it opened, and the ticket that it answers to.
async fn opened(deck: &mut Driver, line: u32) -> (String, Ticket) {
    deck.work_until(|text| text.contains("it is in the editor")).await;
    match deck.effects.last() {
        Some(Effect::Terminal(Terminal::Edit { path, line: at, answers: Some(ticket) })) if *at == line => {
            (std::fs::read_to_string(path).expect("it was written down"), *ticket)
        }
        other => panic!("{other:?}"),
    }
}

/// `E` means the same wherever a line is selected: the file as it is at the head of its branch.
#[tokio::test(start_paused = true)]
async fn the_file_of_a_line_is_edited_from_wherever_the_line_is_selected() {
    let company = company();
    let mut deck = deck(&company).await;
    deck.keys(": \"deployments_web_/frontend\" enter d G o").await;
    deck.keys("/ \"spec.replicas\" enter").await.shows("E edit its file").keys("E").await;
    let (text, ticket) = opened(&mut deck, 11).await;
    assert_eq!(text.lines().nth(10), Some("  count: 3"), "{text}");
    deck.receive(Message::Reply(ticket, Reply::Edited(text.clone())));
    deck.settle().await;
    deck.shows("nothing was changed").shows("FIELD");
    deck.keys("o").await.shows("> 11  ").shows("E edit its file").keys("E").await;
    assert_eq!(opened(&mut deck, 11).await.0, text);
    deck.keys("esc").await;

    change_frontend(&company, json!({"spec": {"replicas": 7}})).await;
    deck.keys(": \"drift\" enter").await.shows("1 drifted of").keys("E").await;
    let (again, ticket) = opened(&mut deck, 11).await;
    assert_eq!(again, text);
    // what is typed is planned as a change, and takes its way
    deck.receive(Message::Reply(ticket, Reply::Edited(text.replace("count: 3", "count: 7 # as in the cluster"))));
    deck.work_until(|text| text.contains("opens a pull request")).await;
    deck.shows("spec.replicas 3 → 7").shows("edited by hand").shows("✓ passed");
    deck.keys("enter").await;
    assert_eq!(deck.app.state().jobs.all().len(), 1);
}
