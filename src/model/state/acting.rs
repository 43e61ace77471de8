//! From a request to a job: who acts, what the context allows, what has to be known before, and the news that jobs depend on.

use jiff::Timestamp;

use super::engine::{Asked, Update};
use super::intent::{Confirmed, Wanted};
use super::jobs::{self, Job, JobId, Jobs, Phase, Start, Task, View};
use super::projection::message_of;
use super::{Cluster, Effect, Ends, Epoch, Link, Settings, State};
use crate::actions::confirm::Wants;
use crate::actions::{self, Action, Case, Circumstances, Confirmation, Demand, Offer, Outcome, Target, confirm};
use crate::domain::{ClusterId, ObjectRef, Policy};
use crate::error::Error;
use crate::forms::{Answers, Clock};
use crate::kinds::FieldOwner;

/// An act that waits for an access review.
#[derive(Debug)]
pub(super) struct Eager {
    action: &'static Action,
    targets: Vec<Target>,
}

impl State {
    /// Fixes objects as they are now, so that an act hits these or nothing.
    pub fn targets(&self, objects: &[ObjectRef]) -> Vec<Target> {
        let uid = |id: &ObjectRef| self.cluster().store.object_of(id).map(|object| object.uid).unwrap_or_default();
        objects.iter().map(|id| Target { object: id.clone(), uid: uid(id) }).collect()
    }

    /// The policy of the active context.
    pub fn policy(&self) -> Policy {
        let is_recorded = matches!(self.cluster().link, Link::Recorded(_));
        Policy { is_recorded, ..policy_of(&self.settings, &self.cluster().context) }
    }

    /// The user, as named by the API server; before its reply, the kubeconfig's user.
    pub fn who(&self) -> String {
        let cluster = self.cluster();
        let of_context =
            || self.contexts.iter().find(|context| context.name == cluster.context).map(|context| context.user.clone());
        cluster.user.clone().or_else(|| cluster.server.acting_as.clone()).or_else(of_context).unwrap_or_default()
    }

    /// Determines what an action would do to these objects. `hidden` are those that the screen does not show.
    pub fn confirm(&self, action: &'static Action, targets: &[Target], answers: &Answers, hidden: &[ObjectRef]) -> Confirmation {
        let cluster = self.cluster();
        let (policy, who) = (self.policy(), self.who());
        let around = Circumstances {
            store: &cluster.store,
            policy: &policy,
            context: &cluster.context,
            who: &who,
            now: self.clock,
            rights: &cluster.rights,
            owners: &cluster.owners,
            hidden,
        };
        confirm(action, targets, answers, &around)
    }

    /// Looks up the facts that a confirmation needs. They arrive as news; then make the confirmation again.
    pub(super) fn inquire(&mut self, wants: &Wants, out: &mut Update) {
        // nothing is asked where nothing may be done
        if !self.policy().may_write() {
            return;
        }
        let (cluster, epoch) = (self.active, self.cluster().epoch);
        if self.cluster().user.is_none() {
            out.effects.push(Effect::Identify { cluster, epoch });
        }
        if !wants.rights.is_empty() {
            out.effects.push(Effect::Review { cluster, epoch, asks: wants.rights.clone() });
        }
        if !wants.owners.is_empty() {
            out.effects.push(Effect::Owners { cluster, epoch, fields: wants.owners.clone() });
        }
    }

    /// The present time and the user's time zone.
    pub fn person_clock(&self) -> Clock {
        Clock { now: self.clock, zone: self.settings.zone.clone().unwrap_or(jiff::tz::TimeZone::UTC) }
    }

