//! Anyone's pull requests of a repository: listed, and read with what they do. Nothing of a branch is executed, and nothing that it addresses
//! elsewhere is fetched.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::access::Access;
use super::{Changes, folder};
use crate::cluster::Connection;
use crate::forges::{self, Forge};
use crate::git::{self, FileChange};
use crate::programs;
use crate::runtime::{Bench, Renderer};
use fluxdeck_model::change::{
    AppliedFolder, Build, Builds, ChangeSite, ChangedFile, ForgeChoice, ProposedFile, PullEffect, PullPlace, PullReview, Wording,
};
use fluxdeck_model::domain::{ObjectRef, OpenPulls, Pull};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::{CoveredLines, shown_file};
use fluxdeck_model::render::repository::BuildRequest;
use fluxdeck_model::state::pulls::{PullRemark, RemarkKind};

/// Commits of a branch that are fetched into a clone without history, at first and if that is not enough.
const DEPTHS: &[u32] = &[50, 500, 5_000];

/// What a cluster applies from a branch of a repository.
#[derive(Clone, Debug, Default)]
pub(in crate::runtime) struct AppliedHere {
    pub folders: Vec<AppliedFolder>,
    /// Those that the repository itself may not declare, as the cluster has them.
    pub requests: Vec<BuildRequest>,
}

impl Changes {
    /// A repository by its URL, with a folder for it.
    ///
    /// # Errors
    /// There is none, and nothing may be kept.
    pub(in crate::runtime) async fn repository(&self, url: &str) -> Result<ChangeSite> {
        let url = super::site::without_credential(url);
        // its base is that of each pull request
        let site = ChangeSite { url, base: "-".to_owned(), ..ChangeSite::default() };
        Ok(ChangeSite { base: String::new(), ..self.completed(site).await? })
    }

    /// The open pull requests of a repository.
    ///
    /// # Errors
    /// Its forge is not known, or does not answer.
    pub(in crate::runtime) async fn open_pulls(&self, site: &ChangeSite) -> (ForgeChoice, Result<OpenPulls>) {
        let access = self.access(site).await;
        let choice = access.choice("", "");
        let Some(forge) = access.readable() else { return (choice, Err(unknown(&access))) };
        let listed = self.noted(site, forge.all_open().await);
        (choice, listed.map_err(|failure| failure.error(&format!("the pull requests of {} cannot be listed", site.name()))))
    }

    /// What the forge says of one.
    ///
    /// # Errors
    /// Its forge is not known, or does not answer.
    pub(in crate::runtime) async fn open_pull(&self, site: &ChangeSite, number: u64) -> Result<Pull> {
        let access = self.access(site).await;
        let forge = access.readable().ok_or_else(|| unknown(&access))?;
        let found = self.noted(site, forge.pull(number).await);
        found.map_err(|failure| failure.error(&format!("{}#{number} cannot be read", site.name())))
    }

    /// A pull request as it is reviewed.
    ///
    /// # Errors
    /// The forge does not answer. What it does may not be known all the same: that is part of the review.
    pub(in crate::runtime) async fn read_pull(&self, place: PullPlace, here: AppliedHere) -> Result<PullReview> {
        let site = &place.site;
        let access = self.access(site).await;
        let forge = access.readable().ok_or_else(|| unknown(&access))?;
        let failed = |failure: forges::Failure| failure.error(&format!("{}#{} cannot be read", site.name(), place.number));
        let pull = self.noted(site, forge.pull(place.number).await).map_err(failed)?;
        let text = self.noted(site, forge.text(place.number).await).map_err(failed)?;
        // without a token there is nobody to ask for
        let user = if access.forge().is_some() { forge.user().await.ok() } else { None };
        let place = PullPlace { site: ChangeSite { base: pull.base.clone(), ..place.site.clone() }, ..place.clone() };
        let unfetched = self.fetch_heads(forge, &place.site, std::slice::from_ref(&pull), None).await;
        let effect = match unfetched.into_values().next() {
            Some(error) => Err(error),
            None => self.effect(forge, &place.site, &pull, &here).await,
        };
        let approval = may_approve(&access, &pull, user.as_deref());
        Ok(PullReview { forge: access.choice("", ""), place, pull, text, user, approval, effect })
    }

