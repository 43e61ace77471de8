//! `fluxdeck playbooks`: the changes in git that `run` makes, with what each takes and which kinds it is for.

use clap::{ArgMatches, Args};
use serde_json::{Value, json};

use super::ReportFormat;
use super::command::{self, Command, Run};
use super::output::{self, Table};
use fluxdeck_model::error::Result;
use fluxdeck_model::forms::{Field, InputKind};
use fluxdeck_model::kinds;
use fluxdeck_model::playbooks::{self, AssignmentTarget, KnownObject, Playbook};

pub(super) const COMMAND: Command = Command {
    name: "playbooks",
    doc: "List the changes in git that `run` makes, and what each takes",
    examples: &["fluxdeck playbooks", "fluxdeck playbooks -o json"],
    arguments: Arguments::augment_args,
    run: Run::Alone { run: |matches, _, _| print(matches), flags: &[] },
};

#[derive(Args)]
struct Arguments {
    /// The format
    #[arg(short, long, value_enum, default_value_t)]
    output: ReportFormat,
}

fn print(matches: &ArgMatches) -> Result<u8> {
    let arguments: Arguments = command::read(matches)?;
    if arguments.output == ReportFormat::Json {
        output::json(&playbooks::ALL.iter().map(|playbook| one(playbook)).collect::<Vec<_>>())?;
        return Ok(0);
    }
    let mut table = Table::new(vec!["NAME", "WHAT IT DOES", "TAKES"]);
    for playbook in playbooks::ALL {
        table.push(vec![playbook.name.to_owned(), playbook.doc.to_owned(), takes(playbook).join(" ")]);
    }
    output::write(&table.print())?;
    Ok(0)
}

/// What follows `--set`, one for each.
fn takes(playbook: &Playbook) -> Vec<String> {
    match playbook.assigns_to {
        AssignmentTarget::ObjectField { below: "", .. } => vec!["FIELD=VALUE".to_owned()],
        AssignmentTarget::ObjectField { .. } => vec!["KEY=VALUE".to_owned()],
        AssignmentTarget::FormField => {
            let form = (playbook.form)(&KnownObject::default());
            form.fields.iter().map(|field| format!("{}={}", field.id, placeholder(field))).collect()
        }
    }
}

fn placeholder(field: &Field) -> &'static str {
    match field.input {
        InputKind::YesNo => "yes|no",
        _ => field.placeholder().unwrap_or("VALUE"),
    }
}

fn one(playbook: &Playbook) -> Value {
    let form = (playbook.form)(&KnownObject::default());
    let field =
        |field: &Field| json!({ "name": field.id, "takes": placeholder(field), "help": field.help, "optional": field.optional });
    let kinds: Vec<_> = kinds::ALL.iter().filter(|kind| (playbook.offers)(kind).is_ok()).map(|kind| kind.kind).collect();
    json!({
        "name": playbook.name,
        "what": playbook.doc,
        "set": takes(playbook),
        "fields": form.fields.iter().map(field).collect::<Vec<_>>(),
        "kinds": kinds,
        "key": playbook.key,
        "command": playbook.command,
    })
}
