//! Mistakes that are planted: what a way would write is in the wrong layer, in the wrong file, does more than it should, or is built from
//! what is no longer true. The proof fails each time.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::super::edited::EditedFiles;
use super::super::proof::{ChangeProof, Claim, TrialState};
use super::super::target::{ChangeTarget, FoundTarget};
use super::super::value::{FieldType, Typed};
use super::{Builds, ChangeScope, Named, WantedChange, WantedField, schemas};
use crate::insight::schema::Schemas;
use crate::render::Result;
use crate::render::repository::Builder;
use crate::render::tree::{FolderEntry, Memory, PathKind, Tree, Version};

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 2\n";
const FOUR: &str = "- {op: replace, path: /spec/replicas, value: 4}\n";
/// A base, and two environments that each set the field again.
const FILES: &[(&str, &str)] = &[
    ("clusters/prod/apps.yaml", PROD),
    ("clusters/staging/apps.yaml", STAGING),
    ("base/kustomization.yaml", "resources: [web.yaml]\n"),
    ("base/web.yaml", WEB),
    ("prod/kustomization.yaml", "resources: [../base]\npatches: [{path: four.yaml, target: {kind: Deployment}}]\n"),
    ("prod/four.yaml", FOUR),
    ("staging/kustomization.yaml", "resources: [../base]\npatches: [{path: four.yaml, target: {kind: Deployment}}]\n"),
    ("staging/four.yaml", FOUR),
];
const PROD: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./prod\n  sourceRef: {kind: GitRepository, name: flux-system}\n";
const STAGING: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: ./staging\n  sourceRef: {kind: GitRepository, name: flux-system}\n";

/// A tree with the versions of the files that it had at first, whatever it has now.
struct Kept {
    first: Memory,
    now: Memory,
}

impl Kept {
    fn version_of(&self, path: &str) -> Option<Version> {
        let mut hash = DefaultHasher::new();
        path.hash(&mut hash);
        match self.first.entry(path)? {
            PathKind::File => self.first.read(path).ok()?.hash(&mut hash),
            _ => {
                for name in self.first.list(path).ok()? {
                    let below = if path.is_empty() { name } else { format!("{path}/{name}") };
                    self.version_of(&below)?.0.hash(&mut hash);
                }
            }
        }
        Some(Version([hash.finish(); 4]))
    }
}

impl Tree for Kept {
    fn entry(&self, path: &str) -> Option<PathKind> {
        self.now.entry(path)
    }
    fn read(&self, path: &str) -> Result<Arc<[u8]>> {
        self.now.read(path)
    }
    fn list(&self, path: &str) -> Result<Vec<String>> {
        self.now.list(path)
    }
    fn items(&self, path: &str) -> Result<Vec<FolderEntry>> {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        let items = self.now.items(path)?.into_iter();
        Ok(items.map(|item| FolderEntry { version: self.version_of(&below(&item.name)), ..item }).collect())
    }
    fn version(&self) -> Option<Version> {
        self.version_of("")
    }
}

fn with(edits: &[(&str, &str)]) -> Memory {
    let mut tree = Memory::new(FILES.iter().copied());
    edits.iter().for_each(|(path, text)| tree.insert(path, text.as_bytes()));
    tree
}

