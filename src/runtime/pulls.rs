//! Looking up anyone's open pull requests: from the sources of a cluster to their repositories, from these to what each pull request changes of
//! what the cluster applies. What the forge says comes first; everything is reported as soon as it is known.

use std::collections::BTreeMap;

use futures::StreamExt;
use serde_json::Value;

use super::acts::Errand;
use super::changes::{AppliedHere, Changes, Follows, claimed, follows, key, place};
use super::rendered::Renderer;
use crate::cluster::{self, Connection};
use crate::forges::Address;
use fluxdeck_model::change::{AppliedFolder, ChangeSite, ForgeChoice, PullPlace, PullReview};
use fluxdeck_model::domain::text::{redact, sanitise};
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef, Pull};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds;
use fluxdeck_model::render::flux;
use fluxdeck_model::state::News;
use fluxdeck_model::state::pulls::{OpenPull, PullNews, PullRepository, PullSummary, PullTouches};

/// Pull requests of one repository, the newest, of which more is asked than the list says.
const DETAILED: usize = 30;
/// Requests that are under way at once.
const AT_ONCE: usize = 4;
/// Kustomizations that a repository does not declare and that are built all the same.
const UNDECLARED: usize = 30;

/// A source that a cluster fetches, and the branch that it follows; none where it is pinned.
type Followed = (ObjectRef, Option<String>);

impl Errand {
    /// Looks up the open pull requests of the repositories behind these sources, and reports each.
    pub(super) async fn pulls(self, changes: Changes, run: u32, sources: Vec<ObjectRef>, kustomizations: Vec<ObjectRef>) {
        let live = self.live.borrow().clone();
        match live {
            Some(live) => {
                let renderer = changes.renderer(&live);
                let applied = Applied::of(&renderer, &kustomizations).await;
                let repositories = self.repositories(&renderer, run, sources, &applied).await;
                for (url, followed) in repositories {
                    self.repository(&changes, &renderer, run, &url, followed, &applied).await;
                }
            }
            None => {
                let why = "the API server has not been reached yet".to_owned();
                let skip = |source: ObjectRef| PullNews::Skipped(source.to_string(), why.clone());
                for news in sources.into_iter().map(skip) {
                    self.news(News::Pulls(run, news)).await;
                }
            }
        }
        self.news(News::Pulls(run, PullNews::Done)).await;
    }

