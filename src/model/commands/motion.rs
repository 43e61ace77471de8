//! Moving, folding, marking and sorting: k9s's keys mean what they mean in k9s.

use super::{Command, Gesture, Group, Handler, KeyScope};

const LISTS: &[KeyScope] = &[
    KeyScope::Tree,
    KeyScope::Table,
    KeyScope::Picker,
    KeyScope::Jobs,
    KeyScope::Fields,
    KeyScope::Pulls,
    KeyScope::Why,
    KeyScope::Pulse,
    KeyScope::Graph,
    KeyScope::Events,
    KeyScope::Values,
];
const MARKED: &[KeyScope] = &[KeyScope::Tree, KeyScope::Table, KeyScope::Picker, KeyScope::Values];
const ROWS: &[KeyScope] = &[KeyScope::Tree, KeyScope::Table];
const ALL_VIEWS: &[KeyScope] = KeyScope::VIEWS;
/// Where left and right fold, or scroll.
const FOLDED: &[KeyScope] = &KeyScope::without::<16>(ALL_VIEWS, GRAPH);
/// Where `g` is not the commit of what is shown: on rows, as in k9s, and where there is none.
const NOT_OF_GIT: &[KeyScope] = &KeyScope::without::<12>(ALL_VIEWS, OF_GIT);
/// Where it is: "top" stays on `home`.
const OF_GIT: &[KeyScope] = &[KeyScope::Text, KeyScope::Fields, KeyScope::File, KeyScope::Jobs, KeyScope::Why];
const EVENTS: &[KeyScope] = &[KeyScope::Events];
const GRAPH: &[KeyScope] = &[KeyScope::Graph];
const REVIEW: &[KeyScope] = &[KeyScope::Review];
const PULLS: &[KeyScope] = &[KeyScope::Pulls];
const TREE: &[KeyScope] = &[KeyScope::Tree];
const SEARCHED: &[KeyScope] = &[
    KeyScope::Text,
    KeyScope::Logs,
    KeyScope::File,
    KeyScope::Review,
    KeyScope::Pulls,
    KeyScope::Commit,
    KeyScope::Values,
    KeyScope::Graph,
];
const TEXTS: &[KeyScope] = &[KeyScope::Text, KeyScope::Logs, KeyScope::ControllerLogs, KeyScope::File, KeyScope::Commit];
const LOGS: &[KeyScope] = &[KeyScope::Logs, KeyScope::ControllerLogs];
const OF_CONTROLLERS: &[KeyScope] = &[KeyScope::ControllerLogs];
/// Where something may fail, or say so.
const FAILING: &[KeyScope] =
    &[KeyScope::Tree, KeyScope::Table, KeyScope::Logs, KeyScope::ControllerLogs, KeyScope::Graph, KeyScope::Events];

fn key(keys: &'static [&'static str], scopes: &'static [KeyScope], gesture: Gesture, doc: &'static str) -> Command {
    footed(keys, scopes, gesture, doc, "")
}

fn footed(
    keys: &'static [&'static str],
    scopes: &'static [KeyScope],
    gesture: Gesture,
    doc: &'static str,
    footer: &'static str,
) -> Command {
    let (group, run) = (group_of(gesture), Handler::Gesture(gesture));
    Command { name: "", aliases: &[], keys, doc: doc.into(), footer, group, scopes, run }
}

/// The chapter of what a key means to a view.
fn group_of(gesture: Gesture) -> Group {
    use Gesture as G;
    match gesture {
        G::Down | G::Up | G::PageDown | G::PageUp | G::Top | G::Bottom | G::Left | G::Right | G::Open | G::Back => Group::Move,
        G::UnfoldBelow | G::FoldAll | G::UnfoldAll | G::Parent | G::Source | G::Dependants | G::NextPane => Group::Move,
        G::SortName | G::SortState | G::SortAge | G::SortLeft | G::SortRight | G::SortColumn => Group::Find,
        G::NextMatch | G::PreviousMatch | G::NextFailure | G::PreviousFailure => Group::Find,
        G::Again | G::Heads | G::Defaults | G::Unmask | G::Older | G::Newer => Group::Look,
        G::Page | G::Competing | G::Why | G::CopyPage | G::CopyPatch | G::Copy | G::CopyNamespace => Group::Look,
        G::Wrap
        | G::Follow
        | G::Below
        | G::Trouble
        | G::Timestamps
        | G::Previous
        | G::NextContainer
        | G::Clear
        | G::File
        | G::Commit => Group::Look,
        G::Level | G::Whole => Group::Look,
        G::Mark | G::MarkRange | G::MarkAll | G::ClearMarks | G::Stop | G::WatchOn | G::GoOn | G::Fork => Group::Act,
        G::Edit | G::EditFile | G::RollBack => Group::Act,
        G::Undo | G::Comment | G::Approve | G::Submit | G::PushOnly | G::LeaveOut | G::Labels | G::Reviewers => Group::Act,
        G::Programs | G::Retitle | G::Draft | G::MergeLater | G::Instead | G::Reconcile => Group::Act,
    }
}

