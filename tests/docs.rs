//! What the README says of keys and commands comes from the declarations. `UPDATE=1 cargo test docs` writes it.

use std::path::Path;

use fluxdeck_model::commands::{self, keys_of};
use fluxdeck_model::guards::settings::LearntSettings;

fn commands() -> String {
    let mut table = "| key | command | where | what |\n|---|---|---|---|\n".to_owned();
    for command in commands::all() {
        let names: Vec<_> = std::iter::once(&command.name)
            .chain(command.aliases)
            .filter(|name| !name.is_empty())
            .map(|name| format!("`:{name}`"))
            .collect();
        let keys: Vec<_> = keys_of(command)
            .split(' ')
            .filter(|key| !key.is_empty())
            .map(|key| format!("`{}`", key.replace('|', "\\|")))
            .collect();
        let scopes: Vec<_> = command.scopes.iter().map(|scope| scope.word()).collect();
        table.push_str(&format!(
            "| {} | {} | {} | {} |\n",
            keys.join(" "),
            names.join(" "),
            scopes.join(", "),
            command.doc.replace('|', "\\|")
        ));
    }
    table
}

fn kinds() -> String {
    let mut table = "| kind | names | group |\n|---|---|---|\n".to_owned();
    for kind in
        fluxdeck_model::kinds::ALL.iter().filter(|kind| kind.is_flux() || kind.role == fluxdeck_model::kinds::Role::Legacy)
    {
        let names: Vec<_> = std::iter::once(&kind.plural).chain(kind.short).map(|name| format!("`{name}`")).collect();
        table.push_str(&format!("| {} | {} | {} |\n", kind.kind, names.join(" "), kind.group));
    }
    table
}

/// Flags that all acts, or all that look, have in common: the text around the table has them.
const COMMON: &[&str] =
    &["all", "selector", "timeout", "dry-run", "yes", "confirm", "unrecorded", "output", "status", "exit-code", "set", "help"];

/// The headless commands, as `--help` has them.
fn headless() -> String {
    let mut table = "| command | does | flags of its own |\n|---|---|---|\n".to_owned();
    for command in fluxdeck::cli::program().get_subcommands() {
        let value =
            |arg: &clap::Arg| arg.get_value_names().into_iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let positional = command.get_positionals().map(|arg| {
            let name = arg.get_id().as_str().to_uppercase();
            let more = if matches!(arg.get_action(), clap::ArgAction::Append) { "…" } else { "" };
            if arg.is_required_set() { name } else { format!("[{name}]{more}") }
        });
        let subcommands: Vec<_> = command.get_subcommands().map(clap::Command::get_name).filter(|name| *name != "help").collect();
        let subcommands = (!subcommands.is_empty()).then(|| format!("[{}]", subcommands.join("|")));
        let usage: Vec<_> = std::iter::once(command.get_name().to_owned()).chain(positional).chain(subcommands).collect();
        let own = |arg: &&clap::Arg| arg.get_long().is_some_and(|long| !COMMON.contains(&long)) && !arg.is_global_set();
        // what its subcommands take; one that several take stands once
        let of_subcommands = command.get_subcommands().flat_map(clap::Command::get_arguments);
        let mut seen = std::collections::BTreeSet::new();
        let all = command.get_arguments().chain(of_subcommands).filter(own).filter(|arg| seen.insert(arg.get_long()));
        let flags = all.map(|arg| {
            let long = arg.get_long().unwrap_or_default();
            if arg.get_action().takes_values() { format!("`--{long} {}`", value(arg)) } else { format!("`--{long}`") }
        });
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let usage = usage.join(" ").replace('|', "\\|");
        table.push_str(&format!("| `fluxdeck {usage}` | {about} | {} |\n", flags.collect::<Vec<_>>().join(" ")));
    }
    table
}

fn playbooks() -> String {
    let one = |playbook: &&fluxdeck_model::playbooks::Playbook| format!("| `{}` | {} |\n", playbook.name, playbook.doc);
    let rows: String = fluxdeck_model::playbooks::ALL.iter().map(one).collect();
    format!("| playbook | does |\n|---|---|\n{rows}")
}

fn rules() -> String {
    let rules = fluxdeck_model::insight::check::RULES.iter().map(|rule| format!("| `{}` | {} |\n", rule.name, rule.doc));
    format!("| rule of `check` | finds |\n|---|---|\n{}", rules.collect::<String>())
}

fn causes() -> String {
    let rules = fluxdeck_model::insight::why::CAUSES.iter().map(|rule| format!("| `{}` | {} |\n", rule.name, rule.doc));
    format!("| rule of `why` | first cause |\n|---|---|\n{}", rules.collect::<String>())
}

#[test]
fn the_readme_lists_what_there_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("the README");
    let mut expected = text.clone();
    for (name, table) in [
        ("commands", commands()),
        ("kinds", kinds()),
        ("headless", headless()),
        ("playbooks", playbooks()),
        ("rules", rules()),
        ("causes", causes()),
        ("settings", format!("```toml\n{}```\n", LearntSettings::default().text(false))),
        ("config", format!("```toml\n{}```\n", fluxdeck::config::DEFAULT)),
    ] {
        let (from, to) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let start = expected.find(&from).unwrap_or_else(|| panic!("the README has no place for {name}")) + from.len();
        let end = expected.find(&to).unwrap_or_else(|| panic!("the README does not end {name}"));
        expected.replace_range(start..end, &table);
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &expected).expect("the README is ours");
        return;
    }
    assert!(text == expected, "the README is stale: UPDATE=1 cargo test docs");
}
