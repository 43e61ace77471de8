//! The comparison with what Flux applied notices every field: left out of our output, it is missed.
//!
//! A dry run as Flux's own field manager, forced, takes a field away that the manager owned and no longer names. So it must differ from what
//! is live, or be refused, for any field at all, with two exceptions by rule, which are counted: what the API server sets to the very same
//! value by itself (nobody owns it in the answer, and it is there), and what another field manager owns as well. Identity is not a field: without
//! it there is no such object, or another one.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use fluxdeck_model::render::write;
use futures::StreamExt as _;
use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Map, Value, json};

use super::builds::{built, comparable, plain};
use crate::harness::trials;
use crate::support::bed::{self, Bed};

const MANAGER: &str = "kustomize-controller";
/// Requests at a time.
const AT_ONCE: usize = 6;
/// Fields of every object that are tried, whether one like them was tried elsewhere or not.
const OF_EACH: usize = 3;

/// A field of an object: keys and numbers from its root.
type Path = Vec<Step>;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Item(usize),
}

/// Why leaving a field out was or was not noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Notice {
    Refused,
    Differs,
    OtherObject,
    Default,
    OwnedByAnother,
    Unseen,
}

struct Api {
    client: Client,
    /// Plural names, and whether there are namespaces, by apiVersion and kind.
    kinds: BTreeMap<(String, String), (String, bool)>,
}

impl Api {
    async fn new(bed: &Bed) -> Self {
        // another test of this process may have done it
        let _ = rustls::crypto::ring::default_provider().install_default();
        let kubeconfig = Kubeconfig::read_from(bed.kubeconfig("admin")).expect("a kubeconfig");
        let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.expect("a cluster");
        Self { client: Client::try_from(config).expect("a client"), kinds: BTreeMap::new() }
    }

    async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, kube::Error> {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header("Content-Type", "application/apply-patch+yaml");
        }
        let body = body.map(Value::to_string).unwrap_or_default().into_bytes();
        self.client.request(request.body(body).expect("a request")).await
    }

    async fn learn(&mut self, api_version: &str) {
        let path = if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") };
        let list = self.ask("GET", &path, None).await.expect("the API server serves what was applied");
        for one in list["resources"].as_array().into_iter().flatten() {
            let text = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
            if !text("name").contains('/') {
                let what = (text("name"), one["namespaced"] == true);
                self.kinds.insert((api_version.to_owned(), text("kind")), what);
            }
        }
    }

    /// Where an object is in the API.
    fn path(&self, object: &Value) -> String {
        let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (api_version, kind) = (text("/apiVersion"), text("/kind"));
        let (plural, is_namespaced) = &self.kinds[&(api_version.to_owned(), kind.to_owned())];
        let root = if api_version.contains('/') { format!("/apis/{api_version}") } else { format!("/api/{api_version}") };
        let namespace = if *is_namespaced { format!("/namespaces/{}", text("/metadata/namespace")) } else { String::new() };
        format!("{root}{namespace}/{plural}/{}", text("/metadata/name"))
    }

    /// What a dry run as Flux would make of an object.
    async fn applied(&self, path: &str, object: &Value) -> Result<Value, kube::Error> {
        let path = format!("{path}?dryRun=All&force=true&fieldManager={MANAGER}");
        self.ask("PATCH", &path, Some(object)).await
    }
}

/// As Flux sends a Secret: `stringData` is written as `data` (fluxcd/pkg `ssa/normalize`).
fn normalised(mut object: Value) -> Value {
    if object["kind"] == "Secret"
        && let Some(Value::Object(texts)) = object.as_object_mut().and_then(|object| object.remove("stringData"))
    {
        let encoded = |value: Value| base64::engine::general_purpose::STANDARD.encode(value.as_str().unwrap_or_default());
        let data = object.as_object_mut().expect("an object").entry("data").or_insert_with(|| json!({}));
        texts.into_iter().for_each(|(key, value)| data[key] = encoded(value).into());
    }
    object
}

