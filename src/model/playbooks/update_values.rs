//! Update values: keys of a HelmRelease's values, in the layer that they come from.
//!
//! Source: helm-controller v2 `internal/controller/helmrelease_controller.go` and fluxcd/pkg `chartutil/values.go`: the entries of
//! `spec.valuesFrom` are merged in their order, a `targetPath` sets one key, and `spec.values` comes last, so that a key in it wins. Where a
//! ConfigMap of the repository says the key and the release itself does not, that ConfigMap is changed. The same of a release of Flux v1,
//! whose entries name a ConfigMap as `configMapKeyRef` (fluxcd/helm-operator 1.4 `pkg/release/values.go`).

use super::known::KnownObject;
use super::{AssignmentTarget, Playbook, PlaybookStart, PresentState, of_fields};
use crate::change::{BuiltObject, ObjectKey, WantedChange, WantedField};
use crate::error::{Error, Result};
use crate::forms::{Answers, Choice, Choices, Field, FieldValue, Form, InputKind};
use crate::insight::field::FieldPath;
use crate::insight::named::group;
use crate::kinds::Kind;
use crate::render::Node;
use crate::render::flux::Applied;
use crate::render::id::{meta_text, text_at};

const VALUES: &str = "spec.values";
const KEY: &str = "key";
const VALUE: &str = "value";

pub(super) const PLAYBOOK: Playbook = Playbook {
    name: "update-values",
    command: "update-values",
    doc: "Change values of a HelmRelease, in the layer that they come from",
    key: "v",
    label: "values…",
    keys: &[],
    start: PlaybookStart::Form,
    offers,
    present: |_| PresentState::default(),
    form,
    on_offer: super::not_on_offer,
    assigns_to: AssignmentTarget::ObjectField { below: VALUES, wanted: in_layers },
    wanted,
};

fn offers(kind: &Kind) -> std::result::Result<(), String> {
    match kind.has_values() {
        true => Ok(()),
        false => Err(format!("{} has no values", kind.kind)),
    }
}

fn form(known: &KnownObject<'_>) -> Form {
    let inside = |(path, value): (&str, &str)| Some(Choice::new(path.strip_prefix(VALUES)?.strip_prefix('.')?, value));
    let from = if known.is_known() { Choices::Now(known.all().filter_map(inside).collect()) } else { Choices::Later };
    let key = Field::new(KEY, KEY, "image.tag, or ingress.hosts[0].host", InputKind::Choice { from, free: true });
    let value = Field::new(VALUE, VALUE, "The value, as the type that it has", InputKind::Text);
    Form::of([key, value])
}

/// The answers that give a key this value.
pub(super) fn answers(key: &str, value: &str) -> Answers {
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let answers = Answers::default().with(KEY, text(key));
    if value.is_empty() { answers } else { answers.with(VALUE, text(value)) }
}

fn wanted(answers: &Answers, known: &KnownObject<'_>) -> Result<WantedChange> {
    let text = |id| answers.text(id).unwrap_or_default();
    in_layers(vec![WantedField::new(&of_fields(VALUES, text(KEY)), text(VALUE))?], known)
}

/// Each key in its layer. Of several layers only one can be meant at a time.
fn in_layers(fields: Vec<WantedField>, known: &KnownObject<'_>) -> Result<WantedChange> {
    let Some(built) = known.built else { return Ok(WantedChange::Own(fields)) };
    let layers = fields.iter().map(|wanted| Layer::of(wanted, built)).collect::<Result<Vec<_>>>()?;
    match &layers[..] {
        [Layer::Map(first, _), rest @ ..] if rest.iter().all(|one| matches!(one, Layer::Map(key, _) if key == first)) => {
            let field = |(layer, wanted): (&Layer, &WantedField)| match layer {
                Layer::Map(_, path) => WantedField::of(path, wanted.value.clone()),
                Layer::Release => Ok(wanted.clone()),
            };
            Ok(WantedChange::Other(first.clone(), layers.iter().zip(&fields).map(field).collect::<Result<_>>()?))
        }
        all if all.iter().all(|one| *one == Layer::Release) => Ok(WantedChange::Own(fields)),
        _ => Err(Error::failed("these keys come from different layers", "set those of each layer by themselves")),
    }
}

