//! What a user can do: one value for each command, with its names, keys and documentation. Dispatch, help, footer, completion and the
//! README's tables all come from here; nothing works that is not listed.

mod act;
mod application;
mod change;
mod commit;
mod git;
mod habits;
mod keymap;
mod look;
mod motion;
mod place;
mod resolve;
mod screen;
mod source;

pub use act::{NOTIFY, perform};
pub use change::{ChangeForm, WHY, change_form, elsewhere, open_file, open_form, open_review};
pub use commit::{commit_command, commit_known, open_commit};
pub use git::{fields_command, maker, open_fields};
pub use habits::habit;
pub use keymap::{keys_of, lookup, pretty};
pub use look::explain_first;
pub use place::Place;
pub use resolve::{Line, complete, kind_named, object_named, parse, table_of, unknown_kind};
pub use screen::Screen;
pub use source::{said_source, source_answers, source_form};

use std::borrow::Cow;
use std::sync::LazyLock;

use crate::actions::{self, Action, Confirmation};
use crate::change::{CommitAsk, PullPlace};
use crate::domain::{GroupKind, ObjectRef};
use crate::error::{Error, Result};
use crate::forms::Answers;
use crate::insight::declared::FilePlace;
use crate::playbooks::Playbook;
use crate::state::jobs::JobId;
use crate::state::{ChangeQuery, Intent, Key, Question, State, Terminal, Ticket, Tickets};

/// A named thing that a user can do.
pub struct Command {
    /// The names after `:`; empty for commands that are keys only.
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub keys: &'static [&'static str],
    pub doc: Cow<'static, str>,
    /// A word for the footer; empty keeps it out of there.
    pub footer: &'static str,
    /// Its chapter in help.
    pub group: Group,
    pub scopes: &'static [KeyScope],
    pub run: Handler,
}

/// What a command is for: the chapters of help, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Move,
    Look,
    Act,
    Find,
    Everywhere,
}

impl Group {
    pub fn word(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Look => "look",
            Self::Act => "act",
            Self::Find => "find",
            Self::Everywhere => "everywhere",
        }
    }
}

/// Where a command works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyScope {
    Everywhere,
    /// The tree.
    Tree,
    /// Tables of a kind, and lists.
    Table,
    /// Lists of contexts, namespaces, kinds.
    Picker,
    /// YAML, details, events, help.
    Text,
    Logs,
    /// What Flux's controllers have written about an object.
    ControllerLogs,
    /// Jobs, as a list and one by one.
    Jobs,
    /// Fields of objects, with the files that set them: of one object, and those that drifted.
    Fields,
    /// A file of a repository.
    File,
    /// A planned change.
    Review,
    /// Pull requests, as a list and one by one.
    Pulls,
    /// The steps to a first cause, and first causes.
    Why,
    /// The cluster at a glance.
    Pulse,
    /// Helm values by layers, and the releases that have them.
    Values,
    /// What depends on what, as a picture.
    Graph,
    /// A commit, and what it changed.
    Commit,
    /// What happened, as it happens: events, and the timeline.
    Events,
    /// Dialogs: they take every key themselves.
    Dialog,
}

impl KeyScope {
    /// The views, in the order in which help names them.
    pub const VIEWS: &'static [Self] = &[
        Self::Tree,
        Self::Table,
        Self::Picker,
        Self::Text,
        Self::Logs,
        Self::ControllerLogs,
        Self::Jobs,
        Self::Fields,
        Self::File,
        Self::Review,
        Self::Pulls,
        Self::Why,
        Self::Pulse,
        Self::Values,
        Self::Graph,
        Self::Commit,
        Self::Events,
    ];

    /// These scopes without some of them, in their order. `N` is how many are left: another number does not compile.
    const fn without<const N: usize>(all: &[Self], left_out: &[Self]) -> [Self; N] {
        let mut found = [Self::Everywhere; N];
        let (mut at, mut count) = (0, 0);
        while at < all.len() {
            let (mut other, mut is_left_out) = (0, false);
            while other < left_out.len() {
                is_left_out |= all[at] as u8 == left_out[other] as u8;
                other += 1;
            }
            if !is_left_out {
                found[count] = all[at];
                count += 1;
            }
            at += 1;
        }
        assert!(count == N, "how many are left");
        found
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Tree => "tree",
            Self::Table => "table",
            Self::Picker => "list",
            Self::Text => "text",
            Self::Logs => "logs",
            Self::ControllerLogs => "controller log",
            Self::Jobs => "jobs",
            Self::Fields => "fields",
            Self::File => "file",
            Self::Review => "review",
            Self::Pulls => "prs",
            Self::Why => "why",
            Self::Pulse => "pulse",
            Self::Values => "values",
            Self::Graph => "graph",
            Self::Commit => "commit",
            Self::Events => "events",
            Self::Dialog => "dialog",
        }
    }
}

