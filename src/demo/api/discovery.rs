//! What the cluster serves: aggregated discovery, and the older one a group at a time.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Reply, Wanted};
use crate::demo::objects::{Kind, Store};

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// Kinds that are asked and answered, never kept: group, kind, plural, whether in namespaces.
pub(super) const REVIEWS: &[(&str, &str, &str)] = &[
    ("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews"),
    ("authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews"),
    ("authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews"),
];

/// One resource, or a part of one.
struct Row<'a> {
    name: String,
    singular: &'a str,
    namespaced: bool,
    kind: &'a str,
    verbs: &'a [&'a str],
    short: &'a [String],
    categories: &'a [String],
}

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
pub(super) fn answer(store: &Store, parts: &[&str], wanted: Vec<Wanted>) -> Option<Reply> {
    let aggregated = wanted.into_iter().find_map(|wanted| match (wanted.kind.as_str(), wanted.version.as_str()) {
        ("APIGroupDiscoveryList", "v2") => Some("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"),
        _ => None,
    });
    let groups = groups(store);
    match (parts, aggregated) {
        (["api"], Some(media)) => Some(Reply::As(media, whole(&groups, true))),
        (["apis"], Some(media)) => Some(Reply::As(media, whole(&groups, false))),
        (["api"], None) => {
            Some(Reply::Whole(200, json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})))
        }
        (["apis"], None) => {
            let groups: Vec<_> =
                groups.iter().filter(|(name, _)| !name.is_empty()).map(|(name, versions)| group(name, versions)).collect();
            Some(Reply::Whole(200, json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})))
        }
        (["apis", name], _) => {
            let mut group = group(name, groups.get(name)?);
            group["kind"] = "APIGroup".into();
            group["apiVersion"] = "v1".into();
            Some(Reply::Whole(200, group))
        }
        (["api", version], _) => Some(Reply::Whole(200, resources("", version, groups.get("")?.get(version)?))),
        (["apis", name, version], _) => Some(Reply::Whole(200, resources(name, version, groups.get(name)?.get(version)?))),
        _ => None,
    }
}

type Groups<'a> = BTreeMap<&'a str, BTreeMap<&'a str, Vec<Row<'a>>>>;

fn groups(store: &Store) -> Groups<'_> {
    let mut groups: Groups = BTreeMap::new();
    for kind in store.kinds() {
        groups.entry(&kind.group).or_default().entry(&kind.version).or_default().extend(rows(kind));
    }
    for (group, kind, plural) in REVIEWS {
        let row = Row {
            name: (*plural).to_owned(),
            singular: "",
            namespaced: false,
            kind,
            verbs: &["create"],
            short: &[],
            categories: &[],
        };
        groups.entry(group).or_default().entry("v1").or_default().push(row);
    }
    groups
}

fn rows(kind: &Kind) -> Vec<Row<'_>> {
    let part = |name: &str, kind_name, verbs| Row {
        name: format!("{}/{name}", kind.plural),
        singular: "",
        namespaced: kind.namespaced,
        kind: kind_name,
        verbs,
        short: &[],
        categories: &[],
    };
    let mut rows = vec![Row {
        name: kind.plural.clone(),
        singular: &kind.singular,
        namespaced: kind.namespaced,
        kind: &kind.kind,
        verbs: VERBS,
        short: &kind.short,
        categories: &kind.categories,
    }];
    if kind.status {
        rows.push(part("status", kind.kind.as_str(), &["get", "patch", "update"]));
    }
    if kind.scale {
        rows.push(part("scale", "Scale", &["get", "patch", "update"]));
    }
    if kind.is("", "Pod") {
        rows.push(part("log", kind.kind.as_str(), &["get"]));
    }
    rows
}

fn group(name: &str, versions: &BTreeMap<&str, Vec<Row>>) -> Value {
    let versions: Vec<_> =
        versions.keys().map(|version| json!({"groupVersion": format!("{name}/{version}"), "version": version})).collect();
    json!({"name": name, "versions": versions, "preferredVersion": versions[0]})
}

/// `APIResourceList`.
fn resources(group: &str, version: &str, rows: &[Row]) -> Value {
    let resource = |row: &Row| {
        let mut resource = json!({
            "name": row.name, "singularName": row.singular, "namespaced": row.namespaced, "kind": row.kind, "verbs": row.verbs,
        });
        if !row.short.is_empty() {
            resource["shortNames"] = row.short.into();
        }
        if !row.categories.is_empty() {
            resource["categories"] = row.categories.into();
        }
        if row.kind == "Scale" {
            resource["group"] = "autoscaling".into();
            resource["version"] = "v1".into();
        }
        resource
    };
    let version = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    let resources: Vec<_> = rows.iter().map(resource).collect();
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": resources})
}

/// `APIGroupDiscoveryList`: the core group or all others.
fn whole(groups: &Groups, core: bool) -> Value {
    let resources = |group: &str, version: &str, rows: &[Row]| -> Vec<Value> {
        let scope = |row: &Row| if row.namespaced { "Namespaced" } else { "Cluster" };
        let kind = |row: &Row| match row.kind {
            "Scale" => json!({"group": "autoscaling", "version": "v1", "kind": "Scale"}),
            kind => json!({"group": group, "version": version, "kind": kind}),
        };
        let wholes = rows.iter().filter(|row| !row.name.contains('/'));
        wholes
            .map(|row| {
                let parts = rows.iter().filter_map(|part| part.name.strip_prefix(&format!("{}/", row.name)).map(|name| (part, name)));
                let parts: Vec<_> =
                    parts.map(|(part, name)| json!({"subresource": name, "responseKind": kind(part), "verbs": part.verbs})).collect();
                let mut resource = json!({
                    "resource": row.name, "responseKind": kind(row), "scope": scope(row), "singularResource": row.singular, "verbs": row.verbs,
                });
                if !row.short.is_empty() {
                    resource["shortNames"] = row.short.into();
                }
                if !row.categories.is_empty() {
                    resource["categories"] = row.categories.into();
                }
                if !parts.is_empty() {
                    resource["subresources"] = parts.into();
                }
                resource
            })
            .collect()
    };
    let items: Vec<_> = groups
        .iter()
        .filter(|(name, _)| name.is_empty() == core)
        .map(|(name, versions)| {
            let versions: Vec<_> = versions
                .iter()
                .map(|(version, rows)| json!({"version": version, "resources": resources(name, version, rows), "freshness": "Current"}))
                .collect();
            json!({"metadata": {"name": name}, "versions": versions})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}
