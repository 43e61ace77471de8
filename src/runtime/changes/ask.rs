//! What others are asked about a change that is proven: its API server, registries, repositories of charts, its forge, programs of the
//! repository. Each answer is a check.

use std::path::PathBuf;
use std::time::Duration;

use futures::stream::{self, Stream, StreamExt};

use super::super::published::Offers;
use super::competing::PullsQuestion;
use super::plan::Planned;
use super::{Changes, folder};
use crate::cluster::{self, Connection};
use crate::programs::PolicyFolder;
use fluxdeck_model::change::outside::{self, NamedVersion, Outside, PolicyEnd, PolicyRun};
use fluxdeck_model::change::{
    ChangePlan, ChangeSite, ChangedFile, Check, CheckResult, CompetingPull, RenderedBuild, SiteScope, competing,
};
use fluxdeck_model::domain::dry_run::{DryRun, DryRunAnswer};
use fluxdeck_model::render::flux::{self, Spec};

/// How long one answer of the API server may take.
const LIMIT: Duration = Duration::from_secs(10);
/// The same of a registry.
const REGISTRY_LIMIT: Duration = Duration::from_secs(15);
/// The same of a forge, with the branches that are fetched.
const FORGE_LIMIT: Duration = Duration::from_secs(60);
/// Requests at the same time.
const AT_ONCE: usize = 4;
/// Most objects that the API server is asked about.
const MOST: usize = 100;
/// Why nothing is run for files that git does not know.
const NO_GIT: &str = "the files are in no git repository";

/// Which others a change gives reason to ask, and for what.
#[derive(Clone, Debug)]
pub struct Asking {
    pub(super) outside: Outside,
    /// Whether the API server is asked; else why not.
    cluster: Result<(), &'static str>,
    is_of_cluster: bool,
    registries: Result<(), &'static str>,
    helm: Result<(), &'static str>,
    /// Programs of the repository.
    runs: Vec<PolicyRun>,
    pub(super) tree: ChangedTree,
    /// What the forge is asked about other pull requests; none where no pull request is wanted.
    pulls: Option<Box<PullsQuestion>>,
}

/// The files after a change.
#[derive(Clone, Debug, Default)]
pub(super) struct ChangedTree {
    /// Where the repository is, and the commit before the change; none: the files of its work tree.
    pub folder: PathBuf,
    pub base: Option<String>,
    /// None: it is gone.
    pub files: Vec<(String, Option<Vec<u8>>)>,
}

impl ChangedTree {
    fn of(folder: PathBuf, base: Option<String>, plan: &ChangePlan) -> Self {
        let file = |file: &ChangedFile| (file.path.to_string(), file.after.as_ref().map(|bytes| bytes.to_vec()));
        Self { folder, base, files: plan.files.iter().map(file).collect() }
    }
}

/// Files that a plan was made of.
pub struct FilesHere {
    /// The root of their repository; none where git does not know them.
    pub folder: Option<PathBuf>,
    /// None: as they are in the work tree.
    pub revision: Option<String>,
    /// The programs that are meant for the plan.
    pub runs: Vec<PolicyRun>,
}

/// What somebody has answered.
#[derive(Clone, Debug)]
pub enum Answered {
    Check(Check),
    /// What differs in the objects of charts.
    Rendered(Vec<RenderedBuild>),
    /// The pull requests that change the same: its check comes next.
    Competing(Vec<CompetingPull>),
}

impl Asking {
    /// Nobody is asked.
    pub(super) fn nobody() -> Self {
        Self {
            outside: Outside::default(),
            cluster: Err(""),
            is_of_cluster: false,
            registries: Ok(()),
            helm: Err(""),
            runs: Vec::new(),
            tree: ChangedTree::default(),
            pulls: None,
        }
    }

    /// The checks before the first answer.
    pub fn begun(&self) -> Vec<Check> {
        let policies = self.runs.iter().map(PolicyRun::begun);
        self.outside.begun(self.cluster, self.registries, self.helm).into_iter().chain(policies).collect()
    }

    /// Takes over the programs that are meant for a plan, and the files that they look at.
    pub(super) fn programs(&mut self, site: &ChangeSite, plan: &ChangePlan, planned: &Planned) {
        self.runs.clone_from(&planned.runs);
        self.tree = ChangedTree::of(folder(site), Some(planned.base.clone()), plan);
    }

    /// What programs of this machine are asked about a plan that was made of files here: those of the repository, and helm. No cluster, no
    /// registry and no forge is asked.
    pub fn of_files(plan: &ChangePlan, here: FilesHere) -> Self {
        let FilesHere { folder, revision, runs } = here;
        let is_there = folder.is_some();
        Self {
            outside: plan.outside.clone(),
            cluster: Err("no cluster was asked"),
            registries: Err("no registry was asked"),
            helm: if is_there { Ok(()) } else { Err(NO_GIT) },
            runs: runs.into_iter().map(|run| if is_there { run } else { run.barred(NO_GIT) }).collect(),
            tree: ChangedTree::of(folder.unwrap_or_default(), revision, plan),
            ..Self::nobody()
        }
    }

    /// Whether programs of this machine are started for it.
    pub fn runs_programs(&self) -> bool {
        self.runs.iter().any(|run| run.may.is_ok()) || self.is_begun(outside::HELM)
    }

    /// Whether it is known that the cluster at hand applies what was built.
    pub(super) fn is_of_cluster(&self) -> bool {
        self.is_of_cluster
    }

    /// The forge is asked too.
    #[must_use]
    pub(super) fn and_of(mut self, pulls: PullsQuestion) -> Self {
        self.pulls = Some(Box::new(pulls));
        self
    }

