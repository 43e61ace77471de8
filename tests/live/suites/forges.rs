//! The clients of forges against the real Gitea of the bed: repositories, users and branches of each test's own.

use std::process::Command;
use std::time::Duration;

use fluxdeck::credentials::{Origin, Source, Token};
use fluxdeck::forges::{Address, Failure, Forge, Network, kind_of, named};
use fluxdeck_model::domain::fork::ForkOffer;
use fluxdeck_model::domain::pull::{Checks, NewPull, Pull, PullState, Reviews};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::within;

/// How long a forge may need until it knows what was pushed, or computes whether something can be merged.
const SOON: Duration = Duration::from_secs(30);

/// A private repository of a test's own, with one commit on `main`.
struct Ground<'a> {
    bed: &'a Bed,
    name: String,
    tokio: Runtime,
}

impl<'a> Ground<'a> {
    fn new(bed: &'a Bed, name: &str) -> Self {
        Self::with(bed, name, true)
    }

    fn with(bed: &'a Bed, name: &str, has_commit: bool) -> Self {
        let name = format!("forges-{name}-{}", std::process::id());
        let ground = Self { bed, name, tokio: Runtime::new().expect("a runtime") };
        let new = json!({"name": ground.name, "private": true, "auto_init": has_commit, "default_branch": "main"});
        let (code, answer) = ground.api("POST", "/user/repos", Some(&new));
        assert_eq!(code, 201, "{answer}");
        ground
    }

    /// Asks the API of the forge as its owner; the code and the body.
    fn api(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.api_as(self.bed.value("BED_FORGE_TOKEN"), method, path, body)
    }

