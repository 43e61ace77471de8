//! What git renders for a Flux Kustomization at the revision that it applied last: its manifest, its source and its variables are asked of
//! the cluster here, its files and the build of the desk.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::artifact::{self, Root, inventory_of};
use super::changes::{claimed, key};
use super::desk::{Bench, Desk};
use crate::cluster::{self, Connection, Failure};
use crate::config;
use fluxdeck_model::domain::{ArtifactSource, ClusterId, GroupKind, ObjectRef};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::insight::named::group;
use fluxdeck_model::insight::why::since::commit_of;
use fluxdeck_model::kinds;
use fluxdeck_model::render::flux::{self, Applied, Spec, Values};
use fluxdeck_model::render::id;
use fluxdeck_model::render::node::{Layer, Node, Text};
use fluxdeck_model::render::read::{TextPlace as Reading, documents};
use fluxdeck_model::render::remote::RemoteUses;
use fluxdeck_model::render::repository::{BuildOutcome, BuildRequest, ComposedSource, Member, Said, of_version};
use fluxdeck_model::render::substitute::Unset;

/// Asks a cluster, and the desk about its repositories.
#[derive(Clone)]
pub struct Renderer {
    pub connection: Connection,
    pub desk: Desk,
    /// Of one request.
    pub timeout: Duration,
    /// Repositories that are nowhere here are fetched.
    pub fetches: bool,
    /// What its Flux does with a variable that nothing sets, once it was asked.
    unset: Arc<OnceCell<Unset>>,
}

/// What Flux's own manifests label everything with (flux2 `pkg/manifestgen/install`).
const OF_FLUX: &str = "app.kubernetes.io/part-of=flux";

/// A Kustomization as git has it.
pub struct Rendered {
    pub at: Commit,
    pub objects: Arc<Vec<Applied>>,
    /// The remote resources that it was built with, or without.
    pub remotes: Arc<RemoteUses>,
}

/// What of a Kustomization has to be built, and from which commit.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) at: Commit,
    pub(super) request: BuildRequest,
    pub(super) pushed: Option<PushedArtifact>,
    /// The GitRepository itself; none where the source is another one.
    pub(super) source: Option<Value>,
}

/// What is known of an artifact that is made from a folder of a repository.
#[derive(Clone)]
pub(super) struct PushedArtifact {
    /// What its source fetches.
    url: String,
    applied: BTreeSet<ObjectRef>,
    /// What a person said of it.
    said: Option<ArtifactSource>,
}

impl Renderer {
    pub fn new(connection: Connection, desk: Desk, timeout: Duration, fetches: bool) -> Self {
        Self { connection, desk, timeout, fetches, unset: Arc::default() }
    }

    /// An object as the cluster has it, in the version that we read.
    ///
    /// # Errors
    /// As for any request.
    pub async fn fetch(&self, object: &ObjectRef) -> Result<Value> {
        let gk = &object.gk;
        let served = self.connection.served(gk).ok_or_else(|| Error::failed(format!("the cluster does not serve {gk}"), ""))?;
        let found = cluster::body(&self.connection, served, object, self.timeout).await;
        found.map_err(|failure| failure.error(&object.to_string()))
    }

    /// An object in the version that git names; None: it is not there.
    ///
    /// # Errors
    /// As for any request, in words.
    pub async fn live(&self, node: &Node) -> std::result::Result<Option<Value>, String> {
        let version = id::text_at(node, "apiVersion").rsplit('/').next().unwrap_or_default();
        let object = object_of(ClusterId(0), node);
        let gk = &object.gk;
        let Some(served) = self.connection.catalog().exactly(gk, version) else {
            return Err(format!("the cluster does not serve {gk} in {version}"));
        };
        match cluster::body(&self.connection, served, &object, self.timeout).await {
            Ok(found) => Ok(Some(found)),
            Err(Failure::NotFound(_)) => Ok(None),
            Err(failure) => Err(failure.error(&object.to_string()).to_string()),
        }
    }

    /// Builds what a Kustomization applied last.
    ///
    /// # Errors
    /// Why it cannot be known.
    pub async fn render(&self, kustomization: &Value) -> Result<Rendered> {
        self.build(self.plan(kustomization).await?).await
    }

