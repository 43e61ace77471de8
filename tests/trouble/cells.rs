//! One cell, carried out: the failure is laid at the step, the program runs, what it says is looked at, the cause goes, and the job is
//! resumed.

use std::time::Duration;

use super::gate::{Fate, Point};
use super::held::{Held, Side};
use super::host::{self, Host, Rule};
use super::person::{Full, LINE, Person};
use super::table::{Cell, Failure, Step, cell};
use crate::support::program::{Ran, Running};
use crate::support::within;

/// How long something may take that is waited for.
const SOON: Duration = Duration::from_secs(60);

/// A line of the file that is far from the one that is meant.
const ELSEWHERE: (&str, &str) = ("# tested", "# tested again");
/// What is left of the last page of the journal where the disk is full, in bytes: less than the next line of it.
const LEFT: usize = 200;

/// Tries a cell; false where this machine cannot.
pub fn tried(step: Step, failure: Failure, host: &(dyn Fn(&str) -> Box<dyn Host> + Sync)) -> bool {
    let case = format!("{step:?} × {failure:?}");
    let expected = cell(step, failure);
    if let Cell::Never(why) = expected {
        assert!(!why.is_empty(), "{case}");
        return true;
    }
    let name = format!("{step:?}-{failure:?}").to_lowercase();
    let place = host(&name);
    let Some(mut trial) = Trial::new(&*place, step, failure, &case) else { return false };
    if failure == Failure::FullDisk && trial.full() == Full::Jobs {
        let other = host(&format!("{name}-measured"));
        trial.person.padding = Trial::new(&*other, step, failure, &case).expect("there was one").measured();
    }
    match expected {
        Cell::Planned => {
            trial.carry_out(Cell::GoesOn);
            let place = host(&format!("{name}-same"));
            reviewed(&Trial::new(&*place, step, failure, &case).expect("it needs no disk"));
        }
        expected => trial.carry_out(expected),
    }
    true
}

struct Trial<'h> {
    person: Person<'h>,
    step: Step,
    failure: Failure,
    case: &'h str,
}

impl<'h> Trial<'h> {
    /// None where its disk cannot be mounted.
    fn new(host: &'h dyn Host, step: Step, failure: Failure, case: &'h str) -> Option<Self> {
        let full = (failure == Failure::FullDisk).then_some(if is_of_checkout(step) { Full::Checkout } else { Full::Jobs });
        Some(Self { person: Person::at(host, full)?, step, failure, case })
    }

    fn full(&self) -> Full {
        if is_of_checkout(self.step) { Full::Checkout } else { Full::Jobs }
    }

    /// How much the reason has to be longer, so that nothing more is written once the disk is full: what is free in the last page of a file
    /// is not lost to it.
    fn measured(&self) -> usize {
        let (mut running, _) = self.led();
        self.person.gate.caught();
        self.person.settle();
        let padding = self.person.padding_to(LEFT);
        running.kill();
        running.end();
        self.person.gate.drop_held();
        padding
    }

    fn carry_out(&self, expected: Cell) {
        let person = &self.person;
        let ran = self.run(ELSEWHERE);
        let at = || format!("{}: {ran:?}\n{:#?}", self.case, person.gate.seen());
        let words = match expected {
            Cell::GoesOn | Cell::AskedAgain => return self.assert_done(&ran),
            Cell::Waits(words) => words,
            Cell::Refused => person.host.refuse(self.rule().expect("a rule")),
            Cell::Unwritten | Cell::TakenUp => "",
            Cell::Planned | Cell::Never(_) => unreachable!("they are not carried out like this"),
        };
        match expected {
            Cell::Unwritten => assert_eq!(ran.code, 0, "{}", at()),
            Cell::TakenUp => assert_eq!(ran.code, -1, "it was killed: {}", at()),
            _ => {
                assert!(ran.code == 1 && ran.err.contains(words), "`{words}` is not said: {}", at());
                assert!(ran.err.contains(&format!("fluxdeck changes resume {}", person.job())), "{}", at());
            }
        }
        if matches!(expected, Cell::Waits(_) | Cell::Refused) && self.failure != Failure::FullDisk {
            let early = person.resume().end();
            assert!(early.code == 1 && early.err.contains("fluxdeck changes resume "), "resumed too early: {early:?}\n{}", at());
        }
        self.relieve();
        self.assert_done(&person.resume().end());
    }

    /// Leads to the step, lets the failure happen there, and waits for the end of the program.
    fn run(&self, moved: (&str, &str)) -> Ran {
        let (running, held) = self.led();
        self.meanwhile(running, held, moved)
    }

