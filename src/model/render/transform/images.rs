//! `images`. Source: kustomize api v0.21.1 `filters/imagetag`, `internal/image/image.go`.

use std::ops::Range;

use regex::Regex;

use super::super::config::Config;
use super::super::error::Result;
use super::super::field_spec::{FieldSpec, Make};
use super::super::fields;
use super::super::kustomization::{Image, Kustomization};
use super::super::node::{Layer, Node, Origin, Tag, Trace, Value};
use super::super::resources::Resources;
use super::super::session::Session;
use super::super::trace::{Composition, Joint, PartRole};
use super::{Transform, TransformContext, Transforms, field_specs, lenient};
use crate::domain::go_pattern;

struct Images {
    image: Image,
    /// `None`: the name is not a pattern, so nothing matches.
    pattern: Option<Regex>,
    specs: Vec<FieldSpec>,
}

pub(super) fn from_field(_: TransformContext<'_>, kustomization: &Kustomization, config: &Config) -> Result<Transforms> {
    Ok(kustomization.images.iter().map(|image| boxed(image.clone(), config.images.clone())).collect())
}

pub(super) fn from_file(_: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &["imageTag", "fieldSpecs"])?;
    let null = Node::null(node.trace.clone());
    let image = Image::read(fields.get("imageTag").unwrap_or(&null), super::Mode::Lenient)?;
    Ok(vec![boxed(image, field_specs(&fields)?)])
}

fn boxed(image: Image, specs: Vec<FieldSpec>) -> Box<dyn Transform> {
    let pattern = go_pattern::compile(&format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", image.name));
    Box::new(Images { image, pattern, specs })
}

impl Transform for Images {
    fn transform(&self, resources: &mut Resources, _: &Session<'_>) -> Result<()> {
        for resource in resources.list.iter_mut().filter(|resource| resource.kind() != "CustomResourceDefinition") {
            if self.is_in_containers(&resource.node) {
                self.containers(&mut resource.node)?;
            }
            for spec in &self.specs {
                spec.apply(&mut resource.node, Make::Nothing, &self.image.origin, &mut |node| self.update(node))?;
            }
        }
        resources.drop_empty();
        Ok(())
    }
}

/// A new image.
struct Renamed {
    made: Composition,
    /// The setting that decides it: a tag's or digest's before a name's. None where nothing is said of it.
    decides: Option<Origin>,
    /// Something of the old one is not in it.
    is_lost: bool,
}

fn is_containers(key: &Node) -> bool {
    matches!(key.text(), Some("containers" | "initContainers"))
}

impl Images {
    /// Whether any list of containers, at any depth, has this image: nothing is copied where not.
    fn is_in_containers(&self, node: &Node) -> bool {
        match &node.value {
            Value::Map(entries) => entries.iter().any(|entry| {
                let is_here = is_containers(&entry.key)
                    && entry.value.items().iter().any(|item| {
                        item.get("image").is_some_and(|image| !image.is_scalar() || self.is_match(image)) || !item.is_map()
                    });
                is_here || self.is_in_containers(&entry.value)
            }),
            Value::List(items) => items.iter().any(|item| self.is_in_containers(item)),
            Value::Scalar(_) => false,
        }
    }

    fn containers(&self, node: &mut Node) -> Result<()> {
        if let Some(entries) = node.entries_mut() {
            for entry in entries {
                self.containers(&mut entry.value)?;
                if !is_containers(&entry.key) {
                    continue;
                }
                for item in entry.value.items_mut().into_iter().flatten() {
                    fields::expect_map(item)?;
                    if let Some(image) = item.get_mut("image") {
                        self.update(image)?;
                    }
                }
            }
        } else if let Some(items) = node.items_mut() {
            items.iter_mut().try_for_each(|item| self.containers(item))?;
        }
        Ok(())
    }

    fn is_match(&self, image: &Node) -> bool {
        self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(fields::value_of(image)))
    }

    fn update(&self, node: &mut Node) -> Result<()> {
        fields::expect_scalar(node)?;
        if !self.is_match(node) {
            return Ok(());
        }
        let Renamed { made, decides, is_lost } = self.renamed(node);
        let name = made.text();
        let trace = match decides {
            // an image that is found as a container's and by a field spec is visited twice
            Some(origin) if node.trace.origin == origin && node.text() == Some(&name) => node.trace.clone(),
            Some(origin) => Trace::composed(origin, made, is_lost.then_some(&node.trace)),
            None => node.trace.clone(),
        };
        fields::compose_scalar(node, Node::scalar(name, Tag::None, trace))
    }

    fn renamed(&self, node: &Node) -> Renamed {
        let Image { new_name, new_tag, digest: new_digest, tag_suffix, .. } = &self.image;
        let has_version = new_tag.is_some() || new_digest.is_some();
        let suffix = tag_suffix.as_ref().filter(|_| !has_version);
        let decides = new_tag.as_ref().or(new_digest.as_ref()).or(suffix).or(new_name.as_ref());
        let image = node.shared_text().expect("looked at before");
        let [name, tag, digest] = split(image);
        let mut made = Composition::new(Joint::Image);
        let own = made.scalar(node.trace.clone(), image, node.tag.clone());
        let mut add = |separator: &str, given: Option<&Node>, role: PartRole, kept: (PartRole, Range<usize>)| {
            if !separator.is_empty() && (given.is_some() || !kept.1.is_empty()) {
                made.made(PartRole::Separator, separator);
            }
            match given {
                Some(given) => {
                    let text = given.shared_text().expect("settings are texts");
                    let at = made.scalar(given.trace.as_layer(Layer::Image), text, Tag::Str);
                    made.whole(role, at);
                }
                None => made.cut(kept.0, own, kept.1),
            }
        };
        // a new tag drops the digest, a new digest the tag, a suffix of the tag the digest
        let kept = |is_kept: bool, range: &Range<usize>| if is_kept { range.clone() } else { 0..0 };
        add("", new_name.as_ref(), PartRole::Name, (PartRole::Matched, name));
        add(":", new_tag.as_ref(), PartRole::Tag, (PartRole::Tag, kept(!has_version, &tag)));
        if suffix.is_some() {
            add(if tag.is_empty() { ":" } else { "" }, suffix, PartRole::TagSuffix, (PartRole::TagSuffix, 0..0));
        }
        add("@", new_digest.as_ref(), PartRole::Digest, (PartRole::Digest, kept(!has_version && suffix.is_none(), &digest)));
        let loses_version = has_version && !(tag.is_empty() && digest.is_empty());
        let is_lost = new_name.is_some() || loses_version || suffix.is_some() && !digest.is_empty();
        Renamed { made, decides: decides.map(|given| given.origin().as_layer(Layer::Image)), is_lost }
    }
}

