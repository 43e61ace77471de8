//! How a change advances up to the open pull request: by the replies to its steps. Pure: the runtime carries the steps out.

use jiff::Timestamp;

use super::progress::{ChangePhase, End, StepState};
use super::{Change, ChangeGoal, ChangeNeed, ChangeOutcome, ChangeStep, PreparedChange};
use crate::domain::Pull;
use crate::domain::fork::ForkOffer;
use crate::domain::text::redact;

/// Why a change of an earlier run waits.
const ENDED: &str = "the program ended before it was done";
/// What the user can do who may not push, and has no fork.
const BARRED: &str = "ask for the right to push, or propose it on the forge by hand";
/// How often a commit is pushed without the user: once more where a push was lost and has not arrived.
const PUSHES: u32 = 2;

impl Change {
    /// Begins.
    pub(in crate::state::jobs) fn begin(&mut self, now: Timestamp) -> Option<ChangeNeed> {
        self.progress.note(now, format!("planning again on {}", self.order.site.base));
        self.prepare(now)
    }

    fn prepare(&mut self, now: Timestamp) -> Option<ChangeNeed> {
        self.progress.commit.clear();
        self.progress.enter(now, ChangePhase::Prepare(StepState::Sent));
        self.request(ChangeStep::Prepare).map(ChangeNeed::Do)
    }

    /// A new request: replies to older ones no longer count.
    fn request(&mut self, step: ChangeStep) -> Option<ChangeStep> {
        self.progress.turn += 1;
        Some(step)
    }

    fn send(&mut self, now: Timestamp, phase: ChangePhase, step: ChangeStep) -> Option<ChangeNeed> {
        self.progress.enter(now, phase);
        self.request(step).map(ChangeNeed::Send)
    }

    /// Looks up whether the last request was done, since its reply was lost.
    fn look_up(
        &mut self,
        now: Timestamp,
        phase: fn(StepState) -> ChangePhase,
        step: ChangeStep,
        why: &str,
    ) -> Option<ChangeNeed> {
        let why = redact(why).into_owned();
        self.progress.note(now, format!("not known whether it was done, checking: {why}"));
        self.progress.enter(now, phase(StepState::Checking { why, is_resumed: false }));
        self.request(step).map(ChangeNeed::Do)
    }

    /// Looks up whether it was done, since the user wants it done.
    fn resume(&mut self, now: Timestamp, phase: fn(StepState) -> ChangePhase, step: ChangeStep) -> Option<ChangeNeed> {
        self.progress.note(now, "resumed: looking whether it was done");
        self.progress.enter(now, phase(StepState::Checking { why: String::new(), is_resumed: true }));
        self.request(step).map(ChangeNeed::Do)
    }

    fn wait(&mut self, now: Timestamp, why: &str, hint: &str) -> Option<ChangeNeed> {
        let (why, hint) = (redact(why).into_owned(), redact(hint).into_owned());
        self.progress.note(now, format!("waiting: {why}"));
        if let Some(step) = self.progress.phase.step_mut() {
            *step = StepState::Waiting { why, hint };
        }
        None
    }

    fn end(&mut self, now: Timestamp, end: End) -> Option<ChangeNeed> {
        self.progress.end(now, end);
        None
    }

    /// Takes the reply to the present step. The caller has compared the turn.
    pub(in crate::state::jobs) fn receive(&mut self, outcome: ChangeOutcome, now: Timestamp) -> Option<ChangeNeed> {
        match (self.progress.phase.clone(), outcome) {
            (ChangePhase::End(_), _) => None,
            (_, ChangeOutcome::Unrecorded(why)) => self.wait(
                now,
                &format!("nothing was sent: the progress cannot be written down: {why}"),
                "free some room, then resume it",
            ),
            (ChangePhase::Prepare(_), outcome) => self.prepared(outcome, now),
            (ChangePhase::Fork(step), outcome) => self.forked(&step, outcome, now),
            (ChangePhase::Push(step), outcome) => self.pushed(&step, outcome, now),
            (ChangePhase::Open(step), outcome) => self.opened(&step, outcome, now),
            (ChangePhase::Follow, outcome) => self.followed(outcome, now),
            (ChangePhase::Review { .. }, _) => None,
        }
    }