    /// Builds what is planned, from a repository that has the commit.
    ///
    /// # Errors
    /// There is no such repository here, and none can be fetched; or it cannot be built.
    pub(super) async fn build(&self, plan: Plan) -> Result<Rendered> {
        let at = plan.at.clone();
        let member = self.at(&plan.at.clone(), plan, |bench, plan| plan.member(bench, &plan.at.id)).await?;
        match member.outcome {
            BuildOutcome::Built(objects) => Ok(Rendered { at, objects, remotes: member.remotes }),
            BuildOutcome::Failed(error) => Err(error.into()),
            BuildOutcome::Elsewhere(why) => Err(Error::failed(why, "")),
        }
    }

    /// Does something in the repository of a plan, which has to have a commit.
    ///
    /// # Errors
    /// There is no such repository here, and none can be fetched; what the work says.
    pub(super) async fn at<T: Send + 'static>(
        &self,
        at: &Commit,
        plan: Plan,
        work: impl FnOnce(&mut Bench, &Plan) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let said = plan.pushed.as_ref().and_then(|pushed| pushed.said.as_ref());
        let folder = said.and_then(|said| Some(config::folder_of(said.folder()?)));
        let work = move |bench: &mut Bench| work(bench, &plan);
        match folder {
            Some(folder) => self.desk.at(&folder, work).await,
            None => self.desk.ask(at, self.fetches, work).await,
        }
    }

    /// What has to be built, according to the cluster.
    ///
    /// # Errors
    /// Why it cannot be known; unreachable where the API server gave no answer.
    pub(super) async fn plan(&self, kustomization: &Value) -> Result<Plan> {
        self.plan_of(kustomization, applied(kustomization)).await
    }

    /// The same of another revision of a git repository; none: it has never had one.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub(super) async fn plan_of(&self, kustomization: &Value, revision: Option<&str>) -> Result<Plan> {
        let skip = |why: String| Error::failed(why, "");
        let spec = spec(kustomization)?;
        let named = format!("{} {}/{}", spec.source.kind, spec.source.namespace, spec.source.name);
        let unknown = || {
            let hint = "a change of it looks for the repository that it is made from";
            Error::failed(format!("its source, {named}, is not a GitRepository"), hint)
        };
        if spec.source.kind.as_ref() == kinds::EXTERNAL_ARTIFACT.kind {
            return self.composed_plan(kustomization, spec).await;
        }
        let is_pushed = [kinds::OCI_REPOSITORY, kinds::BUCKET].iter().any(|kind| kind.kind == spec.source.kind.as_ref());
        if spec.source.kind.as_ref() != kinds::GIT_REPOSITORY.kind && !is_pushed {
            return Err(unknown());
        }
        let (request, source) = self.requested(kustomization, spec).await?;
        let applied = revision.ok_or_else(|| skip("it has never applied anything".to_owned()))?;
        if !is_pushed {
            let url = source.pointer("/spec/url").and_then(Value::as_str).unwrap_or_default().into();
            let at = Commit { url, id: commit_of(applied).into() };
            return Ok(Plan { at, request, pushed: None, source: Some(source) });
        }
        let (at, pushed) = self.pushed(kustomization, &source, &named)?;
        Ok(Plan { at, request, pushed: Some(pushed), source: None })
    }

    /// The same of what an ArtifactGenerator puts together from one repository.
    async fn composed_plan(&self, kustomization: &Value, spec: Spec) -> Result<Plan> {
        let composed = self.composed(&spec.source).await?;
        let url = composed.behind()?.url.as_str().into();
        if applied(kustomization).is_none() {
            return Err(Error::failed("it has never applied anything", ""));
        }
        let id = composed.commit(kustomization)?.into();
        let request = self.requested_of(kustomization, spec, Some(composed.composition()?)).await;
        Ok(Plan { at: Commit { url, id }, request, pushed: None, source: None })
    }

    /// The commit that the artifact of a source was made from: in the repository that a person said, else in the one that it names.
    fn pushed(&self, kustomization: &Value, source: &Value, named: &str) -> Result<(Commit, PushedArtifact)> {
        let url = key(source).unwrap_or_default();
        let (said, claimed) = (self.desk.said(&url), claimed(source));
        let unknown = || {
            let hint = "a change of what it applies asks for it once, and keeps it";
            Error::failed(format!("{named} does not say which git repository it is made from"), hint)
        };
        let repository = match (&said, &claimed) {
            (Some(said), _) => said.repository.as_str(),
            (None, Some(claimed)) => claimed.url.as_str(),
            (None, None) => return Err(unknown()),
        };
        let origin =
            kustomization.pointer("/status/lastAppliedOriginRevision").and_then(Value::as_str).filter(|it| !it.is_empty());
        let no_commit = || {
            let hint = "`flux push artifact --revision` writes it into the artifact; a Bucket has no place for it";
            Error::failed(format!("{named} does not say which commit it is made from"), hint)
        };
        let revision = origin.or(claimed.as_ref().and_then(|it| it.revision.as_deref())).ok_or_else(no_commit)?;
        let at = Commit { url: repository.into(), id: commit_of(revision).into() };
        Ok((at, PushedArtifact { url, applied: inventory_of(kustomization), said }))
    }

    /// What a Kustomization builds of whichever files it is given.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub(super) async fn request(&self, kustomization: &Value) -> Result<BuildRequest> {
        let spec = spec(kustomization)?;
        if spec.source.kind.as_ref() == kinds::EXTERNAL_ARTIFACT.kind {
            let composed = self.composed(&spec.source).await?.composition()?;
            return Ok(self.requested_of(kustomization, spec, Some(composed)).await);
        }
        Ok(self.requested(kustomization, spec).await?.0)
    }

    /// The same of a source that is put together from others, or that is the repository as it is.
    pub(super) async fn requested_of(
        &self,
        kustomization: &Value,
        spec: Spec,
        composed: Option<Arc<ComposedSource>>,
    ) -> BuildRequest {
        let uid = kustomization["metadata"]["uid"].as_str().unwrap_or_default().into();
        let (values, unset) = futures::join!(self.values(&spec), self.unset_of(&spec));
        BuildRequest { uid, spec: Arc::new(spec), ignore: None, composed, values, unset }
    }

    /// The same, with its source.
    async fn requested(&self, kustomization: &Value, spec: Spec) -> Result<(BuildRequest, Value)> {
        let named = &spec.source;
        let gk = GroupKind::new(kinds::GIT_REPOSITORY.group, &*named.kind);
        let source = ObjectRef::new(ClusterId(0), gk, &*named.namespace, &*named.name);
        let unread = |error: Error| Error { message: format!("its source cannot be read: {}", error.message), ..error };
        let (source, values, unset) = futures::join!(self.fetch(&source), self.values(&spec), self.unset_of(&spec));
        let source = source.map_err(unread)?;
        if source.pointer("/spec/include").and_then(Value::as_array).is_some_and(|include| !include.is_empty()) {
            return Err(Error::failed("its source includes other repositories", ""));
        }
        let uid = kustomization["metadata"]["uid"].as_str().unwrap_or_default().into();
        let ignore = source.pointer("/spec/ignore").and_then(Value::as_str).map(Text::from);
        Ok((BuildRequest { uid, spec: Arc::new(spec), ignore, composed: None, values, unset }, source))
    }

    /// What a variable becomes that nothing sets, where there are any.
    async fn unset_of(&self, spec: &Spec) -> Unset {
        if spec.post_build.is_some() { *self.unset.get_or_init(|| self.ask_unset()).await } else { Unset::default() }
    }

    /// Asks which controllers run: by their images and feature gates, else by the version of Flux that its kinds are labelled with. Not known
    /// where neither can be read.
    async fn ask_unset(&self) -> Unset {
        let kind = kinds::DEPLOYMENT;
        let listed = async {
            let served = self.connection.served(&kind.gk())?;
            cluster::labelled(&self.connection, served, kind.kind, None, OF_FLUX, self.timeout).await.ok()
        };
        let own = Reading::object(kind.kind, "", "", Layer::Cluster);
        let nodes =
            listed.await.unwrap_or_default().into_iter().filter_map(|it| documents(it.to_string().as_bytes(), &own).ok()?.pop());
        let nodes: Vec<_> = nodes.collect();
        match Said::of(nodes.iter()).unset() {
            Some(unset) => unset,
            None => of_version(&self.connection.flux_version(self.timeout).await).unwrap_or(Unset::Open),
        }
    }

    /// The ConfigMaps that variables come from. What Secrets say is not asked for: those variables stay unknown.
    async fn values(&self, spec: &Spec) -> BTreeMap<(Text, Text), Values> {
        let from = spec.post_build.iter().flat_map(|post| &post.from).filter(|from| from.kind.as_ref() == "ConfigMap");
        let asked: Vec<_> = from.map(|from| self.values_of(spec, from)).collect();
        futures::future::join_all(asked).await.into_iter().flatten().collect()
    }

    /// The data of one; none where it cannot be known.
    async fn values_of(&self, spec: &Spec, from: &flux::From) -> Option<((Text, Text), Values)> {
        let meta = json!({ "namespace": &*spec.namespace, "name": &*from.name });
        let manifest = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": meta });
        let own = Reading::object("ConfigMap", &spec.namespace, &from.name, Layer::Cluster);
        let read = |value: &Value| documents(value.to_string().as_bytes(), &own).ok()?.pop();
        let values = match self.live(&read(&manifest)?).await {
            Ok(Some(body)) => read(&json!({ "kind": body["kind"], "data": body["data"] })).as_ref().and_then(flux::values)?,
            // one that may be missing and is has no values
            Ok(None) if from.is_optional => Values::new(),
            Ok(None) | Err(_) => return None,
        };
        Some(((from.kind.clone(), from.name.clone()), values))
    }
}

