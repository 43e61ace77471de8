//! Images and charts that a change names, and that were not named before: whether they were published.

use super::PUBLISHED;
use crate::change::cautions::{CautionQuery, Placed, containers, is, pod_spec, text_of};
use crate::change::checks::{Check, CheckResult};
use crate::change::ways::image_parts;
use crate::domain::published::{Catalogue, Published};
use crate::insight::named::shown;
use crate::kinds;
use crate::render::id::meta_text;

/// A version that an object names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedVersion {
    /// Who names it: `Deployment web/web`.
    pub object: String,
    /// What of: the name of an image, `chart podinfo`.
    pub of: String,
    /// The tag, version or range.
    pub version: String,
    /// Where it can be asked for; else why not.
    pub from: Result<Catalogue, String>,
}

/// What a catalogue says.
pub type PublishedAnswer = Result<std::sync::Arc<Published>, String>;

/// Every version that was not named before the change, once.
pub fn all(query: &CautionQuery<'_>) -> Vec<NamedVersion> {
    let mut found: Vec<NamedVersion> = Vec::new();
    for change in &query.changes {
        let Some(after) = change.applied() else { continue };
        let before = change.before.map(|before| of(query, before, false)).unwrap_or_default();
        for one in of(query, after, true) {
            let is_known = |other: &NamedVersion| (&other.of, &other.version, &other.from) == (&one.of, &one.version, &one.from);
            if !before.iter().any(is_known) && !found.iter().any(is_known) {
                found.push(one);
            }
        }
    }
    found
}

fn of(query: &CautionQuery<'_>, object: Placed<'_>, is_after: bool) -> Vec<NamedVersion> {
    let images = pod_spec(object.node()).into_iter().flat_map(containers).map(|(_, container)| text_of(container, &["image"]));
    images.filter_map(|image| of_image(object, image)).chain(of_chart(query, object, is_after)).collect()
}

/// The tag of an image. One that is named by its digest needs none, and one without a tag is `latest`.
fn of_image(object: Placed<'_>, image: &str) -> Option<NamedVersion> {
    let [name, tag, digest] = image_parts(image);
    let version = if tag.is_empty() { "latest" } else { tag };
    (!name.is_empty() && digest.is_empty()).then(|| NamedVersion {
        object: shown(object.node()),
        of: name.to_owned(),
        version: version.to_owned(),
        from: Ok(Catalogue::Tags { name: name.to_owned(), is_plain: false }),
    })
}

/// The version of a chart, or of an artifact. Source: source-controller v1 `api/v1/ocirepository_types.go` (`digest` over `semver` over `tag`),
/// helm-controller v2 `api/v2/helmrelease_types.go` (`chart.spec`; an empty version is `*`).
fn of_chart(query: &CautionQuery<'_>, object: Placed<'_>, is_after: bool) -> Option<NamedVersion> {
    let node = object.node();
    let text = |path: &[&str]| text_of(node, path);
    if is(node, kinds::OCI_REPOSITORY) {
        let version = [text(&["spec", "ref", "semver"]), text(&["spec", "ref", "tag"])].into_iter().find(|text| !text.is_empty());
        let url = text(&["spec", "url"]);
        let has_digest = !text(&["spec", "ref", "digest"]).is_empty();
        return Some(url).filter(|url| !url.is_empty() && !has_digest).map(|url| NamedVersion {
            object: shown(node),
            of: url.to_owned(),
            version: version.unwrap_or("latest").to_owned(),
            from: Ok(Catalogue::Tags { name: url.to_owned(), is_plain: text(&["spec", "insecure"]) == "true" }),
        });
    }
    let spec: &[&str] = match () {
        () if is(node, kinds::HELM_RELEASE) => &["spec", "chart", "spec"],
        () if is(node, kinds::HELM_CHART) => &["spec"],
        () => return None,
    };
    let at = |rest: &[&str]| text_of(node, &[spec, rest].concat());
    let (chart, version) = (at(&["chart"]), at(&["version"]));
    if chart.is_empty() || at(&["sourceRef", "kind"]) != kinds::HELM_REPOSITORY.kind {
        // a chart in git has the version that is there
        return None;
    }
    let namespace = Some(at(&["sourceRef", "namespace"])).filter(|name| !name.is_empty());
    let namespace = namespace.unwrap_or_else(|| meta_text(node, "namespace"));
    let name = at(&["sourceRef", "name"]);
    let is_it = |other: &Placed<'_>| {
        is(other.node(), kinds::HELM_REPOSITORY)
            && (meta_text(other.node(), "namespace"), meta_text(other.node(), "name")) == (namespace, name)
    };
    let repository = query.beside(object.build, is_after).find(is_it);
    let from = repository.map(|repository| Catalogue::Chart {
        url: text_of(repository.node(), &["spec", "url"]).to_owned(),
        is_plain: text_of(repository.node(), &["spec", "insecure"]) == "true",
        chart: chart.to_owned(),
    });
    Some(NamedVersion {
        object: shown(node),
        of: format!("chart {chart}"),
        version: if version.is_empty() { "*" } else { version }.to_owned(),
        from: from.ok_or_else(|| format!("HelmRepository {namespace}/{name} is not built from this repository")),
    })
}

/// The answers as one check.
pub fn check(answers: Vec<(&NamedVersion, PublishedAnswer)>) -> Check {
    let (mut missing, mut unknown, mut there) = (Vec::new(), Vec::new(), Vec::new());
    for (named, answer) in answers {
        let NamedVersion { of, version, .. } = named;
        match answer {
            Err(why) => unknown.push(format!("{of} {version}: {why}")),
            Ok(published) => match published.newest(version) {
                Some(found) if found.name == *version => there.push(format!("{of} {version}")),
                Some(found) => there.push(format!("{of} {version}: {}", found.name)),
                None => {
                    let newest = newest(&published);
                    match published.cut {
                        Some(why) => unknown.push(format!("{of} {version}: {why}{newest}")),
                        None => missing.push(format!("{} names {of} {version}, which was not published{newest}", named.object)),
                    }
                }
            },
        }
    }
    let check = |result, why: &[String]| Check { name: PUBLISHED.into(), result, why: why.join("; ") };
    match (missing.is_empty(), unknown.is_empty()) {
        (false, _) => check(CheckResult::Failed, &missing),
        (true, false) => check(CheckResult::NotRun, &unknown),
        (true, true) => check(CheckResult::Passed, &there),
    }
}

/// The newest version that there is instead.
fn newest(published: &Published) -> String {
    let stable = published.newest("").or(published.versions.first());
    let word = if published.is_whole() { "" } else { " listed" };
    stable.map(|version| format!("; the newest{word} is {}", version.name)).unwrap_or_default()
}
