//! What is wished from the outside, as values: tests compare them, the runtime carries them out.

use super::message::Epoch;
use crate::domain::{ClusterId, ObjectRef, Str, Uid};

/// The number of one request of a view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Leave what this cluster was connected to and connect it to that context of the kubeconfig (empty: the current one).
    Connect {
        cluster: ClusterId,
        epoch: Epoch,
        context: String,
    },
    /// Also look into these namespaces where a kind may not be listed everywhere.
    Include {
        cluster: ClusterId,
        namespaces: Vec<Str>,
    },
    /// Look for what this object owns among the kinds that are not followed.
    Owned(ObjectRef, Uid),
    /// List the kinds again: what a person means by refresh.
    Refresh {
        cluster: ClusterId,
    },
    /// Fetch one aspect of an object for a view.
    Look {
        ticket: Ticket,
        object: ObjectRef,
        version: Str,
        aspect: Aspect,
    },
    /// The view is gone: stop what it asked for.
    Drop(Ticket),
    /// Put text on the clipboard.
    Copy(String),
    /// Give the terminal back to the shell until it resumes us (ctrl-z).
    Suspend,
    /// Draw everything anew.
    Redraw,
    Quit,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Aspect {
    /// The object as YAML, without managedFields, Secrets masked.
    Yaml,
    /// Spec summary, history and events.
    Details,
    Events,
    Logs(LogRequest),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogRequest {
    /// Pods by name in the object's namespace.
    pub pods: Vec<Str>,
    /// One container by name; none means all.
    pub container: Option<String>,
    /// The instance before the present one.
    pub previous: bool,
    pub timestamps: bool,
    /// Lines from the end to start with.
    pub tail: u32,
}
