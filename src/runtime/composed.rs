//! A source that an ArtifactGenerator makes: what it is made of, as the cluster says it, down to the git repository.
//!
//! An ExternalArtifact names its maker (`spec.sourceRef`), the maker its sources, and these may be ExternalArtifacts again. The copies are
//! done by the build ([`fluxdeck_model::render::repository::ComposedSource`]); the commit that an artifact was made from is only known by its
//! revision, or where the maker has seen exactly the sources that are there now (source-watcher v2.2.2 `api/v1beta1/observed_source.go`).

use std::sync::Arc;

use serde_json::{Value, json};

use super::changes::{Follows, follows, key};
use super::rendered::Renderer;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::why::since::commit_of;
use fluxdeck_model::kinds;
use fluxdeck_model::render::flux::SourceRef;
use fluxdeck_model::render::node::{Layer, Node};
use fluxdeck_model::render::read::{TextPlace as Reading, documents};
use fluxdeck_model::render::repository::{ComposedSource, is_same_url, made_of, observed};

/// Artifacts that are made of artifacts; nobody stacks more.
const DEEPEST: usize = 5;

/// What an ExternalArtifact is made of.
pub(super) struct Composed {
    pub artifact: ObjectRef,
    body: Value,
    /// What makes it, then what makes what that is made of.
    pub makers: Vec<(ObjectRef, Value)>,
    /// What is not made here again.
    sources: Vec<(ObjectRef, Value)>,
}

/// The one git repository behind it.
pub(super) struct Behind<'c> {
    pub url: String,
    /// The source that names it first.
    pub source: &'c ObjectRef,
    pub follows: Follows,
}

impl Renderer {
    /// Follows an ExternalArtifact to what it is made of.
    ///
    /// # Errors
    /// Something on the way cannot be read, or is made by what is not known.
    pub(super) async fn composed(&self, source: &SourceRef) -> Result<Composed> {
        let artifact = id_of(source);
        let body = self.fetch(&artifact).await?;
        let mut composed = Composed { artifact: artifact.clone(), body: body.clone(), makers: Vec::new(), sources: Vec::new() };
        let mut todo = vec![(artifact, body, 0)];
        while let Some((artifact, body, depth)) = todo.pop() {
            if depth > DEEPEST {
                return Err(Error::failed(format!("{artifact} is made of itself"), ""));
            }
            let maker = maker_of(&artifact, &body)?;
            if composed.makers.iter().any(|(known, _)| *known == maker) {
                continue;
            }
            let manifest = self.fetch(&maker).await?;
            for source in made_of(&node(&manifest)?).iter().map(id_of) {
                if composed.sources.iter().any(|(known, _)| *known == source) {
                    continue;
                }
                let body = self.fetch(&source).await?;
                match source.gk == kinds::EXTERNAL_ARTIFACT.gk() {
                    true => todo.push((source, body, depth + 1)),
                    false => composed.sources.push((source, body)),
                }
            }
            composed.makers.push((maker, manifest));
        }
        Ok(composed)
    }
}

