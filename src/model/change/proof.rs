//! What a way does: everything built again with its files, and compared.

use super::builds::{Build, Builds, ChangeScope};
use super::checks::{self, Check};
use super::compare::{BuildDifference, ObjectKey, Renamed, compare, said};
use super::edited::{EditedFiles, EditedTree};
use super::target::ChangeTarget;
use super::value::Typed;
use super::wanted::WantedField;
use crate::error::Result;
use crate::insight::field::{FieldPath, PathPart};
use crate::insight::named::shown;
use crate::insight::schema::Schemas;
use crate::render::Node;
use crate::render::flux::Applied;
use crate::render::id::meta_text;
use crate::render::repository::BuildOutcome;
use crate::render::tree::Tree;
use crate::render::write;

/// Everything as it is built with some state of the files.
#[derive(Clone, Debug)]
pub struct TrialState {
    /// The files that differ from those in the repository.
    pub files: EditedFiles,
    /// What builds the object.
    pub own: Build,
    /// The rest; none where nobody has asked for it yet.
    pub others: Option<Vec<Build>>,
}

impl TrialState {
    /// Everything that is built, as far as anybody asked for it; first what builds the object.
    pub fn builds(&self) -> Vec<&Build> {
        std::iter::once(&self.own).chain(self.others.iter().flatten()).collect()
    }

    /// Makes the build that is the same as another one its own.
    pub fn turn_to(&mut self, build: &Build) {
        if !self.own.is_same(build)
            && let Some(other) = self.others.iter_mut().flatten().find(|other| other.is_same(build))
        {
            std::mem::swap(&mut self.own, other);
        }
    }
}

/// What a way that does what is wanted does besides.
#[derive(Clone, Debug, Default)]
pub struct ChangeProof {
    /// Other fields of what was named.
    pub inside: Vec<BuildDifference>,
    /// Fields of others, by the build's name.
    pub elsewhere: Vec<(String, Vec<BuildDifference>)>,
    /// Fields of what says how the named is built, where that is what was changed: its Flux Kustomization, a ConfigMap of variables.
    pub said: Vec<(String, BuildDifference)>,
    /// What could be built before and cannot any more, and why.
    pub broken: Vec<(String, String)>,
    /// The same of what the changed object itself says how to build, where only its folder was named: a `spec.path` or `sourceRef` that leads
    /// elsewhere is what was asked for.
    pub stopped: Vec<(String, String)>,
    /// What cannot be built, before and after, and why.
    pub unproven: Vec<(String, String)>,
    /// Who reads the files that change, besides what was named.
    pub readers: Vec<String>,
    /// Generated objects whose names follow, and how many references follow those.
    pub renamed: Vec<Renamed>,
    pub followed: usize,
    pub checks: Vec<Check>,
}

impl ChangeProof {
    /// Whether nothing but the wanted field changes, as far as that counts: in a folder that was named, what others build of the same files
    /// is said, and does not hinder.
    pub fn is_clean(&self, scope: &ChangeScope) -> bool {
        let is_folder = matches!(scope, ChangeScope::Folder { .. });
        self.broken.is_empty() && self.inside.is_empty() && (is_folder || self.elsewhere.is_empty())
    }

    /// How many fields and objects change besides.
    pub fn besides(&self) -> usize {
        self.inside.len() + self.elsewhere.iter().map(|(_, differences)| differences.len()).sum::<usize>()
    }
}

/// What is to be shown.
pub struct Claim<'a> {
    pub scope: &'a ChangeScope,
    pub target: &'a ChangeTarget,
    pub wanted: &'a WantedField,
    pub typed: &'a Typed,
    pub schemas: &'a Schemas,
}

