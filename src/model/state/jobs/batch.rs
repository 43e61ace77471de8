//! One act on one object or many: which items it has, and how they advance together.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::advance::{Need, Sight};
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
    /// Whether it waits for the outcome, or only until the API server has taken it.
    pub waits: bool,
    /// Items under way at once.
    pub parallel: usize,
    /// What has not started will not.
    pub stopped: bool,
    /// It was taken up from an earlier run: what has not been sent waits until the user says that it may go on.
    pub is_paused: bool,
    pub items: Vec<Item>,
}

/// An item that has changed, and what it wants from the outside.
pub(super) struct Move {
    pub item: usize,
    pub need: Need,
    /// Whether it goes to the log of acts.
    pub is_logged: bool,
}

impl Move {
    fn logged(item: usize, need: Need) -> Self {
        Self { item, need, is_logged: true }
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

    /// Whether something is left that goes on only when the user says so.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_paused && self.items.iter().any(|item| matches!(item.phase, Phase::Queued | Phase::Held { .. }))
    }

    fn is_held(&self) -> bool {
        self.items.iter().any(|item| matches!(item.phase, Phase::Held { .. }))
    }

    /// Takes the answer to a request. One that comes late finds nobody.
    pub(super) fn receive(&mut self, task: Task, outcome: Outcome, sight: &Sight) -> Vec<Move> {
        let item = self.items.get_mut(task.item).filter(|item| item.turn == task.turn);
        match item.filter(|item| matches!(item.phase, Phase::Sent | Phase::Checking { .. })) {
            Some(item) => vec![Move::logged(task.item, item.receive(outcome, self.waits, sight))],
            None => Vec::new(),
        }
    }

    /// Looks at the objects of everything under way, ends what has taken too long, begins what has its turn.
    pub(super) fn advance(&mut self, sight: &Sight) -> Vec<Move> {
        let mut moves = Vec::new();
        for (number, item) in self.items.iter_mut().enumerate().filter(|(_, item)| item.watches()) {
            let (before, logged) = (item.phase.clone(), item.log.len());
            let mut need = item.look(self.waits, sight);
            if need == Need::Nothing {
                need = item.expire(self.timeout, sight);
            }
            let is_logged = item.phase != before || need != Need::Nothing;
            if is_logged || item.log.len() != logged {
                moves.push(Move { item: number, need, is_logged });
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
            moves.push(Move::logged(next, self.items[next].begin(sight)));
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
        halted.into_iter().map(|item| Move::logged(item, Need::Nothing)).collect()
    }

    /// How many more may begin. A slow item does not hold up the rest.
    fn slots(&self, now: Timestamp) -> usize {
        let busy = self.items.iter().filter(|item| {
            item.phase.is_under_way() && item.since.is_none_or(|since| now.duration_since(since).as_secs() < super::SLOW)
        });
        self.parallel.saturating_sub(busy.count())
    }

    /// Restarts held items.
    pub(super) fn release(&mut self, sight: &Sight) -> Vec<Move> {
        let held = self.items.iter_mut().enumerate().filter(|(_, item)| matches!(item.phase, Phase::Held { .. }));
        held.map(|(number, item)| Move::logged(number, item.begin(sight))).collect()
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
