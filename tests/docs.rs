//! What the README says of keys and commands comes from the declarations. `UPDATE=1 cargo test docs` writes it.

use std::path::Path;

use fluxdeck_model::commands::{self, keys_of};

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

#[test]
fn the_readme_lists_what_there_is() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = std::fs::read_to_string(&path).expect("the README");
    let mut wished = text.clone();
    for (name, table) in
        [("commands", commands()), ("kinds", kinds()), ("config", format!("```toml\n{}```\n", fluxdeck::config::DEFAULT))]
    {
        let (from, to) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let start = wished.find(&from).unwrap_or_else(|| panic!("the README has no place for {name}")) + from.len();
        let end = wished.find(&to).unwrap_or_else(|| panic!("the README does not end {name}"));
        wished.replace_range(start..end, &table);
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &wished).expect("the README is ours");
        return;
    }
    assert!(text == wished, "the README is stale: UPDATE=1 cargo test docs");
}