impl Claim<'_> {
    /// Builds everything with these files.
    ///
    /// # Errors
    /// The tree cannot be read. Inside: the field does not read as wanted then (what it reads), or nothing is built (why).
    pub fn prove(
        &self,
        builds: &mut Builds<'_>,
        tree: &dyn Tree,
        before: &mut TrialState,
        files: EditedFiles,
    ) -> Result<std::result::Result<(ChangeProof, TrialState), String>> {
        let changed: EditedFiles = files
            .iter()
            .filter(|(file, bytes)| before.files.get(*file) != Some(bytes))
            .map(|(file, bytes)| (file.clone(), bytes.clone()))
            .collect();
        let edited = EditedTree { tree, files: &files };
        let again = Rebuilding { scope: self.scope, target: self.target };
        let (own, others) = again.own(builds, &edited, before)?;
        let mut proof = match self.of_own(&before.own, &own) {
            Ok(proof) => proof,
            Err(why) => return Ok(Err(why)),
        };
        let others = match others {
            Some(others) => others,
            None => {
                let bare = EditedTree { tree, files: &before.files };
                builds.others(&bare, &edited, &mut before.others, &changed)?
            }
        };
        let known = before.others.as_deref().unwrap_or_default();
        again.of_others(&before.own, known, &others, &changed, &mut proof);
        proof.checks = checks::all(self, &before.own, &own, &proof);
        Ok(Ok((proof, TrialState { files, own, others: Some(others) })))
    }

    fn of_own(&self, before: &Build, after: &Build) -> std::result::Result<ChangeProof, String> {
        let (old, new) = match (&before.outcome, &after.outcome) {
            (BuildOutcome::Built(old), BuildOutcome::Built(new)) => (old, new),
            (_, BuildOutcome::Failed(error)) => return Err(format!("{} could not be built then: {error}", after.name)),
            (_, BuildOutcome::Elsewhere(why)) => return Err(format!("{} would not be built: {why}", after.name)),
            (BuildOutcome::Failed(error), _) => return Err(format!("{} cannot be built: {error}", before.name)),
            (BuildOutcome::Elsewhere(why), _) => return Err(format!("{} is not built from here: {why}", before.name)),
        };
        let (at, object) = self.target.of(after).ok_or_else(|| self.gone(before, after))?;
        let was = self.target.of(before).map(|(_, object)| object).ok_or("the object was not built before")?;
        let path = self.shown(&was.node, object)?;
        let compared = compare(old, new);
        let is_wanted = |(of, one): &(usize, BuildDifference)| {
            *of == at && one.field.as_deref().and_then(|field| field.strip_prefix(&*path)).is_some_and(is_rest)
        };
        let inside = compared.differences.into_iter().filter(|one| !is_wanted(one)).map(|(_, one)| one).collect();
        Ok(ChangeProof { inside, renamed: compared.renamed, followed: compared.followed, ..ChangeProof::default() })
    }

    /// The path at or below which everything that differs is what is wanted.
    fn shown(&self, was: &Node, object: &Applied) -> std::result::Result<String, String> {
        let field = &self.wanted.field;
        let still = |json: &serde_json::Value| match super::compare::is_secret(object) {
            true => "another value".to_owned(),
            false => format!("`{}`", said(json)),
        };
        match field.above() {
            Some((list, PathPart::Index(at))) if self.wanted.is_inserted || *self.typed == Typed::Gone => {
                self.in_list(&list, *at, was, &object.node)
            }
            _ if *self.typed == Typed::Gone => match reads(field, &object.node) {
                Some((_, json)) => Err(format!("the field would still read {}", still(&json))),
                None => Ok(field.found(was).ok_or("the field was not there")?.0),
            },
            _ => {
                let renamed = || reads(&field.by_place(was), &object.node);
                let (path, json) = reads(field, &object.node).or_else(renamed).ok_or("the field would not be there")?;
                if self.typed.is(&json) { Ok(path) } else { Err(format!("the field would read {}", still(&json))) }
            }
        }
    }

    /// A list has one item more, or one less, at that place; one with a name may come at another.
    fn in_list(&self, list: &FieldPath, at: usize, was: &Node, is: &Node) -> std::result::Result<String, String> {
        let items = |node: &Node| match list.find(node).ok().and_then(|list| write::json(list).ok()) {
            Some(serde_json::Value::Array(items)) => items,
            _ => Vec::new(),
        };
        let (before, mut after) = (items(was), items(is));
        let wanted = self.typed.json();
        let (mut expected, has_name) = (before, wanted.get("name").is_some());
        match self.wanted.is_inserted {
            true if has_name => {
                after = after.iter().position(|item| *item == wanted).map_or(after.clone(), |place| without(&after, place));
            }
            true => expected.insert(at.min(expected.len()), wanted),
            false if at < expected.len() => drop(expected.remove(at)),
            false => {}
        }
        match expected == after {
            true => Ok(list.found(was).or_else(|| list.found(is)).ok_or("the list would not be there")?.0),
            false => Err("the list would read otherwise".to_owned()),
        }
    }

    /// Why the object is not there any more: where the place also holds its name or its namespace, it is another one then.
    fn gone(&self, before: &Build, after: &Build) -> String {
        let is_new =
            |object: &&Applied| before.objects().iter().all(|old| ObjectKey::of(&old.node) != ObjectKey::of(&object.node));
        let now: Vec<_> = after.objects().iter().filter(is_new).map(|object| &object.node).collect();
        let was = self.target.of(before).map(|(_, object)| &object.node);
        let (Some(was), [now]) = (was, now.as_slice()) else { return "the object would not be built any more".to_owned() };
        let differs = |key: &&str| meta_text(was, key) != meta_text(now, key);
        let changed = ["name", "namespace"].into_iter().filter(differs);
        let changed = changed.map(|key| format!("metadata.{key}: {} -> {}", meta_text(was, key), meta_text(now, key)));
        format!("the place is shared: it would be another object: {} {}", shown(was), changed.collect::<Vec<_>>().join(", "))
    }
}

/// Everything that counts for a change, built again, whatever is wanted of it.
#[derive(Clone, Copy)]
pub struct Rebuilding<'a> {
    pub scope: &'a ChangeScope,
    pub target: &'a ChangeTarget,
}

