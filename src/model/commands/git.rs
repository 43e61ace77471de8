//! What git says: the fields that it sets with file and line, and where the cluster differs from it.

use super::{Command, Cx, Gesture, Run, Scope, Screen, Target, Transition};
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
        scopes: &[Scope::Text],
        run: Run::Act(origins),
    },
    Command {
        name: "",
        aliases: &[],
        keys: &["o"],
        doc: "the file at the line that sets the field".into(),
        footer: "file",
        scopes: &[Scope::Fields],
        run: Run::Gesture(Gesture::File),
    },
    Command {
        name: "",
        aliases: &[],
        keys: &["e"],
        doc: "open the file at the line in $EDITOR, where a checkout of yours has it".into(),
        footer: "$EDITOR",
        scopes: &[Scope::File],
        run: Run::Gesture(Gesture::Edit),
    },
    Command {
        name: "drift",
        aliases: &[],
        keys: &[],
        doc: "compare the cluster with what git renders at the applied revisions: every field that differs, with its file and line".into(),
        footer: "",
        scopes: &[Scope::Everywhere],
        run: Run::Act(|cx, _| {
            compare(cx)?;
            cx.transit(Transition::Go(Screen::DRIFT, Target::Nothing));
            Ok(())
        }),
    },
    Command {
        name: "drifted",
        aliases: &[],
        keys: &[],
        doc: "compare the cluster with git and show in the tree what differs; again, in the tree: everything".into(),
        footer: "",
        scopes: &[Scope::Everywhere],
        run: Run::Act(drifted),
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
            "only what a Kustomization applies has a manifest in git that can be found",
        ));
    };
    if manifest.object != object {
        cx.say(format!("{object} is not in git itself: {} is", manifest.object));
    }
    cx.transit(Transition::Open(Screen::ORIGINS, Target::Object(manifest.object)));
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
    let is_shown = cx.scope == Scope::Tree && cx.state.cluster().tree.drifted;
    if !is_shown {
        compare(cx)?;
    }
    cx.intend(Intent::Show(Show::Drifted(!is_shown)));
    cx.transit(Transition::Go(Screen::TREE, Target::Nothing));
    Ok(())
}
