//! Commands about git: the fields that it sets with file and line, and where the cluster differs from it.

use jiff::SignedDuration;

use super::{Command, Cx, Gesture, Group, Handler, KeyScope, Screen, Subject, Transition};
use crate::domain::ObjectRef;
use crate::error::{Error, Result};
use crate::state::pulls::PullProgress;
use crate::state::{Intent, Show, State};

/// How long what is known of pull requests is shown without looking again.
const FRESH: SignedDuration = SignedDuration::from_mins(2);
/// The name of the command for the fields that git sets.
const FIELDS: &str = "origins";

pub(super) fn all() -> Vec<Command> {
    fields().into_iter().chain(comparing()).collect()
}

/// The fields that git sets, and their files.
fn fields() -> [Command; 7] {
    let key = |keys: &'static [&'static str], doc: &'static str, footer, scopes, gesture| Command {
        name: "",
        aliases: &[],
        keys,
        doc: doc.into(),
        footer,
        group: Group::Look,
        scopes,
        run: Handler::Gesture(gesture),
    };
    [
        Command {
            name: FIELDS,
            aliases: &["fields"],
            keys: &["o"],
            doc: "the fields that git sets, each with the file, line and layer that set it".into(),
            footer: "origins",
            group: Group::Look,
            scopes: &[KeyScope::Text, KeyScope::Why],
            run: Handler::Act(origins),
        },
        key(&["o"], "the file at the line that sets the field", "file", &[KeyScope::Fields, KeyScope::Values], Gesture::File),
        key(
            &["e"],
            "open the file at the line in $EDITOR as your own checkout has it, to commit and push it yourself",
            "$EDITOR",
            &[KeyScope::File],
            Gesture::Edit,
        ),
        key(
            &["E", "e"],
            "title and text of the pull request in $EDITOR; where it was refused: the file at the line, at the head of its branch",
            "edit its file",
            &[KeyScope::Review],
            Gesture::Edit,
        ),
        key(
            &["E"],
            "edit the file at the line by hand, as it is at the head of its branch: the review, then a pull request",
            "edit its file",
            &[KeyScope::Fields, KeyScope::File],
            Gesture::EditFile,
        ),
        key(
            &["B"],
            "take back the commit that changed it last, as `press` says: a form, the review, then a pull request",
            "roll back",
            &[KeyScope::Why],
            Gesture::RollBack,
        ),
        key(
            &["e"],
            "another value for the field, in git: a form, the review, then a pull request",
            "change",
            &[KeyScope::Fields, KeyScope::Values],
            Gesture::Edit,
        ),
    ]
}

/// Changes under way, and the cluster against git.
fn comparing() -> [Command; 4] {
    let named = |name, doc: &'static str, act: fn(&mut Cx, &str) -> Result<()>| Command {
        name,
        aliases: &[],
        keys: &[],
        doc: doc.into(),
        footer: "",
        group: Group::Look,
        scopes: &[KeyScope::Everywhere],
        run: Handler::Act(act),
    };
    [
        named("changes", "changes in git that are under way, and their pull requests", |cx, _| {
            cx.transit(Transition::Open(Screen::JOBS, Subject::Changes));
            Ok(())
        }),
        Command {
            aliases: &["pulls", "mrs"],
            ..named(
                "prs",
                "open pull requests of the repositories that the cluster applies, anyone's, and what they touch",
                pulls,
            )
        },
        named(
            "drift",
            "compare the cluster with what git renders at the applied revisions: every field that differs, with its file and \
             line",
            |cx, _| {
                compare(cx)?;
                cx.transit(Transition::Go(Screen::DRIFT, Subject::Nothing));
                Ok(())
            },
        ),
        named(
            "drifted",
            "compare the cluster with git and show the differences in the tree; again, in the tree: everything",
            drifted,
        ),
    ]
}

/// The command for the fields that git sets: its key, and what it does.
pub fn fields_command() -> (&'static str, &'static str) {
    let command = super::find(FIELDS).expect("it is declared here");
    (command.keys[0], &command.doc)
}

/// What makes an object, where git has no manifest of its own: for an object of a chart its HelmRelease.
pub fn maker(object: &ObjectRef, state: &State) -> Option<ObjectRef> {
    state.cluster().manifest(object).map(|manifest| manifest.object).filter(|maker| maker != object)
}

fn origins(cx: &mut Cx, _: &str) -> Result<()> {
    let nothing = || Error::failed("nothing is selected", "move to an object first");
    let object = cx.targets.first().cloned().ok_or_else(nothing)?;
    open_fields(&object, cx)
}

/// Opens the fields of the nearest object that git has a manifest of.
///
/// # Errors
/// There is none.
pub fn open_fields(object: &ObjectRef, cx: &mut Cx) -> Result<()> {
    let Some(manifest) = cx.state.cluster().manifest(object) else {
        return Err(Error::failed(
            format!("no Flux Kustomization is known to apply {object}"),
            "a manifest in git can be found only for objects that a Kustomization applies",
        ));
    };
    if manifest.object != *object {
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

/// Shows what is known of pull requests, and looks them up where that was not done yet or is old.
fn pulls(cx: &mut Cx, _: &str) -> Result<()> {
    let is_due = match cx.state.cluster().pulls.progress {
        PullProgress::Never => true,
        PullProgress::Running => false,
        PullProgress::Done(at) => cx.state.clock.duration_since(at) > FRESH,
    };
    if is_due {
        cx.intend(Intent::LookForPulls);
    }
    cx.transit(Transition::Open(Screen::PULLS, Subject::Nothing));
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
