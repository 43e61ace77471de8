//! Anyone's open pull requests of the repositories that the cluster's sources lead to: looked up on demand, and kept with their age until they
//! are looked up again. What a person says or changes of one, from the key to the answer.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::engine::Update;
use super::{Cluster, Effect, State};
use crate::change::{BuildDifference, ChangeSite, ForgeChoice, PullEffect, PullPlace, Wording};
use crate::domain::text::{counted, redact, sanitise_line};
use crate::domain::{Act, ActEnd, ObjectRef, Pull};
use crate::error::{Error, Result};
use crate::kinds;

/// Differences of one object that are kept of one pull request.
const MOST: usize = 20;

/// The cluster's pull requests.
#[derive(Clone, Debug, Default)]
pub struct PullBoard {
    /// The number of the last look-up: news of an earlier one is dropped.
    pub run: u32,
    pub progress: PullProgress,
    pub repositories: Vec<PullRepository>,
    /// Sources whose repository cannot be asked, and why.
    pub skipped: Vec<(String, String)>,
    /// What they change in the cluster, by object.
    touched: BTreeMap<ObjectRef, Vec<Touching>>,
    /// Increases with every change.
    pub stamp: u64,
}

/// Why nothing is sent to a forge; none where it may be.
pub fn unsent(state: &State) -> Option<Error> {
    let policy = state.policy();
    let hint = if policy.readonly { "leave out --readonly, or take `readonly` out of the configuration" } else { "" };
    policy.barred().map(|why| Error::failed(format!("{why}: nothing is sent to a forge"), hint))
}

/// How far the look-up is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullProgress {
    /// They were never looked up.
    #[default]
    Never,
    Running,
    /// Since when they are known.
    Done(Timestamp),
}

/// A repository and its open pull requests.
#[derive(Clone, Debug, PartialEq)]
pub struct PullRepository {
    pub site: ChangeSite,
    /// Sources of the cluster that follow it, and the branch that each follows; none where it is pinned.
    pub sources: Vec<(ObjectRef, Option<String>)>,
    pub forge: ForgeChoice,
    /// The newest first; or why they are not known.
    pub pulls: Result<Vec<OpenPull>>,
    /// There are older ones, which were not read.
    pub has_more: bool,
}

/// An open pull request.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenPull {
    pub pull: Pull,
    pub touches: PullTouches,
}

/// What a pull request changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PullTouches {
    #[default]
    Awaited,
    NotKnown(String),
    Known(PullSummary),
}

/// What is kept of an effect.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PullSummary {
    pub files: usize,
    /// Builds that become others, by name, and how many differences each has; none where it cannot be built any more.
    pub builds: Vec<(String, Option<usize>)>,
    /// The first texts of what a person should know.
    pub cautions: Vec<String>,
    pub has_conflict: bool,
    here: Vec<(ObjectRef, Vec<String>)>,
}

/// A pull request that changes an object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touching {
    /// Of the repository, without a credential.
    pub url: String,
    pub number: u64,
    /// What changes, a line each: `spec.replicas: 3 -> 5`.
    pub lines: Vec<String>,
}

/// What is found out, as it comes.
#[derive(Clone, Debug)]
pub enum PullNews {
    /// A source whose repository cannot be asked, and why.
    Skipped(String, String),
    Repository(Box<PullRepository>),
    /// What the forge says of one pull request of that repository.
    Pull(String, Box<Pull>),
    /// What it changes.
    Touches(String, u64, Box<PullTouches>),
    Done,
}

/// What is said of a pull request, or changed of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRemark {
    pub place: PullPlace,
    /// The commit that was reviewed: what was pushed since is not approved.
    pub commit: String,
    pub kind: RemarkKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemarkKind {
    Comment(String),
    Approval,
    /// A draft again, or ready for review.
    Draft(bool),
    /// The forge merges it once its checks have passed.
    MergeLater,
    /// Another title and another text.
    Wording(Wording),
}

