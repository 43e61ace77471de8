//! What can happen in the demo when somebody asks for it: one scene a file, one line in [`ALL`].
//!
//! A scene is a list of steps at times of the demo's own clock. Each does what a person or a machine of the company would do: a commit
//! goes through the repository, a pull request through the forge, and what follows from it is the controllers' work.

mod bad_commit;
mod healed;
mod node_down;
pub(super) mod standing;
mod step;

use std::sync::Arc;
use std::time::Duration;

use super::company::Company;
use fluxdeck_model::error::{Error, Result};
use step::{Act, Commit, Pull, Step};

/// Something that happens in the demo.
pub struct Scene {
    pub name: &'static str,
    /// What happens, in one sentence.
    pub doc: &'static str,
    steps: &'static [Step],
    /// How long it takes from its beginning until what it is about can be seen.
    pub lasts: Duration,
}

/// Every scene, in the order of lists.
pub const ALL: &[Scene] = &[bad_commit::SCENE, healed::SCENE, node_down::SCENE];

/// The scene of that name.
///
/// # Errors
/// There is none of that name.
pub fn find(name: &str) -> Result<&'static Scene> {
    let names = || ALL.iter().map(|scene| scene.name).collect::<Vec<_>>().join(", ");
    let found = ALL.iter().find(|scene| scene.name == name);
    found.ok_or_else(|| Error::usage(format!("the demo has no scene `{name}`"), format!("it has {}", names())))
}

impl Scene {
    /// Lets the scene happen from now on: what of it is the case already is left out, and what comes next begins at once.
    ///
    /// # Errors
    /// Nothing is left to happen, or the first of it cannot be done.
    pub fn play(&self, company: &Arc<Company>) -> Result<()> {
        let is_over = |step: &&Step| step.act.is_done(company);
        let done = self.steps.iter().take_while(is_over).count();
        let Some(first) = self.steps.get(done) else {
            let message = format!("all of `{}` has happened already", self.name);
            return Err(Error::failed(message, "a new run of the demo begins without it"));
        };
        first.act.perform(company)?;
        let world = company.stage();
        for step in &self.steps[done + 1..] {
            // a company that is gone by then is not kept for it
            let (company, act) = (Arc::downgrade(company), &step.act);
            world.plan(step.at.saturating_sub(first.at), move |_| {
                let failed = company.upgrade().and_then(|company| act.perform(&company).err());
                if let Some(error) = failed {
                    tracing::warn!(%error, "a step of the scene is left out");
                }
            });
        }
        Ok(())
    }
}
