//! From a wish to a job: who acts, what the context allows, what has to be known before, and the news that jobs live by.

use jiff::{SignedDuration, Timestamp};

use super::jobs::{self, JobId, Outcome, Start, Task, View};
use super::projection::message_of;
use super::{Cluster, Effect, Epoch, Link, News, State};
use crate::actions::{self, Action, Answers, Case, Circumstances, Confirmation, Demand, Offer, Policy, Target, confirm};
use crate::domain::{ClusterId, ObjectRef};
use crate::error::Error;
use crate::kinds::FieldOwner;

/// The rules for the contexts of that name, which may hold `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guarded {
    pub pattern: String,
    pub policy: Policy,
}

/// An act that waits only for the API server to say whether it is allowed.
pub(super) struct Eager {
    action: &'static Action,
    targets: Vec<Target>,
}

/// What came of a wish to act.
#[derive(Debug)]
pub enum Answer {
    /// It runs.
    Started(JobId),
    /// It runs as soon as the API server has said that it is allowed; what comes of it is told as a notice.
    Asked,
    /// A person has to confirm it: show this, and call [`State::accept`].
    Confirm(Box<Confirmation>),
    Refused(Error),
}

impl State {
    /// Fixes objects as they are now, so that an act hits these or nothing.
    pub fn targets(&self, objects: &[ObjectRef]) -> Vec<Target> {
        let uid = |id: &ObjectRef| self.cluster().store.object_of(id).map(|object| object.uid).unwrap_or_default();
        objects.iter().map(|id| Target { object: id.clone(), uid: uid(id) }).collect()
    }

    /// What holds in the active context.
    pub fn policy(&self) -> Policy {
        let context = &self.cluster().context;
        let found = self.settings.guarded.iter().find(|guarded| matches(&guarded.pattern, context));
        let mut policy = found.map(|guarded| guarded.policy.clone()).unwrap_or_default();
        policy.readonly |= self.settings.readonly;
        policy.is_recorded = matches!(self.cluster().link, Link::Recorded(_));
        policy
    }

    /// Who acts, as the API server says; until it has said so, the kubeconfig's user.
    pub fn who(&self) -> String {
        let cluster = self.cluster();
        let of_context =
            || self.contexts.iter().find(|context| context.name == cluster.context).map(|context| context.user.clone());
        cluster.user.clone().or_else(|| cluster.server.acting_as.clone()).or_else(of_context).unwrap_or_default()
    }

    /// Works out what an action would do to these objects. `hidden` are those that the screen does not show.
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

    /// Asks for what a confirmation wants to know. The answers come as news; make the confirmation again then.
    pub fn inquire(&mut self, confirmation: &Confirmation, effects: &mut Vec<Effect>) {
        // nothing is asked where nothing may be done
        if !self.policy().may_write() {
            return;
        }
        let (cluster, epoch) = (self.active, self.cluster().epoch);
        if self.cluster().user.is_none() {
            effects.push(Effect::Identify { cluster, epoch });
        }
        let wants = &confirmation.wants;
        if !wants.rights.is_empty() {
            effects.push(Effect::Review { cluster, epoch, asks: wants.rights.clone() });
        }
        if !wants.owners.is_empty() {
            effects.push(Effect::Owners { cluster, epoch, fields: wants.owners.clone() });
        }
    }