impl RemarkKind {
    /// What it is, for people: `sending the comment to …`.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Comment(_) => "comment",
            Self::Approval => "approval",
            Self::Draft(true) => "word that it is a draft",
            Self::Draft(false) => "word that it is ready for review",
            Self::MergeLater => "request to merge it later",
            Self::Wording(_) => "new title and text",
        }
    }

    /// What it is then.
    fn done(&self, object: &str) -> String {
        match self {
            Self::Comment(_) => format!("the comment is at {object}"),
            Self::Approval => format!("{object} is approved"),
            Self::Draft(true) => format!("{object} is a draft"),
            Self::Draft(false) => format!("{object} is ready for review"),
            Self::MergeLater => format!("the forge merges {object} once its checks have passed"),
            Self::Wording(_) => format!("{object} has the new title and text"),
        }
    }
}

impl PullSummary {
    /// What the board keeps of an effect.
    pub fn of(effect: &PullEffect) -> Self {
        let build =
            |build: &crate::change::TouchedBuild| (build.name.clone(), build.broken.is_none().then_some(build.differences.len()));
        let here = effect.here().into_iter();
        let lines = |all: Vec<&BuildDifference>| all.into_iter().take(MOST).map(difference).collect();
        Self {
            files: effect.files.len(),
            builds: effect.builds.iter().map(build).collect(),
            cautions: effect.cautions.iter().map(|caution| caution.text.clone()).collect(),
            has_conflict: effect.has_conflict,
            here: here.map(|(object, all)| (object, lines(all))).collect(),
        }
    }

    /// `apps, staging/apps (12 fields)`, or that nothing that is built changes.
    pub fn words(&self) -> String {
        match self.builds.as_slice() {
            [] if self.files == 0 => "no files".to_owned(),
            [] => format!("{}, nothing that is built", counted(self.files, "file")),
            [(one, count)] => format!("{one}{}", count.map_or_else(|| " BREAKS".to_owned(), |count| format!(" ({count})"))),
            many => {
                let broken = many.iter().filter(|(_, count)| count.is_none()).count();
                let broken = if broken > 0 { format!(", {broken} BREAK") } else { String::new() };
                let names: Vec<_> = many.iter().map(|(name, _)| name.as_str()).collect();
                format!("{}{broken}: {}", counted(many.len(), kinds::KUSTOMIZATION.kind), names.join(", "))
            }
        }
    }
}

/// A difference of an object in a line.
fn difference(one: &BuildDifference) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    match (&one.field, &one.after) {
        (Some(field), _) => format!("{field}: {} -> {}", value(&one.before), value(&one.after)),
        (None, Some(_)) => "is new".to_owned(),
        (None, None) => "is gone".to_owned(),
    }
}

impl PullBoard {
    /// Starts a new look-up; what is known stays until something else is. Returns its number.
    fn begin(&mut self) -> u32 {
        (self.run, self.stamp, self.progress) = (self.run + 1, self.stamp + 1, PullProgress::Running);
        self.skipped.clear();
        self.run
    }

    /// Takes what was found out.
    pub fn take(&mut self, run: u32, news: PullNews, now: Timestamp) {
        if run != self.run || self.progress != PullProgress::Running {
            return;
        }
        self.stamp += 1;
        match news {
            PullNews::Skipped(source, why) => self.skipped.push((source, why)),
            PullNews::Repository(fresh) => match self.repositories.iter_mut().find(|known| known.site.url == fresh.site.url) {
                Some(known) => *known = fresh.after(known),
                None => self.repositories.push(*fresh),
            },
            PullNews::Pull(url, pull) => {
                if let Some(known) = self.pull_mut(&url, pull.number) {
                    known.pull = *pull;
                }
                // it was closed or merged meanwhile
                self.drop_closed();
            }
            PullNews::Touches(url, number, touches) => {
                if let Some(known) = self.pull_mut(&url, number) {
                    known.touches = *touches;
                }
            }
            PullNews::Done => self.progress = PullProgress::Done(now),
        }
        self.index();
    }

