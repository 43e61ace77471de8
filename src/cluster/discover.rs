//! Asking a cluster what it serves, and now and then whether that has changed.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use http::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use http::{HeaderValue, Request, StatusCode};
use kube::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::failure::Failure;
use super::send::{in_time, send, whole};
use super::served::{Catalog, Served};
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{GroupKind, Uid};
use fluxdeck_model::kinds::Wire;

/// Everything in two answers, where the server can say that (Kubernetes 1.26 and newer).
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                          application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
/// Group versions that are asked for at once where each is asked for by itself.
const AT_ONCE: usize = 8;

/// What a cluster serves, and how to see whether that has changed.
#[derive(Default)]
pub struct Discovered {
    pub catalog: Catalog,
    /// Groups that did not list everything they serve, and why. What was known of them before is in the catalog.
    pub unread: BTreeMap<String, Failure>,
    /// Whether the answer at `/apis` is complete, so that it shows any change.
    is_aggregated: bool,
    /// The answer at `/apis`, by the server's own mark and by its content.
    tag: Option<HeaderValue>,
    digest: u64,
}

/// `APIGroupDiscoveryList`, or `APIGroupList` of an older server.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Groups {
    items: Vec<Group>,
    groups: Vec<OldGroup>,
    /// Of `APIVersions`, the core group's.
    versions: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Group {
    metadata: Named,
    versions: Vec<Version>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Version {
    version: String,
    resources: Vec<Resource>,
    /// `Current`, or `Stale`: what serves it could not be reached, and the resources are what was known then, if anything
    /// (`k8s.io/api/apidiscovery/v2` types.go, `DiscoveryFreshness`).
    freshness: String,
    /// Why it could not be asked for.
    #[serde(skip)]
    failure: Option<Failure>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Resource {
    resource: String,
    response_kind: Option<ResponseKind>,
    scope: String,
    singular_resource: String,
    short_names: Option<Vec<String>>,
    verbs: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResponseKind {
    kind: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OldGroup {
    name: String,
    versions: Vec<OldVersion>,
    preferred_version: OldVersion,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct OldVersion {
    version: String,
}

/// `APIResourceList`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct OldResources {
    resources: Vec<OldResource>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OldResource {
    name: String,
    singular_name: String,
    short_names: Option<Vec<String>>,
    kind: String,
    namespaced: bool,
    verbs: Vec<String>,
}

/// Asks the server what it serves: three requests where it aggregates, else one more for each group version. Each may take as long as
/// `limit`. Of a group version that fails alone the kinds are those of `before`: a broken aggregated API takes nothing with it.
///
/// # Errors
/// When the version or the groups are not answered.
pub async fn discover(client: &Client, before: Option<&Discovered>, limit: Duration) -> Result<Discovered, Failure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct About {
        git_version: String,
    }
    let (about, core, named) =
        tokio::join!(ask(client, "/version", None, limit), groups(client, "/api", limit), groups(client, "/apis", limit));
    let about: About = read("/version", &about?.body)?;
    let ((core, _), (named, answer)) = (core?, named?);
    let single = one_by_one(client, &core, &named, limit).await?;
    let is_aggregated = single.is_empty();
    let mut catalog = Catalog { kinds: BTreeMap::new(), kubernetes: about.git_version };
    let mut unread = BTreeMap::new();
    for group in core.items.into_iter().chain(named.items).chain(single) {
        for version in group.versions {
            add(&mut catalog, &group.metadata.name, &version);
            let Some(failure) = version.unknown(&group.metadata.name) else { continue };
            if let Some(before) = before {
                catalog.keep(&before.catalog, &group.metadata.name, &version.version);
            }
            unread.entry(group.metadata.name.clone()).or_insert(failure);
        }
    }
    let (digest, tag) = (digest(&answer.body), answer.tag);
    Ok(Discovered { catalog, unread, is_aggregated, digest, tag })
}

impl Version {
    /// Why its kinds are not known, if they are not.
    fn unknown(&self, group: &str) -> Option<Failure> {
        let busy = |why: &str| Failure::busy(format!("what {group}/{} serves is not known: {why}", self.version));
        match &self.failure {
            Some(failure) => Some(busy(&failure.to_string()).retried_after(failure.retry_after())),
            None => (self.freshness == "Stale").then(|| busy("the API server cannot reach it")),
        }
    }
}

/// Asks whether the server serves anything else than before; none if not. If the server aggregates discovery and sends an `ETag`, this costs
/// one request with an empty answer. If it does not aggregate, it costs as much as [`discover`]: nothing else shows a new kind in a known
/// group version.
///
/// # Errors
/// As [`discover`].
pub(super) async fn rediscover(client: &Client, before: &Discovered, limit: Duration) -> Result<Option<Discovered>, Failure> {
    if before.is_aggregated {
        let answer = ask(client, "/apis", before.tag.as_ref(), limit).await?;
        if answer.is_unchanged || digest(&answer.body) == before.digest {
            return Ok(None);
        }
    }
    let now = discover(client, Some(before), limit).await?;
    Ok((!now.serves_the_same(before)).then_some(now))
}

impl Discovered {
    fn serves_the_same(&self, other: &Self) -> bool {
        let why = |of: &Self| of.unread.iter().map(|(group, failure)| (group.clone(), failure.to_string())).collect::<Vec<_>>();
        // an answer that has changed is not asked for again as the old one
        self.catalog == other.catalog && why(self) == why(other) && self.digest == other.digest
    }
}

async fn groups(client: &Client, uri: &str, limit: Duration) -> Result<(Groups, Answer), Failure> {
    let answer = ask(client, uri, None, limit).await?;
    let groups: Groups = read(uri, &answer.body)?;
    Ok((groups, answer))
}

/// The groups of a server that does not aggregate.
async fn one_by_one(client: &Client, core: &Groups, named: &Groups, limit: Duration) -> Result<Vec<Group>, Failure> {
    let of_core = core.versions.iter().map(|version| (String::new(), version.clone()));
    let of_named = named.groups.iter().flat_map(|group| {
        let mut versions: Vec<_> = group.versions.iter().map(|version| version.version.clone()).collect();
        versions.sort_by_key(|version| *version != group.preferred_version.version);
        versions.into_iter().map(|version| (group.name.clone(), version))
    });
    let wanted: Vec<_> = of_core.chain(of_named).collect();
    let asked = wanted.into_iter().map(|(group, version)| async move {
        let uri = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let answered = ask(client, &uri, None, limit).await.and_then(|answer| read::<OldResources>(&uri, &answer.body));
        let (resources, failure) = match answered {
            Ok(resources) => (resources, None),
            Err(failure @ Failure::Unauthorised(_)) => return Err(failure),
            Err(failure) => (OldResources::default(), Some(failure)),
        };
        let resources = resources.resources.into_iter().map(|old| Resource {
            resource: old.name,
            response_kind: Some(ResponseKind { kind: old.kind }),
            scope: if old.namespaced { "Namespaced" } else { "Cluster" }.to_owned(),
            singular_resource: old.singular_name,
            short_names: old.short_names,
            verbs: old.verbs,
        });
        let version = Version { version, resources: resources.collect(), freshness: String::new(), failure };
        Ok(Group { metadata: Named { name: group }, versions: vec![version] })
    });
    futures::stream::iter(asked).buffered(AT_ONCE).try_collect().await
}

/// Takes over what can be listed of a group's version. Versions come with the preferred one first.
fn add(catalog: &mut Catalog, group: &str, version: &Version) {
    for resource in &version.resources {
        let can = |verb: &str| resource.verbs.iter().any(|known| known == verb);
        let Some(kind) = resource.response_kind.as_ref().map(|of| of.kind.as_str()).filter(|kind| !kind.is_empty()) else {
            continue;
        };
        // a part of an object, as an older server lists it (`pods/log`), is not a kind
        if !can("list") || resource.resource.contains('/') {
            continue;
        }
        let served = Served {
            group: group.to_owned(),
            version: version.version.clone(),
            plural: resource.resource.clone(),
            singular: resource.singular_resource.clone(),
            short: resource.short_names.clone().unwrap_or_default(),
            namespaced: resource.scope == "Namespaced",
            watchable: can("watch"),
        };
        catalog.kinds.entry(GroupKind::new(group, kind)).or_default().push(served);
    }
}

struct Answer {
    body: Bytes,
    tag: Option<HeaderValue>,
    is_unchanged: bool,
}

async fn ask(client: &Client, uri: &str, tag: Option<&HeaderValue>, limit: Duration) -> Result<Answer, Failure> {
    let fetch = async {
        let mut request = Request::get(uri).header(ACCEPT, AGGREGATED);
        if let Some(tag) = tag {
            request = request.header(IF_NONE_MATCH, tag);
        }
        let request = request.body(Vec::new()).map_err(|error| Failure::NotFound(error.to_string()))?;
        let response = send(client, request).await?;
        let (is_unchanged, tag) = (response.status() == StatusCode::NOT_MODIFIED, response.headers().get(ETAG).cloned());
        let body = whole(response).await?;
        Ok(Answer { body, tag, is_unchanged })
    };
    in_time(uri, limit, fetch).await
}

fn read<T: DeserializeOwned>(uri: &str, body: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(body).map_err(|error| Failure::busy(format!("the answer at {uri} is not readable: {error}")))
}

fn digest(body: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    hasher.finish()
}

/// Returns the version of Flux that the installation's label on its CRDs names (flux2 `manifestgen/labels.go`); empty for those who may
/// not read CRDs, and where something else installed them.
pub async fn flux_version(client: &Client, limit: Duration) -> String {
    let uri = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gitrepositories.source.toolkit.fluxcd.io";
    let found = metadata(client, uri, limit).await.unwrap_or_default();
    let version = found.metadata.labels.get("app.kubernetes.io/version").map(String::as_str).unwrap_or_default();
    sanitise(version).trim_start_matches('v').to_owned()
}

/// The uid of the namespace `kube-system`, which every cluster has and which lives as long as the cluster: the name of a cluster that
/// Kubernetes itself does not give one (kubernetes/kubernetes issue 77487). None where it may not be read.
pub async fn uid(client: &Client, limit: Duration) -> Option<Uid> {
    let uid = metadata(client, "/api/v1/namespaces/kube-system", limit).await?.metadata.uid;
    (!uid.is_empty()).then(|| Uid::parse(&uid))
}

/// An object's metadata alone; none where it cannot be had.
async fn metadata(client: &Client, uri: &str, limit: Duration) -> Option<Wire> {
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let request = Request::get(uri).header(ACCEPT, accept).body(Vec::new()).ok()?;
    tokio::time::timeout(limit, client.request(request)).await.ok()?.ok()
}