fn fields(value: &Value, path: &mut Path, found: &mut Vec<Path>) {
    let mut below = |step: Step, value: &Value| {
        path.push(step);
        fields(value, path, found);
        path.pop();
    };
    match value {
        Value::Object(map) if !map.is_empty() => map.iter().for_each(|(key, value)| below(Step::Key(key.clone()), value)),
        Value::Array(items) if !items.is_empty() => {
            items.iter().enumerate().for_each(|(at, value)| below(Step::Item(at), value));
        }
        _ => found.push(path.clone()),
    }
}

/// Fields of the same shape are the same field of a kind: numbers of items do not count, nor how deep a CRD's schema goes.
fn shape(path: &Path) -> String {
    let mut shape: Vec<&str> = Vec::new();
    let mut in_schema = false;
    for step in path {
        let part = match step {
            Step::Item(_) => "*",
            Step::Key(_) if in_schema && shape.last() == Some(&"properties") => {
                shape.truncate(shape.iter().position(|part| *part == "openAPIV3Schema").map_or(0, |at| at + 1));
                continue;
            }
            Step::Key(key) => key,
        };
        in_schema |= part == "openAPIV3Schema";
        shape.push(part);
    }
    shape.join("/")
}

fn get<'v>(value: &'v Value, path: &[Step]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get(key),
        Step::Item(at) => value.get(at),
    })
}

fn without(mut object: Value, path: &Path) -> Value {
    let (last, above) = path.split_last().expect("a field is below the root");
    let parent = above.iter().fold(&mut object, |value, step| match step {
        Step::Key(key) => &mut value[key],
        Step::Item(at) => &mut value[*at],
    });
    match (parent, last) {
        (Value::Object(map), Step::Key(key)) => drop(map.remove(key)),
        (Value::Array(items), Step::Item(at)) => drop(items.remove(*at)),
        _ => unreachable!("the field was found there"),
    }
    object
}

/// Whether a manager's `fieldsV1` names a field (structured-merge-diff v6 `fieldpath/serialize-pe.go`); an atomic part is owned as a whole.
fn owns(owned: &Map<String, Value>, value: &Value, path: &[Step]) -> bool {
    let Some((step, rest)) = path.split_first() else { return true };
    let inside = |owned: &Value, value: &Value| {
        let map = owned.as_object().expect("fieldsV1 is made of maps");
        // nothing is reported about its content: it is owned as a whole
        map.is_empty() || owns(map, value, rest)
    };
    match step {
        Step::Key(key) => owned.get(&format!("f:{key}")).is_some_and(|owned| inside(owned, &value[key])),
        Step::Item(at) => owned.iter().any(|(name, owned)| {
            let item = &value[*at];
            let is_it = match name.split_once(':') {
                Some(("k", keys)) => serde_json::from_str::<Map<String, Value>>(keys)
                    .is_ok_and(|keys| keys.iter().all(|(key, wanted)| item.get(key) == Some(wanted))),
                Some(("v", wanted)) => serde_json::from_str::<Value>(wanted).is_ok_and(|wanted| wanted == *item),
                Some(("i", number)) => number.parse() == Ok(*at),
                _ => false,
            };
            is_it && inside(owned, item)
        }),
    }
}

/// Who owns a field beside what was just applied: the same name with another operation is another manager (apiserver
/// `managedfields`: a manager is its name, operation, version and subresource).
fn others<'v>(answer: &'v Value, path: &[Step]) -> BTreeSet<&'v str> {
    let managers = answer.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let owning = managers.filter(|one| one["fieldsV1"].as_object().is_some_and(|owned| owns(owned, answer, path)));
    let is_other = |one: &&Value| one["manager"] != MANAGER || one["operation"] != "Apply";
    owning.filter(is_other).filter_map(|one| one["manager"].as_str()).collect()
}

/// Whose object it is, by the inventories.
fn identity(object: &Value) -> [Option<&Value>; 4] {
    ["/apiVersion", "/kind", "/metadata/namespace", "/metadata/name"].map(|pointer| object.pointer(pointer))
}

/// The object is wrong, and not the server busy. A list's item without its key is reported as an internal error (apiserver 1.36
/// `managedfields/internal/structuredmerge.go`).
fn is_refusal(code: u16, message: &str) -> bool {
    matches!(code, 400 | 403 | 422) || message.contains("failed to create typed patch object")
}