    /// What reads a cluster for changes.
    pub(in crate::runtime) fn renderer(&self, live: &Connection) -> Renderer {
        Renderer::new(live.clone(), self.desk.clone(), self.timeout, true)
    }

    /// Those of these Kustomizations that the base branch of a site does not declare; none where that is not known.
    pub(in crate::runtime) async fn undeclared(&self, site: &ChangeSite, applied: Vec<AppliedFolder>) -> Vec<ObjectRef> {
        self.undeclared_folders(site, applied).await.into_iter().map(|one| one.kustomization).collect()
    }

    /// The same with the folders that they build: several contexts may have one of a name.
    pub(super) async fn undeclared_folders(&self, site: &ChangeSite, applied: Vec<AppliedFolder>) -> Vec<AppliedFolder> {
        let base = self.base_of(site);
        let at = folder(site);
        let found = self.desk.at(&at, move |bench| {
            let base = bench.checkout.commit(&base)?;
            let all = builds(bench, &base, &AppliedHere::default())?;
            let is_declared = |one: &AppliedFolder| {
                let is_it = |build: &Build| build.applier(std::slice::from_ref(one)).is_some();
                all.iter().any(is_it)
            };
            Ok(applied.into_iter().filter(|one| !is_declared(one)).collect())
        });
        found.await.unwrap_or_default()
    }

    /// The reference that has the base branch once it was fetched.
    fn base_of(&self, site: &ChangeSite) -> String {
        // the demo's repositories are their own remotes
        if self.is_of_company(site) { format!("refs/heads/{}", site.base) } else { programs::base_reference(&site.base) }
    }

    /// Fetches the base branch and the heads; where that fails for all, one by one. Returns those that cannot be fetched.
    pub(in crate::runtime) async fn fetch_heads(
        &self,
        forge: &dyn Forge,
        site: &ChangeSite,
        pulls: &[Pull],
        depth: Option<u32>,
    ) -> BTreeMap<u64, Error> {
        if self.is_of_company(site) {
            // it is its own remote
            return BTreeMap::new();
        }
        let depth = depth.or_else(|| site.remote.is_empty().then_some(DEPTHS[0]));
        let heads: Vec<_> = pulls.iter().map(|pull| (pull.number, forge.head_reference(pull))).collect();
        let fetch = |heads: Vec<(u64, String)>| async move {
            programs::fetch_pulls(Path::new(&site.folder), self.remote(site), &site.base, &heads, depth).await
        };
        if fetch(heads.clone()).await.is_ok() {
            return BTreeMap::new();
        }
        let mut failed = BTreeMap::new();
        for head in heads {
            let number = head.0;
            if let Err(failure) = fetch(vec![head]).await {
                failed.insert(number, failure.error(&format!("{}#{number} cannot be fetched", site.name())));
            }
        }
        failed
    }

    /// What one does that was fetched. Where too little of the history is here, more is fetched.
    pub(in crate::runtime) async fn effect(
        &self,
        forge: &dyn Forge,
        site: &ChangeSite,
        pull: &Pull,
        here: &AppliedHere,
    ) -> Result<PullEffect> {
        let base = self.base_of(site);
        let head = if self.is_of_company(site) { pull.head_commit.clone() } else { programs::pull_reference(pull.number) };
        for depth in DEPTHS[1..].iter().map(Some).chain([None]) {
            let (base, head, here) = (base.clone(), head.clone(), here.clone());
            let at = folder(site);
            let found = self.desk.at(&at, move |bench| {
                let effect = effect(bench, &base, &head, &here)?;
                Ok((effect, bench.checkout.is_shallow()))
            });
            match (found.await?, depth) {
                ((Some(effect), _), _) => return Ok(effect),
                ((None, true), Some(depth)) => {
                    let failed = self.fetch_heads(forge, site, std::slice::from_ref(pull), Some(*depth)).await;
                    failed.into_values().next().map_or(Ok(()), Err)?;
                }
                _ => break,
            }
        }
        let what = format!("where #{} left {} is not known: they have no common history here", pull.number, pull.base);
        Err(Error::failed(what, "look at it on its page: y copies the address"))
    }

