//! The content of a source, if it is this repository: its artifact.
//!
//! A GitRepository is this repository if it is the one that the cluster begins with, or has the same URL and no other branch than that
//! one, which is assumed to be what is looked at. An OCIRepository or a Bucket may be a folder of it ([`super::artifacts`]). An ExternalArtifact is
//! composed from such sources by its ArtifactGenerator. The content of any other source is unknown here.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::super::error::{BuildError, Cause, Result};
use super::super::flux::{self, Rendered, SourceRef, Spec};
use super::super::ignore::copies::Assembled;
use super::super::ignore::{Artifact, IgnoreRules};
use super::super::node::{Location, Node, Notation, Origin, Text};
use super::super::remote::{RemoteUses, Remotes};
use super::super::tree::{self, Tree};
use super::super::{Built, Cache};
use super::artifacts::{ArtifactFolder, Artifacts, is_pushed, rerooted};
use super::generator;
use super::index::Index;
use super::kept::Base;

/// Kind, namespace and name.
pub(super) type ObjectKey = (Text, Text, Text);

/// Objects of a cluster.
pub type Objects = BTreeMap<ObjectKey, Node>;

/// Generators that take what other generators made; nobody stacks more.
const DEEPEST: usize = 5;

/// What sources leave out, by their `spec.ignore`.
pub type KnownRules = HashMap<Option<Text>, Arc<IgnoreRules>>;

/// The repository's files, and the artifacts of them by what sources leave out.
pub struct Files<'s> {
    index: &'s Index<'s>,
    rules: RefCell<KnownRules>,
    artifacts: RefCell<HashMap<Option<Text>, Rc<Artifact<'s>>>>,
}

impl<'s> Files<'s> {
    /// `rules`: those that are known already of an index like this.
    pub fn new(index: &'s Index<'s>, rules: KnownRules) -> Self {
        Self { index, rules: RefCell::new(rules), artifacts: RefCell::default() }
    }

    /// The rules that are known by now.
    pub fn into_rules(self) -> KnownRules {
        self.rules.into_inner()
    }

    /// # Errors
    /// The rules cannot be read.
    pub fn artifact(&self, ignore: Option<&Text>) -> Result<Rc<Artifact<'s>>> {
        let key = ignore.cloned();
        if let Some(known) = self.artifacts.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let made = Rc::new(Artifact::new(self.index, self.rules(&key)?));
        self.artifacts.borrow_mut().insert(key, Rc::clone(&made));
        Ok(made)
    }

    fn rules(&self, ignore: &Option<Text>) -> Result<Arc<IgnoreRules>> {
        if let Some(known) = self.rules.borrow().get(ignore) {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(IgnoreRules::of(self.index, ignore.as_deref())?);
        self.rules.borrow_mut().insert(ignore.clone(), Arc::clone(&made));
        Ok(made)
    }
}

/// The sources of one cluster.
pub struct Sources<'s, 'f> {
    pub files: &'s Files<'f>,
    pub artifacts: &'s Artifacts<'s>,
    /// The sources that the cluster begins with.
    pub own: &'s [SourceRef],
    pub objects: &'s Objects,
}

