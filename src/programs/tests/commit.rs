use super::*;
use crate::programs::Failure;

fn of<'c>(tree: &'c str, parent: &'c str, signer: &'c Signer) -> Commit<'c> {
    Commit { tree, parent, message: "Scale web\n\nSo that it holds. Ünïcode.\n", signer, at: (1_700_000_000, -90) }
}

fn ids(checkout: &Path) -> (String, String) {
    (git(checkout, &["rev-parse", "main^{tree}"]), git(checkout, &["rev-parse", "main"]))
}

#[tokio::test]
async fn a_commit_has_the_identity_that_git_has_here_and_the_same_plan_makes_the_same_one() {
    let bed = Bed::new();
    let checkout = bed.checkout();
    std::fs::write(bed.dir.path().join("work.config"), "[user]\n\tname = Ana Ünal\n\temail = ana@work.example.com\n")
        .expect("written");
    let condition = format!("includeIf.gitdir:{}/.path", checkout.canonicalize().expect("a folder").display());
    git(&checkout, &["config", &condition, &bed.dir.path().join("work.config").to_string_lossy()]);
    git(&checkout, &["config", "i18n.commitEncoding", "ISO-8859-1"]);

    let signer = signer(&checkout).await.expect("an identity");
    let ana = Identity { name: "Ana Ünal".to_owned(), email: "ana@work.example.com".to_owned() };
    assert_eq!(signer, Signer { author: ana.clone(), committer: ana, is_signing: false });
    let (tree, parent) = ids(&checkout);
    let one = crate::programs::commit(&checkout, &of(&tree, &parent, &signer)).await.expect("a commit");
    let two = crate::programs::commit(&checkout, &of(&tree, &parent, &signer)).await.expect("a commit");

    assert_eq!(one, two);
    let text = git(&checkout, &["cat-file", "-p", &one]);
    let who = "Ana Ünal <ana@work.example.com> 1700000000 -0130";
    let body = "\n\nScale web\n\nSo that it holds. Ünïcode.";
    assert_eq!(text, format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}{body}"));
    assert_eq!(git(&checkout, &["for-each-ref", "--contains", &one]), "", "nothing refers to it");
    assert_eq!(git(&checkout, &["status", "--porcelain"]), "");
}

#[tokio::test]
async fn without_an_identity_there_is_no_commit_and_the_error_says_what_to_set() {
    let bed = Bed::new();
    git(&bed.checkout(), &["config", "user.name", ""]);
    let Err(Failure::Failed(why)) = signer(&bed.checkout()).await else { panic!("nobody commits") };
    assert!(why.contains("user.name") && why.contains("user.email"), "{why}");
}

#[tokio::test]
async fn a_commit_is_signed_with_an_ssh_key_where_the_user_signs() {
    let bed = Bed::new();
    let (checkout, key) = (bed.checkout(), bed.dir.path().join("key"));
    if super::run::find("ssh-keygen").is_none() {
        return;
    }
    let keygen = |phrase: &str, key: &Path| {
        let done = std::process::Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", phrase, "-f"]).arg(key).status();
        assert!(done.expect("ssh-keygen").success());
    };
    keygen("", &key);
    for (name, value) in [("commit.gpgSign", "true"), ("gpg.format", "ssh"), ("user.signingKey", &key.to_string_lossy())] {
        git(&checkout, &["config", name, value]);
    }
    let who = signer(&checkout).await.expect("an identity");
    assert!(who.is_signing);
    let (tree, parent) = ids(&checkout);
    let id = crate::programs::commit(&checkout, &of(&tree, &parent, &who)).await.expect("a commit");
    assert!(git(&checkout, &["cat-file", "-p", &id]).contains("gpgsig -----BEGIN SSH SIGNATURE-----"));

    // a key that has to be unlocked asks nobody, and nothing hangs
    let locked = bed.dir.path().join("locked");
    keygen("hunter2", &locked);
    git(&checkout, &["config", "user.signingKey", &locked.to_string_lossy()]);
    let failure = crate::programs::commit(&checkout, &of(&tree, &parent, &who)).await.expect_err("locked");
    assert!(matches!(failure, Failure::Unsigned(_)), "{failure:?}");
}

#[tokio::test]
async fn a_gpg_that_signs_is_used_and_one_that_fails_makes_no_commit() {
    let bed = Bed::new();
    let (checkout, gpg) = (bed.checkout(), bed.dir.path().join("gpg"));
    git(&checkout, &["config", "commit.gpgSign", "true"]);
    git(&checkout, &["config", "gpg.program", &gpg.to_string_lossy()]);
    // an installation may have another format
    git(&checkout, &["config", "gpg.format", "openpgp"]);
    let who = signer(&checkout).await.expect("an identity");
    let (tree, parent) = ids(&checkout);

    // the terminal is out of reach
    bed.program(&gpg, "cat >/dev/null\nif (: </dev/tty) 2>/dev/null; then exit 9; fi\nprintf '\\n[GNUPG:] SIG_CREATED D\\n' >&2\nprintf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'");
    let id = crate::programs::commit(&checkout, &of(&tree, &parent, &who)).await.expect("a commit");
    assert!(git(&checkout, &["cat-file", "-p", &id]).contains("gpgsig -----BEGIN PGP SIGNATURE-----"));

    bed.program(&gpg, "echo 'gpg: signing failed: Inappropriate ioctl for device' >&2; exit 2");
    let failure = crate::programs::commit(&checkout, &of(&tree, &parent, &who)).await.expect_err("unsigned");
    assert!(matches!(failure, Failure::Unsigned(_)), "{failure:?}");
}

#[tokio::test]
async fn a_commit_is_made_of_what_is_there_and_of_nothing_that_looks_like_an_option() {
    let bed = Bed::new();
    let who = signer(&bed.checkout()).await.expect("an identity");
    let (tree, parent) = ids(&bed.checkout());
    for (tree, parent) in [("--help", parent.as_str()), (&tree, ""), (&tree, "HEAD")] {
        let failure = crate::programs::commit(&bed.checkout(), &of(tree, parent, &who)).await.expect_err("refused");
        assert!(matches!(failure, Failure::Call(_)), "{failure:?}");
    }
    let nothing = "0123456789012345678901234567890123456789";
    let failure = crate::programs::commit(&bed.checkout(), &of(nothing, &parent, &who)).await.expect_err("refused");
    assert!(matches!(failure, Failure::Failed(_)), "{failure:?}");
}

#[tokio::test]
async fn a_program_that_does_not_end_is_ended_with_what_it_started() {
    let dir = tempfile::tempdir().expect("a folder");
    let mark = dir.path().join("mark");
    let mut command = tokio::process::Command::new("sh");
    command.arg("-c").arg(format!("(sleep 2; touch '{}') & wait", mark.display()));
    let limit = std::time::Duration::from_millis(200);
    assert!(matches!(quiet::run(command, &[], limit).await, Err(Failure::TooLong(_))));

    // what it left behind holds the pipes, and is not waited for
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", "echo done; sleep 3 &"]);
    let ended = quiet::run(command, &[], std::time::Duration::from_millis(2500)).await.expect("an end");
    assert_eq!((ended.printed.as_slice(), ended.status.success()), (&b"done\n"[..], true));
    tokio::time::sleep(std::time::Duration::from_millis(2000)).await;
    assert!(!mark.exists(), "its child has gone with it");
}
