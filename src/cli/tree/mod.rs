//! `fluxdeck tree [KIND/NAME]`: the graph as the screen shows it, all of it open; or as a picture for documents.

mod picture;

use clap::Args;

use super::command::{self, Command, Run};
use super::format::{DrawnFormat, Formats};
use super::headless::{gather, report_restrictions, unread};
use super::output::{self, Node, name, nodes_below, sorted};
use super::{Call, Pick};
use fluxdeck_model::commands::{kind_named, unknown_kind};
use fluxdeck_model::domain::query::{Fuzzy, Query};
use fluxdeck_model::domain::{GroupKind, Health, NodeId};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::dependencies::is_drawn;
use fluxdeck_model::state::Cluster;
use fluxdeck_model::state::projection::{Filter, message_of, revision_of, word_of};

pub(super) const COMMAND: Command = Command {
    name: "tree",
    doc: "Print the graph: every source, what it feeds, down to pods",
    examples: &[
        "fluxdeck tree",
        "fluxdeck tree ks/apps -n flux-system",
        "fluxdeck tree --status failed,stalled --exit-code",
        "fluxdeck tree --dependencies -o mermaid",
        "fluxdeck tree ks/apps -n flux-system -o dot",
    ],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
struct Arguments {
    /// Only this object and what is below it, in whatever namespace: ks/apps, deploy/web. -n is the namespace of the object itself
    #[arg(value_name = "KIND/NAME")]
    object: Option<String>,
    /// How to print; mermaid and dot draw a picture for documents, with what depends on what. In the place of kubectl's jsonpath and
    /// custom-columns: -o json | jq -r '.[] | .name'
    #[arg(short, long, value_parser = Formats::<DrawnFormat>::new(), default_value = "table", hide_default_value = true)]
    output: DrawnFormat,
    /// Only sources, and what is applied from them
    #[arg(long)]
    dependencies: bool,
    #[command(flatten)]
    pick: Pick,
}

/// Prints the tree. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let headless = gather(call, arguments.pick.patience.limit(), |_, _| arguments.pick.patience.is_asked()).await?;
    let state = headless.state();
    let cluster = state.cluster();
    let roots = match &arguments.object {
        Some(name) => find(cluster, call, name)?,
        None => cluster.forest.roots().to_vec(),
    };
    let mut filter = arguments.pick.filter(call)?;
    if arguments.object.is_some() {
        // it may create things anywhere
        filter.namespaces = None;
    }
    let fuzzy = std::cell::RefCell::new(Fuzzy::default());
    let wanted = |id: NodeId| {
        let is_meant = !arguments.dependencies || is_drawn(cluster.store.reference(id));
        is_meant && filter.admits(&cluster.store, &cluster.forest, id, &mut fuzzy.borrow_mut())
    };
    let trees: Vec<_> = roots.iter().filter_map(|root| nodes_below(cluster, *root, &wanted)).collect();
    match arguments.output {
        DrawnFormat::Json => output::json(&trees)?,
        DrawnFormat::Yaml => output::yaml(&trees)?,
        DrawnFormat::Name => output::write(&names(&trees))?,
        DrawnFormat::Mermaid => picture::mermaid(cluster, &roots, &wanted, arguments.dependencies)?,
        DrawnFormat::Dot => picture::dot(cluster, &roots, &wanted, arguments.dependencies)?,
        DrawnFormat::Table | DrawnFormat::Wide => {
            let mut text = String::new();
            for root in roots {
                draw(cluster, root, "", "", &wanted, arguments.output == DrawnFormat::Wide, &mut text);
            }
            output::rows(&text, true)?;
        }
    }
    report_restrictions(state);
    if let Some(error) = unread(state) {
        return Err(error);
    }
    let failing = arguments.pick.exit_code && trees.iter().any(is_failing);
    Ok(failing.into())
}

impl Pick {
    /// The filter from the flags.
    pub(super) fn filter(&self, call: &Call) -> Result<Filter> {
        let query = self.selector.as_deref().map(Query::labels).transpose().map_err(|why| Error::usage(why, ""))?.flatten();
        let namespaces = Some(call.options.namespaces.clone()).filter(|names| !names.is_empty());
        let health = (!self.status.is_empty()).then(|| self.status.iter().copied().collect());
        Ok(Filter { query, namespaces, health, only: None })
    }
}

