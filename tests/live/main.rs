//! Suites that run against a real API server, the real Flux controllers and a real forge: the test bed in `tests/live/bed`.
//!
//! They run where `FLUXDECK_LIVE` is set and the bed can be built (it needs Go, once); else each says that it was skipped. With
//! `FLUXDECK_LIVE=required`, as in `.ci/run`, a skip is a failure. `FLUXDECK_BED=DIR` takes a bed that is up already.

#[path = "../conformance/mod.rs"]
mod conformance;
#[path = "../support/disk.rs"]
mod disk;
mod node;
mod oracle;
mod suites;
#[path = "../support/mod.rs"]
mod support;
mod truth;
