//! HelmReleases whose objects a change may change: what `helm template` is called with before it and after it, as helm-controller would.
//!
//! Source: helm-controller v1.6.3 `internal/reconcile/{install,upgrade}.go`, `internal/action/{install,upgrade}.go`, `api/v2/helmrelease_types.go`
//! (`GetReleaseName`, `GetReleaseNamespace`), fluxcd/pkg `chartutil/values.go` (`ChartValuesFromReferences`: the references in their order, then
//! the inline values); source-controller v1.9.4 `api/v1/ocirepository_types.go` (`digest` over `semver` over `tag`),
//! `api/v1/gitrepository_types.go` (`GitRepositoryRef`: `commit` over `name` over `semver` over `tag` over `branch`, default `master`).

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::post_render::PostRender;
use super::release_values::{ValuesPart, composed};
use super::values_files::ValuesFiles;
use crate::change::builds::Build;
use crate::change::cautions::{CautionQuery, Placed, is, text_of};
use crate::change::compare::ObjectKey;
use crate::insight::named::shown;
use crate::kinds;
use crate::render::flux;
use crate::render::id::meta_text;
use crate::render::node::Node;
use crate::render::tree::is_below;
use crate::render::write;

/// Longest name of a release; a longer one is cut and gets a hash (helm-controller `internal/release/name.go`, `ShortenName`).
const LONGEST_NAME: usize = 53;

/// A HelmRelease that is rendered before a change and after it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartedRelease {
    /// `HelmRelease web/web`.
    pub object: String,
    /// What builds it.
    pub build: String,
    /// It is of the cluster that the change is for.
    pub is_here: bool,
    /// A file of its chart, or one of its values files, changes.
    pub is_chart_touched: bool,
    /// None: it is not there. Inside: why it cannot be rendered.
    pub before: Option<Result<ReleaseCall, String>>,
    pub after: Option<Result<ReleaseCall, String>>,
}

/// What `helm template` is called with.
#[derive(Clone, PartialEq)]
pub struct ReleaseCall {
    pub name: String,
    pub namespace: String,
    pub chart: ChartSource,
    pub values: Json,
    /// Whether the CRDs of the chart are applied with it.
    pub has_crds: bool,
    /// A chart in git is packed again with every commit (`reconcileStrategy: Revision`), and not only where it has another version.
    pub follows_commits: bool,
    /// What of the repository gives the chart other default values.
    pub values_files: Option<ValuesFiles>,
    /// What follows helm.
    pub post: PostRender,
}

/// Without its values: those of Secrets are among them.
impl fmt::Debug for ReleaseCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReleaseCall").field("name", &self.name).field("chart", &self.chart).finish_non_exhaustive()
    }
}

impl ReleaseCall {
    /// Whether Flux would have no reason to pack another chart than for this one, unless its version is another one: source-controller
    /// v1.9.4 `internal/helm/chart/builder_local.go` (`Build`: the chart that is there, by name and version, stays).
    pub fn keeps_chart_of(&self, before: &Self) -> bool {
        !self.follows_commits && (&self.chart, &self.values_files) == (&before.chart, &before.values_files)
    }
}

/// Where a chart is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChartSource {
    /// In a HelmRepository: `url`, the name of the chart, its version or range.
    Repository { url: String, chart: String, version: String, is_plain: bool },
    /// An artifact in a registry, with its tag, range or digest.
    Artifact { url: String, version: String, is_plain: bool },
    /// A folder of the repository that is changed.
    Folder(String),
    /// A folder of another git repository, at a branch, a tag or a commit.
    Git { url: String, reference: String, folder: String },
}

/// What is known of the cluster: helm asks nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterFacts {
    pub kubernetes: String,
    /// `apps/v1`, and `apps/v1/Deployment`.
    pub versions: Vec<String>,
}

