use fluxdeck_model::guards::Branch;

use super::*;
use crate::programs::{Failure, Pushed, Refuser};

const ORIGIN: Remote<'static> = Remote::Named("origin");

fn branch() -> Branch {
    Branch::new("fluxdeck/web-1", "main").expect("a branch")
}

/// Everything of a checkout that its user sees.
fn seen(checkout: &Path) -> String {
    let index = std::fs::metadata(checkout.join(".git/index")).and_then(|index| index.modified()).expect("an index");
    let refs = git(checkout, &["for-each-ref"]);
    format!("{refs} {index:?} {}", std::fs::read_to_string(checkout.join(".git/HEAD")).expect("a head"))
}

#[tokio::test]
async fn a_branch_is_made_for_a_commit_and_the_checkout_stays_as_it_is() {
    let bed = Bed::new();
    let (checkout, base) = (bed.checkout(), bed.branches());
    let before = seen(&checkout);
    let id = made(&checkout).await;
    // what the configuration would push along
    git(&checkout, &["tag", "-a", "-m", "x", "v1"]);
    git(&checkout, &["config", "push.followTags", "true"]);
    git(&checkout, &["config", "push.default", "matching"]);
    git(&checkout, &["config", "remote.origin.push", "main:refs/heads/other"]);

    assert_eq!(branch_at(&checkout, ORIGIN, &branch()).await, Ok(None));
    assert_eq!(publish(&checkout, ORIGIN, &id, &branch()).await, Ok(Pushed::Created));
    assert_eq!(bed.branches(), format!("refs/heads/fluxdeck/web-1 {id}\n{base}"));
    assert_eq!(branch_at(&checkout, ORIGIN, &branch()).await, Ok(Some(id.clone())));
    assert_eq!(publish(&checkout, ORIGIN, &id, &branch()).await, Ok(Pushed::AsItWas), "an answer that was lost");
    git(&checkout, &["tag", "-d", "v1"]);
    assert_eq!(seen(&checkout), before);
}

#[tokio::test]
async fn a_branch_that_is_there_is_never_overwritten_not_even_forwards() {
    let bed = Bed::new();
    let id = made(&bed.checkout()).await;
    git(&bed.server(), &["branch", "fluxdeck/web-1", "main"]);
    let before = bed.branches();
    let failure = publish(&bed.checkout(), ORIGIN, &id, &branch()).await.expect_err("refused");

    assert!(matches!(failure, Failure::Moved(_)), "{failure:?}");
    assert_eq!(bed.branches(), before);
    // a longer name that ends like it is another branch
    git(&bed.server(), &["branch", "-M", "fluxdeck/web-1", "old/refs/heads/fluxdeck/web-1"]);
    assert_eq!(branch_at(&bed.checkout(), ORIGIN, &branch()).await, Ok(None));
}

#[tokio::test]
async fn what_a_rule_of_the_server_says_is_shown_without_its_tricks() {
    for hook in ["update", "pre-receive"] {
        let bed = Bed::new();
        let id = made(&bed.checkout()).await;
        let rule = "printf 'error:\\nerror: GL-7: \\033[2Jbranches are named like tickets\\n  see https://me:PLANTED@wiki.example.com\\n' >&2; exit 1";
        bed.program(&bed.server().join("hooks").join(hook), rule);
        let before = bed.branches();
        let Err(Failure::Refused { by, said }) = publish(&bed.checkout(), ORIGIN, &id, &branch()).await else { panic!("{hook}") };

        assert_eq!((by, bed.branches()), (Refuser::Hook, before), "{hook}");
        assert!(said.starts_with("GL-7: ") && said.contains("branches are named like tickets see https://***@wiki"), "{said}");
        assert!(!said.contains(char::is_control), "{said}");
    }
}

#[tokio::test]
async fn a_pre_push_hook_of_the_user_runs_without_a_terminal_and_may_refuse() {
    let bed = Bed::new();
    let (checkout, company, log) = (bed.checkout(), bed.dir.path().join("company"), bed.dir.path().join("log"));
    let id = made(&checkout).await;
    git(&checkout, &["config", "core.hooksPath", &company.to_string_lossy()]);
    let see = format!(
        "echo \"$1 $2\" >'{0}'; cat >>'{0}'; if (: </dev/tty) 2>/dev/null; then echo terminal >>'{0}'; fi",
        log.display()
    );
    bed.program(&company.join("pre-push"), &format!("{see}\necho 'scan: a secret in a.yaml' >&2\nexit 1"));
    let before = bed.branches();
    let failure = publish(&checkout, ORIGIN, &id, &branch()).await.expect_err("refused");

    assert_eq!(failure, Failure::Refused { by: Refuser::Hook, said: "scan: a secret in a.yaml".to_owned() });
    assert_eq!(bed.branches(), before);
    let zero = "0".repeat(40);
    let given = format!("{0} {1}\n{id} {id} refs/heads/fluxdeck/web-1 {zero}\n", super::remote::OURS, bed.server().display());
    assert_eq!(std::fs::read_to_string(&log).expect("a log"), given);
    bed.program(&company.join("pre-push"), &see);
    assert_eq!(publish(&checkout, ORIGIN, &id, &branch()).await, Ok(Pushed::Created));
}

