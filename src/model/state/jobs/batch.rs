//! One act on one object or many: which items it has, and how they go on together.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::advance::{Sight, Wish};
use super::item::{Item, Phase, Task};
use crate::actions::{Action, Outcome};
use crate::domain::ClusterId;
use crate::forms::Answers;

/// One act on one object or many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    pub action: &'static Action,
    pub answers: Answers,
    /// How long one step may take.
    pub timeout: SignedDuration,
    /// Whether it waits for what comes of it, or only until the API server has taken it.
    pub waits: bool,
    /// Items under way at once.
    pub parallel: usize,
    /// What has not started will not.
    pub stopped: bool,
    /// It was taken up from an earlier run: what has not been sent waits until a person says that it may go on.
    pub is_paused: bool,
    pub items: Vec<Item>,
}

/// An item that has changed, and what it wants from the outside.
pub(super) struct Move {
    pub item: usize,
    pub wish: Wish,
    /// Whether the log of acts is told.
    pub is_told: bool,
}

impl Move {
    fn told(item: usize, wish: Wish) -> Self {
        Self { item, wish, is_told: true }
    }
}

impl Batch {
    pub(super) fn bind(&mut self, cluster: ClusterId) {
        for item in &mut self.items {
            item.object = item.object.moved(cluster);
            for step in &mut item.steps {
                step.object = step.object.moved(cluster);
            }
        }
    }

    /// Whether something is left that goes on only when a person says so.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_paused && self.items.iter().any(|item| matches!(item.phase, Phase::Queued | Phase::Held { .. }))
    }

    fn is_held(&self) -> bool {
        self.items.iter().any(|item| matches!(item.phase, Phase::Held { .. }))
    }

    /// Takes the answer to a request. One that comes late finds nobody.
    pub(super) fn hear(&mut self, task: Task, outcome: Outcome, sight: &Sight) -> Vec<Move> {
        let item = self.items.get_mut(task.item).filter(|item| item.turn == task.turn);
        match item.filter(|item| matches!(item.phase, Phase::Sent | Phase::Checking { .. })) {
            Some(item) => vec![Move::told(task.item, item.hear(outcome, self.waits, sight))],
            None => Vec::new(),
        }
    }

    /// Looks at the objects of everything under way, ends what has taken too long, begins what has its turn.
    pub(super) fn advance(&mut self, sight: &Sight) -> Vec<Move> {
        let mut moves = Vec::new();
        for (number, item) in self.items.iter_mut().enumerate().filter(|(_, item)| item.watches()) {
            let (before, told) = (item.phase.clone(), item.log.len());
            let mut wish = item.look(self.waits, sight);
            if wish == Wish::Nothing {
                wish = item.expire(self.timeout, sight);
            }
            let is_told = item.phase != before || wish != Wish::Nothing;
            if is_told || item.log.len() != told {
                moves.push(Move { item: number, wish, is_told });
            }
        }
        moves.extend(self.fill(sight));
        moves
    }

    /// Begins queued items while there is room for them. Where something is held, the rest would be held too.
    fn fill(&mut self, sight: &Sight) -> Vec<Move> {
        let mut moves = if self.stopped { self.halt(sight) } else { Vec::new() };
        while !self.stopped && !self.is_paused && !self.is_held() && self.slots(sight.now) > 0 {
            // what has begun goes before what has not
            let queued = self.items.iter().enumerate().filter(|(_, item)| item.phase == Phase::Queued);
            let Some((next, _)) = queued.min_by_key(|(number, item)| (item.at == 0, *number)) else { break };
            moves.push(Move::told(next, self.items[next].begin(sight)));
        }
        moves
    }

    /// Ends what has come to its turn after the job was stopped.
    fn halt(&mut self, sight: &Sight) -> Vec<Move> {
        let halted = self.each(|item| {
            let is_queued = item.phase == Phase::Queued;
            if is_queued {
                item.end(sight.now, item.halted());
            }
            is_queued
        });
        halted.into_iter().map(|item| Move::told(item, Wish::Nothing)).collect()
    }

    /// How many more may begin. A slow item does not hold up the rest.
    fn slots(&self, now: Timestamp) -> usize {
        let busy = self.items.iter().filter(|item| {
            item.phase.is_under_way() && item.since.is_none_or(|since| now.duration_since(since).as_secs() < super::SLOW)
        });
        self.parallel.saturating_sub(busy.count())
    }

    /// Begins anew what is held.
    pub(super) fn release(&mut self, sight: &Sight) -> Vec<Move> {
        let held = self.items.iter_mut().enumerate().filter(|(_, item)| matches!(item.phase, Phase::Held { .. }));
        held.map(|(number, item)| Move::told(number, item.begin(sight))).collect()
    }

    /// Changes items, and returns those that it has changed.
    pub(super) fn each(&mut self, mut change: impl FnMut(&mut Item) -> bool) -> Vec<usize> {
        let items = self.items.iter_mut().enumerate();
        items.filter_map(|(number, item)| change(item).then_some(number)).collect()
    }

    /// In how many seconds something happens by the clock alone.
    pub(super) fn next_change(&self, now: Timestamp) -> Option<i64> {
        let until = |at: Timestamp| (at.as_second() - now.as_second()).max(1);
        let has_queue = self.items.iter().any(|item| item.phase == Phase::Queued);
        let ends = self.items.iter().filter(|item| item.phase.is_under_way()).filter_map(|item| {
            let since = item.since?;
            if let Phase::Checking { again: Some(again), .. } = item.phase {
                return Some(until(again));
            }
            let slow = since.checked_add(SignedDuration::from_secs(super::SLOW)).ok().filter(|at| has_queue && *at > now);
            Some(until(slow.unwrap_or(since.checked_add(item.limit(self.timeout)).ok()?)))
        });
        ends.min()
    }
}