impl ReleaseCall {
    /// The arguments, without the name, the chart and the file with the values. `is_upgrade`: the release is there before.
    pub fn arguments(&self, facts: &ClusterFacts, is_upgrade: bool) -> Vec<String> {
        let mut all = vec!["template".to_owned(), format!("--namespace={}", self.namespace), "--skip-tests".to_owned()];
        all.extend(is_upgrade.then(|| "--is-upgrade".to_owned()));
        all.extend(self.has_crds.then(|| "--include-crds".to_owned()));
        all.extend((!facts.kubernetes.is_empty()).then(|| format!("--kube-version={}", facts.kubernetes)));
        all.extend(facts.versions.iter().map(|version| format!("--api-versions={version}")));
        all
    }
}

/// Every HelmRelease that helm would be called for in another way after the change, or whose chart is a folder in which a file changes.
pub fn all(query: &CautionQuery<'_>, own: &Build) -> Vec<ChartedRelease> {
    let concern = Concern::of(query);
    let mut found: Vec<ChartedRelease> = Vec::new();
    let mut add = |build: &Build, before: Option<Placed<'_>>, after: Option<Placed<'_>>| {
        let calls = [(before, false), (after, true)].map(|(it, is_after)| it.map(|it| call(query, it, is_after)));
        let [old, new] = calls;
        let is_touched = |call: &Option<Result<ReleaseCall, String>>| match call {
            Some(Ok(ReleaseCall { chart: ChartSource::Folder(folder), values_files, .. })) => {
                let has_file = |files: &ValuesFiles| files.folders().any(|file| is_touched(query, &file));
                is_touched(query, folder) || values_files.as_ref().is_some_and(has_file)
            }
            _ => false,
        };
        let Some(last) = after.or(before) else { return };
        // of two that cannot be known it is not known either whether they are the same
        let is_unknown = matches!((&old, &new), (Some(Err(_)), _) | (_, Some(Err(_))));
        let is_other = before.zip(after).is_none_or(|(before, after)| is_otherwise(before.node(), after.node()));
        if is_unknown && !is_other && old == new {
            return;
        }
        if old != new || is_unknown || is_touched(&old) || is_touched(&new) {
            let one = ChartedRelease {
                object: shown(last.node()),
                build: build.name.clone(),
                is_here: build.is_with(own),
                is_chart_touched: is_touched(&old) || is_touched(&new),
                before: old,
                after: new,
            };
            // one that several builds make in the same way is rendered once
            if !found.iter().any(|known| (&known.object, &known.before, &known.after) == (&one.object, &one.before, &one.after)) {
                found.push(one);
            }
        }
    };
    let is_meant = |it: &Placed<'_>| is(it.node(), kinds::HELM_RELEASE) && concern.has(query, it.node());
    let releases = |is_after: bool| query.applied(is_after).filter(is_meant).collect::<Vec<_>>();
    let (old, new) = (releases(false), releases(true));
    let is_same = |one: &Placed<'_>, other: &Placed<'_>| {
        one.build.is_same(other.build) && ObjectKey::of(one.node()) == ObjectKey::of(other.node())
    };
    for after in &new {
        add(after.build, old.iter().find(|before| is_same(before, after)).copied(), Some(*after));
    }
    for before in old.iter().filter(|before| !new.iter().any(|after| is_same(before, after))) {
        add(before.build, Some(*before), None);
    }
    found
}

/// What changes, by kind, namespace and name: few releases refer to it, and only those are looked at.
struct Concern(BTreeSet<(String, String, String)>);

