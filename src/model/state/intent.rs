//! Requests to the engine, by the user through commands and views, or by a headless command. Values, so that a run can be replayed
//! from its messages.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;

use super::drafts::{ChangeDraft, DraftOf};
use super::effect::{Aspect, Effect, Terminal, Ticket};
use super::engine::Update;
use super::jobs::{JobId, Submission};
use super::projection::{Root, RowId, Sort, TableSort};
use super::pulls::PullRemark;
use super::{Cluster, Ends, State};
use crate::actions::confirm::Wants;
use crate::actions::{Action, Confirmation, Target};
use crate::change::{ChangeOrder, PullPlace, SiteScope};
use crate::domain::published::Offered;
use crate::domain::query::Query;
use crate::domain::{GroupKind, Health, NotifyBy, ObjectRef, PrintedQuery, SaidSource, Scope, Str};
use crate::error::Error;
use crate::forms::Answers;

/// A request to the engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Intent {
    /// Connect to the active context.
    Connect,
    /// Switch to that context.
    Switch(String),
    /// Read everything from the cluster again.
    Refresh,
    /// Look at these namespaces; none for all.
    Namespaces(Option<BTreeSet<Str>>),
    Show(Show),
    Set(Setting),
    /// Compare the cluster with git; replaces the previous comparison.
    Compare,
    /// Look anyone's open pull requests up; replaces the previous look-up.
    LookForPulls,
    /// Send a comment or an approval that was confirmed.
    Remark(Box<PullRemark>),
    /// Show the user a notice.
    Say(String),
    Complain(Error),
    /// The notice has been read.
    Noticed,
    /// Ask something for a view; the reply carries the ticket.
    Ask(Ticket, Question),
    /// The view that asked is gone.
    Drop(Ticket),
    /// Look for what this object owns among the kinds that are not followed.
    Owned(ObjectRef),
    /// Besides what is read already, read this.
    Read(Vec<Scope>),
    /// Save a table, as text, under this name.
    Save {
        name: String,
        text: String,
    },
    /// Let a scene of the demo happen, by its name.
    Play(&'static str),
    Terminal(Terminal),
    /// Notify the user when one of these objects turns bad or good; no longer, where that is asked for all of them already.
    Watch(Vec<ObjectRef>),
    /// Perform an action: at once if nothing has to be asked, otherwise after a confirmation.
    Act(Box<Wanted>),
    /// Look up the facts that a confirmation needs.
    Inquire(Box<Wants>),
    /// Look up the user's rights to these objects.
    Explore(Vec<ObjectRef>),
    /// Keep what is typed into the form of a change; empty where it is what the form began with.
    Draft(DraftOf, BTreeMap<String, String>),
    /// Keep which Kustomization such a change is for.
    Narrow(DraftOf, SiteScope),
    /// Forget both.
    DropDraft(DraftOf),
    /// Carry out the change that was reviewed.
    Submit(Box<Submission>),
    /// Perform the confirmed act.
    Start(Box<Confirmed>),
    /// Halt the queued items of a job; if none is queued, stop following the others.
    Stop(JobId),
    /// Keep following items that failed and are retried, or that timed out.
    WatchOn(JobId),
    /// Read the journals of earlier and other runs.
    LoadJobs,
    /// Take over that job of an earlier run by any user: to continue it, or to drop it.
    TakeUp(JobId),
    /// Continue the queue of a job that was taken over.
    GoOn(JobId),
    /// Push a change to the fork that was offered: its user agrees to that.
    Fork(JobId),
    /// Drop a job: no run begins or follows anything of it any more.
    GiveUp(JobId),
    /// Send the requests of this job although they cannot be written down.
    AllowUnrecorded(JobId),
    /// Try again to write down the held items of this job, and then send them.
    RetryUnrecorded(JobId),
    /// The program quits: record the last known state of every job.
    Part,
}

/// An action on objects that are fixed by uid.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub action: &'static Action,
    pub targets: Vec<Target>,
    pub answers: Answers,
    /// Those of them that the screen does not show.
    pub hidden: Vec<ObjectRef>,
    /// Ask even if it would run without a question.
    pub asks_first: bool,
}

