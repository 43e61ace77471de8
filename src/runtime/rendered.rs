//! What git renders for a Flux Kustomization at the revision that it applied last: its manifest, its source and its variables are asked of
//! the cluster here, its files and the build of the desk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::desk::Desk;
use crate::cluster::{self, Connection, Failure};
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::insight::named::group;
use fluxdeck_model::kinds;
use fluxdeck_model::render::flux::{self, Applied, Spec, Values};
use fluxdeck_model::render::id;
use fluxdeck_model::render::node::{Layer, Node, Text};
use fluxdeck_model::render::read::{TextPlace as Reading, documents};
use fluxdeck_model::render::repository::{BuildOutcome, BuildRequest};

/// Asks a cluster, and the desk about its repositories.
#[derive(Clone)]
pub struct Renderer {
    pub connection: Connection,
    pub desk: Desk,
    /// Of one request.
    pub timeout: Duration,
    /// Repositories that are nowhere here are fetched.
    pub fetches: bool,
}

/// A Kustomization as git has it.
pub struct Rendered {
    pub at: Commit,
    pub objects: Arc<Vec<Applied>>,
}

/// What of a Kustomization has to be built, and from which commit.
pub(super) struct Plan {
    at: Commit,
    pub(super) request: BuildRequest,
}

impl Renderer {
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
        let Plan { at, request } = plan;
        let id = at.id.clone();
        let member = self.desk.ask(&at, self.fetches, move |bench| bench.one(&id, &request)).await?;
        match member.outcome {
            BuildOutcome::Built(objects) => Ok(Rendered { at, objects }),
            BuildOutcome::Failed(error) => Err(error.into()),
            BuildOutcome::Elsewhere(why) => Err(Error::failed(why, "")),
        }
    }

    /// What has to be built, according to the cluster.
    ///
    /// # Errors
    /// Why it cannot be known; unreachable where the API server gave no answer.
    pub(super) async fn plan(&self, kustomization: &Value) -> Result<Plan> {
        let skip = |why: String| Error::failed(why, "");
        let text = |key: &str| kustomization["metadata"][key].as_str().unwrap_or_default();
        let own = Reading::object("Kustomization", text("namespace"), text("name"), Layer::Cluster);
        let nodes = documents(desired(kustomization).to_string().as_bytes(), &own)?;
        let spec = Spec::read(nodes.first().ok_or_else(|| skip("it is empty".to_owned()))?)?;
        if spec.is_remote {
            return Err(skip("it is applied to another cluster".to_owned()));
        }
        let named = format!("{} {}/{}", spec.source.kind, spec.source.namespace, spec.source.name);
        if spec.source.kind.as_ref() != "GitRepository" {
            return Err(skip(format!("its source, {named}, is not a GitRepository")));
        }
        let source = ObjectRef::new(ClusterId(0), kinds::GIT_REPOSITORY.gk(), &*spec.source.namespace, &*spec.source.name);
        let unread = |error: Error| Error { message: format!("its source cannot be read: {}", error.message), ..error };
        let (source, values) = futures::join!(self.fetch(&source), self.values(&spec));
        let source = source.map_err(unread)?;
        if source.pointer("/spec/include").and_then(Value::as_array).is_some_and(|include| !include.is_empty()) {
            return Err(skip("its source includes other repositories".to_owned()));
        }
        let url = source.pointer("/spec/url").and_then(Value::as_str).unwrap_or_default().into();
        let revision = applied(kustomization).ok_or_else(|| skip("it has never applied anything".to_owned()))?;
        // `main@sha1:<id>`, and before Flux 2.0 `main/<id>`
        let id = revision.rsplit([':', '/']).next().unwrap_or(revision).into();
        let ignore = source.pointer("/spec/ignore").and_then(Value::as_str).map(Text::from);
        let request = BuildRequest { uid: text("uid").into(), spec: Arc::new(spec), ignore, values };
        Ok(Plan { at: Commit { url, id }, request })
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
