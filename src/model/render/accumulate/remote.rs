//! Entries that are addresses: manifests on the web, folders of other repositories.
//! Source: kustomize api v0.21.1 `internal/target/kusttarget.go` (accumulateResources, accumulateComponents).

use super::super::error::{Cause, Result};
use super::super::factory;
use super::super::fields;
use super::super::node::{Layer, Node};
use super::super::remote::{Lack, RemoteAddress, RemoteAnswer, RepositoryAddress};
use super::super::resource::Resource;
use super::super::session::Folder;
use super::{Accumulated, KustTarget};

/// What an address holds.
enum RemoteContent {
    Objects(Vec<Resource>),
    Folder(Folder),
}

impl KustTarget<'_> {
    /// An entry of `resources`: a file if manifests are answered, else a folder of a repository. Where it is not here, its objects are
    /// missing.
    pub(super) fn remote(&self, mut all: Accumulated, address: &RemoteAddress, path: &Node) -> Result<Accumulated> {
        match self.session.known(self.content(address), path)? {
            Some(RemoteContent::Objects(found)) => {
                self.add(&mut all, found, &address.text).map_err(|error| error.at(path.origin()))?;
                Ok(all)
            }
            Some(RemoteContent::Folder(folder)) => {
                self.descend(all, folder, path, false).map_err(|error| error.at(path.origin()))
            }
            None => {
                let lack = if address.is_manifest() { Lack::of_file } else { Lack::of_kustomization };
                all.resources.lack.join(lack(&address.text));
                Ok(all)
            }
        }
    }

    fn content(&self, address: &RemoteAddress) -> Result<RemoteContent> {
        let (mut why, mut malformed) = (String::new(), None);
        match self.session.web(address)? {
            None => {}
            Some(RemoteAnswer::Found(..)) => {
                let documents = self.session.documents(&self.folder, &address.text, Layer::Resource);
                match documents.and_then(|documents| factory::from_documents(documents.as_ref().clone())) {
                    Ok(found) => return Ok(RemoteContent::Objects(found)),
                    Err(error) if address.repository.is_none() => return Err(error),
                    Err(error) => malformed = Some(error),
                }
            }
            Some(RemoteAnswer::Unknown(unknown)) if address.repository.is_none() => {
                return Err(self.session.missing(address, None, &unknown));
            }
            Some(RemoteAnswer::Refused(refused) | RemoteAnswer::Unknown(refused)) => why = refused,
        }
        match (self.session.clone_at(&self.folder, address, &why), malformed) {
            // git has nothing either: it is a file, and that is the trouble
            (Err(error), Some(malformed)) if error.cause != Cause::NotHere || self.session.is_tried(address) => Err(malformed),
            (found, _) => found.map(RemoteContent::Folder),
        }
    }

    /// An entry of `components`: always a folder.
    pub(super) fn component(&self, repository: RepositoryAddress, path: &Node) -> Result<Option<Folder>> {
        let text = fields::value_of(path).into();
        let address = RemoteAddress { text, is_web: false, repository: Some(repository) };
        self.session.known(self.session.clone_at(&self.folder, &address, ""), path)
    }
}