/// A confirmed act, and how to run it.
#[derive(Clone, Debug, PartialEq)]
pub struct Confirmed {
    pub confirmation: Confirmation,
    /// Whether the job waits for the outcome, or only until the API server has taken it.
    pub waits: bool,
    /// How long one step may take.
    pub timeout: SignedDuration,
    /// The jobs of other runs were read just now: what they have already sent is followed, not sent again.
    pub joins: bool,
}

/// What a view asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// One aspect of an object.
    Object(ObjectRef, Aspect),
    /// The objects of a kind, as the API server prints them.
    Print(PrintedQuery),
    /// The log of acts of earlier runs.
    Acts,
    /// A change, planned and proven.
    Change(Box<ChangeQuery>),
    /// The object of a change as git builds it, as a text to be edited.
    Manuscript(Box<ChangeQuery>),
    /// The commits that may have changed the object of a change.
    Versions(Box<ChangeQuery>),
    /// A text as a file of that name, to be edited.
    Sheet { name: String, text: String },
    /// What a catalogue has on offer.
    Published(Offered),
    /// A pull request, with what it does.
    Pull(Box<PullPlace>),
    /// Whether these sources are behind their remotes.
    Heads(Vec<ObjectRef>),
}

/// A change to be planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeQuery {
    /// The object in a cluster; none where only a repository is looked at.
    pub object: Option<ObjectRef>,
    /// Others that the same change is for.
    pub also: Vec<ObjectRef>,
    /// The Flux Kustomization that applies the first, if it is known.
    pub applier: Option<ObjectRef>,
    /// Its site is looked for, unless it names a folder.
    pub order: ChangeOrder,
    /// What the user says of its source.
    pub said: Option<SaidSource>,
    /// What the user says of the programs that its repository names as checks.
    pub consent: PolicyConsent,
}

/// Whether programs that a repository names may run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PolicyConsent {
    /// As it was allowed before.
    #[default]
    Kept,
    /// This time, whatever they are.
    Once,
    /// Those of this digest, from now on.
    Given(String),
}

/// How the active cluster is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    Fold(RowId, bool),
    FoldAll(bool),
    /// Open an object and everything below it.
    Unfold(ObjectRef),
    /// Open all ancestors of an object.
    Reveal(ObjectRef),
    /// The cursor goes to an object. A filter that hides it is given up.
    Seek(ObjectRef),
    Root(Root),
    Sort(Sort),
    /// The tree's filter, as typed. A text that is not a filter changes nothing.
    Filter(String),
    /// Only these states; none for all.
    Health(Option<BTreeSet<Health>>),
    /// Only objects that differ from git.
    Drifted(bool),
    /// No filter.
    Everything,
    /// The filter of a kind's table, as typed. A text that is not a filter changes nothing.
    TableFilter(GroupKind, String),
    TableSort(GroupKind, TableSort),
}

/// A choice for this run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    Wide(bool),
    Preview(bool),
    HideHeader(bool),
    Theme(String),
    /// How the terminal is asked to notify the user.
    Notify(NotifyBy),
    /// Hide the demo's hints.
    NoGuide,
}

