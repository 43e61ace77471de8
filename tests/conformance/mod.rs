//! Conformance: one suite of scenarios, written once against a kube client, for the embedded cluster and for the test bed.
//!
//! Every scenario writes down what it saw. What the bed said is kept in `tests/fixtures/conformance`; the bed must say it again, and the
//! embedded cluster must say the same, but for the [`DIFFERENCES`] that have a reason. `FLUXDECK_WRITE=1` writes what the bed says now.

pub mod ground;
pub mod scenarios;
mod words;

use std::path::{Path, PathBuf};

use ground::Ground;

/// What the embedded cluster says otherwise than the bed, in words of a transcript: the bed's, its own, and why it may.
pub const DIFFERENCES: &[(&str, &str, &str)] = &[(
    "retrying in 2s",
    "retrying in 30s",
    "the bed's controllers run with --requeue-dependency=2s, those of the demo as installed",
)];

/// Runs a scenario and compares what it saw with what the bed said.
pub async fn conforms(scenario: &scenarios::Scenario, ground: &Ground) {
    let mut seen = words::Transcript::default();
    (scenario.run)(ground, &mut seen).await;
    let path = fixture(scenario.name);
    let is_bed = ground.is_bed();
    if is_bed && std::env::var_os("FLUXDECK_WRITE").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder of the fixtures");
        std::fs::write(&path, seen.text()).expect("written");
    }
    let said = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}: the bed has not said anything yet", path.display()));
    let mut ours = seen.text();
    if !is_bed {
        for (bed, demo, _) in DIFFERENCES {
            ours = ours.replace(demo, bed);
        }
    }
    let only = |a: &str, b: &str| a.lines().filter(|line| !b.lines().any(|other| other == *line)).collect::<Vec<_>>().join("\n");
    assert!(
        said == ours,
        "{}: only the bed says\n{}\nonly {} says\n{}\nall of it:\n{ours}",
        scenario.name,
        only(&said, &ours),
        if is_bed { "this bed" } else { "the embedded cluster" },
        only(&ours, &said),
    );
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/conformance/{name}.txt"))
}
