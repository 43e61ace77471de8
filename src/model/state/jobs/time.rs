//! Waiting is counted by the time that passed for the waiting run. Time during a sleep of the machine, or a jump of the clock in
//! either direction, does not count: the controllers did not have that time.

use jiff::{SignedDuration, Timestamp};

use super::Jobs;
use super::batch::Batch;
use super::item::{Item, Phase};
use super::job::Keeper;

/// While a job waits, there is a turn at least every so many seconds ([`Jobs::next_change`]).
pub(super) const PULSE: i64 = 5;
/// More than so much between two turns did not pass: twice the pulse, since a busy machine may be late.
const JUMP: SignedDuration = SignedDuration::from_secs(2 * PULSE);

impl Jobs {
    /// Takes note of the moment of a turn. Where the clock has jumped since the last one, everything that waits goes on waiting as if it
    /// had not.
    pub fn pass(&mut self, now: Timestamp) {
        let gap = self.turned.replace(now).map(|last| now.duration_since(last)).unwrap_or_default();
        if (SignedDuration::ZERO..=JUMP).contains(&gap) {
            return;
        }
        for job in self.jobs.iter_mut().filter(|job| job.keeper == Keeper::Us) {
            let is_moved = job.batch_mut().is_some_and(|batch| batch.shift(gap));
            if let Some(page) = self.pages.get_mut(&job.id).filter(|_| is_moved) {
                page.touch();
            }
        }
    }
}

impl Batch {
    /// Moves the moments from which its items wait. Returns whether there were any.
    fn shift(&mut self, gap: SignedDuration) -> bool {
        !self.each(|item| item.shift(gap)).is_empty()
    }
}

impl Item {
    fn shift(&mut self, gap: SignedDuration) -> bool {
        let moved = |at: Timestamp| at.checked_add(gap).unwrap_or(at);
        if !self.phase.is_under_way() || self.since.is_none() {
            return false;
        }
        self.since = self.since.map(moved);
        if let Phase::Checking { again, .. } = &mut self.phase {
            *again = again.map(moved);
        }
        true
    }
}