impl Plan {
    /// Builds it at a commit. One that cannot be built is an answer.
    ///
    /// # Errors
    /// The commit is not there, or cannot be read; the folder of an artifact is not known.
    pub(super) fn member(&self, bench: &mut Bench, id: &str) -> Result<Member> {
        match &self.pushed {
            Some(pushed) => of_artifact(bench, id, &self.request, pushed),
            None => bench.one(id, &self.request),
        }
    }
}

/// Builds what is applied from an artifact, in the folder that it is made from.
fn of_artifact(bench: &mut Bench, id: &str, request: &BuildRequest, pushed: &PushedArtifact) -> Result<Member> {
    if let Some(said) = &pushed.said {
        return bench.one(id, &artifact::rerooted(request, &flux::folder(&said.root)));
    }
    match artifact::root(bench, id, request, &pushed.url, &pushed.applied)? {
        Root::Found(folder, _) => bench.one(id, &artifact::rerooted(request, &folder)),
        Root::Several(_) => Err(Error::failed(
            "the folder of the repository that its artifact is made from is not known",
            "say it in .fluxdeck.toml: [[artifacts]] url, path",
        )),
    }
}

/// A Kustomization of this cluster, as its manifest has it.
pub(super) fn spec(kustomization: &Value) -> Result<Spec> {
    let text = |key: &str| kustomization["metadata"][key].as_str().unwrap_or_default();
    let own = Reading::object("Kustomization", text("namespace"), text("name"), Layer::Cluster);
    let nodes = documents(desired(kustomization).to_string().as_bytes(), &own)?;
    let spec = Spec::read(nodes.first().ok_or_else(|| Error::failed("it is empty", ""))?)?;
    match spec.is_remote {
        true => Err(Error::failed("it is applied to another cluster", "")),
        false => Ok(spec),
    }
}

