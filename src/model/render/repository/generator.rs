//! What an ArtifactGenerator says: the sources that it copies from, and the copies of each of its artifacts.
//!
//! Source: source-watcher v2.2.2 `api/v1beta1/artifactgenerator_types.go`, `internal/controller/artifactgenerator_pathpattern.go`,
//! `api/v1beta1/observed_source.go`: with a
//! `spec.pathPattern` an artifact is made of every folder that the pattern matches, and what it captures is filled into names and paths.

use std::collections::BTreeMap;

use regex::Regex;
use sha2::{Digest, Sha256};

use super::super::error::{BuildError, Cause, Result};
use super::super::flux::SourceRef;
use super::super::ignore::copies::Copy;
use super::super::node::{Node, Text};
use super::super::tree::{PathKind, Tree};

/// Folders of one source that a pattern is tried on.
const MOST_FOLDERS: usize = 100_000;

/// The kind, as objects have it.
pub(super) const KIND: &str = "ArtifactGenerator";

/// The sources of an ArtifactGenerator, in order.
pub fn made_of(generator: &Node) -> Vec<SourceRef> {
    let text = |node: &Node, path: &[&str]| node.at(path).and_then(Node::shared_text).cloned();
    let own = text(generator, &["metadata", "namespace"]).unwrap_or_default();
    let one = |item: &Node| SourceRef {
        kind: text(item, &["kind"]).unwrap_or_default(),
        namespace: text(item, &["namespace"]).unwrap_or_else(|| own.clone()),
        name: text(item, &["name"]).unwrap_or_default(),
    };
    items(generator, "sources").iter().map(one).collect()
}

/// The same by their aliases.
pub(super) fn aliases(generator: &Node) -> Vec<(String, SourceRef)> {
    let alias = |item: &Node| item.get("alias").and_then(Node::text).unwrap_or_default().to_owned();
    items(generator, "sources").iter().map(alias).zip(made_of(generator)).collect()
}

/// Whether it may make an artifact of this name.
pub(super) fn may_make(generator: &Node, name: &str) -> bool {
    let is_open = pattern(generator).is_some();
    let is_it = |template: &str| template == name || is_open && fits(template, name);
    items(generator, "artifacts").iter().filter_map(|output| output.get("name")?.text()).any(is_it)
}

/// The copies that make an artifact, with the places that say so; none where it makes no artifact of this name.
///
/// # Errors
/// A pattern that source-watcher refuses.
pub(super) fn copies(generator: &Node, name: &str, trees: &BTreeMap<String, &dyn Tree>) -> Result<Option<Vec<(Copy, Node)>>> {
    let outputs = || items(generator, "artifacts").iter().filter_map(|output| Some((output.get("name")?.text()?, output)));
    let Some(pattern) = pattern(generator) else {
        return Ok(outputs().find(|(own, _)| *own == name).map(|(_, output)| copies_of(output, &Captures::new())));
    };
    let mut found: Option<(String, Vec<(Copy, Node)>)> = None;
    for (folder, captures) in matches(pattern, trees)? {
        // names of objects are lower case, paths are as they are
        let lower: Captures = captures.iter().map(|(name, text)| (name.clone(), text.to_lowercase())).collect();
        for (template, output) in outputs() {
            if filled(template, &lower) != name {
                continue;
            }
            if let Some((other, _)) = &found {
                let message = format!("pathPattern `{pattern}`: both `{other}` and `{folder}` make the artifact `{name}`");
                return Err(BuildError::invalid(message));
            }
            found = Some((folder.clone(), copies_of(output, &captures)));
        }
    }
    Ok(found.map(|(_, copies)| copies))
}

/// What `status.observedSourcesDigest` is once a generator has seen these sources: alias, and digest, revision and URL of the artifact of each.
pub fn observed(sources: &[[String; 4]]) -> String {
    let part = |[alias, digest, revision, url]: &[String; 4]| format!("{alias}=[digest={digest},revision={revision},url={url}]");
    let mut parts: Vec<_> = sources.iter().map(part).collect();
    parts.sort();
    let digest = Sha256::digest(parts.join("|"));
    format!("sha256:{}", digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// What a pattern captured, by name.
type Captures = BTreeMap<String, String>;

fn items<'n>(generator: &'n Node, field: &str) -> &'n [Node] {
    generator.at(&["spec", field]).map(Node::items).unwrap_or_default()
}

fn pattern(generator: &Node) -> Option<&str> {
    generator.at(&["spec", "pathPattern"]).and_then(Node::text).filter(|text| !text.is_empty())
}

fn copies_of(output: &Node, captures: &Captures) -> Vec<(Copy, Node)> {
    let one = |item: &Node| {
        let text = |key: &str| item.get(key).and_then(Node::text).unwrap_or_default();
        let exclude = item.get("exclude").map(Node::items).unwrap_or_default();
        let copy = Copy {
            from: filled(text("from"), captures),
            to: filled(text("to"), captures),
            exclude: exclude.iter().filter_map(Node::text).map(str::to_owned).collect(),
            strategy: text("strategy").to_owned(),
        };
        (copy, item.clone())
    };
    output.get("copy").map(Node::items).unwrap_or_default().iter().map(one).collect()
}

