//! The company's forge: the part of GitHub's REST API that pull requests need, over the demo's own repositories.
//!
//! [`Forge::answer`] is an HTTP service without a port: an ordinary GitHub client takes it as its transport, or [`Forge::connector`] as its
//! network. The API's root is `http://forge.example.test/api/v3`, as of an enterprise server. What it does not know it refuses as GitHub
//! does, with 404. Every pull request has two checks, which take their time by the clock of the demo.
//! Requests and answers follow `docs.github.com/rest` (version 2022-11-28).

mod checks;
mod code;
mod colleague;
mod connect;
mod graph;
mod pull;
mod pulls;
mod talk;
mod words;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use serde_json::Value;

use super::content::OWNER;
use super::git::Repositories;
use pull::Books;
use words::Refusal;

/// Who works in the company. The first is the one whose token is none of the others' names.
const PEOPLE: &[&str] = &[OWNER, "ana", "ben", "cleo"];
/// Largest body that is read.
const LARGEST: usize = 1 << 20;
const BOOKS: &str = "forge.json";

/// The forge of one run.
pub struct Forge {
    repositories: Arc<Repositories>,
    books: Mutex<Books>,
    clock: Box<dyn Fn() -> Timestamp + Send + Sync>,
    /// A colleague merges what has passed its checks.
    is_reviewed: bool,
}

/// A request, taken apart.
struct Call<'a> {
    books: &'a mut Books,
    repository: git2::Repository,
    /// The repository's name.
    name: String,
    /// Who asks; nobody without a token.
    user: &'static str,
    /// The part of the path that matched the wildcard.
    part: String,
    query: Vec<(String, String)>,
    body: Value,
    now: Timestamp,
}

type Result<T> = std::result::Result<T, Refusal>;
type Handler = fn(&mut Call) -> Result<Value>;

/// Every request that is understood, below `/repos/OWNER/NAME`: the code of success, and who answers. `*` may hold slashes, as branches
/// do, `#` none; the first that fits answers.
const ROUTES: &[(Method, &str, u16, Handler)] = &[
    (Method::GET, "", 200, code::repository),
    (Method::GET, "branches/*/protection", 200, code::protection),
    (Method::GET, "branches/*", 200, code::branch),
    (Method::GET, "rules/branches/*", 200, code::rules),
    (Method::GET, "git/ref/*", 200, code::reference),
    (Method::POST, "git/refs", 201, code::create_reference),
    (Method::DELETE, "git/refs/*", 204, code::delete_reference),
    (Method::GET, "commits/*/pulls", 200, pulls::of_commit),
    (Method::GET, "commits/*/status", 200, code::status),
    (Method::GET, "commits/*/statuses", 200, code::statuses),
    (Method::GET, "commits/*/check-runs", 200, checks::runs),
    (Method::GET, "commits/*", 200, code::commit),
    (Method::POST, "statuses/#", 201, code::create_status),
    (Method::GET, "pulls", 200, pulls::list),
    (Method::POST, "pulls", 201, pulls::create),
    (Method::GET, "pulls/#", 200, pulls::get),
    (Method::PATCH, "pulls/#", 200, pulls::update),
    (Method::GET, "pulls/#/files", 200, pulls::files),
    (Method::GET, "pulls/#/commits", 200, pulls::commits),
    (Method::PUT, "pulls/#/merge", 200, pulls::merge),
    (Method::GET, "pulls/#/reviews", 200, talk::reviews),
    (Method::POST, "pulls/#/reviews", 200, talk::review),
    (Method::POST, "pulls/#/requested_reviewers", 201, talk::request_reviewers),
    (Method::GET, "issues/#/labels", 200, talk::labels),
    (Method::POST, "issues/#/labels", 200, talk::add_labels),
    (Method::GET, "issues/#/comments", 200, talk::comments),
    (Method::POST, "issues/#/comments", 201, talk::comment),
];

