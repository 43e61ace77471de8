//! Suites that run against a real API server, the real Flux controllers and a real forge: the test bed in `tests/live/bed`.
//!
//! They run where `FLUXDECK_LIVE` is set and the bed can be built (it needs Go, once); else each is ignored, by name and with the reason.
//! With `FLUXDECK_LIVE=required`, as in `.ci/run`, what cannot run has failed. `FLUXDECK_BED=DIR` takes a bed that is up already
//! (`DIR:DIR` two of them); `FLUXDECK_BEDS=2` starts two, so that two tests can each have one to themselves.
//! `FLUXDECK_EXAM=DIR:DIR…` examines the repositories that it names instead (`tests/exam`).

#[path = "../conformance/mod.rs"]
mod conformance;
#[path = "../support/disk.rs"]
mod disk;
#[path = "../exam/mod.rs"]
mod exam;
mod harness;
mod node;
mod oracle;
mod shop;
mod suites;
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code, reason = "that no cell is left out is asserted where no bed is needed")]
#[path = "../trouble/mod.rs"]
mod trouble;
mod truth;
mod walk;

fn main() -> std::process::ExitCode {
    exam::by_hand::asked_for().map_or_else(|| harness::main(suites::ALL), |repositories| exam::by_hand::main(&repositories))
}
