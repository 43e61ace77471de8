//! The actions that declare a headless command, `fluxdeck suspend|resume|… KIND NAME…`: the same acts as on the screen, with their guards
//! and their forms as flags, followed to their end.

mod flags;
pub(super) mod follow;
pub(super) mod report;
pub(super) mod select;

use std::time::Duration;

use clap::{ArgMatches, Args};
use jiff::SignedDuration;

use super::{Call, ReportFormat, output};
use fluxdeck_model::actions::{self, Action, Confirmation, Demand, Headless, Waits};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::forms::Answers;
use fluxdeck_model::kinds::{self, Kind};

/// Which objects, and what all acts share.
#[derive(Args)]
pub(super) struct Acting {
    /// A kind by plural, singular, short name or Kind (ks, hr, gitrepo), or KIND/NAME; also as flux spells it: source git
    kind: String,
    /// Objects by name
    names: Vec<String>,
    /// All objects of the kind, in the selected namespaces
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
    /// Answer yes to questions
    #[arg(short = 'y', long)]
    yes: bool,
    /// The word that has to be typed: the name of a root, or of a production context
    #[arg(long, value_name = "WORD")]
    confirm: Option<String>,
    /// Act even if the progress cannot be recorded
    #[arg(long)]
    unrecorded: bool,
    /// How to print the results
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: ReportFormat,
}

/// One call: the action, its answers, and whether it waits for the outcome.
struct Request {
    action: &'static Action,
    answers: Answers,
    acting: Acting,
    wait: Option<bool>,
}

/// The commands of the actions, in the order of the panel.
pub(super) fn commands() -> impl Iterator<Item = (&'static Action, clap::Command)> {
    actions::ALL.iter().copied().filter_map(|action| {
        let Headless::Command { doc, waits } = action.headless else { return None };
        let command = Acting::augment_args(clap::Command::new(action.name)).about(doc).long_about(None);
        Some((action, flags::of(command, action, waits)))
    })
}

/// Calls as somebody would type them, with the first kind that the action means something for. Each flag that one requires takes a number so far.
pub(super) fn examples(action: &Action) -> Vec<String> {
    let kind =
        kinds::ALL.iter().find(|kind| (action.kinds)(kind)).map_or("ks", |kind| kind.short.first().unwrap_or(&kind.plural));
    let form = (action.form)(&[]);
    let flags: String =
        form.fields.iter().filter(|field| flags::is_needed(field)).map(|field| format!(" --{} 2", field.id)).collect();
    let call = format!("fluxdeck {} {kind}", action.name);
    vec![format!("{call} web -n web{flags}"), format!("{call} --all -A{flags} --dry-run")]
}

/// Does what was called. Returns the exit code.
pub(super) async fn run(call: &Call, action: &'static Action, matches: &ArgMatches) -> Result<u8> {
    let acting = super::command::read::<Acting>(matches)?;
    let chosen = select::Choice::read(&acting)?;
    let action = meant(action, matches, chosen.kind);
    let answers = flags::answers(action, matches)?;
    let wait = flags::wait(matches);
    carry_out(call, Request { action, answers, acting, wait }, &chosen).await
}

/// Which of the actions of a command is meant: what a flag says, else the first that means something for that kind.
fn meant(command: &'static Action, matches: &ArgMatches, kind: &Kind) -> &'static Action {
    let mut all: Vec<_> = actions::headless(command).collect();
    let is_flagged = |action: &&&Action| matches!(action.headless, Headless::Flag { flag, .. } if matches.get_flag(flag));
    if let Some(flagged) = all.iter().find(is_flagged) {
        return flagged;
    }
    all.retain(|action| !matches!(action.headless, Headless::Flag { .. }));
    all.into_iter().find(|action| (action.kinds)(kind)).unwrap_or(command)
}

async fn carry_out(call: &Call, request: Request, chosen: &select::Choice) -> Result<u8> {
    select::refuse_readonly(call, request.action)?;
    let mut headless = follow::start(call, select::scopes(call, request.action, chosen)?).await?;
    let found = select::select(headless.state(), call, chosen)?;
    let confirmation = follow::settle(&mut headless, request.action, &found, &request.answers).await?;
    if request.acting.dry_run {
        report::dry_run(&confirmation, request.acting.output)?;
        return Ok(u8::from(!report::only_already(&confirmation)));
    }
    if let Some(refusal) = confirmation.refusal.clone().filter(|_| !confirmation.is_done_already()) {
        return Err(select::hinted(refusal, &confirmation));
    }
    report::consequences(&confirmation);
    ask(&confirmation, &request.acting)?;
    let waits = waits(request.action, found.len(), request.wait);
    let timeout = SignedDuration::try_from(request.acting.timeout).unwrap_or(SignedDuration::MAX);
    let is_unrecorded = request.acting.unrecorded;
    let job = follow::carry_through(call, &mut headless, &confirmation, waits, timeout, is_unrecorded).await?;
    report::results(&confirmation, job.as_ref(), request.acting.output)?;
    Ok(u8::from(!report::only_already(&confirmation) || job.is_some_and(|job| !job.is_done())))
}

/// Whether the outcome of an act on that many objects is waited for.
fn waits(action: &Action, count: usize, said: Option<bool>) -> bool {
    let declared = match action.headless {
        Headless::Flag { of, .. } | Headless::Kinds(of) => of.headless,
        own => own,
    };
    match declared {
        Headless::Command { waits: Waits::Always, .. } => said.unwrap_or(true),
        Headless::Command { waits: Waits::ForOne, .. } => said.unwrap_or(count == 1),
        Headless::Command { waits: Waits::OnDemand, .. } => said.unwrap_or(false),
        _ => false,
    }
}

/// Gets the user's consent where it is needed: by flag, or at the terminal.
fn ask(confirmation: &Confirmation, acting: &Acting) -> Result<()> {
    use std::io::IsTerminal;
    let needs_yes = confirmation.loses_something();
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
            let message = format!("{} has to be confirmed, and this is not a terminal", confirmation.title());
            return Err(Error::failed(message, format!("nothing was done; pass {hint}")));
        }
    };
    match &confirmation.demand {
        Demand::Type(_) => confirmation.accept(&typed),
        _ if matches!(typed.to_lowercase().as_str(), "y" | "yes") => Ok(()),
        _ => Err(Error::failed("not confirmed", "nothing was done")),
    }
}
