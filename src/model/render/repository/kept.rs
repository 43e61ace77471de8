//! Earlier builds, kept as long as nothing changes that was read for them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::super::error::Result;
use super::super::flux::{Rendered, Spec};
use super::super::node::Text;
use super::super::substitute::Variables;
use super::super::weight;
use super::members::Done;

/// What is asked: the cluster's folder, the Kustomization's name, and what its source is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BuildKey {
    pub cluster: Text,
    pub id: String,
    pub source: String,
}

/// Objects before their variables are filled in.
#[derive(Clone)]
pub struct Base {
    pub rendered: Arc<Rendered>,
    pub files: Arc<BTreeSet<Text>>,
    /// Its files were chosen by patterns and copied: whatever changes may be one of them.
    pub is_assembled: bool,
}

struct One {
    spec: Arc<Spec>,
    base: Base,
    /// Of the base, in bytes.
    weight: usize,
    /// By the variables that were filled in: the rounds of a build know more and more of them.
    done: Vec<Filled>,
    is_used: bool,
}

struct Filled {
    variables: Variables,
    done: Arc<Done>,
    /// In bytes.
    weight: usize,
    is_used: bool,
}

/// Builds by what was asked.
#[derive(Default)]
pub struct Kept {
    all: HashMap<BuildKey, One>,
}

impl Kept {
    /// Drops what was made of files that changed.
    pub fn forget_changed(&mut self, changed: &HashSet<Text>) {
        if changed.is_empty() {
            return;
        }
        let reads = |files: &BTreeSet<Text>| {
            if changed.len() < files.len() {
                changed.iter().any(|path| files.contains(path))
            } else {
                files.iter().any(|path| changed.contains(path))
            }
        };
        self.all.retain(|_, one| !one.base.is_assembled && !reads(&one.base.files));
    }

    /// Drops what looked for remote resources: other ones are known by now.
    pub fn forget_remotes(&mut self) {
        self.all.retain(|_, one| one.base.rendered.remotes.all.is_empty());
    }

    /// What was asked before of the same Kustomization; else it is made. Or why its source is not here, which is not kept.
    ///
    /// # Errors
    /// What making it says.
    pub fn base(
        &mut self,
        key: &BuildKey,
        spec: &Arc<Spec>,
        make: impl FnOnce() -> Result<std::result::Result<Base, String>>,
    ) -> Result<std::result::Result<Base, String>> {
        if let Some(one) = self.all.get_mut(key)
            && (Arc::ptr_eq(&one.spec, spec) || one.spec == *spec)
        {
            one.is_used = true;
            one.spec = Arc::clone(spec);
            return Ok(Ok(one.base.clone()));
        }
        self.all.remove(key);
        let made = make()?;
        if let Ok(base) = &made {
            let (spec, base, weight) = (Arc::clone(spec), base.clone(), base.weight());
            self.all.insert(key.clone(), One { spec, base, weight, done: Vec::new(), is_used: true });
        }
        Ok(made)
    }

    /// The same with its variables filled in. [`Self::base`] was asked before.
    pub fn done(&mut self, key: &BuildKey, variables: Variables, make: impl FnOnce(&Variables) -> Done) -> Arc<Done> {
        let one = self.all.get_mut(key).expect("it was rendered before");
        let is_it = |filled: &Filled| {
            filled.variables == variables || filled.variables.set_the_same(&variables) && filled.done.sets_everything()
        };
        if let Some(filled) = one.done.iter_mut().find(|filled| is_it(filled)) {
            filled.is_used = true;
            return Arc::clone(&filled.done);
        }
        let done = Arc::new(make(&variables));
        one.done.push(Filled { variables, weight: done.weight(), done: Arc::clone(&done), is_used: true });
        done
    }

    /// Drops what was made of the same Kustomization from other sources or with other variables than the last.
    pub fn forget_others(&mut self, key: &BuildKey) {
        self.all.retain(|other, one| {
            one.done.retain_mut(|filled| other != key || std::mem::take(&mut filled.is_used));
            other == key || other.cluster != key.cluster || other.id != key.id
        });
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        let one = |one: &One| size_of::<One>() + one.weight + one.done.iter().map(|filled| filled.weight).sum::<usize>();
        self.all.values().map(one).sum()
    }

    /// Drops what the last build did not ask for.
    pub fn forget_unused(&mut self) {
        self.all.retain(|_, one| {
            one.done.retain_mut(|filled| std::mem::take(&mut filled.is_used));
            std::mem::take(&mut one.is_used)
        });
    }
}

impl Base {
    pub fn new(rendered: Rendered, is_assembled: bool) -> Self {
        Self { files: Arc::new(rendered.files.clone()), rendered: Arc::new(rendered), is_assembled }
    }

    fn weight(&self) -> usize {
        let objects = self.rendered.objects.as_ref().map_or(0, |objects| weight::all(objects.iter().map(|built| &built.node)));
        objects + self.files.iter().map(weight::text).sum::<usize>()
    }
}