    /// The action that a key means on these objects.
    ///
    /// # Errors
    /// When none of them is there any more.
    pub fn by_key(&self, key: &str, objects: &[ObjectRef]) -> Result<&'static Action, Error> {
        let (store, who) = (&self.cluster().store, self.who());
        let cases: Vec<_> = objects.iter().filter_map(|id| Case::new(store, id, &who, self.clock)).collect();
        let gone = || {
            // what an inventory names and nobody can see has no kind of life to act on
            let node = objects.first().and_then(|id| Some((id, store.find(id)?)));
            let why = node.map(|(id, node)| format!("{id}: {}", message_of(store, &self.cluster().forest, node)));
            Error::failed(why.unwrap_or_else(|| "it is not there any more".to_owned()), "")
        };
        actions::by_key(key, &cases).filter(|_| !cases.is_empty()).ok_or_else(gone)
    }

    /// How an action stands to an object; none where it is not there.
    pub fn offer(&self, action: &Action, object: &ObjectRef) -> Option<Offer> {
        let cluster = self.cluster();
        let who = self.who();
        let case = Case::new(&cluster.store, object, &who, self.clock)?;
        Some(actions::offer(action, &case, &self.policy(), &cluster.rights))
    }

    /// Asks what the user may do to these objects, so that what he may not is greyed. One batch of questions at a time: while a cursor
    /// runs over many namespaces, most are never asked about.
    pub fn explore_rights(&mut self, objects: &[ObjectRef], effects: &mut Vec<Effect>) {
        let cluster = self.cluster();
        if !self.policy().may_write() || cluster.is_asking || cluster.link != Link::Live {
            return;
        }
        let cases = objects.iter().filter_map(|id| Case::new(&cluster.store, id, "", self.clock));
        let asks: std::collections::BTreeSet<_> =
            cases.flat_map(|case| actions::open_questions(&case, &cluster.rights)).collect();
        let (id, epoch) = (cluster.id, cluster.epoch);
        if !asks.is_empty() {
            self.cluster_mut().is_asking = true;
            effects.push(Effect::Review { cluster: id, epoch, asks: asks.into_iter().collect() });
        }
    }

    /// What was looked up about contested fields is a moment old: a new dialog looks again.
    pub fn forget_owners(&mut self) {
        self.cluster_mut().owners.clear();
    }

    /// Does an action to these objects: at once where it asks for nothing, else by way of a confirmation.
    pub fn act(
        &mut self,
        action: &'static Action,
        targets: Vec<Target>,
        answers: &Answers,
        hidden: &[ObjectRef],
        effects: &mut Vec<Effect>,
    ) -> Answer {
        self.forget_owners();
        let confirmation = self.confirm(action, &targets, answers, hidden);
        if let Some(refusal) = confirmation.refusal {
            return Answer::Refused(refusal);
        }
        self.inquire(&confirmation, effects);
        if confirmation.demand != Demand::Nothing || action.form != crate::actions::Form::Nothing {
            return Answer::Confirm(Box::new(confirmation));
        }
        if !confirmation.is_settled() {
            self.eager.push(Eager { action, targets });
            return Answer::Asked;
        }
        Answer::Started(self.start(&confirmation, effects))
    }

    /// Starts what a person has confirmed. The objects are those that were shown, by uid.
    ///
    /// # Errors
    /// A refusal, a wrong word, a form without its answer, a right that turned out not to be there: nothing was done.
    pub fn accept(&mut self, shown: &Confirmation, typed: &str, effects: &mut Vec<Effect>) -> Result<JobId, Error> {
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
        // made anew: what has changed since it was shown may only take something away
        let now = self.confirm(shown.action, &targets, &shown.answers, &shown.hidden);
        if let Some(refusal) = now.refusal {
            return Err(refusal);
        }
        Ok(self.start(&now, effects))
    }

    /// Starts a confirmed act without asking anybody.
    pub fn start(&mut self, confirmed: &Confirmation, effects: &mut Vec<Effect>) -> JobId {
        self.start_with(confirmed, true, jobs::TIMEOUT, effects)
    }

    /// As [`Self::start`], with a limit, and with or without waiting for what comes of it.
    pub fn start_with(
        &mut self,
        confirmed: &Confirmation,
        waits: bool,
        timeout: SignedDuration,
        effects: &mut Vec<Effect>,
    ) -> JobId {
        let who = self.who();
        let cluster = self.clusters.get(&self.active).expect("the active cluster is always in the map");
        let start = Start {
            cluster: &cluster.server.key,
            context: &cluster.context,
            user: &who,
            timeout,
            parallel: jobs::PARALLEL,
            waits,
            now: self.clock,
        };
        let id = self.jobs.start(confirmed, &start, &view(cluster), effects);
        self.jobs.flush(effects);
        id
    }

    /// Watches on what failed and is tried again, or whose time is over.
    pub fn watch_on(&mut self, id: JobId, effects: &mut Vec<Effect>) {
        let Some((cluster, epoch)) = self.jobs.find(id).and_then(|job| job.bound) else { return };
        let State { clusters, left, jobs, clock, .. } = self;
        if let Some(cluster) = connection(clusters.values().chain(left.iter()), cluster, epoch) {
            jobs.watch_on(id, &view(cluster), *clock, effects);
            jobs.flush(effects);
        }
    }

    /// Leaves: whatever is under way ends with what is known of it.
    pub fn part(&mut self, effects: &mut Vec<Effect>) {
        self.jobs.part(self.clock, effects);
    }

    /// Takes the answer to a job's request.
    pub fn hear_outcome(&mut self, task: Task, outcome: Outcome, now: Timestamp, effects: &mut Vec<Effect>) {
        let bound = self.jobs.find(task.job).and_then(|job| job.bound);
        let State { clusters, left, jobs, .. } = self;
        let cluster = bound.and_then(|(cluster, epoch)| connection(clusters.values().chain(left.iter()), cluster, epoch));
        jobs.hear(task, outcome, cluster.map(view).as_ref(), now, effects);
        jobs.flush(effects);
        self.leave(effects);
    }

    /// Lets every job look at its cluster, after news of it or when time went on.
    pub fn advance_jobs(&mut self, effects: &mut Vec<Effect>) {
        let State { clusters, left, jobs, clock, .. } = self;
        if jobs.running().next().is_none() {
            return;
        }
        for cluster in clusters.values().chain(left.iter()) {
            jobs.advance(&view(cluster), *clock, effects);
        }
        jobs.flush(effects);
        self.leave(effects);
    }

    /// Takes news of a connection that was left; returns whether it was one.
    pub fn hear_left(&mut self, id: ClusterId, epoch: Epoch, news: News, effects: &mut Vec<Effect>) -> bool {
        let Some(cluster) = self.left.iter_mut().find(|cluster| cluster.id == id && cluster.epoch == epoch) else { return false };
        match news {
            News::Link(link) => cluster.link = link,
            News::Deltas(deltas) => cluster.apply_unseen(deltas),
            // nobody looks at the rest any more
            _ => return true,
        }
        self.advance_jobs(effects);
        true
    }

    /// Lets go of connections whose last job has ended.
    fn leave(&mut self, effects: &mut Vec<Effect>) {
        let State { left, jobs, .. } = self;
        left.retain(|cluster| {
            let stays = jobs.are_running(cluster.id, cluster.epoch);
            if !stays {
                effects.push(Effect::Leave { cluster: cluster.id, epoch: cluster.epoch });
            }
            stays
        });
    }

    /// Takes what the API server said of rights, and starts what only waited for that.
    pub fn hear_rights(&mut self, asks: Vec<(crate::actions::Ask, bool)>, effects: &mut Vec<Effect>) {
        self.cluster_mut().is_asking = false;
        for (ask, is_allowed) in asks {
            self.cluster_mut().rights.learn(ask, is_allowed);
        }
        self.go_on(effects);
    }

    /// Takes who owns contested fields.
    pub fn hear_owners(&mut self, owners: Vec<(ObjectRef, Option<Vec<FieldOwner>>)>, effects: &mut Vec<Effect>) {
        self.cluster_mut().owners.extend(owners);
        self.go_on(effects);
    }

    /// Looks again at acts that wait for an answer.
    fn go_on(&mut self, effects: &mut Vec<Effect>) {
        for Eager { action, targets } in std::mem::take(&mut self.eager) {
            let confirmation = self.confirm(action, &targets, &Answers::default(), &[]);
            if let Some(refusal) = &confirmation.refusal {
                let refusal = refusal.clone();
                self.complain(&refusal);
            } else if !confirmation.is_settled() {
                // a namespace that refused is asked for the one object
                self.inquire(&confirmation, effects);
                self.eager.push(Eager { action, targets });
            } else if confirmation.demand == Demand::Nothing {
                self.start(&confirmation, effects);
            } else {
                // what was found out is worth a question
                self.questions.push(confirmation);
            }
        }
    }

    /// Confirmations that turned out to be needed after all: the screen shows each.
    pub fn take_questions(&mut self) -> Vec<Confirmation> {
        std::mem::take(&mut self.questions)
    }
}

fn view(cluster: &Cluster) -> View<'_> {
    View { cluster: cluster.id, epoch: cluster.epoch, store: &cluster.store, lost: cluster.lost() }
}

fn connection<'a>(mut all: impl Iterator<Item = &'a Cluster>, id: ClusterId, epoch: Epoch) -> Option<&'a Cluster> {
    all.find(|cluster| cluster.id == id && cluster.epoch == epoch)
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(tail) = name.strip_prefix(start) else { return false };
    (0..=tail.len()).filter(|at| tail.is_char_boundary(*at)).any(|at| matches(rest, &tail[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, expected) in [
            ("prod", "prod", true),
            ("prod", "prod-eu", false),
            ("prod-*", "prod-eu", true),
            ("*prod*", "eu-prod-1", true),
            ("*", "", true),
            ("a*c", "abd", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