impl Rebuilding<'_> {
    /// The named build, built again; the others too if they are built on the way.
    pub fn own(self, builds: &mut Builds<'_>, tree: &dyn Tree, before: &TrialState) -> Result<(Build, Option<Vec<Build>>)> {
        if let ChangeScope::Folder { variables, .. } = self.scope {
            return Ok((builds.folder(tree, &before.own.folder, variables.as_ref()), None));
        }
        let mut all = builds.members(tree)?;
        if let (ChangeScope::Applied { request: Some(request), .. }, None) = (self.scope, before.own.cluster) {
            // the folders that kustomize builds are looked at where no Kustomization is declared
            let others = all.iter().any(|build| build.spec.is_some()).then_some(all);
            return Ok((builds.requested(tree, request)?, others));
        }
        let own = match all.iter().position(|build| build.name == before.own.name) {
            Some(at) => all.remove(at),
            None => Build { outcome: BuildOutcome::Elsewhere("it is no longer declared".to_owned()), ..before.own.clone() },
        };
        Ok((own, Some(all)))
    }

    pub fn of_others(self, own: &Build, before: &[Build], after: &[Build], changed: &EditedFiles, proof: &mut ChangeProof) {
        let find = |name: &str| after.iter().find(|build| build.name == name);
        // built plainly, the folder is what the named builds of it
        let is_own = |build: &Build| build.spec.is_none() && build.folder == own.folder;
        let mut lost: Vec<LostBuild<'_>> = Vec::new();
        for old in before.iter().filter(|build| !is_own(build)) {
            let reads = changed.keys().any(|file| old.reads(file));
            proof.readers.extend(reads.then(|| old.name.clone()));
            if let Some(lacks) = old.lacks().filter(|_| reads) {
                proof.unproven.push((old.name.clone(), format!("{lacks} is not here: what it adds is not known")));
            }
            match (&old.outcome, find(&old.name).map(|build| &build.outcome)) {
                (BuildOutcome::Built(old_objects), Some(BuildOutcome::Built(new))) => {
                    let compared = compare(old_objects, new);
                    let differences = compared.differences.into_iter().map(|(_, one)| one);
                    let is_said = |one: &BuildDifference| one.field.is_some() && own.is_said_by(old, &one.key);
                    let (said, differences): (Vec<_>, Vec<_>) = differences.partition(is_said);
                    proof.said.extend(said.into_iter().map(|one| (old.name.clone(), one)));
                    if !differences.is_empty() {
                        proof.elsewhere.push((old.name.clone(), differences));
                    }
                }
                (BuildOutcome::Built(_), Some(BuildOutcome::Failed(error))) => lost.push((old, Some(error.to_string()))),
                (BuildOutcome::Built(_), Some(BuildOutcome::Elsewhere(why))) => lost.push((old, Some(why.clone()))),
                (BuildOutcome::Built(_), None) => lost.push((old, None)),
                // in a folder that was named, only who reads the files counts
                (BuildOutcome::Failed(_), _) if !reads && matches!(self.scope, ChangeScope::Folder { .. }) => {}
                (BuildOutcome::Failed(error), _) => proof.unproven.push((old.name.clone(), error.to_string())),
                (BuildOutcome::Elsewhere(_), _) => {}
            }
        }
        self.of_lost(own, lost, proof);
        let is_new = |build: &&Build| before.iter().all(|old| old.name != build.name);
        for new in after.iter().filter(is_new) {
            let objects = new.objects().iter().map(|object| BuildDifference::object(&object.node, false));
            proof.elsewhere.push((new.name.clone(), objects.collect()));
        }
    }

    /// What cannot be built any more: broken, unless the changed object is what says how it is built, or what declared it stops with that.
    fn of_lost(self, own: &Build, lost: Vec<LostBuild<'_>>, proof: &mut ChangeProof) {
        let is_folder = matches!(self.scope, ChangeScope::Folder { .. });
        let is_said = |build: &Build| is_folder && build.is_said_by(own, &self.target.key);
        let clusters: Vec<_> = lost.iter().filter(|(build, _)| is_said(build)).map(|(build, _)| build.cluster).collect();
        for (build, why) in lost {
            let follows = why.is_none() && clusters.contains(&build.cluster);
            let list = if is_said(build) || follows { &mut proof.stopped } else { &mut proof.broken };
            list.push((build.name.clone(), why.unwrap_or_else(|| "it is no longer declared".to_owned())));
        }
    }
}

/// What could be built before, and why it cannot any more; none where nothing declares it.
type LostBuild<'b> = (&'b Build, Option<String>);

/// The path of a field in an object, and its value. A field of an embedded text counts as that text.
pub fn reads(field: &FieldPath, object: &Node) -> Option<(String, serde_json::Value)> {
    let node = field.reach(object).ok()?;
    Some((field.found(object)?.0, write::json(&node).ok()?))
}

/// Whether that follows a path which is the same, or leads to something in it.
fn is_rest(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(['.', '['])
}

fn without(items: &[serde_json::Value], at: usize) -> Vec<serde_json::Value> {
    let kept = items.iter().enumerate().filter(|(place, _)| *place != at);
    kept.map(|(_, item)| item.clone()).collect()
}
