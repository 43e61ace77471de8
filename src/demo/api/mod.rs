//! The HTTP service of the cluster: what a request asks for, whether its sender is allowed to, and which handler answers it.

mod arrival;
mod broken;
mod discovery;
mod logs;
mod openapi;
mod protobuf;
mod read;
mod review;
mod serve;
mod status;
mod table;
mod watch;
mod wire;
mod write;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(super) use arrival::{Late, answer, take, unharmed};
use broken::Broken;
use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use serde_json::Value;

use super::access::{self, Attempt, User};
use super::objects::Key;
use super::world::{Cluster, World};
pub use serve::Doors;
use status::{Refusal, Result};
pub use wire::Line;
pub(super) use wire::{client as over_wire, line};

pub(super) type Answer = Response<UnsyncBoxBody<Bytes, Broken>>;

/// A request, taken apart.
struct Call {
    user: User,
    method: Method,
    path: String,
    query: BTreeMap<String, String>,
    headers: HeaderMap,
    body: Bytes,
}

/// What a path names: `/apis/GROUP/VERSION/[namespaces/NS/]PLURAL[/NAME[/SUBRESOURCE]]`.
struct Asked {
    kind: usize,
    namespace: String,
    name: String,
    subresource: String,
}

/// What comes back.
enum Reply {
    Whole(u16, Value),
    /// An answer in a media type of its own.
    As(&'static str, Value),
    Text(String),
    Watch(Box<watch::Watch>),
    Log(logs::Log),
    /// An answer with a warning, which clients show to people.
    Warned(Box<Self>, &'static str),
}

/// What is served, marked by its content; without a body for those who have it already (apiserver `discovery/aggregated/etag.go`).
fn marked(headers: &HeaderMap, media: &'static str, value: &Value) -> Answer {
    let text = value.to_string();
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let tag = format!("\"{:X}\"", hasher.finish());
    let is_known = headers.get(http::header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut answer = if is_known { body(304, media, String::new()) } else { body(200, media, text) };
    if let Ok(tag) = http::HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(http::header::ETAG, tag);
    }
    answer
}

fn spoken(world: &World, reply: Reply) -> Answer {
    match reply {
        Reply::Whole(code, value) => whole(code, "application/json", &value),
        Reply::As(media, value) => whole(200, media, &value),
        Reply::Text(text) => plain(200, text),
        Reply::Watch(watch) => watch.open(world),
        Reply::Log(log) => log.open(world),
        Reply::Warned(reply, warning) => {
            let mut answer = spoken(world, *reply);
            answer.headers_mut().insert(http::header::WARNING, http::HeaderValue::from_static(warning));
            answer
        }
    }
}

/// Lets a request in: credentials, impersonation.
fn admit(cluster: &Cluster, user: Option<User>, headers: &HeaderMap) -> Result<User> {
    let user = user.ok_or_else(Refusal::unauthorized)?;
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(wanted) = header("impersonate-user") else { return Ok(user) };
    let mut groups: Vec<_> =
        headers.get_all("impersonate-group").iter().filter_map(|value| value.to_str().ok()).map(str::to_owned).collect();
    let attempts = std::iter::once(("users", wanted)).chain(groups.iter().map(|group| ("groups", group.as_str())));
    for (resource, name) in attempts {
        let attempt = Attempt { verb: "impersonate", resource, name, ..Attempt::default() };
        if access::allowed(&cluster.store, &user, &attempt).is_none() {
            return Err(Refusal::new(
                403,
                "Forbidden",
                format!("{resource} \"{name}\" is forbidden: {}", attempt.refused(&user)),
            ));
        }
    }
    // who is impersonated without groups is in those that his name means to the demo
    let known = [User::admin(), User::developer(), User::viewer()].into_iter().find(|known| known.name == wanted);
    match known {
        Some(known) if groups.is_empty() => groups = known.groups,
        _ => groups.push("system:authenticated".to_owned()),
    }
    Ok(User { name: wanted.to_owned(), groups })
}

fn route(cluster: &mut Cluster, call: &Call) -> Result<Reply> {
    let parts: Vec<_> = call.path.split('/').filter(|part| !part.is_empty()).collect();
    let reply = match parts.as_slice() {
        ["version"] => Reply::Whole(200, discovery::version(&cluster.kubernetes)),
        ["openapi", "v3", document @ ..] => openapi::answer(&cluster.store, document)?,
        ["livez" | "readyz" | "healthz"] => Reply::Text("ok".to_owned()),
        ["api"] | ["apis"] | ["apis", _] | ["api" | "apis", _, ..] if call.method == Method::GET && parts.len() <= 3 => {
            match discovery::answer(&cluster.store, &parts, &accept(call)?) {
                Some(reply) => reply,
                None => return resource(cluster, call, &parts),
            }
        }
        ["api" | "apis", ..] => return resource(cluster, call, &parts),
        _ => return Err(Refusal::no_resource()),
    };
    if call.method == Method::GET { Ok(reply) } else { Err(Refusal::method()) }
}

fn resource(cluster: &mut Cluster, call: &Call, parts: &[&str]) -> Result<Reply> {
    let (group, version, rest) = match parts {
        ["api", version, rest @ ..] => ("", *version, rest),
        ["apis", group, version, rest @ ..] => (*group, *version, rest),
        _ => return Err(Refusal::no_resource()),
    };
    if review::is_review(group, rest) {
        return review::answer(cluster, call, group, rest);
    }
    let (namespace, rest) = match rest {
        ["namespaces", name] | ["namespaces", name, "status" | "finalize"] if group.is_empty() => (*name, rest),
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        rest => ("", rest),
    };
    let plural = rest.first().ok_or_else(Refusal::no_resource)?;
    let kind = cluster.store.kind_at(group, version, plural).ok_or_else(Refusal::no_resource)?;
    let part = |at: usize| rest.get(at).map(|part| (*part).to_owned()).unwrap_or_default();
    let namespace = if cluster.store.kind(kind).namespaced { namespace } else { "" };
    let asked = Asked { kind, namespace: namespace.to_owned(), name: part(1), subresource: part(2) };
    if rest.len() > 3 {
        return Err(Refusal::no_resource());
    }
    permit(cluster, call, &asked)?;
    match (&call.method, asked.subresource.as_str()) {
        (&Method::GET, "log") if cluster.store.kind(kind).is("", "Pod") => logs::open(cluster, call, &asked),
        (_, "" | "status" | "scale") => verb(cluster, call, &asked),
        _ => Err(Refusal::no_resource()),
    }
}

fn verb(cluster: &mut Cluster, call: &Call, asked: &Asked) -> Result<Reply> {
    let kind = cluster.store.kind(asked.kind).clone();
    let has = match asked.subresource.as_str() {
        "status" => kind.status,
        "scale" => kind.scale,
        _ => true,
    };
    if !has {
        return Err(Refusal::no_resource());
    }
    if call.method != Method::GET && cluster.is_recording {
        return Err(Refusal::new(405, "MethodNotAllowed", "a snapshot cannot be changed"));
    }
    if matches!(call.method, Method::GET | Method::PUT | Method::PATCH) && !asked.name.is_empty() {
        cluster.own(&asked.key());
    }
    let reply = match (&call.method, asked.name.is_empty()) {
        (&Method::GET, true) if is_true(call.query.get("watch")) => watch::open(cluster, call, asked),
        (&Method::GET, true) => read::list(cluster, call, asked),
        (&Method::GET, false) => read::get(cluster, call, asked),
        (&Method::POST, true) => write::create(cluster, call, asked),
        (&Method::PUT, false) => write::update(cluster, call, asked),
        (&Method::PATCH, false) => write::patch(cluster, call, asked),
        (&Method::DELETE, false) => write::delete(cluster, call, asked),
        (&Method::DELETE, true) => write::delete_all(cluster, call, asked),
        // the words of the handler of custom kinds
        (&Method::PUT | &Method::PATCH, true) if kind.is_custom => Err(Refusal::bad("name must be provided")),
        _ => Err(Refusal::method()),
    }?;
    Ok(if openapi::is_unchecked(call, &kind) { Reply::Warned(Box::new(reply), openapi::UNCHECKED) } else { reply })
}

/// Refuses who may not, in the words of the server.
fn permit(cluster: &Cluster, call: &Call, asked: &Asked) -> Result<()> {
    let kind = cluster.store.kind(asked.kind);
    let verb = match (&call.method, asked.name.is_empty()) {
        (&Method::GET, true) if is_true(call.query.get("watch")) => "watch",
        (&Method::GET, true) => "list",
        (&Method::GET, false) => "get",
        (&Method::POST, _) => "create",
        (&Method::PUT, _) => "update",
        (&Method::PATCH, _) => "patch",
        (&Method::DELETE, true) => "deletecollection",
        _ => "delete",
    };
    let attempt = Attempt {
        verb,
        group: &kind.group,
        resource: &kind.plural,
        subresource: &asked.subresource,
        namespace: if asked.namespace.is_empty() && kind.is("", "Namespace") { &asked.name } else { &asked.namespace },
        name: &asked.name,
    };
    if cluster.is_recording && kind.restricted && asked.name.is_empty() {
        return Err(Refusal::new(
            403,
            "Forbidden",
            format!("{} is forbidden: who recorded this may not list it", kind.resource()),
        ));
    }
    if access::allowed(&cluster.store, &call.user, &attempt).is_some() {
        return Ok(());
    }
    Err(Refusal::forbidden(kind, &asked.name, &attempt.refused(&call.user)))
}

impl Asked {
    fn key(&self) -> Key {
        Key { kind: self.kind, namespace: self.namespace.clone(), name: self.name.clone() }
    }
}

/// What the sender accepts, best first: `as`, version and group of a transformed answer, or plain JSON.
fn accept(call: &Call) -> Result<Vec<Wanted>> {
    let header = call.headers.get(http::header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("*/*");
    let wanted: Vec<_> = header.split(',').filter_map(Wanted::parse).collect();
    if wanted.is_empty() { Err(Refusal::not_acceptable()) } else { Ok(wanted) }
}

/// One entry of `Accept` that JSON satisfies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    kind: String,
    group: String,
    version: String,
}

impl Wanted {
    fn parse(entry: &str) -> Option<Self> {
        let mut parts = entry.split(';').map(str::trim);
        let media = parts.next()?;
        let mut wanted = Self::default();
        for (name, value) in parts.filter_map(|part| part.split_once('=')) {
            match name {
                "as" => value.clone_into(&mut wanted.kind),
                "g" => value.clone_into(&mut wanted.group),
                "v" => value.clone_into(&mut wanted.version),
                _ => (),
            }
        }
        matches!(media, "application/json" | "*/*" | "application/*").then_some(wanted)
    }
}

fn is_true(value: Option<&String>) -> bool {
    value.is_some_and(|value| value == "true" || value == "1")
}

fn whole(code: u16, media: &'static str, value: &Value) -> Answer {
    body(code, media, value.to_string())
}

fn plain(code: u16, text: String) -> Answer {
    body(code, "text/plain; charset=utf-8", text)
}

fn body(code: u16, media: &'static str, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync());
    *answer.status_mut() = http::StatusCode::from_u16(code).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    answer.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(media));
    answer
}

fn refused(refusal: &Refusal) -> Answer {
    let mut answer = whole(refusal.code, "application/json", &refusal.status);
    if let Some(seconds) = refusal.retry_after {
        answer.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
    }
    answer
}
