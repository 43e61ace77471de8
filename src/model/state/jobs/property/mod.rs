//! Jobs under every fault at once: two programs on one disk, a server, and any event in any of them, in any order.
//!
//! The invariants: a request reaches the server at most once, and once more for each conflict reported; nothing is sent that is
//! not written down, unless the user allowed it; nothing is reported as done that the server has not shown, nor as not done if it
//! may still arrive; and once the faults cease, every job ends.

mod happening;
mod program;
mod server;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::tests::key;
use super::{Batch, Job, JobId, Phase};
use crate::actions::Outcome;
use crate::actions::testing::reference;
use crate::kinds::testing::NOW;
use crate::testing::holds;
use happening::{ACTIONS, Fate, Happening, How, happening};
use program::{Disk, Errand, Program};
use server::{Mark, Mood, NAMES, RequestKey, Server};

/// Cases in one round; `FLUXDECK_MUTATE_SECONDS=60` goes on for a minute with others.
const CASES: u32 = 100;

/// Everything outside of the jobs, and the two programs.
struct World {
    now: Timestamp,
    server: Server,
    disk: Disk,
    programs: [Program; 2],
    /// What the server showed when a job was started.
    started: BTreeMap<JobId, Mark>,
    runs: u32,
    /// Requests on the wire that nobody waits for any more: their program was killed, or has given the answer up.
    wire: Vec<Errand>,
    /// Requests that may have arrived, or still will, without a reply.
    lost: BTreeSet<RequestKey>,
    /// Jobs that the user let go on without a record, in a program that was killed then: what they sent is written nowhere.
    forgotten: BTreeSet<JobId>,
}

impl World {
    fn new() -> Self {
        let (now, server, disk) = (NOW.parse().expect("a time"), Server::new(), Disk::default());
        let mut programs = [Program::new(0, 1, &disk), Program::new(1, 2, &disk)];
        programs.iter_mut().for_each(|program| program.watch(&server, now));
        Self {
            now,
            server,
            disk,
            programs,
            started: BTreeMap::new(),
            runs: 2,
            wire: Vec::new(),
            lost: BTreeSet::new(),
            forgotten: BTreeSet::new(),
        }
    }

    fn happen(&mut self, happening: &Happening) {
        let now = self.now;
        match *happening {
            Happening::Start { who, action, first, count, parallel, waits } => {
                let ids: Vec<_> = (0..count).map(|n| reference("ks", "apps", NAMES[(first + n) % NAMES.len()])).collect();
                let program = &mut self.programs[who];
                let mark = self.server.mark();
                // no two programs ask at the same nanosecond
                self.now += SignedDuration::from_nanos(1);
                program.start(ACTIONS[action], &ids, parallel, waits, self.now);
                for job in program.jobs.all() {
                    self.started.entry(job.id).or_insert_with(|| mark.clone());
                }
            }
            Happening::Commit { who } => self.programs[who].commit(&mut self.disk, now),
            Happening::Errand { who, which, fate } => self.errand(who, which, fate),
            Happening::Receive { who, which, is_doubled } => self.receive(who, which, is_doubled),
            Happening::Lose { who, which } => {
                let answers = &mut self.programs[who].answers;
                if !answers.is_empty() {
                    answers.swap_remove(which % answers.len());
                }
            }
            Happening::Watch { who } => self.programs[who].watch(&self.server, now),
            Happening::Reconcile { name, is_good } => self.server.reconcile(NAMES[name], is_good),
            Happening::Replace { name } => self.server.make(NAMES[name]),
            Happening::Delete { name } => self.server.delete(NAMES[name]),
            Happening::Connection { who, is_lost, is_left } => {
                let program = &mut self.programs[who];
                (program.is_lost, program.is_left) = (is_lost, is_left);
            }
            Happening::Later { seconds } => self.later(seconds),
            Happening::Steer { who, which, how } => self.steer(who, which, how),
            Happening::Disk { is_full } => self.disk.is_full = is_full,
            Happening::Crash { who, cut, arrives } => self.crash(who, cut, arrives),
            Happening::Arrive { which } => {
                if !self.wire.is_empty() {
                    let errand = self.wire.swap_remove(which % self.wire.len());
                    self.arrive(&errand, Mood::Willing);
                }
            }
            Happening::Load { who } => self.programs[who].load(&self.disk),
            Happening::TakeUp { who } => self.take_up(who),
        }
    }

