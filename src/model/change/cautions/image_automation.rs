//! A line with a marker of image automation: an ImageUpdateAutomation writes what the ImagePolicy selects over it.
//!
//! Source: image-automation-controller v1 `internal/update/{filereader,filter,setters}.go`: the comment of a scalar is a JSON object with the
//! key `$imagepolicy`, its value `NAMESPACE:POLICY`, with `:tag`, `:name` or `:digest` for a part; only `*.yaml`, `*.yml` and `Kustomization`
//! below `spec.update.path` are read; only policies of the automation's own namespace that `spec.policySelector` fits count.

use super::query::{CautionQuery, Placed, is};
use super::suspended::is_suspended;
use super::{Alternative, FoundCautions, TouchedLine};
use crate::change::compare::ObjectKey;
use crate::change::ways::tag_of;
use crate::domain::label_selector::LabelSelector;
use crate::insight::named::shown;
use crate::kinds::{self, Kind};
use crate::render::flux::folder;
use crate::render::id::meta_text;
use crate::render::kustomization::FILE_NAMES;
use crate::render::{Node, write};

const KEY: &str = "$imagepolicy";

/// Which policy a line belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Marker {
    namespace: String,
    name: String,
    /// `tag`, `name`, `digest`; empty for the whole image.
    part: String,
}

impl Marker {
    /// The marker in the comment of a line.
    fn read(line: &str) -> Option<Self> {
        let key = line.find(&format!("\"{KEY}\""))?;
        let comment = line[..key].rfind('#')?;
        let json: serde_json::Value = serde_json::from_str(line[comment..].trim_start_matches('#').trim()).ok()?;
        let mut parts = json.get(KEY)?.as_str()?.splitn(3, ':').map(str::to_owned);
        Some(Self { namespace: parts.next()?, name: parts.next()?, part: parts.next().unwrap_or_default() })
    }
}

pub fn says(query: &CautionQuery<'_>, found: &mut FoundCautions) {
    let marked =
        query.lines.iter().filter(|line| is_read(&line.at.file)).filter_map(|line| Some((line, Marker::read(&line.text)?)));
    for (line, marker) in marked {
        let policy = of_kind(query, kinds::IMAGE_POLICY).find(|object| is_named(object.node(), &marker.namespace, &marker.name));
        let automations: Vec<_> = of_kind(query, kinds::IMAGE_UPDATE_AUTOMATION)
            .filter(|object| covers(object.node(), line, &marker, policy.map(|policy| policy.node())))
            .collect();
        let instead = policy.map(|policy| alternative(query, policy, wanted_tag(query, &marker).as_deref()));
        found.offer(text(line, &marker, policy.is_some(), &automations), instead);
    }
}

/// The automations that would write over the lines that change, and are not suspended.
pub fn image_automations(query: &CautionQuery<'_>) -> Vec<ObjectKey> {
    let mut found: Vec<ObjectKey> = Vec::new();
    for line in query.lines.iter().filter(|line| is_read(&line.at.file)) {
        let Some(marker) = Marker::read(&line.text) else { continue };
        let policy = of_kind(query, kinds::IMAGE_POLICY).find(|object| is_named(object.node(), &marker.namespace, &marker.name));
        let covers = |object: &Placed<'_>| covers(object.node(), line, &marker, policy.map(|policy| policy.node()));
        let active = of_kind(query, kinds::IMAGE_UPDATE_AUTOMATION).filter(covers).filter(|object| !is_suspended(object.node()));
        for key in active.map(|object| ObjectKey::of(object.node())) {
            if !found.contains(&key) {
                found.push(key);
            }
        }
    }
    found
}