impl Concern {
    fn of(query: &CautionQuery<'_>) -> Self {
        let objects = query.changes.iter().flat_map(|change| [change.before, change.after]).flatten();
        let key = |it: Placed<'_>| {
            let text = |text: &str| text.to_owned();
            (text(text_of(it.node(), &["kind"])), text(meta_text(it.node(), "namespace")), text(meta_text(it.node(), "name")))
        };
        Self(objects.map(key).collect())
    }

    /// Whether a HelmRelease is, or refers to, something that changes. What a HelmChart refers to in its turn is not looked up for it.
    fn has(&self, query: &CautionQuery<'_>, node: &Node) -> bool {
        let own = meta_text(node, "namespace");
        let is_in = |kind: &str, namespace: &str, name: &str| {
            let namespace = if namespace.is_empty() { own } else { namespace };
            self.0.contains(&(kind.to_owned(), namespace.to_owned(), name.to_owned()))
        };
        let reference = |path: &[&str]| {
            let [kind, namespace, name] = ["kind", "namespace", "name"].map(|key| text_of(node, &[path, &[key][..]].concat()));
            is_in(kind, namespace, name) || kind == kinds::HELM_CHART.kind
        };
        let from = node.at(&["spec", "valuesFrom"]).map(Node::items).unwrap_or_default();
        let chart = text_of(node, &["spec", "chart", "spec", "chart"]);
        let is_folder = text_of(node, &["spec", "chart", "spec", "sourceRef", "kind"]) == kinds::GIT_REPOSITORY.kind;
        let files = ValuesFiles::of(node, &["spec", "chart", "spec"]);
        let has_file = || files.iter().flat_map(ValuesFiles::folders).any(|file| is_touched(query, &file));
        is_in(kinds::HELM_RELEASE.kind, own, meta_text(node, "name"))
            || reference(&["spec", "chartRef"])
            || reference(&["spec", "chart", "spec", "sourceRef"])
            || from.iter().any(|from| is_in(text_of(from, &["kind"]), own, text_of(from, &["name"])))
            || is_folder && (is_touched(query, &flux::folder(chart)) || has_file())
    }
}

/// Whether a file, or one in a folder, changes.
fn is_touched(query: &CautionQuery<'_>, path: &str) -> bool {
    query.lines.iter().any(|line| line.at.file == path || is_below(&line.at.file, path))
}

/// Whether anything of a HelmRelease differs that helm gets.
fn is_otherwise(before: &Node, after: &Node) -> bool {
    let asked: [&[&str]; 11] = [
        &["spec", "chart"],
        &["spec", "chartRef"],
        &["spec", "values"],
        &["spec", "valuesFrom"],
        &["spec", "releaseName"],
        &["spec", "targetNamespace"],
        &["spec", "install", "crds"],
        &["spec", "upgrade", "crds"],
        &["spec", "postRenderers"],
        &["spec", "postRenderStrategy"],
        &["spec", "commonMetadata"],
    ];
    asked.iter().any(|path| match (before.at(path), after.at(path)) {
        (Some(before), Some(after)) => !before.is_same(after),
        (before, after) => before.is_some() != after.is_some(),
    })
}

fn call(query: &CautionQuery<'_>, release: Placed<'_>, is_after: bool) -> Result<ReleaseCall, String> {
    let node = release.node();
    let text = |path: &[&str]| text_of(node, path);
    if release.object.is_encrypted {
        return Err("SOPS has encrypted it".to_owned());
    }
    if let Some(address) = &release.object.unproven {
        return Err(format!("{address} may change it, and is not here"));
    }
    if !release.object.unknown.is_empty() {
        let names: Vec<_> = release.object.unknown.iter().map(|name| &**name).collect();
        return Err(format!("only the cluster knows {}", names.join(", ")));
    }
    let own = meta_text(node, "namespace");
    let target = text(&["spec", "targetNamespace"]);
    let crds = |path: &[&str], default| match text(path) {
        "" => default,
        policy => policy != "Skip",
    };
    let is_it = |it: Placed<'_>| {
        is(it.node(), kinds::HELM_RELEASE) && ObjectKey::of(it.node()) == ObjectKey::of(node) && it.build.is_same(release.build)
    };
    let is_there = query.applied(false).any(is_it);
    let (chart, values_files, follows_commits) = chart(query, release, is_after)?;
    Ok(ReleaseCall {
        name: name(node),
        namespace: if target.is_empty() { own } else { target }.to_owned(),
        chart,
        values_files,
        follows_commits,
        values: composed(&parts(query, release, is_after)?)?,
        // an upgrade leaves them alone unless it is said otherwise
        has_crds: if is_there { crds(&["spec", "upgrade", "crds"], false) } else { crds(&["spec", "install", "crds"], true) },
        post: PostRender::of(node)?,
    })
}