/// Where name, tag and digest of an image stand; what it lacks is empty.
pub(in super::super) fn split(image: &str) -> [Range<usize>; 3] {
    // a port of the registry is not a tag
    let start = image.find('/').filter(|at| *at > 0).unwrap_or(0);
    let (at, colon) = (image[start..].find('@').map(|at| at + start), image[start..].find(':').map(|at| at + start));
    let end = image.len();
    match (colon, at) {
        (None, None) => [0..end, end..end, end..end],
        (colon, Some(at)) if colon.is_none_or(|colon| at < colon) => [0..at, at..at, at + 1..end],
        (Some(colon), Some(at)) => [0..colon, colon + 1..at, at + 1..end],
        (Some(colon), None) => [0..colon, colon + 1..end, end..end],
        (None, Some(_)) => unreachable!("the second arm takes it"),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn images_are_split_as_kustomize_splits_them() {
        for (image, expected) in [
            ("nginx", ("nginx", "", "")),
            ("nginx:1", ("nginx", "1", "")),
            ("host:5000/nginx", ("host:5000/nginx", "", "")),
            ("host:5000/nginx:1@sha256:ab", ("host:5000/nginx", "1", "sha256:ab")),
            ("nginx@sha256:ab", ("nginx", "", "sha256:ab")),
        ] {
            let [name, tag, digest] = split(image).map(|range| &image[range]);
            assert_eq!((name, tag, digest), expected);
        }
    }
}