impl State {
    /// Carries out an intent in the state; the rest becomes effects.
    pub(super) fn intend(&mut self, intent: Intent, out: &mut Update) {
        match intent {
            Intent::Connect => out.effects.push(self.connect()),
            Intent::Switch(context) => out.effects.push(self.switch(&context)),
            Intent::Refresh => {
                out.effects.push(Effect::Refresh { cluster: self.active });
                self.say_until(Ends::WithLink, "reading everything again");
            }
            Intent::Namespaces(wanted) => self.look_at(wanted, out),
            Intent::Show(show) => self.cluster_mut().show(show),
            Intent::Set(setting) => self.set(setting, out),
            Intent::Compare => self.compare(out),
            Intent::LookForPulls => self.look_for_pulls(out),
            Intent::Remark(remark) => self.remark(*remark, out),
            Intent::Say(text) => self.say(text),
            Intent::Complain(error) => self.complain(&error),
            Intent::Noticed => self.notice = None,
            Intent::Ask(ticket, question) => out.effects.push(self.ask(ticket, question)),
            Intent::Drop(ticket) => out.effects.push(Effect::Drop(ticket)),
            Intent::Owned(object) => {
                let uid = self.cluster().store.object_of(&object).map(|object| object.uid);
                out.effects.extend(uid.map(|uid| Effect::Owned(object, uid)));
            }
            Intent::Read(scopes) => out.effects.push(Effect::Read { cluster: self.active, scopes }),
            Intent::Save { name, text } => out.effects.push(Effect::Save { name, text }),
            Intent::Play(scene) => out.effects.push(Effect::Play(scene)),
            Intent::Terminal(terminal) => out.effects.push(Effect::Terminal(terminal)),
            Intent::Watch(objects) => self.watch(&objects),
            Intent::Act(wanted) => self.act(*wanted, out),
            Intent::Inquire(wants) => self.inquire(&wants, out),
            Intent::Explore(objects) => self.explore_rights(&objects, out),
            Intent::Draft(of, texts) => self.redraft(of, |draft| draft.texts = texts),
            Intent::Narrow(of, scope) => self.redraft(of, |draft| draft.scope = scope),
            Intent::DropDraft(of) => self.redraft(of, |draft| *draft = ChangeDraft::default()),
            Intent::Submit(submission) => self.submit(&submission, out),
            Intent::Start(confirmed) => self.start(&confirmed, out),
            Intent::Stop(id) => self.stop(id, out),
            Intent::WatchOn(id) => self.watch_on(id, out),
            Intent::LoadJobs => out.effects.push(Effect::LoadJobs),
            Intent::TakeUp(id) => out.effects.push(Effect::TakeUp(id)),
            Intent::GoOn(id) => self.let_go_on(id, out),
            Intent::Fork(id) => self.agree_to_fork(id, out),
            Intent::GiveUp(id) => self.give_up(id, out),
            Intent::AllowUnrecorded(id) => self.go_on_unrecorded(id, true, out),
            Intent::RetryUnrecorded(id) => self.go_on_unrecorded(id, false, out),
            Intent::Part => self.part(out),
        }
    }

    fn connect(&self) -> Effect {
        let cluster = self.cluster();
        Effect::Connect { cluster: cluster.id, epoch: cluster.epoch, context: cluster.context.clone(), keep: false }
    }

    /// Switches to another context: a fresh cluster under a new epoch, so that late replies to the old one are dropped. While
    /// jobs are under way there, the old connection is kept in the background.
    fn switch(&mut self, context: &str) -> Effect {
        let old = self.cluster();
        let (epoch, cluster) = (old.epoch.next(), old.id);
        let keep = self.jobs.are_running(cluster, old.epoch);
        let mut fresh = Cluster::new(cluster, context.to_owned());
        (fresh.epoch, fresh.is_projected) = (epoch, old.is_projected);
        let old = self.clusters.insert(cluster, fresh);
        self.left.extend(old.filter(|_| keep).map(Cluster::unshown));
        self.eager.clear();
        Effect::Connect { cluster, epoch, context: context.to_owned(), keep }
    }

    fn look_at(&mut self, wanted: Option<BTreeSet<Str>>, out: &mut Update) {
        let active = self.active;
        let cluster = self.cluster_mut();
        cluster.known_namespaces.extend(wanted.iter().flatten().cloned());
        cluster.namespaces.clone_from(&wanted);
        cluster.refilter();
        let include = |names: BTreeSet<Str>| Effect::Include { cluster: active, namespaces: names.into_iter().collect() };
        out.effects.extend(wanted.map(include));
    }

    fn set(&mut self, setting: Setting, out: &mut Update) {
        let settings = &mut self.settings;
        match setting {
            Setting::Wide(wanted) => settings.wide = wanted,
            Setting::Preview(wanted) => settings.preview = wanted,
            Setting::HideHeader(wanted) => settings.hide_header = wanted,
            Setting::Theme(name) => settings.theme = name,
            Setting::Notify(by) => settings.notify = by,
            Setting::NoGuide => {
                settings.guide = false;
                out.effects.push(Effect::Dismiss);
            }
        }
    }