    fn api_as(&self, token: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let mut command = Command::new("curl");
        command.args(["-sS", "-w", "\n%{http_code}", "-X", method, "-H", &format!("Authorization: token {token}")]);
        if let Some(body) = body {
            command.args(["-H", "Content-Type: application/json", "-d", &body.to_string()]);
        }
        let done = command.arg(format!("{}/api/v1{path}", self.bed.value("BED_FORGE_URL"))).output().expect("curl is here");
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        let (body, code) = text.rsplit_once('\n').expect("a code");
        (code.parse().expect("a number"), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    /// The path of the API of this repository.
    fn below(&self, rest: &str) -> String {
        format!("/repos/{}/{}{rest}", self.bed.value("BED_FORGE_USER"), self.name)
    }

    fn address(&self) -> Address {
        let url = format!("{}/{}/{}.git", self.bed.value("BED_FORGE_URL"), self.bed.value("BED_FORGE_USER"), self.name);
        Address::of(&url).expect("an address")
    }

    /// The repository, with the token of its owner.
    fn forge(&self) -> Box<dyn Forge> {
        self.forge_with(self.bed.value("BED_FORGE_TOKEN"), &self.address())
    }

    fn forge_with(&self, token: &str, address: &Address) -> Box<dyn Forge> {
        let _within = self.tokio.enter();
        let token = Token::new(token, address.origin(), Source::Command).expect("a token");
        let network = Network::open().expect("certificates");
        named("gitea").expect("Gitea").open(&network, address, Some(&token)).expect("its token")
    }

    /// Makes a branch of `main` with a commit of its own.
    fn branch(&self, name: &str) {
        let file = name.replace('/', "-");
        let new = json!({"content": "YQo=", "message": format!("add {file}"), "branch": "main", "new_branch": name});
        let (code, answer) = self.api("POST", &self.below(&format!("/contents/{file}.txt")), Some(&new));
        assert_eq!(code, 201, "{answer}");
    }

    /// The commit that a branch is at.
    fn tip(&self, branch: &str) -> String {
        let (_, answer) = self.api("GET", &self.below(&format!("/branches/{branch}")), None);
        answer["commit"]["id"].as_str().expect("a commit").to_owned()
    }

    /// Opens a pull request, once the forge knows its branch.
    fn open(&self, forge: &dyn Forge, head: &str) -> Pull {
        let opened = within(SOON, || match self.tokio.block_on(forge.open(&new(head))) {
            Err(Failure::NotYet) => None,
            other => Some(other),
        });
        opened.expect("the forge gets to know the branch").expect("it is open")
    }

    /// Merges a pull request, once the forge knows that it can.
    fn merge(&self, number: u64, how: &str) {
        let merged = within(SOON, || {
            let (code, _) = self.api("POST", &self.below(&format!("/pulls/{number}/merge")), Some(&json!({"Do": how})));
            (code == 200).then_some(())
        });
        merged.expect("it is merged");
    }

    /// A token of another user, who is made for it.
    fn user(&self, name: &str) -> String {
        let user = json!({"username": name, "email": format!("{name}@example.test"), "password": "a-password-1", "must_change_password": false});
        let (code, answer) = self.api("POST", "/admin/users", Some(&user));
        assert_eq!(code, 201, "{answer}");
        self.token(name, "a-password-1", &["all"])
    }

    fn token(&self, user: &str, password: &str, scopes: &[&str]) -> String {
        let body = json!({"name": format!("of-{}", self.name), "scopes": scopes}).to_string();
        let url = format!("{}/api/v1/users/{user}/tokens", self.bed.value("BED_FORGE_URL"));
        let login = format!("{user}:{password}");
        let curl = ["-sS", "-u", &login, "-H", "Content-Type: application/json", "-d", &body, &url];
        let done = Command::new("curl").args(curl).output().expect("curl is here");
        let answer: Value = serde_json::from_slice(&done.stdout).expect("JSON");
        answer["sha1"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

impl Drop for Ground<'_> {
    fn drop(&mut self) {
        self.api("DELETE", &self.below(""), None);
    }
}

fn new(head: &str) -> NewPull {
    NewPull {
        title: format!("add {head}"),
        body: "why".into(),
        head: head.into(),
        base: "main".into(),
        is_draft: false,
        ..NewPull::default()
    }
}

fn the_forge_is_known_by_asking_it() {
    let bed = bed::shared();
    let tokio = Runtime::new().expect("a runtime");
    let origin = Origin::of_url(bed.value("BED_FORGE_URL")).expect("a host");
    let network = Network::open().expect("certificates");
    let kind = tokio.block_on(kind_of(&network, &origin)).expect("it answers");
    assert_eq!(kind.map(|kind| kind.name), Some("Gitea"));
}

fn a_pull_request_is_opened_once_followed_and_merged() {
    let bed = bed::shared();
    let ground = Ground::new(&bed, "life");
    let forge = ground.forge();
    let run = &ground.tokio;
    assert_eq!(run.block_on(forge.default_branch()), Ok("main".to_owned()));

    for (branch, how) in [("fluxdeck/merge", "merge"), ("fluxdeck/squash", "squash"), ("fluxdeck/rebase", "rebase")] {
        ground.branch(branch);
        assert_eq!(run.block_on(forge.find(branch, None)), Ok(Vec::new()), "{branch}");
        let pull = ground.open(forge.as_ref(), branch);
        assert_eq!((pull.head.as_str(), pull.base.as_str(), pull.is_open()), (branch, "main", true));
        assert_eq!(pull.head_commit, ground.tip(branch), "{branch}");
        assert_eq!(run.block_on(forge.open(&new(branch))), Err(Failure::Exists), "{branch}");

        for (context, state) in [("build", "pending"), ("lint", "failure"), ("build", "success")] {
            let status = json!({"context": context, "state": state});
            let (code, answer) = ground.api("POST", &ground.below(&format!("/statuses/{}", pull.head_commit)), Some(&status));
            assert_eq!(code, 201, "{answer}");
        }
        let followed = run.block_on(forge.pull(pull.number)).expect("a pull request");
        assert_eq!(followed.checks, Some(Checks { passed: 1, failed: 1, pending: 0 }), "{branch}");

        ground.merge(pull.number, how);
        let merged = run.block_on(forge.pull(pull.number)).expect("a pull request");
        let merge = merged.merge().unwrap_or_else(|| panic!("{how}: {merged:?}"));
        assert_eq!(merge.commit, ground.tip("main"), "{how}");
        assert_eq!((merge.by.as_deref(), merge.at.is_some()), (Some(bed.value("BED_FORGE_USER")), true), "{how}");
        let found = run.block_on(forge.find(branch, None)).expect("a list");
        assert_eq!(found.iter().map(|pull| pull.number).collect::<Vec<_>>(), [pull.number], "{how}");
        assert!(found[0].merge().is_some(), "{how}");

        // the branch goes, the pull request stays with its name
        ground.api("DELETE", &ground.below(&format!("/branches/{branch}")), None);
        let found = run.block_on(forge.find(branch, None)).expect("a list");
        assert_eq!((found.len(), found[0].head.as_str()), (1, branch), "{how}");
    }
}

fn a_closed_pull_request_a_draft_and_those_of_a_fork_are_not_confused() {
    let bed = bed::shared();
    let ground = Ground::new(&bed, "apart");
    let forge = ground.forge();
    ground.branch("same");
    let closed = ground.open(forge.as_ref(), "same");
    let (code, _) = ground.api("PATCH", &ground.below(&format!("/pulls/{}", closed.number)), Some(&json!({"state": "closed"})));
    assert_eq!(code, 201);
    let draft = NewPull { is_draft: true, ..new("same") };
    let draft = ground.tokio.block_on(forge.open(&draft)).expect("another one from the same branch");
    assert!(draft.is_draft, "{draft:?}");
    let is_draft = || ground.tokio.block_on(forge.pull(draft.number)).expect("a pull request").is_draft;
    assert_eq!(ground.tokio.block_on(forge.set_draft(draft.number, false)), Ok(()));
    assert!(!is_draft());
    assert_eq!(ground.tokio.block_on(forge.reword(draft.number, "other words", "and why")), Ok(()));
    assert_eq!(ground.tokio.block_on(forge.text(draft.number)), Ok("and why".to_owned()));
    assert_eq!(ground.tokio.block_on(forge.set_draft(draft.number, true)), Ok(()));
    assert!(is_draft());

    let (owner, bob) = (bed.value("BED_FORGE_USER"), format!("bob-{}", std::process::id()));
    let token = ground.user(&bob);
    let read = json!({"permission": "read"});
    ground.api("PUT", &ground.below(&format!("/collaborators/{bob}")), Some(&read));
    let (code, answer) = ground.api_as(&token, "POST", &ground.below("/forks"), Some(&json!({})));
    assert_eq!(code, 202, "{answer}");
    let file = json!({"content": "Yg==", "message": "of bob", "branch": "main", "new_branch": "same2"});
    let path = format!("/repos/{bob}/{}/contents/bob.txt", ground.name);
    let made = within(SOON, || (ground.api_as(&token, "POST", &path, Some(&file)).0 == 201).then_some(()));
    made.expect("the fork is there");
    ground.branch("same2");
    let from_fork = json!({"title": "of bob", "head": format!("{bob}:same2"), "base": "main"});
    let opened = within(SOON, || {
        let (code, pull) = ground.api_as(&token, "POST", &ground.below("/pulls"), Some(&from_fork));
        (code == 201).then_some(pull)
    });
    opened.unwrap_or_else(|| panic!("{owner} gets a pull request of a fork"));

    let found = |branch: &str| ground.tokio.block_on(forge.find(branch, None)).expect("a list");
    let states: Vec<_> = found("same").iter().map(|pull| (pull.number, pull.state.clone())).collect();
    assert_eq!(states, [(draft.number, PullState::Open), (closed.number, PullState::Closed)]);
    assert_eq!(found("same2"), []);
}

/// Who may only read it gets a fork by one request, and opens from that.
fn who_may_not_push_opens_from_a_fork_of_their_own() {
    let bed = bed::shared();
    let ground = Ground::new(&bed, "forked");
    let run = &ground.tokio;
    let fay = format!("fay-{}", std::process::id());
    let token = ground.user(&fay);
    ground.api("PUT", &ground.below(&format!("/collaborators/{fay}")), Some(&json!({"permission": "read"})));
    let forge = ground.forge_with(&token, &ground.address());
    assert_eq!(run.block_on(ground.forge().may_push()), Ok(Some(true)));
    assert_eq!(run.block_on(forge.may_push()), Ok(Some(false)));

    let fork = format!("{fay}/{}", ground.name);
    assert_eq!(run.block_on(forge.fork()), Ok(ForkOffer::New { repository: fork.clone() }));
    assert_eq!(run.block_on(forge.make_fork()), Ok(fork.clone()));
    let ready = within(SOON, || (run.block_on(forge.fork_is_ready(&fork)) == Ok(true)).then_some(()));
    ready.expect("the fork gets its commits");
    assert_eq!(run.block_on(forge.fork()), Ok(ForkOffer::There { repository: fork.clone() }));
    assert!(run.block_on(forge.make_fork()).is_err(), "there is one for each user");

    let file = json!({"content": "Yg==", "message": "of fay", "branch": "main", "new_branch": "fluxdeck/own"});
    let (code, answer) = ground.api_as(&token, "POST", &format!("/repos/{fork}/contents/fay.txt"), Some(&file));
    assert_eq!(code, 201, "{answer}");
    let from_fork = NewPull { fork: Some(fork.clone()), ..new("fluxdeck/own") };
    let opened = within(SOON, || match run.block_on(forge.open(&from_fork)) {
        Err(Failure::NotYet) => None,
        other => Some(other),
    });
    let pull = opened.expect("the forge gets to know the branch").expect("it is open");
    assert!(pull.is_fork && pull.head == "fluxdeck/own", "{pull:?}");
    assert_eq!(run.block_on(forge.open(&from_fork)), Err(Failure::Exists));
    let found = run.block_on(forge.find("fluxdeck/own", Some(&fork))).expect("a list");
    assert_eq!(found.iter().map(|pull| pull.number).collect::<Vec<_>>(), [pull.number]);
    assert_eq!(run.block_on(forge.find("fluxdeck/own", None)), Ok(Vec::new()));
    assert_eq!(run.block_on(forge.find("fluxdeck/own", Some("nobody/else"))), Ok(Vec::new()));

    // one that is called otherwise is found; what has its name then is in the way of nothing
    let (code, answer) = ground.api_as(&token, "PATCH", &format!("/repos/{fork}"), Some(&json!({"name": "renamed"})));
    assert_eq!(code, 200, "{answer}");
    assert_eq!(run.block_on(forge.fork()), Ok(ForkOffer::There { repository: format!("{fay}/renamed") }));
    ground.api_as(&token, "DELETE", &format!("/repos/{fay}/renamed"), None);
    let other = json!({"name": ground.name, "private": true, "auto_init": true, "default_branch": "main"});
    let (code, answer) = ground.api_as(&token, "POST", "/user/repos", Some(&other));
    assert_eq!(code, 201, "{answer}");
    let Ok(ForkOffer::No { why }) = run.block_on(forge.fork()) else { panic!("it is another repository") };
    assert!(why.contains("is not a fork of"), "{why}");
}

fn the_forge_says_why_nothing_is_opened() {
    let bed = bed::shared();
    let ground = Ground::new(&bed, "refused");
    let forge = ground.forge();
    let open = |forge: &dyn Forge, new: &NewPull| ground.tokio.block_on(forge.open(new)).expect_err("it is refused");
    let (code, answer) =
        ground.api("POST", &ground.below("/branches"), Some(&json!({"new_branch_name": "empty", "old_branch_name": "main"})));
    assert_eq!(code, 201, "{answer}");
    ground.branch("full");

    assert_eq!(open(forge.as_ref(), &new("empty")), Failure::NothingToMerge);
    assert_eq!(open(forge.as_ref(), &new("main")), Failure::NothingToMerge);
    assert_eq!(open(forge.as_ref(), &new("never-pushed")), Failure::NotYet);
    let elsewhere = NewPull { base: "none".into(), ..new("full") };
    assert!(matches!(open(forge.as_ref(), &elsewhere), Failure::Refused { why } if why.contains("none")));

    let wrong = ground.forge_with("0123456789012345678901234567890123456789", &ground.address());
    let failed = open(wrong.as_ref(), &new("full"));
    assert!(matches!(&failed, Failure::Unauthorised(_)), "{failed:?}");
    let reader = ground.token(bed.value("BED_FORGE_USER"), "ops-password", &["read:repository"]);
    let reader = ground.forge_with(&reader, &ground.address());
    assert!(ground.tokio.block_on(reader.find("full", None)).is_ok());
    let failed = open(reader.as_ref(), &new("full"));
    assert!(matches!(&failed, Failure::Forbidden(why) if why.contains("scope")), "{failed:?}");

    let stranger = ground.user(&format!("eve-{}", std::process::id()));
    let stranger = ground.forge_with(&stranger, &ground.address());
    assert_eq!(open(stranger.as_ref(), &new("full")), Failure::NotFound);
    let missing = Address { repository: "none".into(), ..ground.address() };
    let missing = ground.forge_with(bed.value("BED_FORGE_TOKEN"), &missing);
    assert_eq!(open(missing.as_ref(), &new("full")), Failure::NotFound);
    assert_eq!(ground.tokio.block_on(missing.find("full", None)), Err(Failure::NotFound));
    assert_eq!(ground.tokio.block_on(forge.pull(99)), Err(Failure::NotFound));
    assert_eq!(ground.tokio.block_on(forge.find("full", None)), Ok(Vec::new()), "nothing was opened");
}

fn a_repository_without_pull_requests_is_not_one_that_is_not_there() {
    let bed = bed::shared();
    let empty = Ground::with(&bed, "empty", false);
    assert_eq!(empty.tokio.block_on(empty.forge().find("full", None)), Ok(Vec::new()));

    let ground = Ground::new(&bed, "off");
    ground.branch("full");
    let (code, answer) = ground.api("PATCH", &ground.below(""), Some(&json!({"has_pull_requests": false})));
    assert_eq!(code, 200, "{answer}");
    let forge = ground.forge();
    let found = ground.tokio.block_on(forge.find("full", None)).map(|_| ());
    for failed in [found, ground.tokio.block_on(forge.open(&new("full"))).map(|_| ())] {
        assert!(matches!(&failed, Err(Failure::Refused { why }) if why.contains("switched off")), "{failed:?}");
    }
}

fn pull_requests_beyond_the_first_page_are_found() {
    let bed = bed::shared();
    let ground = Ground::new(&bed, "pages");
    let forge = ground.forge();
    ground.branch("first");
    let first = ground.open(forge.as_ref(), "first");
    // each closed one makes room for the next
    ground.branch("many");
    for _ in 0..51 {
        let pull = ground.open(forge.as_ref(), "many");
        let closed = json!({"state": "closed"});
        assert_eq!(ground.api("PATCH", &ground.below(&format!("/pulls/{}", pull.number)), Some(&closed)).0, 201);
    }
    let found = ground.tokio.block_on(forge.find("first", None)).expect("a list");
    assert_eq!(found.iter().map(|pull| pull.number).collect::<Vec<_>>(), [first.number]);
    assert_eq!(ground.tokio.block_on(forge.find("many", None)).expect("a list").len(), 51);
}

/// Gitea's page and API call it "merge when checks succeed".
fn a_pull_request_that_waits_for_its_checks_to_be_merged_is_queued() {
    let bed = bed::shared();
    let ground = Ground::new(&bed, "queued");
    let rule = json!({"rule_name": "main", "enable_status_check": true, "status_check_contexts": ["ci"]});
    let (code, answer) = ground.api("POST", &ground.below("/branch_protections"), Some(&rule));
    assert_eq!(code, 201, "{answer}");
    let forge = ground.forge();
    ground.branch("later");
    let pull = ground.open(forge.as_ref(), "later");
    let word = || ground.tokio.block_on(forge.pull(pull.number)).expect("a pull request").word();
    let merge = ground.below(&format!("/pulls/{}/merge", pull.number));
    let schedule = || {
        let how = json!({"Do": "merge", "merge_when_checks_succeed": true});
        let (code, answer) = ground.api("POST", &merge, Some(&how));
        assert_eq!(code, 201, "{answer}");
    };
    assert_eq!(word(), "open");
    schedule();
    assert_eq!(word(), "queued");
    assert_eq!(ground.api("DELETE", &merge, None).0, 204);
    assert_eq!(word(), "open");
    // asked for by us: only where a check is required, at the commit that was seen
    let run = &ground.tokio;
    assert_eq!(run.block_on(forge.merges_later("main")), Ok(Ok(())));
    let why = "later requires no check: the forge would merge without waiting for one".to_owned();
    assert_eq!(run.block_on(forge.merges_later("later")), Ok(Err(why)));
    let moved = run.block_on(forge.merge_later(pull.number, &"0".repeat(40)));
    assert!(matches!(moved, Err(Failure::Refused { .. })), "{moved:?}");
    assert_eq!(run.block_on(forge.merge_later(pull.number, &pull.head_commit)), Ok(()));
    assert_eq!(run.block_on(forge.merge_later(pull.number, &pull.head_commit)), Ok(()), "it is asked for already");
    assert_eq!(word(), "queued");
    let passed = json!({"context": "ci", "state": "success"});
    let (code, answer) = ground.api("POST", &ground.below(&format!("/statuses/{}", pull.head_commit)), Some(&passed));
    assert_eq!(code, 201, "{answer}");
    within(SOON, || (word() == "merged").then_some(())).expect("the forge merges it");
}

/// Of a fork, by another user: its head has a reference of its own here.
fn anyones_pull_request_is_listed_fetched_commented_and_approved_but_not_by_its_author() {
    let bed = bed::shared();
    let ground = Ground::new(&bed, "anyones");
    let (forge, owner) = (ground.forge(), bed.value("BED_FORGE_USER"));
    let rule = json!({"rule_name": "main", "required_approvals": 2});
    assert_eq!(ground.api("POST", &ground.below("/branch_protections"), Some(&rule)).0, 201);
    let cleo = format!("cleo-{}", std::process::id());
    let token = ground.user(&cleo);
    ground.api("PUT", &ground.below(&format!("/collaborators/{cleo}")), Some(&json!({"permission": "write"})));
    assert_eq!(ground.api_as(&token, "POST", &ground.below("/forks"), Some(&json!({}))).0, 202);
    let file = json!({"content": "Yg==", "message": "of cleo", "branch": "main", "new_branch": "theirs"});
    let path = format!("/repos/{cleo}/{}/contents/cleo.txt", ground.name);
    within(SOON, || (ground.api_as(&token, "POST", &path, Some(&file)).0 == 201).then_some(())).expect("the fork is there");
    let from_fork = json!({"title": "of cleo", "body": "as agreed", "head": format!("{cleo}:theirs"), "base": "main"});
    let opened = within(SOON, || {
        let (code, pull) = ground.api_as(&token, "POST", &ground.below("/pulls"), Some(&from_fork));
        (code == 201).then(|| pull["number"].as_u64().expect("a number"))
    });
    let number = opened.expect("it is open");
    ground.branch("ours");
    let own = ground.open(forge.as_ref(), "ours");

    let run = |pull| ground.tokio.block_on(forge.pull(pull)).expect("a pull request");
    let open = ground.tokio.block_on(forge.all_open()).expect("a list");
    let all: Vec<_> = open.pulls.iter().map(|pull| (pull.number, pull.author.as_str(), pull.is_fork)).collect();
    assert_eq!((all, open.has_more), (vec![(own.number, owner, false), (number, cleo.as_str(), true)], false));
    assert_eq!(ground.tokio.block_on(forge.text(number)), Ok("as agreed".to_owned()));
    assert_eq!(ground.tokio.block_on(forge.user()), Ok(owner.to_owned()));
    assert_eq!(run(number).reviews, Some(Reviews { approved: 0, rejected: 0, required: Some(2) }));

    let url = format!("{}/{owner}/{}.git", bed.value("BED_FORGE_URL"), ground.name);
    let login = format!("http.extraHeader=Authorization: token {}", bed.value("BED_FORGE_TOKEN"));
    let listed =
        Command::new("git").args(["-c", &login, "ls-remote", &url, &forge.head_reference(&run(number))]).output().expect("git");
    let head = run(number).head_commit;
    assert!(String::from_utf8_lossy(&listed.stdout).starts_with(&head), "{listed:?}");

    ground.tokio.block_on(forge.comment(number, "who checks the budget?")).expect("it is there");
    let (_, comments) = ground.api("GET", &ground.below(&format!("/issues/{number}/comments")), None);
    assert_eq!(comments[0]["body"], "who checks the budget?");
    ground.tokio.block_on(forge.approve(number, &head)).expect("it is approved");
    assert_eq!(run(number).reviews, Some(Reviews { approved: 1, rejected: 0, required: Some(2) }));
    let refused = ground.tokio.block_on(forge.approve(own.number, &own.head_commit));
    assert!(matches!(&refused, Err(Failure::Refused { why }) if why.contains("your own")), "{refused:?}");
    let theirs = ground.forge_with(&token, &ground.address());
    ground.tokio.block_on(theirs.approve(own.number, &own.head_commit)).expect("another may");
    let (_, reviews) = ground.api_as(&token, "GET", &ground.below(&format!("/pulls/{}/reviews", own.number)), None);
    assert_eq!((&reviews[0]["state"], &reviews[0]["commit_id"]), (&"APPROVED".into(), &own.head_commit.as_str().into()));
}

trials![
    anyones_pull_request_is_listed_fetched_commented_and_approved_but_not_by_its_author,
    the_forge_is_known_by_asking_it,
    a_pull_request_is_opened_once_followed_and_merged,
    a_closed_pull_request_a_draft_and_those_of_a_fork_are_not_confused,
    who_may_not_push_opens_from_a_fork_of_their_own,
    the_forge_says_why_nothing_is_opened,
    a_repository_without_pull_requests_is_not_one_that_is_not_there,
    pull_requests_beyond_the_first_page_are_found,
    a_pull_request_that_waits_for_its_checks_to_be_merged_is_queued,
];
