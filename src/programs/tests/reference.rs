//! Branches, tags and commits of a repository on this machine, which the clone's own configuration takes for one of the network.

use std::path::PathBuf;
use std::process::Command;

use super::*;

const URL: &str = "https://git.example.test/o/r";

/// A server's repository with a branch, a tag of each kind, and a clone that has nothing of it yet.
struct Bed {
    dir: tempfile::TempDir,
}

impl Bed {
    fn new() -> Self {
        let bed = Self { dir: tempfile::tempdir().expect("a folder") };
        bed.git(&["init", "--quiet", "--initial-branch=main", "server"]);
        bed.git(&["init", "--quiet", "--bare", "clone.git"]);
        let rule = format!("url.file://{}.insteadOf", bed.dir.path().join("server").display());
        bed.git(&["-C", "clone.git", "config", &rule, URL]);
        bed.commit("one");
        for tag in [&["tag", "v1"][..], &["tag", "-a", "-m", "x", "v2"], &["branch", "both"], &["tag", "both"]] {
            bed.git(&[&["-C", "server"][..], tag].concat());
        }
        bed
    }

    fn git(&self, arguments: &[&str]) -> String {
        let who =
            ["-c", "user.name=t", "-c", "user.email=t@example.test", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"];
        let done = Command::new("git").args(who).args(arguments).current_dir(self.dir.path()).output().expect("git");
        assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// One more commit of the server; its id.
    fn commit(&self, text: &str) -> String {
        std::fs::write(self.dir.path().join("server/a.yaml"), text).expect("written");
        self.git(&["-C", "server", "add", "."]);
        self.git(&["-C", "server", "commit", "--quiet", "-m", text]);
        self.git(&["-C", "server", "rev-parse", "HEAD"])
    }

    fn place(&self) -> PathBuf {
        self.dir.path().join("clone.git")
    }
}

#[tokio::test]
async fn what_a_name_is_decides_whether_it_moves() {
    let bed = Bed::new();
    let commit = bed.commit("two");
    for (reference, spec, moves) in [
        ("", "HEAD", true),
        ("main", "refs/heads/main", true),
        ("v1", "refs/tags/v1", false),
        ("v2", "refs/tags/v2", false),
        ("both", "refs/tags/both", false),
        ("refs/pull/1/head", "refs/pull/1/head", true),
        (&commit, &commit, false),
    ] {
        let found = named_reference(&bed.place(), URL, reference).await;
        assert_eq!(found, Ok(NamedReference { spec: spec.to_owned(), moves }), "{reference}");
    }
    for reference in ["--upload-pack=id", "a b", "a..b"] {
        let failure = named_reference(&bed.place(), URL, reference).await.expect_err(reference);
        assert!(matches!(&failure, Failure::NoCommit(why) if why.contains("is not the name")), "{failure:?}");
    }
}

#[tokio::test]
async fn it_is_fetched_alone_and_no_more_than_a_limit() {
    let bed = Bed::new();
    let (first, second) = (bed.git(&["-C", "server", "rev-parse", "v2^{}"]), bed.commit("two"));
    for (reference, expected) in [("v2", &first), ("main", &second), (&second, &second), ("", &second)] {
        let named = named_reference(&bed.place(), URL, reference).await.expect("it is there");
        fetch_reference(&bed.place(), URL, &named, "refs/kept").await.expect("it is fetched");
        assert_eq!(bed.git(&["-C", "clone.git", "rev-parse", "refs/kept^{}"]), *expected, "{reference}");
        assert_eq!(bed.git(&["-C", "clone.git", "rev-list", "--count", "refs/kept"]), "1", "without its history");
    }
    let missing = NamedReference { spec: "gone".to_owned(), moves: true };
    let failure = fetch_reference(&bed.place(), URL, &missing, "refs/kept").await.expect_err("there is none");
    assert!(matches!(failure, Failure::NoCommit(_)), "{failure:?}");

    let random: String = (0..3_000_u32).map(|n| format!("{:x}", n.wrapping_mul(2_654_435_761))).collect();
    bed.commit(&random);
    let named = named_reference(&bed.place(), URL, "main").await.expect("it is there");
    let failure = fetch_within(&bed.place(), URL, &named, "refs/large", 1 << 10).await.expect_err("it is too large");
    assert!(matches!(failure, Failure::TooLarge(_)), "{failure:?}");
}

#[tokio::test]
async fn only_what_flux_takes_is_asked_and_a_password_of_the_address_is_not_sent() {
    let bed = Bed::new();
    for url in ["file:///etc", "ext::sh -c id", "git://git.example.test/o/r"] {
        let failure = named_reference(&bed.place(), url, "v1").await.expect_err(url);
        assert!(matches!(failure, Failure::Call(_)), "{failure:?}");
    }
    // the rule is for the address without a password
    let with_password = URL.replace("https://", "https://me:hunter2@");
    let found = named_reference(&bed.place(), &with_password, "v1").await;
    assert_eq!(found.map(|named| named.moves), Ok(false));
}

#[tokio::test]
async fn the_references_of_a_remote_are_listed_and_nothing_but_a_reference_is_asked_for() {
    let bed = Bed::new();
    let (first, second) = (bed.git(&["-C", "server", "rev-parse", "HEAD"]), bed.commit("two"));
    let ask = async |patterns: &[&str]| {
        let patterns: Vec<_> = patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
        crate::programs::references(&bed.place(), Remote::Url(URL), &patterns).await
    };
    let found = ask(&["refs/heads/main", "refs/tags/v*"]).await.expect("it is there");
    let at = |name: &str| found.iter().find(|(_, known)| known == name).map(|(id, _)| id.as_str());
    assert_eq!((at("refs/heads/main"), at("refs/tags/v1")), (Some(&*second), Some(&*first)), "{found:?}");
    assert_eq!(at("refs/tags/v2^{}"), Some(&*first), "the commit of an annotated tag: {found:?}");
    assert!(at("refs/tags/both").is_none() && at("HEAD").is_none(), "{found:?}");
    for wrong in ["main", "--upload-pack=touch x", ""] {
        assert!(matches!(ask(&[wrong]).await, Err(Failure::Call(_))), "{wrong}");
    }
}