/// A source's tree, or why it cannot be known.
pub enum Held<'t> {
    Artifact(Rc<Artifact<'t>>),
    Assembled(Assembled),
    /// What is made from a folder of it, without the files outside of that folder.
    Folder(Rc<Artifact<'t>>, ArtifactFolder),
    Elsewhere(String),
    /// It cannot be made: what copies from it says what is not there.
    Failed(BuildError),
}

impl<'s, 'f> Sources<'s, 'f> {
    /// # Errors
    /// The repository cannot be read.
    pub fn hold(&self, source: &SourceRef) -> Result<Held<'f>> {
        self.hold_at(source, 0)
    }

    /// What makes two answers of [`Self::hold`] the same, as long as the repository is.
    pub fn key(&self, source: &SourceRef) -> String {
        let object = self.find(&source.kind, &source.namespace, &source.name);
        let mut key = format!("{}/{}/{}", source.kind, source.namespace, source.name);
        let mut add = |node: Option<&Node>, path: &[&str]| {
            if let Some(part) = node.and_then(|node| node.at(path)) {
                key += "\n";
                key += &super::super::write::yaml(part).unwrap_or_default();
            }
        };
        let has_more = object.is_some_and(|object| object.at(&["spec", "include"]).is_some());
        if has_more || source.kind.as_ref() == "ExternalArtifact" {
            // it is made of others, and those of others
            let made_of = |kind: &str| matches!(kind, "GitRepository" | generator::KIND);
            self.objects.iter().filter(|(key, _)| made_of(&key.0)).for_each(|(_, node)| add(Some(node), &["spec"]));
        } else {
            add(object, &["spec", "ignore"]);
        }

        if !self.own.contains(source) {
            for path in [&["spec", "url"], &["spec", "ref"]] {
                add(object, path);
                self.own.iter().for_each(|own| add(self.find(&own.kind, &own.namespace, &own.name), path));
            }
        }
        key.extend(self.folder(source).map(|found| format!("\nin {}", found.folder)));
        key
    }

    fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&'s Node> {
        self.objects.get(&(kind.into(), namespace.into(), name.into()))
    }

    fn hold_at(&self, source: &SourceRef, depth: usize) -> Result<Held<'f>> {
        let object = self.find(&source.kind, &source.namespace, &source.name);
        let called = format!("{} {}/{}", source.kind, source.namespace, source.name);
        match (source.kind.as_ref(), object) {
            _ if depth > DEEPEST => Ok(Held::Elsewhere(format!("{called} is made of itself"))),
            ("GitRepository", _) if self.is_own(source, object) => self.git(object, depth),
            ("GitRepository", Some(object)) => Ok(Held::Elsewhere(match branch(object).filter(|_| self.has_own_url(object)) {
                Some(branch) => format!("{called} is this repository's branch `{branch}`"),
                None => format!("{called} is another repository"),
            })),
            ("ExternalArtifact", _) => self.external(source, &called, depth),
            _ if is_pushed(source) => self.pushed(source, object, &called),
            _ if self.own.contains(source) => self.git(object, depth),
            (_, Some(_)) => Ok(Held::Elsewhere(format!("{called} is not a git repository"))),
            (_, None) => Ok(Held::Elsewhere(format!("{called} is declared nowhere in this repository"))),
        }
    }

    fn is_own(&self, source: &SourceRef, object: Option<&Node>) -> bool {
        let Some(object) = object.filter(|_| !self.own.contains(source)) else { return self.own.contains(source) };
        let is_branch = |own: &Node| match (branch(own), branch(object)) {
            (Some(own), Some(other)) => own == other,
            // a tag or a commit may be of any branch
            _ => true,
        };
        self.own_alike(object).any(is_branch)
    }

    fn has_own_url(&self, object: &Node) -> bool {
        self.own_alike(object).next().is_some()
    }

    /// The sources that the cluster begins with and that have the URL of another one.
    fn own_alike(&self, other: &Node) -> impl Iterator<Item = &'s Node> {
        let url = |node: &Node| node.at(&["spec", "url"]).and_then(Node::text).map(same_url);
        let wanted = url(other);
        let own = self.own.iter().filter_map(|own| self.find(&own.kind, &own.namespace, &own.name));
        own.filter(move |own| wanted.is_some() && url(own) == wanted)
    }

    /// The folder that an artifact is made from; none where that is not known.
    pub fn folder(&self, source: &SourceRef) -> Option<ArtifactFolder> {
        let object = self.find(&source.kind, &source.namespace, &source.name);
        let url = object.and_then(|node| node.at(&["spec", "url"])).and_then(Node::text);
        is_pushed(source).then(|| self.artifacts.of(source, url)).flatten()
    }

    fn pushed(&self, source: &SourceRef, object: Option<&Node>, called: &str) -> Result<Held<'f>> {
        match (self.folder(source), object) {
            (Some(folder), _) => Ok(Held::Folder(self.files.artifact(None)?, folder)),
            (None, None) if !self.own.contains(source) => {
                Ok(Held::Elsewhere(format!("{called} is declared nowhere in this repository")))
            }
            (None, _) => Ok(Held::Elsewhere(format!(
                "{called} is not a git repository, and no folder of this one is known to be pushed there ([[artifacts]] in .fluxdeck.toml)"
            ))),
        }
    }

    fn git(&self, object: Option<&Node>, depth: usize) -> Result<Held<'f>> {
        let ignore = object.and_then(|node| node.at(&["spec", "ignore"])).and_then(Node::shared_text);
        let includes = object.and_then(|node| node.at(&["spec", "include"])).map(Node::items).unwrap_or_default();
        if includes.is_empty() {
            return Ok(Held::Artifact(self.files.artifact(ignore)?));
        }
        // links are not copied either
        let mut all = Assembled::of(self.files.index)?;
        let namespace =
            object.and_then(|node| node.at(&["metadata", "namespace"])).and_then(Node::shared_text).cloned().unwrap_or_default();
        for include in includes {
            let text = |path: &[&str]| include.at(path).and_then(Node::shared_text).cloned().unwrap_or_default();
            let name = text(&["repository", "name"]);
            let other = SourceRef { kind: "GitRepository".into(), namespace: namespace.clone(), name: name.clone() };
            let to = text(&["toPath"]);
            let to = if to.is_empty() { name } else { to };
            match self.hold_at(&other, depth + 1)? {
                Held::Elsewhere(why) => return Ok(Held::Elsewhere(format!("it includes what is not here: {why}"))),
                Held::Failed(error) => return Ok(Held::Failed(error)),
                Held::Artifact(tree) | Held::Folder(tree, _) => all.include(&*tree, &text(&["fromPath"]), &to)?,
                Held::Assembled(tree) => all.include(&tree, &text(&["fromPath"]), &to)?,
            }
        }
        let rules = IgnoreRules::of(&all, ignore.map(AsRef::as_ref))?;
        Ok(Held::Assembled(Assembled::of(&Artifact::new(&all, rules))?))
    }

    fn generators(&self, source: &SourceRef) -> Vec<&'s Node> {
        let of_namespace = self.objects.iter().filter(|(key, _)| generator::is_one(key, &source.namespace));
        of_namespace.map(|(_, node)| node).filter(|node| generator::may_make(node, &source.name)).collect()
    }

    fn external(&self, source: &SourceRef, called: &str, depth: usize) -> Result<Held<'f>> {
        for maker in self.generators(source) {
            let mut trees: BTreeMap<String, Assembled> = BTreeMap::new();
            for (alias, of) in generator::aliases(maker) {
                let tree = match self.hold_at(&of, depth + 1)? {
                    Held::Elsewhere(why) => return Ok(Held::Elsewhere(format!("{called} is made of what is not here: {why}"))),
                    Held::Failed(error) => return Ok(Held::Failed(error)),
                    Held::Artifact(tree) => Assembled::of(&*tree)?,
                    Held::Assembled(tree) => tree,
                    Held::Folder(tree, found) => {
                        let mut all = Assembled::default();
                        all.include(&*tree, &found.folder, "")?;
                        all
                    }
                };
                trees.insert(alias, tree);
            }
            let sources = trees.iter().map(|(alias, tree)| (alias.clone(), tree as &dyn Tree)).collect();
            let copies = match generator::copies(maker, &source.name, &sources) {
                Ok(Some(copies)) => copies,
                Ok(None) => continue,
                Err(error) => return Ok(Held::Failed(error)),
            };
            let mut made = Assembled::default();
            for (copy, item) in copies {
                if let Err(error) = made.copy(&copy, &sources) {
                    return Ok(Held::Failed(error.at(item.origin())));
                }
            }
            return Ok(Held::Assembled(Assembled::of(&Artifact::new(&made, IgnoreRules::default()))?));
        }
        Ok(Held::Elsewhere(format!("{called} is made by nothing that is known here")))
    }
}

