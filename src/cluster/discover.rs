//! Which kinds the cluster serves, in which versions, under which names.

use std::collections::BTreeMap;

use http::Request;
use http::header::ACCEPT;
use kube::Client;
use kube::discovery::{Discovery, Scope};

use super::failure::Failure;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{GroupKind, Uid};
use fluxdeck_model::kinds::{Kind, Wire};

/// One kind as served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub group: String,
    pub version: String,
    pub plural: String,
    pub namespaced: bool,
    /// Whether it can be watched, and not only listed.
    pub watchable: bool,
}

impl Served {
    /// The path of its collection, cluster-wide or in one namespace.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }
}

/// All kinds that a cluster serves.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Versions of a kind, the group's preferred one first.
    kinds: BTreeMap<GroupKind, Vec<Served>>,
    pub kubernetes: String,
}

impl Catalog {
    /// Returns how a kind is served: in the newest version that we can read, else in the server's preferred one.
    ///
    /// Group preference is not enough: Alert lives in v1beta3 of a group whose v1 has Receiver.
    pub fn find(&self, gk: &GroupKind, kind: &Kind) -> Option<&Served> {
        let served = self.kinds.get(gk)?;
        let known = kind.versions.iter().filter(|_| !kind.kind.is_empty());
        known.filter_map(|version| served.iter().find(|served| served.version == **version)).next().or_else(|| served.first())
    }

    /// Returns how a kind is served in exactly this version.
    pub fn exactly(&self, gk: &GroupKind, version: &str) -> Option<&Served> {
        self.kinds.get(gk)?.iter().find(|served| served.version == version)
    }

    /// All kinds that live in namespaces and can be listed.
    pub fn namespaced(&self) -> impl Iterator<Item = &GroupKind> {
        self.kinds.iter().filter(|(_, served)| served.iter().any(|served| served.namespaced)).map(|(gk, _)| gk)
    }

    pub fn serves_group(&self, group: &str) -> bool {
        self.kinds.keys().any(|gk| &*gk.group == group)
    }
}

/// Returns the version of Flux that the installation's label on its CRDs names (flux2 `manifestgen/labels.go`); empty for those who may
/// not read CRDs, and where something else installed them.
pub async fn flux_version(client: &Client) -> String {
    let uri = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gitrepositories.source.toolkit.fluxcd.io";
    let found = metadata(client, uri).await.unwrap_or_default();
    let version = found.metadata.labels.get("app.kubernetes.io/version").map(String::as_str).unwrap_or_default();
    sanitise(version).trim_start_matches('v').to_owned()
}

/// The uid of the namespace `kube-system`, which every cluster has and which lives as long as the cluster: the name of a cluster that
/// Kubernetes itself does not give one (kubernetes/kubernetes issue 77487). None where it may not be read.
pub async fn uid(client: &Client) -> Option<Uid> {
    let uid = metadata(client, "/api/v1/namespaces/kube-system").await?.metadata.uid;
    (!uid.is_empty()).then(|| Uid::parse(&uid))
}

/// An object's metadata alone; none where it cannot be had.
async fn metadata(client: &Client, uri: &str) -> Option<Wire> {
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    client.request(Request::get(uri).header(ACCEPT, accept).body(Vec::new()).ok()?).await.ok()
}

/// Asks the server what it serves: two requests where it aggregates (Kubernetes 1.27 and newer), else two a group.
///
/// # Errors
/// When neither way is answered.
pub async fn discover(client: &Client) -> Result<Catalog, Failure> {
    let version = client.apiserver_version().await?;
    let discovery = match Discovery::new(client.clone()).run_aggregated().await {
        Ok(discovery) => discovery,
        Err(_) => Discovery::new(client.clone()).run().await?,
    };
    let mut kinds: BTreeMap<GroupKind, Vec<Served>> = BTreeMap::new();
    for group in discovery.groups() {
        let preferred = group.preferred_version_or_latest().to_owned();
        let mut versions: Vec<_> = group.versions().map(str::to_owned).collect();
        versions.sort_by_key(|version| *version != preferred);
        for version in versions {
            for (resource, capabilities) in group.versioned_resources(&version) {
                let served = Served {
                    group: resource.group.clone(),
                    version: resource.version.clone(),
                    plural: resource.plural.clone(),
                    namespaced: capabilities.scope == Scope::Namespaced,
                    watchable: capabilities.supports_operation("watch"),
                };
                if capabilities.supports_operation("list") {
                    kinds.entry(GroupKind::new(resource.group.as_str(), resource.kind.as_str())).or_default().push(served);
                }
            }
        }
    }
    Ok(Catalog { kinds, kubernetes: version.git_version })
}