    /// The cases of these objects, for those that exist.
    fn cases<'a>(&'a self, objects: &'a [ObjectRef], who: &'a str) -> Vec<Case<'a>> {
        objects.iter().filter_map(|id| Case::new(&self.cluster().store, id, who, self.clock)).collect()
    }

    /// The action done to these objects when that one is requested: its substitute, if that alone can be done.
    pub fn in_place_of(&self, action: &'static Action, objects: &[ObjectRef]) -> &'static Action {
        let who = self.who();
        actions::in_place_of(action, &self.cases(objects, &who))
    }

    /// The action that a key means on these objects.
    ///
    /// # Errors
    /// When none of them exists any more.
    pub fn by_key(&self, key: &str, objects: &[ObjectRef]) -> Result<&'static Action, Error> {
        let (store, who) = (&self.cluster().store, self.who());
        let cases = self.cases(objects, &who);
        let gone = || {
            // what an inventory names and nobody can see has no kind of life to act on
            let node = objects.first().and_then(|id| Some((id, store.find(id)?)));
            let why = node.map(|(id, node)| format!("{id}: {}", message_of(store, &self.cluster().forest, node)));
            Error::failed(why.unwrap_or_else(|| "it is not there any more".to_owned()), "")
        };
        actions::by_key(key, &cases).filter(|_| !cases.is_empty()).ok_or_else(gone)
    }

    /// Whether an action is possible on an object; none if it does not exist.
    pub fn offer(&self, action: &Action, object: &ObjectRef) -> Option<Offer> {
        let cluster = self.cluster();
        let who = self.who();
        let case = Case::new(&cluster.store, object, &who, self.clock)?;
        Some(actions::offer(action, &case, &self.policy(), &cluster.rights))
    }

    /// The access reviews that are missing for these objects. None while others are under way: while a cursor runs over many
    /// namespaces, most are never needed.
    pub fn unexplored(&self, objects: &[ObjectRef]) -> Vec<actions::Ask> {
        let cluster = self.cluster();
        if !self.policy().may_write() || cluster.is_asking || !cluster.link.is_up() {
            return Vec::new();
        }
        let cases = self.cases(objects, "");
        let asks: std::collections::BTreeSet<_> =
            cases.iter().flat_map(|case| actions::open_questions(case, &cluster.rights)).collect();
        asks.into_iter().collect()
    }

    /// Requests access reviews for these objects, so that forbidden actions are greyed.
    pub(super) fn explore_rights(&mut self, objects: &[ObjectRef], out: &mut Update) {
        let asks = self.unexplored(objects);
        if !asks.is_empty() {
            let cluster = self.cluster_mut();
            cluster.is_asking = true;
            out.effects.push(Effect::Review { cluster: cluster.id, epoch: cluster.epoch, asks });
        }
    }

    /// Performs an action on these objects: at once if it asks nothing, otherwise after a confirmation.
    pub(super) fn act(&mut self, wanted: Wanted, out: &mut Update) {
        let Wanted { action, targets, answers, hidden, asks_first } = wanted;
        // what was looked up about contested fields is a moment old
        self.cluster_mut().owners.clear();
        let confirmation = self.confirm(action, &targets, &answers, &hidden);
        if let Some(refusal) = confirmation.refusal {
            return self.complain(&refusal);
        }
        self.inquire(&confirmation.wants, out);
        if asks_first || confirmation.demand != Demand::Nothing || confirmation.form.asks() {
            out.questions.push(Asked::Confirm(Box::new(confirmation)));
        } else if confirmation.is_settled() {
            self.start(&Confirmed::of(confirmation), out);
        } else {
            self.eager.push(Eager { action, targets });
            self.say_until(Ends::WithAnswer, format!("{}: asking whether you may", action.name));
        }
    }

    /// The confirmed act in the present state. The objects are those that were shown, by uid.
    ///
    /// # Errors
    /// A refusal, a wrong word, a missing answer, a missing right.
    pub fn accepted(&self, shown: &Confirmation, typed: &str) -> Result<Confirmation, Error> {
        shown.accept(typed)?;
        let targets: Vec<_> = shown
            .planned
            .iter()
            .filter_map(|planned| {
                // the object itself comes last: its sources before it
                let own = planned.steps.iter().find(|step| step.object == planned.object)?;
                Some(Target { object: planned.object.clone(), uid: own.uid })
            })
            .collect();
        // made again: changes since it was shown may only remove something
        let mut now = self.confirm(shown.action, &targets, &shown.answers, &shown.hidden);
        match now.refusal.take() {
            Some(refusal) => Err(refusal),
            None => Ok(now),
        }
    }

    /// Starts a confirmed act without a question.
    pub(super) fn start(&mut self, confirmed: &Confirmed, out: &mut Update) {
        let Confirmed { confirmation, waits, timeout, joins } = confirmed;
        let Some(confirmation) = self.unjoined(confirmation) else { return };
        let who = self.who();
        let cluster = self.clusters.get(&self.active).expect("the active cluster is always in the map");
        let start = Start {
            cluster: &cluster.server.key,
            context: &cluster.context,
            user: &who,
            timeout: *timeout,
            parallel: jobs::PARALLEL,
            waits: *waits,
            joins: *joins,
            now: self.clock,
        };
        let id = self.jobs.start(&confirmation, &start, &view(cluster), &mut out.effects);
        let title = self.jobs.find(id).map(Job::title).unwrap_or_default();
        let joined = confirmed.confirmation.planned.len() - confirmation.planned.len();
        let joined = if joined > 0 { format!("; {joined} more are already under way: joined") } else { String::new() };
        self.say(format!("{title}: J follows it{joined}"));
    }

    /// The rest of an act: items that are already under way are joined. None where nothing is left, with a notice.
    fn unjoined(&mut self, confirmation: &Confirmation) -> Option<Confirmation> {
        let view = view(self.cluster());
        let mut rest = confirmation.clone();
        rest.planned.retain(|planned| self.jobs.same(&view, confirmation, planned).is_none());
        if rest.planned.is_empty() && !confirmation.planned.is_empty() {
            self.say(format!("{} is already under way: joined; J follows it", confirmation.title()));
            return None;
        }
        Some(rest)
    }

    /// Halts queued items; if none is queued, stops following the others.
    pub(super) fn stop(&mut self, id: JobId, out: &mut Update) {
        let Some(job) = self.jobs.find(id) else { return };
        if job.is_over() {
            return self.say("it is over");
        }
        if let Some(why) = self.not_ours(id) {
            return self.say(why);
        }
        self.held.remove(&id);
        if job.change().is_some() {
            self.jobs.stop(id, self.clock);
            let left = self.jobs.find(id).and_then(Job::change).map(|change| change.phase().message().to_owned());
            self.say(left.unwrap_or_default());
            return self.leave(out);
        }
        let Some(job) = self.jobs.find(id) else { return };
        let queued = job.items().iter().filter(|item| matches!(item.phase, Phase::Queued | Phase::Held { .. })).count();
        self.jobs.stop(id, self.clock);
        if queued == 0 {
            self.jobs.leave(id, self.clock);
        }
        self.say(match queued {
            0 => "no longer followed; what was requested goes on in the cluster (w follows it again)".to_owned(),
            queued => format!("{queued} stopped; what is under way cannot be taken back and is followed"),
        });
        self.leave(out);
    }

    /// Keeps watching items that failed and are retried, or that timed out.
    pub(super) fn watch_on(&mut self, id: JobId, out: &mut Update) {
        let Some(job) = self.jobs.find(id) else { return };
        if !job.can_watch_on() {
            return self.say("nothing of it is tried again");
        }
        let is_seen = self.with_view(id, |jobs, view, now| jobs.watch_on(id, view, now, &mut out.effects));
        self.say(if is_seen { "watching on" } else { "its cluster is not connected any more" });
    }

    /// Runs a function on a job and a view of its cluster. Returns whether the cluster is connected.
    pub(super) fn with_view(&mut self, id: JobId, work: impl FnOnce(&mut Jobs, &View, Timestamp)) -> bool {
        let bound = self.jobs.find(id).and_then(|job| job.bound);
        let State { clusters, left, jobs, clock, .. } = self;
        let cluster = bound.and_then(|bound| connection(clusters.values().chain(left.iter()), bound));
        cluster.map(|cluster| work(jobs, &view(cluster), *clock)).is_some()
    }

    /// Quits: every job ends with its last known state.
    pub(super) fn part(&mut self, out: &mut Update) {
        self.jobs.part(self.clock, &mut out.effects);
    }

    /// Takes the reply to a job's request.
    pub(super) fn receive_outcome(&mut self, task: Task, outcome: Outcome, out: &mut Update) {
        let is_held = matches!(outcome, Outcome::Unrecorded(_));
        let bound = self.jobs.find(task.job).and_then(|job| job.bound);
        let State { clusters, left, jobs, clock, .. } = self;
        let cluster = bound.and_then(|bound| connection(clusters.values().chain(left.iter()), bound));
        jobs.receive(task, outcome, cluster.map(view).as_ref(), *clock, &mut out.effects);
        if is_held {
            self.receive_held(task.job, out);
        }
        self.leave(out);
    }

    /// Lets every job look at its cluster, after news or as time passes.
    pub(super) fn advance_jobs(&mut self, out: &mut Update) {
        let State { clusters, left, jobs, clock, .. } = self;
        if jobs.running().next().is_none() {
            return;
        }
        for cluster in clusters.values().chain(left.iter()) {
            let view = view(cluster);
            jobs.advance(&view, *clock, &mut out.effects);
            jobs.advance_changes(Some(&view), *clock, &mut out.effects);
        }
        jobs.advance_changes(None, *clock, &mut out.effects);
        self.leave(out);
    }

    /// Closes connections whose last job has ended.
    pub(super) fn leave(&mut self, out: &mut Update) {
        let State { left, jobs, .. } = self;
        left.retain(|cluster| {
            let stays = jobs.are_running(cluster.id, cluster.epoch);
            if !stays {
                out.effects.push(Effect::Leave { cluster: cluster.id, epoch: cluster.epoch });
            }
            stays
        });
    }

    /// Takes the access reviews, and starts the acts that waited for them.
    pub(super) fn receive_rights(&mut self, asks: Vec<(actions::Ask, bool)>, out: &mut Update) {
        self.cluster_mut().is_asking = false;
        for (ask, is_allowed) in asks {
            self.cluster_mut().rights.learn(ask, is_allowed);
        }
        self.go_on(out);
    }

    /// Takes the managers of contested fields.
    pub(super) fn receive_owners(&mut self, owners: Vec<(ObjectRef, Option<Vec<FieldOwner>>)>, out: &mut Update) {
        self.cluster_mut().owners.extend(owners);
        self.go_on(out);
    }

    /// Checks the acts that wait for a review again.
    fn go_on(&mut self, out: &mut Update) {
        for Eager { action, targets } in std::mem::take(&mut self.eager) {
            let confirmation = self.confirm(action, &targets, &Answers::default(), &[]);
            if let Some(refusal) = &confirmation.refusal {
                self.complain(refusal);
            } else if !confirmation.is_settled() {
                // a namespace that refused is asked for the one object
                self.inquire(&confirmation.wants, out);
                self.eager.push(Eager { action, targets });
            } else if confirmation.demand == Demand::Nothing {
                self.start(&Confirmed::of(confirmation), out);
            } else {
                // what was found out is worth a question
                out.questions.push(Asked::Unexpected(Box::new(confirmation)));
            }
        }
        if self.eager.is_empty() {
            self.notice_answer();
        }
    }
}

/// What the settings allow in a context.
pub fn policy_of(settings: &Settings, context: &str) -> Policy {
    let found = settings.guarded.iter().find(|guarded| guarded.pattern.matches(context));
    let mut policy = found.map(|guarded| guarded.policy.clone()).unwrap_or_default();
    policy.readonly |= settings.readonly;
    policy
}

impl Confirmed {
    /// Waits, for as long as the CLI does.
    pub fn of(confirmation: Confirmation) -> Self {
        Self { confirmation, waits: true, timeout: jobs::TIMEOUT, joins: false }
    }
}

pub(super) fn view(cluster: &Cluster) -> View<'_> {
    View { cluster: cluster.id, epoch: cluster.epoch, store: &cluster.store, lost: cluster.lost() }
}

fn connection<'a>(mut all: impl Iterator<Item = &'a Cluster>, bound: (ClusterId, Epoch)) -> Option<&'a Cluster> {
    all.find(|cluster| (cluster.id, cluster.epoch) == bound)
}