    /// Sends what a person says of a pull request, or changes of it, once. What is approved, or to be merged, is what was reviewed.
    ///
    /// # Errors
    /// There is no token, or the forge refuses it.
    pub(in crate::runtime) async fn remark(&self, remark: &PullRemark) -> Result<()> {
        let PullRemark { place, commit, kind } = remark;
        let (site, number) = (&place.site, place.number);
        let access = self.access(site).await;
        let forge = access.forge().ok_or_else(|| unknown(&access))?;
        let failed = || {
            let what = format!("{}: the {} was not taken", remark.object(), kind.noun());
            move |failure: forges::Failure| match failure {
                forges::Failure::Lost(_) => {
                    Error { hint: "look at its page before you send it again".to_owned(), ..failure.error(&what) }
                }
                failure => failure.error(&what),
            }
        };
        match kind {
            RemarkKind::Comment(text) => self.noted(site, forge.comment(number, text).await).map_err(failed()),
            RemarkKind::Draft(is_draft) => self.noted(site, forge.set_draft(number, *is_draft).await).map_err(failed()),
            RemarkKind::Wording(Wording { title, text }) => {
                self.noted(site, forge.reword(number, title, text).await).map_err(failed())
            }
            RemarkKind::MergeLater => {
                let why = self.merge_later(forge, (site, &site.base), number, commit).await;
                why.map_or(Ok(()), |why| Err(Error::failed(format!("{} is not merged later: {why}", remark.object()), "")))
            }
            RemarkKind::Approval => {
                let pull = self.noted(site, forge.pull(number).await).map_err(failed())?;
                if !pull.is_open() {
                    return Err(Error::failed(format!("{} is {} by now", remark.object(), pull.word()), "nothing was sent"));
                }
                if pull.head_commit != *commit {
                    let what = format!("{} has other commits by now, which you have not seen", remark.object());
                    return Err(Error::failed(what, "nothing was sent: open it again"));
                }
                self.noted(site, forge.approve(number, commit).await).map_err(failed())
            }
        }
    }
}

impl Access {
    /// The forge, also without a token: what is public can be read all the same.
    pub fn readable(&self) -> Option<&dyn Forge> {
        match self {
            Self::Known { forge, .. } => Some(&**forge),
            Self::None { by_hand, .. } => by_hand.as_deref(),
        }
    }
}

/// Why a user cannot approve, where that is known before the forge says so.
fn may_approve(access: &Access, pull: &Pull, user: Option<&str>) -> std::result::Result<(), String> {
    match access {
        Access::None { why, .. } => Err(why.clone()),
        Access::Known { .. } if !pull.is_open() => Err(format!("it is {}: there is nothing to approve", pull.word())),
        Access::Known { forge, .. } if !forge.may_approve_own() && user == Some(pull.author.as_str()) => {
            Err(format!("{} takes no approval from the author", forge.name()))
        }
        Access::Known { .. } => Ok(()),
    }
}

fn unknown(access: &Access) -> Error {
    match access {
        Access::None { why, .. } => Error::failed(why.clone(), "log in to the forge, or name it in config.toml"),
        Access::Known { .. } => Error::failed("the forge was not asked", ""),
    }
}

/// What merging one commit into another does to all that is built. None where it is not known where they parted.
fn effect(bench: &mut Bench, base: &str, head: &str, here: &AppliedHere) -> Result<Option<PullEffect>> {
    let (base, head) = (bench.checkout.commit(base)?, bench.checkout.commit(head)?);
    let Some(trial) = bench.checkout.merge_trial(&base, &head)? else { return Ok(None) };
    let has_conflict = trial.tree.is_none();
    let (before, after) = match trial.tree {
        Some(tree) => (base.clone(), tree),
        None => (trial.left_at, head.clone()),
    };
    let changes = bench.checkout.file_changes(&before, &after)?;
    let files: Vec<_> = changes.iter().map(changed).collect();
    let builds = [&before, &after].map(|revision| builds(bench, revision, here));
    let [before, after] = builds;
    let effect = PullEffect::of(&before?, &after?, &files, &here.folders);
    let (files, patch) = shown(&changes)?;
    Ok(Some(PullEffect { base, head, has_conflict, behind: trial.behind, files, patch, ..effect }))
}

