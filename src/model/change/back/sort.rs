//! Which parts of a commit belong to what is meant: everything is built as the commit left it, and again without them.
//!
//! A part belongs if what is meant is built otherwise without it. Whether something else is too is up to the proof. It is looked at where the
//! commit was made, so that nothing that came later plays a part.

use super::super::builds::{Builds, ChangeScope};
use super::aim::{Aim, BackEffect, Rendering};
use super::past::{BackPart, PastCommit};
use crate::error::Result;

/// Most builds for one commit; of one with more parts all of a file belong together.
const MOST: usize = 40;

/// A commit in two parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SortedParts {
    pub own: Vec<BackPart>,
    /// What else the commit did.
    pub rest: Vec<BackPart>,
}

/// Sorts a commit.
pub struct Sorting<'s, 'b, 't> {
    pub aim: &'s Aim,
    pub scope: &'s ChangeScope,
    pub builds: &'s mut Builds<'b>,
    pub commit: &'s PastCommit<'t>,
}

impl Sorting<'_, '_, '_> {
    /// Sorts its parts. Where nothing belongs to what is meant, all of them are the rest.
    ///
    /// # Errors
    /// The tree cannot be read.
    pub fn sorted(mut self) -> Result<SortedParts> {
        let left = self.aim.rendered(self.scope, self.builds, self.commit.tree)?;
        let all = self.commit.parts();
        let (whole, without) = self.effect(&left, &all)?;
        let is_read = |part: &BackPart| {
            let file = &self.commit.files[part.file()].path;
            self.aim.reads(&left, file) || self.aim.reads(&without, file)
        };
        let read: Vec<BackPart> = all.iter().copied().filter(is_read).collect();
        let own = match () {
            () if whole.fault.is_none() && whole.own == 0 && !whole.is_unknown => Vec::new(),
            // nothing else is built otherwise
            () if whole.fault.is_none() && whole.besides == 0 && read.len() == all.len() => read,
            () => self.each(&left, &read)?,
        };
        let rest = all.into_iter().filter(|part| !own.contains(part)).collect();
        Ok(SortedParts { own, rest })
    }

    /// What taking some parts back does to what the commit left.
    fn effect(&mut self, left: &Rendering, parts: &[BackPart]) -> Result<(BackEffect, Rendering)> {
        let files = self.commit.taken_back(parts, self.commit.tree).unwrap_or_default();
        let without = self.aim.rendered_with(self.scope, self.builds, self.commit.tree, &files)?;
        Ok((self.aim.effect(left, &without), without))
    }

    /// One after the other, each by itself; those that cannot go by themselves go with the others.
    fn each(&mut self, left: &Rendering, parts: &[BackPart]) -> Result<Vec<BackPart>> {
        let (mut own, mut open, mut silent) = (Vec::new(), Vec::new(), Vec::new());
        for group in self.groups(parts) {
            let (effect, _) = self.effect(left, &group)?;
            match effect {
                BackEffect { fault: Some(_), .. } | BackEffect { is_unknown: true, .. } => open.push(group),
                BackEffect { own: 1.., .. } => own.extend(group),
                BackEffect { besides: 0, .. } => silent.extend(group),
                _ => {}
            }
        }
        let (alone, without) = self.effect(left, &own)?;
        let mut rest = Vec::new();
        for group in open {
            let with: Vec<BackPart> = own.iter().chain(&group).copied().collect();
            let (effect, now) = self.effect(left, &with)?;
            let adds = self.aim.effect(&without, &now).own > 0 || alone.is_unknown && !effect.is_unknown;
            match effect {
                BackEffect { fault: None, is_unknown: false, .. } if adds => own.extend(group),
                _ => rest.extend(group),
            }
        }
        if !rest.is_empty() {
            let with: Vec<BackPart> = own.iter().chain(&rest).copied().collect();
            let (effect, now) = self.effect(left, &with)?;
            let adds = self.aim.effect(&without, &now).own > 0 || effect.own > alone.own;
            if effect.fault.is_none() && !effect.is_unknown && adds {
                own = with;
            }
        }
        // a remark is of those beside which it is written, where nothing of others is in the file
        let is_of_own = |part: &BackPart| {
            let mut beside = parts.iter().filter(|other| other.file() == part.file() && !silent.contains(other));
            own.iter().any(|other| other.file() == part.file()) && beside.all(|other| own.contains(other))
        };
        let more: Vec<BackPart> = silent.iter().copied().filter(is_of_own).collect();
        own.extend(more);
        Ok(parts.iter().copied().filter(|part| own.contains(part)).collect())
    }

    /// What is looked at by itself: each part, or of a large commit each file.
    fn groups(&self, parts: &[BackPart]) -> Vec<Vec<BackPart>> {
        let mut found: Vec<Vec<BackPart>> = Vec::new();
        let is_large = parts.len() > MOST;
        for part in parts {
            match found.last_mut().filter(|group| is_large && group[0].file() == part.file()) {
                Some(group) => group.push(*part),
                None => found.push(vec![*part]),
            }
        }
        found
    }
}