    /// Leads to the step, where the failure waits.
    fn led(&self) -> (Running, Option<Held>) {
        let Person { gate, host, user, .. } = &self.person;
        match self.step {
            Step::Fetch | Step::Commit | Step::Push | Step::Open => {}
            Step::FindBranch => gate.meet(Point::Step(Step::Push), Fate::LosesAnswer),
            Step::FindPull => gate.meet(Point::Step(Step::Open), Fate::LosesAnswer),
            Step::Look => self.follow(),
        }
        self.rule().map(|rule| host.refuse(rule));
        let held = (self.step == Step::Commit).then(|| {
            let side = if self.failure == Failure::KilledAfter { Side::After } else { Side::Before };
            Held::at(user, side)
        });
        // what is sent is written down before: the disk has to be full by then
        let point = match (self.failure, self.step) {
            (Failure::FullDisk, Step::Push) => Point::Slot,
            (Failure::FullDisk, Step::Open) => Point::Step(Step::Push),
            (_, step) => Point::Step(step),
        };
        self.fate().into_iter().for_each(|fate| gate.meet(point, fate));
        let running = if self.step == Step::Look { self.person.resume() } else { self.person.submit(&[]) };
        (running, held)
    }

    /// As [`Self::opened`], and the pull request is merged.
    fn follow(&self) {
        self.opened();
        let host = self.person.host;
        host.merge(host.pulls()[0].number);
    }

    /// Submits, opens, and is killed while it follows: who resumes that looks at once.
    fn opened(&self) {
        let gate = &self.person.gate;
        gate.meet(Point::Step(Step::Look), Fate::Holds);
        let mut running = self.person.submit(&["--wait", "merged"]);
        gate.caught();
        running.kill();
        running.end();
        gate.drop_held();
        gate.heal();
    }

    /// What happens to the request of the step.
    fn fate(&self) -> Option<Fate> {
        match self.failure {
            Failure::NoNetwork => Some(Fate::Gone),
            Failure::ServerError => Some(Fate::Fails),
            Failure::LostAnswer => Some(Fate::LosesAnswer),
            Failure::KilledAfter => Some(Fate::HoldsAnswer),
            Failure::MovedBase | Failure::ExpiredToken | Failure::KilledBefore | Failure::FullDisk => Some(Fate::Holds),
            Failure::RejectedPush | Failure::ProtectedBranch => None,
        }
    }

    fn rule(&self) -> Option<Rule> {
        match self.failure {
            Failure::RejectedPush => Some(Rule::Rejects),
            Failure::ProtectedBranch => Some(Rule::Protects),
            _ => None,
        }
    }

    /// Does what has to be done while the step is held, and waits for the end.
    fn meanwhile(&self, mut running: Running, held: Option<Held>, moved: (&str, &str)) -> Ran {
        let Person { host, gate, room, .. } = &self.person;
        let is_held = held.is_some() || matches!(self.fate(), Some(Fate::Holds | Fate::HoldsAnswer));
        if is_held {
            held.as_ref().map_or_else(|| gate.caught(), Held::caught);
        }
        match self.failure {
            Failure::MovedBase => host::push(*host, moved.0, moved.1),
            Failure::ExpiredToken => host.revoke(),
            Failure::FullDisk => {
                if self.step == Step::Fetch {
                    // else there is nothing to be written
                    host::push(*host, ELSEWHERE.0, ELSEWHERE.1);
                }
                if self.full() == Full::Jobs {
                    self.person.settle();
                    assert!(self.person.free_in_page() < 2 * LEFT, "{}: {}", self.case, self.person.free_in_page());
                }
                room.as_ref().expect("a disk").fill();
            }
            Failure::KilledBefore | Failure::KilledAfter => {
                running.kill();
                let ran = running.end();
                held.map_or_else(|| gate.drop_held(), Held::end);
                return ran;
            }
            Failure::NoNetwork | Failure::ServerError | Failure::LostAnswer => {}
            Failure::RejectedPush | Failure::ProtectedBranch => {}
        }
        if is_held {
            held.map_or_else(|| gate.pass(), Held::pass);
        }
        if matches!(cell(self.step, self.failure), Cell::AskedAgain) {
            gate.struck();
            self.relieve();
        }
        running.end()
    }

    /// The cause is gone.
    fn relieve(&self) {
        let Person { host, gate, room, .. } = &self.person;
        gate.heal();
        match self.failure {
            Failure::RejectedPush | Failure::ProtectedBranch => host.admit(),
            Failure::ExpiredToken => self.person.log_in(),
            Failure::FullDisk => room.as_ref().expect("a disk").free(),
            Failure::NoNetwork | Failure::MovedBase | Failure::ServerError => {}
            Failure::LostAnswer | Failure::KilledBefore | Failure::KilledAfter => {}
        }
    }

