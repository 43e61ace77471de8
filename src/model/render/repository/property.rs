//! A warm builder gives the same result as a cold one: after any edits, commits and requests before, for any commit, and whether
//! the tree has versions of everything, of committed files, or of nothing.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::super::read::{self, TextPlace as Reading};
use super::super::tree::Memory;
use super::super::{Layer, flux as kustomizations};
use super::tests::{Counted, SETTINGS, fleet, flux};
use super::*;
use crate::testing::holds;

const CASES: u32 = 60;

#[derive(Clone, Debug)]
enum Step {
    Write(&'static str, String),
    Remove(&'static str),
    Link(&'static str, &'static str),
    Commit,
    /// Looks at another of the commits that there were.
    Checkout(Index),
    Build,
    LookUp(BuildRequest),
}

const IGNORES: &[&str] = &[".sourceignore", "clusters/staging/.sourceignore"];

const KUSTOMIZATIONS: &[&str] =
    &["apps/base/kustomization.yaml", "apps/staging/kustomization.yaml", "apps/production/kustomization.yaml"];

const MANIFESTS: &[&str] = &[
    "apps/base/settings.yaml",
    "apps/base/more.yaml",
    "apps/staging/more.yaml",
    "clusters/staging/vars.yaml",
    "clusters/staging/apps.yaml",
    "clusters/staging/nested/more.yaml",
    "clusters/production/flux-system/sync.yaml",
    "clusters/third/flux-system/sync.yaml",
];

/// Files and folders that come and go, or become links.
const PLACES: &[&str] =
    &["apps/staging", "apps/base", "apps/link", "apps/base/more.yaml", "clusters/staging/nested", "clusters/third"];

const RULES: &[&str] = &["more.yaml\n", "clusters/staging/vars.yaml\n!more.yaml\n", "settings.yaml\n", "# nothing\n"];

const LISTS: &[&str] = &[
    "resources: [settings.yaml]\n",
    "resources: [../base]\n",
    "resources: [../base, more.yaml]\n",
    "namePrefix: a-\nresources: [more.yaml]\n",
    "resources: [../link/settings.yaml]\n",
    "resources: [../base]\nconfigMapGenerator: [{name: made, files: [more.yaml]}]\n",
];

fn manifests() -> Vec<String> {
    let plain = [
        SETTINGS,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\ndata: {zone: \"${zone}\"}\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: vars, namespace: flux-system}\ndata: {zone: x}\n",
        "broken: [\n# kustomize.toolkit.fluxcd.io\n",
    ];
    let made = [
        flux("flux-system", "./clusters/staging", ""),
        flux("flux-system", "./clusters/third", ""),
        flux("apps", "./apps/staging", "  postBuild: {substitute: {zone: own}}\n"),
        flux("apps", "./apps/base", "  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n"),
    ];
    plain.map(str::to_owned).into_iter().chain(made).collect()
}

/// A file with a text that is most often of its sort.
fn written() -> impl Strategy<Value = (&'static str, String)> {
    let texts = |all: &'static [&'static str]| select(all).prop_map(str::to_owned);
    prop_oneof![
        2 => (select(IGNORES), texts(RULES)),
        4 => (select(KUSTOMIZATIONS), texts(LISTS)),
        4 => (select(MANIFESTS), select(manifests())),
        1 => (select(KUSTOMIZATIONS), select(manifests())),
        1 => (select(MANIFESTS), texts(LISTS)),
    ]
}

/// Two clusters, one of which has a file more that one of its Kustomizations lists and another takes.
fn beginning() -> Memory {
    let mut tree = fleet();
    tree.insert("apps/staging/kustomization.yaml", LISTS[2].as_bytes());
    for path in ["apps/staging/more.yaml", "clusters/staging/nested/more.yaml"] {
        tree.insert(path, manifests()[1].as_bytes());
    }
    tree
}

/// A Kustomization as a cluster has it.
pub(super) fn request(uid: &str, path: &str, ignore: Option<&str>, zone: Option<&str>) -> BuildRequest {
    let more = "  targetNamespace: there\n  postBuild: {substituteFrom: [{kind: ConfigMap, name: vars}]}\n";
    let place = Reading::file(&"Kustomization flux-system/one".into(), Layer::Cluster);
    let node = read::document(flux("one", path, more).as_bytes(), &place).expect("YAML").expect("a document");
    let values = |zone: &str| {
        let text = format!("kind: ConfigMap\ndata: {{zone: {zone}}}\n");
        let node = read::document(text.as_bytes(), &Reading::file(&"vars".into(), Layer::Cluster)).expect("YAML");
        kustomizations::values(&node.expect("a document")).expect("values")
    };
    BuildRequest {
        uid: uid.into(),
        spec: Arc::new(Spec::read(&node).expect("a Kustomization")),
        ignore: ignore.map(Into::into),
        composed: None,
        values: zone.into_iter().map(|zone| (("ConfigMap".into(), "vars".into()), values(zone))).collect(),
        unset: Default::default(),
    }
}

fn requests() -> Vec<BuildRequest> {
    vec![
        request("1", "./apps/staging", None, Some("a")),
        request("1", "./apps/staging", None, Some("b")),
        request("1", "./apps/staging", Some("more.yaml\n"), Some("a")),
        request("2", "./apps/staging", None, None),
        request("3", "./apps/base", None, Some("a")),
        request("3", "./apps/production", None, Some("a")),
        request("4", "./clusters/staging", Some("/clusters/staging/nested/\n"), None),
        request("5", "./apps/link", None, None),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => written().prop_map(|(path, text)| Step::Write(path, text)),
        1 => written().prop_map(|(path, _)| Step::Remove(path)),
        1 => select(PLACES).prop_map(Step::Remove),
        1 => (select(PLACES), select(&["base", "../apps/base", "staging", "nowhere"][..])).prop_map(|(at, to)| Step::Link(at, to)),
        2 => Just(Step::Commit),
        2 => any::<Index>().prop_map(Step::Checkout),
        3 => Just(Step::Build),
        5 => select(requests()).prop_map(Step::LookUp),
    ];
    proptest::collection::vec(step, 1..24)
}

/// A checkout with the commits that were made in it.
struct Work {
    tree: Counted,
    commits: Vec<Memory>,
}

impl Work {
    fn edit(&mut self, path: &str, edit: impl FnOnce(&mut Memory)) {
        edit(&mut self.tree.tree);
        self.tree.edited.insert(path.to_owned());
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Write(path, text) => self.edit(path, |tree| {
                // what a link or a file hides cannot be written below it
                std::iter::successors(Some(*path), |path| path.rsplit_once('/').map(|(above, _)| above))
                    .filter(|above| !matches!(tree.entry(above), Some(super::super::tree::PathKind::Folder)))
                    .collect::<Vec<_>>()
                    .into_iter()
                    .for_each(|above| tree.remove(above));
                tree.insert(path, text.as_bytes());
            }),
            Step::Remove(path) => self.edit(path, |tree| tree.remove(path)),
            Step::Link(path, target) => self.edit(path, |tree| {
                tree.remove(path);
                tree.link(path, target);
            }),
            Step::Commit => {
                self.tree.edited.clear();
                self.commits.push(self.tree.tree.clone());
            }
            Step::Checkout(at) => {
                self.tree.tree = at.get(&self.commits).clone();
                self.tree.edited.clear();
            }
            Step::Build | Step::LookUp(_) => {}
        }
    }
}

#[test]
fn a_warm_builder_says_what_a_cold_one_says() {
    holds(CASES, &steps(), |steps| {
        let mut work = Work { tree: Counted { tree: beginning(), ..Counted::default() }, commits: vec![beginning()] };
        let (mut plain, mut versioned) = (Builder::default(), Builder::default());
        for step in &steps {
            work.take(step);
            let Work { tree, .. } = &work;
            let said = |builder: &mut Builder, tree: &dyn Tree| match step {
                Step::Build => format!("{:?}", builder.build(tree)),
                Step::LookUp(request) => format!("{:?}", builder.one(tree, request)),
                _ => String::new(),
            };
            let cold = said(&mut Builder::default(), &tree.tree);
            prop_assert_eq!(&said(&mut plain, &tree.tree), &cold, "without versions");
            prop_assert_eq!(&said(&mut versioned, tree), &cold, "with versions");
        }
        Ok(())
    });
}
