use super::*;
use crate::programs::Failure;

/// Two commits on `main` after the first, and a pull request of a fork that left it there.
fn proposed(bed: &Bed) -> String {
    let checkout = bed.checkout();
    git(&checkout, &["checkout", "--quiet", "-b", "theirs"]);
    std::fs::write(checkout.join("b.yaml"), "b: 1\n").expect("written");
    git(&checkout, &["add", "."]);
    git(&checkout, &["commit", "--quiet", "-m", "theirs"]);
    git(&checkout, &["push", "--quiet", "origin", "theirs:refs/pull/7/head"]);
    let theirs = git(&checkout, &["rev-parse", "theirs"]).trim().to_owned();
    git(&checkout, &["checkout", "--quiet", "main"]);
    git(&checkout, &["branch", "--quiet", "-D", "theirs"]);
    for text in ["a: 2\n", "a: 3\n"] {
        std::fs::write(checkout.join("a.yaml"), text).expect("written");
        git(&checkout, &["commit", "--quiet", "-am", "more"]);
    }
    git(&checkout, &["push", "--quiet", "origin", "main"]);
    theirs
}

#[tokio::test]
async fn heads_of_pull_requests_are_fetched_beside_what_the_user_has_with_as_much_history_as_is_asked_for() {
    let bed = Bed::new();
    let theirs = proposed(&bed);
    let clone = bed.dir.path().join("clone.git");
    git(bed.dir.path(), &["init", "--quiet", "--bare", "clone.git"]);
    let server = bed.server();
    let remote = Remote::Folder(&server);
    let heads = [(7, "refs/pull/7/head".to_owned())];

    fetch_pulls(&clone, remote, "main", &heads, Some(1)).await.expect("fetched");
    let count = |revision: &str| git(&clone, &["rev-list", "--count", revision]).trim().to_owned();
    assert_eq!(
        (git(&clone, &["rev-parse", &pull_reference(7)]).trim(), count("refs/fluxdeck/base/main").as_str()),
        (&*theirs, "1")
    );
    fetch_pulls(&clone, remote, "main", &heads, Some(50)).await.expect("fetched");
    assert_eq!((count("refs/fluxdeck/base/main"), count(&pull_reference(7))), ("3".to_owned(), "2".to_owned()));
    assert_eq!(git(&clone, &["for-each-ref", "refs/heads", "refs/tags"]), "", "no branch is made");

    let missing = [(8, "refs/pull/8/head".to_owned())];
    let failure = fetch_pulls(&clone, remote, "main", &missing, None).await.expect_err("there is none");
    assert!(!failure.error("x").message.is_empty(), "{failure:?}");
    let odd = fetch_pulls(&clone, remote, "../main", &heads, None).await;
    assert!(matches!(odd, Err(Failure::Call(_))), "{odd:?}");
}