    fn prepared(&mut self, outcome: ChangeOutcome, now: Timestamp) -> Option<ChangeNeed> {
        match outcome {
            ChangeOutcome::Prepared(prepared) => self.committed(*prepared, now),
            ChangeOutcome::Unchanged => {
                let text = format!("{} has it already: nothing was pushed", self.order.site.base);
                self.end(now, End::Done { text })
            }
            ChangeOutcome::Differs { why } => {
                let why = redact(&why).into_owned();
                self.progress.note(now, format!("review again: {why}"));
                self.progress.enter(now, ChangePhase::Review { why });
                None
            }
            ChangeOutcome::Failed { why, hint } => self.wait(now, &why, &hint),
            ChangeOutcome::Lost { why } => self.wait(now, &why, ""),
            _ => None,
        }
    }

    fn committed(&mut self, prepared: PreparedChange, now: Timestamp) -> Option<ChangeNeed> {
        let PreparedChange { base, commit, branch, has_moved, again, is_pushed, pull, fork } = prepared;
        if has_moved {
            let again = if again.is_empty() { String::new() } else { format!(", same answers of {}", again.join(", ")) };
            let text = format!("{} has moved to {}: same patch, same proof{again}", self.order.site.base, short(&base));
            self.progress.note(now, text);
        }
        (self.progress.base, self.progress.branch) = (base, branch);
        if let Some(pull) = pull {
            self.progress.note(now, format!("the same change is proposed already: #{}", pull.number));
            self.progress.commit.clone_from(&pull.head_commit);
            return self.is_open(pull, now);
        }
        self.progress.note(now, format!("committed {}", short(&commit)));
        self.progress.commit = commit;
        match fork {
            None => {}
            Some(ForkOffer::No { why }) => {
                return self.wait(now, &format!("you may not push to {}: {why}", self.order.site.name()), BARRED);
            }
            Some(ForkOffer::New { repository }) => {
                self.progress.note(now, format!("making the fork {repository}"));
                return self.send(now, ChangePhase::Fork(StepState::Sent), ChangeStep::Fork);
            }
            Some(ForkOffer::There { repository }) => {
                self.progress.note(now, format!("your fork {repository} is used"));
                self.progress.fork = Some(repository);
            }
        }
        if is_pushed {
            self.progress.note(now, format!("{} is there already with this change", self.progress.branch));
            return self.open(now);
        }
        self.push(now)
    }

    fn push(&mut self, now: Timestamp) -> Option<ChangeNeed> {
        self.progress.pushes += 1;
        self.send(now, ChangePhase::Push(StepState::Sent), ChangeStep::Push)
    }

    fn forked(&mut self, step: &StepState, outcome: ChangeOutcome, now: Timestamp) -> Option<ChangeNeed> {
        match outcome {
            ChangeOutcome::Forked(repository) => {
                self.progress.note(now, format!("made the fork {repository}"));
                self.progress.fork = Some(repository);
                // which branch is free there is looked up
                self.prepare(now)
            }
            ChangeOutcome::Fork(ForkOffer::There { repository }) => {
                self.progress.note(now, format!("the fork {repository} is there"));
                self.progress.fork = Some(repository);
                self.prepare(now)
            }
            // a reply that was lost may have been a request that never arrived: only the user sends another one
            ChangeOutcome::Fork(ForkOffer::New { .. }) if step.is_resumed() => {
                self.send(now, ChangePhase::Fork(StepState::Sent), ChangeStep::Fork)
            }
            ChangeOutcome::Fork(ForkOffer::New { .. }) => self.wait(now, "the forge has no fork yet", "resume it to make one"),
            ChangeOutcome::Fork(ForkOffer::No { why }) => self.wait(now, &why, BARRED),
            ChangeOutcome::Lost { why } if *step == StepState::Sent => {
                self.look_up(now, ChangePhase::Fork, ChangeStep::FindFork, &why)
            }
            ChangeOutcome::Lost { why } => self.wait(now, &why, ""),
            ChangeOutcome::Failed { why, hint } => self.wait(now, &why, &hint),
            _ => None,
        }
    }

