//! The demo's forge, seen by the client that also talks to github.com: pull requests on branches that the user's git pushes.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use fluxdeck::credentials::{Source, Token};
use fluxdeck::demo::{Company, Forge as DemoForge, RunDirectory};
use fluxdeck::forges::{Address, Failure, Forge, Network, kind_of, named};
use fluxdeck_model::domain::pull::{Checks, NewPull, PullState};

const FLEET: &str = "http://forge.example.test/ops/fleet.git";

fn company() -> Company {
    Company::driven(RunDirectory::passing(), "2026-11-29T22:00:00Z".parse().expect("a time"))
}

/// Pushes a branch with one more commit by the user's git, to the path that the program pushes to as well. Returns the commit.
fn push(company: &Company, branch: &str) -> String {
    let server = company.repository(FLEET).expect("repositories").expect("one of the company's");
    let folder = tempfile::tempdir().expect("a folder");
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.args(["-c", "user.name=ana", "-c", "user.email=ana@example.test"]).args(arguments).current_dir(folder.path());
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let done = command.output().expect("git runs");
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    };
    git(&["clone", "-q", &server.to_string_lossy(), "."]);
    git(&["checkout", "-q", "-b", branch]);
    git(&["commit", "-q", "--allow-empty", "-m", "nothing yet"]);
    std::fs::write(folder.path().join(branch.replace('/', "-")), "x\n").expect("written");
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "one more"]);
    git(&["push", "-q", "origin", branch]);
    git(&["rev-parse", "HEAD"])
}