    fn drop_closed(&mut self) {
        for repository in &mut self.repositories {
            if let Ok(pulls) = &mut repository.pulls {
                pulls.retain(|open| open.pull.is_open());
            }
        }
    }

    fn pull_mut(&mut self, url: &str, number: u64) -> Option<&mut OpenPull> {
        let repository = self.repositories.iter_mut().find(|known| known.site.url == url)?;
        repository.pulls.as_mut().ok()?.iter_mut().find(|open| open.pull.number == number)
    }

    /// Every pull request, with its repository.
    pub fn all(&self) -> impl Iterator<Item = (&PullRepository, &OpenPull)> {
        self.repositories.iter().flat_map(|one| one.pulls.iter().flatten().map(move |open| (one, open)))
    }

    /// A pull request that is known.
    pub fn find(&self, url: &str, number: u64) -> Option<(&PullRepository, &OpenPull)> {
        self.all().find(|(repository, open)| repository.site.url == url && open.pull.number == number)
    }

    /// Which of them change an object of the cluster.
    pub fn touching(&self, object: &ObjectRef) -> &[Touching] {
        self.touched.get(object).map(Vec::as_slice).unwrap_or_default()
    }

    /// The objects of the cluster that one of them changes, as far as it was looked up. Costs a look at each that any changes.
    pub fn changed_by(&self, url: &str, number: u64) -> Vec<ObjectRef> {
        let is_it = |one: &Touching| one.url == url && one.number == number;
        self.touched.iter().filter(|(_, by)| by.iter().any(is_it)).map(|(object, _)| object.clone()).collect()
    }

    /// What an object's row says of the pull requests that change it: `#12 by ben: spec.replicas: 3 -> 5`.
    pub fn row(&self, object: &ObjectRef) -> String {
        let touching = self.touching(object);
        let Some((first, rest)) = touching.split_first() else { return String::new() };
        let more = if rest.is_empty() { String::new() } else { format!(", and {}", counted(rest.len(), "more pull request")) };
        format!("{}{more}", self.words(first))
    }

    /// A pull request that changes an object, and how: `#12 by ben: spec.replicas: 3 -> 5, and 1 more`.
    pub fn words(&self, one: &Touching) -> String {
        let author = self.find(&one.url, one.number).map(|(_, open)| open.pull.author.as_str()).unwrap_or_default();
        let by = if author.is_empty() { String::new() } else { format!(" by {author}") };
        let more = if one.lines.len() > 1 { format!(", and {} more", one.lines.len() - 1) } else { String::new() };
        sanitise_line(&format!("#{}{by}: {}{more}", one.number, one.lines.first().map_or("", String::as_str))).into_owned()
    }

    fn index(&mut self) {
        let mut touched: BTreeMap<ObjectRef, Vec<Touching>> = BTreeMap::new();
        for (repository, open) in self.all() {
            let PullTouches::Known(summary) = &open.touches else { continue };
            for (object, lines) in &summary.here {
                let (url, number) = (repository.site.url.clone(), open.pull.number);
                touched.entry(object.clone()).or_default().push(Touching { url, number, lines: lines.clone() });
            }
        }
        self.touched = touched;
    }

    /// A summary in one line; their age is for the screen.
    pub fn summary(&self) -> String {
        let count = self.all().count();
        let unasked = self.repositories.iter().filter(|one| one.pulls.is_err()).count() + self.skipped.len();
        let unasked = if unasked > 0 { format!(" · {unasked} not asked") } else { String::new() };
        match self.progress {
            PullProgress::Never => "not looked up yet".to_owned(),
            PullProgress::Running if count == 0 => format!("looking…{unasked}"),
            PullProgress::Running => format!("{count} open, looking…{unasked}"),
            PullProgress::Done(_) => format!("{count} open{unasked}"),
        }
    }
}

