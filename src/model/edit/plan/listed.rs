//! A file or folder listed in a kustomization.

use super::{SplicePlan, add};
use crate::edit::place::{NodePlace, PlaceStep};
use crate::edit::refusal::Refusal;
use crate::edit::text::{SpanId, YamlSource};
use crate::edit::value::NewValue;

/// Nothing is done where it is listed already, however it is spelled.
pub fn ways(source: &YamlSource, field: &str, entry: &str) -> Result<Vec<SplicePlan>, Refusal> {
    let root = source.root(0).filter(|root| is_kustomization(source, *root)).ok_or(Refusal::NotKustomization)?;
    let list = source.step_down(root, &PlaceStep::Key(field.to_owned()))?;
    let listed = list.map_or(&[] as &[SpanId], |list| &source.span(list).children);
    if listed.iter().any(|id| source.span(*id).text().is_some_and(|text| normal(text) == normal(entry))) {
        return Ok(Vec::new());
    }
    let place = NodePlace::root(0).key(field).then(PlaceStep::Last);
    add(source, &place, &NewValue::string(entry)).map(|plan| vec![plan])
}

/// kustomize takes a file without apiVersion and kind for one as well.
fn is_kustomization(source: &YamlSource, root: SpanId) -> bool {
    let text = |key: &str| {
        source
            .span(root)
            .entries()
            .find(|(name, _)| source.span(*name).text() == Some(key))
            .and_then(|(_, value)| source.span(value).text())
    };
    source.span(root).is_map()
        && text("kind").is_none_or(|kind| kind == "Kustomization" || kind == "Component")
        && text("apiVersion").is_none_or(|version| version.starts_with("kustomize.config.k8s.io/"))
}

fn normal(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path).trim_end_matches('/')
}
