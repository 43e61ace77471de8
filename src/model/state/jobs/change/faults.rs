//! Every step of a change with every fault, against a remote that remembers what it was asked: the change comes to its open pull request
//! by resuming it, with one branch and one pull request, whatever was lost and wherever the program was killed.

use jiff::Timestamp;

use super::tests::{prepared, pull, submission};
use super::*;
use crate::domain::PullState;
use crate::domain::fork::ForkOffer;
use crate::kinds::testing::NOW;

/// What goes wrong with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// No network, a token that has expired, a server that fails on a read: nothing was done.
    NotDone,
    /// The reply is lost, and the request too.
    LostRequest,
    /// It was done, and the reply is lost.
    LostReply,
    /// The disk is full: nothing was sent.
    NotRecorded,
    KilledBefore,
    KilledAfter,
}

const FAULTS: [Fault; 6] =
    [Fault::NotDone, Fault::LostRequest, Fault::LostReply, Fault::NotRecorded, Fault::KilledBefore, Fault::KilledAfter];

/// The steps up to the open pull request, and those that only follow it: a step that is not listed here does not compile.
fn steps() -> Vec<ChangeStep> {
    let known = |step: &ChangeStep| match step {
        ChangeStep::Prepare | ChangeStep::Push | ChangeStep::FindBranch | ChangeStep::Open | ChangeStep::FindPull => true,
        ChangeStep::Fork | ChangeStep::FindFork => true,
        // these are reads that are asked again by themselves
        ChangeStep::Look(_) | ChangeStep::Contains { .. } | ChangeStep::Carries => false,
    };
    let all = [
        ChangeStep::Prepare,
        ChangeStep::Fork,
        ChangeStep::FindFork,
        ChangeStep::Push,
        ChangeStep::FindBranch,
        ChangeStep::Open,
        ChangeStep::FindPull,
        ChangeStep::Look(12),
        ChangeStep::Contains { revision: String::new() },
        ChangeStep::Carries,
    ];
    all.into_iter().filter(known).collect()
}

/// What is at the remote.
#[derive(Default)]
struct Forge {
    who: User,
    fork: Option<String>,
    branch: Option<String>,
    pulls: Vec<Pull>,
    /// Requests that arrived: a second push of a branch that is there, a second pull request, a second fork.
    repeated: usize,
}

/// What the user of a change may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum User {
    #[default]
    MayPush,
    /// They may not, which is known before.
    MayNot,
    /// They may not, which only the push says.
    IsBarred,
}

const USERS: [User; 3] = [User::MayPush, User::MayNot, User::IsBarred];

fn offer(fork: Option<&String>) -> ForkOffer {
    let repository = "ana/fleet".to_owned();
    if fork.is_some() { ForkOffer::There { repository } } else { ForkOffer::New { repository } }
}

impl Forge {
    /// Does a step, and replies.
    fn answer(&mut self, step: &ChangeStep, change: &Change) -> ChangeOutcome {
        match step {
            ChangeStep::Prepare => {
                let ChangeOutcome::Prepared(known) = prepared() else { panic!("it is prepared") };
                let is_for_fork = self.who == User::MayNot || change.progress.is_barred || change.progress.fork.is_some();
                let fork = is_for_fork.then(|| offer(self.fork.as_ref()));
                ChangeOutcome::Prepared(Box::new(PreparedChange { fork, ..*known }))
            }
            ChangeStep::Fork => {
                self.repeated += usize::from(self.fork.is_some());
                let made = self.fork.insert("ana/fleet".to_owned());
                ChangeOutcome::Forked(made.clone())
            }
            ChangeStep::FindFork => ChangeOutcome::Fork(offer(self.fork.as_ref())),
            ChangeStep::Push if self.who != User::MayPush && change.progress.fork.is_none() => {
                let why = "you may not push to ops/fleet".to_owned();
                ChangeOutcome::MayNotPush { why, offer: offer(self.fork.as_ref()) }
            }
            ChangeStep::Push => {
                self.repeated += usize::from(self.branch.is_some());
                self.branch = Some(change.progress.commit.clone());
                ChangeOutcome::Pushed
            }
            ChangeStep::FindBranch => ChangeOutcome::Branch(self.branch.clone()),
            ChangeStep::Open => {
                self.repeated += usize::from(!self.pulls.is_empty());
                self.pulls.push(pull(PullState::Open));
                ChangeOutcome::Pull(Box::new(pull(PullState::Open)))
            }
            ChangeStep::FindPull => ChangeOutcome::Pulls(self.pulls.clone()),
            ChangeStep::Look(_) | ChangeStep::Contains { .. } | ChangeStep::Carries => panic!("it is not followed here"),
        }
    }
}

fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

/// Another run reads the change, and the user resumes it.
fn next_run(change: &Change) -> (Change, Option<ChangeNeed>) {
    let text = serde_json::to_string(change).expect("it can be written");
    let mut read: Change = serde_json::from_str(&text).expect("and read");
    read.take_up(now());
    let need = read.go_on(now());
    (read, need)
}

/// Carries a change to its open pull request; each of these faults happens once, at that step. Also returns those that had no occasion.
fn carried(who: User, mut faults: Vec<(ChangeStep, Fault)>) -> (Change, Forge, Vec<(ChangeStep, Fault)>) {
    let mut submission = submission(None, None);
    submission.proposal.order.may_fork = who != User::MayPush;
    let mut change = Change::of(&submission, now());
    let mut forge = Forge { who, ..Forge::default() };
    let mut need = change.begin(now());
    for _ in 0..60 {
        let Some(ChangeNeed::Do(step) | ChangeNeed::Send(step)) = need else {
            if change.phase().is_waiting() {
                need = change.go_on(now());
                assert!(need.is_some(), "it can be resumed: {:?}", change.phase());
                continue;
            }
            break;
        };
        let fault = faults.iter().position(|(at, _)| *at == step).map(|at| faults.remove(at).1);
        let lost = || ChangeOutcome::Lost { why: "the connection broke".into() };
        let outcome = match fault {
            None => forge.answer(&step, &change),
            Some(Fault::NotDone) => ChangeOutcome::Failed { why: "no network".into(), hint: String::new() },
            Some(Fault::LostRequest) => lost(),
            Some(Fault::LostReply) => {
                forge.answer(&step, &change);
                lost()
            }
            Some(Fault::NotRecorded) => ChangeOutcome::Unrecorded("no space left on device".into()),
            Some(killed) => {
                if killed == Fault::KilledAfter {
                    forge.answer(&step, &change);
                }
                (change, need) = next_run(&change);
                continue;
            }
        };
        need = change.receive(outcome, now());
    }
    (change, forge, faults)
}

#[test]
fn every_step_with_every_fault_comes_to_one_branch_and_one_pull_request() {
    for (who, step) in USERS.into_iter().flat_map(|who| steps().into_iter().map(move |step| (who, step))) {
        for fault in FAULTS {
            if who == User::MayPush && matches!(step, ChangeStep::Fork | ChangeStep::FindFork) {
                continue;
            }
            // what is only looked up after a loss needs one
            let before = match step {
                ChangeStep::FindFork => Some((ChangeStep::Fork, Fault::LostRequest)),
                ChangeStep::FindBranch => Some((ChangeStep::Push, Fault::LostRequest)),
                ChangeStep::FindPull => Some((ChangeStep::Open, Fault::LostReply)),
                _ => None,
            };
            let (change, forge, left) = carried(who, before.into_iter().chain([(step.clone(), fault)]).collect());
            let case = format!("{who:?}: {step:?} with {fault:?}");
            assert_eq!(change.new_pull().fork, (who != User::MayPush).then(|| "ana/fleet".to_owned()), "{case}");
            assert_eq!(left, [], "{case}: every fault has happened");
            assert_eq!(change.phase(), &ChangePhase::Follow, "{case}");
            assert_eq!(
                (forge.branch.as_ref(), forge.pulls.len(), forge.repeated),
                (Some(&change.progress.commit), 1, 0),
                "{case}"
            );
        }
    }
}

#[test]
fn two_faults_after_one_another_lose_nothing_either() {
    let all: Vec<_> = steps().into_iter().flat_map(|step| FAULTS.map(|fault| (step.clone(), fault))).collect();
    let is_sure =
        |(step, _): &&(ChangeStep, Fault)| !matches!(step, ChangeStep::FindBranch | ChangeStep::FindPull | ChangeStep::FindFork);
    for who in USERS {
        for first in all.iter().filter(is_sure) {
            for second in all.iter().filter(is_sure) {
                // a second one at a step that is not repeated has no occasion
                let (change, forge, _) = carried(who, vec![first.clone(), second.clone()]);
                let case = format!("{who:?}: {first:?}, then {second:?}");
                assert_eq!((change.phase(), forge.pulls.len(), forge.repeated), (&ChangePhase::Follow, 1, 0), "{case}");
            }
        }
    }
}