fn tip(company: &Company, branch: &str) -> String {
    let server = company.repository(FLEET).expect("repositories").expect("one of the company's");
    let done =
        Command::new("git").args(["rev-parse", &format!("refs/heads/{branch}")]).current_dir(server).output().expect("git runs");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

/// The client, as `runtime` makes it.
fn client(forge: &Arc<DemoForge>, url: &str) -> Box<dyn Forge> {
    let address = Address::of(url).expect("an address");
    let token = Token::new(DemoForge::TOKEN, address.origin(), Source::Demo).expect("a token");
    named("github").expect("GitHub").open(&Network::through(forge.connector()), &address, Some(&token)).expect("its token")
}

fn new(head: &str) -> NewPull {
    NewPull {
        title: "one more".into(),
        body: "why".into(),
        head: head.into(),
        base: "main".into(),
        is_draft: false,
        ..NewPull::default()
    }
}

/// Merges on the forge, as a person does on its page.
async fn merge(forge: &DemoForge, number: u64, method: &str) {
    let request = http::Request::put(format!("http://forge.example.test/api/v3/repos/ops/fleet/pulls/{number}/merge"));
    let request = request.header("authorization", "Bearer ana").body(format!(r#"{{"merge_method": "{method}"}}"#));
    assert_eq!(forge.answer(request.expect("a request")).await.status(), 200);
}

#[tokio::test]
async fn a_pull_request_in_the_demo_is_opened_checked_and_merged() {
    let company = company();
    let forge = company.forge().expect("a forge");
    let github = client(&forge, FLEET);
    let world = company.enter("").expect("a context").world;
    assert_eq!(github.default_branch().await, Ok("main".to_owned()));

    for (branch, method) in [("fluxdeck/a", "merge"), ("fluxdeck/b", "squash"), ("fluxdeck/c", "rebase")] {
        assert_eq!(github.open(&new(branch)).await, Err(Failure::NotYet), "it is not pushed");
        let head = push(&company, branch);
        assert_eq!(github.find(branch, None).await, Ok(Vec::new()));
        let pull = github.open(&new(branch)).await.expect("it is open");
        assert_eq!((pull.head.as_str(), &pull.head_commit, pull.is_open()), (branch, &head, true));
        assert_eq!(github.open(&new(branch)).await, Err(Failure::Exists));

        let checks = async || github.pull(pull.number).await.expect("a pull request").checks.expect("checks");
        assert_eq!(checks().await, Checks { pending: 2, ..Checks::default() });
        world.advance(Duration::from_secs(10));
        assert_eq!(checks().await, Checks { passed: 1, pending: 1, ..Checks::default() });
        world.advance(Duration::from_secs(15));
        assert_eq!(checks().await, Checks { passed: 2, ..Checks::default() });

        merge(&forge, pull.number, method).await;
        let merged = github.pull(pull.number).await.expect("a pull request");
        let merge = merged.merge().expect("it is merged");
        assert_eq!((&merge.commit, merge.by.as_deref()), (&tip(&company, "main"), Some("ana")), "{method}");
        assert_eq!(merge.at, Some(world.now()));
        let found = github.find(branch, None).await.expect("a list");
        assert!(found.len() == 1 && matches!(found[0].state, PullState::Merged(_)), "{found:?}");
    }
}

#[tokio::test]
async fn the_forge_of_the_demo_is_asked_as_any_other_and_leads_nowhere_else() {
    let company = company();
    let forge = company.forge().expect("a forge");
    let network = Network::through(forge.connector());
    let kind = kind_of(&network, &Address::of(FLEET).expect("an address").origin()).await.expect("it answers");
    assert_eq!(kind.map(|kind| kind.name), Some("GitHub"));

    push(&company, "empty");
    let github = client(&forge, FLEET);
    let backwards = NewPull { head: "main".into(), base: "empty".into(), ..new("main") };
    assert_eq!(github.open(&backwards).await, Err(Failure::NothingToMerge));
    assert_eq!(client(&forge, "http://forge.example.test/ops/none.git").default_branch().await, Err(Failure::NotFound));
    let elsewhere = client(&forge, "https://github.com/ops/fleet").default_branch().await;
    assert!(matches!(elsewhere, Err(Failure::Unreachable(_))), "{elsewhere:?}");
}

/// What GitHub has in GraphQL: drafts, and merging once the checks have passed, which `main` requires.
#[tokio::test]
async fn the_forge_of_the_demo_merges_later_and_has_drafts() {
    let company = company();
    let forge = company.forge().expect("a forge");
    let (github, world) = (client(&forge, FLEET), company.enter("").expect("a context").world);
    assert_eq!(github.merges_later("main").await, Ok(Ok(())));
    push(&company, "fluxdeck/guarded");
    let why = "fluxdeck/guarded requires no check: the forge would merge without waiting for one".to_owned();
    assert_eq!(github.merges_later("fluxdeck/guarded").await, Ok(Err(why)));

    let head = push(&company, "fluxdeck/later");
    let draft = NewPull { is_draft: true, ..new("fluxdeck/later") };
    let number = github.open(&draft).await.expect("it is open").number;
    let pull = async || github.pull(number).await.expect("a pull request");
    assert!(matches!(github.merge_later(number, &head).await, Err(Failure::Refused { .. })), "it is a draft");
    assert_eq!((github.set_draft(number, false).await, github.set_draft(number, false).await), (Ok(()), Ok(())));
    assert!(!pull().await.is_draft);
    assert_eq!(github.reword(number, "more room", "for black friday").await, Ok(()));
    assert_eq!((pull().await.title, github.text(number).await), ("more room".to_owned(), Ok("for black friday".to_owned())));

    let moved = github.merge_later(number, &"0".repeat(40)).await;
    assert!(matches!(moved, Err(Failure::Refused { .. })), "{moved:?}");
    assert_eq!(pull().await.word(), "open");
    assert_eq!((github.merge_later(number, &head).await, github.merge_later(number, &head).await), (Ok(()), Ok(())));
    assert_eq!(pull().await.word(), "queued");
    world.advance(Duration::from_secs(10));
    assert_eq!(pull().await.word(), "queued");
    world.advance(Duration::from_secs(15));
    let merged = pull().await;
    assert_eq!(merged.merge().map(|merge| merge.commit.clone()), Some(tip(&company, "main")));
}
