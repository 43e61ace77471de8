//! The scenarios of conformance on the bed: it says again what it said when it was written down.

use crate::conformance::ground::Ground;
use crate::conformance::{conforms, scenarios};
use crate::harness::trials;
use crate::support::bed;

fn the_bed_says_what_it_said() {
    let bed = bed::alone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let wanted = std::env::var("FLUXDECK_SCENARIO").unwrap_or_default();
    for scenario in scenarios::ALL.iter().filter(|scenario| scenario.name.contains(&wanted)) {
        let ground = Ground::Bed(bed.value("BED_DIR").into());
        runtime.block_on(conforms(scenario, &ground));
    }
}

trials![the_bed_says_what_it_said,];