    fn assert_done(&self, ran: &Ran) {
        self.person.assert_once(self.case, ran);
        let is_said = self.person.journal().contains("has moved to");
        let has_moved = self.step == Step::Fetch && matches!(self.failure, Failure::MovedBase | Failure::FullDisk);
        assert_eq!(is_said, has_moved, "{}: {ran:?}", self.case);
    }
}

/// A request of a killed program arrives when the next run has done the same.
pub fn arrives_late(step: Step, host: &dyn Host) {
    let case = format!("{step:?} that arrives late");
    let trial = Trial::new(host, step, Failure::KilledBefore, &case).expect("it needs no disk");
    let (mut running, _) = trial.led();
    trial.person.gate.caught();
    running.kill();
    running.end();
    let ran = trial.person.resume().end();
    trial.person.gate.pass();
    trial.assert_done(&ran);
}

/// The base moves while a change waits that was not pushed: elsewhere, or in the same line.
pub fn moved_while_it_waited(host: &dyn Host, is_same: bool) {
    let case = format!("a change that waited while its base moved, in the same line: {is_same}");
    let trial = Trial::new(host, Step::Push, Failure::RejectedPush, &case).expect("it needs no disk");
    let person = &trial.person;
    assert_eq!(trial.run(ELSEWHERE).code, 1, "{case}");
    let (from, to) = if is_same { (LINE.0, "  replicas: 4 # as many as are needed") } else { ELSEWHERE };
    host::push(host, from, to);
    trial.relieve();
    let ran = person.resume().end();
    if is_same {
        assert!(ran.code == 1 && ran.err.contains("the change is another one there"), "{case}: {ran:?}");
        assert_eq!(host.pulls(), [], "{case}");
    } else {
        person.assert_once(&case, &ran);
        assert!(ran.err.contains("main has moved to"), "{case}: {ran:?}");
    }
}

/// Two people change the same line, and the other one is merged first: that is shown, and neither is overwritten.
pub fn conflicts(host: &dyn Host) {
    let trial = Trial::new(host, Step::Look, Failure::MovedBase, "a conflict").expect("it needs no disk");
    let person = &trial.person;
    trial.opened();
    host::push(host, LINE.0, "  replicas: 4 # as many as are needed");
    let mut running = person.resume();
    let text = "the forge cannot merge #1 at present: main may have changed";
    // it is said before it is written down
    let is_said = within(SOON, || (running.has_said(text) && person.journal().contains(text)).then_some(()));
    running.kill();
    let ran = running.end();
    assert!(is_said.is_some(), "{ran:?}\n{}", person.journal());
    assert_eq!(host.pulls().iter().filter(|pull| !pull.is_merged).count(), 1);
    let copy = tempfile::tempdir().expect("a folder");
    host::git(copy.path(), &["clone", "-q", &host.address(), "."]);
    let text = std::fs::read_to_string(copy.path().join(host::FILE)).expect("a file");
    assert!(text.contains("replicas: 4 #"), "{text}");
}

/// There is no room for a job from the beginning: nothing is sent, and nobody is sent to a job that is not there. False where this machine
/// cannot try it.
pub fn is_not_written_down(host: &dyn Host) -> bool {
    let Some(person) = Person::at(host, Some(Full::Jobs)) else { return false };
    let room = person.room.as_ref().expect("a disk");
    room.fill();
    let ran = person.submit(&[]).end();
    let at = || format!("{ran:?}\n{:#?}", person.gate.seen());
    assert!(ran.code == 1 && ran.err.contains("nothing was sent") && ran.err.contains("run it again"), "{}", at());
    assert!(!ran.err.contains("changes resume"), "{}", at());
    assert_eq!((host.pulls().len(), person.gate.done(Step::Push)), (0, 0), "{}", at());
    room.free();
    person.assert_once("not written down", &person.submit(&[]).end());
    true
}

/// What the step writes besides its record.
fn is_of_checkout(step: Step) -> bool {
    matches!(step, Step::Fetch | Step::Commit)
}

/// The same line has changed meanwhile: that is shown, and nothing is pushed.
fn reviewed(trial: &Trial) {
    let Trial { person, case, .. } = trial;
    let ran = trial.run((LINE.0, "  replicas: 4 # as many as are needed"));
    let at = || format!("{case}: {ran:?}\n{:#?}", person.gate.seen());
    assert!(ran.code == 1 && ran.err.contains("main has moved, and the change is another one there"), "{}", at());
    person.gate.heal();
    let refused = person.resume().end();
    assert!(refused.code == 1 && refused.err.contains("it has to be reviewed again"), "{case}: {refused:?}");
    assert!(refused.err.contains("fluxdeck run scale deployment/web"), "it says how: {case}: {refused:?}");
    assert_eq!((person.host.pulls().len(), person.gate.done(Step::Push)), (0, 0), "{}", at());
}
