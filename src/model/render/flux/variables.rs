//! The variables of a Flux Kustomization: those of ConfigMaps and Secrets in order, then its own, the later ones over the earlier ones.

use std::collections::BTreeMap;

use super::super::node::{Layer, Node, Notation, Text, Trace};
use super::super::substitute::Variables;
use super::spec::Spec;

/// The data of one ConfigMap or Secret, with the place of each value.
pub type Values = BTreeMap<Text, (Text, Trace)>;

/// Collects them. `find` is asked for kind, namespace and name; where it knows nothing, the cluster might.
pub fn variables(spec: &Spec, find: &dyn Fn(&str, &str, &str) -> Option<Values>) -> Variables {
    let mut found = Variables::default();
    let Some(post) = &spec.post_build else { return found };
    for from in &post.from {
        match find(&from.kind, &spec.namespace, &from.name) {
            Some(values) => {
                let layer = if from.kind.as_ref() == "Secret" { Layer::Secret } else { Layer::ConfigMap };
                for (name, (value, trace)) in values {
                    found.set(&name, &value, trace.as_layer(layer));
                }
            }
            None => found.may_miss_some(),
        }
    }
    for entry in &post.substitute {
        let (name, value) = (entry.key.text().unwrap_or_default(), entry.value.text().unwrap_or_default());
        found.set(name, value, entry.value.trace.as_layer(Layer::Substitution));
    }
    found
}

/// The values of a ConfigMap or a Secret that was built; none of one that is encrypted.
pub fn values(node: &Node) -> Option<Values> {
    if super::is_encrypted(node) {
        return None;
    }
    let is_secret = node.get("kind").and_then(Node::text) == Some("Secret");
    let mut found = Values::new();
    let texts = |map: &str| node.get(map).into_iter().flat_map(Node::entries);
    for entry in texts("data") {
        let (key, text) = (entry.key.shared_text()?, entry.value.shared_text()?);
        let trace = entry.value.trace.clone();
        let value = match is_secret {
            // the text there is different
            true => (decoded(text)?.into(), Trace::new(trace.origin.as_form(Notation::Maker))),
            false => (text.clone(), trace),
        };
        found.insert(key.clone(), value);
    }
    // a Secret's plain texts win over its encoded ones
    for entry in texts("stringData").filter(|_| is_secret) {
        found.insert(entry.key.shared_text()?.clone(), (entry.value.shared_text()?.clone(), entry.value.trace.clone()));
    }
    Some(found)
}

fn decoded(text: &str) -> Option<String> {
    String::from_utf8(super::super::write::from_base64(text)?).ok()
}