impl Forge {
    /// A forge over these repositories, with the pull requests that their place remembers.
    ///
    /// # Errors
    /// When what was kept cannot be read.
    pub fn over(
        repositories: Arc<Repositories>,
        clock: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> fluxdeck_model::error::Result<Self> {
        let place = repositories.place();
        let books = if place.is_kept() { Books::read(&place.path()?.join(BOOKS))? } else { Books::default() };
        Ok(Self { repositories, books: Mutex::new(books), clock: Box::new(clock), is_reviewed: false })
    }

    /// The same with a colleague who merges what has passed its checks.
    #[must_use]
    pub fn reviewed(self, is_reviewed: bool) -> Self {
        Self { is_reviewed, ..self }
    }

    /// Answers a request.
    pub async fn answer<B: http_body::Body>(&self, request: Request<B>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let whole = http_body_util::Limited::new(BodyExt::map_err(body, |_| "broken"), LARGEST).collect().await;
        let mut link = None;
        let answer = match whole {
            Ok(body) => self.route(&head, &body.to_bytes(), &mut link),
            Err(_) => Err(Refusal::of(413, "the request is too large")),
        };
        words::response(answer, link)
    }

    /// Does what one of the company does on the forge's pages. The path is below the root of the API.
    ///
    /// # Errors
    /// The forge refuses it.
    pub(super) fn act(&self, person: &str, method: &Method, path: &str, body: &Value) -> fluxdeck_model::error::Result<Value> {
        let refused = |why: &str| fluxdeck_model::error::Error::failed(format!("the forge refuses {method} {path}: {why}"), "");
        let request = Request::builder().method(method.clone()).uri(words::api(path));
        let request = request.header(http::header::AUTHORIZATION, format!("Bearer {person}")).body(());
        let (head, ()) = request.map_err(|error| refused(&error.to_string()))?.into_parts();
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let (_, value) = self.route(&head, &body, &mut None).map_err(|refusal| refused(refusal.message()))?;
        Ok(value)
    }

    fn route(&self, head: &http::request::Parts, body: &[u8], link: &mut Option<String>) -> Result<(u16, Value)> {
        let user = person(&head.headers);
        let path = head.uri.path();
        let path = path.strip_prefix("/api/v3").or_else(|| path.strip_prefix("/api").filter(|path| *path == "/graphql"));
        let path = path.unwrap_or(head.uri.path()).trim_matches('/');
        if path == "meta" && head.method == Method::GET {
            return Ok((200, words::meta()));
        }
        if path == "user" && head.method == Method::GET {
            let user = user.ok_or_else(Refusal::anonymous)?;
            return Ok((200, words::user(user)));
        }
        if head.method != Method::GET && user.is_none() {
            return Err(Refusal::anonymous());
        }
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).map_err(|_| Refusal::unreadable())? };
        if path == "graphql" {
            return Ok((200, self.graph(user.unwrap_or_default(), &body)));
        }
        let rest = path.strip_prefix("repos/").and_then(|rest| rest.strip_prefix(OWNER)?.strip_prefix('/'));
        let (name, rest) = rest.map(|rest| rest.split_once('/').unwrap_or((rest, ""))).ok_or_else(Refusal::not_found)?;
        let routes = ROUTES.iter().filter(|(method, ..)| *method == head.method);
        let found = routes.filter_map(|(_, pattern, code, handler)| Some((*code, handler, matched(pattern, rest)?))).next();
        let (code, handler, part) = found.ok_or_else(Refusal::not_found)?;
        let repository = self.repositories.open(name).map_err(|error| Refusal::of(500, &error.message))?;
        let repository = repository.ok_or_else(Refusal::not_found)?;
        let query = form_urlencoded::parse(head.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let user = user.unwrap_or_default();
        // before anything is held: a cluster that pushes holds its clock
        let now = (self.clock)();
        self.repositories.alone(|| {
            let mut books = self.lock();
            books.refresh(&repository, name, now);
            self.review(&mut books, name, now);
            let mut call = Call { books: &mut books, repository, name: name.to_owned(), user, part, query, body, now };
            let value = handler(&mut call)?;
            let (value, next) = call.page(value);
            *link = next.map(|page| call.link(head.uri.path(), page));
            self.keep(&books)?;
            Ok((code, value))
        })
    }