impl Held<'_> {
    /// A Kustomization of it, as its repository has the files. Or why it is not here.
    pub fn base(self, spec: &Spec, parsed: &Cache, remotes: &Remotes) -> std::result::Result<Base, String> {
        Ok(match self {
            Self::Artifact(tree) => Base::new(flux::render(&*tree, spec, parsed, remotes), false),
            // its files were put together from several
            Self::Assembled(tree) => Base::new(in_repository(flux::render(&tree, spec, parsed, remotes), &tree), true),
            Self::Folder(tree, found) => {
                let rendered = flux::render(&*tree, &rerooted(spec, &found.folder), parsed, remotes);
                Base::new(within(rendered, &found), false)
            }
            Self::Failed(error) => {
                Base::new(Rendered { objects: Err(error), files: BTreeSet::new(), remotes: RemoteUses::default() }, false)
            }
            Self::Elsewhere(why) => return Err(why),
        })
    }
}

/// The same, said with the paths of the repository: where each copied file was copied from.
fn in_repository(rendered: Rendered, from: &Assembled) -> Rendered {
    let files = rendered.files.iter().flat_map(|file| from.read_from(file)).collect();
    let place = |file: &Text| from.origin(file);
    let known: RefCell<HashMap<Text, Option<Arc<Location>>>> = RefCell::default();
    let moved = |origin: &Origin| {
        let Some(file) = origin.file() else { return origin.clone() };
        let find = || place(file).map(|path| Arc::new(Location::File(path)));
        match known.borrow_mut().entry(file.clone()).or_insert_with(find).clone() {
            Some(location) => Origin { location, ..origin.clone() },
            // merged, or out of an archive: no file of the repository holds it
            None => origin.as_form(Notation::Maker),
        }
    };
    let objects = match rendered.objects {
        Ok(objects) => Ok(objects.into_iter().map(|built| Built { node: built.node.moved(&moved), ..built }).collect()),
        Err(mut error) => {
            error.file = error.file.map(|file| place(&file).unwrap_or(file));
            Err(error)
        }
    };
    Rendered { objects, files, ..rendered }
}

