//! `replicas`. Source: kustomize api v0.21.1 `internal/builtins/ReplicaCountTransformer.go`.

use super::super::config::Config;
use super::super::error::{BuildError, Result};
use super::super::field_spec::{FieldSpec, Make};
use super::super::fields;
use super::super::kustomization::{Kustomization, Replica};
use super::super::node::{Layer, Node, Notation, Tag, Trace};
use super::super::resources::Resources;
use super::super::session::Session;
use super::{Transform, TransformContext, Transforms, field_specs, lenient};

struct Replicas {
    replica: Replica,
    specs: Vec<FieldSpec>,
}

pub(super) fn from_field(_: TransformContext<'_>, kustomization: &Kustomization, config: &Config) -> Result<Transforms> {
    let make =
        |replica: &Replica| Box::new(Replicas { replica: replica.clone(), specs: config.replicas.clone() }) as Box<dyn Transform>;
    Ok(kustomization.replicas.iter().map(make).collect())
}

pub(super) fn from_file(_: TransformContext<'_>, node: &Node) -> Result<Transforms> {
    let fields = lenient(node, &["replica", "fieldSpecs"])?;
    let replica = match fields.one("replica", Replica::read)? {
        Some(replica) => replica,
        None => Replica { name: "".into(), count: 0, origin: node.origin().as_form(Notation::Maker) },
    };
    Ok(vec![Box::new(Replicas { replica, specs: field_specs(&fields)? })])
}

impl Transform for Replicas {
    fn transform(&self, resources: &mut Resources, session: &Session<'_>) -> Result<()> {
        let schemas = session.schemas.borrow();
        let origin = self.replica.origin.as_layer(Layer::Replicas);
        let mut is_found = false;
        for spec in &self.specs {
            let found =
                resources.matching_any_id(|id| id.name == self.replica.name && id.gvk.is_selected(&spec.gvk), &schemas)?;
            for at in found {
                is_found = true;
                spec.apply(&mut resources.list[at].node, Make::Number, &origin, &mut |node| {
                    fields::set_scalar(node, Node::scalar(self.replica.count.to_string(), Tag::Int, Trace::new(origin.clone())))
                })?;
            }
        }
        if is_found {
            return Ok(());
        }
        if !resources.lack.is_nothing() {
            session.doubt();
            return Ok(());
        }
        let kinds: Vec<_> = self.specs.iter().map(|spec| spec.gvk.to_string()).collect();
        let message = format!(
            "resource with name {} does not match a config with the following GVK [{}]",
            self.replica.name,
            kinds.join(" ")
        );
        Err(BuildError::invalid(message).at(&self.replica.origin))
    }
}
