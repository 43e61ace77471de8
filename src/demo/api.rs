//! The in-memory API server.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::records::{Recorded, Snapshot};

type Answer = Response<UnsyncBoxBody<Bytes, std::convert::Infallible>>;

/// Returns a client whose requests are answered from a snapshot.
pub fn client(snapshot: Arc<Snapshot>) -> Client {
    let service = tower::service_fn(move |request: Request<Body>| {
        let snapshot = snapshot.clone();
        async move { Ok::<_, std::convert::Infallible>(answer(&snapshot, &request)) }
    });
    Client::new(service, "default")
}

/// What a path asks for: `/apis/GROUP/VERSION/[namespaces/NS/]PLURAL[/NAME[/SUBRESOURCE]]`.
struct Asked<'a> {
    kind: &'a Recorded,
    namespace: Option<&'a str>,
    name: Option<&'a str>,
    subresource: Option<&'a str>,
}

fn answer(snapshot: &Snapshot, request: &Request<Body>) -> Answer {
    let path = request.uri().path();
    let query = parameters(request.uri().query().unwrap_or_default());
    if request.method() != http::Method::GET {
        return status(405, "MethodNotAllowed", "a snapshot cannot be changed");
    }
    let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        ["version"] => whole(
            &json!({"major": "1", "minor": "", "gitVersion": snapshot.kubernetes, "gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "", "platform": ""}),
        ),
        ["api"] => whole(&discovery(snapshot, true)),
        ["apis"] => whole(&discovery(snapshot, false)),
        ["api", "v1", rest @ ..] if rest.ends_with(&["events"]) => events(snapshot, rest, &query),
        ["api", version, rest @ ..] => resource(snapshot, "", version, rest, &query),
        ["apis", group, version, rest @ ..] => resource(snapshot, group, version, rest, &query),
        _ => unknown(path),
    }
}

fn resource(snapshot: &Snapshot, group: &str, version: &str, rest: &[&str], query: &BTreeMap<String, String>) -> Answer {
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let Some(plural) = rest.first() else { return unknown(group) };
    let found = snapshot.kinds.iter().find(|kind| kind.group == group && kind.version == version && kind.plural == *plural);
    let Some(kind) = found else { return unknown(plural) };
    if kind.restricted && rest.len() == 1 {
        let message = format!("{plural}.{group} is forbidden: who recorded this may not list it");
        return status(403, "Forbidden", &message);
    }
    let asked = Asked { kind, namespace, name: rest.get(1).copied(), subresource: rest.get(2).copied() };
    match (asked.name, asked.subresource) {
        (None, _) if query.get("watch").is_some_and(|watch| watch == "true" || watch == "1") => quiet(),
        (None, _) => list(&asked, query),
        (Some(name), None) => get(&asked, name),
        (Some(name), Some(subresource)) => status(404, "NotFound", &format!("the {subresource} of {name} was not recorded")),
    }
}

fn list(asked: &Asked, query: &BTreeMap<String, String>) -> Answer {
    let start: usize = query.get("continue").and_then(|start| start.parse().ok()).unwrap_or(0);
    let limit: usize = query.get("limit").and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0).unwrap_or(usize::MAX);
    let selected: Vec<_> = asked
        .kind
        .objects
        .iter()
        .filter(|object| asked.namespace.is_none_or(|wished| object["metadata"]["namespace"] == wished))
        .collect();
    let page: Vec<_> = selected.iter().skip(start).take(limit).collect();
    let next = start.saturating_add(limit);
    let next = if next < selected.len() { next.to_string() } else { String::new() };
    whole(&json!({
        "kind": format!("{}List", asked.kind.kind),
        "apiVersion": api_version(&asked.kind.group, &asked.kind.version),
        "metadata": {"resourceVersion": "1", "continue": next},
        "items": page,
    }))
}

fn get(asked: &Asked, name: &str) -> Answer {
    let is_it = |object: &&Value| {
        object["metadata"]["name"] == name && asked.namespace.is_none_or(|wished| object["metadata"]["namespace"] == wished)
    };
    match asked.kind.objects.iter().find(is_it) {
        Some(object) => whole(object),
        None => status(404, "NotFound", &format!("{} \"{name}\" not found", asked.kind.plural)),
    }
}

fn events(snapshot: &Snapshot, rest: &[&str], query: &BTreeMap<String, String>) -> Answer {
    let namespace = rest.get(1).filter(|_| rest.len() == 3);
    let wished: Vec<_> = query
        .get("fieldSelector")
        .map(String::as_str)
        .unwrap_or_default()
        .split(',')
        .filter_map(|part| part.split_once('='))
        .collect();
    let is_it = |event: &&Value| {
        let field = |path: &str| path.split('.').fold(*event, |value, key| &value[key]).as_str().unwrap_or_default();
        namespace.is_none_or(|namespace| event["metadata"]["namespace"] == *namespace)
            && wished.iter().all(|(path, value)| field(path) == *value)
    };
    let items: Vec<_> = snapshot.events.iter().filter(is_it).collect();
    whole(&json!({"kind": "EventList", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items}))
}

/// Aggregated discovery (`apidiscovery.k8s.io/v2`): the core group or the others.
fn discovery(snapshot: &Snapshot, core: bool) -> Value {
    let mut groups: BTreeMap<&str, BTreeMap<&str, Vec<Value>>> = BTreeMap::new();
    for kind in snapshot.kinds.iter().filter(|kind| kind.group.is_empty() == core) {
        let resource = json!({
            "resource": kind.plural,
            "responseKind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
            "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
            "singularResource": kind.kind.to_lowercase(),
            "verbs": ["get", "list", "watch"],
        });
        groups.entry(&kind.group).or_default().entry(&kind.version).or_default().push(resource);
    }
    let items: Vec<_> = groups
        .into_iter()
        .map(|(group, versions)| {
            let versions: Vec<_> = versions
                .into_iter()
                .map(|(version, resources)| json!({"version": version, "resources": resources, "freshness": "Current"}))
                .collect();
            json!({"metadata": {"name": group}, "versions": versions})
        })
        .collect();
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn whole(value: &Value) -> Answer {
    reply(200, value)
}

fn unknown(what: &str) -> Answer {
    status(404, "NotFound", &format!("the snapshot has no {what}"))
}

fn status(code: u16, reason: &str, message: &str) -> Answer {
    reply(
        code,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "code": code, "reason": reason, "message": message}),
    )
}

fn reply(code: u16, value: &Value) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(value.to_string())).boxed_unsync());
    *answer.status_mut() = http::StatusCode::from_u16(code).unwrap_or_default();
    answer.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    answer
}

/// A watch in which nothing happens and that nobody ends.
fn quiet() -> Answer {
    Response::new(
        StreamBody::new(futures::stream::pending::<Result<http_body::Frame<Bytes>, std::convert::Infallible>>()).boxed_unsync(),
    )
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| {
        let mut out = Vec::with_capacity(text.len());
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            match byte {
                b'+' => out.push(b' '),
                b'%' => {
                    let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
                    if let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) {
                        out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                    }
                }
                byte => out.push(byte),
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    };
    query.split('&').filter_map(|pair| pair.split_once('=')).map(|(key, value)| (decode(key), decode(value))).collect()
}