    fn is_begun(&self, name: &str) -> bool {
        self.begun().iter().any(|check| check.name == name && check.is_under_way())
    }
}

impl Changes {
    /// What is to be asked about a plan. `applied`: the Kustomization as the cluster has it. Where only reading is allowed, the API server is
    /// not asked: it is a request to write.
    pub(super) fn asking(
        &self,
        live: Option<&Connection>,
        scope: &SiteScope,
        applied: Option<&Spec>,
        plan: &ChangePlan,
        is_readonly: bool,
    ) -> Asking {
        let is_it = |spec: &Spec| plan.outside.by == Some((spec.id(), flux::folder(&spec.path)));
        let is_of_cluster = matches!(scope, SiteScope::Applied { .. }) || applied.is_some_and(is_it);
        let cluster = match (live, is_readonly) {
            (None, _) => Err("no cluster was asked"),
            (Some(_), true) => Err("read-only: nothing is sent to the API server"),
            (Some(_), false) if !is_of_cluster => Err("it is not known whether this cluster applies what was built"),
            (Some(_), false) if plan.outside.dry_runs.len() > MOST => Err("more objects change than are asked about (100)"),
            (Some(_), false) => Ok(()),
        };
        let helm = if self.company().is_some() { Err("charts are not rendered in the demo") } else { Ok(()) };
        Asking { outside: plan.outside.clone(), cluster, is_of_cluster, helm, ..Asking::nobody() }
    }

    /// Asks, and returns each check as soon as it has its result. Sends at most [`MOST`] requests to the API server, none of which stores
    /// anything, and one look-up for each image or chart; the programs of the repository run one after the other.
    pub fn ask<'a>(&'a self, live: Option<&'a Connection>, asking: &'a Asking) -> impl Stream<Item = Answered> + 'a {
        let cluster = stream::once(cluster_says(live, asking));
        let registries = stream::once(registries_say(&self.offers, asking));
        let asked = stream::select(cluster, registries).filter_map(std::future::ready);
        let due = asking.runs.iter().filter(|run| run.may.is_ok());
        let programs = stream::iter(due).then(move |run| async move { run.ended(self.ran(&asking.tree, run).await) });
        let is_due = asking.is_begun(outside::HELM);
        let charts = stream::iter(is_due.then_some(())).then(move |()| self.rendered(live, asking));
        // what differs is there before the check says so
        let charts = charts.flat_map(|(check, rendered)| stream::iter([Answered::Rendered(rendered), Answered::Check(check)]));
        let forge = stream::once(self.forge_says(asking)).flat_map(|answered| stream::iter(answered.into_iter().flatten()));
        stream::select(stream::select(stream::select(asked, programs).map(Answered::Check), charts), forge)
    }

    /// Runs a program on a copy of the changed files of its own, so that none sees what another one did to them.
    async fn ran(&self, tree: &ChangedTree, run: &PolicyRun) -> PolicyEnd {
        let (base, files) = (tree.base.clone(), tree.files.clone());
        let copied = self.desk.at(&tree.folder, move |bench| {
            let view = bench.checkout.view(base.as_deref())?;
            PolicyFolder::new(view.tree(), &files, files.iter().map(|(path, _)| path.clone()))
        });
        match copied.await {
            Err(error) => PolicyEnd::NotRun(error.message),
            Ok(folder) => match folder.run(&run.policy.command).await {
                Ok((code, said)) => PolicyEnd::Ended { code, said },
                Err(why) => PolicyEnd::NotRun(why),
            },
        }
    }

    async fn forge_says(&self, asking: &Asking) -> Option<[Answered; 2]> {
        let asked = asking.pulls.as_ref()?;
        let late = |_| {
            let why = format!("no answer within {} s", FORGE_LIMIT.as_secs());
            (Vec::new(), Check { name: competing::COMPETING.into(), result: CheckResult::NotRun, why })
        };
        let (found, check) = tokio::time::timeout(FORGE_LIMIT, self.competing(asked)).await.unwrap_or_else(late);
        Some([Answered::Competing(found), Answered::Check(check)])
    }

    /// As [`Changes::ask`], to the end.
    pub async fn asked(&self, live: Option<&Connection>, asking: &Asking) -> Vec<Answered> {
        self.ask(live, asking).collect().await
    }
}

async fn cluster_says(live: Option<&Connection>, asking: &Asking) -> Option<Check> {
    let live = live.filter(|_| asking.is_begun(outside::DRY_RUN))?;
    let one = |run: DryRun| async move {
        let asked = cluster::dry_run(live, &run, LIMIT);
        // with all the requests that one answer takes
        let late = |_| DryRunAnswer::NotAsked(format!("no answer within {} s", LIMIT.as_secs()));
        tokio::time::timeout(LIMIT, asked).await.unwrap_or_else(late)
    };
    let answers = stream::iter(asking.outside.dry_runs.clone()).map(one).buffered(AT_ONCE).collect().await;
    Some(asking.outside.dry_run(answers))
}

async fn registries_say(offers: &Offers, asking: &Asking) -> Option<Check> {
    if !asking.is_begun(outside::PUBLISHED) {
        return None;
    }
    let one = |named: NamedVersion| async move {
        let asked = tokio::time::timeout(REGISTRY_LIMIT, async { offers.of(&named.from?).await.map_err(|error| error.message) });
        asked.await.unwrap_or_else(|_| Err(format!("no answer within {} s", REGISTRY_LIMIT.as_secs())))
    };
    let answers = stream::iter(asking.outside.named.clone()).map(one).buffered(AT_ONCE).collect().await;
    Some(asking.outside.published(answers))
}