/// The name of the release: as it is said, else with the target namespace in front.
fn name(node: &Node) -> String {
    let (said, target) = (text_of(node, &["spec", "releaseName"]), text_of(node, &["spec", "targetNamespace"]));
    let name = match (said, target) {
        ("", "") => meta_text(node, "name").to_owned(),
        ("", target) => format!("{target}-{}", meta_text(node, "name")),
        (said, _) => said.to_owned(),
    };
    if name.len() <= LONGEST_NAME {
        return name;
    }
    let hash: String = Sha256::digest(name.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", name.get(..LONGEST_NAME - 13).unwrap_or_default())
}

/// An object beside another in its cluster.
fn beside<'q>(
    query: &CautionQuery<'q>,
    of: Placed<'q>,
    kind: &str,
    (namespace, name): (&str, &str),
    is_after: bool,
) -> Option<Placed<'q>> {
    query.beside(of.build, is_after).find(|it| {
        text_of(it.node(), &["kind"]) == kind
            && (meta_text(it.node(), "namespace"), meta_text(it.node(), "name")) == (namespace, name)
    })
}

/// A chart, the files that give it other default values, and whether it follows every commit.
type Chart = (ChartSource, Option<ValuesFiles>, bool);

fn chart<'q>(query: &CautionQuery<'q>, release: Placed<'q>, is_after: bool) -> Result<Chart, String> {
    let node = release.node();
    let own = meta_text(node, "namespace");
    let reference = ["kind", "namespace", "name"].map(|key| text_of(node, &["spec", "chartRef", key]));
    if reference[0].is_empty() {
        return of_spec(query, release, release.node(), &["spec", "chart", "spec"], is_after);
    }
    let [kind, namespace, name] = reference;
    let namespace = if namespace.is_empty() { own } else { namespace };
    let missing = || format!("{kind} {namespace}/{name} is not built from this repository");
    let source = beside(query, release, kind, (namespace, name), is_after).ok_or_else(missing)?;
    if is(source.node(), kinds::HELM_CHART) {
        return of_spec(query, source, source.node(), &["spec"], is_after);
    }
    if !is(source.node(), kinds::OCI_REPOSITORY) {
        return Err(format!("the chart of {kind} {namespace}/{name} is made in the cluster"));
    }
    let text = |path: &[&str]| text_of(source.node(), path).to_owned();
    let versions = ["digest", "semver", "tag"].map(|key| text(&["spec", "ref", key]));
    let version = versions.into_iter().find(|version| !version.is_empty()).unwrap_or_else(|| "latest".to_owned());
    let is_plain = text(&["spec", "insecure"]) == "true";
    Ok((ChartSource::Artifact { url: text(&["spec", "url"]), version, is_plain }, None, false))
}

/// As the spec of a HelmChart says it.
fn of_spec<'q>(query: &CautionQuery<'q>, of: Placed<'q>, node: &Node, spec: &[&str], is_after: bool) -> Result<Chart, String> {
    let text = |rest: &[&str]| text_of(node, &[spec, rest].concat()).to_owned();
    let (files, follows) = (ValuesFiles::of(node, spec), text(&["reconcileStrategy"]) == "Revision");
    let (chart, version) = (text(&["chart"]), text(&["version"]));
    let (kind, name, named) = (text(&["sourceRef", "kind"]), text(&["sourceRef", "name"]), text(&["sourceRef", "namespace"]));
    let namespace = if named.is_empty() { meta_text(node, "namespace").to_owned() } else { named };
    if kind != kinds::HELM_REPOSITORY.kind && kind != kinds::GIT_REPOSITORY.kind {
        return Err(format!("its chart is in {kind} {namespace}/{name}, whose files are not known here"));
    }
    let found = beside(query, of, &kind, (&namespace, &name), is_after);
    let missing = || format!("{kind} {namespace}/{name} is not built from this repository");
    if kind == kinds::GIT_REPOSITORY.kind {
        let own = of.build.spec.as_ref().map(|spec| &spec.source);
        let is_own = own.is_some_and(|own| (&*own.kind, &*own.namespace, &*own.name) == (&*kind, &*namespace, &*name));
        let is_same = |found: Placed<'q>| {
            let own = own.and_then(|own| beside(query, of, &own.kind, (&own.namespace, &own.name), is_after));
            own.is_some_and(|own| is_same_source(own.node(), found.node()))
        };
        return match found {
            _ if is_own => Ok((ChartSource::Folder(flux::folder(&chart)), files, follows)),
            Some(found) if is_same(found) => Ok((ChartSource::Folder(flux::folder(&chart)), files, follows)),
            Some(found) => Ok((of_git(found.node(), &chart)?, files, follows)),
            None => Err(missing()),
        };
    }
    let repository = found.filter(|it| is(it.node(), kinds::HELM_REPOSITORY)).ok_or_else(missing)?;
    let source = ChartSource::Repository {
        url: text_of(repository.node(), &["spec", "url"]).to_owned(),
        chart,
        version: if version.is_empty() { "*".to_owned() } else { version },
        is_plain: text_of(repository.node(), &["spec", "insecure"]) == "true",
    };
    Ok((source, files, follows))
}

