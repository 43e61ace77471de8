//! A planned change as plain data: what a person reviews, and what a pull request says. Nothing in here is written anywhere yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::describe::{self, PullText};
use super::order::ChangeOrder;
use super::outside::PolicyQuestion;
use super::{
    Alternative, BuildChoice, Caution, ChangePlan, ChangeProof, Check, CheckResult, CompetingPull, FieldLeftOut, FieldLines,
    FileOwners, Inverse, LayerChoice, Refused, RenderedBuild, SourceLine, SourceQuestion, Wording,
};
use crate::domain::fork::ForkOffer;
use crate::domain::{NewPull, ObjectRef, Pull, duration};
use crate::guards::CoveredLines;

/// The answer to a [`ChangeOrder`].
#[derive(Clone, Debug, PartialEq)]
pub enum Proposed {
    /// Git has all of it already.
    Unchanged {
        object: String,
        base: String,
    },
    Ready(Box<Proposal>),
    Refused(Box<ChangeRefusal>),
    /// Only a person knows the repository of the source.
    Unknown(Box<SourceQuestion>),
}

/// A change that is proven and waits for its review.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    pub order: ChangeOrder,
    /// `Kind namespace/name`.
    pub object: String,
    /// The commit of the base branch that all of this holds for.
    pub base: String,
    /// How many commits the base branch is ahead of what the cluster has applied; none if that is not known.
    pub ahead: Option<usize>,
    /// The branch that would be pushed.
    pub branch: String,
    pub fields: Vec<ProposedField>,
    /// Of each field the lines that it changes.
    pub lines: Vec<FieldLines>,
    /// Fields that are left as they are.
    pub left_out: Vec<FieldLeftOut>,
    pub files: Vec<ProposedFile>,
    /// The difference of the files, as `git apply` takes it.
    pub patch: String,
    /// What differs in all that is built.
    pub rendered: Vec<RenderedBuild>,
    pub checks: Vec<Check>,
    /// The Flux Kustomization or folder that builds the object.
    pub build: String,
    /// Others that read the same files.
    pub readers: Vec<String>,
    /// What other contexts were seen to apply from the branch, though the repository does not declare it: nobody has built that.
    pub elsewhere: Vec<SeenElsewhere>,
    /// What changes besides, a line each, for people.
    pub besides: Vec<String>,
    /// What cannot be built before or after, and why.
    pub unproven: Vec<(String, String)>,
    pub cautions: Vec<Caution>,
    /// Title and text of the commit and of the pull request.
    pub pull: NewPull,
    /// The text without what was checked.
    pub text: PullText,
    pub author: Authorship,
    /// Who owns its files, as far as the repository says so.
    pub owners: Option<FileOwners>,
    pub forge: ForgeChoice,
    /// What there is instead where the user may not push to the repository; none where they may, or that is not known.
    pub fork: Option<ForkOffer>,
    /// The same change has been proposed before and is still open.
    pub open: Option<Pull>,
    /// Why a person has to merge it, though the forge was to be asked for that.
    pub merged_by_hand: Option<String>,
    /// Other open pull requests that change the same, as far as the forge has answered.
    pub competing: Vec<CompetingPull>,
    /// Names exactly this patch and this proof.
    pub digest: String,
    /// Where a person may say another repository of its source.
    pub source: Option<SourceQuestion>,
    /// The programs that its repository names as checks; none where it names none.
    pub policy: Option<PolicyQuestion>,
}

/// A Flux Kustomization of another context, as it was when that was looked at last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenElsewhere {
    pub context: String,
    pub at: Timestamp,
    /// `Kustomization flux-system/apps`.
    pub kustomization: String,
    /// What it builds, from the root of the repository.
    pub folder: String,
}

impl SeenElsewhere {
    /// `@prod-us, seen 2d ago: Kustomization flux-system/apps reads ./apps, with a file that changes`.
    pub fn words(&self, files: &[ProposedFile], now: Timestamp) -> String {
        let Self { context, at, kustomization, folder } = self;
        let age = duration::age((now.as_second() - at.as_second()).max(0)).0;
        let is_below = |file: &ProposedFile| file.path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let changes = if folder.is_empty() || files.iter().any(is_below) { ", with a file that changes" } else { "" };
        format!("@{context}, seen {age} ago: {kustomization} reads ./{folder}{changes}")
    }
}

/// One field that changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposedField {
    /// The object as a cluster has it then; none where that is not known.
    #[serde(default)]
    pub of: Option<ObjectRef>,
    pub field: String,
    /// None: nothing was there. Masked for the screen.
    pub before: Option<String>,
    /// None: nothing is there then.
    pub after: Option<String>,
    /// What takes back a field that came or went.
    #[serde(default)]
    pub inverse: Option<Inverse>,
    /// `file:line`.
    pub place: String,
    /// By which means it is set there.
    pub layer: String,
}

