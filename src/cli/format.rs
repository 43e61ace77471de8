//! How commands print that list objects, and what to write in the place of kubectl's other formats.
//!
//! kubectl's templates read fields of the API. `-o json` has fields of its own: the health with its reason, who suspended an object and why,
//! the revision whatever a kind calls it. The same expressions would find nothing there, without an error; so they are refused, with the
//! call that gives what was asked for.

use std::ffi::OsStr;
use std::marker::PhantomData;

use clap::ValueEnum;
use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::ErrorKind;

/// How a command prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    #[default]
    Table,
    /// All columns
    Wide,
    Json,
    Yaml,
    /// kind.group/name lines
    Name,
}

impl Format {
    /// Whether it is for people.
    pub fn is_table(self) -> bool {
        matches!(self, Self::Table | Self::Wide)
    }
}

/// How a command prints that can draw too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum DrawnFormat {
    #[default]
    Table,
    /// All columns
    Wide,
    Json,
    Yaml,
    /// kind.group/name lines
    Name,
    /// A flowchart of Mermaid, for Markdown and pull requests
    Mermaid,
    /// A graph for Graphviz
    Dot,
}

/// Reads a [`Format`], or one of another list.
#[derive(Clone, Debug)]
pub(super) struct Formats<F = Format>(PhantomData<F>);

impl<F> Formats<F> {
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<F: ValueEnum + Clone + Send + Sync + 'static> TypedValueParser for Formats<F> {
    type Value = F;

    fn parse_ref(&self, command: &clap::Command, arg: Option<&clap::Arg>, value: &OsStr) -> Result<F, clap::Error> {
        match value.to_str().and_then(refused) {
            Some(why) => Err(clap::Error::raw(ErrorKind::ValueValidation, why).with_cmd(command)),
            None => EnumValueParser::<F>::new().parse_ref(command, arg, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(F::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

/// kubectl's formats that take a template.
const TEMPLATES: &[&str] = &[
    "jsonpath",
    "jsonpath-as-json",
    "jsonpath-file",
    "custom-columns",
    "custom-columns-file",
    "go-template",
    "go-template-file",
    "template",
    "templatefile",
];

/// Fields of the API by the end of their path, and what `-o json` calls them. The first that fits counts.
const FIELDS: &[(&str, &str)] = &[
    ("metadata.namespace", "namespace"),
    ("metadata.name", "name"),
    ("metadata.creationTimestamp", "created"),
    ("kind", "kind"),
    ("spec.suspend", "suspended"),
    ("status.lastAppliedRevision", "revision"),
    ("status.artifact.revision", "revision"),
    (")].status", "health"),
    (")].message", "message"),
    (")].reason", "reason"),
    (")].lastTransitionTime", "since"),
    ("status.conditions", "conditions"),
];

/// Why a format is refused, and what to write instead; none if it is not one of kubectl's templates.
fn refused(format: &str) -> Option<String> {
    let (name, template) = format.split_once('=').unwrap_or((format, ""));
    if !TEMPLATES.contains(&name) {
        return None;
    }
    let quoted = format.replace('\'', r"'\''");
    Some(format!(
        "`-o {name}` reads fields of the API; `-o json` has others: health, reason, since, who suspended it, …\n\n  \
         its own fields      -o json | jq -r '{}'\n  \
         fields of the API   kubectl get KIND -o '{quoted}'\n",
        filter(template)
    ))
}

/// A filter of jq for the fields of a template that `-o json` has too.
fn filter(template: &str) -> String {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "._[]()?@=\"'*$!&| ".contains(c);
    let paths = template.split(|c: char| !is_path(c)).flat_map(|part| part.split(".items[*]"));
    let mut fields: Vec<&str> = Vec::new();
    for path in paths.map(str::trim).filter(|path| path.contains('.')) {
        let field = FIELDS.iter().find(|(end, _)| path.ends_with(end)).map(|(_, field)| *field);
        fields.extend(field.filter(|field| !fields.contains(field)));
    }
    match fields[..] {
        [] => ".[] | [.namespace, .name, .health, .reason] | @tsv".to_owned(),
        [one] => format!(".[] | .{one}"),
        _ => format!(".[] | [{}] | @tsv", fields.iter().map(|field| format!(".{field}")).collect::<Vec<_>>().join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_becomes_the_filter_that_prints_the_same() {
        for (template, expected) in [
            ("{.items[*].metadata.name}", ".[] | .name"),
            ("{.metadata.name}", ".[] | .name"),
            (r#"{range .items[*]}{.metadata.namespace}{"\t"}{.metadata.name}{"\n"}{end}"#, ".[] | [.namespace, .name] | @tsv"),
            (r#"{.status.conditions[?(@.type=="Ready")].status}"#, ".[] | .health"),
            (
                r#"NAME:.metadata.name,READY:.status.conditions[?(@.type=="Ready")].message,SUSPENDED:.spec.suspend"#,
                ".[] | [.name, .message, .suspended] | @tsv",
            ),
            ("{.spec.interval}", ".[] | [.namespace, .name, .health, .reason] | @tsv"),
            ("", ".[] | [.namespace, .name, .health, .reason] | @tsv"),
        ] {
            assert_eq!(filter(template), expected, "{template}");
        }
    }

    #[test]
    fn only_templates_of_kubectl_are_refused_with_a_way_out() {
        let why = refused("jsonpath={.items[*].metadata.name}").expect("refused");
        assert!(why.contains("-o json | jq -r '.[] | .name'"), "{why}");
        assert!(why.contains("kubectl get KIND -o 'jsonpath={.items[*].metadata.name}'"), "{why}");
        for name in TEMPLATES {
            assert!(refused(name).is_some() && refused(&format!("{name}=x")).is_some(), "{name}");
        }
        for format in Format::value_variants() {
            let value = format.to_possible_value().expect("it has a name");
            assert_eq!(refused(value.get_name()), None);
        }
        assert_eq!(refused("jso"), None, "clap has its own words for it");
    }
}
