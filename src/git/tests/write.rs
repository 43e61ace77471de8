use fluxdeck_model::guards::branch;
use git2::Oid;

use super::*;

/// A checkout with an executable file, a link, a submodule and a change that is not committed; and its commit.
fn checkout() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let repository = Repository::init(dir.path()).expect("a repository");
    write(dir.path(), "apps/web/a.yaml", "a: 1\n");
    write(dir.path(), "apps/only/one.yaml", "a: 1\n");
    write(dir.path(), "run.sh", "#!/bin/sh\n");
    std::fs::set_permissions(dir.path().join("run.sh"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
    std::os::unix::fs::symlink("apps/web", dir.path().join("link")).expect("a link");
    let first = commit(&repository);
    let tree = repository.find_commit(Oid::from_str(&first).expect("an id")).expect("a commit").tree().expect("a tree");
    let mut builder = git2::build::TreeUpdateBuilder::new();
    builder.upsert("vendor/charts", Oid::from_str(&first).expect("an id"), git2::FileMode::Commit);
    let tree = repository.find_tree(builder.create_updated(&repository, &tree).expect("a tree")).expect("a tree");
    let who = Signature::new("t", "t@example.test", &git2::Time::new(0, 0)).expect("a name");
    let parent = repository.head().and_then(|head| head.peel_to_commit()).expect("a commit");
    let base = repository.commit(None, &who, &who, "x", &tree, &[&parent]).expect("committed").to_string();
    write(dir.path(), "apps/web/a.yaml", "a: the user's own\n");
    write(dir.path(), "untracked.yaml", "a: 1\n");
    (dir, base)
}

fn changed(path: &str, text: &str) -> Written {
    Written { path: path.to_owned(), content: Content::Changed(text.as_bytes().to_vec()) }
}

fn new(path: &str, text: &str, is_executable: bool) -> Written {
    Written { path: path.to_owned(), content: Content::New { bytes: text.as_bytes().to_vec(), is_executable } }
}

fn removed(path: &str) -> Written {
    Written { path: path.to_owned(), content: Content::Removed }
}

/// Every file below a folder, with its content, modes and times; of git's own, what a user sees.
fn picture(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            let (path, seen) = (entry.path(), entry.metadata().expect("an entry"));
            if path.ends_with(".git/objects") || path.ends_with(".git/refs/fluxdeck") {
                continue;
            }
            if seen.is_dir() {
                folders.push(path);
            } else {
                found.push(format!("{} {:?} {:?}", path.display(), seen.modified(), std::fs::read(&path).ok()));
            }
        }
    }
    found.sort();
    found
}

fn paths(dir: &Path, tree: &str) -> Vec<String> {
    let repository = Repository::open(dir).expect("a repository");
    let tree = repository.find_tree(Oid::from_str(tree).expect("an id")).expect("a tree");
    let mut found = Vec::new();
    tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
        found.push(format!("{:o} {folder}{}", entry.filemode(), entry.name().unwrap_or_default()));
        git2::TreeWalkResult::Ok
    })
    .expect("walked");
    found.retain(|line| !line.starts_with("40000"));
    found
}

#[test]
fn a_tree_is_written_beside_the_checkout_and_modes_are_kept() {
    let (dir, base) = checkout();
    let before = picture(dir.path());
    let checkout = Checkout::open(dir.path()).expect("a checkout");
    let files = [
        changed("apps/web/a.yaml", "a: 2\n"),
        changed("run.sh", "#!/bin/sh\nexit\n"),
        new("apps/new/b.yaml", "b: 1\n", false),
        new("tool.sh", "", true),
        removed("apps/only/one.yaml"),
    ];
    let tree = checkout.write_tree(&base, &files).expect("written").expect("another tree");

    assert_eq!(
        paths(dir.path(), &tree),
        [
            "100644 apps/new/b.yaml",
            "100644 apps/web/a.yaml",
            "120000 link",
            "100755 run.sh",
            "100755 tool.sh",
            "160000 vendor/charts",
        ]
    );
    assert_eq!(picture(dir.path()), before, "work tree, index, HEAD and branches are as they were");
}

#[test]
fn a_change_that_changes_nothing_makes_no_tree() {
    let (dir, base) = checkout();
    let checkout = Checkout::open(dir.path()).expect("a checkout");
    assert_eq!(checkout.write_tree(&base, &[changed("apps/web/a.yaml", "a: 1\n")]).expect("read"), None);
    assert_eq!(checkout.write_tree(&base, &[]).expect("read"), None);
}

