//! Faults that were found on a real cluster once (`A2`, `B4` … are the report's names), each by what must hold instead. Those that are
//! cells of the table too are there alone: 410 on every watch (B4, `gone_answer`, `gone_event`), looks without an end (B6,
//! `events_unanswered`), a log that was cut (C2, `log_reset`), a write that arrives late (C7, `arrives_late`).

mod following;
mod headless;
mod looks;

use std::time::Duration;

use fluxdeck::demo::faults::{Fault, On, What};

use super::ground::{Ground, HEALED, is_live};
use crate::flows::driver::Driver;

const REFUSED: Fault = Fault::new(On::EVERY, What::Refused);
const FOR_EVER: Duration = Duration::from_secs(365 * 24 * 3600);
const ONE_KIND: On = On::path("/imagerepositories");

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

async fn live_again(deck: &mut Driver) {
    let heals = deck.pass_until(HEALED, |deck| is_live(deck.app.state())).await;
    assert!(heals, "{:?}", deck.app.state().cluster().link);
}

/// A session that backs off: the server was killed, and somebody has asked for a reconnection.
async fn backing_off(ground: &Ground, deck: &mut Driver) {
    ground.strike(REFUSED);
    deck.pass(seconds(5)).await;
    deck.keys("ctrl-r").await;
    deck.pass(seconds(6)).await;
}
