//! A file or folder listed in a kustomization.

use super::{Plan, add};
use crate::edit::place::{Place, Step};
use crate::edit::refusal::Refusal;
use crate::edit::text::{Id, Source};
use crate::edit::wish::Value;

/// Nothing is done where it is listed already, however it is spelled.
pub fn ways(source: &Source, field: &str, entry: &str) -> Result<Vec<Plan>, Refusal> {
    let root = source.root(0).filter(|root| is_kustomization(source, *root)).ok_or(Refusal::NotKustomization)?;
    let list = source.step_down(root, &Step::Key(field.to_owned()))?;
    let listed = list.map_or(&[] as &[Id], |list| &source.span(list).children);
    if listed.iter().any(|id| source.span(*id).text().is_some_and(|text| normal(text) == normal(entry))) {
        return Ok(Vec::new());
    }
    let place = Place::root(0).key(field).then(Step::Last);
    add(source, &place, &Value::string(entry)).map(|plan| vec![plan])
}

/// kustomize takes a file without apiVersion and kind for one as well.
fn is_kustomization(source: &Source, root: Id) -> bool {
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
