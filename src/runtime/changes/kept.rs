//! What users say, of the sources of artifacts and of the programs that repositories name, and what contexts were seen to apply; between two
//! runs and within one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::files::Disk;
use crate::records;
use crate::records::allowed::AllowedPrograms;
use crate::records::readers::{SeenReader, SeenReaders};
use crate::records::sources::KeptSource;
use fluxdeck_model::change::outside::PolicyQuestion;
use fluxdeck_model::domain::SaidSource;

/// What users say of sources, and what contexts apply: in a directory that outlives the run; without one, as in the demo, for the run.
#[derive(Clone)]
pub struct Kept {
    disk: Arc<dyn Disk>,
    dir: Option<PathBuf>,
    here: Arc<Mutex<BTreeMap<String, KeptSource>>>,
    readers: Arc<Mutex<BTreeMap<String, SeenReaders>>>,
    /// By digest.
    allowed: Arc<Mutex<BTreeSet<String>>>,
}

impl Kept {
    pub fn new(disk: Arc<dyn Disk>, dir: Option<PathBuf>) -> Self {
        Self { disk, dir, here: Arc::default(), readers: Arc::default(), allowed: Arc::default() }
    }

    /// What was said of the source that fetches this.
    pub fn said(&self, key: &str) -> Option<KeptSource> {
        match &self.dir {
            Some(dir) => records::sources::said(&*self.disk, Some(dir), key),
            None => self.here.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned(),
        }
    }

    /// Takes note of what a context applies. That it cannot be kept stops nothing: it is seen again.
    pub fn saw(&self, context: &str, all: Vec<SeenReader>, at: Timestamp) {
        let seen = SeenReaders { at, all };
        if self.dir.is_some() {
            let _ = records::readers::note(&*self.disk, self.dir.as_deref(), context, seen);
        } else {
            self.readers.lock().unwrap_or_else(PoisonError::into_inner).insert(context.to_owned(), seen);
        }
    }

    /// What contexts were seen to apply.
    pub fn seen(&self) -> BTreeMap<String, SeenReaders> {
        match &self.dir {
            Some(dir) => records::readers::all(&*self.disk, Some(dir)),
            None => self.readers.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    /// Whether programs may run: those of this question, and no others.
    pub fn is_allowed(&self, question: &PolicyQuestion) -> bool {
        match &self.dir {
            Some(dir) => records::allowed::is_allowed(&*self.disk, Some(dir), &question.digest),
            None => self.allowed.lock().unwrap_or_else(PoisonError::into_inner).contains(&question.digest),
        }
    }

    /// Allows them.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn allow(&self, question: &PolicyQuestion, at: Timestamp) -> std::io::Result<()> {
        let Some(dir) = &self.dir else {
            self.allowed.lock().unwrap_or_else(PoisonError::into_inner).insert(question.digest.clone());
            return Ok(());
        };
        let allowed = AllowedPrograms { repository: question.repository.clone(), at };
        records::allowed::allow(&*self.disk, dir, &question.digest, Some(allowed))
    }

    /// Keeps an answer. One without a repository takes away what was said.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn say(&self, said: &SaidSource, at: Timestamp) -> std::io::Result<()> {
        if self.dir.is_some() {
            return records::sources::say(&*self.disk, self.dir.as_deref(), said, at);
        }
        let mut here = self.here.lock().unwrap_or_else(PoisonError::into_inner);
        match said.from.repository.is_empty() {
            true => here.remove(&said.key),
            false => here.insert(said.key.clone(), KeptSource { from: said.from.clone(), at }),
        };
        Ok(())
    }
}