    /// The repositories by their URLs, with the sources that follow them. A source of which none is known is reported.
    async fn repositories(
        &self,
        renderer: &Renderer,
        run: u32,
        sources: Vec<ObjectRef>,
        applied: &Applied,
    ) -> Vec<(String, Vec<Followed>)> {
        // what no Kustomization applies may be anything: a chart, an image
        let is_meant = |source: &ObjectRef| source.gk == kinds::GIT_REPOSITORY.gk() || applied.is_source(source);
        let requests = sources.into_iter().filter(is_meant).map(|source| async move {
            let body = renderer.fetch(&source).await;
            (source, body)
        });
        let fetched: Vec<_> = futures::stream::iter(requests.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
        let mut found: Vec<(String, Vec<Followed>)> = Vec::new();
        for (source, body) in fetched {
            match body.and_then(|body| repository_of(renderer, &source, &body)) {
                Ok((url, branch)) => match found.iter_mut().find(|(known, _)| is_same(known, &url)) {
                    Some((_, all)) => all.push((source, branch)),
                    None => found.push((url, vec![(source, branch)])),
                },
                Err(error) => self.news(News::Pulls(run, PullNews::Skipped(source.to_string(), error.to_string()))).await,
            }
        }
        found
    }

    /// Reports one repository, then what more is known of each of its pull requests.
    async fn repository(
        &self,
        changes: &Changes,
        renderer: &Renderer,
        run: u32,
        url: &str,
        sources: Vec<Followed>,
        applied: &Applied,
    ) {
        let report = |news| self.news(News::Pulls(run, news));
        let site = match changes.repository(url).await {
            Ok(site) => site,
            Err(error) => {
                let name = sources.iter().map(|(source, _)| source.to_string()).collect::<Vec<_>>().join(", ");
                return report(PullNews::Skipped(name, error.to_string())).await;
            }
        };
        let (forge, open) = changes.open_pulls(&site).await;
        let (pulls, has_more) = match open {
            Ok(open) => (Ok(open.pulls), open.has_more),
            Err(error) => (Err(error), false),
        };
        let listed: Vec<_> = pulls.iter().flatten().take(DETAILED).cloned().collect();
        let rows = pulls.map(|pulls| {
            let row = |(at, pull)| {
                let old = || PullTouches::NotKnown(format!("only of the newest {DETAILED} is it looked up: enter looks"));
                OpenPull { pull, touches: if at < DETAILED { PullTouches::Awaited } else { old() } }
            };
            pulls.into_iter().enumerate().map(row).collect()
        });
        let has_token = matches!(forge, ForgeChoice::Known { .. });
        let repository = PullRepository { site: site.clone(), sources: sources.clone(), forge, pulls: rows, has_more };
        report(PullNews::Repository(Box::new(repository))).await;
        if has_token {
            // who is not logged in may ask only a few times an hour
            let asked = listed.iter().map(|pull| changes.open_pull(&site, pull.number));
            let mut answers = futures::stream::iter(asked.collect::<Vec<_>>()).buffered(AT_ONCE);
            while let Some(answer) = answers.next().await {
                if let Ok(pull) = answer {
                    report(PullNews::Pull(site.url.clone(), Box::new(pull))).await;
                }
            }
        }
        for (base, pulls) in by_base(listed) {
            self.effects(changes, renderer, run, &ChangeSite { base, ..site.clone() }, &pulls, &sources, applied).await;
        }
    }

    /// Reports what pull requests of one base branch change.
    #[expect(clippy::too_many_arguments, reason = "what a look-up has found so far")]
    async fn effects(
        &self,
        changes: &Changes,
        renderer: &Renderer,
        run: u32,
        site: &ChangeSite,
        pulls: &[Pull],
        sources: &[Followed],
        applied: &Applied,
    ) {
        let access = changes.access(site).await;
        let Some(forge) = access.readable() else { return };
        let unfetched = changes.fetch_heads(forge, site, pulls, None).await;
        let here = applied.here(changes, renderer, site, sources).await;
        for pull in pulls {
            let effect = match unfetched.get(&pull.number) {
                Some(error) => Err(error.clone()),
                None => changes.effect(forge, site, pull, &here).await,
            };
            let touches = match effect {
                Ok(effect) => PullTouches::Known(PullSummary::of(&effect)),
                Err(error) => PullTouches::NotKnown(error.message),
            };
            let news = PullNews::Touches(site.url.clone(), pull.number, Box::new(touches));
            self.news(News::Pulls(run, news)).await;
        }
    }
}

impl Changes {
    /// Reads a pull request, with what it does to what a cluster applies.
    ///
    /// # Errors
    /// The forge does not answer.
    pub async fn review_pull(&self, live: Option<&Connection>, cluster: ClusterId, place: PullPlace) -> Result<PullReview> {
        let here = match live {
            Some(live) => {
                let renderer = self.renderer(live);
                let names = applied_from(&renderer, cluster).await;
                let applied = Applied::of(&renderer, &names).await;
                // its base may be another one by now: that of the place is what the board knew
                applied.here(self, &renderer, &place.site, &place.sources).await
            }
            None => AppliedHere::default(),
        };
        self.read_pull(place, here).await
    }
}

/// The Kustomizations that a cluster has, by name; none where they may not be listed.
async fn applied_from(renderer: &Renderer, cluster: ClusterId) -> Vec<ObjectRef> {
    let gk = kinds::KUSTOMIZATION.gk();
    let Some(served) = renderer.connection.served(&gk) else { return Vec::new() };
    let listed = cluster::full_list(&renderer.connection, served, kinds::KUSTOMIZATION.kind, None, renderer.timeout).await;
    listed.unwrap_or_default().iter().filter_map(|body| named(cluster, body)).collect()
}

fn named(cluster: ClusterId, body: &Value) -> Option<ObjectRef> {
    let text = |key: &str| body["metadata"][key].as_str();
    Some(ObjectRef::new(cluster, kinds::KUSTOMIZATION.gk(), text("namespace")?, text("name")?))
}

/// What Kustomizations apply, and from where.
pub(super) struct Applied {
    /// The Kustomization, its source and its manifest.
    pub all: Vec<(ObjectRef, ObjectRef, Value)>,
}

impl Applied {
    /// Asks for Kustomizations: all in one list, else, where that is not allowed, one by one.
    pub async fn of(renderer: &Renderer, kustomizations: &[ObjectRef]) -> Self {
        let gk = kinds::KUSTOMIZATION.gk();
        let Some(first) = kustomizations.first() else { return Self { all: Vec::new() } };
        let listed = match renderer.connection.served(&gk) {
            Some(served) => {
                cluster::full_list(&renderer.connection, served, kinds::KUSTOMIZATION.kind, None, renderer.timeout).await.ok()
            }
            None => None,
        };
        let bodies: Vec<(ObjectRef, Value)> = match listed {
            Some(bodies) => bodies.into_iter().filter_map(|body| Some((named(first.cluster, &body)?, body))).collect(),
            None => {
                let asked = kustomizations.iter().map(|id| async move { Some((id.clone(), renderer.fetch(id).await.ok()?)) });
                let asked = futures::stream::iter(asked.collect::<Vec<_>>()).buffered(AT_ONCE);
                asked.filter_map(|found| async { found }).collect().await
            }
        };
        let with_source = |(id, body): (ObjectRef, Value)| {
            let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (kind, name) = (text("/spec/sourceRef/kind"), text("/spec/sourceRef/name"));
            let namespace = Some(text("/spec/sourceRef/namespace")).filter(|name| !name.is_empty());
            let gk = GroupKind::new(kinds::GIT_REPOSITORY.group, kind.as_str());
            let namespace = namespace.unwrap_or_else(|| id.namespace.to_string());
            let source = ObjectRef::new(id.cluster, gk, namespace.as_str(), name.as_str());
            (id, source, body)
        };
        Self { all: bodies.into_iter().map(with_source).collect() }
    }