/// The folders that a pattern matches, each with what it captures of them.
fn matches(pattern: &str, trees: &BTreeMap<String, &dyn Tree>) -> Result<Vec<(String, Captures)>> {
    let wrong = |why: &str| BuildError::invalid(format!("pathPattern `{pattern}`: {why}"));
    let (alias, path) =
        pattern.strip_prefix('@').and_then(|rest| rest.split_once('/')).ok_or_else(|| wrong("not `@alias/pattern`"))?;
    let tree = *trees.get(alias).ok_or_else(|| wrong(&format!("no source has the alias `{alias}`")))?;
    let matcher = matcher(path).ok_or_else(|| wrong("its braces do not name what they capture, each once"))?;
    let (mut found, mut todo, mut seen) = (Vec::new(), vec![String::new()], 0);
    while let Some(folder) = todo.pop() {
        for name in tree.list(&folder)? {
            let below = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if tree.entry(&below) != Some(PathKind::Folder) {
                continue;
            }
            seen += 1;
            if seen > MOST_FOLDERS {
                return Err(BuildError::new(Cause::Limit, format!("a source of more than {MOST_FOLDERS} folders"), ""));
            }
            if let Some(one) = matcher.captures(&below) {
                let names = matcher.capture_names().flatten();
                let captures = names.filter_map(|name| Some((name.to_owned(), one.name(name)?.as_str().to_owned())));
                found.push((below.clone(), captures.collect()));
            }
            todo.push(below);
        }
    }
    Ok(found)
}

/// A pattern with `{name}` for one part of a path, or some of it.
fn matcher(pattern: &str) -> Option<Regex> {
    let mut text = String::from("^");
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let is_named =
            name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_') && name.chars().all(is_name);
        if !is_named || before.contains('}') {
            return None;
        }
        text.push_str(&format!("{}(?P<{name}>[^/]+)", regex::escape(before)));
        rest = after;
    }
    text.push_str(&regex::escape(rest));
    text.push('$');
    // a name that is captured twice is none either
    Regex::new(&text).ok().filter(|_| !rest.contains('}'))
}

/// Whether a name could be a template that was filled in.
fn fits(template: &str, name: &str) -> bool {
    let mut text = String::from("^");
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, after)) = after.split_once('}') else { return false };
        text.push_str(&format!("{}.+", regex::escape(before)));
        rest = after;
    }
    text.push_str(&format!("{}$", regex::escape(rest)));
    Regex::new(&text).is_ok_and(|matcher| matcher.is_match(name))
}

fn filled(template: &str, captures: &Captures) -> String {
    captures.iter().fold(template.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// An object's identity among those that others are built with.
pub(super) fn is_one(key: &(Text, Text, Text), namespace: &Text) -> bool {
    key.0.as_ref() == KIND && key.1 == *namespace
}

#[cfg(test)]
mod tests {
    use super::super::super::node::Layer;
    use super::super::super::read::{self, TextPlace};
    use super::super::super::tree::Memory;
    use super::*;

    #[test]
    fn a_pattern_makes_an_artifact_of_every_folder_that_it_matches() {
        let text = "kind: ArtifactGenerator\nmetadata: {name: all, namespace: flux-system}\nspec:\n  pathPattern: \"@git/apps/{app}/envs/{env}\"\n  sources: [{alias: git, kind: GitRepository, name: fleet}]\n  artifacts:\n  - name: \"{env}-{app}\"\n    copy:\n    - {from: \"@git/apps/{app}/envs/{env}/**\", to: \"@artifact/{app}/\"}\n";
        let node = read::document(text.as_bytes(), &TextPlace::file(&"a.yaml".into(), Layer::Resource)).expect("YAML");
        let generator = node.expect("a document");
        let tree =
            Memory::new([("apps/Web/envs/staging/a.yaml", "x"), ("apps/Web/envs/production/a.yaml", "x"), ("apps/b.yaml", "x")]);
        let trees = BTreeMap::from([("git".to_owned(), &tree as &dyn Tree)]);
        let made = |name: &str| {
            let found = copies(&generator, name, &trees).expect("a pattern");
            found.map(|all| all.into_iter().map(|(copy, _)| format!("{} {}", copy.from, copy.to)).collect::<Vec<_>>())
        };
        assert_eq!(made("staging-web"), Some(vec!["@git/apps/Web/envs/staging/** @artifact/Web/".to_owned()]));
        assert_eq!(made("staging-other"), None);
        assert!(may_make(&generator, "staging-web") && !may_make(&generator, "web"));
        assert_eq!(aliases(&generator)[0].1.namespace.as_ref(), "flux-system");
        for wrong in ["apps/{app", "apps/{}/x", "apps/{1a}", "{a}/{a}", "a}/{b}"] {
            assert!(matcher(wrong).is_none(), "{wrong}");
        }
        assert!(matcher("a.b/{c}").is_some_and(|matcher| matcher.is_match("a.b/x") && !matcher.is_match("aXb/x")));
    }
}