    /// What is merged by now: by the forge itself, where it was asked to, and by the colleague.
    fn review(&self, books: &mut Books, name: &str, now: Timestamp) {
        let by_colleague = if self.is_reviewed { colleague::due(books, name, now) } else { Vec::new() };
        let by_colleague = by_colleague.into_iter().map(|number| (number, colleague::NAME));
        for (number, user) in later(books, name, now).into_iter().chain(by_colleague) {
            let Ok(Some(repository)) = self.repositories.open(name) else { return };
            let (part, query, body) = (number.to_string(), Vec::new(), Value::Null);
            let mut call = Call { books, repository, name: name.to_owned(), user, part, query, body, now };
            // one that conflicts stays open
            let _ = pulls::merge(&mut call);
        }
    }

    fn keep(&self, books: &Books) -> Result<()> {
        let place = self.repositories.place();
        if !place.is_kept() {
            return Ok(());
        }
        let path = place.path().map_err(|error| Refusal::of(500, &error.message))?;
        books.write(&path.join(BOOKS)).map_err(|error| Refusal::of(500, &error.to_string()))
    }

    fn lock(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pull requests of a repository that the forge merges by now, and who asked it to.
fn later(books: &Books, repository: &str, now: Timestamp) -> Vec<(u64, &'static str)> {
    let open = books.pulls.iter().filter(|pull| pull.repository == repository && pull.closed.is_none());
    let due = open.filter(|pull| now.duration_since(pull.pushed) >= checks::LONGEST);
    due.filter_map(|pull| Some((pull.number, one_of(&pull.later.as_ref()?.by)))).collect()
}

/// One of the company; the first where it is none of them.
fn one_of(name: &str) -> &'static str {
    PEOPLE.iter().find(|known| **known == name).unwrap_or(&PEOPLE[0])
}

/// The user of a token.
fn person(headers: &http::HeaderMap) -> Option<&'static str> {
    let header = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let token = header.split_once(' ').map(|(_, token)| token.trim()).filter(|token| !token.is_empty())?;
    Some(one_of(token))
}

/// What the wildcard of a pattern stands for in a path that fits; nothing but a text where it has none.
fn matched(pattern: &str, path: &str) -> Option<String> {
    let Some(at) = pattern.find(['*', '#']) else { return (pattern == path).then(String::new) };
    let part = path.strip_prefix(&pattern[..at])?.strip_suffix(&pattern[at + 1..])?;
    (!part.is_empty() && (pattern[at..].starts_with('*') || !part.contains('/'))).then(|| words::decoded(part))
}

impl Call<'_> {
    fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    fn text(&self, name: &str) -> &str {
        self.body[name].as_str().unwrap_or_default()
    }

    /// Cuts the requested page out of a list; returns the number of the next one.
    fn page(&self, value: Value) -> (Value, Option<usize>) {
        let Value::Array(all) = value else { return (value, None) };
        let number = |name: &str, or: usize| self.parameter(name).parse().unwrap_or(or).max(1);
        let (size, page) = (number("per_page", 30).min(100), number("page", 1));
        let more = all.len() > size.saturating_mul(page);
        let cut = all.into_iter().skip(size.saturating_mul(page - 1)).take(size).collect();
        (Value::Array(cut), more.then_some(page + 1))
    }

    fn link(&self, path: &str, page: usize) -> String {
        let others = self.query.iter().filter(|(name, _)| name != "page");
        let query =
            form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair("page", &page.to_string()).finish();
        format!("<http://{}{path}?{query}>; rel=\"next\"", super::content::FORGE)
    }

    /// An address of the API below this repository.
    fn url(&self, rest: &str) -> String {
        words::api(&format!("repos/{OWNER}/{}{}{rest}", self.name, if rest.is_empty() { "" } else { "/" }))
    }

    fn number(&self) -> Result<u64> {
        self.part.parse().map_err(|_| Refusal::not_found())
    }
}
