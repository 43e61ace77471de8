//! `labels`, `commonLabels`, `commonAnnotations`. Source: kustomize api v0.21.1 `filters/labels`, `filters/annotations`,
//! `internal/target/kusttarget_configplugin.go`.

use super::super::config::Config;
use super::super::error::Result;
use super::super::field_spec::{FieldSpec, Make, merge_all, merge_one};
use super::super::fields;
use super::super::kustomization::Kustomization;
use super::super::node::{Entry, Layer, Node, Trace};
use super::super::resources::Resources;
use super::super::session::Session;
use super::{Transform, TransformContext, Transforms, field_specs, lenient};

pub(crate) struct Pairs {
    pub pairs: Vec<Entry>,
    pub specs: Vec<FieldSpec>,
    pub layer: Layer,
}

pub(super) fn labels_from_field(_: TransformContext<'_>, kustomization: &Kustomization, config: &Config) -> Result<Transforms> {
    let mut all: Transforms = Vec::new();
    if kustomization.labels.is_empty() && kustomization.common_labels.is_empty() {
        return Ok(all);
    }
    for label in &kustomization.labels {
        let mut specs = label.fields.clone();
        let merged = (|| {
            merge_all(&mut specs, &config.labels)?;
            if label.include_selectors {
                return merge_all(&mut specs, &config.common_labels);
            }
            if label.include_templates {
                merge_all(&mut specs, &config.template_labels)?;
            }
            merge_one(&mut specs, &FieldSpec::new("metadata/labels", true))
        })();
        merged.map_err(|error| error.at(&label.origin))?;
        all.push(Box::new(Pairs { pairs: label.pairs.clone(), specs, layer: Layer::Labels }));
    }
    let (pairs, specs) = (kustomization.common_labels.clone(), config.common_labels.clone());
    all.push(Box::new(Pairs { pairs, specs, layer: Layer::Labels }));
    Ok(all)
}

pub(super) fn annotations_from_field(
    _: TransformContext<'_>,
    kustomization: &Kustomization,
    config: &Config,
) -> Result<Transforms> {
    if kustomization.common_annotations.is_empty() {
        return Ok(Vec::new());
    }
    let (pairs, specs) = (kustomization.common_annotations.clone(), config.common_annotations.clone());
    Ok(vec![Box::new(Pairs { pairs, specs, layer: Layer::Annotations })])
}

pub(super) fn labels_from_file(_: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    from_file(node, "labels", Layer::Labels)
}

pub(super) fn annotations_from_file(_: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    from_file(node, "annotations", Layer::Annotations)
}

fn from_file(node: &Node, name: &'static str, layer: Layer) -> Result<Transforms> {
    let fields = lenient(node, &[name, "fieldSpecs"])?;
    Ok(vec![Box::new(Pairs { pairs: fields.pairs(name)?, specs: field_specs(&fields)?, layer })])
}

impl Transform for Pairs {
    fn transform(&self, resources: &mut Resources, _: &Session<'_>) -> Result<()> {
        for resource in &mut resources.list {
            for pair in &self.pairs {
                let origin = pair.value.origin().as_layer(self.layer);
                let (key, text) = (fields::value_of(&pair.key), fields::value_of(&pair.value));
                for spec in &self.specs {
                    spec.apply(&mut resource.node, Make::Map, &origin, &mut |map| {
                        fields::set(map, key, Node::string(text, Trace::new(origin.clone())))
                    })?;
                }
            }
        }
        resources.drop_empty();
        Ok(())
    }
}
