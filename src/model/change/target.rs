//! The one object that is meant, and the builds that make it.

use super::builds::Build;
use super::compare::ObjectKey;
use super::wanted::{BuiltObject, WantedChange, WantedOf};
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
    /// Not the same: a person says which is meant. With the field that was looked at, as it was written.
    Several(String, Vec<BuildChoice>),
}

impl ChangeTarget {
    /// Finds it in what was named. `all`: everything that is built, for what is wanted may be decided elsewhere.
    ///
    /// # Errors
    /// It is not there (and the nearest that is); what is wanted does not fit it.
    pub fn find(
        builds: &[&Build],
        all: &[&Build],
        named: &Named,
        wanted: WantedOf<'_>,
        namespaces: &[String],
    ) -> Result<FoundTarget> {
        if let [Build { outcome: BuildOutcome::Failed(error), .. }] = builds {
            return Err(error.clone().into());
        }
        let mut found: Vec<(&Applied, WantedChange, Vec<&Build>)> = Vec::new();
        for own in builds {
            for object in own.objects().iter().filter(|object| named.is_meant(&object.node, namespaces)) {
                let wanted = wanted(&BuiltObject { object, own, all })?;
                match found.iter_mut().find(|(other, same, _)| *same == wanted && is_same(&other.node, &object.node, &wanted)) {
                    Some((_, _, builds)) => builds.push(own),
                    None => found.push((object, wanted, vec![own])),
                }
            }
        }
        match &found[..] {
            [] => Err(missing(builds, named, namespaces)),
            [(object, _, builds)] => {
                let twins = builds[1..].iter().map(|build| build.name.clone()).collect();
                Ok(FoundTarget::One(Self { key: ObjectKey::of(&object.node), build: builds[0].name.clone(), twins }))
            }
            several => {
                let each = |(object, _, builds): &(&Applied, WantedChange, Vec<&Build>)| {
                    let object = shown(&object.node);
                    builds
                        .iter()
                        .map(|build| BuildChoice { build: build.name.clone(), object: object.clone() })
                        .collect::<Vec<_>>()
                };
                let field = several[0].1.fields().first().map(|wanted| wanted.written.clone()).unwrap_or_default();
                Ok(FoundTarget::Several(field, several.iter().flat_map(each).collect()))
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

/// The same values, set, composed and overridden at the same places.
fn is_same(a: &Node, b: &Node, wanted: &WantedChange) -> bool {
    let reads_same = |field: &FieldPath| match (field.reach(a), field.reach(b)) {
        (Ok(a), Ok(b)) => a.trace == b.trace && a.is_same(&b),
        (a, b) => a.is_err() && b.is_err(),
    };
    shown(a) == shown(b)
        && match wanted {
            WantedChange::Own(fields) => fields.iter().all(|wanted| reads_same(&wanted.field)),
            WantedChange::Other(..) => true,
        }
}