/// The desired state of a Kustomization. The rest changes all the time, and would move the lines of these values.
fn desired(kustomization: &Value) -> Value {
    let meta = &kustomization["metadata"];
    json!({
        "apiVersion": kustomization["apiVersion"],
        "kind": kustomization["kind"],
        "metadata": { "name": meta["name"], "namespace": meta["namespace"] },
        "spec": kustomization["spec"],
    })
}

/// The revision that the live objects are of: health checks that fail leave the applied one behind what was applied.
fn applied(kustomization: &Value) -> Option<&str> {
    let text = |pointer: &str| kustomization.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty());
    let entries = kustomization.pointer("/status/inventory/entries").and_then(Value::as_array);
    let has_objects = entries.is_some_and(|entries| !entries.is_empty());
    text("/status/lastAppliedRevision").or_else(|| text("/status/lastAttemptedRevision").filter(|_| has_objects))
}

/// A built object's identity.
pub fn object_of(cluster: ClusterId, node: &Node) -> ObjectRef {
    let gk = GroupKind::new(group(node), id::text_at(node, "kind"));
    ObjectRef::new(cluster, gk, id::meta_text(node, "namespace"), id::meta_text(node, "name"))
}

/// The object of a Kustomization's name.
pub fn kustomization(cluster: ClusterId, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef::new(cluster, kinds::KUSTOMIZATION.gk(), namespace, name)
}
