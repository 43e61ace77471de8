//! The demo's forge as a server, with a login: its API as the program's own client of GitHub asks it, and its repositories by git's own
//! server program (git-http-backend(1)).
//!
//! One company serves all tests of a process; each has a repository of its own there.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use base64::Engine as _;
use bytes::Bytes;
use fluxdeck::demo::{Company, RunDirectory};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::trouble::host::{Asked, Host, Rule, found, git};
use crate::trouble::http::{Answer, Far, Request};

/// The company's repositories are below it, and its people have a token each.
const OWNER: &str = "ops";
const PERSON: &str = "ana";

/// A repository of the demo's forge.
pub struct Hosted {
    /// `OWNER/NAME`.
    repository: String,
    served: Arc<Served>,
}

/// What the gate passes requests on to.
struct Served {
    root: PathBuf,
    /// Tokens that are taken: all of them are one person's.
    tokens: Mutex<BTreeSet<String>>,
}

fn company() -> &'static Company {
    static COMPANY: OnceLock<Company> = OnceLock::new();
    COMPANY.get_or_init(|| Company::driven(RunDirectory::passing(), "2026-11-29T22:00:00Z".parse().expect("a time")))
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("a runtime"))
}

impl Hosted {
    /// A repository of that name, with its first commit.
    pub fn new(name: &str) -> Self {
        let hosted = Self::empty(name);
        found(&hosted.address());
        hosted
    }

    /// A repository of that name without a commit.
    pub fn empty(name: &str) -> Self {
        let fleet = company().repository("http://forge.example.test/ops/fleet.git").expect("repositories").expect("it has one");
        let owner = fleet.parent().expect("it is below its owner");
        let root = owner.parent().expect("it is below all repositories").to_owned();
        git(owner, &["init", "-q", "--bare", "--template=", "--initial-branch=main", &format!("{name}.git")]);
        let tokens = Mutex::new([format!("{name}-token-1")].into());
        Self { repository: format!("{OWNER}/{name}"), served: Arc::new(Served { root, tokens }) }
    }

    fn path(&self) -> PathBuf {
        self.served.root.join(format!("{}.git", self.repository))
    }

    fn hook(&self) -> PathBuf {
        self.path().join("hooks/pre-receive")
    }

    /// Takes this token from now on.
    pub fn admit_token(&self, token: &str) {
        self.served.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(token.to_owned());
    }