/// Objects named `KIND/NAME`, in every namespace that is looked at; or `KIND/NAMESPACE/NAME`.
pub(super) fn find(cluster: &Cluster, call: &Call, object: &str) -> Result<Vec<NodeId>> {
    let wrong = || Error::usage(format!("`{object}` is not KIND/NAME"), "write it as ks/apps");
    let (kind, path) = object.split_once('/').filter(|(kind, _)| !kind.is_empty()).ok_or_else(wrong)?;
    let gk = kind_named(kind, &cluster.store).ok_or_else(|| unknown_kind(kind))?;
    of_kind(cluster, call, &gk, path, object)
}

/// The same of a kind that is known.
pub(super) fn find_of(cluster: &Cluster, call: &Call, gk: &GroupKind, object: &str) -> Result<Vec<NodeId>> {
    of_kind(cluster, call, gk, object.split_once('/').map_or(object, |(_, path)| path), object)
}

/// Those of a kind with that `NAME` or `NAMESPACE/NAME`.
fn of_kind(cluster: &Cluster, call: &Call, gk: &GroupKind, path: &str, object: &str) -> Result<Vec<NodeId>> {
    let (own, name) = path.split_once('/').map_or((None, path), |(namespace, name)| (Some(namespace), name));
    if name.is_empty() || name.contains('/') {
        return Err(Error::usage(format!("`{object}` is not KIND/NAME"), "write it as ks/apps"));
    }
    let looked_at = &call.options.namespaces;
    if own.is_some_and(|own| !looked_at.is_empty() && !looked_at.contains(own)) {
        return Err(Error::usage(format!("`{object}` names another namespace than -n"), "name it once"));
    }
    let wanted = |id: &NodeId| {
        let reference = cluster.store.reference(*id);
        let is_in = |own: &str| own == &*reference.namespace;
        // what is in no namespace is in all of them
        let is_looked_at = reference.namespace.is_empty() || looked_at.is_empty() || looked_at.contains(&reference.namespace);
        &*reference.name == name && own.map_or(is_looked_at, is_in)
    };
    let found: Vec<_> = cluster.store.of_kind(gk).filter(wanted).collect();
    if found.is_empty() {
        return Err(Error::failed(format!("there is no {} `{name}`", gk.kind), "check the name and the namespace (-n)"));
    }
    Ok(sorted(cluster, &found))
}

fn is_failing(node: &Node) -> bool {
    Health::from_slug(node.health).is_some_and(Health::is_failing) || node.children.iter().any(is_failing)
}

fn names(nodes: &[Node]) -> String {
    nodes
        .iter()
        .map(|node| format!("{}{}", name(&node.group, &node.kind, &node.namespace, &node.name), names(&node.children)))
        .collect()
}

/// Draws a node and what is below it with lines, as `flux tree` does.
fn draw(cluster: &Cluster, id: NodeId, lead: &str, branch: &str, wanted: &dyn Fn(NodeId) -> bool, wide: bool, out: &mut String) {
    if nodes_below(cluster, id, wanted).is_none() {
        return;
    }
    let (store, forest) = (&cluster.store, &cluster.forest);
    let health = forest.health(id).unwrap_or(Health::Unknown);
    let reference = store.reference(id);
    let mut line =
        format!("{lead}{branch}{} {}/{}  {}", health.glyph(), reference.gk.kind, reference.path(), word_of(store, forest, id));
    let object = store.object(id);
    if let Some((ready, desired)) = object.and_then(|object| object.facts.ready) {
        line.push_str(&format!("  {ready}/{desired}"));
    }
    let revision = revision_of(store, forest, id);
    if !revision.is_empty() {
        line.push_str(&format!("  {revision}"));
    }
    let message = message_of(store, forest, id);
    if (wide || health != Health::Ready) && !message.is_empty() {
        line.push_str(&format!("  {message}"));
    }
    out.push_str(&line);
    out.push('\n');
    let lead = match branch {
        "" => lead.to_owned(),
        "└── " => format!("{lead}    "),
        _ => format!("{lead}│   "),
    };
    let children: Vec<_> =
        sorted(cluster, forest.children(id)).into_iter().filter(|child| nodes_below(cluster, *child, wanted).is_some()).collect();
    for (at, child) in children.iter().enumerate() {
        let branch = if at + 1 == children.len() { "└── " } else { "├── " };
        draw(cluster, *child, &lead, branch, wanted, wide, out);
    }
}
