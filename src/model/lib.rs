//! The pure core of fluxdeck: everything that can be decided without I/O.
//!
//! ```text
//!  commands   what a user can do, and the keys for it
//!  state      all data a screen may read; messages in, effects out; jobs under way
//!  actions    what is done in the cluster now: patches, guards, what to wait for
//!  forms      a question as data: fields, what each takes, the answers
//!  insight    questions answered from builds and the graph: what set a field, what is wrong, what drifted, and why
//!  playbooks  recipes for changes in git: the form, and the fields that it sets
//!  change     one change in git: the ways to a wanted value, and the proof for one of them
//!  edit       manifests edited in place: splices in their bytes, and the guard over them
//!  guards     what must not be edited: files, and values of Secrets; the names of branches for changes
//!  kinds      one file for each kind: how it is read, judged and shown
//!  render     what Flux would apply from a tree of files, and what set each field
//!  domain     objects, identity, health, edges, the store; plain data shared with I/O rooms
//!  error      what failed, on what, and what to do
//! ```
//! A room may name these; `tests/architecture` checks the sources against the table, and this text against it:
//! ```text
//!  commands  → state, playbooks, change, actions, forms, insight, kinds, domain, error
//!  state     → change, actions, forms, insight, render, kinds, domain, error
//!  actions   → forms, kinds, domain, error
//!  forms     → domain, error
//!  insight   → guards, render, kinds, domain, error
//!  playbooks → change, forms, insight, render, kinds, domain, error
//!  change    → edit, insight, guards, render, kinds, domain, error
//!  edit      → render, domain, error
//!  guards    → render, domain, error
//!  kinds     → domain
//!  render    → domain, error
//!  domain    → nothing
//!  error     → nothing
//! ```
//! No kube, tokio, ratatui, crossterm or git here: the compiler proves it, and the tests build in seconds.
//!
//! # Glossary
//! One word for one thing, in code, on the screen and in documents. `tests/words.rs` asserts that no two public types here share a
//! name, and lists the words that are not used.
//!
//! | word | meaning |
//! |---|---|
//! | object | one Kubernetes object of one cluster: its record in the store, never its whole body |
//! | kind | a Kubernetes kind that we know: how it is read, judged and shown |
//! | health, verdict | one of eight states of an object; the health with its reason and message |
//! | edge, relation | a link from one object to another; what it means (applies, owns, depends on …) |
//! | applier, owner, source | what applies an object; what owns it by `ownerReferences`; what an applier fetches from |
//! | store, delta, scope, coverage | all objects of a cluster; one change of them; what one list or watch covers; how far a scope is known |
//! | forest, home, row | the trees on the screen; an object's one parent in them; a line of the tree or of a table |
//! | revision | what a source has fetched, or an applier has applied |
//! | state, message, effect, intent | all data; anything that happened; a request to the outside; a request to the engine |
//! | epoch, ticket | the generation of a connection; the number of a view's question, which its reply carries |
//! | request, reply, outcome | what is sent to an API server; what a view gets; how a job's request ended |
//! | command, gesture, view | a named thing that a user can do; what a key means to a view; a screen or a dialog |
//! | action, act | a declared operation on live objects (suspend, reconcile …); one use of it, as in the log of acts |
//! | confirmation, consequence | the question before an act; one side effect that it counts |
//! | job, item, step, phase | an act under way; one object's part of it; one request of an item; how far an item is |
//! | journal, record | the file from which another run can continue a job; what is written to it before a request is sent |
//! | run | one process of fluxdeck, from start to end |
//! | form, field, answer | a question as data; one value it asks for; what the user entered |
//! | tree, folder, file | the files of a commit or a checkout, read-only; parts of it |
//! | node, entry, mapping, list, scalar | a YAML value with its trace; a key and its value in a mapping; the three sorts of values |
//! | origin, layer, trace | the file, line and column that set a value; by which means (patch, images …); all origins of a value |
//! | build, member | the rendering of one Flux Kustomization; a Flux Kustomization among those of a repository |
//! | wanted, desired, expected | requested by the user; `spec` against `status`; what a test compares with |
//! | explanation, first cause, rule | why an object is as it is, step by step; the step with which the way ends; what recognises it |
//! | evidence, gap | what was asked on demand about a cause; what could not be read, named |
//! | pulse, part | a cluster at a glance; one of the lists that it consists of |
//! | stale, ahead, behind | ready, but not reconciled for three intervals; fetched and not applied; not what the remote has |
//! | head, installation | what the remote of a source has; what Flux itself is made of in a cluster |
//! | values layer, stored release | where a key of Helm values comes from; a release as Helm keeps it: number, values, defaults of its chart, manifest |
//! | graph, link, passage | what depends on what, to be drawn; one object that another needs; whether that is ready |
//! | watched, notification | an object whose turns to bad or good are said; how the terminal says them |
//! | commit note, history end | a commit as its history has it, fit for a screen; why a history goes no further back |
//! | onset, suspect | since which revision an object is not ready, and the commits since then; one of them that may be why |
//! | log record, log subject, concern | one line of a controller's log; the object that it is about; what a log is read for |
//! | finding, drift | a problem that `check` reports; a difference between git and the cluster |
//! | place | a position in something; always with what it is a position in: `FilePlace`, `TextPlace`, `LayerPlace`, `NodePlace` |
//! | event, line of events | what a component reports of an object; all events that say the same of it |
//! | timeline, shift | what a session saw happen; one change of an object's state or revision |
//! | part of a body | what a body says beside spec and conditions: containers, volumes, owners |
//! | playbook, wanted field | a recipe for a change in git; a field with the value that it is to get |
//! | change | one proposed edit of a repository, from wanted fields to a pull request |
//! | target, scope of a change | the object that a change is for; the folder or Flux Kustomizations that count for it |
//! | way, attempt | one place whose edit can give a field its wanted value (`WayKind`: how); one set of writes for that place |
//! | proof, claim, check | the effects of a way, from building again; what it has to show; one thing that was verified, or why not |
//! | caution, alternative | what a change will do to the cluster besides what is wanted; a field of another object to be changed instead |
//! | plan, refused | a change with a proof for each field; why there is none, with all ways that were tried |
//! | order, site, proposal | a change as requested; its repository and branch; a plan as data for its review |
//! | draft | what was typed into the form of a change and not submitted; kept for a run |
//! | hand edit, opening | what a person typed into a file of the repository, as the lines that differ; the file that makes an object, or which there are |
//! | artifact source | the git repository, branch and folder that an artifact is made from, as a person says |
//! | edit, operation, splice | a change of a manifest; one request of an edit; the bytes that it replaces |
//! | YAML source, span, YAML event | the text of a file with its nodes; the bytes of one node; one step of a YAML reader |
//! | guard, lock reason | a rule about what must not be edited; why a file is locked |
//! | rule owner | who made a rule that denies a path: the user or the repository |
//! | policy, question, consent | a program that a repository names as a check of its changes; what a person is shown of all of them; the answer |
//! | catalogue, published version | where versions are on offer: a Helm repository, a registry; one version or tag that it has |
//! | sensitive | of a name: its value is a credential |

pub mod actions;
pub mod change;
pub mod commands;
pub mod domain;
pub mod edit;
pub mod error;
pub mod forms;
pub mod guards;
pub mod insight;
pub mod kinds;
pub mod playbooks;
pub mod render;
pub mod state;
#[cfg(test)]
mod testing;

pub use error::{Error, ErrorKind};