/// Whether two GitRepositories fetch the same.
fn is_same_source(one: &Node, other: &Node) -> bool {
    let asked: [&[&str]; 4] = [&["spec", "url"], &["spec", "ref"], &["spec", "ignore"], &["spec", "include"]];
    asked.iter().all(|path| match (one.at(path), other.at(path)) {
        (Some(one), Some(other)) => one.is_same(other),
        (one, other) => one.is_some() == other.is_some(),
    })
}

/// A folder of what a GitRepository fetches.
fn of_git(source: &Node, chart: &str) -> Result<ChartSource, String> {
    let text = |key: &str| text_of(source, &["spec", "ref", key]);
    let named = || shown(source);
    if source.at(&["spec", "include"]).is_some_and(|list| !list.items().is_empty()) {
        return Err(format!("its chart is in {}, which includes others", named()));
    }
    let reference = match (text("commit"), text("name"), text("semver"), text("tag"), text("branch")) {
        ("", "", "", "", "") => "master",
        ("", "", "", "", branch) => branch,
        ("", "", "", tag, _) => tag,
        ("", "", range, ..) => return Err(format!("its chart is in {}, and which tag is {range} is not known here", named())),
        ("", name, ..) => name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")).unwrap_or(name),
        (commit, ..) => commit,
    };
    let url = text_of(source, &["spec", "url"]).to_owned();
    Ok(ChartSource::Git { url, reference: reference.to_owned(), folder: flux::folder(chart) })
}

/// The values in the order in which they are merged.
fn parts<'q>(query: &CautionQuery<'q>, release: Placed<'q>, is_after: bool) -> Result<Vec<ValuesPart>, String> {
    let node = release.node();
    let own = meta_text(node, "namespace");
    let mut found = Vec::new();
    let references = node.at(&["spec", "valuesFrom"]).map(Node::items).unwrap_or_default();
    for from in references {
        let text = |key: &str| text_of(from, &[key]);
        let (kind, name) = (text("kind"), text("name"));
        // who may see it there may not be who reviews the change
        let unknown = || format!("values of {kind} {own}/{name} are not in git");
        let object = beside(query, release, kind, (own, name), is_after).ok_or_else(unknown)?;
        if !object.object.unknown.is_empty() || object.object.unproven.is_some() {
            return Err(unknown());
        }
        let values = flux::values(object.node()).ok_or_else(unknown)?;
        let key = Some(text("valuesKey")).filter(|key| !key.is_empty()).unwrap_or("values.yaml");
        match values.get(key) {
            Some((value, _)) => found.push(ValuesPart::From {
                text: value.to_string(),
                target: text("targetPath").to_owned(),
                is_literal: text("literal") == "true",
            }),
            None if text("optional") == "true" => {}
            None => return Err(format!("{kind} {own}/{name} has no key {key}")),
        }
    }
    let inline = node.at(&["spec", "values"]).filter(|values| !values.is_null());
    let inline = inline.map(write::json).transpose().map_err(|error| error.to_string())?;
    found.push(ValuesPart::Inline(inline.unwrap_or_else(|| Json::Object(Map::new()))));
    Ok(found)
}
