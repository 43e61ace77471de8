//! Where a change is made: the repository, the branch and the Kustomization of an object. Each site says how it was found.
//!
//! From the cluster: the Kustomization that applies the object → its source → URL and branch, in a checkout of the user's if there is one,
//! else in a clone in the cache. Where the Kustomization may not be read, the checkouts that the configuration names are searched for
//! one of that name. A checkout that is named by hand needs no cluster. What an artifact is made from is looked for in [`super::artifact`].

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::super::rendered::{self, Renderer};
use super::super::repositories::blocking;
use super::Changes;
use super::artifact::Artifact;
use super::source::{self, Follows, follows};
use crate::cluster::Connection;
use crate::git::{self, Checkout};
use crate::programs;
use fluxdeck_model::change::{ChangeSite, SiteScope, SourceQuestion};
use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::domain::{ClusterId, ObjectRef};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds;
use fluxdeck_model::render::flux::Spec;
use fluxdeck_model::render::repository::BuildRequest;
use fluxdeck_model::state::ChangeQuery;

/// What a look for the site has found.
pub(super) enum Located {
    Site(Box<ChangeSite>, Option<BuildRequest>),
    /// In the repository that artifacts are made from; with what a person may say otherwise.
    Artifact(Box<ChangeSite>, Box<BuildRequest>, Box<SourceQuestion>),
    /// A person has to say it first.
    Unknown(SourceQuestion),
}

impl Located {
    fn of(site: ChangeSite) -> Self {
        Self::Site(Box::new(site), None)
    }
}

impl Changes {
    /// Finds the site of a change: what its order does not say is looked up.
    ///
    /// # Errors
    /// The repository cannot be known from what is given, or cannot be reached.
    pub(super) async fn locate(&self, live: Option<&Connection>, query: &ChangeQuery) -> Result<Located> {
        let given = &query.order.site;
        if !given.folder.is_empty() || !given.url.is_empty() {
            let request = self.request(live, query.applier.as_ref(), &given.scope).await;
            return Ok(Located::Site(Box::new(self.completed(given.clone()).await?), request));
        }
        let nowhere = || Error::failed("the repository is not known", "name a checkout: --repo DIR");
        let object = query.object.as_ref().ok_or_else(nowhere)?;
        let live = live.ok_or_else(|| Error::new(ErrorKind::Unreachable, "the cluster is not connected", "try again"))?;
        let unapplied = || {
            let hint = "no Kustomization is known to apply it; what a chart made is changed in the values of its HelmRelease";
            Error::failed(format!("it is not known where {object} comes from"), hint)
        };
        let applier = query.applier.as_ref().ok_or_else(unapplied)?;
        let renderer = Renderer::new(live.clone(), self.desk.clone(), self.timeout, true);
        let found = match renderer.fetch(applier).await {
            Ok(body) => self.of_kustomization(&renderer, query, applier, &body).await?,
            Err(error) if error.kind == ErrorKind::Denied => Located::of(self.of_checkouts(applier, &applier.to_string()).await?),
            Err(error) => return Err(error),
        };
        let said = |site: ChangeSite| ChangeSite {
            scope: if given.scope == SiteScope::Any { site.scope } else { given.scope.clone() },
            remote: if given.remote.is_empty() { site.remote } else { given.remote.clone() },
            base: if given.base.is_empty() { site.base } else { given.base.clone() },
            ..site
        };
        Ok(match found {
            Located::Site(site, request) => Located::Site(Box::new(self.completed(said(*site)).await?), request),
            Located::Artifact(site, request, question) => Located::Artifact(Box::new(said(*site)), request, question),
            unknown @ Located::Unknown(_) => unknown,
        })
    }

    /// The Kustomization that applies an object as the cluster has it; none where that cannot be read. What is applied from an artifact has
    /// another path in the repository: that of the scope.
    pub(super) async fn request(
        &self,
        live: Option<&Connection>,
        applier: Option<&ObjectRef>,
        scope: &SiteScope,
    ) -> Option<BuildRequest> {
        let renderer = Renderer::new(live?.clone(), self.desk.clone(), self.timeout, true);
        let request = renderer.request(&renderer.fetch(applier?).await.ok()?).await.ok()?;
        let is_of_git = request.spec.source.kind.as_ref() == kinds::GIT_REPOSITORY.kind;
        match scope {
            SiteScope::Applied { path, .. } if !is_of_git => {
                let spec = Spec { path: path.as_str().into(), ..(*request.spec).clone() };
                Some(BuildRequest { spec: Arc::new(spec), ..request })
            }
            _ => Some(request),
        }
    }

