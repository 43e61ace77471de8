//! Comparing the cluster with git, Kustomization by Kustomization.

use std::collections::BTreeSet;

use futures::StreamExt;
use serde_json::Value;

use super::acts::Errand;
use super::desk::Desk;
use super::rendered::{Renderer, object_of};
use super::repositories::blocking;
use fluxdeck_model::domain::text::redact;
use fluxdeck_model::domain::{ObjectRef, Str};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::declared::Commit;
use fluxdeck_model::insight::drift::{self, Drift, Ignore};
use fluxdeck_model::insight::named::shown;
use fluxdeck_model::insight::schema::{EMBEDDED, Schemas};
use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::render::id::{meta_text, text_at};
use fluxdeck_model::render::unproven::has_unknown_hash;
use fluxdeck_model::state::News;
use fluxdeck_model::state::drift::Compared;

/// Why a Secret that is generated from an encrypted file is not compared.
const UNNAMED: &str = "only the cluster can decrypt what its name ends with the hash of";
/// Why the objects of a remote resource are not compared.
const ABSENT: &str = "it is not here, so that its objects are not known: `fluxdeck drift --fetch` brings it";
/// Requests that are under way at once.
const AT_ONCE: usize = 8;

/// The schemas of Kubernetes and Flux. Unpacking them costs some milliseconds.
///
/// # Errors
/// The table is broken.
pub fn schemas() -> Result<Schemas> {
    let mut text = Vec::new();
    let unpacked = std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(EMBEDDED), &mut text);
    unpacked.map_err(|error| Error::failed(format!("the table of schemas cannot be unpacked: {error}"), ""))?;
    Schemas::read(&text)
}

impl Renderer {
    /// Compares what a Kustomization applies, as far as it is meant. What cannot be compared is said.
    pub async fn compare(
        &self,
        kustomization: &ObjectRef,
        body: Result<Value>,
        schemas: &Schemas,
        is_meant: impl Fn(&Applied) -> bool,
    ) -> Compared {
        let mut compared = Compared {
            kustomization: kustomization.clone(),
            at: Commit::default(),
            found: Vec::new(),
            compared: 0,
            skipped: Vec::new(),
        };
        let rendered = match &body {
            Ok(body) => self.render(body).await,
            Err(error) => Err(error.clone()),
        };
        let rendered = match rendered {
            Ok(rendered) => rendered,
            Err(why) => {
                compared.skipped.push((kustomization.to_string(), why.to_string()));
                return compared;
            }
        };
        compared.at = rendered.at;
        compared.skipped.extend(rendered.remotes.missing().map(|one| (redact(&one.address).into_owned(), ABSENT.to_owned())));
        let ignores = drift::ignores(&body.unwrap_or_default());
        let mut wanted = Vec::new();
        for object in rendered.objects.iter().filter(|object| is_meant(object)) {
            match unproven(object) {
                Some(why) => compared.skipped.push((shown(&object.node), why)),
                None => wanted.push(object),
            }
        }
        let requests: Vec<_> = wanted.iter().map(|object| self.live(&object.node)).collect();
        let fetched: Vec<_> = futures::stream::iter(requests).buffered(AT_ONCE).collect().await;
        for (object, live) in wanted.iter().zip(fetched) {
            take(&mut compared, object, live, &ignores, schemas);
        }
        compared
    }
}

impl Errand {
    /// Compares these Kustomizations one after the other, and reports each result.
    pub(super) async fn compare(self, desk: Desk, run: u32, kustomizations: Vec<ObjectRef>, namespaces: Option<BTreeSet<Str>>) {
        let live = self.live.borrow().clone();
        let schemas = blocking(schemas).await;
        let unreached = || "the API server has not been reached yet".to_owned();
        let ready = live.ok_or_else(unreached).and_then(|live| Ok((live, schemas.map_err(|error| error.to_string())?)));
        let (live, schemas) = match ready {
            Ok(ready) => ready,
            Err(why) => {
                for kustomization in kustomizations {
                    let skipped = vec![(kustomization.to_string(), why.clone())];
                    let (at, found) = (Commit::default(), Vec::new());
                    let compared = Compared { kustomization, at, found, compared: 0, skipped };
                    self.news(News::Compared(run, Box::new(compared))).await;
                }
                return;
            }
        };
        let renderer = Renderer::new(live, desk, self.timeout, true);
        for kustomization in kustomizations {
            let body = renderer.fetch(&kustomization).await;
            let is_meant = |object: &Applied| namespaces.as_ref().is_none_or(|names| is_in(&kustomization, object, names));
            let concerns = namespaces.as_ref().is_none_or(|names| concerns(&kustomization, body.as_ref().ok(), names));
            let mut compared = renderer.compare(&kustomization, body, &schemas, is_meant).await;
            if !concerns {
                compared.skipped.clear();
            }
            self.news(News::Compared(run, Box::new(compared))).await;
        }
    }
}

/// Why it is not known what an object should be.
fn unproven(object: &Applied) -> Option<String> {
    if let Some(address) = &object.unproven {
        return Some(format!("{} may change it, and is not here", redact(address)));
    }
    has_unknown_hash(meta_text(&object.node, "name")).then(|| UNNAMED.to_owned())
}

/// Whether an object is looked at where only these namespaces are: a Kustomization there is compared with all that it applies, wherever
/// that is, and of other Kustomizations what is there.
pub fn is_in(kustomization: &ObjectRef, object: &Applied, namespaces: &BTreeSet<Str>) -> bool {
    namespaces.contains(&kustomization.namespace) || namespaces.contains(home(object))
}

/// Whether a Kustomization has to do with these namespaces: it is in one of them, or its inventory has something there
/// (`<namespace>_<name>_<group>_<kind>`, fluxcd/cli-utils `object.ObjMetadata`).
pub fn concerns(kustomization: &ObjectRef, body: Option<&Value>, namespaces: &BTreeSet<Str>) -> bool {
    let entries = body.and_then(|body| body.pointer("/status/inventory/entries")?.as_array()).into_iter().flatten();
    let mut places = entries.filter_map(|entry| entry["id"].as_str()?.split('_').next());
    namespaces.contains(&kustomization.namespace) || places.any(|place| namespaces.contains(place))
}

/// The namespace that an object is looked at with: a Namespace's is itself.
fn home(object: &Applied) -> &str {
    let is_namespace = text_at(&object.node, "kind") == "Namespace";
    meta_text(&object.node, if is_namespace { "name" } else { "namespace" })
}

/// Adds one object to its outcomes Kustomization.
fn take(
    compared: &mut Compared,
    object: &Applied,
    live: std::result::Result<Option<Value>, String>,
    ignores: &[Ignore],
    schemas: &Schemas,
) {
    let called = || format!("{} of {}", shown(&object.node), compared.kustomization.path());
    let drift = match live {
        Ok(live) => drift::drift(object, live.as_ref(), ignores, schemas),
        Err(why) => {
            let what = called();
            return compared.skipped.push((what, why));
        }
    };
    match drift {
        Drift::None => compared.compared += 1,
        Drift::Off => {
            let what = called();
            compared.skipped.push((what, "Flux is set to leave it alone".to_owned()));
        }
        drift => {
            compared.compared += 1;
            compared.found.push((object_of(compared.kustomization.cluster, &object.node), drift));
        }
    }
}