/// One file that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedFile {
    pub path: String,
    pub is_new: bool,
    /// Lines.
    pub added: usize,
    pub removed: usize,
    /// What is not shown of it as it was.
    pub covered: CoveredLines,
}

/// Who commits, as git knows it where the user would commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorship {
    /// `Name <address>`.
    pub author: String,
    /// The address alone.
    pub address: String,
    pub is_signed: bool,
    /// The message ends with a sign-off.
    pub is_signed_off: bool,
}

/// Where the pull request would be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgeChoice {
    /// A forge that can be asked; `token` says where its token is from.
    Known { name: String, repository: String, token: String },
    /// None can: why, and the page where a person opens it, if that is known.
    None { why: String, page: Option<String> },
}

/// Why a change is not proposed, and what could be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeRefusal {
    /// With the site that was found.
    pub order: ChangeOrder,
    pub object: String,
    pub field: String,
    pub why: String,
    pub hint: String,
    /// What sets the field, where that is a file of the repository.
    pub set_at: Option<SourceLine>,
    pub ways: Vec<WayChoice>,
    /// Who builds the object, where several do: the change may be for one of them only.
    pub builds: Vec<BuildChoice>,
    /// What the field is called where it is left out; none where nothing else is wanted.
    pub leave_out: Option<String>,
    /// What a person should know besides, and what could be changed instead.
    pub cautions: Vec<Caution>,
    /// Where a person may say another repository of its source.
    pub source: Option<SourceQuestion>,
}

/// One place that could be changed, and what else would happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WayChoice {
    /// What an order takes to choose it.
    pub layer: LayerChoice,
    /// The same as `--layer` takes it.
    pub flag: String,
    /// Its place; for an addition the file alone.
    pub place: SourceLine,
    /// By which means.
    pub word: String,
    /// What else would change, a line each; why it cannot be taken at all.
    pub result: Result<Vec<String>, String>,
    /// It needs consent to all that, by name: the order has to be wide.
    pub is_wide: bool,
}

impl Proposal {
    pub fn alternatives(&self) -> impl Iterator<Item = &Alternative> {
        self.cautions.iter().filter_map(|caution| caution.instead.as_ref())
    }

    /// Takes over what others have answered by now, also into the text of the pull request.
    pub fn checked(&mut self, answered: &[Check]) {
        for check in answered {
            match self.checks.iter_mut().find(|known| known.name == check.name) {
                Some(known) => *known = check.clone(),
                None => self.checks.push(check.clone()),
            }
        }
        self.pull.body = self.text.with(&self.order.body, &self.checks);
    }

    /// Title and text as a person edits them.
    pub fn wording(&self) -> Wording {
        Wording { title: self.pull.title.clone(), text: self.text.begun(&self.order.body) }
    }

    /// Takes other words over; a title as it was stays what it was made of.
    pub fn say(&mut self, wording: &Wording) {
        if wording.title != self.pull.title {
            wording.title.clone_into(&mut self.order.title);
            self.pull.title = describe::title(&self.order, &self.object, &self.fields);
        }
        wording.text.clone_into(&mut self.order.body);
        self.pull.body = self.text.with(&self.order.body, &self.checks);
    }

    /// Takes over what is made of what is built: objects of charts.
    pub fn also_renders(&mut self, more: &[RenderedBuild]) {
        self.rendered.extend(more.iter().filter(|one| !self.rendered.contains(one)).cloned().collect::<Vec<_>>());
    }

    /// What a person has decided on: only the branch is pushed; what a check had against it is accepted. The pull request says so.
    pub fn accepted(&mut self, is_push_only: bool, is_wide: bool) {
        self.order.is_push_only = is_push_only;
        self.order.is_wide |= is_wide;
        let overridden: Vec<&Check> = match self.order.is_wide {
            true => self.checks.iter().filter(|check| check.result == CheckResult::Failed).collect(),
            false => Vec::new(),
        };
        let text = describe::overridden(&overridden);
        if !text.is_empty() && !self.pull.body.contains(&text) {
            self.pull.body = format!("{text}\n{}", self.pull.body);
        }
    }

    /// The fork that would be pushed to, and that the user has to agree to: none where there is nothing to push, or no fork to push to.
    pub fn fork_to_ask(&self) -> Option<&ForkOffer> {
        self.fork.as_ref().filter(|offer| self.open.is_none() && !self.order.may_fork && offer.repository().is_some())
    }

    /// The checks that were begun and have no result yet.
    pub fn under_way(&self) -> impl Iterator<Item = &str> {
        self.checks.iter().filter(|check| check.is_under_way()).map(|check| &*check.name)
    }

