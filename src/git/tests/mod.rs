mod attributes;
mod history;
mod merged;
mod write;

use std::path::Path;

use fluxdeck_model::error::Error;
use fluxdeck_model::render::error::Cause;
use fluxdeck_model::render::tree::{self, MAX_FILE, PathKind, Tree};
use git2::{Repository, Signature};

use super::*;

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    std::fs::write(file, text).expect("written");
}

fn commit(repository: &Repository) -> String {
    let mut index = repository.index().expect("an index");
    index.add_all(["*"], git2::IndexAddOption::DEFAULT, None).expect("added");
    index.update_all(["*"], None).expect("updated");
    index.write().expect("written");
    let tree = repository.find_tree(index.write_tree().expect("a tree")).expect("a tree");
    let who = Signature::new("t", "t@example.test", &git2::Time::new(0, 0)).expect("a name");
    let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let parents: Vec<_> = parent.iter().collect();
    repository.commit(Some("HEAD"), &who, &who, "x", &tree, &parents).expect("committed").to_string()
}

/// A repository with a link inside, one out, an ignored file and one that is not committed.
fn repository() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a folder");
    let repository = Repository::init(dir.path()).expect("a repository");
    write(dir.path(), "apps/web/a.yaml", "a: 1\n");
    write(dir.path(), ".gitignore", "*.secret\nbuild/\n");
    std::os::unix::fs::symlink("apps/web", dir.path().join("inside")).expect("a link");
    std::os::unix::fs::symlink("../../etc/passwd", dir.path().join("apps/out")).expect("a link");
    let first = commit(&repository);
    write(dir.path(), "apps/web/b.yaml", "b: 1\n");
    write(dir.path(), "apps/web/x.secret", "no");
    write(dir.path(), "build/all.yaml", "no");
    (dir, first)
}

#[test]
fn a_folder_and_a_commit_show_the_same_files_and_no_link_leads_out() {
    let (dir, first) = repository();
    let checkout = Checkout::open(dir.path()).expect("a checkout");
    let (disk, commit) = (checkout.view(None).expect("files"), checkout.view(Some(&first)).expect("files"));

    assert_eq!(disk.tree().list("").expect("names"), [".gitignore", "apps", "inside"]);
    assert_eq!(commit.tree().list("").expect("names"), [".gitignore", "apps", "inside"]);
    assert_eq!(disk.tree().list("apps/web").expect("names"), ["a.yaml", "b.yaml"], "what git ignores is not there");
    assert_eq!(commit.tree().list("apps/web").expect("names"), ["a.yaml"]);
    for tree in [disk.tree(), commit.tree()] {
        assert_eq!(tree.entry("inside"), Some(PathKind::Link("apps/web".to_owned())));
        assert_eq!(&*tree.read("apps/web/a.yaml").expect("a file"), b"a: 1\n");
        assert!(tree.read("inside").is_err() && tree.read("apps").is_err() && tree.entry("apps/nothing").is_none());
        let found = |path: &str| tree::resolve(tree, "", path).map(|(path, _)| path).map_err(|error| error.cause);
        assert_eq!(found("inside/a.yaml"), Ok("apps/web/a.yaml".to_owned()));
        assert_eq!(found("apps/out"), Err(Cause::Refused));
    }
    assert!(disk.tree().entry("build").is_none());
}

#[test]
fn a_file_that_is_too_large_is_refused_unread_and_a_socket_is_not_a_file() {
    let (dir, _) = repository();
    let file = std::fs::File::create(dir.path().join("large.yaml")).expect("made");
    file.set_len(MAX_FILE as u64 + 1).expect("a hole");
    let socket = std::os::unix::net::UnixListener::bind(dir.path().join("socket.yaml")).expect("a socket");
    let folder = Folder::new(dir.path());

    assert_eq!(folder.read("large.yaml").expect_err("refused").cause, Cause::Limit);
    assert_eq!(folder.entry("socket.yaml"), None);
    assert!(folder.read("socket.yaml").is_err());
    drop(socket);
}

#[test]
fn changes_are_relative_to_where_the_branches_parted() {
    let (dir, first) = repository();
    let repository = Repository::open(dir.path()).expect("a repository");
    std::fs::remove_file(dir.path().join("apps/web/a.yaml")).expect("removed");
    let checkout = Checkout::open(dir.path()).expect("a checkout");
    let pairs = |changed: Vec<Changed>| changed.into_iter().map(|one| (one.path, one.change)).collect::<Vec<_>>();
    let expected = [("apps/web/a.yaml".to_owned(), Change::Removed), ("apps/web/b.yaml".to_owned(), Change::Added)];

    assert_eq!(pairs(checkout.changed(&first, None).expect("a diff")), expected, "not committed yet");
    let second = commit(&repository);
    assert_eq!(pairs(checkout.changed(&first, Some(&second)).expect("a diff")), expected);
    assert_eq!(pairs(checkout.changed(&second, None).expect("a diff")), []);
    let unknown = checkout.changed("nothing", None).expect_err("refused");
    assert!(matches!(&unknown, Failure::NoRevision { revision, .. } if revision == "nothing"), "{unknown}");
    assert_eq!(Error::from(unknown).exit_code(), 2);
}

#[test]
fn a_plain_folder_can_be_looked_at_but_has_no_revisions() {
    let dir = tempfile::tempdir().expect("a folder");
    write(dir.path(), "a.yaml", "a: 1\n");
    let checkout = Checkout::open(dir.path()).expect("a folder");

    assert_eq!(checkout.view(None).expect("files").tree().list("").expect("names"), ["a.yaml"]);
    assert!(matches!(checkout.view(Some("HEAD")), Err(Failure::NoRepository(_))));
    assert!(matches!(Checkout::open(&dir.path().join("nowhere")), Err(Failure::NoFolder(_))));
    assert!(matches!(Checkout::around(dir.path()), Err(Failure::NoWorkTree(_))));
}

#[test]
fn a_repository_that_libgit2_does_not_read_is_known_by_what_it_says_of_itself() {
    let (dir, _) = repository();
    let repository = Repository::open(dir.path()).expect("a repository");
    let mut config = repository.config().expect("its config");
    config.set_i32("core.repositoryformatversion", 1).expect("written");
    config.set_str("extensions.refstorage", "reftable").expect("written");

    let failed = Checkout::open(dir.path()).err().expect("it is not read");
    assert!(matches!(failed, Failure::Extended { .. }), "{failed}");
    assert!(Error::from(failed).hint.contains("reftable"));
}
