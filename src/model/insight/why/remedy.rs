//! What can be pressed about a cause. Which key that is, and whether it may be pressed, is known where there are keys.

use crate::domain::ObjectRef;

/// One sort of help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remedy {
    /// Read the logs of its pods.
    Logs,
    /// Look at its manifest in git: it is corrected there.
    File,
    /// Forget the failures that were counted, and try again.
    Reset,
    /// Let it be reconciled again.
    Resume,
    /// Have it reconciled now.
    Reconcile,
    /// Fetch its source again, then reconcile it.
    ReconcileWithSource,
    /// Take back the commit that changed it.
    RollBack,
    /// Read its events.
    Events,
    /// Read what its controller has written about it.
    ControllerLogs,
}

impl Remedy {
    /// Its name in JSON.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::File => "file",
            Self::Reset => "reset-failures",
            Self::Resume => "resume-it",
            Self::Reconcile => "reconcile-it",
            Self::ReconcileWithSource => "reconcile-its-source",
            Self::RollBack => "roll-back",
            Self::Events => "events",
            Self::ControllerLogs => "controller-logs",
        }
    }
}

/// A remedy, and what it is applied to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Press {
    pub remedy: Remedy,
    pub object: ObjectRef,
}
