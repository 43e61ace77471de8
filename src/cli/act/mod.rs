//! `fluxdeck suspend|resume|reconcile|delete|restart|scale KIND NAME…`: the same acts as on the screen, with their guards, followed to
//! their end.

pub(super) mod follow;
pub(super) mod report;
pub(super) mod select;

use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;

use super::{Call, Telling, output};
use fluxdeck_model::actions::{self, Action, Answers, Confirmation, Demand, Grade};
use fluxdeck_model::error::{Error, Result};

/// Which objects, and what all acts share.
#[derive(Args)]
pub(super) struct Acting {
    /// A kind by plural, singular, short name or Kind (ks, hr, gitrepo), or KIND/NAME; also as flux spells it: source git
    kind: String,
    /// Objects by name
    names: Vec<String>,
    /// All objects of the kind, in the namespaces that are looked at
    #[arg(long)]
    all: bool,
    /// Objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// How long one step may take
    #[arg(long, value_name = "DURATION", value_parser = super::duration, default_value = "5m")]
    timeout: Duration,
    /// Print what would be sent, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Answer yes where a person would be asked
    #[arg(short = 'y', long)]
    yes: bool,
    /// The word that has to be typed: the name of a root, or of a production context
    #[arg(long, value_name = "WORD")]
    confirm: Option<String>,
    /// Do it also where it cannot be written down how far it has come
    #[arg(long)]
    unrecorded: bool,
    /// How to print the results
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: Telling,
}

#[derive(Args)]
pub(super) struct Suspend {
    #[command(flatten)]
    acting: Acting,
    /// Why; written on the object
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Until when it is meant to be: 2h, 3d, 14:00, 2026-12-01; written on the object
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
}

#[derive(Args)]
pub(super) struct Resume {
    #[command(flatten)]
    acting: Acting,
    /// Wait until the controller is done; one object is always waited for, unless --wait=false
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    wait: Option<bool>,
}

#[derive(Args)]
pub(super) struct Reconcile {
    #[command(flatten)]
    acting: Acting,
    /// Reconcile its source first, and its chart
    #[arg(long)]
    with_source: bool,
    /// One install or upgrade although nothing changed
    #[arg(long)]
    force: bool,
    /// Forget failed attempts
    #[arg(long)]
    reset: bool,
    /// --wait=false returns as soon as it was requested
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    wait: Option<bool>,
}

#[derive(Args)]
pub(super) struct Waiting {
    #[command(flatten)]
    acting: Acting,
    /// Wait until it is gone, or has rolled out
    #[arg(long)]
    wait: bool,
}

#[derive(Args)]
pub(super) struct Scale {
    #[command(flatten)]
    waiting: Waiting,
    /// How many
    #[arg(long, value_name = "COUNT")]
    replicas: u32,
}

/// One call: the action, its answers, and whether it waits when it is done to that many objects.
struct Wish<'a> {
    action: &'static Action,
    answers: Answers,
    acting: &'a Acting,
    waits: fn(usize, Option<bool>) -> bool,
    wait: Option<bool>,
}

fn action(name: &str) -> &'static Action {
    actions::find(name).expect("an action of ours")
}

/// Suspends. Returns the exit code.
pub(super) async fn suspend(call: &Call, arguments: &Suspend) -> Result<u8> {
    let now = jiff::Timestamp::now();
    let zone = jiff::tz::TimeZone::system();
    let until = arguments.until.as_deref().map(|text| actions::until(text, now, &zone)).transpose()?;
    let answers = Answers { reason: arguments.reason.clone(), until, ..Answers::default() };
    run(call, Wish { action: action("suspend"), answers, acting: &arguments.acting, waits: |_, _| false, wait: None }).await
}

/// Resumes. Returns the exit code.
pub(super) async fn resume(call: &Call, arguments: &Resume) -> Result<u8> {
    // as the CLI: one is waited for, many only on demand (flux2 `resume.go`)
    let waits = |count: usize, wait: Option<bool>| wait.unwrap_or(count == 1);
    let answers = Answers::default();
    run(call, Wish { action: action("resume"), answers, acting: &arguments.acting, waits, wait: arguments.wait }).await
}

