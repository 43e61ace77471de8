//! Where a change is made: the repository, the branch and the Kustomization of an object. Each site says how it was found.
//!
//! From the cluster: the Kustomization that applies the object → its source → URL and branch, in a checkout of the user's if there is one,
//! else in a clone in the cache. Where the Kustomization may not be read, the checkouts that the configuration names are searched for
//! one of that name. A checkout that is named by hand needs no cluster.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::super::rendered::Renderer;
use super::super::repositories::blocking;
use super::Changes;
use crate::cluster::Connection;
use crate::git::{self, Checkout};
use crate::programs;
use fluxdeck_model::change::{ChangeSite, SiteScope};
use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::domain::{ClusterId, ObjectRef};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds;
use fluxdeck_model::render::repository::BuildRequest;
use fluxdeck_model::state::ChangeQuery;

/// What a GitRepository without `spec.ref` fetches (source-controller `api/v1`: `GitRepositoryRef`, "defaults to the master branch").
const DEFAULT: &str = "master";

/// What a source follows.
enum Follows {
    Branch(String),
    /// A tag, a range of versions or a commit, in words.
    Pin(String),
}

impl Changes {
    /// Finds the site of a change: what its order does not say is looked up.
    ///
    /// # Errors
    /// The repository cannot be known from what is given, or cannot be reached.
    pub(super) async fn locate(
        &self,
        live: Option<&Connection>,
        query: &ChangeQuery,
    ) -> Result<(ChangeSite, Option<BuildRequest>)> {
        let given = &query.order.site;
        if !given.folder.is_empty() || !given.url.is_empty() {
            let request = self.request(live, query.applier.as_ref()).await;
            return Ok((self.completed(given.clone()).await?, request));
        }
        let nowhere = || Error::failed("the repository is not known", "name a checkout: --repo DIR");
        let object = query.object.as_ref().ok_or_else(nowhere)?;
        let live = live.ok_or_else(|| Error::new(ErrorKind::Unreachable, "the cluster is not connected", "try again"))?;
        let unapplied = || {
            let hint = "no Kustomization is known to apply it; what a chart made is changed in the values of its HelmRelease";
            Error::failed(format!("it is not known where {object} comes from"), hint)
        };
        let applier = query.applier.as_ref().ok_or_else(unapplied)?;
        let renderer = Renderer { connection: live.clone(), desk: self.desk.clone(), timeout: self.timeout, fetches: true };
        let (site, request) = match renderer.fetch(applier).await {
            Ok(body) => {
                let site = self.of_kustomization(&renderer, applier, &body).await?;
                let request = renderer.plan(&body).await.ok().map(|plan| plan.request);
                (site, request)
            }
            Err(error) if error.kind == ErrorKind::Denied => (self.of_checkouts(applier, error).await?, None),
            Err(error) => return Err(error),
        };
        let said = ChangeSite {
            scope: if given.scope == SiteScope::Any { site.scope } else { given.scope.clone() },
            remote: if given.remote.is_empty() { site.remote } else { given.remote.clone() },
            base: if given.base.is_empty() { site.base } else { given.base.clone() },
            ..site
        };
        Ok((self.completed(said).await?, request))
    }

    /// The Kustomization that applies an object as the cluster has it; none where that cannot be read.
    pub(super) async fn request(&self, live: Option<&Connection>, applier: Option<&ObjectRef>) -> Option<BuildRequest> {
        let renderer = Renderer { connection: live?.clone(), desk: self.desk.clone(), timeout: self.timeout, fetches: true };
        let body = renderer.fetch(applier?).await.ok()?;
        renderer.plan(&body).await.ok().map(|plan| plan.request)
    }

    /// By the Kustomization and its source.
    async fn of_kustomization(&self, renderer: &Renderer, applier: &ObjectRef, body: &Value) -> Result<ChangeSite> {
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let namespace = match text("/spec/sourceRef/namespace") {
            "" => &*applier.namespace,
            named => named,
        };
        let (kind, name) = (text("/spec/sourceRef/kind"), text("/spec/sourceRef/name"));
        if kind != kinds::GIT_REPOSITORY.kind {
            let message = format!("the source of {applier}, {} {namespace}/{name}, is not a GitRepository", sanitise(kind));
            return Err(Error::failed(message, "name a checkout of what it is made from: --repo DIR, or `repos` in config.toml"));
        }
        let id = ObjectRef::new(ClusterId(0), kinds::GIT_REPOSITORY.gk(), namespace, name);
        let source = match renderer.fetch(&id).await {
            Ok(source) => source,
            Err(error) if error.kind == ErrorKind::Denied => return self.of_checkouts(applier, error).await,
            Err(error) => return Err(error),
        };
        let url = source.pointer("/spec/url").and_then(Value::as_str).unwrap_or_default();
        let (base, caution) = match follows(&source) {
            Follows::Branch(branch) => (branch, String::new()),
            Follows::Pin(pin) => {
                let caution = format!("{id} is pinned to {pin}: merging deploys nothing until that moves");
                (String::new(), caution)
            }
        };
        let revision =
            ["/status/lastAttemptedRevision", "/status/lastAppliedRevision"].map(text).into_iter().find(|it| !it.is_empty());
        let applied = revision.map(|revision| revision.rsplit([':', '/']).next().unwrap_or(revision).to_owned());
        let folder = self.folder_of(url).await?;
        Ok(ChangeSite {
            remote: folder.as_deref().map(|folder| remote_of(folder, url)).unwrap_or_default(),
            folder: folder.unwrap_or_default().display().to_string(),
            url: without_credential(url),
            base,
            scope: SiteScope::Applied { name: applier.path(), path: text("/spec/path").to_owned() },
            found_by: format!("applied by {applier} from {id}"),
            applied: applied.unwrap_or_default(),
            caution,
        })
    }