    /// By the Kustomization and its source.
    async fn of_kustomization(
        &self,
        renderer: &Renderer,
        query: &ChangeQuery,
        applier: &ObjectRef,
        body: &Value,
    ) -> Result<Located> {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let namespace = match text("/spec/sourceRef/namespace") {
            "" => &*applier.namespace,
            named => named,
        };
        let (kind, name) = (text("/spec/sourceRef/kind"), text("/spec/sourceRef/name"));
        if kind == kinds::EXTERNAL_ARTIFACT.kind {
            return self.of_composed(renderer, query, applier, body).await;
        }
        let Some(known) =
            [kinds::GIT_REPOSITORY, kinds::OCI_REPOSITORY, kinds::BUCKET].into_iter().find(|known| known.kind == kind)
        else {
            let message = format!("the source of {applier}, {} {namespace}/{name}, is not a GitRepository", sanitise(kind));
            return Err(Error::failed(message, "name a checkout of what it is made from: --repo DIR, or `repos` in config.toml"));
        };
        let id = ObjectRef::new(ClusterId(0), known.gk(), namespace, name);
        let source = match renderer.fetch(&id).await {
            Ok(source) => source,
            Err(error) if error.kind == ErrorKind::Denied => {
                return Ok(Located::of(self.of_checkouts(applier, &id.to_string()).await?));
            }
            Err(error) => return Err(error),
        };
        if known != kinds::GIT_REPOSITORY {
            let unnamed = || Error::failed(format!("{id} does not say what it fetches"), "name a checkout: --repo DIR");
            let (key, claimed) = (source::key(&source).ok_or_else(unnamed)?, source::claimed(&source));
            let why = format!("{id} does not say which git repository it is made from");
            let artifact = Artifact { applier, kustomization: body, id, key, claimed, why, wanted: wanted(query) };
            return self.of_artifact(renderer, query, artifact).await;
        }
        let request = renderer.request(body).await.ok();
        let url = source.pointer("/spec/url").and_then(Value::as_str).unwrap_or_default();
        let (base, caution) = based(&id, follows(&source));
        let revision =
            ["/status/lastAttemptedRevision", "/status/lastAppliedRevision"].map(text).into_iter().find(|it| !it.is_empty());
        let applied = revision.map(|revision| revision.rsplit([':', '/']).next().unwrap_or(revision).to_owned());
        let folder = self.folder_of(url).await?;
        let site = ChangeSite {
            remote: folder.as_deref().map(|folder| remote_of(folder, url)).unwrap_or_default(),
            folder: folder.unwrap_or_default().display().to_string(),
            url: without_credential(url),
            base,
            scope: SiteScope::Applied { name: applier.path(), path: text("/spec/path").to_owned() },
            found_by: format!("applied by {applier} from {id}"),
            applied: applied.unwrap_or_default(),
            caution,
        };
        Ok(Located::Site(Box::new(site), request))
    }

