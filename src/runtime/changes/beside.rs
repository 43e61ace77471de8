//! The other Kustomizations of a cluster that read the repository of a change, where the repository does not declare them itself: teams keep
//! their files apart from the fleet's, and one artifact is read by many. They are part of what a change reaches.

use std::collections::BTreeMap;

use super::super::artifact::rerooted;
use super::super::pulls::Applied;
use super::Changes;
use super::source::{Follows, follows};
use crate::cluster::Connection;
use crate::runtime::Renderer;
use fluxdeck_model::change::{AppliedFolder, ChangeSite, SiteScope};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::kinds;
use fluxdeck_model::render::flux;
use fluxdeck_model::render::repository::{BuildRequest, is_same_url};
use serde_json::Value;

/// Kustomizations that are built; of more the first, by name.
const MOST: usize = 50;

impl Changes {
    /// How they are built; none where the repository declares what applies the object, and with it the others. Lists the Kustomizations of the
    /// cluster, and asks for each source once.
    pub(super) async fn beside(
        &self,
        live: Option<&Connection>,
        applier: Option<&ObjectRef>,
        site: &ChangeSite,
    ) -> Vec<BuildRequest> {
        let (Some(live), Some(applier), SiteScope::Applied { path, .. }) = (live, applier, &site.scope) else {
            return Vec::new();
        };
        let renderer = self.renderer(live);
        let own = AppliedFolder { kustomization: applier.clone(), folder: Some(flux::folder(path)) };
        if self.undeclared(site, vec![own]).await.is_empty() {
            return Vec::new();
        }
        let applied = Applied::of(&renderer, std::slice::from_ref(applier)).await;
        let source = applied.all.iter().find(|(id, ..)| id == applier).map(|(_, source, body)| (source.clone(), body));
        let Some((source, body)) = source else { return Vec::new() };
        // of an artifact the folder that became its root
        let inner = flux::folder(body.pointer("/spec/path").and_then(Value::as_str).unwrap_or_default());
        let root = flux::folder(path).strip_suffix(&inner).map(|root| root.trim_end_matches('/').to_owned());
        let mut follows_it: BTreeMap<ObjectRef, bool> = BTreeMap::new();
        let mut found = Vec::new();
        for (id, from, body) in applied.all.iter().filter(|(id, ..)| id != applier) {
            if found.len() >= MOST {
                break;
            }
            let request = match &*from.gk.kind {
                kind if kind == kinds::GIT_REPOSITORY.kind => {
                    let is_known = follows_it.get(from).copied();
                    let is_it = match is_known {
                        Some(is_it) => is_it,
                        None => renderer.fetch(from).await.is_ok_and(|body| is_of(&body, site)),
                    };
                    follows_it.insert(from.clone(), is_it);
                    if is_it { renderer.request(body).await.ok() } else { None }
                }
                kind if kind == kinds::EXTERNAL_ARTIFACT.kind => composed(&renderer, body, site).await,
                _ if *from == source => {
                    let request = renderer.request(body).await.ok();
                    request.zip(root.as_deref()).map(|(request, root)| rerooted(&request, root))
                }
                _ => None,
            };
            tracing::debug!(kustomization = %id, is_read = request.is_some(), "looked at beside a change");
            found.extend(request);
        }
        found
    }
}

/// Whether a GitRepository follows the branch of a site.
fn is_of(source: &Value, site: &ChangeSite) -> bool {
    let url = source.pointer("/spec/url").and_then(Value::as_str).unwrap_or_default();
    is_same_url(url, &site.url) && follows(source) == Follows::Branch(site.base.clone())
}

/// What is composed of that branch.
async fn composed(renderer: &Renderer, kustomization: &Value, site: &ChangeSite) -> Option<BuildRequest> {
    let spec = super::super::rendered::spec(kustomization).ok()?;
    let composed = renderer.composed(&spec.source).await.ok()?;
    let behind = composed.behind().ok()?;
    let is_it = is_same_url(&behind.url, &site.url) && behind.follows == Follows::Branch(site.base.clone());
    let composition = composed.composition().ok().filter(|_| is_it)?;
    Some(renderer.requested_of(kustomization, spec, Some(composition)).await)
}