    /// The push was refused for lack of right: the branch goes to a fork, where the user has agreed to one; else they are asked.
    fn barred(&mut self, why: &str, offer: ForkOffer, now: Timestamp) -> Option<ChangeNeed> {
        if self.progress.may_fork && !self.progress.is_barred && offer.repository().is_some() {
            self.progress.is_barred = true;
            self.progress.note(now, why);
            return self.prepare(now);
        }
        let hint = match offer.repository() {
            Some(_) => format!("F, or `resume --fork`: {}", offer.words()),
            None => BARRED.to_owned(),
        };
        let why = match &offer {
            ForkOffer::No { why: no_fork } => format!("{why}; no fork can be used: {no_fork}"),
            _ => why.to_owned(),
        };
        self.progress.offer = Some(offer);
        self.wait(now, &why, &hint)
    }

    /// The user agrees to the fork that was offered.
    pub(in crate::state::jobs) fn fork(&mut self, now: Timestamp) -> Option<ChangeNeed> {
        if !self.can_fork() {
            return None;
        }
        self.progress.note(now, "a fork was agreed to");
        (self.progress.may_fork, self.progress.is_barred) = (true, true);
        (self.progress.offer, self.progress.pushes) = (None, 0);
        self.prepare(now)
    }

    /// `BRANCH`, or `BRANCH to OWNER/NAME` where that is a fork.
    fn branch(&self) -> String {
        let to = self.progress.fork.as_ref().map(|fork| format!(" to {fork}")).unwrap_or_default();
        format!("{}{to}", self.progress.branch)
    }

    fn pushed(&mut self, step: &StepState, outcome: ChangeOutcome, now: Timestamp) -> Option<ChangeNeed> {
        match outcome {
            ChangeOutcome::Pushed => {
                self.progress.note(now, format!("pushed {}", self.branch()));
                self.open(now)
            }
            ChangeOutcome::MayNotPush { why, offer } => self.barred(&why, offer, now),
            ChangeOutcome::Branch(Some(at)) if at == self.progress.commit => {
                self.progress.note(now, format!("it had arrived: {} is at {}", self.progress.branch, short(&at)));
                self.open(now)
            }
            ChangeOutcome::Branch(Some(at)) => {
                let why = format!("{} is at {}, which another program has pushed", self.progress.branch, short(&at));
                self.end(now, End::Failed { why })
            }
            // the base may have moved while it waited
            ChangeOutcome::Branch(None) if step.is_resumed() => self.prepare(now),
            // a push creates the branch or fails: sent again it does no harm
            ChangeOutcome::Branch(None) if self.progress.pushes < PUSHES => self.push(now),
            ChangeOutcome::Branch(None) => {
                let why = format!("{} has not arrived: {}", self.progress.branch, step.message());
                self.wait(now, &why, "resume it to push again")
            }
            ChangeOutcome::Lost { why } if *step == StepState::Sent => {
                self.look_up(now, ChangePhase::Push, ChangeStep::FindBranch, &why)
            }
            ChangeOutcome::Lost { why } => self.wait(now, &why, ""),
            ChangeOutcome::Failed { why, hint } => self.wait(now, &why, &hint),
            _ => None,
        }
    }

    fn open(&mut self, now: Timestamp) -> Option<ChangeNeed> {
        if self.order.is_push_only {
            let text = format!("pushed {}; no pull request was wanted", self.branch());
            return self.end(now, End::Done { text });
        }
        self.send(now, ChangePhase::Open(StepState::Sent), ChangeStep::Open)
    }

