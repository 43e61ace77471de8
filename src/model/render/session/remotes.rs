//! The remote resources of a build: what is known of an address, and what was looked for.
//! Source: kustomize api v0.21.1 `internal/loader/fileloader.go` (Load, New), `internal/target/kusttarget.go` (accumulateResources).

use std::sync::Arc;

use super::super::error::{BuildError, Cause, Result};
use super::super::fields;
use super::super::node::{Node, Text};
use super::super::remote::{
    self, RemoteAddress, RemoteAnswer, RemoteAsk, RemoteState, RemoteUse, RemoteUses, RepositoryAddress, SharedTree,
};
use super::super::tree::{self, PathKind, Tree};
use super::{Folder, Session};
use crate::domain::text::redact;

/// A repository that a remote base is in.
pub(super) struct Mount {
    pub address: RepositoryAddress,
    pub tree: SharedTree,
    /// The addresses that led to it, itself the last.
    way: Vec<Text>,
}

impl Session<'_> {
    /// The remote resources that were looked for so far.
    pub fn remotes(&self) -> RemoteUses {
        RemoteUses { all: self.used.borrow().values().cloned().collect(), doubts: self.doubts.get() }
    }

    /// One more setting that may need what is not there.
    pub fn doubt(&self) {
        self.doubts.set(self.doubts.get() + 1);
    }

    /// Every object may be another one.
    pub fn doubt_all(&self, address: &str) {
        self.doubted.borrow_mut().get_or_insert_with(|| address.into());
    }

    /// The remote resource that may change any object.
    pub fn doubted(&self) -> Option<Text> {
        self.doubted.borrow().clone()
    }

    /// What is read of a remote resource; nothing where that is not here and the build goes on. `path` names it.
    ///
    /// # Errors
    /// Any other than that.
    pub fn known<T>(&self, read: Result<T>, path: &Node) -> Result<Option<T>> {
        self.known_in(read, fields::value_of(path), path)
    }

    /// The same of an address that is a part of a text.
    ///
    /// # Errors
    /// As [`Self::known`].
    pub fn known_in<T>(&self, read: Result<T>, address: &str, path: &Node) -> Result<Option<T>> {
        if let Some(used) = self.used.borrow_mut().get_mut(address) {
            used.place.get_or_insert_with(|| path.origin().clone());
        }
        match read {
            Err(error) if error.cause == Cause::NotHere => {
                if self.remotes.goes_on() {
                    Ok(None)
                } else {
                    Err(error.at(path.origin()))
                }
            }
            read => read.map(Some).map_err(|error| error.at(path.origin())),
        }
    }

    /// The address that an entry is, where it is not a path. What is there by that name comes first, unless it is of the web.
    pub fn address(&self, folder: &Folder, text: &str) -> Option<RemoteAddress> {
        let is_here = || matches!(self.locate(folder, text), Ok((_, PathKind::File)));
        RemoteAddress::parse(text).filter(|address| address.is_web || !is_here())
    }

    /// What is answered on the web; nothing for what is not asked there.
    ///
    /// # Errors
    /// It is not here.
    pub fn web(&self, address: &RemoteAddress) -> Result<Option<RemoteAnswer<Arc<[u8]>>>> {
        if !address.is_web {
            return Ok(None);
        }
        let is_cloned = |repository| matches!(self.remotes.repository(repository), Some(RemoteAnswer::Found(..)));
        match self.remotes.file(&address.text) {
            // a repository that is here was no file when it was brought
            None if address.repository.as_ref().is_some_and(is_cloned) => Ok(None),
            None => Err(self.missing(address, Some(RemoteAsk::Web(address.text.clone())), "")),
            known => Ok(known.cloned()),
        }
    }

    /// A file of the web.
    pub(super) fn download(&self, url: &str) -> Result<(Text, Arc<[u8]>)> {
        let address = RemoteAddress { text: url.into(), is_web: true, repository: None };
        match self.web(&address)? {
            Some(RemoteAnswer::Found(bytes, revision)) => {
                self.note(&address, &RemoteState::Known(revision));
                Ok((redact(url).into(), bytes))
            }
            Some(RemoteAnswer::Refused(why)) => Err(BuildError::invalid(format!("`{}`: {why}", redact(url)))),
            Some(RemoteAnswer::Unknown(why)) => Err(self.missing(&address, None, &why)),
            None => unreachable!("it is of the web"),
        }
    }

    /// Whether there is nothing left to be brought for an address.
    pub fn is_tried(&self, address: &RemoteAddress) -> bool {
        let used = self.used.borrow();
        used.get(&address.text).is_none_or(|one| !matches!(one.state, RemoteState::Missing { wants: Some(_), .. }))
    }

    /// The folder of a repository that an address means. `web` says why it is not a file.
    ///
    /// # Errors
    /// It is not here, or is not what it should be; a cycle.
    pub fn clone_at(&self, from: &Folder, address: &RemoteAddress, web: &str) -> Result<Folder> {
        let Some(repository) = &address.repository else {
            return Err(BuildError::invalid(format!("`{}`: {web}", redact(&address.text))));
        };
        let way = self.way(from, address)?;
        let both = |why: &str| if web.is_empty() { why.to_owned() } else { format!("{web}; {why}") };
        let (tree, revision) = match self.remotes.repository(repository) {
            None => {
                let (url, reference) = (repository.url.as_str().into(), repository.reference.as_str().into());
                return Err(self.missing(address, Some(RemoteAsk::Repository { url, reference }), ""));
            }
            Some(RemoteAnswer::Unknown(why)) => return Err(self.missing(address, None, &both(why))),
            Some(RemoteAnswer::Refused(why)) => {
                return Err(BuildError::invalid(format!("`{}`: {}", redact(&address.text), both(why))));
            }
            Some(RemoteAnswer::Found(tree, revision)) => (tree, revision),
        };
        let folder = repository.folder.trim_start_matches('/');
        let path = match tree::resolve(&**tree, "", folder) {
            Ok((path, PathKind::Folder)) if !is_in_submodule(&**tree, &path) => path,
            Ok((path, PathKind::Folder)) => {
                return Err(self.missing(address, None, &format!("`{path}` is in a submodule, which is not brought")));
            }
            Err(_) if is_in_submodule(&**tree, folder) => {
                return Err(self.missing(address, None, &format!("`{folder}` is in a submodule, which is not brought")));
            }
            Ok((path, _)) => return Err(BuildError::invalid(format!("`{path}` of {} is a file, not a folder", repository.url))),
            Err(error) => return Err(BuildError { message: format!("{} of {}", error.message, repository.url), ..error }),
        };
        self.note(address, &RemoteState::Known(revision.clone()));
        let mount = Mount { address: repository.clone(), tree: Arc::clone(tree), way };
        let depth = self.deeper(from)?;
        Ok(Folder { path: path.into(), ancestors: Vec::new(), depth, mount: Some(Arc::new(mount)) })
    }

    /// The addresses that lead to one. One that begins as an earlier one is a cycle (`fileloader.go`, errIfRepoCycle).
    fn way(&self, from: &Folder, address: &RemoteAddress) -> Result<Vec<Text>> {
        let mut way = from.mount.as_ref().map(|mount| mount.way.clone()).unwrap_or_default();
        if let Some(before) = way.iter().find(|before| before.starts_with(&*address.text)) {
            let message = format!("cycle detected: URI '{}' referenced by previous URI '{before}'", address.text);
            return Err(BuildError::invalid(message));
        }
        way.push(address.text.clone());
        Ok(way)
    }

    fn note(&self, address: &RemoteAddress, state: &RemoteState) {
        let mut used = self.used.borrow_mut();
        let one = || RemoteUse { address: address.text.clone(), place: None, state: state.clone() };
        used.entry(address.text.clone()).or_insert_with(one).state = state.clone();
    }

    /// Notes that an address is not here: what is to be brought next, or why it was not brought.
    pub fn missing(&self, address: &RemoteAddress, wants: Option<RemoteAsk>, why: &str) -> BuildError {
        self.note(address, &RemoteState::Missing { wants, why: why.to_owned() });
        remote::refusal(&address.text, why)
    }
}

/// Whether a path is a submodule of a tree, or in one.
fn is_in_submodule(tree: &dyn Tree, path: &str) -> bool {
    let mut ways = std::iter::successors(Some(path), |path| (!path.is_empty()).then(|| tree::parent(path)));
    ways.any(|path| tree.is_submodule(path))
}