    /// By a Kustomization of that name in a checkout that the configuration names.
    async fn of_checkouts(&self, applier: &ObjectRef, refused: Error) -> Result<ChangeSite> {
        let wanted = applier.path();
        for folder in &self.repositories.folders {
            let (name, found_in) = (wanted.clone(), folder.clone());
            let found = self.desk.at(folder, move |bench| {
                let view = bench.checkout.view(None)?;
                let repository = bench.builder.build(view.tree())?;
                let is_it = |spec: &fluxdeck_model::render::flux::Spec| format!("{}/{}", spec.namespace, spec.name) == name;
                Ok(repository.members().any(|(_, member)| is_it(&member.spec)))
            });
            // one that cannot be read is not the one that is looked for
            if found.await.unwrap_or_default() {
                return Ok(ChangeSite {
                    folder: found_in.display().to_string(),
                    scope: SiteScope::Kustomization(wanted),
                    found_by: format!("you may not read {applier}: the checkout {} declares it", found_in.display()),
                    ..ChangeSite::default()
                });
            }
        }
        let hint = "name a checkout that declares it: `repos` in config.toml";
        Err(Error {
            message: format!("where {applier} comes from cannot be read: {}", refused.message),
            hint: hint.to_owned(),
            ..refused
        })
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
                    "name one: `repos` in config.toml; or set fetch = true",
                )
            };
            let path = git::clone_of(&cache.ok_or_else(nowhere)?, &wanted);
            git::make_clone(&path)?;
            Ok(Some(path))
        })
        .await
    }

    /// Fills in what a site does not say: the remote, its URL, the branch.
    async fn completed(&self, mut site: ChangeSite) -> Result<ChangeSite> {
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

/// What a GitRepository follows, by precedence of its fields (source-controller `api/v1`, `GitRepositoryRef`).
fn follows(source: &Value) -> Follows {
    let text = |key: &str| source.pointer(&format!("/spec/ref/{key}")).and_then(Value::as_str).filter(|text| !text.is_empty());
    let shown = |word: &str, text: &str| Follows::Pin(format!("{word} {}", sanitise(text)));
    if let Some(commit) = text("commit") {
        return shown("commit", commit);
    }
    if let Some(name) = text("name") {
        return match name.strip_prefix("refs/heads/") {
            Some(branch) => Follows::Branch(branch.to_owned()),
            None => shown("ref", name),
        };
    }
    if let Some(range) = text("semver") {
        return shown("versions", range);
    }
    if let Some(tag) = text("tag") {
        return shown("tag", tag);
    }
    Follows::Branch(text("branch").unwrap_or(DEFAULT).to_owned())
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
fn without_credential(url: &str) -> String {
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
    use serde_json::json;

    use super::*;

    #[test]
    fn a_source_follows_a_branch_or_is_pinned_by_the_precedence_of_its_fields() {
        for (reference, expected) in [
            (json!(null), Ok("master")),
            (json!({"branch": "main"}), Ok("main")),
            (json!({"branch": "main", "tag": "v1"}), Err("tag v1")),
            (json!({"branch": "main", "semver": ">=1"}), Err("versions >=1")),
            (json!({"branch": "main", "semver": ">=1", "name": "refs/heads/next"}), Ok("next")),
            (json!({"branch": "main", "name": "refs/pull/1/head"}), Err("ref refs/pull/1/head")),
            (json!({"branch": "main", "name": "refs/heads/x", "commit": "4f1c"}), Err("commit 4f1c")),
        ] {
            let found = match follows(&json!({"spec": {"ref": reference}})) {
                Follows::Branch(branch) => Ok(branch),
                Follows::Pin(pin) => Err(pin),
            };
            assert_eq!(found.as_ref().map(String::as_str).map_err(String::as_str), expected, "{reference}");
        }
    }

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