pub(super) fn all() -> Vec<Command> {
    [views(), of_graphs(), of_jobs(), of_pulls(), of_reviews(), of_values(), copies()].into_iter().flatten().collect()
}

/// In lists and in texts.
fn views() -> Vec<Command> {
    vec![
        key(&["j", "down"], ALL_VIEWS, Gesture::Down, "down"),
        key(&["k", "up"], ALL_VIEWS, Gesture::Up, "up"),
        key(&["ctrl-f", "pgdn"], ALL_VIEWS, Gesture::PageDown, "a page down"),
        key(&["ctrl-b", "pgup"], ALL_VIEWS, Gesture::PageUp, "a page up"),
        key(&["g", "home"], NOT_OF_GIT, Gesture::Top, "to the top"),
        key(&["home"], OF_GIT, Gesture::Top, "to the top: unlike k9s not on g, which is the commit here"),
        key(&["G", "end"], ALL_VIEWS, Gesture::Bottom, "to the bottom"),
        key(&["right"], FOLDED, Gesture::Right, "unfold; scroll right in text"),
        key(&["left", "h"], FOLDED, Gesture::Left, "fold, or go to the parent; scroll left in text"),
        footed(&["enter"], LISTS, Gesture::Open, "open: details; a reference row jumps", "open"),
        key(&["*"], TREE, Gesture::UnfoldBelow, "unfold everything below"),
        key(&["z"], TREE, Gesture::FoldAll, "fold everything"),
        key(&["Z"], TREE, Gesture::UnfoldAll, "unfold everything"),
        key(&["o"], ROWS, Gesture::Parent, "jump to the owner (the parent)"),
        key(&["U"], ROWS, Gesture::Source, "jump to the source"),
        key(&["u"], ROWS, Gesture::Dependants, "used by: what depends on it"),
        key(&["space"], MARKED, Gesture::Mark, "mark, or take the mark away"),
        key(&["ctrl-space"], ROWS, Gesture::MarkRange, "mark from the last mark to here"),
        key(&["M"], ROWS, Gesture::MarkAll, "mark everything that the filter shows"),
        key(&["ctrl-\\"], MARKED, Gesture::ClearMarks, "clear all marks"),
        key(&["N"], ROWS, Gesture::SortName, "sort by name; again: reverse"),
        key(&["S"], ROWS, Gesture::SortState, "sort by state, worst first: the tree begins so"),
        key(&["A"], ROWS, Gesture::SortAge, "sort by age, latest change first"),
        key(&["shift-left"], &[KeyScope::Table], Gesture::SortLeft, "choose the column to the left"),
        key(&["shift-right"], &[KeyScope::Table], Gesture::SortRight, "choose the column to the right"),
        key(&["O"], &[KeyScope::Table], Gesture::SortColumn, "sort by the chosen column; again: reverse"),
        key(&["n"], SEARCHED, Gesture::NextMatch, "next match"),
        key(&["N"], SEARCHED, Gesture::PreviousMatch, "previous match"),
        key(&["."], FAILING, Gesture::NextFailure, "the next failure, also below closed rows"),
        key(&[","], FAILING, Gesture::PreviousFailure, "the failure before"),
        footed(&["w"], TEXTS, Gesture::Wrap, "wrap long lines", "wrap"),
        footed(
            &["b"],
            &[KeyScope::Pulse],
            Gesture::Heads,
            "ask the remotes of all sources whether these are behind: git, registries, chart repositories, with your own logins",
            "ask remotes",
        ),
        footed(&["b"], EVENTS, Gesture::Below, "of the object alone, or of everything below it too", "below"),
        footed(&["!"], EVENTS, Gesture::Trouble, "only what is wrong: warnings, failures; again: all", "warnings"),
        footed(&["z"], EVENTS, Gesture::FoldAll, "those that say the same as one line, or each by itself", "unfold"),
        footed(&["enter"], OF_CONTROLLERS, Gesture::Open, "all fields of the line; again: fold them", "fields"),
        footed(&["e"], OF_CONTROLLERS, Gesture::Level, "levels: all, info and worse, warnings and errors", "levels"),
        footed(
            &["tab"],
            OF_CONTROLLERS,
            Gesture::Whole,
            "all lines of the controllers; again: those about the object",
            "all lines",
        ),
        footed(
            &["s"],
            &[KeyScope::Logs, KeyScope::ControllerLogs, KeyScope::Events],
            Gesture::Follow,
            "follow, or stay",
            "follow",
        ),
        key(&["t"], LOGS, Gesture::Timestamps, "timestamps"),
        footed(&["p"], LOGS, Gesture::Previous, "the previous instance of the containers", "previous"),
        footed(&["tab"], &[KeyScope::Logs], Gesture::NextContainer, "next container, then all", "container"),
        key(&["C"], LOGS, Gesture::Clear, "clear"),
    ]
}