/// What the proof makes of these files: production is to have five replicas. `now`: what the tree has by then, whose versions do not say so.
fn proven(files: &[(&str, &str)], now: &[(&str, &str)]) -> std::result::Result<ChangeProof, String> {
    let mut builder = Builder::default();
    let mut builds = Builds::new(&mut builder);
    let first = Kept { first: with(&[]), now: with(&[]) };
    let mut all = builds.members(&first).expect("it is built");
    let at = all.iter().position(|build| build.name == "prod/flux-system/apps").expect("it is declared");
    let own = all.remove(at);
    let wanted = WantedField::parse("spec.replicas=5").expect("a field");
    let named = Named::parse("deploy/web").expect("a name");
    let found =
        ChangeTarget::find(&[&own], &[&own], &named, &|_| Ok(WantedChange::Own(vec![wanted.clone()])), &[]).expect("it is there");
    let FoundTarget::One(target) = found else { panic!("one build makes it") };
    let typed = Typed::read(wanted.value.text(), FieldType::Integer).expect("an integer");
    let schemas = Schemas::read(&schemas()).expect("the table");
    let scope = ChangeScope::Kustomization("prod/flux-system/apps".to_owned());
    let claim = Claim { scope: &scope, target: &target, wanted: &wanted, typed: &typed, schemas: &schemas };
    let mut before = TrialState { files: EditedFiles::new(), own, others: Some(all) };
    let edited = files.iter().map(|(path, text)| ((*path).into(), Some(text.as_bytes().into()))).collect();
    let second = Kept { first: with(&[]), now: with(now) };
    let proof = claim.prove(&mut builds, &second, &mut before, edited).expect("the tree can be read");
    let (proof, _) = proof?;
    if proof.is_clean(&scope) { Ok(proof) } else { Err(format!("{:?} {:?} {:?}", proof.inside, proof.elsewhere, proof.broken)) }
}

#[test]
fn what_is_right_is_proven_also_by_a_builder_that_keeps_what_it_has_built() {
    let five = FOUR.replace('4', "5");
    let proof = proven(&[("prod/four.yaml", &five)], &[]).expect("it is right");
    assert_eq!(proof.besides(), 0);
}

#[test]
fn a_change_in_the_wrong_layer_in_the_wrong_file_or_of_more_than_is_wanted_is_not_proven() {
    let five = FOUR.replace('4', "5");
    let base = WEB.replace("replicas: 2", "replicas: 5");
    let more = format!("{five}- {{op: add, path: /spec/paused, value: true}}\n");
    let dropped = "resources: [../base]\n";
    let broken = five.replace("/spec/replicas", "/spec/none/replicas");
    for (files, why) in [
        // a layer above sets it again
        (vec![("base/web.yaml", &*base)], "the field would read `4`"),
        (vec![("staging/four.yaml", &*five)], "the field would read `4`"),
        (vec![("prod/four.yaml", FOUR)], "the field would read `4`"),
        // the layer above goes, and the one below has the value by chance
        (
            vec![("prod/kustomization.yaml", dropped), ("base/web.yaml", &*base), ("staging/kustomization.yaml", dropped)],
            "staging",
        ),
        (vec![("prod/four.yaml", &*more)], "spec.paused"),
        (vec![("prod/four.yaml", &*five), ("staging/four.yaml", &*five)], "staging"),
        (vec![("prod/four.yaml", &*five), ("staging/four.yaml", &*broken)], "the object has no"),
        (vec![("prod/four.yaml", &*broken)], "could not be built"),
    ] {
        let said = proven(&files, &[]).map(|proof| format!("{proof:?}"));
        assert!(said.as_ref().is_err_and(|said| said.contains(why)), "{files:?}: `{why}` is not said: {said:?}");
    }
}

#[test]
fn a_build_that_is_no_longer_true_proves_nothing() {
    let five = FOUR.replace('4', "5");
    // the tree has it, and says that it has not changed: what was kept is taken, and reads as before
    let said = proven(&[], &[("prod/four.yaml", &five)]);
    assert!(said.as_ref().is_err_and(|said| said.contains("the field would read `4`")), "{said:?}");
    // the very same as an edit has no version, and is built
    assert!(proven(&[("prod/four.yaml", &five)], &[("prod/four.yaml", &five)]).is_ok());
    // what reads an edited file is built again as well, however warm it is
    let shared = WEB.replace("spec:\n", "spec:\n  paused: true\n");
    let said = proven(&[("prod/four.yaml", &five), ("base/web.yaml", &shared)], &[]);
    assert!(said.is_err_and(|said| said.contains("spec.paused") && said.contains("staging/flux-system/apps")));
}
