//! Reads what `get` prints, and nothing else of the cluster: the kinds that are asked for, where they are asked for, and beside them what
//! their columns and fields depend on ([`Beside`]).
//!
//! ```text
//!  printed                                          read beside it
//!  names                                            nothing, unless states are asked for
//!  states and messages                              what is below the workloads that are in progress
//!  the revision of an applier                       the sources that the printed ones name
//!  JSON, YAML: `edge`, the relation to its parent   what its labels and its owner references name
//!  that nothing was found                           the namespaces, for the one that was probably meant
//! ```

use std::collections::BTreeSet;

use super::selection::Selection;
use crate::cli::act::select::scopes_in;
use crate::cli::headless::Headless;
use crate::cli::{Call, Format, Look};
use crate::runtime::Options;
use fluxdeck_model::domain::{Scope, Str};
use fluxdeck_model::error::Result;
use fluxdeck_model::kinds;
use fluxdeck_model::state::following::Beside;
use fluxdeck_model::state::{Intent, Settings, State};

/// What is waited for longer where it takes long.
const HINT: &str = "wait longer with --timeout";

impl Look {
    /// What has to be known of other objects.
    fn beside(&self) -> Beside {
        let is_document = matches!(self.output, Format::Json | Format::Yaml);
        let below = self.output != Format::Name || !self.pick.status.is_empty() || self.pick.exit_code;
        Beside { sources: self.output.is_table(), below, parents: is_document }
    }
}

/// Reads what is printed of a selection in these namespaces.
///
/// # Errors
/// When the cluster is not reachable, or does not answer in time; a kind that nobody knows.
pub(super) async fn read(
    call: &Call,
    selection: &Selection,
    namespaces: Option<&BTreeSet<Str>>,
    look: &Look,
) -> Result<Headless> {
    let known = selection.known().into_iter().flat_map(|kind| scopes_in(namespaces, &kind.gk(), kind.namespaced)).collect();
    let options = Options { only: Some(known), beside: look.beside(), once: true, ..call.options.clone() };
    let mut headless = Headless::start(&call.context, options, Settings::default(), true);
    if selection.has_unknown() {
        headless.connected(look.pick.patience.limit(), HINT).await?;
        let served = selection.served(&headless.state().cluster().server.kinds)?;
        let scopes = served.iter().flat_map(|kind| scopes_in(namespaces, &kind.gk, kind.is_namespaced)).collect();
        read_also(&mut headless, scopes, look).await?;
    }
    // a table has the objects of its kind: what fails beside it does not make it less
    let is_asked_for = |state: &State, scope: &Scope| selection.has(&scope.gk, state.cluster());
    headless.complete(look.pick.patience.limit(), HINT, is_asked_for).await?;
    headless.work();
    Ok(headless)
}

/// Reads the namespaces too, as far as that is allowed.
///
/// # Errors
/// When the cluster is not reachable any more.
pub(super) async fn read_namespaces(headless: &mut Headless, look: &Look) -> Result<()> {
    read_also(headless, vec![Scope { gk: kinds::NAMESPACE.gk(), namespace: None }], look).await?;
    headless.complete(look.pick.patience.limit(), HINT, |_, _| false).await
}

/// Begins to read more.
async fn read_also(headless: &mut Headless, scopes: Vec<Scope>, look: &Look) -> Result<()> {
    headless.intend(Intent::Read(scopes.clone()));
    let is_begun = |state: &State| scopes.iter().all(|scope| state.cluster().store.coverage_of(scope).is_some());
    headless.until(look.pick.patience.limit(), is_begun).await.map(drop)
}
