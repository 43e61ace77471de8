//! Every step of a change with every failure, on the real Gitea of the bed: each cell has a repository, a user's token and rules of its own.

use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::trials;
use crate::support::bed::{self, Bed};
use crate::support::within;
use crate::trouble::host::{Asked, FILE, Host, Rule, found};
use crate::trouble::http::{Far, Port};
use crate::trouble::table::Step;
use crate::trouble::{cells, row};

/// How long the forge may take to look at a push, or to compute whether something can be merged.
const SOON: Duration = Duration::from_secs(60);
const PASSWORD: &str = "ops-password";
/// Branches of ours, as a rule of Gitea names them, and that in an address.
const OURS: (&str, &str) = ("fluxdeck/**", "fluxdeck%2F**");

/// What is needed to ask the forge.
#[derive(Clone)]
struct Asking {
    url: String,
    owner: String,
    token: String,
}

/// A private repository on Gitea.
struct Gitea {
    asking: Asking,
    /// `OWNER/NAME`.
    repository: String,
    /// The user's own, and the how-manieth it is.
    token: Mutex<(usize, String)>,
}

impl Asking {
    fn of(bed: &Bed) -> Self {
        let value = |name: &str| bed.value(name).to_owned();
        Self { url: value("BED_FORGE_URL"), owner: value("BED_FORGE_USER"), token: value("BED_FORGE_TOKEN") }
    }

    fn ask(&self, login: &[&str], method: &str, path: &str, body: &Value) -> Value {
        let mut command = Command::new("curl");
        command.args(["-sS", "-f", "-X", method, "-H", "Content-Type: application/json"]).args(login);
        if !body.is_null() {
            command.args(["-d", &body.to_string()]);
        }
        let done = command.arg(format!("{}/api/v1{path}", self.url)).output().expect("curl");
        serde_json::from_slice(&done.stdout).unwrap_or(Value::Null)
    }

    fn api(&self, method: &str, path: &str, body: &Value) -> Value {
        self.ask(&["-H", &format!("Authorization: token {}", self.token)], method, path, body)
    }
}

impl Gitea {
    fn new(asking: &Asking, name: &str) -> Self {
        let name = format!("trouble-{name}-{}", std::process::id());
        // one that is empty has no pull requests until the forge has looked at the first push, which it does later
        let new = json!({"name": name, "private": true, "auto_init": true, "default_branch": "main"});
        assert_eq!(asking.api("POST", "/user/repos", &new)["name"], name.as_str());
        let repository = format!("{}/{name}", asking.owner);
        let gitea = Self { asking: asking.clone(), repository, token: Mutex::default() };
        gitea.renew();
        found(&gitea.address());
        gitea
    }

    /// Gives the user another token.
    fn renew(&self) {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        token.0 += 1;
        let new = json!({"name": self.token_name(token.0), "scopes": ["all"]});
        let made = self.asking.ask(&["-u", &self.password()], "POST", &self.tokens(), &new);
        token.1 = made["sha1"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned();
    }

    fn drop_token(&self) {
        let number = self.token.lock().unwrap_or_else(PoisonError::into_inner).0;
        let path = format!("{}/{}", self.tokens(), self.token_name(number));
        self.asking.ask(&["-u", &self.password()], "DELETE", &path, &Value::Null);
    }

    fn password(&self) -> String {
        format!("{}:{PASSWORD}", self.asking.owner)
    }

    fn tokens(&self) -> String {
        format!("/users/{}/tokens", self.asking.owner)
    }

    fn token_name(&self, number: usize) -> String {
        format!("{}-{number}", self.repository.replace('/', "-"))
    }

    fn below(&self, rest: &str) -> String {
        format!("/repos/{}{rest}", self.repository)
    }

    fn api(&self, method: &str, rest: &str, body: &Value) -> Value {
        self.asking.api(method, &self.below(rest), body)
    }
}

impl Drop for Gitea {
    fn drop(&mut self) {
        self.drop_token();
        self.api("DELETE", "", &Value::Null);
    }
}

impl Host for Gitea {
    fn repository(&self) -> &str {
        &self.repository
    }

    fn far(&self) -> Arc<dyn Far> {
        let port = self.asking.url.rsplit(':').next().and_then(|port| port.parse().ok());
        Arc::new(Port(port.expect("an address with a port")))
    }

    fn address(&self) -> String {
        let (scheme, host) = self.asking.url.split_once("://").expect("an URL");
        format!("{scheme}://{}:{}@{host}/{}.git", self.asking.owner, self.asking.token, self.repository)
    }

