//! What the cluster serves: aggregated discovery, and the older one a group at a time, both from the same rows.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::APIResource;
use serde_json::{Value, json};

use super::{Reply, Wanted};
use crate::demo::objects::{Kind, Store};

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Kinds that are asked and answered, never kept: group, kind, plural.
pub(super) const REVIEWS: &[(&str, &str, &str)] = &[
    ("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews"),
    ("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews"),
];

/// Resources by group and version; the parts of one follow it.
type Groups<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<APIResource>>>;

pub(super) fn version(kubernetes: &str) -> Value {
    let mut parts = kubernetes.trim_start_matches('v').split('.');
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (major, minor) = (part(), part());
    json!({
        "major": major, "minor": minor, "gitVersion": kubernetes, "gitCommit": "", "gitTreeState": "clean", "buildDate": "",
        "goVersion": "", "compiler": "", "platform": "",
    })
}

/// Answers a request for what is served; nothing when the path names a resource or a group that is not served.
pub(super) fn answer(store: &Store, parts: &[&str], wanted: &[Wanted]) -> Option<Reply> {
    let is_aggregated = wanted.iter().any(|wanted| (&*wanted.kind, &*wanted.version) == ("APIGroupDiscoveryList", "v2"));
    let groups = groups(store);
    Some(Reply::Whole(
        200,
        match parts {
            ["api" | "apis"] if is_aggregated => {
                let media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
                return Some(Reply::As(media, whole(&groups, parts[0] == "api")));
            }
            ["api"] => json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}),
            ["apis"] => {
                let named = groups.iter().filter(|(name, _)| !name.is_empty());
                let groups: Vec<_> = named.map(|(name, versions)| group(name, versions)).collect();
                json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
            }
            ["apis", name] => {
                let mut group = group(name, groups.get(name)?);
                (group["kind"], group["apiVersion"]) = ("APIGroup".into(), "v1".into());
                group
            }
            ["api", version] => list(version, groups.get("")?.get(version)?),
            ["apis", name, version] => list(&format!("{name}/{version}"), groups.get(name)?.get(version)?),
            _ => return None,
        },
    ))
}

fn groups(store: &Store) -> Groups<'_> {
    let mut groups: Groups = BTreeMap::new();
    for kind in store.kinds().filter(|kind| !kind.is_withdrawn) {
        groups.entry(&kind.group).or_default().entry(&kind.version).or_default().extend(rows(kind));
    }
    for (group, kind, plural) in REVIEWS {
        let row = APIResource {
            name: (*plural).to_owned(),
            kind: (*kind).to_owned(),
            verbs: vec!["create".to_owned()],
            ..APIResource::default()
        };
        groups.entry(group).or_default().entry("v1").or_default().push(row);
    }
    groups
}

fn rows(kind: &Kind) -> Vec<APIResource> {
    let row = |name: String, of: &str, verbs: &[&str]| APIResource {
        name,
        kind: of.to_owned(),
        namespaced: kind.namespaced,
        verbs: verbs.iter().map(|verb| (*verb).to_owned()).collect(),
        ..APIResource::default()
    };
    let whole = APIResource {
        singular_name: kind.singular.clone(),
        short_names: Some(kind.short.clone()).filter(|names| !names.is_empty()),
        categories: Some(kind.categories.clone()).filter(|names| !names.is_empty()),
        ..row(kind.plural.clone(), &kind.kind, VERBS)
    };
    let part = |is_there: bool, name: &str, of: &str, verbs| is_there.then(|| row(format!("{}/{name}", kind.plural), of, verbs));
    let mut scale = part(kind.scale, "scale", "Scale", &["get", "patch", "update"]);
    if let Some(scale) = &mut scale {
        (scale.group, scale.version) = (Some("autoscaling".to_owned()), Some("v1".to_owned()));
    }
    let status = part(kind.status, "status", &kind.kind, &["get", "patch", "update"]);
    let log = part(kind.is("", "Pod"), "log", &kind.kind, &["get"]);
    [Some(whole), status, scale, log].into_iter().flatten().collect()
}

fn group(name: &str, versions: &BTreeMap<&str, Vec<APIResource>>) -> Value {
    let version = |version: &&str| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    let versions: Vec<_> = versions.keys().map(version).collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions[0]})
}

fn list(version: &str, rows: &[APIResource]) -> Value {
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": rows})
}

/// `APIGroupDiscoveryList`: the core group or all others.
fn whole(groups: &Groups, is_core: bool) -> Value {
    let items = groups.iter().filter(|(name, _)| name.is_empty() == is_core).map(|(name, versions)| {
        let version = |(version, rows): (&&str, &Vec<APIResource>)| {
            let resources: Vec<_> =
                rows.chunk_by(|_, next| next.name.contains('/')).map(|rows| aggregated(name, version, rows)).collect();
            json!({"version": version, "resources": resources, "freshness": "Current"})
        };
        json!({"metadata": {"name": name}, "versions": versions.iter().map(version).collect::<Vec<_>>()})
    });
    let items: Vec<_> = items.collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

/// A resource with its parts, as the aggregated form has them.
fn aggregated(group: &str, version: &str, rows: &[APIResource]) -> Value {
    let kind = |row: &APIResource| json!({"group": row.group.as_deref().unwrap_or(group), "version": row.version.as_deref().unwrap_or(version), "kind": row.kind});
    let part =
        |row: &APIResource| json!({"subresource": row.name.rsplit('/').next(), "responseKind": kind(row), "verbs": row.verbs});
    let whole = &rows[0];
    json!({
        "resource": whole.name, "responseKind": kind(whole), "scope": if whole.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": whole.singular_name, "verbs": whole.verbs, "shortNames": whole.short_names.clone().unwrap_or_default(),
        "categories": whole.categories.clone().unwrap_or_default(), "subresources": rows[1..].iter().map(part).collect::<Vec<_>>(),
    })
}