    fn later(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).expect("a time");
        self.programs.iter_mut().for_each(|program| program.turn(self.now, |_, _, _| {}));
    }

    fn errand(&mut self, who: usize, which: usize, fate: Fate) {
        let errands = &mut self.programs[who].errands;
        if errands.is_empty() {
            return;
        }
        let errand = errands.remove(which % errands.len());
        let lost = || Outcome::Unknown("connection reset".into());
        if errand.is_write && matches!(fate, Fate::Unanswered | Fate::Lost | Fate::Late) {
            self.lost.insert((errand.task.job, errand.task.item, errand.at));
        }
        let outcome = match fate {
            Fate::Answered(mood) => self.arrive(&errand, mood),
            Fate::Unanswered => {
                self.arrive(&errand, Mood::Willing);
                lost()
            }
            Fate::Lost => lost(),
            Fate::Late => {
                self.wire.extend(errand.is_write.then(|| errand.clone()));
                lost()
            }
            Fate::Unsent => Outcome::Unsent(crate::error::Error::failed("refused", "")),
        };
        // a look-up has no other end than these
        let is_end = matches!(outcome, Outcome::Taken { .. } | Outcome::Absent | Outcome::Missing);
        let outcome = if errand.is_write || is_end { outcome } else { Outcome::Unseen("forbidden".into()) };
        self.programs[who].answers.push((errand.task, outcome));
    }

    fn arrive(&mut self, errand: &Errand, mood: Mood) -> Outcome {
        let Errand { task, step, at, .. } = errand;
        if !errand.is_write {
            return self.server.probe(step);
        }
        let wanted = (task.job, task.item, *at);
        let outcome = self.server.write(wanted, step, mood);
        let of = |map: &BTreeMap<RequestKey, u32>| map.get(&wanted).copied().unwrap_or_default();
        let (arrived, conflicts) = (of(&self.server.arrived), of(&self.server.conflicts));
        let is_known = !self.forgotten.contains(&task.job);
        assert!(!is_known || arrived <= 1 + conflicts, "{wanted:?} arrived: {arrived}, with conflicts: {conflicts}");
        outcome
    }

    fn receive(&mut self, who: usize, which: usize, is_doubled: bool) {
        let (now, program) = (self.now, &mut self.programs[who]);
        if program.answers.is_empty() {
            return;
        }
        let which = which % program.answers.len();
        let (task, outcome) = if is_doubled { program.answers[which].clone() } else { program.answers.swap_remove(which) };
        program.turn(now, |jobs, view, effects| jobs.receive(task, outcome, view, now, effects));
    }

    fn steer(&mut self, who: usize, which: usize, how: How) {
        let (now, program) = (self.now, &mut self.programs[who]);
        let ids: Vec<_> = program.jobs.all().iter().map(|job| job.id).collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[which % ids.len()];
        if matches!(how, How::Allow) && program.jobs.running().any(|job| job.id == id) && !program.is_left {
            program.allowed.insert(id);
        }
        program.turn(now, |jobs, view, effects| match (how, view) {
            (How::Stop, _) => jobs.stop(id, now),
            (How::Leave, _) => jobs.leave(id, now),
            (How::GiveUp, _) => jobs.give_up(id, now),
            (How::WatchOn, Some(view)) => jobs.watch_on(id, view, now, effects),
            (How::GoOn, Some(view)) => jobs.go_on(id, view, now, effects),
            (How::Allow, Some(view)) => jobs.allow_unrecorded(id, view, now, effects),
            (_, None) => {}
        });
    }

    fn crash(&mut self, who: usize, cut: usize, arrives: bool) {
        self.runs += 1;
        let fresh = Program::new(who, self.runs, &Disk::default());
        let old = std::mem::replace(&mut self.programs[who], fresh);
        self.forgotten.extend(old.allowed.iter().copied());
        let errands = old.crash(&mut self.disk, cut);
        if arrives {
            self.wire.extend(errands.into_iter().filter(|errand| errand.is_write));
        }
        self.programs[who].load(&self.disk);
    }

    /// The program asks for what it may continue; a lock that another holds refuses it.
    fn take_up(&mut self, who: usize) {
        let (now, disk) = (self.now, &mut self.disk);
        let program = &mut self.programs[who];
        for id in program.jobs.to_take_up(&key(), |job| job.user == "ana") {
            let holder = *disk.locks.entry(id).or_insert(who);
            let fresh = if holder == who { Ok(Box::new(disk.job(id))) } else { Err("another program has it".to_owned()) };
            program.turn(now, |jobs, view, effects| jobs.taken_up(id, fresh, view, now, effects));
        }
    }

    fn check(&self) {
        for (number, program) in self.programs.iter().enumerate() {
            let mut holders = program.jobs.running().filter_map(|job| self.disk.locks.get(&job.id));
            assert!(holders.all(|holder| *holder == number), "two programs continue one job");
            program.jobs.all().iter().for_each(|job| self.check_done(job));
            program.jobs.all().iter().for_each(|job| self.check_undone(job));
        }
    }

    fn check_done(&self, job: &Job) {
        let waits = job.batch().is_some_and(|batch: &Batch| batch.waits);
        for item in job.items().iter().filter(|item| matches!(item.phase, Phase::Done { .. })) {
            for (at, step) in item.steps.iter().enumerate() {
                let is_waited_for = waits || at + 1 < item.steps.len();
                assert!(
                    self.server.has_shown(step, &self.started[&job.id], is_waited_for),
                    "{} is done: {} was not shown",
                    job.title(),
                    step.object
                );
            }
        }
    }

    /// Nothing is said to have failed that may have been done, or may still be: but where the object that was meant is gone.
    fn check_undone(&self, job: &Job) {
        let is_known = !self.forgotten.contains(&job.id);
        for (number, item) in job.items().iter().enumerate().filter(|_| is_known) {
            let is_failed = matches!(item.phase, Phase::Failed { .. } | Phase::Stopped | Phase::Kept);
            let is_found = item.log.iter().any(|entry| matches!(entry.text.as_str(), "requested" | "it had arrived"));
            if is_failed && !is_found && self.lost.contains(&(job.id, number, item.at)) {
                assert!(self.server.is_replaced(item.step()), "{} has {:?}, and it may still arrive", job.title(), item.phase);
            }
        }
    }

    /// The faults cease, and everything is allowed to continue: every job ends. So does, in the next runs, what the disk did not
    /// get the end of.
    fn heal(&mut self) {
        self.disk.is_full = false;
        for who in 0..2 {
            (self.programs[who].is_lost, self.programs[who].is_left) = (false, false);
        }
        self.settle();
        (0..2).for_each(|who| self.crash(who, 0, false));
        self.settle();
        for id in self.disk.journals.keys() {
            assert!(self.disk.job(*id).is_over(), "{id} is not over on the disk");
        }
    }

    fn settle(&mut self) {
        self.programs.iter_mut().for_each(|program| program.load(&self.disk));
        for _ in 0..30 {
            (0..2).for_each(|who| self.go_on(who));
            NAMES.into_iter().for_each(|name| self.server.reconcile(name, true));
            self.later(60);
        }
        self.check();
        let running = self.programs.iter().flat_map(|program| program.jobs.running());
        let phases = |job: &Job| job.items().iter().map(|item| item.phase.word()).collect::<Vec<_>>().join(", ");
        let open: Vec<_> = running.map(|job| format!("{}: {}", job.title(), phases(job))).collect();
        assert!(open.is_empty(), "these do not end: {open:?}");
    }

    fn go_on(&mut self, who: usize) {
        let now = self.now;
        self.take_up(who);
        let waiting: Vec<_> =
            self.programs[who].jobs.running().map(|job| (job.id, job.is_paused() || job.held().is_some())).collect();
        for (id, _) in waiting.into_iter().filter(|(_, is_waiting)| *is_waiting) {
            self.programs[who].turn(now, |jobs, view, effects| jobs.go_on(id, view.expect("connected"), now, effects));
        }
        while !self.programs[who].commits.is_empty() {
            self.programs[who].commit(&mut self.disk, now);
        }
        while !self.programs[who].errands.is_empty() {
            self.errand(who, 0, Fate::Answered(Mood::Willing));
        }
        while !self.programs[who].answers.is_empty() {
            self.receive(who, 0, false);
        }
        self.programs[who].watch(&self.server, now);
    }
}

#[test]
fn no_fault_makes_a_job_send_twice_claim_what_is_not_so_or_never_end() {
    holds(CASES, &prop::collection::vec(happening(), 1..150), live);
}

#[expect(clippy::needless_pass_by_value, reason = "proptest hands its values over")]
fn live(happenings: Vec<Happening>) -> Result<(), TestCaseError> {
    let mut world = World::new();
    for happening in &happenings {
        world.happen(happening);
        world.check();
    }
    world.heal();
    Ok(())
}

/// Found by chance: another program that runs takes up what one left, and its own picture is older than what was asked for.
#[test]
fn what_is_older_than_a_request_shows_nothing_of_it() {
    let start = |who, action| Happening::Start { who, action, first: 0, count: 1, parallel: 1, waits: false };
    let happenings = vec![
        start(0, 1),
        Happening::Commit { who: 0 },
        Happening::Errand { who: 0, which: 0, fate: Fate::Answered(Mood::Willing) },
        Happening::Watch { who: 1 },
        start(1, 2),
        Happening::Reconcile { name: 0, is_good: false },
        start(0, 0),
        start(0, 0),
        start(0, 0),
        Happening::Crash { who: 1, cut: 20_683, arrives: false },
    ];
    assert!(live(happenings).is_ok());
}