    fn opened(&mut self, step: &StepState, outcome: ChangeOutcome, now: Timestamp) -> Option<ChangeNeed> {
        match outcome {
            ChangeOutcome::Pull(pull) => {
                self.progress.note(now, format!("opened #{}", pull.number));
                self.is_open(*pull, now)
            }
            ChangeOutcome::Opened { pull, said } => {
                self.progress.note(now, format!("opened #{}", pull.number));
                for text in said {
                    self.progress.note(now, redact(&text).into_owned());
                }
                self.is_open(*pull, now)
            }
            ChangeOutcome::Pulls(pulls) => match pulls.into_iter().find(Pull::is_open) {
                Some(pull) => {
                    self.progress.note(now, format!("it is open: #{}", pull.number));
                    self.is_open(pull, now)
                }
                // a reply that was lost may have been a request that never arrived: only the user sends another one
                None if step.is_resumed() => self.send(now, ChangePhase::Open(StepState::Sent), ChangeStep::Open),
                None => self.wait(now, "the forge has no pull request for the branch", "resume it to open one"),
            },
            ChangeOutcome::NoForge { why, page } if self.has_forge => {
                let by_hand = page.as_ref().map(|page| format!(", or open it by hand at {page}")).unwrap_or_default();
                self.progress.page = page;
                self.wait(now, &why, &format!("log in to the forge and resume it{by_hand}"))
            }
            ChangeOutcome::NoForge { why, page } => {
                self.progress.page = page;
                let text = format!("pushed {}; open the pull request by hand: {why}", self.progress.branch);
                self.end(now, End::Done { text })
            }
            ChangeOutcome::Lost { why } if *step == StepState::Sent => {
                self.look_up(now, ChangePhase::Open, ChangeStep::FindPull, &why)
            }
            ChangeOutcome::Lost { why } => self.wait(now, &why, ""),
            ChangeOutcome::Failed { why, hint } => self.wait(now, &why, &hint),
            _ => None,
        }
    }

    fn is_open(&mut self, pull: Pull, now: Timestamp) -> Option<ChangeNeed> {
        self.progress.enter(now, ChangePhase::Follow);
        self.progress.asked = Some(now);
        self.take_pull(pull, now);
        if self.goal == ChangeGoal::Opened && !self.progress.phase.is_over() {
            let text = self.progress.pull.as_ref().map(|pull| pull.url.clone()).unwrap_or_default();
            return self.end(now, End::Done { text });
        }
        None
    }

    /// The user says: go on. What may have been sent is looked up first.
    pub(in crate::state::jobs) fn go_on(&mut self, now: Timestamp) -> Option<ChangeNeed> {
        self.progress.pushes = 0;
        match &self.progress.phase {
            ChangePhase::Prepare(StepState::Waiting { .. }) => {
                self.progress.note(now, "resumed");
                self.prepare(now)
            }
            ChangePhase::Fork(StepState::Waiting { .. }) => self.resume(now, ChangePhase::Fork, ChangeStep::FindFork),
            ChangePhase::Push(StepState::Waiting { .. }) => self.resume(now, ChangePhase::Push, ChangeStep::FindBranch),
            ChangePhase::Open(StepState::Waiting { .. }) => self.resume(now, ChangePhase::Open, ChangeStep::FindPull),
            _ => None,
        }
    }

    /// Continues in another run: steps that were under way wait for the user; what is followed is followed.
    pub(in crate::state::jobs) fn take_up(&mut self, now: Timestamp) {
        let is_under_way = self.progress.phase.step().is_some_and(|step| !matches!(step, StepState::Waiting { .. }));
        if is_under_way {
            self.wait(now, ENDED, "resume it: what was sent is looked up first");
        }
    }

    /// Ends what is not over, with what is left behind.
    pub(in crate::state::jobs) fn stop(&mut self, why: &str, now: Timestamp) {
        if self.progress.phase.is_over() {
            return;
        }
        let rest = match (&self.progress.phase, &self.progress.pull) {
            (_, Some(pull)) => format!("; #{} stays as it is: {}", pull.number, pull.url),
            (ChangePhase::Open(_), None) => format!("; {} is pushed and stays", self.progress.branch),
            (ChangePhase::Push(_), None) => format!("; {} may be pushed", self.progress.branch),
            (ChangePhase::Fork(_), None) => "; nothing was pushed, but a fork may be made, and stays".to_owned(),
            _ => "; nothing was pushed".to_owned(),
        };
        let fork = self.progress.fork.as_ref().map(|fork| format!("; the fork {fork} stays")).unwrap_or_default();
        self.progress.end(now, End::Stopped { why: format!("{why}{rest}{fork}") });
    }
}

/// The first characters of a commit's id.
pub(super) fn short(id: &str) -> &str {
    id.get(..7).unwrap_or(id)
}
