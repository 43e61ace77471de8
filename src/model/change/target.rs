//! The one object that is meant, and the builds that make it.

use super::builds::Build;
use super::compare::ObjectKey;
use crate::error::{Error, Result};
use crate::insight::field::FieldPath;
use crate::insight::named::{Named, shown};
use crate::render::Node;
use crate::render::flux::Applied;
use crate::render::repository::BuildOutcome;

/// An object, in one build, and where the very same is built too.
#[derive(Clone, Debug)]
pub struct ChangeTarget {
    pub key: ObjectKey,
    /// The first build that makes it, by its name.
    pub build: String,
    /// The others, where the field has the same layers.
    pub twins: Vec<String>,
}

/// A build that may be meant, where several make the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildChoice {
    /// As `--kustomization` takes it.
    pub build: String,
    /// `Kind namespace/name`, as it is built there.
    pub object: String,
}

/// What is found of an object that was named.
pub enum FoundTarget {
    One(ChangeTarget),
    /// Not the same: a person says which is meant.
    Several(Vec<BuildChoice>),
}

impl ChangeTarget {
    /// Finds it in what was named.
    ///
    /// # Errors
    /// It is not there (and the nearest that is).
    pub fn find(builds: &[&Build], named: &Named, field: &FieldPath, namespaces: &[String]) -> Result<FoundTarget> {
        if let [Build { outcome: BuildOutcome::Failed(error), .. }] = builds {
            return Err(error.clone().into());
        }
        let mut found: Vec<(&Applied, Vec<&Build>)> = Vec::new();
        for build in builds {
            for object in build.objects().iter().filter(|object| named.is_meant(&object.node, namespaces)) {
                match found.iter_mut().find(|(other, _)| is_same(&other.node, &object.node, field)) {
                    Some((_, builds)) => builds.push(build),
                    None => found.push((object, vec![build])),
                }
            }
        }
        match &found[..] {
            [] => Err(missing(builds, named, namespaces)),
            [(object, builds)] => {
                let twins = builds[1..].iter().map(|build| build.name.clone()).collect();
                Ok(FoundTarget::One(Self { key: ObjectKey::of(&object.node), build: builds[0].name.clone(), twins }))
            }
            several => {
                let each = |(object, builds): &(&Applied, Vec<&Build>)| {
                    let object = shown(&object.node);
                    builds
                        .iter()
                        .map(|build| BuildChoice { build: build.name.clone(), object: object.clone() })
                        .collect::<Vec<_>>()
                };
                Ok(FoundTarget::Several(several.iter().flat_map(each).collect()))
            }
        }
    }

    /// The object in a build.
    pub fn of<'b>(&self, build: &'b Build) -> Option<(usize, &'b Applied)> {
        build.objects().iter().enumerate().find(|(_, object)| ObjectKey::of(&object.node) == self.key)
    }
}

/// Also reports what could not be looked at.
fn missing(builds: &[&Build], named: &Named, namespaces: &[String]) -> Error {
    let objects = builds.iter().flat_map(|build| build.objects()).map(|object| &object.node);
    let mut error = named.missing(objects, namespaces);
    let failed: Vec<_> =
        builds.iter().filter(|build| matches!(build.outcome, BuildOutcome::Failed(_))).map(|build| build.name.as_str()).collect();
    if !failed.is_empty() {
        error.hint.push_str(&format!("; these could not be built: {}", failed.join(", ")));
    }
    error
}

/// The same value, set, composed and overridden at the same places.
fn is_same(a: &Node, b: &Node, field: &FieldPath) -> bool {
    shown(a) == shown(b)
        && match (field.reach(a), field.reach(b)) {
            (Ok(a), Ok(b)) => a.trace == b.trace && a.is_same(&b),
            (a, b) => a.is_err() && b.is_err(),
        }
}