async fn notice(api: &Api, at: &str, object: &Value, live: &Value, path: &Path) -> Notice {
    let cut = without(object.clone(), path);
    if identity(&cut) != identity(object) {
        return Notice::OtherObject;
    }
    let answer = match api.applied(at, &cut).await {
        Ok(answer) => answer,
        Err(kube::Error::Api(status)) if is_refusal(status.code, &status.message) => return Notice::Refused,
        Err(error) => panic!("{at}: {error}"),
    };
    if plain(answer.clone()) != *live {
        return Notice::Differs;
    }
    // what was applied did not hold it, and yet it is there: somebody else's, or set by the API server, also inside an atomic part of ours
    match get(&answer, path) {
        Some(_) if others(&answer, path).is_empty() => Notice::Default,
        Some(_) => Notice::OwnedByAnother,
        None => Notice::Unseen,
    }
}

/// The fields of an object that are tried: those of a new shape, and some in any case.
fn chosen(object: &Value, shapes: &mut BTreeSet<String>) -> Vec<Path> {
    let mut all = Vec::new();
    fields(object, &mut Path::new(), &mut all);
    let step = all.len().div_ceil(OF_EACH);
    let kind = object["kind"].as_str().unwrap_or_default();
    let is_chosen = |(at, path): &(usize, Path)| shapes.insert(format!("{kind} {}", shape(path))) | (at % step == 0);
    all.into_iter().enumerate().filter(is_chosen).map(|(_, path)| path).collect()
}

/// What leaving each of some fields out did to one object.
async fn tried(api: &Api, object: &Value, paths: Vec<Path>) -> Vec<(Path, Notice)> {
    let at = api.path(object);
    let live = plain(api.ask("GET", &at, None).await.unwrap_or_else(|error| panic!("{at}: {error}")));
    let whole = |answer: Result<Value, kube::Error>| plain(answer.unwrap_or_else(|error| panic!("{at}: {error}")));
    assert_eq!(whole(api.applied(&at, object).await), live, "{at}: applied again it is the same");
    let one = async |path: Path| {
        let notice = notice(api, &at, object, &live, &path).await;
        (path, notice)
    };
    let found = futures::stream::iter(paths).map(one).buffer_unordered(AT_ONCE).collect().await;
    // else anything would have differed
    assert_eq!(whole(api.applied(&at, object).await), live, "{at}: nobody else changed it meanwhile");
    found
}

fn a_field_that_is_left_out_is_noticed() {
    let bed = bed::shared();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let all = built(&bed);
    let objects: Vec<Value> =
        all.iter().flat_map(comparable).map(|object| normalised(write::json(&object.node).expect("it was built"))).collect();
    let (mut counts, mut unseen, mut shapes) = (BTreeMap::<Notice, usize>::new(), Vec::new(), BTreeSet::new());
    runtime.block_on(async {
        let mut api = Api::new(&bed).await;
        let versions: BTreeSet<_> = objects.iter().filter_map(|object| object["apiVersion"].as_str()).collect();
        for version in versions {
            api.learn(version).await;
        }
        for object in &objects {
            for (path, notice) in tried(&api, object, chosen(object, &mut shapes)).await {
                *counts.entry(notice).or_default() += 1;
                if notice == Notice::Unseen {
                    unseen.push(format!("{} {}", api.path(object), shape(&path)));
                }
            }
        }
    });
    let count = |notice: &[Notice]| notice.iter().filter_map(|one| counts.get(one)).sum::<usize>();
    let (noticed, by_rule) =
        (count(&[Notice::Refused, Notice::Differs, Notice::OtherObject]), count(&[Notice::Default, Notice::OwnedByAnother]));
    let counted = format!("{} objects, {} shapes of fields, {counts:?}", objects.len(), shapes.len());
    assert!(unseen.is_empty(), "nobody misses these ({counted}):\n{}", unseen.join("\n"));
    assert!(objects.len() >= 30 && noticed >= 200 && by_rule * 5 < noticed, "{counted}");
}

trials![a_field_that_is_left_out_is_noticed,];