    /// By the sources of what an ArtifactGenerator puts together. Where they are not one branch of one repository, a person says it.
    async fn of_composed(&self, renderer: &Renderer, query: &ChangeQuery, applier: &ObjectRef, body: &Value) -> Result<Located> {
        let spec = rendered::spec(body)?;
        let path = spec.path.to_string();
        let composed = match renderer.composed(&spec.source).await {
            Ok(composed) => composed,
            Err(error) if error.kind == ErrorKind::Denied => {
                let denied = format!("what {applier} is made from");
                return Ok(Located::of(self.of_checkouts(applier, &denied).await?));
            }
            Err(error) => return Err(error),
        };
        let id = composed.artifact.clone();
        let behind = match composed.behind() {
            Ok(behind) => behind,
            Err(error) => {
                let artifact = Artifact {
                    applier,
                    kustomization: body,
                    id,
                    key: composed.key(),
                    claimed: None,
                    why: error.to_string(),
                    wanted: wanted(query),
                };
                return self.of_artifact(renderer, query, artifact).await;
            }
        };
        let request = renderer.requested_of(body, spec, Some(composed.composition()?)).await;
        let (base, pinned) = based(behind.source, behind.follows);
        let cautions: Vec<_> = composed.suspended().into_iter().chain(Some(pinned).filter(|text| !text.is_empty())).collect();
        let folder = self.folder_of(&behind.url).await?;
        let site = ChangeSite {
            remote: folder.as_deref().map(|folder| remote_of(folder, &behind.url)).unwrap_or_default(),
            folder: folder.unwrap_or_default().display().to_string(),
            url: without_credential(&behind.url),
            base,
            scope: SiteScope::Applied { name: applier.path(), path },
            found_by: format!("applied by {applier} from {id}, {}", composed.way()),
            applied: composed.commit(body).unwrap_or_default(),
            caution: cautions.join("; "),
        };
        Ok(Located::Site(Box::new(site), Some(request)))
    }

    /// By a Kustomization of that name in a checkout that the configuration names; in the demo, in one of its repositories. For those who may
    /// not read what says where it comes from.
    async fn of_checkouts(&self, applier: &ObjectRef, denied: &str) -> Result<ChangeSite> {
        let wanted = applier.path();
        let own = match self.company() {
            Some(company) => company.repositories().all()?,
            None => Vec::new(),
        };
        let checkouts = self.repositories.folders.iter().map(|folder| (String::new(), folder.clone()));
        for (url, folder) in checkouts.chain(own) {
            let name = wanted.clone();
            let found = self.desk.at(&folder, move |bench| {
                let view = bench.checkout.view(None)?;
                let repository = bench.builder.build(view.tree())?;
                let is_it = |spec: &fluxdeck_model::render::flux::Spec| format!("{}/{}", spec.namespace, spec.name) == name;
                Ok(repository.members().any(|(_, member)| is_it(&member.spec)))
            });
            // one that cannot be read is not the one that is looked for
            if found.await.unwrap_or_default() {
                let folder = folder.display().to_string();
                let site = ChangeSite { folder, url, scope: SiteScope::Kustomization(wanted.clone()), ..ChangeSite::default() };
                let place = if site.url.is_empty() { format!("the checkout {}", site.folder) } else { site.name() };
                let what = if denied == applier.to_string() { "it" } else { &*wanted };
                return Ok(ChangeSite { found_by: format!("you may not read {denied}: {place} declares {what}"), ..site });
            }
        }
        let message = format!("you may not read {denied}: where {wanted} comes from is not known");
        Err(Error::new(ErrorKind::Denied, message, "name a checkout that declares it: `repos` in config.toml"))
    }

    /// A checkout of the user's, else a clone in the cache; none where nothing may be kept.
    async fn folder_of(&self, url: &str) -> Result<Option<PathBuf>> {
        if let Some(company) = self.company()
            && let Some(path) = company.repository(url)?
        {
            return Ok(Some(path));
        }
        let (folders, cache, wanted) = (self.repositories.folders.clone(), self.repositories.cache.clone(), url.to_owned());
        blocking(move || {
            let checkout = |folder: &PathBuf| {
                let checkout = Checkout::around(folder).ok()?;
                checkout.is_of(&wanted).then(|| checkout.root().to_owned())
            };
            if let Some(found) = folders.iter().find_map(checkout) {
                return Ok(Some(found));
            }
            let nowhere = || {
                let shown = sanitise(&redact(&wanted)).into_owned();
                Error::failed(
                    format!("there is no checkout of {shown} here"),
                    "name one: `repos` in config.toml; or leave out fetch = false",
                )
            };
            let path = git::clone_of(&cache.ok_or_else(nowhere)?, &wanted);
            git::make_clone(&path)?;
            Ok(Some(path))
        })
        .await
    }