/// What a command does.
#[derive(Clone, Copy)]
pub enum Handler {
    /// Passed to the view on top.
    Gesture(Gesture),
    /// The table of a kind, by group and name; the text says where to look, as after any kind.
    Table(&'static str, &'static str),
    /// The same everywhere; with the text after the command's name.
    Act(fn(&mut Cx, &str) -> Result<()>),
    /// An action's key, on the selected objects.
    Key(&'static str),
    /// An action; the text answers the first field of its form.
    Action(&'static Action),
    /// A playbook; the text answers its form.
    Playbook(&'static Playbook),
}

impl Handler {
    /// Runs it, unless the view on top handles it.
    ///
    /// # Errors
    /// Why not.
    pub fn carry_out(self, cx: &mut Cx, text: &str) -> Result<()> {
        match self {
            Self::Gesture(_) => Ok(()),
            Self::Table(group, kind) => {
                let gk = GroupKind::new(group, kind);
                cx.transit(Transition::Go(table_of(&gk, cx.state), Subject::Kind(gk)));
                Ok(())
            }
            Self::Act(act) => act(cx, text),
            Self::Key(key) => act::act(cx, ActIntent::Key(key)),
            Self::Action(action) => act::by_name(cx, action, text),
            Self::Playbook(playbook) => change::by_name(cx, playbook, text),
        }
    }
}

/// What a key means to a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    Down,
    Up,
    PageDown,
    PageUp,
    Top,
    Bottom,
    Left,
    Right,
    Open,
    Back,
    UnfoldBelow,
    FoldAll,
    UnfoldAll,
    Parent,
    Source,
    Dependants,
    Mark,
    MarkRange,
    MarkAll,
    ClearMarks,
    SortName,
    SortState,
    SortAge,
    SortLeft,
    SortRight,
    SortColumn,
    NextMatch,
    PreviousMatch,
    /// The next object that fails, or line that says so.
    NextFailure,
    PreviousFailure,
    Wrap,
    Follow,
    /// Of one object, or of everything below it too.
    Below,
    /// Only what is wrong, or all.
    Trouble,
    Timestamps,
    Previous,
    NextContainer,
    Clear,
    /// Of a log: only lines that matter so much.
    Level,
    /// Of the log of a controller: all of it, or what concerns the object.
    Whole,
    /// Halts queued items; again: stops following the others.
    Stop,
    WatchOn,
    /// Continue what an earlier run left.
    GoOn,
    /// Of a change that its user may not push: to a fork.
    Fork,
    Copy,
    CopyNamespace,
    /// The file that set a field.
    File,
    /// The commit of the revision that is shown.
    Commit,
    /// The same in the user's editor; of a field: another value for it, in git.
    Edit,
    /// The file at the head of its branch, edited by hand as a change.
    EditFile,
    /// Take back the commit that changed what failed.
    RollBack,
    /// What is reviewed: submit it, push it only, give it another title, make it a draft; copy its patch.
    Submit,
    PushOnly,
    /// Read the pull request that changes the same.
    Competing,
    /// Why what it is about is as it is, where that is not what is selected.
    Why,
    /// Of several fields: leave one out, or take it in again.
    LeaveOut,
    Retitle,
    /// The labels of a pull request.
    Labels,
    /// Who is asked for a review of it.
    Reviewers,
    /// Of a change that is reviewed: the programs that its repository names as checks.
    Programs,
    Draft,
    /// The forge merges it once its checks have passed.
    MergeLater,
    CopyPatch,
    /// Change what decides on the field instead.
    Instead,
    /// The next part of a view that has several.
    NextPane,
    /// Of a change: reconcile what applies it; its pull request, on the screen and on the clipboard.
    Reconcile,
    Page,
    CopyPage,
    /// Of a merged change: take it back.
    Undo,
    /// Of a pull request: a comment, an approval.
    Comment,
    Approve,
    /// Look it up again.
    Again,
    /// Ask the remotes of sources what they have.
    Heads,
    /// Of values: leave out what the chart gives by default, or show it again.
    Defaults,
    /// Show what is masked, until the view is left.
    Unmask,
    /// Of two releases that are compared: both one step back, or forward.
    Older,
    Newer,
}

/// The context of a command or a view: what it may read, and what it requests: first the intents, in their order, then the
/// transitions.
pub struct Cx<'a> {
    pub state: &'a State,
    /// The view on top.
    pub scope: KeyScope,
    /// The targets in the view on top: the marked objects, or else the selected one.
    pub targets: Vec<ObjectRef>,
    pub out: &'a mut Outbox,
}

/// The requests of a command or a view, carried out after it returns.
#[derive(Debug, Default)]
pub struct Outbox {
    pub intents: Vec<Intent>,
    pub transitions: Vec<Transition>,
    pub tickets: Tickets,
}

impl Cx<'_> {
    pub fn intend(&mut self, intent: Intent) {
        self.out.intents.push(intent);
    }

