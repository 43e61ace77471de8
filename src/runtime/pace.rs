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
    wall: SystemTime,
    run: Instant,
}

impl Heartbeat {
    pub fn new(asks: bool) -> Self {
        let mut timer = tokio::time::interval(HEARTBEAT);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        timer.reset();
        Self { asks, timer, wall: SystemTime::now(), run: Instant::now() }
    }

    /// Waits for the next beat. Safe to drop in between.
    pub async fn next(&mut self, client: &Client) -> Beat {
        self.timer.tick().await;
        let wall = self.wall.elapsed().unwrap_or_default();
        let run = self.run.elapsed();
        (self.wall, self.run) = (SystemTime::now(), Instant::now());
        if wall > run + SLEPT {
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