impl PullRepository {
    /// The same, with what was known of what they touch: a branch that has not moved does not change it.
    fn after(mut self, known: &Self) -> Self {
        for open in self.pulls.iter_mut().flatten() {
            let before = known.pulls.iter().flatten().find(|before| before.pull.number == open.pull.number);
            let Some(before) = before.filter(|before| before.pull.head_commit == open.pull.head_commit) else { continue };
            let Pull { checks, reviews, is_mergeable, is_queued, .. } = before.pull.clone();
            open.touches = before.touches.clone();
            open.pull = Pull { checks, reviews, is_mergeable, is_queued, ..open.pull.clone() };
        }
        self
    }

    /// Where a pull request of it is.
    pub fn place(&self, pull: &Pull) -> PullPlace {
        let site = ChangeSite { base: pull.base.clone(), ..self.site.clone() };
        PullPlace { site, number: pull.number, sources: self.sources.clone() }
    }
}

impl PullRemark {
    /// `ops/fleet#12`.
    pub fn object(&self) -> String {
        format!("{}#{}", self.place.site.name(), self.place.number)
    }

    /// As the log of acts calls it.
    pub fn word(&self) -> &'static str {
        match self.kind {
            RemarkKind::Comment(_) => "comment",
            RemarkKind::Approval => "approve",
            RemarkKind::Draft(true) => "draft",
            RemarkKind::Draft(false) => "ready",
            RemarkKind::MergeLater => "auto-merge",
            RemarkKind::Wording(_) => "reword",
        }
    }

    /// The equivalent command, without what is written.
    fn line(&self) -> String {
        let text = match self.kind {
            RemarkKind::Comment(_) => " TEXT",
            RemarkKind::Wording(_) => " --title TEXT --body-file FILE",
            RemarkKind::Approval | RemarkKind::Draft(_) | RemarkKind::MergeLater => "",
        };
        format!("fluxdeck prs {} {}{text}", self.word(), self.object())
    }
}

impl Cluster {
    /// The sources that may lead to a repository, and what applies from them.
    fn source_objects(&self) -> Vec<ObjectRef> {
        let kinds = [kinds::GIT_REPOSITORY, kinds::OCI_REPOSITORY, kinds::BUCKET];
        let all = kinds.iter().flat_map(|kind| self.store.of_kind(&kind.gk()).collect::<Vec<_>>());
        let mut found: Vec<_> =
            all.filter(|id| self.store.object(*id).is_some()).map(|id| self.store.reference(id).clone()).collect();
        found.sort();
        found
    }
}

impl State {
    /// Looks anyone's open pull requests up.
    pub(super) fn look_for_pulls(&mut self, out: &mut Update) {
        let cluster = self.cluster_mut();
        let (sources, kustomizations) = (cluster.source_objects(), cluster.kustomizations());
        let run = cluster.pulls.begin();
        let (cluster, epoch) = (cluster.id, cluster.epoch);
        out.effects.push(Effect::LookForPulls { cluster, epoch, run, sources, kustomizations });
    }

    /// Sends a comment or an approval that was confirmed.
    pub(super) fn remark(&mut self, remark: PullRemark, out: &mut Update) {
        if let Some(error) = unsent(self) {
            return self.complain(&error);
        }
        self.say_until(super::Ends::WithAnswer, format!("sending the {} to {} …", remark.kind.noun(), remark.object()));
        let at = self.clock;
        let act = self.act_of(&remark, at);
        self.log_act(act, out);
        out.effects.push(Effect::Remark(at, Box::new(remark)));
    }

    fn act_of(&self, remark: &PullRemark, at: Timestamp) -> Act {
        Act {
            at,
            context: self.cluster().context.clone(),
            user: self.who(),
            action: remark.word().to_owned(),
            object: remark.object(),
            line: redact(&remark.line()).into_owned(),
            outcome: None,
            end: None,
            last: "it was on its way to the forge: whether it arrived is not known".to_owned(),
            ended: None,
        }
    }

    fn log_act(&mut self, act: Act, out: &mut Update) {
        self.jobs.note_act(&act);
        out.effects.push(Effect::Record(Box::new(act)));
    }