    /// Fills in what a site does not say: the remote, its URL, the branch.
    pub(super) async fn completed(&self, mut site: ChangeSite) -> Result<ChangeSite> {
        if site.folder.is_empty() {
            let folder = self.folder_of(&site.url).await?.unwrap_or_default();
            site.remote = remote_of(&folder, &site.url);
            site.folder = folder.display().to_string();
        }
        if site.remote.is_empty() && site.url.is_empty() {
            let (folder, wanted) = (PathBuf::from(&site.folder), site.remote.clone());
            let (root, remote, url) = blocking(move || only_remote(&folder, &wanted)).await?;
            (site.folder, site.remote, site.url) = (root, remote, without_credential(&url));
        }
        if site.base.is_empty() {
            let asked = programs::default_branch(Path::new(&site.folder), self.remote(&site)).await;
            let found =
                asked.map_err(|failure| failure.error(&format!("{} cannot be asked for its default branch", site.name())))?;
            let unknown =
                || Error::failed(format!("{} reports no default branch", site.name()), "name the branch: --base BRANCH");
            site.base = found.ok_or_else(unknown)?;
        }
        if site.found_by.is_empty() {
            site.found_by = format!("the checkout {}", site.folder);
        }
        Ok(site)
    }
}

/// The branch that a change of a source goes to, and what its merge does not do; for a pin the branch is asked for.
fn based(source: &ObjectRef, follows: Follows) -> (String, String) {
    match follows {
        Follows::Branch(branch) => (branch, String::new()),
        Follows::Pin(pin) => (String::new(), format!("{source} is pinned to {pin}: merging deploys nothing until that moves")),
    }
}

/// The object of a change, as what is built is named.
fn wanted(query: &ChangeQuery) -> Option<ObjectRef> {
    let here = |object: &ObjectRef| ObjectRef::new(ClusterId(0), object.gk.clone(), &*object.namespace, &*object.name);
    query.object.as_ref().map(here)
}

/// The name of the remote of a checkout that leads to a URL; empty for a clone of ours, which has none.
fn remote_of(folder: &Path, url: &str) -> String {
    Checkout::around(folder).ok().and_then(|checkout| checkout.remote_to(url)).unwrap_or_default()
}

/// The root of a checkout, and the remote that is named, else `origin`, else the only one, with its URL.
fn only_remote(folder: &Path, wanted: &str) -> Result<(String, String, String)> {
    let checkout = Checkout::around(folder)?;
    let root = checkout.root().display().to_string();
    let all = checkout.named_remotes();
    let named = |name: &str| all.iter().find(|(known, _)| known == name).cloned();
    let found = match (wanted, all.as_slice()) {
        ("", [only]) => Some(only.clone()),
        ("", _) => named("origin"),
        (name, _) => named(name),
    };
    let missing = || {
        let names: Vec<_> = all.iter().map(|(name, _)| name.as_str()).collect();
        let names = if names.is_empty() {
            "it has none: `git remote add origin URL`".to_owned()
        } else {
            format!("it has {}", names.join(", "))
        };
        let what =
            if wanted.is_empty() { "no remote that is meant".to_owned() } else { format!("no remote `{}`", sanitise(wanted)) };
        Error::failed(format!("{root} has {what}"), names)
    };
    let (name, url) = found.ok_or_else(missing)?;
    Ok((root, name, url))
}

/// A URL as it may be shown and written down.
pub(super) fn without_credential(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match (scheme, authority.rsplit_once('@')) {
        // with SSH the user is part of the address
        ("ssh", Some((user, _))) => format!("ssh://{}@{host}{path}", user.split(':').next().unwrap_or_default()),
        _ => format!("{scheme}://{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_credential_of_a_url_is_written_down() {
        for (url, expected) in [
            ("https://me:PLANTED@h.example.com:8443/a/b.git", "https://h.example.com:8443/a/b.git"),
            ("https://PLANTED@h.example.com/a/b", "https://h.example.com/a/b"),
            ("ssh://git:PLANTED@h.example.com:22/a/b", "ssh://git@h.example.com:22/a/b"),
            ("git@h.example.com:a/b", "git@h.example.com:a/b"),
            ("/srv/fleet.git", "/srv/fleet.git"),
        ] {
            assert_eq!(without_credential(url), expected);
        }
    }
}
