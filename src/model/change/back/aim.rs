//! What commits are taken back of: all that a Kustomization applies and what says how, or one object and what it takes its values from.

use std::collections::BTreeSet;

use super::super::builds::{Build, Builds, ChangeScope};
use super::super::compare::{ObjectKey, compare};
use super::super::edited::{EditedFiles, EditedTree};
use super::super::plan::{Begun, ChangeContext, MeantObject, ambiguous, applied, begin};
use super::super::target::{BuildChoice, ChangeTarget};
use super::super::{Refused, WantedChange};
use crate::error::Result;
use crate::insight::field::scalars;
use crate::insight::setting;
use crate::kinds;
use crate::render::Node;
use crate::render::flux::{self, Applied};
use crate::render::generate::GeneratedKind;
use crate::render::id::{meta_text, text_at};
use crate::render::node::Text;
use crate::render::origin::Layer;
use crate::render::repository::BuildOutcome;
use crate::render::tree::Tree;

/// Everything that is built of some files, as far as it counts.
#[derive(Clone, Debug)]
pub struct Rendering {
    /// What builds the object; none where nothing declares it there.
    pub own: Option<Build>,
    pub others: Vec<Build>,
}

impl Rendering {
    fn all(&self) -> impl Iterator<Item = &Build> {
        self.own.iter().chain(&self.others)
    }
}

/// What commits are taken back of.
#[derive(Clone, Debug)]
pub struct Aim {
    pub target: ChangeTarget,
    /// What builds it, of the newest files.
    pub own: Build,
    /// The rest of them; none where nobody has asked for it yet.
    pub others: Option<Vec<Build>>,
    /// Whether all that `own` applies is meant: the object is its Kustomization.
    pub is_of_build: bool,
}

/// How two renderings differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackEffect {
    /// Differences of what is meant.
    pub own: usize,
    /// Others.
    pub besides: usize,
    /// What cannot be built then, though it could.
    pub fault: Option<String>,
    /// What is meant can be built neither before nor then: nothing can be said.
    pub is_unknown: bool,
}

/// What is found of an object that was named.
pub enum Aimed {
    At(Box<Aim>),
    Several(Box<Refused>),
}

impl Aim {
    /// Finds what is meant, in the newest files.
    ///
    /// # Errors
    /// It is not there, or the tree cannot be read.
    pub fn find(context: &ChangeContext<'_>, builds: &mut Builds<'_>, meant: &MeantObject) -> Result<Aimed> {
        if let Some(found) = of_kustomization(context, builds, meant)? {
            return Ok(found);
        }
        let nothing = |_: &super::super::BuiltObject<'_>| Ok(WantedChange::Own(Vec::new()));
        Ok(match begin(context, builds, &meant.named, &meant.namespaces, &nothing)? {
            Begun::One(target, state) => {
                Aimed::At(Box::new(Self { target, own: state.own, others: state.others, is_of_build: false }))
            }
            Begun::Several(_, choices) => Aimed::Several(Box::new(ambiguous(meant.named.to_string(), choices))),
        })
    }

