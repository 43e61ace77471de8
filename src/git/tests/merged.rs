use super::*;

/// Checks a commit out, with its files.
fn at(repository: &Repository, commit: &str) {
    repository.set_head_detached(git2::Oid::from_str(commit).expect("an id")).expect("a head");
    repository.checkout_head(Some(git2::build::CheckoutBuilder::new().force().remove_untracked(true))).expect("checked out");
}

fn texts(checkout: &Checkout, before: &str, after: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let text = |side: Option<Vec<u8>>| side.map(|bytes| String::from_utf8(bytes).expect("text"));
    let changes = checkout.file_changes(before, after).expect("they can be compared");
    changes.into_iter().map(|one| (one.path, text(one.before), text(one.after))).collect()
}

#[test]
fn what_a_merge_would_leave_is_known_without_a_branch_and_a_conflict_is_none() {
    let dir = tempfile::tempdir().expect("a folder");
    let repository = Repository::init(dir.path()).expect("a repository");
    write(dir.path(), "a.yaml", "a: 1\n");
    write(dir.path(), "gone.yaml", "x: 1\n");
    let left_at = commit(&repository);
    write(dir.path(), "a.yaml", "a: 2\n");
    let base = commit(&repository);

    at(&repository, &left_at);
    write(dir.path(), "b.yaml", "b: 1\n");
    std::fs::remove_file(dir.path().join("gone.yaml")).expect("removed");
    let clean = commit(&repository);
    at(&repository, &left_at);
    write(dir.path(), "a.yaml", "a: 3\n");
    let conflict = commit(&repository);
    at(&repository, &base);
    write(dir.path(), "c.yaml", "c: \0\n");
    let ahead = commit(&repository);

    let checkout = Checkout::open(dir.path()).expect("a checkout");
    let trial = |head: &str| checkout.merge_trial(&base, head).expect("a trial").expect("a common history");
    let merged = trial(&clean);
    assert_eq!((&merged.left_at, merged.behind), (&left_at, 1));
    let there = |text: &str| Some(text.to_owned());
    assert_eq!(
        texts(&checkout, &base, merged.tree.as_deref().expect("a tree")),
        [("b.yaml".to_owned(), None, there("b: 1\n")), ("gone.yaml".to_owned(), there("x: 1\n"), None)],
        "what the base has since does not count"
    );
    assert_eq!((trial(&conflict).tree, trial(&conflict).behind), (None, 1));
    let behind = trial(&ahead);
    assert_eq!((behind.left_at.as_str(), behind.behind), (&*base, 0));
    let changes = checkout.file_changes(&base, behind.tree.as_deref().expect("a tree")).expect("compared");
    assert_eq!(changes.iter().map(|one| (&*one.path, one.is_text)).collect::<Vec<_>>(), [("c.yaml", false)]);

    let commits = checkout.commits(&base, &clean, 10).expect("a history");
    let one = BranchCommit { author: "t".to_owned(), address: "t@example.test".to_owned(), subject: "x".to_owned() };
    assert_eq!(commits, [one], "what the base has is not of the branch");

    let apart = Repository::init(dir.path().join("apart")).expect("a repository");
    write(&dir.path().join("apart"), "z.yaml", "z: 1\n");
    let other = commit(&apart);
    assert!(checkout.merge_trial(&base, &other).is_err(), "a commit that is not here");
}
