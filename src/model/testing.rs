//! Properties on many inputs, for the tests of every room: a fixed number of cases, and more as long as `FLUXDECK_MUTATE_SECONDS` says.
//! The seeds are counted, so that a failure is found again.

use std::time::{Duration, Instant};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// Runs a property on many inputs.
pub fn holds<S: Strategy>(cases: u32, strategy: &S, property: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seconds = std::env::var("FLUXDECK_MUTATE_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(0);
    let (begin, limit) = (Instant::now(), Duration::from_secs(seconds));
    for round in 0_u32.. {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&round.to_le_bytes());
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
        runner.run(strategy, &property).unwrap_or_else(|failed| panic!("round {round}: {failed}"));
        if begin.elapsed() >= limit {
            return;
        }
    }
}
