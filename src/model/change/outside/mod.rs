//! What others are asked about a change that is proven: the API server, whether it would take the objects; registries and repositories of
//! charts, whether they have what is named; programs of the repository, what they find; helm, what it makes of HelmReleases. What is asked
//! is decided here; asking does *not* belong here.
//!
//! Source: kustomize-controller v1.9.4 `internal/controller/kustomization_controller.go` (`apply`), fluxcd/pkg v0.76 `ssa/manager_apply.go`
//! (`dryRunApply`: forced, by the controller's field manager).

mod dependencies;
mod dry_run;
mod named;
mod policy;
mod post_render;
mod release_ends;
mod release_values;
mod releases;
mod values_files;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::builds::Build;
use super::cautions::{CautionQuery, ObjectChange};
use super::checks::{Check, CheckResult};
use super::rendered::RenderedBuild;
use crate::domain::dry_run::{DryRun, DryRunAnswer};
use crate::insight::named::group;
use crate::render::id::text_at;

pub use dependencies::{ChartFolder, ChartOrigin, NeededChart};
pub use dry_run::LeftOut;
pub use named::{NamedVersion, PublishedAnswer};
pub use policy::{PolicyEnd, PolicyQuestion, PolicyRun, UNALLOWED};
pub use post_render::PostRender;
pub use release_ends::{ReleaseAnswer, ReleaseSide};
pub use releases::{ChartSource, ChartedRelease, ClusterFacts, ReleaseCall};
pub use values_files::ValuesFiles;

/// Questions for others about one change.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outside {
    /// The Flux Kustomization that builds the object which is meant, `namespace/name`, and its folder; none for a folder of its own.
    pub by: Option<(String, String)>,
    /// Objects that change, as the API server of their cluster is asked about them.
    pub dry_runs: Vec<DryRun>,
    /// Those that it is not asked about.
    pub left_out: Vec<LeftOut>,
    /// Images and charts that are named, and were not before.
    pub named: Vec<NamedVersion>,
    /// HelmReleases that helm renders before and after.
    pub releases: Vec<ChartedRelease>,
    /// Group and kind of all objects that are built otherwise.
    pub kinds: BTreeSet<(String, String)>,
}

/// The name of each check, as people read it.
pub const DRY_RUN: &str = "server-side dry run";
pub const PUBLISHED: &str = "published";
pub const HELM: &str = "helm";
/// How the name of a check begins that is a program of the repository.
pub const PROGRAM: &str = "policy ";

impl Outside {
    /// What a change gives reason to ask. `own`: what builds the object that is meant, in the cluster that is asked.
    pub fn of(query: &CautionQuery<'_>, own: &Build) -> Self {
        let (dry_runs, left_out) = dry_run::all(query, own);
        let kind = |change: &ObjectChange<'_>| {
            (group(change.last().node()).to_owned(), text_at(change.last().node(), "kind").to_owned())
        };
        Self {
            by: Self::by(own),
            dry_runs,
            left_out,
            named: named::all(query),
            releases: releases::all(query, own),
            kinds: query.changes.iter().map(kind).collect(),
        }
    }

    /// A build as it can be found again in a cluster.
    pub fn by(own: &Build) -> Option<(String, String)> {
        own.spec.as_ref().map(|spec| (spec.id(), own.folder.clone()))
    }

    /// Each check that is to be made: under way where it can be, else not run, and why. `cluster`: why the API server cannot be asked; the others alike.
    pub fn begun(&self, cluster: Result<(), &str>, registries: Result<(), &str>, helm: Result<(), &str>) -> Vec<Check> {
        let begun = |name: &'static str, can: Result<(), &str>| match can {
            Ok(()) => Check { name: Cow::Borrowed(name), result: CheckResult::UnderWay, why: String::new() },
            Err(why) => Check { name: Cow::Borrowed(name), result: CheckResult::NotRun, why: why.to_owned() },
        };
        let dry_run = match (self.dry_runs.is_empty(), cluster) {
            (true, Ok(())) => dry_run::check(&self.left_out, Vec::new()),
            (_, cluster) => begun(DRY_RUN, cluster),
        };
        let published = (!self.named.is_empty()).then(|| begun(PUBLISHED, registries));
        let helm = (!self.releases.is_empty()).then(|| begun(HELM, helm));
        std::iter::once(dry_run).chain(published).chain(helm).collect()
    }

    /// The check that the answers of the API server are.
    pub fn dry_run(&self, answers: Vec<DryRunAnswer>) -> Check {
        dry_run::check(&self.left_out, self.dry_runs.iter().zip(answers).collect())
    }

    /// The check that the answers of helm are, with what differs in the objects of the releases.
    pub fn rendered(&self, answers: Vec<ReleaseAnswer>) -> (Check, Vec<RenderedBuild>) {
        release_ends::check(self.releases.iter().zip(answers).collect())
    }

    /// The check that the answers of registries are.
    pub fn published(&self, answers: Vec<PublishedAnswer>) -> Check {
        named::check(self.named.iter().zip(answers).collect())
    }
}
