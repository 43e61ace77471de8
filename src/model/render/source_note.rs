//! The notes of `buildMetadata`: from which file an object comes, and which transformers have changed it.
//! Source: kustomize api v0.21.1 `resource/origin.go`, `resmap/reswrangler.go`.

use super::error::Result;
use super::id::text_at;
use super::node::Node;
use super::remote::RepositoryAddress;
use super::resolve::{self, Resolved, Yaml};
use super::resource::{Resource, note};
use super::resources::mark;

/// Where the build stands, relative to the folder where it started.
#[derive(Clone, Debug, Default)]
pub struct SourceNote {
    pub path: String,
    /// The lines that name another repository and its branch, tag or commit.
    repository: String,
}

/// What kustomize calls the folder of a clone that is not there yet (api v0.21.1 `repospec.go`): it is left where the address has no folder.
const NOT_CLONED: &str = "notCloned";

impl SourceNote {
    #[must_use]
    pub fn append(&self, path: &str) -> Self {
        let Some(RepositoryAddress { url, folder, reference, .. }) = RepositoryAddress::parse(path) else {
            return Self { path: clean(&format!("{}/{path}", self.path)), repository: self.repository.clone() };
        };
        let folder = clean(&folder);
        let line = |key: &str, text: &str| if text.is_empty() { String::new() } else { format!("{key}: {}\n", quoted(text)) };
        Self {
            path: if folder.is_empty() { NOT_CLONED.to_owned() } else { folder },
            repository: line("repo", &url) + &line("ref", &reference),
        }
    }

    pub fn of_file(&self) -> String {
        format!("path: {}\n{}", self.path, self.repository)
    }

    /// What a builtin of a kustomization file did.
    pub fn of_builtin(&self, file: &str, kind: &str) -> String {
        configured(&self.repository, &self.append(file).path, &[("apiVersion", "builtin"), ("kind", kind)])
    }
}

/// What a transformer or generator with its own file did; nothing when its source is not noted.
pub fn of_plugin(resource: &Resource) -> Option<String> {
    let (path, repository) = resource.annotation(note::ORIGIN)?.strip_prefix("path: ")?.split_once('\n')?;
    let meta = |key: &str| super::id::meta_text(&resource.node, key);
    let api_version = text_at(&resource.node, "apiVersion");
    Some(configured(
        repository,
        path,
        &[("apiVersion", api_version), ("kind", resource.kind()), ("name", meta("name")), ("namespace", meta("namespace"))],
    ))
}

fn configured(repository: &str, file: &str, by: &[(&str, &str)]) -> String {
    let by: String = by.iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| format!("  {key}: {text}\n")).collect();
    format!("{repository}configuredIn: {file}\nconfiguredBy:\n{by}")
}

/// A text that YAML would take for something else is in quotes.
fn quoted(text: &str) -> String {
    if resolve::plain(text, Yaml::V3) == Resolved::Str { text.to_owned() } else { format!("\"{text}\"") }
}

/// Notes the maker of a generated object, unless one is noted.
///
/// # Errors
/// Metadata that is not a mapping.
pub fn note_maker(resource: &mut Resource, text: &str) -> Result<()> {
    if resource.annotation(note::ORIGIN).is_some() {
        return Ok(());
    }
    put(resource, note::ORIGIN, text)
}

/// Notes one more transformer; an object without a source was made by it.
///
/// # Errors
/// Metadata that is not a mapping.
pub fn note_change(resource: &mut Resource, text: &str) -> Result<()> {
    if resource.annotation(note::ORIGIN).is_none() {
        return put(resource, note::ORIGIN, text);
    }
    let mut all = resource.annotation(note::TRANSFORMATIONS).unwrap_or_default().to_owned();
    for (at, line) in text.lines().enumerate() {
        all.push_str(if at == 0 { "- " } else { "  " });
        all.push_str(line);
        all.push('\n');
    }
    put(resource, note::TRANSFORMATIONS, &all)
}

fn put(resource: &mut Resource, key: &str, text: &str) -> Result<()> {
    let trace = resource.own_trace();
    resource.edit_annotations(|annotations| annotations.set(key, text, trace))
}

/// Notes the file of an object that was read.
///
/// # Errors
/// Metadata that is not a mapping.
pub fn note_file(node: &mut Resource, source: &SourceNote) -> Result<()> {
    mark(node, note::ORIGIN, &source.of_file())
}

/// Go's `filepath.Join`: `..` is taken back where there is something to take, else it stays.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join("/")
}

/// Whether two objects are the same but for the label with which a validator marks its work.
pub fn is_same_but_validated(a: &Node, b: &Node) -> bool {
    let mut b = b.clone();
    let had = super::resource::labels(&b).get(VALIDATED_BY).is_some();
    if had && super::resource::edit_meta_map(&mut b, "labels", |labels| labels.remove(VALIDATED_BY)).is_err() {
        return false;
    }
    a.is_same(&b)
}

const VALIDATED_BY: &str = "validated-by";