    /// Takes the answer of a forge to a remark, and writes it down.
    pub(super) fn remarked(&mut self, at: Timestamp, remark: &PullRemark, answer: &Result<()>, out: &mut Update) {
        let object = remark.object();
        let (end, outcome) = match answer {
            Ok(()) => (ActEnd::Done, "done".to_owned()),
            Err(error) => (ActEnd::Failed, format!("failed: {}", error.message)),
        };
        let (outcome, ended) = (Some(redact(&outcome).into_owned()), Some(self.clock));
        let act = Act { outcome, end: Some(end), ended, last: String::new(), ..self.act_of(remark, at) };
        self.log_act(act, out);
        match answer {
            Ok(()) => {
                self.jobs.look_again(&remark.place.site.url, remark.place.number);
                self.say(remark.kind.done(&object));
            }
            Err(error) => self.complain(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{ObjectKey, TouchedBuild};
    use crate::domain::{ClusterId, GroupKind, PullState};
    use crate::state::jobs::change::tests::pull;

    const URL: &str = "https://git.example.com/ops/fleet";

    fn object(name: &str) -> ObjectRef {
        ObjectRef::new(ClusterId(0), GroupKind::new("apps", "Deployment"), "web", name)
    }

    /// A repository with one pull request, whose branch is at that commit.
    fn repository(commit: &str) -> PullNews {
        let pull = Pull { head_commit: commit.to_owned(), author: "ben".to_owned(), ..pull(PullState::Open) };
        let site = ChangeSite { url: URL.to_owned(), ..ChangeSite::default() };
        let forge = ForgeChoice::None { why: String::new(), page: None };
        let pulls = Ok(vec![OpenPull { pull, touches: PullTouches::Awaited }]);
        PullNews::Repository(Box::new(PullRepository { site, sources: Vec::new(), forge, pulls, has_more: false }))
    }

    fn touches() -> PullNews {
        let key = ObjectKey { group: "apps".into(), kind: "Deployment".into(), namespace: "web".into(), name: "web".into() };
        let one = |field: &str| BuildDifference {
            key: key.clone(),
            object: "Deployment web/web".into(),
            field: Some(field.into()),
            before: Some("3".into()),
            after: Some("5".into()),
        };
        let applier = Some(object("apps"));
        let differences = vec![one("spec.replicas"), one("spec.paused")];
        let build = TouchedBuild { name: "prod/apps".into(), applier, differences, renamed: Vec::new(), broken: None };
        let effect = PullEffect { builds: vec![build], ..PullEffect::default() };
        PullNews::Touches(URL.to_owned(), 12, Box::new(PullTouches::Known(PullSummary::of(&effect))))
    }

    #[test]
    fn what_a_pull_request_changes_is_known_by_object_until_it_is_over_or_its_branch_moves() {
        let now = Timestamp::UNIX_EPOCH;
        let mut board = PullBoard::default();
        let first = board.begin();
        for news in [repository("a"), touches(), PullNews::Done] {
            board.take(first, news, now);
        }
        assert_eq!((board.summary().as_str(), board.progress), ("1 open", PullProgress::Done(now)));
        assert_eq!(board.row(&object("web")), "#12 by ben: spec.replicas: 3 -> 5, and 1 more");
        assert_eq!(board.row(&object("other")), "");

        // looked up again: what is known stays while the branch does
        let second = board.begin();
        board.take(first, PullNews::Done, now);
        assert_eq!(board.progress, PullProgress::Running, "that was an earlier one");
        board.take(second, repository("a"), now);
        assert_eq!(board.touching(&object("web")).len(), 1);
        board.take(second, repository("b"), now);
        assert!(board.touching(&object("web")).is_empty(), "nobody knows what it changes now");
        board.take(second, touches(), now);
        let closed = Pull { head_commit: "b".to_owned(), ..pull(PullState::Closed) };
        board.take(second, PullNews::Pull(URL.to_owned(), Box::new(closed)), now);
        assert_eq!((board.all().count(), board.row(&object("web"))), (0, String::new()));
        board.take(second, PullNews::Skipped("GitRepository a/b".into(), "no forge".into()), now);
        assert_eq!(board.summary(), "looking… · 1 not asked");
    }
}