    /// Builds some tree as far as it counts for belonging.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn rendered(&self, scope: &ChangeScope, builds: &mut Builds<'_>, tree: &dyn Tree) -> Result<Rendering> {
        if let ChangeScope::Folder { variables, .. } = scope {
            return Ok(Rendering { own: Some(builds.folder(tree, &self.own.folder, variables.as_ref())), others: Vec::new() });
        }
        let mut all = builds.members(tree)?;
        if let (ChangeScope::Applied { request: Some(request), .. }, None) = (scope, self.own.cluster) {
            return Ok(Rendering { own: Some(builds.requested(tree, request)?), others: all });
        }
        let own = all.iter().position(|build| build.is_same(&self.own)).map(|at| all.remove(at));
        Ok(Rendering { own, others: all })
    }

    /// The same with some files of the tree as others.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn rendered_with(
        &self,
        scope: &ChangeScope,
        builds: &mut Builds<'_>,
        tree: &dyn Tree,
        files: &EditedFiles,
    ) -> Result<Rendering> {
        self.rendered(scope, builds, &EditedTree { tree, files })
    }

    /// How one rendering becomes another.
    pub fn effect(&self, from: &Rendering, to: &Rendering) -> BackEffect {
        let keys: BTreeSet<String> = self.keys(from).chain(self.keys(to)).map(|key| named(&key)).collect();
        let mut effect = BackEffect::default();
        for old in from.all() {
            let is_own = old.is_same(&self.own);
            let new = to.all().find(|new| new.is_same(old)).map(|new| &new.outcome);
            match (&old.outcome, new) {
                (BuildOutcome::Built(before), Some(BuildOutcome::Built(after))) => {
                    for (_, one) in compare(before, after).differences {
                        *(if self.is_meant(old, &one.key, &keys) { &mut effect.own } else { &mut effect.besides }) += 1;
                    }
                }
                (BuildOutcome::Built(_), Some(BuildOutcome::Failed(error))) => effect.fault = Some(error.to_string()),
                (BuildOutcome::Built(_), Some(BuildOutcome::Elsewhere(why))) => effect.fault = Some(why.clone()),
                (BuildOutcome::Failed(_), Some(BuildOutcome::Built(_))) => {
                    *(if is_own { &mut effect.own } else { &mut effect.besides }) += 1;
                }
                (BuildOutcome::Failed(_), Some(BuildOutcome::Failed(_))) if is_own => effect.is_unknown = true,
                (BuildOutcome::Built(_), None) => effect.besides += 1,
                _ => {}
            }
        }
        effect.besides += to.all().filter(|new| !from.all().any(|old| old.is_same(new))).count();
        effect
    }

    /// Whether an object of a build is meant. `keys`: what [`Aim::keys`] has found, by name.
    pub fn is_meant(&self, build: &Build, key: &ObjectKey, keys: &BTreeSet<String>) -> bool {
        match self.is_of_build {
            true => build.is_same(&self.own) || self.own.is_said_by(build, key),
            false => build.is_with(&self.own) && keys.contains(&named(key)),
        }
    }

    /// The names of what is meant in two states of all builds.
    pub fn names(&self, before: &Rendering, after: &Rendering) -> BTreeSet<String> {
        self.keys(before).chain(self.keys(after)).map(|key| named(&key)).collect()
    }

    /// The object, and what it takes its values from.
    fn keys<'r>(&'r self, rendering: &'r Rendering) -> impl Iterator<Item = ObjectKey> + 'r {
        let object = rendering.own.as_ref().and_then(|own| self.target.of(own)).map(|(_, object)| object);
        let beside = move |object: &'r Applied| {
            let is_source = move |other: &&Applied| is_source_of(&object.node, &other.node);
            let with = rendering.all().filter(|build| build.is_with(&self.own));
            with.flat_map(Build::objects).filter(is_source).map(|other| ObjectKey::of(&other.node))
        };
        std::iter::once(self.target.key.clone()).chain(object.into_iter().flat_map(beside))
    }

    /// The files that may make what is meant, in a rendering.
    pub fn reads(&self, rendering: &Rendering, file: &str) -> bool {
        let is_near = |build: &&Build| match self.is_of_build {
            true => {
                build.is_same(&self.own)
                    || build.objects().iter().any(|one| self.own.is_said_by(build, &ObjectKey::of(&one.node)))
            }
            false => build.is_with(&self.own),
        };
        rendering.all().filter(is_near).any(|build| build.reads(file))
    }
}

/// An object by its name, to be looked up.
fn named(key: &ObjectKey) -> String {
    format!("{} {} {} {}", key.group, key.kind, key.namespace, key.name)
}

/// The Kustomization that is meant, with what it builds; none where none is, or only a folder is looked at.
fn of_kustomization(context: &ChangeContext<'_>, builds: &mut Builds<'_>, meant: &MeantObject) -> Result<Option<Aimed>> {
    if matches!(context.scope, ChangeScope::Folder { .. }) {
        return Ok(None);
    }
    let kind = kinds::KUSTOMIZATION.kind;
    let is_it = |build: &Build| {
        let is_named = |spec: &flux::Spec| meant.named.means(flux::GROUP, kind, &spec.namespace, &spec.name, &meant.namespaces);
        build.spec.as_deref().is_some_and(is_named)
    };
    let mut all = builds.members(context.tree)?;
    if let ChangeScope::Applied { name, path, request: Some(request), .. } = &context.scope
        && applied(&all, name, path).is_err()
    {
        let own = builds.requested(context.tree, request)?;
        return Ok(is_it(&own).then(|| aimed(own, all)));
    }
    let found: Vec<&Build> = match &context.scope {
        ChangeScope::Kustomization(name) => {
            let names = builds.named(context.tree, name)?;
            all.iter().filter(|build| is_it(build) && names.contains(&build.name)).collect()
        }
        ChangeScope::Applied { name, path, .. } => applied(&all, name, path)?.into_iter().filter(|build| is_it(build)).collect(),
        _ => all.iter().filter(|build| is_it(build)).collect(),
    };
    let name = match found.as_slice() {
        [] => return Ok(None),
        [one] => one.name.clone(),
        several => {
            let choice = |build: &&Build| BuildChoice { build: build.name.clone(), object: meant.named.to_string() };
            let refused = ambiguous(meant.named.to_string(), several.iter().map(choice).collect());
            return Ok(Some(Aimed::Several(Box::new(refused))));
        }
    };
    let at = all.iter().position(|build| build.name == name).expect("it was found there");
    let own = all.remove(at);
    Ok(Some(aimed(own, all)))
}

