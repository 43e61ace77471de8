//! The ways of one field, tried one after the other; what each does; and why none is taken.

use super::builds::{Builds, ChangeScope};
use super::edited::EditedFiles;
use super::hand::SourceLine;
use super::layer::LayerChoice;
use super::plan::ChangeContext;
use super::proof::{ChangeProof, Claim, TrialState};
use super::ways::{FoundWays, Way, WayKind};
use super::write::written;
use crate::error::{Error, Result};
use crate::guards;

/// The result of one way: its effects, and everything as it is built then; or why it does not have the wanted effect.
type Attempt = std::result::Result<(ChangeProof, TrialState), String>;

/// A way, and what it would do.
#[derive(Clone, Debug)]
pub struct Tried {
    /// From 1.
    number: usize,
    /// What an order takes to choose it.
    pub layer: LayerChoice,
    pub way: Way,
    /// Why it does not do what is wanted, else what it does.
    pub result: std::result::Result<ChangeProof, String>,
}

/// The ways of one field, tried.
pub struct Trial<'a, 'b, 'g> {
    pub context: &'a ChangeContext<'g>,
    pub builds: &'a mut Builds<'b>,
    pub claim: Claim<'a>,
    pub tried: Vec<Tried>,
}

impl Trial<'_, '_, '_> {
    /// The numbers of the ways that may be taken, from 0.
    pub fn chosen(&self, found: &FoundWays) -> Result<Vec<usize>> {
        let numbers =
            |is_it: &dyn Fn(&Way) -> bool| (0..found.ways.len()).filter(|at| is_it(&found.ways[*at])).collect::<Vec<_>>();
        let chosen = match &self.context.layer {
            LayerChoice::Set => return Ok(numbers(&|way| way.kind == WayKind::Sets)),
            LayerChoice::NewPatch => numbers(&|way| way.kind == WayKind::NewPatch),
            LayerChoice::Number(number) => numbers(&|_| true).into_iter().filter(|at| at + 1 == *number).collect(),
            LayerChoice::At { file, line } => numbers(&|way| way.is_at(file, *line)),
        };
        match chosen.is_empty() {
            true => Err(Error::failed("there is no such layer for this field", found.listed())),
            false => Ok(chosen),
        }
    }

    /// The first that does what is wanted, unless it does more.
    pub fn first(
        &mut self,
        chosen: &[usize],
        state: &mut TrialState,
        found: &FoundWays,
    ) -> Result<Option<(Way, ChangeProof, TrialState)>> {
        for at in chosen {
            let way = &found.ways[*at];
            match self.attempt(way, state)? {
                Ok((proof, next)) if self.is_taken(&proof) => return Ok(Some((way.clone(), proof, next))),
                result => {
                    let is_it = result.is_ok() && way.kind == WayKind::Sets;
                    self.tried.push(Tried::of(found, *at, result.map(|(proof, _)| proof)));
                    // it is what sets the field, and others share it: no other place is taken for it unasked
                    if is_it {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(None)
    }

    fn is_taken(&self, proof: &ChangeProof) -> bool {
        proof.is_clean(&self.context.scope) || self.context.is_wide && proof.broken.is_empty()
    }

    /// What the ways would do that were not tried.
    pub fn rest(&mut self, found: &FoundWays, state: &mut TrialState) -> Result<()> {
        for (at, way) in found.ways.iter().enumerate() {
            if self.tried.iter().all(|tried| tried.number != at + 1) {
                let result = self.attempt(way, state)?.map(|(proof, _)| proof);
                self.tried.push(Tried::of(found, at, result));
            }
        }
        self.tried.sort_by_key(|tried| tried.number);
        Ok(())
    }

    /// Of the ways to write it down the first that does nothing else, else the first that does what is wanted.
    fn attempt(&mut self, way: &Way, state: &mut TrialState) -> Result<Attempt> {
        let mut best: Option<Attempt> = None;
        for writes in &way.attempts {
            let result = match written(self.context.tree, &state.files, writes).and_then(|files| self.guarded(files)) {
                Ok(files) => self.claim.prove(self.builds, self.context.tree, state, files)?,
                Err(error) => Err(error.to_string()),
            };
            match result {
                Ok((proof, next)) if proof.is_clean(&self.context.scope) => return Ok(Ok((proof, next))),
                result if best.as_ref().is_none_or(|best| best.is_err() && result.is_ok()) => best = Some(result),
                _ => {}
            }
        }
        Ok(best.unwrap_or_else(|| Err("there is no way to write it".to_owned())))
    }

    /// The files, where each of them may be edited, and no Secret's value is set.
    fn guarded(&self, files: EditedFiles) -> Result<EditedFiles> {
        let ChangeContext { tree, guards, .. } = self.context;
        for (path, after) in &files {
            let before = tree.entry(path).is_some().then(|| tree.read(path)).transpose()?;
            guards::check(path, before.as_deref(), *tree, guards)?;
            guards::values_are_kept(path, before.as_deref().unwrap_or_default(), after.as_deref().unwrap_or_default())?;
        }
        Ok(files)
    }
}

/// Why nothing is done, and what could be. `set_at`: what sets the field.
pub fn why(tried: &[Tried], found: &FoundWays, scope: &ChangeScope, set_at: Option<&SourceLine>) -> (String, String) {
    let done = |tried: &&Tried| tried.result.as_ref().is_ok_and(|proof| proof.is_clean(scope));
    let offers: Vec<_> = tried.iter().filter(done).map(|tried| format!("--layer {}", tried.flag())).collect();
    let offer = if offers.is_empty() { String::new() } else { format!("only this object: {}", offers.join(", or ")) };
    let shared = tried.iter().filter_map(|tried| tried.result.as_ref().ok()).find(|proof| !proof.is_clean(scope));
    match shared {
        Some(proof) if !proof.broken.is_empty() => ("what builds today could not be built any more".to_owned(), offer),
        Some(_) => {
            let wide = "--wide changes all of them".to_owned();
            let hint = if offer.is_empty() { wide } else { format!("{offer}; {wide}") };
            ("the place is shared: other fields change with it".to_owned(), hint)
        }
        None => {
            let failed = tried.iter().find_map(|tried| tried.result.as_ref().err());
            let why = found.refusals.first().or(failed).cloned();
            let by_hand = set_at.map_or_else(|| "edit the file".to_owned(), |at| format!("edit {at} by hand"));
            let hint = if offer.is_empty() { by_hand } else { format!("{offer}; or {by_hand}") };
            (why.unwrap_or_else(|| "no place in the repository sets it".to_owned()), hint)
        }
    }
}

impl Tried {
    /// The way at a place among those that were found, from 0.
    fn of(found: &FoundWays, at: usize, result: std::result::Result<ChangeProof, String>) -> Self {
        Self { number: at + 1, layer: found.layer(at), way: found.ways[at].clone(), result }
    }

    /// The only way there is.
    pub fn only(way: Way, proof: ChangeProof) -> Self {
        Self { number: 1, layer: LayerChoice::Number(1), way, result: Ok(proof) }
    }

    /// What it does besides, where it can be taken, with consent where it changes more; else why not.
    ///
    /// # Errors
    /// Why no consent makes up for what it does, or that it does not do what is wanted.
    pub fn open(&self) -> std::result::Result<&ChangeProof, String> {
        let proof = self.result.as_ref().map_err(Clone::clone)?;
        match proof.broken.as_slice() {
            [] => Ok(proof),
            broken => {
                let broken: Vec<_> = broken.iter().map(|(build, why)| format!("{build}: {why}")).collect();
                Err(format!("could not be built any more: {}", broken.join("; ")))
            }
        }
    }

    /// What `--layer` takes for it.
    pub fn flag(&self) -> String {
        self.layer.to_string()
    }
}
