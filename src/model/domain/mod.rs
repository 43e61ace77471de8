//! The field's terms as types: objects, their identity, health and edges, and the store that indexes them.
//!
//! Pure and at the bottom: nothing here depends on another room. No JSON (that stops in `kinds`), no text layout.

pub mod act;
pub mod aligned;
pub mod artifact_source;
pub mod ascii;
pub mod cluster_key;
pub mod commit_note;
pub mod context;
pub mod csv;
pub mod dry_run;
pub mod duration;
pub mod event;
pub mod fork;
pub mod go_pattern;
pub mod health;
pub mod identity;
pub mod inventory;
pub mod label_selector;
pub mod notification;
pub mod object;
pub mod pattern;
pub mod pause;
pub mod policy;
pub mod printed;
pub mod published;
pub mod pull;
pub mod quantity;
pub mod query;
pub mod revision;
pub mod secrets;
pub mod severity;
pub mod store;
pub mod text;
pub mod version;
pub mod width;

pub use act::{Act, ActEnd};
pub use artifact_source::{ArtifactSource, SaidSource};
pub use cluster_key::ClusterKey;
pub use commit_note::{CommitNote, HistoryEnd, PullMark, RawCommit};
pub use context::Context;
pub use event::{EventLine, EventLog, EventRow, LineKey};
pub use health::Health;
pub use identity::{ClusterId, GroupKind, ObjectRef, Str, Uid};
pub use label_selector::LabelSelector;
pub use notification::NotifyBy;
pub use object::{
    Condition, Control, Deletion, Edge, Facts, FailingContainer, Labels, Object, Owner, Pace, Relation, Suspension, Verdict,
};
pub use policy::{Guarded, Policy};
pub use printed::{Printed, PrintedChange, PrintedColumn, PrintedNews, PrintedQuery, PrintedRow, ServedKind, is_event};
pub use pull::{Checks, Merge, NewPull, OpenPulls, Pull, PullState, Reviews};
pub use store::{Changes, Coverage, Delta, NodeId, ObjectState, Presence, Scope, StateShift, Store, StoredEdge};