    fn login(&self) -> (String, String) {
        (self.asking.owner.clone(), self.token.lock().unwrap_or_else(PoisonError::into_inner).1.clone())
    }

    fn revoke(&self) {
        self.drop_token();
        self.renew();
    }

    fn refuse(&self, rule: Rule) -> &'static str {
        let (rules, said) = match rule {
            Rule::Rejects => (json!({"enable_push": true, "protected_file_patterns": FILE}), "is protected from changing file"),
            Rule::Protects => (json!({"enable_push": false}), "Not allowed to push to protected branch"),
        };
        let mut rules = rules;
        rules["rule_name"] = OURS.0.into();
        // it may be there already
        self.api("POST", "/branch_protections", &rules);
        let path = format!("/branch_protections/{}", OURS.1);
        assert_eq!(self.api("GET", &path, &Value::Null)["rule_name"], OURS.0);
        said
    }

    fn admit(&self) {
        self.api("DELETE", &format!("/branch_protections/{}", OURS.1), &Value::Null);
    }

    fn pulls(&self) -> Vec<Asked> {
        let all = self.api("GET", "/pulls?state=all", &Value::Null);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |pull: &Value| Asked {
            number: pull["number"].as_u64().expect("a number"),
            title: text(&pull["title"]),
            body: text(&pull["body"]),
            head: text(&pull["head"]["label"]),
            is_merged: pull["merged"] == true,
        };
        all.as_array().into_iter().flatten().map(one).collect()
    }

    fn merge(&self, number: u64) {
        let merged = within(SOON, || {
            self.api("POST", &format!("/pulls/{number}/merge"), &json!({"Do": "merge"}));
            (self.api("GET", &format!("/pulls/{number}"), &Value::Null)["merged"] == true).then_some(())
        });
        merged.expect("it is merged");
    }
}

fn on_gitea(step: Step) {
    let bed = bed::shared();
    let asking = Asking::of(&bed);
    let untried = row(step, |name| Box::new(Gitea::new(&asking, name)));
    if !untried.is_empty() {
        bed::skip(&format!("no disk can be mounted: {}", untried.join(", ")));
    }
}

fn a_request_of_a_killed_program_that_arrives_late_changes_nothing_any_more() {
    let bed = bed::shared();
    for step in [Step::Push, Step::Open] {
        cells::arrives_late(step, &Gitea::new(&Asking::of(&bed), &format!("late-{step:?}").to_lowercase()));
    }
}

fn a_change_that_waited_while_its_base_moved_is_planned_again() {
    let bed = bed::shared();
    for (name, is_same) in [("waited", false), ("waited-same", true)] {
        cells::moved_while_it_waited(&Gitea::new(&Asking::of(&bed), name), is_same);
    }
}

fn that_somebody_else_has_changed_the_same_line_is_shown_and_neither_is_overwritten() {
    let bed = bed::shared();
    cells::conflicts(&Gitea::new(&Asking::of(&bed), "conflict"));
}

fn a_change_that_cannot_be_written_down_sends_nothing_and_says_so() {
    let bed = bed::shared();
    if !cells::is_not_written_down(&Gitea::new(&Asking::of(&bed), "unwritten")) {
        bed::skip("no disk can be mounted");
    }
}

macro_rules! steps {
    ($($name:ident $step:ident)*) => {
        $(fn $name() {
            on_gitea(Step::$step);
        })*

        trials![
            a_request_of_a_killed_program_that_arrives_late_changes_nothing_any_more,
            a_change_that_waited_while_its_base_moved_is_planned_again,
            that_somebody_else_has_changed_the_same_line_is_shown_and_neither_is_overwritten,
            a_change_that_cannot_be_written_down_sends_nothing_and_says_so,
            $($name),*
        ];
    };
}

steps! {
    whatever_fails_while_the_base_is_fetched_and_planned_again_the_change_goes_on Fetch
    whatever_fails_while_the_commit_is_made_the_change_goes_on Commit
    whatever_fails_while_the_branch_is_pushed_the_change_goes_on Push
    whatever_fails_while_a_lost_push_is_looked_up_the_change_goes_on FindBranch
    whatever_fails_while_the_pull_request_is_opened_the_change_goes_on Open
    whatever_fails_while_a_lost_pull_request_is_looked_up_the_change_goes_on FindPull
    whatever_fails_while_the_pull_request_is_followed_the_change_goes_on Look
}
