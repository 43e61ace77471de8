//! When something is done again: the heartbeat that notices a silent server and a sleep, and the pauses between attempts.

use std::time::{Duration, Instant, SystemTime};

use kube::Client;
use tokio::sync::mpsc;

use super::session::Order;
use crate::cluster::Failure;

/// How often the server is asked whether it is still there.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long it may take to say so.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(5);
/// A jump of the wall clock that means sleep: connections are dead although nobody closed them.
const SLEPT: Duration = Duration::from_secs(20);

/// What a beat found.
pub(super) enum Beat {
    Answered,
    Failed(Failure),
    /// The wall clock ran on while we did not.
    Slept,
}

/// Asks the server now and then whether it is there, and notices a sleep.
pub(super) struct Heartbeat {
    asks: bool,
    timer: tokio::time::Interval,
    clocks: Clocks,
}

/// The clock of the wall, which goes on while the machine sleeps, and that of the run, which does not (Linux: `CLOCK_MONOTONIC`).
#[derive(Clone, Copy)]
struct Clocks {
    wall: SystemTime,
    run: Instant,
}

impl Clocks {
    fn now() -> Self {
        Self { wall: SystemTime::now(), run: Instant::now() }
    }

    /// Whether the machine slept between two looks. A wall clock that is set back is no sleep.
    fn slept(self, later: Self) -> bool {
        let wall = later.wall.duration_since(self.wall).unwrap_or_default();
        wall > later.run.duration_since(self.run) + SLEPT
    }
}

impl Heartbeat {
    pub fn new(asks: bool) -> Self {
        let mut timer = tokio::time::interval(HEARTBEAT);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        timer.reset();
        Self { asks, timer, clocks: Clocks::now() }
    }

    /// Waits for the next beat. Safe to drop in between.
    pub async fn next(&mut self, client: &Client) -> Beat {
        self.timer.tick().await;
        let before = std::mem::replace(&mut self.clocks, Clocks::now());
        if before.slept(self.clocks) {
            return Beat::Slept;
        }
        if !self.asks {
            return Beat::Answered;
        }
        match tokio::time::timeout(HEARTBEAT_TIMEOUT, client.apiserver_version()).await {
            Ok(Ok(_)) => Beat::Answered,
            Ok(Err(error)) => Beat::Failed(error.into()),
            Err(_) => Beat::Failed(Failure::Unreachable(format!("no answer within {} s", HEARTBEAT_TIMEOUT.as_secs()))),
        }
    }
}

/// Waiting longer each time.
#[derive(Default)]
pub(super) struct Backoff(u32);

impl Backoff {
    pub fn reset(&mut self) {
        self.0 = 0;
    }

    /// Waits, or less when a refresh is ordered; false when nobody listens any more.
    pub async fn wait(&mut self, orders: &mut mpsc::UnboundedReceiver<Order>) -> bool {
        let pause = Duration::from_secs(2u64.pow(self.0.min(4)));
        self.0 += 1;
        let until = tokio::time::Instant::now() + pause;
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return true,
                order = orders.recv() => match order {
                    Some(Order::Refresh) => return true,
                    Some(_) => {}
                    None => return false,
                },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_wall_clock_that_ran_ahead_means_sleep() {
        let before = Clocks::now();
        let later = |wall: u64, run: u64| Clocks {
            wall: before.wall + Duration::from_secs(wall),
            run: before.run + Duration::from_secs(run),
        };
        for (wall, run, slept) in [(10, 10, false), (29, 10, false), (31, 10, true), (8 * 3600, 12, true), (60, 60, false)] {
            assert_eq!(before.slept(later(wall, run)), slept, "{wall} s on the wall, {run} s of the run");
        }
        let set_back = Clocks { wall: before.wall - Duration::from_secs(3600), ..later(0, 10) };
        assert!(!before.slept(set_back));
    }
}