#[tokio::test]
async fn a_shallow_bare_clone_and_a_second_work_tree_push_as_well() {
    let bed = Bed::new();
    let url = format!("file://{}", bed.server().display());
    git(bed.dir.path(), &["clone", "--quiet", "--bare", "--depth=1", &url, "cache.git"]);
    git(&bed.checkout(), &["worktree", "add", "--quiet", "--detach", "../second"]);
    for (at, name) in ["cache.git", "second"].into_iter().enumerate() {
        let repository = bed.dir.path().join(name);
        let parent = git(&repository, &["rev-parse", "main"]);
        let tree = git(&repository, &["rev-parse", "main^{tree}"]);
        let ana = Identity { name: "Ana".to_owned(), email: "a@x".to_owned() };
        let who = Signer { author: ana.clone(), committer: ana, is_signing: false };
        let plan = Commit { tree: &tree, parent: &parent, message: name, signer: &who, at: (1_700_000_000, 0) };
        let id = crate::programs::commit(&repository, &plan).await.expect("a commit");
        let branch = Branch::new(&format!("fluxdeck/{at}"), "main").expect("a branch");
        assert_eq!(publish(&repository, ORIGIN, &id, &branch).await, Ok(Pushed::Created), "{name}");
        assert!(bed.branches().contains(&id));
    }
}

#[tokio::test]
async fn a_push_goes_where_the_users_own_rules_lead() {
    let bed = Bed::new();
    let checkout = bed.checkout();
    let id = made(&checkout).await;
    git(&checkout, &["remote", "set-url", "origin", "https://nowhere.invalid/team/fleet"]);
    git(&checkout, &["config", &format!("url.{}.pushInsteadOf", bed.server().display()), "https://nowhere.invalid/team/fleet"]);
    assert_eq!(publish(&checkout, ORIGIN, &id, &branch()).await, Ok(Pushed::Created));
    let of_cluster = Remote::Url("https://nowhere.invalid/team/fleet");
    assert_eq!(publish(&checkout, of_cluster, &id, &branch()).await, Ok(Pushed::AsItWas));
    assert_eq!(git(&checkout, &["remote", "get-url", "--push", "origin"]), bed.server().to_string_lossy());
}

#[tokio::test]
async fn what_cannot_be_pushed_is_known_by_type() {
    let bed = Bed::new();
    let checkout = bed.checkout();
    let id = made(&checkout).await;
    let class = |failure: &Failure| match failure {
        Failure::Call(_) => "call",
        Failure::Unreachable(_) => "unreachable",
        Failure::NotFound(_) => "not found",
        Failure::Question(_) => "question",
        Failure::HostKey(_) => "host key",
        _ => "other",
    };
    for (remote, expected) in [
        (Remote::Named("upstream"), "call"),
        (Remote::Url("ext::sh -c 'touch /tmp/x'"), "call"),
        (Remote::Url("file:///etc"), "call"),
        (Remote::Url("/etc"), "call"),
        (Remote::Url("--receive-pack=id"), "call"),
        (Remote::Url("http://127.0.0.1:1/x"), "unreachable"),
    ] {
        let failure = publish(&checkout, remote, &id, &branch()).await.expect_err("refused");
        assert_eq!(class(&failure), expected, "{remote:?}: {failure:?}");
        let failure = branch_at(&checkout, remote, &branch()).await.expect_err("refused");
        assert_eq!(class(&failure), expected, "{remote:?}: {failure:?}");
    }
    git(&checkout, &["remote", "set-url", "origin", &bed.dir.path().join("gone.git").to_string_lossy()]);
    assert_eq!(class(&publish(&checkout, ORIGIN, &id, &branch()).await.expect_err("refused")), "not found");
    assert_eq!(class(&publish(&checkout, ORIGIN, "main", &branch()).await.expect_err("refused")), "call");
}

/// The user's ssh, which has the way to the server: what it is asked to run there is run, here.
const SSH: &str = "echo \"$@\" >>\"$0.log\"\nfor last; do :; done\nexec sh -c \"$last\"";

#[tokio::test]
async fn a_branch_is_pushed_over_ssh_by_the_users_own_way() {
    for (url, host) in
        [("ssh://git@git.example.test:2222", "-p 2222 git@git.example.test"), ("git@git.example.test:", "git@git.example.test")]
    {
        let bed = Bed::new();
        let (checkout, ssh) = (bed.checkout(), bed.dir.path().join("bin/ssh"));
        bed.program(&ssh, SSH);
        git(&checkout, &["remote", "set-url", "origin", &format!("{url}{}", bed.server().display())]);
        git(&checkout, &["config", "core.sshCommand", &ssh.to_string_lossy()]);
        let (id, base) = (made(&checkout).await, bed.branches());

        assert_eq!(branch_at(&checkout, ORIGIN, &branch()).await, Ok(None), "{url}");
        assert_eq!(publish(&checkout, ORIGIN, &id, &branch()).await, Ok(Pushed::Created), "{url}");
        assert_eq!(bed.branches(), format!("refs/heads/fluxdeck/web-1 {id}\n{base}"), "{url}");
        let asked = std::fs::read_to_string(ssh.with_extension("log")).expect("it was asked");
        let pushed = format!("{host} git-receive-pack '{}'", bed.server().display());
        assert!(asked.lines().any(|line| line.ends_with(&pushed)), "{asked}");
    }
}

#[tokio::test]
async fn what_ssh_says_of_a_push_is_what_is_said_then() {
    let bed = Bed::new();
    let (checkout, ssh) = (bed.checkout(), bed.dir.path().join("bin/ssh"));
    bed.program(&ssh, "echo 'git@git.example.test: Permission denied (publickey).' >&2; exit 255");
    git(&checkout, &["remote", "set-url", "origin", "ssh://git@git.example.test/fleet"]);
    git(&checkout, &["config", "core.sshCommand", &ssh.to_string_lossy()]);
    let (id, base) = (made(&checkout).await, bed.branches());
    let failure = publish(&checkout, ORIGIN, &id, &branch()).await.expect_err("it has no key");

    assert!(matches!(&failure, Failure::Unauthorised(said) if said.contains("Permission denied")), "{failure:?}");
    assert_eq!(bed.branches(), base);
}
