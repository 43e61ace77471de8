//! What Flux's controllers wrote about an object: on the screen and without it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::driver::Driver;
use crate::support::program::Fluxdeck;
use fluxdeck::demo::{Company, RunDirectory, User, World};
use fluxdeck::runtime::{Guest, Origin};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::{Beginning, Settings};

fn company() -> Arc<Company> {
    Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")))
}

async fn demo(user: User, width: u16, height: u16) -> (Driver, World) {
    let guest = Guest { company: company(), user, is_acting: false };
    let world = guest.company.enter("").expect("a context").world;
    let settings = Settings { theme: "dark".into(), ..Settings::default() };
    let beginning = Beginning { now: world.now(), settings, ..Beginning::default() };
    (Driver::on(Origin::Demo(guest), beginning, width, height, Depth::True).await, world)
}

/// Lets that long pass in the cluster, and the program read the outcome.
async fn advance(deck: &mut Driver, world: &World, seconds: u64) {
    world.advance(Duration::from_secs(seconds));
    for _ in 0..3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        deck.settle().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_in_the_log_of_its_controller_with_all_fields() {
    let (mut deck, world) = demo(User::admin(), 140, 44).await;
    deck.keys(": \"ks_faults_/build-error\" enter L").await;
    advance(&mut deck, &world, 1).await;

    deck.shows("log of Kustomization faults/build-error")
        .shows("kustomize-controller-6d5c8f7b9-k8xw03 in flux-system")
        .shows("Reconciliation failed after")
        .shows("kustomize build failed");
    deck.keys("enter").await.shows("reconcileID").shows("object        Kustomization faults/build-error");
    deck.keys("enter").await.hides("reconcileID");
    deck.keys("e e").await.shows("warnings and errors").shows("Reconciliation failed after");
    deck.keys("/ \"nothing_like_it\" enter").await.shows("nothing matches in");
    deck.keys("esc tab").await.shows("all of the log for Kustomization faults/build-error");
}

#[tokio::test(start_paused = true)]
async fn what_a_controller_does_now_comes_as_it_does_it() {
    let (mut deck, world) = demo(User::admin(), 140, 44).await;
    deck.keys(": \"controller-logs_ks/build-error\" enter").await;
    advance(&mut deck, &world, 1).await;
    deck.shows("Reconciliation failed after");
    deck.keys("C").await.hides("Reconciliation failed after");

    // its interval, and the time that it takes
    advance(&mut deck, &world, 3_700).await;
    deck.shows("Reconciliation failed after").shows("following");
}

#[tokio::test(start_paused = true)]
async fn an_object_of_flux_without_pods_has_its_log_at_l_too() {
    let (mut deck, world) = demo(User::admin(), 120, 30).await;
    deck.keys(": \"alerts\" enter l").await;
    advance(&mut deck, &world, 1).await;
    deck.shows("log of Alert").shows("no line is about Alert").shows("notification-controller-6d5c8f7b9-k8xw04");
    // what no controller of Flux reconciles has none
    deck.keys(": \"deploy_web_/web/frontend\" enter L").await.shows("no controller of Flux reconciles Deployment web/frontend");
    deck.keys("l").await.shows("logs Deployment web/frontend");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_read_it_sees_why() {
    let (mut deck, world) = demo(User::developer(), 140, 30).await;
    deck.keys(": \"hr_web\" enter L").await;
    advance(&mut deck, &world, 1).await;
    deck.shows("you may not see where Flux's controllers run").shows("pods/log");
}

#[test]
fn without_the_screen_it_is_what_the_flux_cli_prints() {
    let user = Fluxdeck::new();
    let errors = user.run(&["logs", "--demo", "--level", "error"]);
    assert_eq!(errors.code, 0, "{errors:?}");
    assert!(errors.out.lines().all(|line| line.split(' ').nth(1) == Some("error")), "{errors:?}");
    let is_failure = |line: &str| line.contains(" error Kustomization/build-error.faults - Reconciliation failed after ");
    assert!(errors.out.lines().any(is_failure), "{errors:?}");
    let times: Vec<_> = errors.out.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert!(times.is_sorted(), "{errors:?}");

    for call in
        [&["logs", "ks/build-error", "-n", "faults"][..], &["logs", "--kind", "ks", "--name", "build-error", "-n", "faults"]]
    {
        let ran = user.run(&[call, &["--demo"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(ran.out.lines().any(is_failure), "{ran:?}");
        // a line about another object may name it
        let is_own = |line: &str| line.contains(" Kustomization/build-error.faults - ");
        assert!(call.len() == 4 || ran.out.lines().all(is_own), "{ran:?}");
    }
    let json = user.run(&["logs", "ks/build-error", "-n", "faults", "--demo", "-o", "json"]);
    let lines: Vec<Value> = json.out.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert!(lines.iter().any(|line| line["name"] == "build-error" && line["fields"]["reconcileID"].is_string()), "{json:?}");
}

#[test]
fn of_a_workload_it_is_what_kubectl_prints() {
    let user = Fluxdeck::new();
    let ran = user.run(&["logs", "deploy/frontend", "-n", "web", "--demo", "--tail", "2"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.lines().count() >= 4 && ran.out.lines().all(|line| line.starts_with("frontend-")), "{ran:?}");
    let ran = user.run(&["logs", "deploy/frontend", "-n", "web", "--demo", "-c", "nope"]);
    assert!(ran.code == 1 && ran.err.contains("it has no container nope"), "{ran:?}");
    for (call, code, said) in [
        (&["logs", "pod/nope", "--demo"][..], 1, "there is no Pod `nope`"),
        (&["logs", "ks/apps", "-n", "flux-system", "--demo", "-c", "manager"], 2, "-c is for pods"),
        (&["logs", "--demo", "--level", "loud"], 2, "there is no level `loud`"),
        (&["logs", "--demo", "--since", "1m", "--since-time", "2026-01-01T00:00:00Z"], 2, "cannot be used with"),
        (&["logs", "--demo", "--flux-namespace", "web"], 1, "no controller of Flux was found in web"),
    ] {
        let ran = user.run(call);
        assert!(ran.code == code && ran.err.contains(said), "{call:?}: {ran:?}");
    }
}