impl Composed {
    /// The git repository that it is made from.
    ///
    /// # Errors
    /// There is none, or there are several, or two branches of one: what they make together is not known from one commit.
    pub fn behind(&self) -> Result<Behind<'_>> {
        let all: Vec<_> = self.repositories().collect();
        let Some((source, body)) = all.first().copied() else {
            let hint = "say which one it is, as for any artifact that is pushed";
            return Err(Error::failed(format!("{} is made of no git repository", self.artifact), hint));
        };
        let (url, branch) = (url_of(body), follows(body));
        for (other, body) in &all[1..] {
            if !is_same_url(url_of(body), url) {
                let message = format!("{} is made of several repositories: {source} and {other}", self.artifact);
                return Err(Error::failed(message, "one commit of one of them is not all of it"));
            }
            if follows(body) != branch {
                let message = format!("{} is made of two branches: {source} and {other} follow others", self.artifact);
                return Err(Error::failed(message, "one commit is not all of it"));
            }
        }
        Ok(Behind { url: url.to_owned(), source, follows: branch })
    }

    /// For the build.
    pub fn composition(&self) -> Result<Arc<ComposedSource>> {
        let nodes: Vec<Node> = self.makers.iter().chain(&self.sources).map(|(_, body)| node(body)).collect::<Result<_>>()?;
        let own = self.repositories().map(|(id, _)| SourceRef {
            kind: (&*id.gk.kind).into(),
            namespace: (&*id.namespace).into(),
            name: (&*id.name).into(),
        });
        Ok(Arc::new(ComposedSource::new(&nodes, own.collect())))
    }

    /// `ArtifactGenerator a/b, which copies from GitRepository c/d`.
    pub fn way(&self) -> String {
        let names = |all: &[(ObjectRef, Value)]| all.iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>().join(", ");
        format!("made by {}, which copies from {}", names(&self.makers), names(&self.sources))
    }

    /// What holds up the next artifact.
    pub fn suspended(&self) -> Option<String> {
        let kinds::Suspend::Annotation(key) = kinds::ARTIFACT_GENERATOR.suspend else { return None };
        let is_off =
            |body: &Value| body["metadata"]["annotations"][key].as_str().is_some_and(|it| it.eq_ignore_ascii_case("disabled"));
        let (id, _) = self.makers.iter().find(|(_, body)| is_off(body))?;
        Some(format!("{id} is suspended: merging deploys nothing until it is resumed"))
    }

    /// What is kept of what a person says of it: what it is called and made of, the same in all clusters that make the same.
    pub fn key(&self) -> String {
        let mut urls: Vec<_> = self.sources.iter().filter_map(|(_, body)| key(body)).collect();
        urls.sort();
        format!("made://{}/{} of {}", self.artifact.namespace, self.artifact.name, urls.join(" "))
    }

    /// The commit that it was made from when a revision of it was applied.
    ///
    /// # Errors
    /// Nobody has written it down.
    pub fn commit(&self, kustomization: &Value) -> Result<String> {
        let text = |pointer: &str| kustomization.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let applied = Some(text("/status/lastAppliedRevision")).filter(|it| !it.is_empty());
        let applied = applied.unwrap_or_else(|| text("/status/lastAttemptedRevision"));
        if let Some(said) = [text("/status/lastAppliedOriginRevision"), applied].into_iter().find(|it| is_of_git(it)) {
            return Ok(commit_of(said).to_owned());
        }
        let unknown = |why: &str| {
            let hint = "with `revision: \"@alias\"` its ArtifactGenerator writes the commit down";
            Error::failed(format!("the commit that {} was made from is not known: {why}", self.artifact), hint)
        };
        if self.body.pointer("/status/artifact/revision").and_then(Value::as_str) != Some(applied) {
            return Err(unknown("another artifact is there by now"));
        }
        let has_seen_all = self.makers.iter().all(|(id, body)| {
            body.pointer("/status/observedSourcesDigest").and_then(Value::as_str) == self.observed(id, body).as_deref()
        });
        if !has_seen_all {
            return Err(unknown("its sources have moved since"));
        }
        let mut commits: Vec<_> = self
            .repositories()
            .filter_map(|(_, body)| body.pointer("/status/artifact/revision")?.as_str())
            .map(commit_of)
            .collect();
        commits.sort_unstable();
        commits.dedup();
        match commits[..] {
            [one] => Ok(one.to_owned()),
            _ => Err(unknown("its sources are not at one commit")),
        }
    }

    fn repositories(&self) -> impl Iterator<Item = (&ObjectRef, &Value)> {
        let is_git = |id: &ObjectRef| id.gk == kinds::GIT_REPOSITORY.gk();
        self.sources.iter().filter(move |(id, _)| is_git(id)).map(|(id, body)| (id, body))
    }

    /// The digest that a maker would have of its sources as they are now; none where one of them has no artifact.
    fn observed(&self, maker: &ObjectRef, body: &Value) -> Option<String> {
        let sources = body.pointer("/spec/sources")?.as_array()?;
        let part = |source: &Value| {
            let text = |key: &str| source[key].as_str();
            let gk = GroupKind::new(kinds::GIT_REPOSITORY.group, text("kind")?);
            let id = ObjectRef::new(ClusterId(0), gk, text("namespace").unwrap_or(&maker.namespace), text("name")?);
            let (_, body) = self.sources.iter().find(|(known, _)| *known == id)?;
            let of = |key: &str| body.pointer("/status/artifact")?.get(key)?.as_str();
            Some([text("alias")?, of("digest")?, of("revision")?, of("url")?].map(str::to_owned))
        };
        let parts: Vec<[String; 4]> = sources.iter().map(part).collect::<Option<_>>()?;
        Some(observed(&parts))
    }
}

/// A commit in a revision: `main@sha1:<id>`. What an artifact is called by its content is `latest@sha256:<digest>`.
fn is_of_git(revision: &str) -> bool {
    let is_hex = |id: &str| id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let (name, id) = revision.rsplit_once('@').unwrap_or(("", revision));
    match id.split_once(':') {
        Some(("sha1", id)) => is_hex(id),
        Some(("sha256", id)) => name != "latest" && is_hex(id),
        _ => is_hex(id.rsplit('/').next().unwrap_or(id)),
    }
}

fn url_of(source: &Value) -> &str {
    source.pointer("/spec/url").and_then(Value::as_str).unwrap_or_default()
}

fn id_of(source: &SourceRef) -> ObjectRef {
    ObjectRef::new(ClusterId(0), GroupKind::new(kinds::GIT_REPOSITORY.group, &*source.kind), &*source.namespace, &*source.name)
}

/// What an ExternalArtifact says that made it.
fn maker_of(artifact: &ObjectRef, body: &Value) -> Result<ObjectRef> {
    let said = &body["spec"]["sourceRef"];
    let text = |key: &str| said[key].as_str().unwrap_or_default();
    let group = text("apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let (gk, generator) = (GroupKind::new(group, text("kind")), kinds::ARTIFACT_GENERATOR.gk());
    if gk != generator {
        let maker = match text("kind") {
            "" => "something that it does not name".to_owned(),
            kind => format!("{} {}", sanitise(kind), sanitise(text("name"))),
        };
        let message = format!("{artifact} is made by {maker}, and what that takes is not known");
        return Err(Error::failed(message, "name a checkout of what it is made from: --repo DIR, or `repos` in config.toml"));
    }
    let namespace = Some(text("namespace")).filter(|name| !name.is_empty()).unwrap_or(&artifact.namespace);
    Ok(ObjectRef::new(ClusterId(0), generator, namespace, text("name")))
}

/// An object as the build takes it: what is desired, without what changes all the time.
fn node(body: &Value) -> Result<Node> {
    let text = |key: &str| body["metadata"][key].as_str().unwrap_or_default();
    let kind = body["kind"].as_str().unwrap_or_default();
    let desired = json!({
        "apiVersion": body["apiVersion"],
        "kind": body["kind"],
        "metadata": { "name": body["metadata"]["name"], "namespace": body["metadata"]["namespace"] },
        "spec": body["spec"],
    });
    let own = Reading::object(kind, text("namespace"), text("name"), Layer::Cluster);
    let found = documents(desired.to_string().as_bytes(), &own)?.pop();
    found.ok_or_else(|| Error::failed(format!("{kind} {}/{} is empty", text("namespace"), text("name")), ""))
}