    /// Whether a check failed: it can still be submitted only if the order is wide.
    pub fn has_failed(&self) -> bool {
        self.checks.iter().any(|check| check.result == CheckResult::Failed)
    }
}

impl WayChoice {
    /// Whether it can be taken, with consent where it changes more.
    pub fn is_open(&self) -> bool {
        self.result.is_ok()
    }
}

impl ProposedFile {
    /// A file, new without a content before, with how many lines are added and removed.
    pub fn of(path: &str, before: Option<&[u8]>, (added, removed): (usize, usize)) -> Self {
        let covered = before.map(CoveredLines::of).unwrap_or_default();
        Self { path: path.to_owned(), is_new: before.is_none(), added, removed, covered }
    }
}

impl ChangeRefusal {
    /// Whether there is a way, a build or another object to choose.
    pub fn is_open(&self) -> bool {
        let has_way = self.ways.iter().any(WayChoice::is_open) || !self.builds.is_empty() || self.alternatives().next().is_some();
        has_way || self.leave_out.is_some() || !self.order.left_out.is_empty()
    }

    pub fn alternatives(&self) -> impl Iterator<Item = &Alternative> {
        self.cautions.iter().filter_map(|caution| caution.instead.as_ref())
    }

    /// The line to edit by hand, with that way selected: its own, else that of what sets the field.
    pub fn by_hand(&self, way: usize) -> Option<&SourceLine> {
        self.ways.get(way).map(|way| &way.place).or(self.set_at.as_ref())
    }
}

/// The parts of a proposal that follow from its plan.
pub fn fields(plan: &ChangePlan) -> Vec<ProposedField> {
    let field = |done: &super::FieldChange| ProposedField {
        of: done.of.clone(),
        field: done.field.clone(),
        before: done.before.clone(),
        after: done.after.clone(),
        inverse: done.inverse.clone(),
        place: done.way.place(),
        layer: done.way.layer.clone(),
    };
    plan.done.iter().map(field).collect()
}

/// The checks of all fields: of one name the worst.
pub fn checks(plan: &ChangePlan) -> Vec<Check> {
    let rank = |result: CheckResult| match result {
        CheckResult::Failed => 0,
        CheckResult::Warned => 1,
        CheckResult::NotRun | CheckResult::UnderWay => 2,
        CheckResult::Passed => 3,
    };
    let mut all: Vec<Check> = Vec::new();
    for check in plan.proofs().flat_map(|proof| &proof.checks) {
        match all.iter_mut().find(|known| known.name == check.name) {
            Some(known) if rank(check.result) < rank(known.result) => *known = check.clone(),
            Some(_) => {}
            None => all.push(check.clone()),
        }
    }
    all
}

/// A refusal as plain data.
pub fn refusal(refused: &Refused, order: &ChangeOrder) -> ChangeRefusal {
    let way = |tried: &super::Tried| WayChoice {
        layer: tried.layer.clone(),
        flag: tried.flag(),
        place: tried.way.source_line(),
        word: tried.way.layer.clone(),
        result: tried.open().map(describe::besides),
        is_wide: tried.open().is_ok_and(|proof| proof.besides() > 0),
    };
    ChangeRefusal {
        order: order.clone(),
        object: refused.object.clone(),
        field: refused.field.clone(),
        why: refused.why.clone(),
        hint: refused.hint.clone(),
        set_at: refused.set_at.clone(),
        ways: refused.tried.iter().map(way).collect(),
        builds: refused.builds.clone(),
        leave_out: refused.leave_out.clone(),
        cautions: refused.cautions.clone(),
        source: None,
    }
}

/// Names a patch, what was proven of it, and what it does to what is built. Where lines are in a file is part of it; which commit it is for is not: the same change on a
/// base that moved elsewhere has the same digest.
pub fn digest(patch: &str, plan: &ChangePlan) -> String {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    };
    patch.lines().filter(|line| !line.starts_with("index ")).for_each(&mut add);
    let proven = |proof: &ChangeProof, add: &mut dyn FnMut(&str)| {
        proof.checks.iter().for_each(|check| add(&format!("{} {}", check.name, check.result.word())));
        describe::besides(proof).iter().for_each(|line| add(line));
        proof.unproven.iter().for_each(|(build, _)| add(build));
    };
    plan.by_hand.iter().for_each(|proof| proven(proof, &mut add));
    for done in &plan.done {
        add(&done.field);
        proven(&done.proof, &mut add);
    }
    for build in &plan.rendered {
        build.builds.iter().for_each(|name| add(name));
        for object in &build.objects {
            add(&object.object);
            for field in &object.fields {
                add(&field.path);
                [&field.before, &field.after].into_iter().for_each(|value| add(value.as_deref().unwrap_or("\0")));
            }
        }
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
