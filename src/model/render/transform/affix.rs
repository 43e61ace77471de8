//! `namePrefix` and `nameSuffix`. Source: kustomize api v0.21.1 `internal/builtins/PrefixTransformer.go`, `SuffixTransformer.go`.

use super::super::config::Config;
use super::super::error::Result;
use super::super::field_spec::{FieldSpec, Make};
use super::super::fields;
use super::super::id::Gvk;
use super::super::kustomization::Kustomization;
use super::super::node::{Layer, Node, Tag, Trace};
use super::super::resource::note;
use super::super::resources::Resources;
use super::super::session::Session;
use super::super::trace::{Composition, Joint, PartRole};
use super::{Transform, TransformContext, Transforms, lenient, needed_field_specs};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Prefix,
    Suffix,
}

struct Affix {
    side: Side,
    text: Node,
    specs: Vec<FieldSpec>,
}

pub(super) fn prefix_from_field(_: TransformContext<'_>, kustomization: &Kustomization, config: &Config) -> Result<Transforms> {
    Ok(from_field(Side::Prefix, kustomization.name_prefix.as_ref(), &config.name_prefix))
}

pub(super) fn suffix_from_field(_: TransformContext<'_>, kustomization: &Kustomization, config: &Config) -> Result<Transforms> {
    Ok(from_field(Side::Suffix, kustomization.name_suffix.as_ref(), &config.name_suffix))
}

fn from_field(side: Side, text: Option<&Node>, specs: &[FieldSpec]) -> Transforms {
    let make = |text: &Node| Box::new(Affix { side, text: text.clone(), specs: specs.to_vec() }) as Box<dyn Transform>;
    text.map(make).into_iter().collect()
}

pub(super) fn prefix_from_file(_: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    from_file(Side::Prefix, "prefix", node)
}

pub(super) fn suffix_from_file(_: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    from_file(Side::Suffix, "suffix", node)
}

pub(super) fn both_from_file(setting: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    let mut both = prefix_from_file(setting, node)?;
    both.extend(suffix_from_file(setting, node)?);
    Ok(both)
}

fn from_file(side: Side, name: &'static str, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &[name, "fieldSpecs"])?;
    let text = fields.text(name)?.unwrap_or_else(|| Node::string("", node.trace.clone()));
    Ok(vec![Box::new(Affix { side, text, specs: needed_field_specs(node, &fields)? })])
}

/// Objects whose names are given from outside.
fn is_skipped(gvk: &Gvk) -> bool {
    matches!(gvk.kind.as_ref(), "CustomResourceDefinition" | "Namespace")
        || gvk.kind.as_ref() == "APIService" && gvk.group.as_ref() == "apiregistration.k8s.io"
}

impl Affix {
    /// A name between a prefix and a suffix, one of them this.
    fn composition(&self, name: &Node) -> Composition {
        let mut made = Composition::new(Joint::Affix);
        let own = made.scalar(name.trace.clone(), name.shared_text().expect("looked at before"), name.tag.clone());
        let trace = self.text.trace.as_layer(Layer::Name);
        let affix = made.scalar(trace, self.text.shared_text().expect("settings are texts"), Tag::Str);
        let name = fields::value_of(name).len();
        match self.side {
            Side::Prefix => {
                made.whole(PartRole::Prefix, affix);
                made.cut(PartRole::Text, own, 0..name);
            }
            Side::Suffix => {
                made.cut(PartRole::Text, own, 0..name);
                made.whole(PartRole::Suffix, affix);
            }
        }
        made
    }
}

impl Transform for Affix {
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        let schemas = session.schemas.borrow();
        let text = fields::value_of(&self.text);
        let origin = self.text.origin().as_layer(Layer::Name);
        for resource in &mut resources.list {
            let id = resource.original_id(&schemas)?;
            if is_skipped(&id.gvk) {
                continue;
            }
            for spec in self.specs.iter().filter(|spec| id.gvk.is_selected(&spec.gvk)) {
                if spec.path.as_ref() == "metadata/name" {
                    let list = if self.side == Side::Prefix { note::PREFIXES } else { note::SUFFIXES };
                    resource.append(list, text)?;
                    if !text.is_empty() {
                        resource.store_previous_id(&schemas)?;
                    }
                }
                spec.apply(&mut resource.node, Make::Text, &origin, &mut |node| {
                    fields::expect_scalar(node)?;
                    let made = self.composition(node);
                    let name = made.text();
                    let trace = if text.is_empty() { node.trace.clone() } else { Trace::composed(origin.clone(), made, None) };
                    fields::compose_scalar(node, Node::scalar(name, Tag::None, trace))
                })?;
            }
        }
        Ok(())
    }
}