    /// Asks the API as a person who may.
    fn api(&self, method: &str, rest: &str, body: &Value) -> Value {
        let path = format!("/api/v3/repos/{}{rest}", self.repository);
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = asked(method, &path, PERSON, body);
        assert!((200..300).contains(&answer.status), "{method} {path}: {}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }
}

/// What the forge answers.
fn asked(method: &str, path: &str, person: &str, body: Vec<u8>) -> Answer {
    let request = http::Request::builder().method(method).uri(format!("http://forge.example.test{path}"));
    let request = request.header("authorization", format!("Bearer {person}")).body(Full::new(Bytes::from(body)));
    let _within = runtime().enter();
    let forge = company().forge().expect("a forge");
    let (head, body) = runtime().block_on(forge.answer(request.expect("a request"))).into_parts();
    let Ok(body) = runtime().block_on(body.collect());
    let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Answer { status: head.status.as_u16(), headers: head.headers.iter().map(header).collect(), body: body.to_bytes().to_vec() }
}

impl Far for Served {
    fn answer(&self, request: &Request) -> Answer {
        let path = request.path.as_str();
        let is_open = path.ends_with("/meta") || path.ends_with("/version");
        match (self.is_known(request), path.starts_with("/api/")) {
            (false, true) if !is_open => refusal(&[], r#"{"message": "Bad credentials"}"#),
            (false, false) => refusal(&[("WWW-Authenticate", "Basic realm=\"forge\"")], ""),
            (_, true) => asked(&request.method, path, PERSON, request.body.clone()),
            (true, false) => self.git(request),
        }
    }
}

fn refusal(headers: &[(&str, &str)], body: &str) -> Answer {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer { status: 401, headers, body: body.as_bytes().to_vec() }
}

impl Served {
    /// Whether a token comes with it: as a password, or by itself.
    fn is_known(&self, request: &Request) -> bool {
        let Some((_, login)) = request.header("authorization").and_then(|login| login.split_once(' ')) else { return false };
        let decoded = base64::engine::general_purpose::STANDARD.decode(login).unwrap_or_default();
        let decoded = String::from_utf8_lossy(&decoded).into_owned();
        let password = decoded.split_once(':').map_or("", |(_, password)| password);
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        [login, password].iter().any(|token| tokens.contains(*token))
    }

    /// What git's own server answers: a program of CGI (RFC 3875).
    fn git(&self, request: &Request) -> Answer {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let mut command = Command::new("git");
        command.arg("http-backend").env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
        command.env("GIT_PROJECT_ROOT", &self.root).env("GIT_HTTP_EXPORT_ALL", "1").env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("PATH_INFO", path).env("QUERY_STRING", query).env("REQUEST_METHOD", &request.method);
        command.env("REMOTE_USER", PERSON).env("REMOTE_ADDR", "127.0.0.1").env("CONTENT_LENGTH", request.body.len().to_string());
        for (variable, header) in
            [("CONTENT_TYPE", "content-type"), ("HTTP_CONTENT_ENCODING", "content-encoding"), ("GIT_PROTOCOL", "git-protocol")]
        {
            request.header(header).map(|value| command.env(variable, value));
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git");
        // it may answer before it has read all
        let _ = child.stdin.take().expect("piped").write_all(&request.body);
        let printed = child.wait_with_output().expect("it ends").stdout;
        let end = printed.windows(4).position(|end| end == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&printed[..end]).into_owned();
        let headers: Vec<_> = head.lines().filter_map(|line| line.split_once(": ")).collect();
        let status = headers.iter().find(|(name, _)| *name == "Status").and_then(|(_, text)| text.get(..3)?.parse().ok());
        let headers = headers.into_iter().filter(|(name, _)| *name != "Status");
        Answer {
            status: status.unwrap_or(200),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: printed[end + 4..].to_vec(),
        }
    }
}

impl Host for Hosted {
    fn repository(&self) -> &str {
        &self.repository
    }

    fn far(&self) -> Arc<dyn Far> {
        self.served.clone()
    }

    fn address(&self) -> String {
        self.path().display().to_string()
    }

    fn login(&self) -> (String, String) {
        let tokens = self.served.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        (PERSON.to_owned(), tokens.first().expect("a token").clone())
    }

    fn revoke(&self) {
        let mut tokens = self.served.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let next = tokens.iter().map(|token| format!("{token}1")).collect();
        *tokens = next;
    }

    fn refuse(&self, rule: Rule) -> &'static str {
        // as GitHub says it
        let said = match rule {
            Rule::Rejects => "GH013: Repository rule violations found",
            Rule::Protects => "GH006: Protected branch update failed",
        };
        write_program(
            &self.hook(),
            &format!(
                "while read -r _ _ name; do [ \"$name\" = refs/heads/main ] && exit 0; done\necho 'error: {said}' >&2\nexit 1"
            ),
        );
        said
    }

    fn admit(&self) {
        std::fs::remove_file(self.hook()).expect("there is a rule");
    }

    fn pulls(&self) -> Vec<Asked> {
        let all = self.api("GET", "/pulls?state=all", &Value::Null);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |pull: &Value| Asked {
            number: pull["number"].as_u64().expect("a number"),
            title: text(&pull["title"]),
            body: text(&pull["body"]),
            head: text(&pull["head"]["ref"]),
            is_merged: !pull["merged_at"].is_null(),
        };
        all.as_array().into_iter().flatten().map(one).collect()
    }

    fn merge(&self, number: u64) {
        self.api("PUT", &format!("/pulls/{number}/merge"), &json!({"merge_method": "merge"}));
    }
}

fn write_program(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("written");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a mode");
}