/// Reconciles. Returns the exit code.
pub(super) async fn reconcile(call: &Call, arguments: &Reconcile) -> Result<u8> {
    let name = if arguments.with_source { "reconcile-with-source" } else { "reconcile" };
    let answers = Answers { force: arguments.force, reset: arguments.reset, ..Answers::default() };
    let waits = |_: usize, wait: Option<bool>| wait.unwrap_or(true);
    run(call, Wish { action: action(name), answers, acting: &arguments.acting, waits, wait: arguments.wait }).await
}

/// Deletes, restarts or scales. Returns the exit code.
pub(super) async fn other(call: &Call, name: &str, arguments: &Waiting) -> Result<u8> {
    with_answers(call, name, arguments, Answers::default()).await
}

/// Scales. Returns the exit code.
pub(super) async fn scale(call: &Call, arguments: &Scale) -> Result<u8> {
    let answers = Answers { replicas: Some(arguments.replicas), ..Answers::default() };
    with_answers(call, "scale", &arguments.waiting, answers).await
}

async fn with_answers(call: &Call, name: &str, arguments: &Waiting, answers: Answers) -> Result<u8> {
    let waits = |_: usize, wait: Option<bool>| wait.unwrap_or(false);
    run(call, Wish { action: action(name), answers, acting: &arguments.acting, waits, wait: Some(arguments.wait) }).await
}

async fn run(call: &Call, mut wish: Wish<'_>) -> Result<u8> {
    let chosen = select::Choice::read(wish.acting)?;
    if wish.action.name == "delete" && chosen.kind.kind == "Pod" {
        wish.action = action("delete-pod");
    }
    select::refuse_readonly(call, wish.action)?;
    let mut headless = follow::start(call, select::scopes(call, wish.action, &chosen)?).await?;
    let found = select::select(headless.state(), call, &chosen)?;
    let confirmation = follow::settle(&mut headless, wish.action, &found, &wish.answers).await?;
    if wish.acting.dry_run {
        report::dry_run(&confirmation, wish.acting.output)?;
        return Ok(u8::from(!report::only_already(&confirmation)));
    }
    if let Some(refusal) = confirmation.refusal.clone().filter(|_| !confirmation.is_done_already()) {
        return Err(select::hinted(refusal, headless.state(), &confirmation));
    }
    report::consequences(&confirmation);
    ask(&confirmation, wish.acting)?;
    let waits = (wish.waits)(found.len(), wish.wait);
    let timeout = SignedDuration::try_from(wish.acting.timeout).unwrap_or(SignedDuration::MAX);
    let is_unrecorded = wish.acting.unrecorded;
    let job = follow::carry_through(call, &mut headless, &confirmation, waits, timeout, is_unrecorded).await?;
    report::results(&confirmation, job.as_ref(), wish.acting.output)?;
    Ok(u8::from(!report::only_already(&confirmation) || job.is_some_and(|job| !job.is_done())))
}

/// Gets a person's consent where one is needed: by flag, else at the terminal.
fn ask(confirmation: &Confirmation, acting: &Acting) -> Result<()> {
    use std::io::IsTerminal;
    let is_lossy = confirmation.consequences.iter().any(|consequence| consequence.grade == Grade::Danger);
    let needs_yes = is_lossy || confirmation.action.verb == "delete";
    let (question, hint) = match &confirmation.demand {
        _ if confirmation.planned.is_empty() => return Ok(()),
        Demand::Type(word) => (format!("type `{word}` to {}: ", confirmation.title()), format!("--confirm {word}")),
        _ if needs_yes && !acting.yes => (format!("{}? [y/N] ", confirmation.title()), "--yes".to_owned()),
        _ => return Ok(()),
    };
    let typed = match &acting.confirm {
        Some(word) => word.clone(),
        None if std::io::stdin().is_terminal() => {
            output::ask(&question);
            let mut line = String::new();
            std::io::stdin()
                .read_line(&mut line)
                .map_err(|error| Error::failed(format!("cannot read the answer: {error}"), ""))?;
            line.trim().to_owned()
        }
        None => {
            let message = format!("{} has to be confirmed, and this is no terminal", confirmation.title());
            return Err(Error::failed(message, format!("nothing was done; say {hint}")));
        }
    };
    match &confirmation.demand {
        Demand::Type(_) => confirmation.accept(&typed),
        _ if matches!(typed.to_lowercase().as_str(), "y" | "yes") => Ok(()),
        _ => Err(Error::failed("not confirmed", "nothing was done")),
    }
}