/// Of what depends on what.
fn of_graphs() -> Vec<Command> {
    vec![
        footed(&["right", "l"], GRAPH, Gesture::Right, "along a line to what needs the object", "needed by"),
        footed(&["left", "h"], GRAPH, Gesture::Left, "along a line to what the object needs", "needs"),
        footed(&["z"], GRAPH, Gesture::FoldAll, "only what the selected object needs, and what needs it", "only this"),
        footed(&["Z"], GRAPH, Gesture::UnfoldAll, "everything in the namespaces that are looked at", "everything"),
    ]
}

/// Of jobs and of changes that are followed.
fn of_jobs() -> Vec<Command> {
    vec![
        footed(&["x"], &[KeyScope::Jobs], Gesture::Stop, "stop what has not begun; again: no longer follow the rest", "stop"),
        footed(&["w"], &[KeyScope::Jobs], Gesture::WatchOn, "keep watching failed items that are retried", "keep watching"),
        footed(&["r"], &[KeyScope::Jobs], Gesture::GoOn, "continue what waits for you, also of an earlier run", "continue"),
        footed(
            &["R"],
            &[KeyScope::Jobs],
            Gesture::Reconcile,
            "of a merged change: reconcile what applies it, its source and what it waits for",
            "apply now",
        ),
        footed(
            &["u"],
            &[KeyScope::Jobs],
            Gesture::Undo,
            "of a merged change: take it back, as another change that is reviewed as any",
            "undo",
        ),
        footed(
            &["F"],
            &[KeyScope::Jobs],
            Gesture::Fork,
            "of a change that you may not push: push it to a fork of yours, made where there is none; asks before",
            "fork",
        ),
        footed(
            &["D"],
            &[KeyScope::Jobs],
            Gesture::Draft,
            "of a change: make its pull request a draft, or say that it is ready for review; asks before",
            "draft",
        ),
        footed(
            &["M"],
            &[KeyScope::Jobs],
            Gesture::MergeLater,
            "of a change: let the forge merge it once its checks have passed; asks before",
            "auto-merge",
        ),
        footed(&["o"], &[KeyScope::Jobs], Gesture::Page, "of a change: the address of its pull request", "pull request"),
        key(&["y"], &[KeyScope::Jobs], Gesture::CopyPage, "of a change: copy the address of its pull request"),
    ]
}