#[test]
fn what_is_not_as_the_change_took_it_for_is_refused() {
    let (dir, base) = checkout();
    let checkout = Checkout::open(dir.path()).expect("a checkout");
    for (file, said) in [
        (changed("link", "x"), "is a symbolic link to `apps/web`"),
        (changed("link/a.yaml", "x"), "is below `link`, a symbolic link"),
        (removed("link"), "is a symbolic link"),
        (changed("vendor/charts", "x"), "is a submodule"),
        (new("vendor/charts/a.yaml", "x", false), "is in the submodule `vendor/charts`"),
        (changed("../a.yaml", "x"), "is not a path inside the repository"),
        (changed("/a.yaml", "x"), "is not a path inside the repository"),
        (new("apps//b.yaml", "x", false), "is not a path inside the repository"),
        (changed("apps/none.yaml", "x"), "is not there in"),
        (removed("untracked.yaml"), "is not there in"),
        (new("apps/web/a.yaml", "x", false), "is there in"),
        (changed("apps/web", "x"), "is a folder, not a file"),
        (new("run.sh/a.yaml", "x", false), "is a file, not a folder"),
        (new(".git/config", "x", false), "git cannot write"),
    ] {
        let path = file.path.clone();
        let error = checkout.write_tree(&base, &[changed("run.sh", "y"), file]).expect_err(&path);
        assert!(error.message.contains(said) && !error.hint.is_empty(), "{path}: {error}");
    }
}

#[test]
fn a_commit_is_kept_under_a_name_of_ours_until_it_is_let_go() {
    let (dir, base) = checkout();
    let checkout = Checkout::open(dir.path()).expect("a checkout");
    let branches = || Repository::open(dir.path()).expect("a repository").branches(None).expect("branches").count();
    let before = branches();

    checkout.pin("changes/1", &base).expect("kept");
    assert_eq!(checkout.pinned("changes/1").expect("read"), Some(base.clone()));
    assert_eq!((branches(), checkout.pinned("changes/2").expect("read")), (before, None));
    checkout.pin("changes/1", &base).expect("kept twice");
    checkout.unpin("changes/1").expect("let go");
    checkout.unpin("changes/1").expect("let go twice");
    assert_eq!(checkout.pinned("changes/1").expect("read"), None);
    for name in ["", "../heads/main", "a b", "x.lock"] {
        assert!(checkout.pin(name, &base).is_err(), "{name}");
    }
    assert!(checkout.pin("changes/1", "0123456789012345678901234567890123456789").is_err());
}

#[test]
fn a_bare_clone_and_a_second_work_tree_write_into_the_same_store() {
    let (dir, base) = checkout();
    let place = tempfile::tempdir().expect("a folder");
    let (bare, second) = (place.path().join("bare.git"), place.path().join("second"));
    let repository = Repository::open(dir.path()).expect("a repository");
    repository.reference("refs/heads/base", Oid::from_str(&base).expect("an id"), true, "").expect("a branch");
    git2::build::RepoBuilder::new().bare(true).clone(&dir.path().to_string_lossy(), &bare).expect("cloned");
    repository.worktree("second", &second, None).expect("a work tree");

    for path in [bare, second] {
        let checkout = Checkout::open(&path).expect("a checkout");
        let tree = checkout.write_tree(&base, &[changed("run.sh", "y")]).expect("written").expect("another tree");
        checkout.pin("changes/1", &base).expect("kept");
        assert!(Repository::open(&path).expect("a repository").find_tree(Oid::from_str(&tree).expect("an id")).is_ok());
    }
    assert!(
        repository.find_reference("refs/fluxdeck/changes/1").is_ok(),
        "references of ours are the repository's, not the work tree's"
    );
}

#[test]
fn what_is_a_name_for_a_branch_is_what_git_takes_for_one() {
    let parts = ["a", "A-b", ".", "..", "/", "@", "@{", "{", ".lock", "lock", " ", "~", "\\", "-", "é", "\u{7f}", "*", "HEAD"];
    let mut tried = 0;
    for one in parts {
        for two in parts {
            for three in ["", "a", "/", ".lock", "."] {
                let name = format!("{one}{two}{three}");
                let git = git2::Reference::is_valid_name(&format!("refs/heads/{name}")) && !name.starts_with('-');
                let ours = branch::is_name(&name);
                assert!(ours == git || name == "HEAD" || name == "@", "{name}: ours {ours}, git {git}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1000);
}
