//! Commands about git: the fields that it sets with file and line, and where the cluster differs from it.

use super::{Command, Cx, Gesture, Handler, KeyScope, Screen, Subject, Transition};
use crate::error::{Error, Result};
use crate::state::{Intent, Show};

pub(super) fn all() -> Vec<Command> {
    vec![
    Command {
        name: "origins",
        aliases: &["fields"],
        keys: &["o"],
        doc: "the fields that git sets, each with the file, line and layer that set it".into(),
        footer: "origins",
        scopes: &[KeyScope::Text],
        run: Handler::Act(origins),
    },
    Command {
        name: "",
        aliases: &[],
        keys: &["o"],
        doc: "the file at the line that sets the field".into(),
        footer: "file",
        scopes: &[KeyScope::Fields],
        run: Handler::Gesture(Gesture::File),
    },
    Command {
        name: "",
        aliases: &[],
        keys: &["e"],
        doc: "open the file at the line in $EDITOR, if one of your checkouts has it".into(),
        footer: "$EDITOR",
        scopes: &[KeyScope::File],
        run: Handler::Gesture(Gesture::Edit),
    },
    Command {
        name: "",
        aliases: &[],
        keys: &["e"],
        doc: "another value for the field, in git: a form, the review, then a pull request".into(),
        footer: "change",
        scopes: &[KeyScope::Fields],
        run: Handler::Gesture(Gesture::Edit),
    },
    Command {
        name: "changes",
        aliases: &[],
        keys: &[],
        doc: "changes in git that are under way, and their pull requests".into(),
        footer: "",
        scopes: &[KeyScope::Everywhere],
        run: Handler::Act(|cx, _| {
            cx.transit(Transition::Open(Screen::JOBS, Subject::Changes));
            Ok(())
        }),
    },
    Command {
        name: "drift",
        aliases: &[],
        keys: &[],
        doc: "compare the cluster with what git renders at the applied revisions: every field that differs, with its file and line".into(),
        footer: "",
        scopes: &[KeyScope::Everywhere],
        run: Handler::Act(|cx, _| {
            compare(cx)?;
            cx.transit(Transition::Go(Screen::DRIFT, Subject::Nothing));
            Ok(())
        }),
    },
    Command {
        name: "drifted",
        aliases: &[],
        keys: &[],
        doc: "compare the cluster with git and show the differences in the tree; again, in the tree: everything".into(),
        footer: "",
        scopes: &[KeyScope::Everywhere],
        run: Handler::Act(drifted),
    },
    ]
}

/// Opens the fields of the nearest object that git has a manifest of.
fn origins(cx: &mut Cx, _: &str) -> Result<()> {
    let nothing = || Error::failed("nothing is selected", "move to an object first");
    let object = cx.targets.first().cloned().ok_or_else(nothing)?;
    let Some(manifest) = cx.state.cluster().manifest(&object) else {
        return Err(Error::failed(
            format!("no Flux Kustomization is known to apply {object}"),
            "a manifest in git can be found only for objects that a Kustomization applies",
        ));
    };
    if manifest.object != object {
        cx.say(format!("{object} is not in git itself: {} is", manifest.object));
    }
    cx.transit(Transition::Open(Screen::ORIGINS, Subject::Object(manifest.object)));
    Ok(())
}

/// Starts a comparison, in place of the one before.
fn compare(cx: &mut Cx) -> Result<()> {
    if cx.state.cluster().kustomizations().is_empty() {
        return Err(Error::failed("there is no Flux Kustomization to compare", "`:ctx` shows other clusters"));
    }
    cx.intend(Intent::Compare);
    Ok(())
}

fn drifted(cx: &mut Cx, _: &str) -> Result<()> {
    // somewhere else it asks for drift, whatever the tree shows
    let is_shown = cx.scope == KeyScope::Tree && cx.state.cluster().tree.drifted;
    if !is_shown {
        compare(cx)?;
    }
    cx.intend(Intent::Show(Show::Drifted(!is_shown)));
    cx.transit(Transition::Go(Screen::TREE, Subject::Nothing));
    Ok(())
}
