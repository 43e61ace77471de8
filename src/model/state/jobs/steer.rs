//! What the user can do to a running job: stop, stop following, keep watching, continue, drop; and what quitting does to it.

use jiff::Timestamp;

use super::advance::{LATEST, Need};
use super::batch::{Batch, Move};
use super::item::{Item, Phase};
use super::job::{Job, Keeper, Work};
use super::{JobId, Jobs, View, sight};
use crate::domain::Store;
use crate::state::Effect;

/// Why a request of an earlier run has to be looked up.
pub(super) const ENDED: &str = "the program ended before the answer came";

impl Jobs {
    /// Halts what has not started, also what is held; what is under way cannot be taken back and is followed.
    pub fn stop(&mut self, id: JobId, now: Timestamp) {
        let Some(at) = self.ours(id) else { return };
        let moves = match &mut self.jobs[at].work {
            Work::Act(batch) => batch.stop(now),
            Work::Change(change) => {
                change.stop("the user stopped it", now);
                Vec::new()
            }
        };
        self.take(at, &moves, &mut Vec::new());
    }

    /// No longer follows what the API server has taken. What is being sent or looked up comes to its end first.
    pub fn leave(&mut self, id: JobId, now: Timestamp) {
        let Some(at) = self.ours(id) else { return };
        let moves = self.jobs[at].batch_mut().map(|batch| batch.leave(now)).unwrap_or_default();
        self.take(at, &moves, &mut Vec::new());
    }

    /// Gives a job up: each item ends with what is true of it, nothing more is begun or followed, and no run continues it.
    pub fn give_up(&mut self, id: JobId, now: Timestamp) {
        let Some(at) = self.ours(id) else { return };
        let moves = match &mut self.jobs[at].work {
            Work::Act(batch) => {
                batch.stopped = true;
                batch.part(now, &Phase::Stopped)
            }
            Work::Change(change) => {
                change.stop("the user dropped it", now);
                Vec::new()
            }
        };
        self.take(at, &moves, &mut Vec::new());
    }

    /// Watches on what failed and is tried again by its controller, or whose time is over.
    pub fn watch_on(&mut self, id: JobId, view: &View, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(at) = self.ours(id) else { return };
        let moves = self.jobs[at].batch_mut().map(|batch| batch.watch_on(view.store, now)).unwrap_or_default();
        self.take(at, &moves, effects);
        self.advance(view, now, effects);
    }

    /// Lets the queue of a job go on that was taken up from an earlier run, and tries what is held once more.
    pub fn go_on(&mut self, id: JobId, view: &View, now: Timestamp, effects: &mut Vec<Effect>) {
        let Some(at) = self.ours(id) else { return };
        let Some(batch) = self.jobs[at].batch_mut() else { return };
        batch.is_paused = false;
        let moves = batch.release(&sight(view, now));
        self.take(at, &moves, effects);
        self.advance(view, now, effects);
    }

    /// The user says: go on, although it cannot be written down. From now on the requests of this job are sent whether they are
    /// recorded or not, and held items restart. If the program is killed then, a later run does not know what was sent. The other
    /// answer is [`Jobs::stop`].
    pub fn allow_unrecorded(&mut self, id: JobId, view: &View, now: Timestamp, effects: &mut Vec<Effect>) {
        if let Some(page) = self.pages.get_mut(&id) {
            page.allow();
            self.go_on(id, view, now, effects);
        }
    }

    /// Ends the following of everything, because the program leaves: each item with what is true of it, for the report and the log of
    /// acts. The journals stay as they are: the next run takes up what is not over where it stood.
    pub fn part(&mut self, now: Timestamp, effects: &mut Vec<Effect>) {
        self.flush(effects);
        self.has_parted = true;
        for at in 0..self.jobs.len() {
            if self.jobs[at].keeper != Keeper::Us {
                continue;
            }
            let moves = self.jobs[at].batch_mut().map(|batch| batch.part(now, &Phase::Kept)).unwrap_or_default();
            for step in moves.iter().filter(|step| step.is_logged) {
                let act = self.act(at, step.item);
                effects.extend(act.map(|act| Effect::Record(Box::new(act))));
            }
        }
    }
}

