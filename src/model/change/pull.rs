//! A pull request of anyone, as it is reviewed: what its files change, what that does to everything that the repository builds, and where it is.
//!
//! Both states are built as they are: nothing of the branch is executed, and what it addresses elsewhere is not fetched. Talking to the forge
//! and fetching the branch do *not* belong here.

use super::builds::Build;
use super::compare::{BuildDifference, Renamed, compare};
use super::order::ChangeSite;
use super::proposal::{ForgeChoice, ProposedFile};
use super::rendered::{RenderedBuild, rendered};
use super::write::ChangedFile;
use super::{Caution, cautions_between};
use crate::domain::{ObjectRef, Pull};
use crate::error::Error;
use crate::render::repository::BuildOutcome;

/// Which pull request it is, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullPlace {
    /// Its base is that of the pull request.
    pub site: ChangeSite,
    pub number: u64,
    /// Sources of the cluster that follow the repository, and the branch that each follows; none where it is pinned.
    pub sources: Vec<(ObjectRef, Option<String>)>,
}

/// A pull request as it is reviewed.
#[derive(Clone, Debug, PartialEq)]
pub struct PullReview {
    pub place: PullPlace,
    pub pull: Pull,
    /// What its author wrote; Markdown.
    pub text: String,
    pub forge: ForgeChoice,
    /// Who would comment; none where the forge does not say.
    pub user: Option<String>,
    /// Why that user cannot approve it, as far as that is known before.
    pub approval: Result<(), String>,
    /// Or why it is not known.
    pub effect: Result<PullEffect, Error>,
}

/// What a pull request does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PullEffect {
    /// The commit of the base branch.
    pub base: String,
    /// The commit of the pull request's branch.
    pub head: String,
    /// It cannot be merged as it is: compared is its branch with the commit at which it left its base.
    pub has_conflict: bool,
    /// How many commits its base has that it has not.
    pub behind: usize,
    pub files: Vec<ProposedFile>,
    /// The difference of the files, fit to be shown: values of Secrets are masked.
    pub patch: String,
    pub builds: Vec<TouchedBuild>,
    /// What differs in all that is built, whole.
    pub rendered: Vec<RenderedBuild>,
    /// What cannot be built before or after, and why.
    pub unproven: Vec<(String, String)>,
    pub cautions: Vec<Caution>,
}

/// A Flux Kustomization or folder whose result is another one.
#[derive(Clone, Debug, PartialEq)]
pub struct TouchedBuild {
    /// `production/flux-system/apps`.
    pub name: String,
    /// The Kustomization that applies it in the cluster that is looked at; none where that is another one.
    pub applier: Option<ObjectRef>,
    pub differences: Vec<BuildDifference>,
    pub renamed: Vec<Renamed>,
    /// Why it cannot be built any more.
    pub broken: Option<String>,
}

/// A Kustomization of the cluster that is looked at, and the folder that it builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedFolder {
    pub kustomization: ObjectRef,
    /// As [`Build::folder`]; none where it is below the root of an artifact.
    pub folder: Option<String>,
}

impl PullEffect {
    /// What differs between all builds of two trees. `here`: the Kustomizations that the cluster applies from the branch.
    pub fn of(before: &[Build], after: &[Build], files: &[ChangedFile], here: &[AppliedFolder]) -> Self {
        let rendered = rendered(&before.iter().collect::<Vec<_>>(), &after.iter().collect::<Vec<_>>());
        let mut effect = Self { cautions: cautions_between(before, after, files), rendered, ..Self::default() };
        for new in after {
            let old = before.iter().find(|old| old.is_same(new));
            match Outcomes::of(old, new) {
                Outcomes::Same => {}
                Outcomes::Unproven(why) => effect.unproven.push((new.name.clone(), why)),
                Outcomes::Touched { differences, renamed, broken } => {
                    let applier = old.unwrap_or(new).applier(here);
                    effect.builds.push(TouchedBuild { name: new.name.clone(), applier, differences, renamed, broken });
                }
            }
        }
        for old in before.iter().filter(|old| !after.iter().any(|new| old.is_same(new))) {
            let differences = old.objects().iter().map(|object| BuildDifference::object(&object.node, true)).collect();
            let (name, applier) = (old.name.clone(), old.applier(here));
            let broken = Some("it is no longer declared".to_owned());
            effect.builds.push(TouchedBuild { name, applier, differences, renamed: Vec::new(), broken });
        }
        effect
    }

    /// The objects of the cluster that is looked at which become others, each with what changes in it, a line each.
    pub fn here(&self) -> Vec<(ObjectRef, Vec<&BuildDifference>)> {
        let mut found: Vec<(ObjectRef, Vec<&BuildDifference>)> = Vec::new();
        for build in &self.builds {
            let Some(applier) = &build.applier else { continue };
            for one in &build.differences {
                let object = one.key.object(applier.cluster);
                match found.iter_mut().find(|(known, _)| *known == object) {
                    Some((_, lines)) => lines.push(one),
                    None => found.push((object, vec![one])),
                }
            }
        }
        found
    }
}

/// How a build differs.
enum Outcomes {
    Same,
    Unproven(String),
    Touched { differences: Vec<BuildDifference>, renamed: Vec<Renamed>, broken: Option<String> },
}

impl Outcomes {
    fn of(old: Option<&Build>, new: &Build) -> Self {
        let broken = |why: String| Self::Touched { differences: Vec::new(), renamed: Vec::new(), broken: Some(why) };
        match (old.map(|old| &old.outcome), &new.outcome) {
            (Some(BuildOutcome::Built(before)), BuildOutcome::Built(after)) => {
                let compared = compare(before, after);
                let differences: Vec<_> = compared.differences.into_iter().map(|(_, one)| one).collect();
                match differences.is_empty() && compared.renamed.is_empty() {
                    false => Self::Touched { differences, renamed: compared.renamed, broken: None },
                    true => match new.lacks().filter(|_| old.is_some_and(|old| old.files != new.files)) {
                        Some(lacks) => Self::Unproven(format!("{lacks} is not here: what it adds is not known")),
                        None => Self::Same,
                    },
                }
            }
            (None, BuildOutcome::Built(after)) => {
                let differences = after.iter().map(|object| BuildDifference::object(&object.node, false)).collect();
                Self::Touched { differences, renamed: Vec::new(), broken: None }
            }
            (Some(BuildOutcome::Failed(before)), BuildOutcome::Failed(after)) if before.to_string() == after.to_string() => {
                Self::Unproven(after.to_string())
            }
            (Some(BuildOutcome::Failed(before)), BuildOutcome::Built(_)) => {
                Self::Unproven(format!("it can be built then, and cannot be before: {before}"))
            }
            (_, BuildOutcome::Failed(after)) => broken(after.to_string()),
            (Some(BuildOutcome::Built(_)), BuildOutcome::Elsewhere(why)) => broken(why.clone()),
            _ => Self::Same,
        }
    }
}

impl Build {
    /// The Kustomization of a cluster that applies it: by its name, and the folder, of which a repository may have one for each cluster.
    pub fn applier(&self, here: &[AppliedFolder]) -> Option<ObjectRef> {
        let spec = self.spec.as_ref()?;
        let is_it = |one: &&AppliedFolder| {
            let id = &one.kustomization;
            let is_named = *id.namespace == *spec.namespace && *id.name == *spec.name;
            is_named && one.folder.as_ref().is_none_or(|folder| *folder == self.folder)
        };
        here.iter().find(is_it).map(|one| one.kustomization.clone())
    }
}