    pub fn transit(&mut self, transition: Transition) {
        self.out.transitions.push(transition);
    }

    /// Shows the user a notice, until the next key.
    pub fn say(&mut self, text: impl Into<String>) {
        self.intend(Intent::Say(text.into()));
    }

    pub fn complain(&mut self, error: Error) {
        self.intend(Intent::Complain(error));
    }

    /// Puts text on the clipboard, and shows `notice`.
    pub fn copy(&mut self, text: String, notice: impl Into<String>) {
        self.say(notice);
        self.intend(Intent::Terminal(Terminal::Copy(text)));
    }

    /// Asks something; the reply carries the ticket.
    pub fn ask(&mut self, question: Question) -> Ticket {
        let ticket = self.ticket();
        self.intend(Intent::Ask(ticket, question));
        ticket
    }

    /// A number for a reply that comes by another way.
    pub fn ticket(&mut self) -> Ticket {
        self.out.tickets.draw()
    }
}

/// A requested change of the stack of views.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transition {
    /// Put a view on top.
    Open(Screen, Subject),
    /// Start again with this view, as `:` does.
    Go(Screen, Subject),
    Close,
    /// To the previous or next view in the history, or the last one.
    Earlier,
    Later,
    Last,
    /// Ask for a command line that starts with this text.
    Command(String),
    /// Ask for a filter of the view on top.
    Filter,
    /// Save the table of the view on top.
    Save,
    /// Set the filter of the view on top.
    SetFilter(String),
    /// Close the view on top and press this key in the one below: as when a command is picked in help.
    Press(Key),
    /// Close the view on top and run this line.
    Run(String),
    /// Do this to what is selected in the view on top.
    Act(ActIntent),
}

/// What a view is opened on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    Nothing,
    Object(ObjectRef),
    Kind(GroupKind),
    /// A view of that scope: what help is about.
    View(KeyScope),
    /// Objects as they were when they were chosen, and those of them that the screen does not show.
    Acts {
        targets: Vec<actions::Target>,
        hidden: Vec<ObjectRef>,
    },
    Confirmation(Box<Confirmation>),
    /// The same, opened by the program: the user may be typing and does not expect it.
    Unexpected(Box<Confirmation>),
    Job(JobId),
    /// The jobs that are changes.
    Changes,
    ChangeForm(Box<ChangeForm>),
    /// A change to be planned and reviewed.
    Review(Box<ChangeQuery>, ReviewFrom),
    /// A pull request of anyone.
    Pull(Box<PullPlace>),
    /// A file, with the object whose field it sets.
    File(ObjectRef, Box<FilePlace>),
    /// A commit of the repository that an object comes from.
    Commit(ObjectRef, Box<CommitAsk>),
}

/// Where a review was opened: what is done to it when the change is submitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReviewFrom {
    #[default]
    Nowhere,
    /// Its form is below it, and is closed.
    Form,
    /// A job whose plan is another one by now, and is dropped.
    Job(JobId),
}

/// What the user wants to do to the selected objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActIntent {
    /// Show the actions.
    Choose,
    /// The action of this key on these objects.
    Key(&'static str),
    Do(&'static Action, Answers),
}

/// All commands in the order of help; those of the actions are derived from their declarations.
static ALL: LazyLock<Vec<Command>> = LazyLock::new(|| {
    let groups = [motion::all(), act::all(), look::all(), git::all(), commit::all(), change::all(), application::all()];
    groups.into_iter().flatten().collect()
});

pub fn all() -> impl Iterator<Item = &'static Command> {
    ALL.iter()
}

/// The command of that name or alias.
pub fn find(name: &str) -> Option<&'static Command> {
    all().find(|command| !name.is_empty() && (command.name == name || command.aliases.contains(&name)))
}