/// Where a key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Layer {
    /// `spec.values`, by any layer of the manifest.
    Release,
    /// A ConfigMap, and the path of the key in it.
    Map(ObjectKey, String),
}

impl Layer {
    fn of(wanted: &WantedField, built: &BuiltObject<'_>) -> Result<Self> {
        let node = &built.object.node;
        if wanted.field.reach(node).is_ok() {
            return Ok(Self::Release);
        }
        let below = wanted.written.strip_prefix(VALUES).unwrap_or_default();
        let maps = maps(node, built);
        for map in maps.iter().rev() {
            if let Some(path) = map.says(below)? {
                return Ok(Self::Map(ObjectKey::of(map.node), path));
            }
        }
        // nobody says it yet: where the release has values of its own, there; else beside those that it takes
        match maps.iter().rev().find(|map| map.target.is_empty()) {
            Some(map) if node.at(&["spec", "values"]).is_none() => Ok(Self::Map(ObjectKey::of(map.node), map.path(below))),
            _ => Ok(Self::Release),
        }
    }
}

/// A ConfigMap of the repository that a release takes values from.
struct ValuesMap<'a> {
    node: &'a Node,
    key: &'a str,
    /// The one key that it sets; empty: it holds a YAML text.
    target: &'a str,
}

impl ValuesMap<'_> {
    fn path(&self, below: &str) -> String {
        format!("data['{}']{below}", self.key)
    }

    /// The path of a key in it, where it says that.
    fn says(&self, below: &str) -> Result<Option<String>> {
        let is_target = !self.target.is_empty();
        if is_target && below.trim_start_matches('.') != self.target {
            return Ok(None);
        }
        let path = self.path(if is_target { "" } else { below });
        Ok(FieldPath::parse(&path)?.reach(self.node).is_ok().then_some(path))
    }
}

/// An entry of `spec.valuesFrom` that names a ConfigMap.
struct MapReference<'a> {
    /// Empty: that of the release.
    namespace: &'a str,
    name: &'a str,
    key: &'a str,
    target: &'a str,
}

impl<'a> MapReference<'a> {
    fn of(entry: &'a Node) -> Option<Self> {
        let text = |of: &'a Node, key: &str| of.get(key).and_then(Node::text).unwrap_or_default();
        match entry.get("configMapKeyRef") {
            Some(of_v1) => {
                Some(Self { namespace: text(of_v1, "namespace"), name: text(of_v1, "name"), key: text(of_v1, "key"), target: "" })
            }
            None => (text(entry, "kind") == "ConfigMap").then(|| Self {
                namespace: "",
                name: text(entry, "name"),
                key: text(entry, "valuesKey"),
                target: text(entry, "targetPath"),
            }),
        }
    }
}

fn maps<'a>(release: &'a Node, built: &BuiltObject<'a>) -> Vec<ValuesMap<'a>> {
    let entries = release.at(&["spec", "valuesFrom"]).map(Node::items).unwrap_or_default();
    let one = |entry: &'a Node| {
        let reference = MapReference::of(entry)?;
        let namespace = if reference.namespace.is_empty() { meta_text(release, "namespace") } else { reference.namespace };
        let is_it = |object: &&Applied| {
            let node = &object.node;
            text_at(node, "kind") == "ConfigMap"
                && group(node).is_empty()
                && meta_text(node, "namespace") == namespace
                && (meta_text(node, "name") == reference.name || ObjectKey::of(node).name == reference.name)
        };
        let found = built.beside().find(is_it)?;
        // helm-controller `api/v2/reference_types.go` GetValuesKey
        let key = if reference.key.is_empty() { "values.yaml" } else { reference.key };
        Some(ValuesMap { node: &found.node, key, target: reference.target })
    };
    entries.iter().filter_map(one).collect()
}
