//! Wherever there is a revision, its commit: by `g`, where that is not "top", and by `:commit` everywhere.

use super::{Command, Cx, Gesture, Group, Handler, KeyScope, Screen, Subject, Transition};
use crate::change::CommitAsk;
use crate::domain::ObjectRef;
use crate::error::{Error, Result};
use crate::kinds;
use crate::state::State;

const NAME: &str = "commit";
const DOC: &str = "the commit of the revision: subject, author, age and diff, and what is fetched and not applied yet";

pub(super) fn all() -> Vec<Command> {
    let base = Command {
        name: "",
        aliases: &[],
        keys: &["g"],
        doc: DOC.into(),
        footer: NAME,
        group: Group::Look,
        scopes: &[],
        run: Handler::Gesture(Gesture::Commit),
    };
    vec![
        Command {
            name: NAME,
            aliases: &["revision"],
            keys: &[],
            doc: "the commit of the revision of the selected object, or of a revision by its name (`:commit 3d3b4b7`): subject, author, \
                  age and diff"
                .into(),
            footer: "",
            scopes: &[KeyScope::Everywhere],
            run: Handler::Act(commit),
            ..base
        },
        Command { scopes: &[KeyScope::Text, KeyScope::Fields], footer: "", run: Handler::Act(commit), ..plain(&base) },
        Command { scopes: &[KeyScope::Why, KeyScope::File], ..plain(&base) },
        Command { doc: "of a change: its commit; in the list: to the top".into(), scopes: &[KeyScope::Jobs], ..plain(&base) },
        Command {
            keys: &["tab"],
            doc: "the commit, or all that is fetched and not applied yet".into(),
            footer: "applied..fetched",
            scopes: &[KeyScope::Commit],
            run: Handler::Gesture(Gesture::NextPane),
            ..plain(&base)
        },
        Command {
            keys: &["y"],
            doc: "copy the whole id of the commit".into(),
            footer: "copy id",
            scopes: &[KeyScope::Commit],
            run: Handler::Gesture(Gesture::CopyPage),
            ..plain(&base)
        },
    ]
}

/// The same again.
fn plain(command: &Command) -> Command {
    Command { doc: command.doc.clone(), ..*command }
}

/// The key for the commit of what is shown, and what it does.
pub fn commit_command() -> (&'static str, &'static str) {
    ("g", DOC)
}

/// What knows the repository and the revision of an object: a Flux Kustomization and a GitRepository by themselves, everything else by the
/// Kustomization that applies it. None where there is none.
pub fn commit_known(object: &ObjectRef, state: &State) -> Option<ObjectRef> {
    if kinds::KUSTOMIZATION.is(&object.gk) || kinds::GIT_REPOSITORY.is(&object.gk) {
        return Some(object.clone());
    }
    state.cluster().manifest(object).map(|manifest| manifest.applied_by)
}

/// Opens a commit of the repository that an object comes from.
///
/// # Errors
/// No repository is known to make it.
pub fn open_commit(object: &ObjectRef, ask: CommitAsk, cx: &mut Cx) -> Result<()> {
    if !matches!(ask, CommitAsk::At(_)) && commit_known(object, cx.state).is_none() {
        return Err(Error::failed(
            format!("no Flux Kustomization is known to apply {object}"),
            "a commit can be found only for what a Kustomization applies, and for a GitRepository",
        ));
    }
    cx.transit(Transition::Open(Screen::COMMIT, Subject::Commit(object.clone(), Box::new(ask))));
    Ok(())
}

fn commit(cx: &mut Cx, text: &str) -> Result<()> {
    let nothing = || Error::failed("nothing is selected", "move to an object first");
    let object = cx.targets.first().cloned().ok_or_else(nothing)?;
    let ask = match text.trim() {
        "" => CommitAsk::Present,
        name => CommitAsk::Named(name.to_owned()),
    };
    open_commit(&object, ask, cx)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::lookup;
    use crate::state::Key;

    #[test]
    fn g_is_the_top_on_rows_as_in_k9s_and_the_commit_where_one_thing_is_shown() {
        let meant = |key: &str, scope: KeyScope| {
            let command =
                lookup(Key::parse(key).expect("a key"), scope).unwrap_or_else(|| panic!("{key} means nothing in {scope:?}"));
            match command.run {
                Handler::Gesture(Gesture::Top) => "top",
                Handler::Gesture(Gesture::Commit) => "commit",
                _ if command.doc == DOC => "commit",
                _ => "something else",
            }
        };
        for scope in [KeyScope::Tree, KeyScope::Table, KeyScope::Picker, KeyScope::Pulls, KeyScope::Logs, KeyScope::Events] {
            assert_eq!((meant("g", scope), meant("home", scope)), ("top", "top"), "{scope:?}");
        }
        for scope in [KeyScope::Why, KeyScope::Text, KeyScope::Fields, KeyScope::File, KeyScope::Jobs] {
            assert_eq!((meant("g", scope), meant("home", scope)), ("commit", "top"), "{scope:?}");
        }
    }
}
