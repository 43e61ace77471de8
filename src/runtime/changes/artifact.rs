//! The site of what is applied from an artifact (OCIRepository, Bucket): the repository as a person said it, else as the artifact names it,
//! else asked for.
//!
//! The folder that became the artifact's root is in neither of them (`flux push artifact --path`): it is found in the repository
//! ([`super::super::artifact`]), or a person says it.

use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use super::super::artifact::{Root, inventory_of, objects_of, rerooted, root};
use super::super::rendered::Renderer;
use super::Changes;
use super::site::{Located, without_credential};
use super::source::Claimed;
use crate::programs;
use crate::runtime::Bench;
use fluxdeck_model::change::{ChangeSite, SiteScope, SourceQuestion};
use fluxdeck_model::domain::text::{counted, sanitise};
use fluxdeck_model::domain::{ArtifactSource, ObjectRef, SaidSource};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::flux;
use fluxdeck_model::render::repository::{BuildOutcome, BuildRequest, Builder};
use fluxdeck_model::render::tree::{PathKind, join};
use fluxdeck_model::state::ChangeQuery;

/// A Kustomization and its source, as the cluster has them.
pub(super) struct Artifact<'a> {
    pub applier: &'a ObjectRef,
    pub kustomization: &'a Value,
    pub id: ObjectRef,
    /// What it fetches, for all clusters that fetch the same.
    pub key: String,
    /// The git repository that it names.
    pub claimed: Option<Claimed>,
    /// Why a person has to say it.
    pub why: String,
    /// The object that is to be changed.
    pub wanted: Option<ObjectRef>,
}

/// How the repository is known.
enum Known {
    /// A person said it: now, or at that time.
    Said(Option<Timestamp>),
    /// The artifact's annotations name it.
    Claimed,
}

impl Changes {
    /// Finds the site, or what has to be asked. What a person says now is kept once it has led to a repository.
    ///
    /// # Errors
    /// What was said cannot be kept.
    pub(super) async fn of_artifact(&self, renderer: &Renderer, query: &ChangeQuery, artifact: Artifact<'_>) -> Result<Located> {
        let key = artifact.key.clone();
        let mut question = SourceQuestion { source: artifact.id.to_string(), key: key.clone(), ..SourceQuestion::default() };
        let now = query.said.as_ref().filter(|said| said.key == key);
        if let Some(said) = now.filter(|said| said.from.repository.is_empty()) {
            self.keep(said)?;
        }
        let now = now.filter(|said| !said.from.repository.is_empty());
        let kept = self.kept.said(&key);
        let (known, from) = match (now, kept, artifact.claimed.clone()) {
            (Some(said), ..) => (Known::Said(None), said.from.clone()),
            (None, Some(kept), _) => (Known::Said(Some(kept.at)), kept.from),
            (None, None, Some(Claimed { url, name, .. })) => {
                (Known::Claimed, ArtifactSource { repository: url, branch: name, root: String::new() })
            }
            (None, None, None) => {
                question.why.clone_from(&artifact.why);
                return Ok(Located::Unknown(question));
            }
        };
        let from = ArtifactSource { repository: without_credential(&from.repository), ..from };
        question.known = from.clone();
        match self.placed(renderer, &artifact, &known, &from, &mut question).await {
            Ok(Some((site, request))) => {
                if let Known::Said(None) = known {
                    self.keep(&SaidSource { key, from })?;
                }
                Ok(Located::Artifact(Box::new(site), Box::new(request), Box::new(question)))
            }
            Ok(None) => Ok(Located::Unknown(question)),
            Err(error) => {
                question.why = error.to_string();
                Ok(Located::Unknown(question))
            }
        }
    }

    fn keep(&self, said: &SaidSource) -> Result<()> {
        let kept = self.kept.say(said, Timestamp::now());
        kept.map_err(|error| {
            Error::failed(format!("what you said cannot be kept: {error}"), "see `fluxdeck info` for the directory")
        })
    }

