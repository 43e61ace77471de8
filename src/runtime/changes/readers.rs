//! What other contexts are known to apply from a repository that does not declare it. No cluster is asked: it is what was seen of each when it
//! was looked at last.

use jiff::Timestamp;

use super::Changes;
use crate::forges::Address;
use crate::records::readers::{SeenReader, SeenReaders};
use fluxdeck_model::change::{AppliedFolder, ChangeSite, SeenElsewhere};
use fluxdeck_model::domain::{ClusterId, ObjectRef};
use fluxdeck_model::kinds;
use fluxdeck_model::render::flux;
use fluxdeck_model::state::readers::RepositoryReader;

/// A repository as it is compared: by which URL it is read is not known of another context.
pub(in crate::runtime) fn place(url: &str) -> Option<String> {
    Address::of(url).map(|address| format!("{}/{}", address.host, address.path()).to_lowercase())
}

impl Changes {
    /// Takes note of what a context applies. What is of no forge that could be compared is left out.
    pub(in crate::runtime) fn saw(&self, context: &str, all: &[RepositoryReader]) {
        let one = |seen: &RepositoryReader| {
            let RepositoryReader { kustomization, url, branch, path } = seen;
            let (namespace, name) = (kustomization.namespace.to_string(), kustomization.name.to_string());
            Some(SeenReader { repository: place(url)?, branch: branch.clone(), namespace, name, folder: flux::folder(path) })
        };
        self.kept.saw(context, all.iter().filter_map(one).collect(), Timestamp::now());
    }

    /// What other contexts apply from the base branch of a site, and the branch does not declare.
    pub(super) async fn seen_elsewhere(&self, site: &ChangeSite, context: &str) -> Vec<SeenElsewhere> {
        let Some(repository) = place(&site.url) else { return Vec::new() };
        let is_meant = |one: &SeenReader| one.repository == repository && one.branch.as_deref() == Some(site.base.as_str());
        let others = self.kept.seen().into_iter().filter(|(name, _)| name != context);
        let found: Vec<_> = others
            .flat_map(|(name, SeenReaders { at, all })| all.into_iter().map(move |one| (name.clone(), at, one)))
            .filter(|(_, _, one)| is_meant(one))
            .collect();
        if found.is_empty() {
            return Vec::new();
        }
        let id = |one: &SeenReader| ObjectRef::new(ClusterId(0), kinds::KUSTOMIZATION.gk(), &*one.namespace, &*one.name);
        let folders = found.iter().map(|(_, _, one)| AppliedFolder { kustomization: id(one), folder: Some(one.folder.clone()) });
        let undeclared = self.undeclared_folders(site, folders.collect()).await;
        let is_undeclared = |one: &SeenReader| {
            undeclared.iter().any(|known| known.kustomization == id(one) && known.folder.as_deref() == Some(one.folder.as_str()))
        };
        let found = found.into_iter().filter(|(_, _, one)| is_undeclared(one));
        found
            .map(|(context, at, one)| {
                let kustomization = id(&one).to_string();
                SeenElsewhere { context, at, kustomization, folder: one.folder }
            })
            .collect()
    }
}
