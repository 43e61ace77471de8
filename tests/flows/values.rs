//! Helm values by layers, in the demo: on the screen and without it.

use std::sync::Arc;

use fluxdeck::demo::{Company, RunDirectory};
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::state::Settings;
use serde_json::Value;

use super::driver::Driver;
use crate::support::program::{Fluxdeck, Ran};

fn run(arguments: &[&str]) -> Ran {
    Fluxdeck::new().run(&[arguments, &["--demo"]].concat())
}

#[test]
fn keys_have_their_layers_and_secrets_stay_masked() {
    let wide = run(&["values", "worker", "-n", "flux-apps", "--all", "-o", "wide"]);
    for words in [
        "replicas: 2  # ConfigMap worker-values",
        "queue: orders  # ConfigMap worker-values",
        "image: registry.example.test/worker:2.0.0  # spec.values",
        "password: <masked>  # Secret worker-secrets (password) at password",
    ] {
        assert!(wide.code == 0 && wide.out.contains(words), "{words}: {wide:?}");
    }
    let plain = run(&["values", "metrics", "-n", "platform"]);
    assert_eq!(plain.out, "retention: 7d\n", "without the defaults of the chart: {plain:?}");
    let json: Value = serde_json::from_str(&run(&["values", "web", "-n", "web", "--all", "-o", "json"]).out).expect("JSON");
    let replicas = json["keys"].as_array().expect("keys").iter().find(|key| key["path"] == "replicas").expect("a key");
    assert_eq!((&replicas["value"], &replicas["layer"]["kind"]), (&2.into(), &"inline".into()));
    assert_eq!((&replicas["over"][0]["value"], &replicas["over"][0]["kind"]), (&1.into(), &"chart".into()));
    assert_eq!((&json["notReleased"], &json["releases"][0]["status"]), (&0.into(), &"deployed".into()));
}

#[test]
fn what_is_meant_by_a_name_has_to_be_one_release_and_a_number_one_that_is_kept() {
    let two = run(&["values", "web"]);
    assert!(two.code == 2 && two.err.contains("name one with -n"), "{two:?}");
    let none = run(&["values", "nope"]);
    assert!(none.code == 1 && none.err.contains("there is no HelmRelease hr/nope"), "{none:?}");
    let number = run(&["values", "worker", "-n", "flux-apps", "--revision", "9"]);
    assert!(number.code == 1 && number.err.contains("there is no release 9") && number.err.contains("kept: 1"), "{number:?}");
    let first = run(&["values", "worker", "-n", "flux-apps", "--diff"]);
    assert!(first.code == 1 && first.err.contains("before release 1 none is kept"), "{first:?}");
    let manifest = run(&["values", "worker", "-n", "flux-apps", "--manifest"]);
    assert!(manifest.code == 0 && manifest.out.contains("kind: Deployment"), "{manifest:?}");
}

#[tokio::test(start_paused = true)]
async fn on_the_screen_a_key_opens_the_values_and_tab_the_releases() {
    let company = Arc::new(Company::driven(RunDirectory::passing(), "2026-11-21T08:00:00Z".parse().expect("a time")));
    let mut deck = Driver::demo(company, 100, 30, Depth::True, Settings::default()).await;
    deck.keys(": \"values_hr/worker\" enter").await.shows("worker-values").shows("<masked>").shows("spec.values");
    deck.keys("tab tab").await.shows("RELEASE").shows("deployed").shows("worker 1.0.0");
    deck.keys("esc").await;
    deck.keys(": \"hr\" enter / \"ingress\" enter V").await.shows("values HelmRelease platform/ingress");
    deck.keys("z").await.shows("ConfigMap ingress-values");
}