/// Of pull requests, in their list and in front of one.
fn of_pulls() -> Vec<Command> {
    vec![
        key(&["W"], PULLS, Gesture::Why, "why what it changes is so: of several objects the first that is not well"),
        footed(&["tab"], PULLS, Gesture::NextPane, "next part: what is rendered, the files, the text, the summary", "next part"),
        footed(
            &["C"],
            PULLS,
            Gesture::Comment,
            "comment on the pull request; the text is shown once more before it is sent",
            "comment",
        ),
        footed(&["A"], PULLS, Gesture::Approve, "approve the pull request as it was read; asks before", "approve"),
        footed(&["D"], PULLS, Gesture::Draft, "make the pull request a draft, or say that it is ready for review", "draft"),
        footed(
            &["M"],
            PULLS,
            Gesture::MergeLater,
            "let the forge merge it once its checks have passed; only where the base branch requires a check",
            "auto-merge",
        ),
        footed(&["E", "e"], PULLS, Gesture::Edit, "another title and text for the pull request, in $EDITOR", "title and text"),
        footed(&["o"], PULLS, Gesture::Page, "the address of the pull request", "page"),
        key(&["y"], PULLS, Gesture::CopyPage, "copy the address of the pull request"),
        footed(&["r", "ctrl-r"], PULLS, Gesture::Again, "look them up again; of one: read it again", "look again"),
        key(&["w"], PULLS, Gesture::Wrap, "wrap long lines"),
    ]
}

/// Of a change that is reviewed.
fn of_reviews() -> Vec<Command> {
    vec![
        footed(&["enter"], REVIEW, Gesture::Submit, "submit the change; where it was refused: take the selected way", "submit"),
        footed(
            &["tab"],
            REVIEW,
            Gesture::NextPane,
            "next part: the diff, what is built then, the text of the pull request, what it is",
            "next part",
        ),
        footed(
            &["space"],
            REVIEW,
            Gesture::LeaveOut,
            "of a change of several fields: leave the selected one out, or take it in again; all is planned and proven again",
            "leave out",
        ),
        footed(&["p"], REVIEW, Gesture::PushOnly, "push the branch, and open no pull request", "push only"),
        footed(&["t"], REVIEW, Gesture::Retitle, "another title for the pull request and the commit", "title"),
        key(&["l"], REVIEW, Gesture::Labels, "labels of the pull request"),
        key(&["r"], REVIEW, Gesture::Reviewers, "who is asked for a review of it"),
        footed(
            &["P"],
            REVIEW,
            Gesture::Programs,
            "the programs that the repository names as checks: read them, and let them run",
            "programs",
        ),
        footed(&["i"], REVIEW, Gesture::Instead, "where something else decides on the field: change that instead", "instead"),
        footed(&["O"], REVIEW, Gesture::Competing, "the open pull request that changes the same: read it", "the other"),
        footed(&["D"], REVIEW, Gesture::Draft, "open it as a draft, or not", "draft"),
        footed(
            &["M"],
            REVIEW,
            Gesture::MergeLater,
            "let the forge merge it once its checks have passed, or not; only where the base branch requires a check",
            "auto-merge",
        ),
        key(&["U"], REVIEW, Gesture::Source, "where only you know the repository of the source: say another one, or forget it"),
        footed(&["z"], REVIEW, Gesture::FoldAll, "list all that is not proven, or only count it", "not proven"),
        key(&["w"], REVIEW, Gesture::Wrap, "wrap long lines"),
        footed(&["y"], REVIEW, Gesture::CopyPatch, "copy the patch, as `git apply` takes it", "copy patch"),
    ]
}

/// Of Helm values.
fn of_values() -> Vec<Command> {
    let only = &[KeyScope::Values];
    vec![
        footed(
            &["tab"],
            only,
            Gesture::NextPane,
            "next part: the keys, what differs between two releases, the releases",
            "differences, releases",
        ),
        footed(&["z"], only, Gesture::Defaults, "only what differs from the defaults of the chart, or all", "defaults"),
        footed(&["x"], only, Gesture::Unmask, "show secret values until the view is left; asks before", "unmask"),
        footed(&["<"], only, Gesture::Older, "of two releases that are compared: both one step back", "older"),
        footed(&[">"], only, Gesture::Newer, "both one step forward, up to what is not released yet", "newer"),
    ]
}

/// What copies, everywhere.
fn copies() -> Vec<Command> {
    vec![
        key(&["c"], ALL_VIEWS, Gesture::Copy, "copy: the name, or the whole text"),
        key(&["n"], ROWS, Gesture::CopyNamespace, "copy the namespace"),
    ]
}
