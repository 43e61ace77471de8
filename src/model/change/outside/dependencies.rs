//! What a chart in a folder needs of other charts, and has not with it: source-controller brings them before it packs the chart.
//!
//! Source: source-controller v1.9.4 `internal/helm/chart/dependency_manager.go` (`Build`, `collectMissing`, `secureLocalChartPath`), `metadata.go`
//! (`LoadChartMetadataFromDir`: Chart.yaml, and requirements.yaml of old charts).

use serde_json::Value as Json;

use super::release_values::read;
use crate::domain::text::sanitise_line;
use crate::render::tree::{Tree, join};

/// Most that one chart may need.
const MOST: usize = 50;
/// Where the charts are that it has with it.
const FOLDER: &str = "charts";

/// A chart that is needed, and is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeededChart {
    pub name: String,
    pub from: ChartOrigin,
}

/// Where it is brought from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChartOrigin {
    /// Another folder of the repository.
    Folder(String),
    /// A repository in the network, with a version or a range.
    Network { url: String, version: String },
}

/// What a chart says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChartFolder {
    pub version: String,
    pub needed: Vec<NeededChart>,
}

impl ChartFolder {
    /// Reads the chart in a folder of a tree.
    ///
    /// # Errors
    /// It is not a chart, or it needs one that nobody knows where to bring from.
    pub fn of(tree: &dyn Tree, folder: &str) -> Result<Self, String> {
        let file = |name: &str| read_file(tree, folder, name);
        let chart = file("Chart.yaml")?.ok_or_else(|| format!("there is no Chart.yaml in ./{folder}"))?;
        let list = |file: &Json| file["dependencies"].as_array().cloned().unwrap_or_default();
        let mut asked = list(&chart);
        for name in ["requirements.yaml", "Chart.lock", "requirements.lock"] {
            // what is locked is brought in that version
            let found = file(name)?.map(|file| list(&file)).unwrap_or_default();
            asked = if found.is_empty() { asked } else { found };
        }
        let text = |one: &Json, key: &str| one[key].as_str().unwrap_or_default().to_owned();
        let here = tree.list(&below(folder, FOLDER)).unwrap_or_default();
        let mut needed = Vec::new();
        for one in asked.iter().take(MOST) {
            let (name, alias) = (text(one, "name"), text(one, "alias"));
            // it becomes the name of a folder
            if !is_name(&name) {
                return Err(format!("it needs `{}`, which is not the name of a chart", sanitise_line(&name)));
            }
            if [&name, &alias].into_iter().any(|name| !name.is_empty() && is_there(&here, name)) {
                continue;
            }
            let from = origin(folder, &text(one, "repository"), &text(one, "version"));
            let from = from.ok_or_else(|| format!("it needs the chart {}, which is not with it", sanitise_line(&name)))?;
            needed.push(NeededChart { name, from });
        }
        Ok(Self { version: text(&chart, "version"), needed })
    }
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

fn read_file(tree: &dyn Tree, folder: &str, name: &str) -> Result<Option<Json>, String> {
    let path = below(folder, name);
    if tree.entry(&path).is_none() {
        return Ok(None);
    }
    let bytes = tree.read(&path).map_err(|error| error.message)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| format!("{path} is not UTF-8"))?;
    read(text).map(Some).map_err(|why| format!("{path}: {why}"))
}

/// As helm has them (`pkg/chart/v2/metadata.go`): never a path.
fn is_name(name: &str) -> bool {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    name.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && name.chars().all(is_plain)
}

/// As a folder, or packed: `redis-18.1.0.tgz`, which is not `redis-cluster-1.0.0.tgz`.
fn is_there(here: &[String], name: &str) -> bool {
    let is_packed = |file: &String| {
        let version = file.strip_suffix(".tgz").and_then(|file| file.strip_prefix(name)?.strip_prefix('-'));
        version.is_some_and(|version| version.trim_start_matches('v').starts_with(|letter: char| letter.is_ascii_digit()))
    };
    here.iter().any(|file| file == name || is_packed(file))
}