    fn is_source(&self, source: &ObjectRef) -> bool {
        self.all.iter().any(|(_, known, _)| known == source)
    }

    /// What the cluster applies from a branch of a repository, and how what the repository does not declare is built.
    async fn here(&self, changes: &Changes, renderer: &Renderer, site: &ChangeSite, sources: &[Followed]) -> AppliedHere {
        let is_meant = |source: &ObjectRef| {
            sources.iter().any(|(known, branch)| known == source && branch.as_deref() == Some(site.base.as_str()))
        };
        let meant: Vec<_> = self.all.iter().filter(|(_, source, _)| is_meant(source)).collect();
        let folder = |(id, source, body): &&(ObjectRef, ObjectRef, Value)| {
            let path = body.pointer("/spec/path").and_then(Value::as_str).unwrap_or_default();
            let is_of_git = source.gk == kinds::GIT_REPOSITORY.gk();
            AppliedFolder { kustomization: id.clone(), folder: is_of_git.then(|| flux::folder(path)) }
        };
        let folders: Vec<_> = meant.iter().map(folder).collect();
        let of_git: Vec<_> = folders.iter().filter(|one| one.folder.is_some()).cloned().collect();
        let undeclared = changes.undeclared(site, of_git).await;
        let bodies = meant.iter().filter(|(id, ..)| undeclared.contains(id)).take(UNDECLARED);
        let requests = bodies.map(|(_, _, body)| renderer.request(body));
        let requests: Vec<_> = futures::stream::iter(requests.collect::<Vec<_>>()).buffered(AT_ONCE).collect().await;
        AppliedHere { folders, requests: requests.into_iter().flatten().collect() }
    }
}

/// The repository behind a source, and the branch that is followed.
///
/// # Errors
/// It is not known.
fn repository_of(renderer: &Renderer, source: &ObjectRef, body: &Value) -> Result<(String, Option<String>)> {
    if source.gk == kinds::GIT_REPOSITORY.gk() {
        let url = body.pointer("/spec/url").and_then(Value::as_str).unwrap_or_default();
        let branch = match follows(body) {
            Follows::Branch(branch) => Some(branch),
            Follows::Pin(_) => None,
        };
        return asked(url).map(|url| (url, branch));
    }
    let said = key(body).and_then(|key| renderer.desk.said(&key));
    let (claimed, said) = (claimed(body), said.filter(|said| said.folder().is_none()));
    let branch = claimed.as_ref().map(|claimed| claimed.name.clone()).filter(|name| !name.is_empty());
    let url = said.map(|said| said.repository).or_else(|| claimed.map(|claimed| claimed.url));
    let unknown =
        || Error::failed("it does not say which git repository it is made from", "a change of what it applies asks for it");
    asked(&url.ok_or_else(unknown)?).map(|url| (url, branch))
}

/// A URL that may lead to a forge.
fn asked(url: &str) -> Result<String> {
    match Address::of(url) {
        Some(_) => Ok(url.to_owned()),
        None => {
            let shown = sanitise(&redact(url)).into_owned();
            Err(Error::new(ErrorKind::Failed, format!("{shown} is not a repository of a forge that is known"), ""))
        }
    }
}

/// Whether two URLs lead to one repository.
fn is_same(one: &str, other: &str) -> bool {
    place(one).is_some() && place(one) == place(other)
}

/// Pull requests by the branch that they are for.
fn by_base(pulls: Vec<Pull>) -> BTreeMap<String, Vec<Pull>> {
    let mut found: BTreeMap<String, Vec<Pull>> = BTreeMap::new();
    for pull in pulls {
        found.entry(pull.base.clone()).or_default().push(pull);
    }
    found
}