/// What happens to the line, as far as the repository shows.
fn text(line: &TouchedLine, marker: &Marker, is_declared: bool, automations: &[Placed<'_>]) -> String {
    let Marker { namespace, name, .. } = marker;
    let elsewhere = if is_declared { "" } else { ", which this repository does not declare" };
    let policy = format!("ImagePolicy {namespace}/{name}{elsewhere}");
    let active = automations.iter().find(|object| !is_suspended(object.node()));
    match (active, automations.first()) {
        (Some(active), _) => {
            format!("{}: {} writes over it what {policy} selects", line.at, shown(active.node()))
        }
        (None, Some(suspended)) => {
            let it = shown(suspended.node());
            format!("{}: {it} is suspended; once it is resumed it writes over it what {policy} selects", line.at)
        }
        (None, None) => {
            format!("{}: marked for {policy}; image automation that reads this file writes over it", line.at)
        }
    }
}

/// Whether image automation reads a file of that name.
fn is_read(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    [".yaml", ".yml"].iter().any(|end| name.ends_with(end)) || FILE_NAMES.contains(&name)
}

fn of_kind<'a>(query: &CautionQuery<'a>, kind: &'static Kind) -> impl Iterator<Item = Placed<'a>> {
    query.built().filter(move |object| is(object.node(), kind))
}

fn is_named(node: &Node, namespace: &str, name: &str) -> bool {
    meta_text(node, "namespace") == namespace && meta_text(node, "name") == name
}

/// Whether an automation writes the line. Labels of a policy that is not declared are not known: they fit.
fn covers(automation: &Node, line: &TouchedLine, marker: &Marker, policy: Option<&Node>) -> bool {
    let path = automation.at(&["spec", "update", "path"]).and_then(Node::text).map(folder).unwrap_or_default();
    let is_below = path.is_empty() || line.at.file.strip_prefix(&*path).is_some_and(|rest| rest.starts_with('/'));
    let selector = automation.at(&["spec", "policySelector"]).and_then(|node| write::json(node).ok());
    let is_selected = match (selector.and_then(|json| LabelSelector::of_object(&json).ok()), policy) {
        (Some(selector), Some(policy)) => selector.matches(|key| policy.at(&["metadata", "labels"])?.get(key)?.text()),
        _ => true,
    };
    meta_text(automation, "namespace") == marker.namespace && is_below && is_selected
}

/// The tag that is wanted, where that is what is changed.
fn wanted_tag(query: &CautionQuery<'_>, marker: &Marker) -> Option<String> {
    let [wanted] = query.wanted else { return None };
    if !matches!(&*marker.part, "" | "tag") {
        return None;
    }
    let value = wanted.value.text();
    let is_image = value.contains(['/', ':', '@']);
    let tag = if is_image { tag_of(value) } else { value };
    (!tag.is_empty()).then(|| tag.to_owned())
}

/// The field of the policy that decides which tag is selected.
fn alternative(query: &CautionQuery<'_>, policy: Placed<'_>, tag: Option<&str>) -> Alternative {
    let node = policy.node();
    let has_filter = node.at(&["spec", "filterTags", "pattern"]).is_some();
    let is_semver = node.at(&["spec", "policy", "semver", "range"]).is_some();
    let (field, value) = match (is_semver, has_filter) {
        // only tags that are whole versions are looked at (fluxcd/pkg/version)
        (true, false) => ("spec.policy.semver.range", tag.filter(|tag| is_version(tag)).map(str::to_owned)),
        // which part of a tag is the version only its pattern says
        (true, true) => ("spec.policy.semver.range", None),
        (false, _) => ("spec.filterTags.pattern", tag.map(|tag| format!("^{}$", escaped(tag)))),
    };
    Alternative::of(query, policy, field, value)
}

/// `1.2.3`, with what may follow it.
fn is_version(tag: &str) -> bool {
    let core = tag.strip_prefix('v').unwrap_or(tag).split(['-', '+']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    core.split('.').count() == 3 && core.split('.').all(is_number)
}

/// A tag as a pattern (Go's `regexp.QuoteMeta`); the letters of tags are `[A-Za-z0-9_.-]`.
fn escaped(tag: &str) -> String {
    tag.replace('.', "\\.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_read_as_the_controller_does() {
        let marker =
            |part: &str| Some(Marker { namespace: "flux-system".to_owned(), name: "web".to_owned(), part: part.to_owned() });
        for (line, expected) in [
            (r#"image: a:1 # {"$imagepolicy": "flux-system:web"}"#, marker("")),
            (r#"newTag: "1" #{"$imagepolicy":"flux-system:web:tag"}"#, marker("tag")),
            (r##"a: "#" # {"$imagepolicy": "flux-system:web:name"}  "##, marker("name")),
            (r#"image: a:1 # {"$imagepolicy": "web"}"#, None),
            (r#"image: a:1 # {"$imagepolicy": "flux-system:web"} keep"#, None),
            (r#"image: '{"$imagepolicy": "flux-system:web"}'"#, None),
            (r#"image: a:1 # {"$other": "flux-system:web"}"#, None),
            ("image: a:1", None),
        ] {
            assert_eq!(Marker::read(line), expected, "{line}");
        }
    }
}