/// The same, without what is outside of the folder that an artifact is made from: it is not in there.
fn within(rendered: Rendered, found: &ArtifactFolder) -> Rendered {
    let is_outside = |file: &&Text| {
        let path = file.trim_end_matches('/');
        path != found.folder && !tree::is_below(path, &found.folder)
    };
    let outside = rendered.files.iter().find(is_outside).cloned();
    let Some(file) = outside.filter(|_| rendered.objects.is_ok()) else { return rendered };
    let message = format!("`{file}` is not in the artifact, which is made from `{}`: {}", found.folder, found.rule.word());
    let hint = "put it below that folder, or correct `path` of [[artifacts]] in .fluxdeck.toml";
    Rendered { objects: Err(BuildError::new(Cause::Missing, message, hint).in_file(&file)), ..rendered }
}

/// The branch of a GitRepository; none where it is at a tag or a commit, or says nothing. Source: source-controller v1.9
/// `api/v1/gitrepository_types.go` (GitRepositoryRef: a commit, a name, a semver and a tag go before the branch).
fn branch(object: &Node) -> Option<&str> {
    let text = |key: &str| object.at(&["spec", "ref", key]).and_then(Node::text).filter(|text| !text.is_empty());
    let is_pinned = ["commit", "semver", "tag"].into_iter().any(|key| text(key).is_some());
    match text("name") {
        Some(name) => name.strip_prefix("refs/heads/").filter(|_| text("commit").is_none()),
        None => text("branch").filter(|_| !is_pinned),
    }
}

/// Whether two URLs are of one repository.
pub fn is_same_url(one: &str, other: &str) -> bool {
    same_url(one) == same_url(other)
}

/// An URL without what does not change the repository.
pub(super) fn same_url(url: &str) -> String {
    let url = url.trim_end_matches('/').trim_end_matches(".git");
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.rsplit_once('@').map_or(rest, |(_, rest)| rest).to_lowercase()
}