/// All that is built of a revision, as far as everything is here.
fn builds(bench: &mut Bench, revision: &str, here: &AppliedHere) -> Result<Vec<Build>> {
    let Bench { checkout, builder, .. } = bench;
    let view = checkout.view(Some(revision))?;
    let mut builds = Builds::new(builder);
    let mut all = builds.members(view.tree())?;
    for request in &here.requests {
        let is_it = |build: &Build| {
            let folder = fluxdeck_model::render::flux::folder(&request.spec.path);
            build.spec.as_ref().is_some_and(|spec| spec.id() == request.spec.id()) && build.folder == folder
        };
        if !all.iter().any(is_it) {
            all.push(builds.requested(view.tree(), request)?);
        }
    }
    Ok(all)
}

/// A file as the rules look at it.
fn changed(change: &FileChange) -> ChangedFile {
    let bytes = |side: &Option<Vec<u8>>| side.as_deref().map(Arc::from);
    ChangedFile { path: change.path.as_str().into(), before: bytes(&change.before), after: bytes(&change.after) }
}

/// The files, and their difference without values of Secrets.
pub(in crate::runtime) fn shown(changes: &[FileChange]) -> Result<(Vec<ProposedFile>, String)> {
    let (mut files, mut patch) = (Vec::new(), String::new());
    for change in changes {
        let FileChange { path, before, after, is_text } = change;
        let is_new = before.is_none();
        if !is_text {
            patch.push_str(&format!("diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\nit is not text, or too large\n"));
            files.push(ProposedFile { path: path.clone(), is_new, added: 0, removed: 0, covered: CoveredLines::default() });
            continue;
        }
        let old = before.as_deref().unwrap_or_default();
        let (left, right) = (shown_file(path, old, &[]), shown_file(path, after.as_deref().unwrap_or_default(), old));
        let one = git::patch(path, before.as_ref().map(|_| left.as_bytes()), after.as_ref().map(|_| right.as_bytes()))?;
        let one = String::from_utf8_lossy(&one).into_owned();
        let lines =
            |sign: &str, header: &str| one.lines().filter(|line| line.starts_with(sign) && !line.starts_with(header)).count();
        let (added, removed) = (lines("+", "+++ "), lines("-", "--- "));
        patch.push_str(&one);
        files.push(ProposedFile { path: path.clone(), is_new, added, removed, covered: CoveredLines::default() });
    }
    Ok((files, patch))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_of_a_file_shows_no_value_of_a_secret_but_that_it_is_another_one() {
        let secret =
            |value: &str| format!("kind: Secret\nmetadata:\n  name: a\nstringData:\n  a: {value}\n  b: same\n").into_bytes();
        let change = |path: &str, before: Option<Vec<u8>>, after: Option<Vec<u8>>| FileChange {
            path: path.to_owned(),
            before,
            after,
            is_text: true,
        };
        let readme = |text: &str| Some(format!("# {text}: more\n").into_bytes());
        let changes = [
            change("a.yaml", Some(secret("PLANTED")), Some(secret("PLANTEDTOO"))),
            change("README.md", readme("one"), readme("two")),
            change("old.yaml", Some(b"a: 1\n".to_vec()), None),
            change("new.yaml", None, Some(secret("PLANTED"))),
        ];
        let (files, patch) = shown(&changes).expect("they can be compared");
        assert!(!patch.contains("PLANTED"), "{patch}");
        for line in
            ["+  a: *** (another value)", "-# one: more", "+# two: more", "deleted file mode 100644", "new file mode 100644"]
        {
            assert!(patch.lines().any(|there| there == line), "{line} in {patch}");
        }
        let counts: Vec<_> = files.iter().map(|file| (file.added, file.removed, file.is_new)).collect();
        assert_eq!(counts, [(1, 1, false), (1, 1, false), (0, 1, false), (6, 0, true)]);
    }
}