    /// The site in that repository; none where the artifact's root is not found there, and why is in the question.
    async fn placed(
        &self,
        renderer: &Renderer,
        artifact: &Artifact<'_>,
        known: &Known,
        from: &ArtifactSource,
        question: &mut SourceQuestion,
    ) -> Result<Option<(ChangeSite, BuildRequest)>> {
        let request = renderer.request(artifact.kustomization).await?;
        let site = self.begun(known, from).await?;
        let revision = self.fetched(&site).await?;
        let said = matches!(known, Known::Said(_)).then(|| from.root.clone());
        let (asked, applied) = (request.clone(), inventory_of(artifact.kustomization));
        let wanted = artifact.wanted.clone();
        let url = question.key.clone();
        let work = move |bench: &mut Bench| match said {
            Some(said) => checked(bench, &revision, &asked, wanted.as_ref(), &said).map(|said| Root::Found(said, String::new())),
            None => root(bench, &revision, &asked, &url, &applied),
        };
        let found = self.desk.at(Path::new(&site.folder), work);
        let (root, why) = match found.await? {
            Root::Found(root, why) => (root, why),
            Root::Several(roots) => {
                question.why = match roots.len() {
                    0 => format!("no folder of {} builds what {} applies", sanitise(&site.name()), artifact.applier),
                    count => {
                        let folders = counted(count, "folder");
                        format!("{folders} of {} could be what the artifact was made from", sanitise(&site.name()))
                    }
                };
                question.roots = roots;
                return Ok(None);
            }
        };
        question.known.root.clone_from(&root);
        let request = rerooted(&request, &root);
        let text = |pointer: &str| artifact.kustomization.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let applied = text("/status/lastAppliedOriginRevision");
        let folder = if root.is_empty() { "the whole of it" } else { &root };
        let rule = match known {
            Known::Said(None) => format!("made from {folder}, as you said"),
            Known::Said(Some(at)) => format!("made from {folder}, as you said on {}", at.strftime("%Y-%m-%d")),
            Known::Claimed => format!("whose artifact names the repository; made from {folder}: {why}"),
        };
        let caution = format!("{} is applied as an artifact: merging deploys nothing until the next one is pushed", artifact.id);
        let caution = if site.caution.is_empty() { caution } else { format!("{}; {caution}", site.caution) };
        let site = ChangeSite {
            scope: SiteScope::Applied { name: artifact.applier.path(), path: request.spec.path.to_string() },
            found_by: format!("applied by {} from {}, {rule}", artifact.applier, artifact.id),
            applied: applied.rsplit([':', '/']).next().unwrap_or(applied).to_owned(),
            caution,
            ..site
        };
        Ok(Some((site, request)))
    }

    /// Repository and branch. What an artifact names may be a tag: then it is the default branch.
    async fn begun(&self, known: &Known, from: &ArtifactSource) -> Result<ChangeSite> {
        let site = match from.folder() {
            Some(folder) => {
                ChangeSite { folder: crate::config::folder_of(folder).display().to_string(), ..ChangeSite::default() }
            }
            None => ChangeSite { url: from.repository.clone(), ..ChangeSite::default() },
        };
        let site = self.completed(ChangeSite { base: from.branch.clone(), ..site }).await?;
        if matches!(known, Known::Said(_)) || from.branch.is_empty() || self.fetched(&site).await.is_ok() {
            return Ok(site);
        }
        let asked = programs::default_branch(Path::new(&site.folder), self.remote(&site)).await;
        let asked = asked.map_err(|failure| failure.error(&format!("{} cannot be asked for its default branch", site.name())))?;
        let unknown = || Error::failed(format!("{} reports no default branch", site.name()), "name the branch");
        let base = asked.ok_or_else(unknown)?;
        Ok(ChangeSite {
            base,
            caution: format!("the artifact was made of {}, which is not a branch", sanitise(&from.branch)),
            ..site
        })
    }
}

/// The folder that a person said, where it builds what is to be changed.
fn checked(bench: &mut Bench, revision: &str, request: &BuildRequest, wanted: Option<&ObjectRef>, said: &str) -> Result<String> {
    let Bench { checkout, builder, remotes } = bench;
    let view = checkout.view(Some(revision))?;
    let said = flux::folder(said);
    let path = join(&said, &request.spec.path).unwrap_or_default();
    if !path.is_empty() && !matches!(view.tree().entry(&path), Some(PathKind::Folder)) {
        return Err(Error::failed(format!("the repository has no folder `{}`", sanitise(&path)), "say another one"));
    }
    let request = rerooted(request, &said);
    let one = |builder: &mut Builder| Ok(builder.one(view.tree(), &request)?);
    let built = remotes.complete(builder, one, |member, look| look(&member.remotes))?;
    let lacks = built.remotes.missing().next().is_some();
    if let BuildOutcome::Failed(error) = &built.outcome {
        return Err(error.clone().into());
    }
    // a remote resource that is not here has more
    match wanted.filter(|wanted| !lacks && !objects_of(&built).contains(wanted)) {
        Some(wanted) => {
            let folder = if path.is_empty() { ".".into() } else { sanitise(&path) };
            Err(Error::failed(format!("`{folder}` builds no {wanted}"), "say another folder"))
        }
        None => Ok(said),
    }
}
