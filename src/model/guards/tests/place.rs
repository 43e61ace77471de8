use super::*;
use crate::render::tree::{FolderEntry, PathKind};

#[test]
fn a_plain_file_may_be_edited_and_a_new_one_made() {
    let tree = Memory::new([("apps/web/deployment.yaml", "kind: Deployment\nspec: {replicas: 3}\n")]);
    assert_eq!(why(&tree, "apps/web/deployment.yaml"), None);
    assert_eq!(why(&tree, "apps/web/new.yaml"), None);
    assert_eq!(why(&tree, "apps/new/new.yaml"), None);
}

#[test]
fn a_path_that_leaves_the_repository_is_locked() {
    let tree = Memory::new([("a.yaml", "a: 1")]);
    for path in
        ["../a.yaml", "apps/../../a.yaml", "/etc/passwd", "/a.yaml", "apps/../a.yaml", "./a.yaml", "a//b.yaml", "a/", "", "a\0b"]
    {
        assert_eq!(why(&tree, path), Some(LockReason::Outside), "{path}");
    }
    // dots in a name lead nowhere
    assert_eq!(why(&Memory::new([("..a.yaml", "a: 1"), ("a..b/c.yaml", "a: 1")]), "..a.yaml"), None);
}

#[test]
fn what_belongs_to_git_itself_is_locked() {
    let tree = Memory::new([("a.yaml", "a: 1")]);
    for path in [".git/config", "apps/.git/hooks/pre-push", ".GIT/config", "git~1/config", ".git./config", ".git"] {
        assert_eq!(why(&tree, path), Some(LockReason::OfGit), "{path}");
    }
    for path in [".gitignore", ".github/workflows/x.yaml", "git/config", "x.git/a.yaml"] {
        assert_eq!(why(&tree, path), None, "{path}");
    }
}

#[test]
fn a_link_is_locked_wherever_it_leads_and_so_is_everything_below_it() {
    let mut tree = Memory::new([("base/a.yaml", "a: 1")]);
    tree.link("inside.yaml", "base/a.yaml");
    tree.link("outside.yaml", "../../etc/passwd");
    tree.link("prod", "base");
    let link = |at: &str, target: &str| Some(LockReason::Link { at: at.to_owned(), target: target.to_owned() });
    assert_eq!(why(&tree, "inside.yaml"), link("inside.yaml", "base/a.yaml"));
    assert_eq!(why(&tree, "outside.yaml"), link("outside.yaml", "../../etc/passwd"));
    assert_eq!(why(&tree, "prod/a.yaml"), link("prod", "base"));
    assert_eq!(why(&tree, "prod/new.yaml"), link("prod", "base"));
    assert_eq!(why(&tree, "base/a.yaml"), None, "what a link leads to has a path of its own");
}

/// A tree with another repository in it that `.gitmodules` does not name.
struct Nested(Memory);

impl Tree for Nested {
    fn entry(&self, path: &str) -> Option<PathKind> {
        self.0.entry(path)
    }

    fn read(&self, path: &str) -> crate::render::Result<std::sync::Arc<[u8]>> {
        self.0.read(path)
    }

    fn list(&self, path: &str) -> crate::render::Result<Vec<String>> {
        self.0.list(path)
    }

    fn items(&self, path: &str) -> crate::render::Result<Vec<FolderEntry>> {
        self.0.items(path)
    }

    fn is_submodule(&self, path: &str) -> bool {
        path == "vendor/nested"
    }
}

#[test]
fn a_submodule_is_locked_whether_the_tree_or_gitmodules_knows_it() {
    let modules = "[submodule \"charts\"]\n\tpath = \"vendor/charts\"\n\turl = https://h.example.com/charts\n";
    let tree = Nested(Memory::new([(".gitmodules", modules), ("vendor/nested/a.yaml", "a: 1"), ("vendor/a.yaml", "a: 1")]));
    let module = |at: &str| Some(LockReason::Submodule { at: at.to_owned() });
    assert_eq!(why(&tree, "vendor/charts/web/values.yaml"), module("vendor/charts"));
    assert_eq!(why(&tree, "vendor/charts"), module("vendor/charts"));
    assert_eq!(why(&tree, "vendor/nested/a.yaml"), module("vendor/nested"));
    for path in ["vendor/a.yaml", "vendor/charts-own/a.yaml", "charts/a.yaml"] {
        assert_eq!(why(&tree, path), None, "{path}");
    }
}

#[test]
fn a_marker_guards_its_folder_and_everything_below_and_itself() {
    let tree = Memory::new([
        ("gen/DO_NOT_EDIT", ""),
        ("gen/a.yaml", "a: 1"),
        ("gen/deep/er/a.yaml", "a: 1"),
        ("generated/a.yaml", "a: 1"),
        ("docs/README.md", "# Rules\n\nDO NOT EDIT the files in `gen`.\n"),
        ("docs/DO_NOT_EDIT.md", "why"),
        ("docs/a.yaml", "a: 1"),
    ]);
    let marker = Some(LockReason::Marker { at: "gen/DO_NOT_EDIT".to_owned() });
    for path in ["gen/a.yaml", "gen/deep/er/a.yaml", "gen/new.yaml", "gen/DO_NOT_EDIT"] {
        assert_eq!(why(&tree, path), marker, "{path}");
    }
    // prose about markers, a file whose name begins like one, and a folder beside
    for path in ["generated/a.yaml", "docs/README.md", "docs/a.yaml"] {
        assert_eq!(why(&tree, path), None, "{path}");
    }
    let everywhere = Memory::new([("DO_NOT_EDIT", ""), ("apps/a.yaml", "a: 1")]);
    assert_eq!(why(&everywhere, "apps/a.yaml"), Some(LockReason::Marker { at: "DO_NOT_EDIT".to_owned() }));
}

#[test]
fn a_path_with_a_filter_of_git_is_locked() {
    let tree = Memory::new([("big.yaml", "version https://git-lfs.github.com/spec/v1\n"), ("a.yaml", "a: 1")]);
    let filter = |path: &str| (path == "big.yaml").then(|| "lfs".to_owned());
    let why = |path: &str| why_by(&tree, path, &DenyList::default(), &filter);
    assert_eq!(why("big.yaml"), Some(LockReason::Filtered { filter: "lfs".to_owned() }));
    assert_eq!(why("a.yaml"), None);
}

#[test]
fn every_lock_says_what_is_in_the_way_and_what_to_do_without_control_characters() {
    let at = || "x\u{1b}[2J".to_owned();
    let all = [
        LockReason::Outside,
        LockReason::OfGit,
        LockReason::Link { at: at(), target: at() },
        LockReason::Submodule { at: at() },
        LockReason::Marker { at: at() },
        LockReason::Denied { glob: at(), by: RuleOwner::User },
        LockReason::Denied { glob: at(), by: RuleOwner::Repository },
        LockReason::Filtered { filter: at() },
        LockReason::Encrypted { line: 3 },
        LockReason::Generated { line: 3 },
        LockReason::SecretSource { by: at() },
        LockReason::SecretValue,
    ];
    let mut said = std::collections::BTreeSet::new();
    for why in all {
        let error = crate::Error::from(Locked { path: "apps/\u{1b}a.yaml".to_owned(), why });
        assert!(!error.hint.is_empty() && error.message.contains("apps/"), "{error}");
        assert!(!error.to_string().contains(char::is_control), "{error}");
        assert!(said.insert(error.message.clone()), "{error}");
    }
}
