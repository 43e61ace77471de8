//! The suite on the embedded cluster: its clock moves when a scenario waits, so that minutes take milliseconds.

use fluxdeck::demo::World;

use crate::conformance::ground::Ground;
use crate::conformance::{conforms, scenarios};
use crate::flows::driver::fleet;

#[tokio::test]
async fn the_embedded_cluster_says_what_the_bed_says() {
    let snapshot = fleet();
    let wanted = std::env::var("FLUXDECK_SCENARIO").unwrap_or_default();
    let mut wrong = Vec::new();
    for scenario in scenarios::ALL.iter().filter(|scenario| scenario.name.contains(&wanted)) {
        let world = World::start(&snapshot, snapshot.taken.expect("a snapshot has a time"), None);
        let ground = Ground::Demo(world);
        // the next scenario is worth seeing too
        let outcome = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(conforms(scenario, &ground))).await;
        if outcome.is_err() {
            wrong.push(scenario.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?} differ");
}