fn origin(folder: &str, repository: &str, version: &str) -> Option<ChartOrigin> {
    if let Some(path) = repository.strip_prefix("file://") {
        return Some(ChartOrigin::Folder(join(folder, path)?));
    }
    let is_network = ["https://", "http://", "oci://"].iter().any(|scheme| repository.starts_with(scheme));
    let version = if version.is_empty() { "*" } else { version };
    is_network.then(|| ChartOrigin::Network { url: repository.to_owned(), version: version.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tree::Memory;

    fn of(chart: &str, more: &[(&str, &str)]) -> Result<ChartFolder, String> {
        let text = format!("name: web\nversion: 1.2.0\n{chart}");
        let files = [("deploy/web/Chart.yaml", text.as_str())];
        ChartFolder::of(&Memory::new(files.into_iter().chain(more.iter().copied())), "deploy/web")
    }

    #[test]
    fn a_chart_needs_what_it_names_and_has_not_with_it() {
        let network = |url: &str, version: &str| ChartOrigin::Network { url: url.to_owned(), version: version.to_owned() };
        let redis = "dependencies: [{name: redis, version: 18.x, repository: 'https://c.test'}]\n";
        let lock = "dependencies: [{name: redis, version: 18.1.0, repository: 'https://c.test'}]\n";
        for (chart, more, expected) in [
            ("", vec![], Ok(vec![])),
            (redis, vec![], Ok(vec![("redis", network("https://c.test", "18.x"))])),
            (redis, vec![("deploy/web/Chart.lock", lock)], Ok(vec![("redis", network("https://c.test", "18.1.0"))])),
            (redis, vec![("deploy/web/charts/redis-18.1.0.tgz", "")], Ok(vec![])),
            (redis, vec![("deploy/web/charts/redis/Chart.yaml", "")], Ok(vec![])),
            (
                redis,
                vec![("deploy/web/charts/redis-cluster-1.0.0.tgz", "")],
                Ok(vec![("redis", network("https://c.test", "18.x"))]),
            ),
            ("", vec![("deploy/web/requirements.yaml", redis)], Ok(vec![("redis", network("https://c.test", "18.x"))])),
            (
                "dependencies: [{name: db, repository: 'oci://r.test/charts'}]\n",
                vec![],
                Ok(vec![("db", network("oci://r.test/charts", "*"))]),
            ),
            (
                "dependencies: [{name: db, repository: 'file://../db'}]\n",
                vec![],
                Ok(vec![("db", ChartOrigin::Folder("deploy/db".to_owned()))]),
            ),
            (
                "dependencies: [{name: db, repository: 'file://../../../db'}]\n",
                vec![],
                Err("it needs the chart db, which is not with it"),
            ),
            ("dependencies: [{name: db, repository: '@ours'}]\n", vec![], Err("it needs the chart db, which is not with it")),
            (
                "dependencies: [{name: ../../x, repository: 'file://../db'}]\n",
                vec![],
                Err("it needs `../../x`, which is not the name of a chart"),
            ),
            ("dependencies: [\n", vec![], Err("deploy/web/Chart.yaml: they are not YAML")),
        ] {
            match (of(chart, &more), expected) {
                (Ok(found), Ok(expected)) => {
                    let needed: Vec<_> = found.needed.iter().map(|one| (one.name.as_str(), one.from.clone())).collect();
                    assert_eq!((found.version.as_str(), needed), ("1.2.0", expected), "{chart} {more:?}");
                }
                (Err(found), Err(expected)) => assert!(found.starts_with(expected), "{chart}: {found}"),
                (found, _) => panic!("{chart} {more:?}: {found:?}"),
            }
        }
        let none = ChartFolder::of(&Memory::new([("a", "")]), "");
        assert_eq!(none, Err("there is no Chart.yaml in ./".to_owned()));
    }
}