impl Batch {
    fn stop(&mut self, now: Timestamp) -> Vec<Move> {
        (self.stopped, self.is_paused) = (true, false);
        self.ended(|item| match item.phase {
            Phase::Queued | Phase::Held { .. } => item.give_up(now, &Phase::Stopped),
            _ => false,
        })
    }

    fn leave(&mut self, now: Timestamp) -> Vec<Move> {
        self.ended(|item| {
            let last = format!("it was {}; the outcome was not waited for", item.phase.word());
            let is_left = item.phase.is_followed();
            if is_left {
                item.end(now, Phase::Left { last });
            }
            is_left
        })
    }

    /// Ends every item with its last known state; `queued` is for items that have not begun.
    fn part(&mut self, now: Timestamp, queued: &Phase) -> Vec<Move> {
        self.ended(|item| !item.phase.is_over() && item.give_up(now, queued))
    }

    /// Changes items; the log of acts gets those that it already has.
    fn ended(&mut self, mut end: impl FnMut(&mut Item) -> bool) -> Vec<Move> {
        let begun: Vec<_> = self.items.iter().map(|item| !item.log.is_empty()).collect();
        let ended = self.each(&mut end);
        ended.into_iter().map(|item| Move { item, need: Need::Nothing, is_logged: begun[item] }).collect()
    }

    fn watch_on(&mut self, store: &Store, now: Timestamp) -> Vec<Move> {
        let watched = self.each(|item| {
            let can = item.phase.can_go_on();
            if can {
                let generation = store.object_of(&item.step().object).map_or(0, |object| object.generation);
                (item.phase, item.patient, item.since, item.ended) = (Phase::Handled { generation }, true, Some(now), None);
                item.note(now, "watching on");
            }
            can
        });
        watched.into_iter().map(|item| Move { item, need: Need::Nothing, is_logged: false }).collect()
    }

    /// Goes on in another run: what was sent is looked up, what was taken is followed, the rest waits for the user.
    pub(super) fn take_up(&mut self, now: Timestamp) -> Vec<Move> {
        // also what follows on what is under way
        let has_more = |item: &Item| {
            let waits = matches!(item.phase, Phase::Queued | Phase::Held { .. });
            waits || item.phase.is_under_way() && item.at + 1 < item.steps.len()
        };
        self.is_paused = !self.stopped && self.items.iter().any(has_more);
        let mut moves = Vec::new();
        for (number, item) in self.items.iter_mut().enumerate().filter(|(_, item)| item.phase.is_under_way()) {
            moves.push(Move { item: number, need: item.take_up(now), is_logged: true });
        }
        moves
    }
}

impl Item {
    /// Ends with its last known state if nobody continues it; `queued` is the end of what has not begun.
    fn give_up(&mut self, now: Timestamp, queued: &Phase) -> bool {
        let so_far = self.so_far().map(|so_far| format!("left {so_far}"));
        let end = match (&self.phase, so_far) {
            (Phase::Held { why }, _) => Phase::Failed { message: why.clone(), retries: false },
            (phase, Some(last)) if phase.is_followed() => Phase::Left { last },
            (_, Some(why)) => Phase::Unknown { why },
            (_, None) if *queued == Phase::Stopped => self.halted(),
            (_, None) => queued.clone(),
        };
        self.end(now, end);
        true
    }

    fn take_up(&mut self, now: Timestamp) -> Need {
        if self.phase.is_followed() {
            self.since = Some(now);
            self.note(now, "taken up by another run");
            return Need::Nothing;
        }
        let sent = self.since.unwrap_or(now);
        let need = self.check(now, ENDED);
        // what was sent long ago cannot come any more: it is looked for once
        let latest = now.checked_sub(LATEST).unwrap_or(now);
        self.since = Some(sent.clamp(latest, now));
        need
    }
}

impl Job {
    /// Goes on in this run.
    pub(super) fn take_up(&mut self, now: Timestamp) -> Vec<Move> {
        match &mut self.work {
            Work::Act(batch) => batch.take_up(now),
            Work::Change(change) => {
                change.take_up(now);
                Vec::new()
            }
        }
    }
}
