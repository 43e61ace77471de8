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

impl ChangeTarget {
    /// Finds it in what was named.
    ///
    /// # Errors
    /// It is not there (and the nearest that is), or it is there in several ways.
    pub fn find(builds: &[&Build], named: &Named, field: &FieldPath, namespaces: &[String]) -> Result<Self> {
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
                Ok(Self { key: ObjectKey::of(&object.node), build: builds[0].name.clone(), twins })
            }
            _ => {
                let name = |(object, builds): &(&Applied, Vec<&Build>)| {
                    let names: Vec<_> = builds.iter().map(|build| build.name.as_str()).collect();
                    format!("{} of {}", shown(&object.node), names.join(", "))
                };
                let names: Vec<_> = found.iter().map(name).collect();
                let hint = format!("name one with -n or --kustomization: {}", names.join("; "));
                Err(Error::failed(format!("{} is built in {} ways", shown(&found[0].0.node), found.len()), hint))
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