    fn compare(&mut self, out: &mut Update) {
        let cluster = self.cluster_mut();
        let kustomizations = cluster.kustomizations();
        let run = cluster.begin_comparison(kustomizations.len());
        let (cluster, epoch, namespaces) = (cluster.id, cluster.epoch, cluster.drifts.namespaces.clone());
        out.effects.push(Effect::Compare { cluster, epoch, run, kustomizations, namespaces });
    }

    fn ask(&self, ticket: Ticket, question: Question) -> Effect {
        match question {
            Question::Acts => Effect::Recall(ticket),
            Question::Print(query) => Effect::Print { ticket, cluster: self.active, query },
            Question::Change(query) => {
                let is_readonly = self.settings.readonly || self.policy().readonly;
                let context = self.cluster().context.clone();
                Effect::Propose { ticket, query, is_readonly, context }
            }
            Question::Manuscript(query) => Effect::Manuscript { ticket, query },
            Question::Versions(query) => Effect::Versions { ticket, query },
            Question::Sheet { name, text } => Effect::WriteDown { ticket, name, text },
            Question::Pull(place) => Effect::ReadPull { ticket, cluster: self.active, place },
            Question::Heads(sources) => Effect::AskHeads { ticket, cluster: self.active, sources },
            Question::Published(offered) => Effect::LookUp { ticket, cluster: self.active, offered },
            Question::Object(object, aspect) => {
                let version = self.cluster().store.object_of(&object).map(|found| found.version.clone());
                Effect::Look { ticket, object, version: version.unwrap_or_else(|| "".into()), aspect }
            }
        }
    }
}

impl Cluster {
    fn show(&mut self, show: Show) {
        match show {
            Show::Fold(row, is_open) => self.tree.folds.set(&row, is_open),
            Show::FoldAll(is_open) => self.tree.folds.set_all(is_open),
            Show::Unfold(object) => self.unfold(&object),
            Show::Reveal(object) => self.reveal(&object),
            Show::Seek(object) => self.seek(object),
            Show::Root(root) => self.plant(root),
            Show::Sort(sort) => self.tree.sort = sort,
            Show::Filter(text) => self.filter_tree(&text),
            Show::Health(health) => {
                self.tree.health = health;
                self.refilter();
            }
            Show::Drifted(only) => {
                self.tree.drifted = only;
                self.refilter();
            }
            Show::Everything => self.show_everything(),
            Show::TableFilter(gk, text) => {
                if let Ok(query) = Query::parse(&text) {
                    self.refill(&gk, |filter, _| filter.query = query);
                }
            }
            Show::TableSort(gk, sort) => self.refill(&gk, |_, now| *now = sort),
        }
    }

    fn show_everything(&mut self) {
        self.tree.health = None;
        self.tree.drifted = false;
        self.tree.text.clear();
        self.refilter();
    }

    fn seek(&mut self, object: ObjectRef) {
        let is_hidden = |node| !self.tree.matches.filter().is_none() && !self.tree.matches.contains(node);
        if self.store.find(&object).is_some_and(is_hidden) {
            self.show_everything();
        }
        self.reveal(&object);
        let count = self.tree.sought.as_ref().map_or(0, |(count, _)| *count);
        self.tree.sought = Some((count + 1, object));
    }

    /// Opens all ancestors of an object.
    fn reveal(&mut self, object: &ObjectRef) {
        let mut above = self.store.find(object).and_then(|node| self.forest.parent(node));
        while let Some(parent) = above {
            let id = self.store.reference(parent).clone();
            self.tree.folds.set_object(&id, true);
            above = self.forest.parent(parent);
        }
    }

    fn unfold(&mut self, object: &ObjectRef) {
        let mut rest: Vec<_> = self.store.find(object).into_iter().collect();
        while let Some(node) = rest.pop() {
            let id = self.store.reference(node).clone();
            self.tree.folds.set_object(&id, true);
            rest.extend(self.forest.children(node));
        }
    }
}
