//! Forms as flags: `--replicas 3` and `--set replicas=3` answer the same field, read by the form itself.

use clap::{Arg, ArgAction, ArgMatches, Command};
use fluxdeck_model::actions::{self, Action, Headless, Waits};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::forms::{Answers, Clock, Field, Form, InputKind};

const SET: &str = "set";
const WAIT: &str = "wait";

/// Whether a field has to be given.
pub(super) fn is_needed(field: &Field) -> bool {
    !field.optional && field.default.is_empty()
}

/// Adds the flags of an action: those of its form, of what else the command does, and of waiting.
pub(super) fn of(command: Command, action: &Action, waits: Waits) -> Command {
    let form = (action.form)(&[]);
    let mut command = form.fields.iter().fold(command, |command, field| {
        let arg = Arg::new(field.id.to_string()).long(field.id.to_string()).help(field.help.to_string());
        command.arg(match field.placeholder() {
            Some(placeholder) if is_needed(field) => arg.value_name(placeholder).required_unless_present(SET),
            Some(placeholder) => arg.value_name(placeholder),
            None => arg.action(ArgAction::SetTrue),
        })
    });
    if !form.fields.is_empty() {
        let set = Arg::new(SET).long(SET).value_name("FIELD=VALUE").action(ArgAction::Append);
        command = command.arg(set.help("Answer a field by its name; may be repeated"));
    }
    for other in actions::headless(action) {
        if let Headless::Flag { flag, doc, .. } = other.headless {
            command = command.arg(Arg::new(flag).long(flag).help(doc).action(ArgAction::SetTrue));
        }
    }
    match waiting(waits) {
        Some(arg) => command.arg(arg),
        None => command,
    }
}

fn waiting(waits: Waits) -> Option<Arg> {
    let help = match waits {
        Waits::Never => return None,
        Waits::OnDemand => "Wait until it is gone, or rolled out",
        Waits::ForOne => "Wait until the controller is done; the default for one object",
        Waits::Always => "--wait=false returns as soon as the request is accepted",
    };
    let arg = Arg::new(WAIT).long(WAIT).help(help).value_name("BOOL").value_parser(clap::value_parser!(bool));
    Some(arg.num_args(0..=1).require_equals(true).default_missing_value("true"))
}

/// Whether it is to wait, where the command line says so.
pub(super) fn wait(matches: &ArgMatches) -> Option<bool> {
    matches.try_get_one::<bool>(WAIT).ok().flatten().copied()
}

/// Reads the answers of an action's form.
///
/// # Errors
/// As [`Form::read`].
pub(super) fn answers(action: &Action, matches: &ArgMatches) -> Result<Answers> {
    let form = (action.form)(&[]);
    let clock = Clock { now: jiff::Timestamp::now(), zone: jiff::tz::TimeZone::system() };
    let answers = read(&form, matches, &clock)?;
    // what is missing is named as it is written here
    form.complete(&answers).map_err(|error| Error { hint: flags(&form), ..error })?;
    Ok(answers)
}

fn flags(form: &Form) -> String {
    let needed = form.fields.iter().filter(|field| !field.optional);
    let flag = |field: &fluxdeck_model::forms::Field| format!("--{} {}", field.id, field.placeholder().unwrap_or_default());
    format!("say {}", needed.map(flag).collect::<Vec<_>>().join(" "))
}

fn read(form: &Form, matches: &ArgMatches, clock: &Clock) -> Result<Answers> {
    let mut typed: Vec<(&str, &str)> = Vec::new();
    for field in &form.fields {
        if field.input == InputKind::YesNo {
            typed.extend(matches.get_flag(&field.id).then_some((&*field.id, "yes")));
        } else {
            typed.extend(matches.get_one::<String>(&field.id).map(|text| (&*field.id, text.as_str())));
        }
    }
    if !form.fields.is_empty() {
        for text in matches.get_many::<String>(SET).into_iter().flatten() {
            typed.push(Form::assignment(text)?);
        }
    }
    form.read_some(typed, clock)
}