fn aimed(own: Build, others: Vec<Build>) -> Aimed {
    let spec = own.spec.as_ref().expect("it is one of a Kustomization");
    let key = ObjectKey {
        group: flux::GROUP.to_owned(),
        kind: kinds::KUSTOMIZATION.kind.to_owned(),
        namespace: spec.namespace.to_string(),
        name: spec.name.to_string(),
    };
    let target = ChangeTarget { key, build: own.name.clone(), twins: Vec::new() };
    Aimed::At(Box::new(Aim { target, own, others: Some(others), is_of_build: true }))
}

/// Whether an object takes values from another one: what its fields name as a ConfigMap, a Secret, or the source of its chart.
fn is_source_of(object: &Node, other: &Node) -> bool {
    let (kind, name) = (text_at(other, "kind"), meta_text(other, "name"));
    let is_near = meta_text(object, "namespace") == meta_text(other, "namespace");
    let names = |path: &str, value: &str| {
        let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
        let holder = above.rsplit('.').next().unwrap_or_default().split('[').next().unwrap_or_default();
        value == name
            && match (holder, last) {
                ("configMap" | "configMapRef" | "configMapKeyRef", "name") => is_near && kind == GeneratedKind::ConfigMap.word(),
                ("secretRef" | "secretKeyRef", "name") | ("secret", "secretName") => {
                    is_near && kind == GeneratedKind::Secret.word()
                }
                // with their kinds beside them
                ("valuesFrom" | "sourceRef" | "chartRef", "name") => {
                    let beside = |key: &str| scalar(object, &format!("{above}.{key}"));
                    beside("kind").is_some_and(|named| named == kind)
                        && beside("namespace").map_or(is_near, |namespace| namespace == meta_text(other, "namespace"))
                }
                _ => false,
            }
    };
    scalars(object).iter().any(|(path, value)| value.text().is_some_and(|value| names(path, value)))
}

fn scalar(object: &Node, path: &str) -> Option<String> {
    let found = scalars(object).into_iter().find(|(known, _)| known == path);
    found.and_then(|(_, node)| node.text().map(str::to_owned))
}

/// The files and folders whose commits may have changed an object: those that it is built from. Of a Kustomization its whole folder, and where
/// its own manifest is.
///
/// # Errors
/// The object is not there, or the tree cannot be read.
pub fn history_paths(context: &ChangeContext<'_>, builds: &mut Builds<'_>, meant: &MeantObject) -> Result<Vec<String>> {
    let aim = match Aim::find(context, builds, meant)? {
        Aimed::At(aim) => *aim,
        Aimed::Several(refused) => return Err(crate::error::Error::failed(refused.why.clone(), refused.hint.clone())),
    };
    let rendering = Rendering { own: Some(aim.own.clone()), others: aim.others.clone().unwrap_or_default() };
    let mut found: BTreeSet<String> = BTreeSet::new();
    for build in rendering.all() {
        let is_meant = |one: &&Applied| {
            let key = ObjectKey::of(&one.node);
            match aim.is_of_build {
                true => !build.is_same(&aim.own) && aim.own.is_said_by(build, &key),
                false => aim.is_meant(build, &key, &aim.names(&rendering, &rendering)),
            }
        };
        build.objects().iter().filter(is_meant).for_each(|object| files_of(object, &mut found));
    }
    if aim.is_of_build || found.is_empty() {
        found.insert(aim.own.folder.clone());
        let file = |file: &Text| file.strip_suffix('/').unwrap_or(file).to_owned();
        found.extend(aim.own.files.iter().filter(|file| !file.ends_with('/')).map(file));
    }
    let below = |path: &String| found.iter().any(|other| other != path && crate::render::tree::is_below(path, other));
    let whole = found.contains("");
    Ok(if whole { Vec::new() } else { found.iter().filter(|path| !below(path)).cloned().collect() })
}

/// The files that set the fields of an object.
fn files_of(object: &Applied, found: &mut BTreeSet<String>) {
    for (_, node) in scalars(&object.node) {
        let set = setting::of(node);
        let parts = set.parts.iter().flat_map(|given| given.layers.iter().copied());
        for origin in set.layers.iter().copied().chain(parts).chain(set.written) {
            // that Flux says whose an object is, no commit changes
            if origin.layer != Layer::FluxOwner {
                found.extend(origin.file().map(|file| file.to_string()));
            }
        }
    }
}

/// How many objects of what is meant differ between two renderings, and the first of them with its field.
pub fn differing(aim: &Aim, from: &Rendering, to: &Rendering) -> Vec<String> {
    let names = aim.names(from, to);
    let mut found = Vec::new();
    for (old, new) in from.all().filter_map(|old| Some((old, to.all().find(|new| new.is_same(old))?))) {
        let (BuildOutcome::Built(before), BuildOutcome::Built(after)) = (&old.outcome, &new.outcome) else { continue };
        let own = compare(before, after).differences.into_iter().filter(|(_, one)| aim.is_meant(old, &one.key, &names));
        found.extend(own.map(|(_, one)| format!("{} {}", one.object, one.field.unwrap_or_default()).trim_end().to_owned()));
    }
    found
}
