//! `images`. Source: kustomize api v0.21.1 `filters/imagetag`, `internal/image/image.go`.

use regex::Regex;

use super::super::config::Config;
use super::super::error::Result;
use super::super::field_spec::{FieldSpec, Make};
use super::super::fields;
use super::super::kustomization::{Image, Kustomization};
use super::super::node::{Layer, Node, Tag, Trace, Value};
use super::super::resources::Resources;
use super::super::session::Session;
use super::{Setting, Transform, Transforms, field_specs, lenient};

struct Images {
    image: Image,
    /// `None`: the name is no pattern, so nothing matches.
    pattern: Option<Regex>,
    specs: Vec<FieldSpec>,
}

pub(super) fn from_field(_: Setting<'_>, kustomization: &Kustomization, config: &Config) -> Result<Transforms> {
    Ok(kustomization.images.iter().map(|image| boxed(image.clone(), config.images.clone())).collect())
}

pub(super) fn from_file(_: Setting<'_>, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &["imageTag", "fieldSpecs"])?;
    let null = Node::null(node.trace.clone());
    let image = Image::read(fields.get("imageTag").unwrap_or(&null), super::Mode::Lenient)?;
    Ok(vec![boxed(image, field_specs(&fields)?)])
}

fn boxed(image: Image, specs: Vec<FieldSpec>) -> Box<dyn Transform> {
    let pattern = Regex::new(&format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", image.name)).ok();
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
        let (name, trace) = self.renamed(fields::value_of(node));
        fields::set_scalar(node, Node::scalar(name, Tag::None, trace))
    }

    /// The new image, and the settings that it is made of: the tag's or digest's first, then the name's.
    fn renamed(&self, image: &str) -> (String, Trace) {
        let (mut name, mut tag, mut digest) = split(image);
        let text = |node: &Node| fields::value_of(node).to_owned();
        let Image { new_name, new_tag, digest: new_digest, tag_suffix, .. } = &self.image;
        if let Some(new_name) = new_name {
            name = text(new_name);
        }
        let version = match (new_tag, new_digest, tag_suffix) {
            (Some(new), Some(new_digest), _) => {
                (tag, digest) = (text(new), text(new_digest));
                [Some(new), Some(new_digest)]
            }
            (Some(new), None, _) => {
                (tag, digest) = (text(new), String::new());
                [Some(new), None]
            }
            (None, Some(new), _) => {
                (tag, digest) = (String::new(), text(new));
                [Some(new), None]
            }
            (None, None, Some(suffix)) => {
                (tag, digest) = (tag + &text(suffix), String::new());
                [Some(suffix), None]
            }
            (None, None, None) => [None, None],
        };
        if !tag.is_empty() {
            name = format!("{name}:{tag}");
        }
        if !digest.is_empty() {
            name = format!("{name}@{digest}");
        }
        let set_by = version.into_iter().flatten().chain(new_name.as_ref());
        let traces: Vec<_> = set_by.map(|node| Trace::new(node.origin().as_layer(Layer::Image))).collect();
        let trace = traces.into_iter().rev().reduce(|below, above| above.over(&below));
        (name, trace.unwrap_or_else(|| Trace::new(self.image.origin.as_layer(Layer::Image))))
    }
}

/// Name, tag and digest of an image.
fn split(image: &str) -> (String, String, String) {
    // a port of the registry is no tag
    let start = image.find('/').filter(|at| *at > 0).unwrap_or(0);
    let (at, colon) = (image[start..].find('@').map(|at| at + start), image[start..].find(':').map(|at| at + start));
    let own = str::to_owned;
    match (colon, at) {
        (None, None) => (own(image), String::new(), String::new()),
        (colon, Some(at)) if colon.is_none_or(|colon| at < colon) => (own(&image[..at]), String::new(), own(&image[at + 1..])),
        (Some(colon), Some(at)) => (own(&image[..colon]), own(&image[colon + 1..at]), own(&image[at + 1..])),
        (Some(colon), None) => (own(&image[..colon]), own(&image[colon + 1..]), String::new()),
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
            let (name, tag, digest) = split(image);
            assert_eq!((name.as_str(), tag.as_str(), digest.as_str()), expected);
        }
    }
}
