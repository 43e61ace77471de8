//! `valuesFiles` of a HelmChart: the default values of a chart, put together by source-controller before helm sees it.
//!
//! Source: source-controller v1.9.4 `internal/helm/chart/builder_local.go` (`mergeFileValues`: paths of the repository), `builder_remote.go`
//! (`mergeChartValues`: paths of the chart), `metadata.go` (`OverwriteChartDefaultValues`), `api/v1beta2/helmchart_types.go` (`GetValuesFiles`).

use serde_json::{Map, Value as Json};

use super::release_values::{merge, read};
use crate::change::cautions::text_of;
use crate::render::flux;
use crate::render::node::Node;

/// The files, in the order in which each is laid over those before it. The chart's own are only among them where they are named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ValuesFiles {
    pub paths: Vec<String>,
    pub ignores_missing: bool,
}

impl ValuesFiles {
    /// As the spec of a HelmChart says it; none where the chart keeps its own values.
    pub fn of(node: &Node, spec: &[&str]) -> Option<Self> {
        let at = |key: &str| node.at(&[spec, &[key][..]].concat());
        let listed = at("valuesFiles").map(Node::items).unwrap_or_default().iter().filter_map(Node::text);
        // as they were before v1
        let last = Some(text_of(node, &[spec, &["valuesFile"][..]].concat())).filter(|file| !file.is_empty());
        let paths: Vec<_> = listed.chain(last).map(str::to_owned).collect();
        let ignores_missing = text_of(node, &[spec, &["ignoreMissingValuesFiles"][..]].concat()) == "true";
        (!paths.is_empty()).then_some(Self { paths, ignores_missing })
    }

    /// The files as paths of the repository, where the chart is one of its folders.
    pub fn folders(&self) -> impl Iterator<Item = String> {
        self.paths.iter().map(|path| flux::folder(path))
    }

    /// The text that takes the place of the chart's `values.yaml`. `content`: of a path; none where no file is there.
    ///
    /// # Errors
    /// What source-controller refuses: a file that is not there, or holds no map.
    pub fn merged(&self, content: impl Fn(&str) -> Option<Vec<u8>>) -> Result<String, String> {
        let mut all = Map::new();
        for path in self.folders() {
            let Some(bytes) = content(&path) else {
                if self.ignores_missing {
                    continue;
                }
                return Err(format!("there is no values file {path}"));
            };
            let text = String::from_utf8(bytes).map_err(|_| format!("the values file {path} is not UTF-8"))?;
            match read(&text).map_err(|why| format!("the values file {path}: {why}"))? {
                Json::Object(values) => merge(&mut all, &values),
                Json::Null => {}
                _ => return Err(format!("the values file {path} is not a map")),
            }
        }
        Ok(if all.is_empty() { String::new() } else { Json::Object(all).to_string() })
    }
}

#[cfg(test)]
#[path = "../tests/values_files.rs"]
mod tests;
