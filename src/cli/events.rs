//! `fluxdeck events [KIND/NAME]`: events as `flux events` and `kubectl events` print them, sorted by when they were seen last; of an object
//! with those of what it is made from, or of everything below it; once, or as they happen.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use serde::Serialize;

use super::command::{self, Command, Run};
use super::headless::{Headless, gather};
use super::one::{self, HINT};
use super::why::{ago, only};
use super::{Call, Patience, output, tree};
use fluxdeck_model::domain::{
    EventRow, GroupKind, NodeId, ObjectRef, Printed, PrintedChange, PrintedNews, PrintedQuery, PrintedRow, Relation, Store, Str,
    duration, width,
};
use fluxdeck_model::error::{Error, ErrorKind, Result};
use fluxdeck_model::kinds;
use fluxdeck_model::state::{Cluster, Question, Reply, State, Ticket};

/// Namespaces that are asked one by one; where there are more, all are.
const MOST_NAMESPACES: usize = 8;

pub(super) const COMMAND: Command = Command {
    name: "events",
    doc: "Print events, sorted by when they were seen last: of all objects, of one with its sources, or of everything below it",
    examples: &[
        "fluxdeck events -A",
        "fluxdeck events --for ks/apps -n flux-system",
        "fluxdeck events ks/apps -n flux-system --below --types Warning",
        "fluxdeck events --for HelmRelease/web -n web -w",
    ],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

#[derive(Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags of a command line")]
struct Arguments {
    /// The object: KIND/NAME, or all of a KIND; those of what it is made from are printed too, as `flux events` does. -n names its
    /// namespace
    #[arg(value_name = "KIND[/NAME]")]
    object: Option<String>,
    /// The same, as `flux events` and `kubectl events` have it
    #[arg(long = "for", value_name = "KIND[/NAME]", conflicts_with = "object")]
    of: Option<String>,
    /// Also of everything below the object: what it applied, down to pods
    #[arg(long)]
    below: bool,
    /// Only of objects of Flux, which is all that `flux events` prints
    #[arg(long)]
    flux: bool,
    /// Only events of these types, separated by commas: Normal, Warning
    #[arg(long, value_name = "TYPES", value_delimiter = ',', value_parser = event_type)]
    types: Vec<bool>,
    /// Print what happens from here on too, until it is stopped
    #[arg(short, long)]
    watch: bool,
    /// Leave out the headings
    #[arg(long, visible_alias = "no-header")]
    no_headers: bool,
    /// How to print. With -w each event is a document of its own: a line of JSON
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: EventFormat,
    #[command(flatten)]
    patience: Patience,
    /// Exit with 1 if a warning is printed
    #[arg(long)]
    exit_code: bool,
}

/// How events are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum EventFormat {
    #[default]
    Table,
    /// With when they were seen first, how often, and who reports them
    Wide,
    Json,
    Yaml,
}

/// Whether a type of events is that of warnings.
fn event_type(text: &str) -> std::result::Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "warning" => Ok(true),
        "normal" => Ok(false),
        _ => Err(format!("there is no type `{}`: Normal, Warning", text.trim())),
    }
}

/// What is printed.
struct Selected {
    /// The kind, if only that is meant.
    gk: Option<GroupKind>,
    /// Of these objects alone; none for all.
    objects: Option<BTreeSet<Named>>,
    queries: Vec<PrintedQuery>,
}

/// Kind, namespace and name: an event may leave out the group of what it is about.
type Named = (Str, Str, Str);

fn named(object: &ObjectRef) -> Named {
    (object.gk.kind.clone(), object.namespace.clone(), object.name.clone())
}

/// Prints events. Returns the exit code.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    let limit = arguments.patience.limit();
    let wanted = arguments.object.as_deref().or(arguments.of.as_deref());
    if arguments.below && wanted.is_none_or(|text| !text.contains('/')) {
        return Err(Error::usage("--below needs an object", "name it: `fluxdeck events ks/apps --below`"));
    }
    let mut headless = match arguments.below {
        true => gather(call, limit, |_, _| arguments.patience.is_asked()).await?,
        false => one::connect(call, limit).await?,
    };
    let selected = match wanted {
        None => Selected { gk: None, objects: None, queries: vec![everywhere(call, headless.state())] },
        Some(text) => select(call, &mut headless, text, arguments).await?,
    };
    let mut printer = Printer::new(arguments, selected.objects.as_ref().is_none_or(are_in_several));
    let tickets: Vec<_> = selected.queries.iter().map(|query| headless.ask(Question::Print(query.clone()))).collect();
    read(&mut headless, &tickets, &selected, &mut printer, limit).await?;
    printer.flush(headless.state().clock)?;
    if arguments.watch {
        // until it is stopped, or the output is closed
        loop {
            headless.turn().await?;
            for (_, reply) in headless.answered() {
                printer.take(&reply, &selected)?;
            }
            printer.flush(headless.state().clock)?;
        }
    }
    printer.end()?;
    Ok(u8::from(arguments.exit_code && printer.has_warned))
}

/// Events in the namespaces of the call.
fn everywhere(call: &Call, state: &State) -> PrintedQuery {
    let names = &call.options.namespaces;
    PrintedQuery::events((!names.is_empty()).then(|| names.clone()), state.cluster().known_namespaces.clone())
}

/// What `KIND` or `KIND/NAME` means: a kind, or an object with what it is made from, or with everything below it.
async fn select(call: &Call, headless: &mut Headless, text: &str, arguments: &Arguments) -> Result<Selected> {
    let (word, name) = text.split_once('/').map_or((text, None), |(word, name)| (word, Some(name)));
    let gk = one::kind(word, headless.state().cluster())?;
    let Some(name) = name else {
        return Ok(Selected { gk: Some(gk), objects: None, queries: vec![everywhere(call, headless.state())] });
    };
    if arguments.below {
        let cluster = headless.state().cluster();
        let node = only(cluster, &tree::find(cluster, call, text)?, text)?;
        return Ok(of_objects(&below(cluster, node), cluster));
    }
    let found = one::find(call, headless, text, &gk, arguments.patience.limit()).await;
    let (cluster, namespaces) = (headless.state().cluster(), &call.options.namespaces);
    match found {
        Ok(found) => Ok(of_objects(&chain(&cluster.store, only(cluster, &found, text)?), cluster)),
        // what is gone, or may not be listed, has events all the same
        Err(error) => match (namespaces.len(), namespaces.first()) {
            (1, Some(namespace)) => {
                let namespace = if one::is_namespaced(&gk, cluster) { namespace.clone() } else { "".into() };
                Ok(of_objects(&[ObjectRef::new(cluster.id, gk, namespace, name)], cluster))
            }
            _ => Err(error),
        },
    }
}

/// An object with what it is made from: its source, its chart and the source of that, the repository of its images, its provider
/// (flux2 `cmd/flux/events.go`, `getObjectRef`).
fn chain(store: &Store, node: NodeId) -> Vec<ObjectRef> {
    let mut found = vec![node];
    let mut at = 0;
    while let Some(node) = found.get(at).copied() {
        at += 1;
        let of = |relation| matches!(relation, Relation::Source | Relation::Chart | Relation::Images | Relation::Provider);
        for link in store.out(node).iter().filter(|link| of(link.relation)) {
            if !found.contains(&link.node) {
                found.push(link.node);
            }
        }
    }
    found.into_iter().map(|node| store.reference(node).clone()).collect()
}

/// An object and everything below it.
fn below(cluster: &Cluster, node: NodeId) -> Vec<ObjectRef> {
    let mut found = Vec::new();
    let mut ahead = vec![node];
    while let Some(node) = ahead.pop() {
        found.push(cluster.store.reference(node).clone());
        ahead.extend(cluster.forest.children(node).iter().filter(|child| cluster.store.is_used(**child)));
    }
    found
}

/// The events of these objects: each asked for by itself where they are few, else all of their namespaces.
fn of_objects(objects: &[ObjectRef], cluster: &Cluster) -> Selected {
    let names: BTreeSet<_> = objects.iter().map(named).collect();
    let queries = if objects.len() <= MOST_NAMESPACES {
        objects.iter().map(PrintedQuery::events_of).collect()
    } else {
        let of = |object: &ObjectRef| if object.namespace.is_empty() { "default".into() } else { object.namespace.clone() };
        let namespaces: BTreeSet<Str> = objects.iter().map(of).collect();
        let few = (namespaces.len() <= MOST_NAMESPACES).then(|| namespaces.clone());
        vec![PrintedQuery::events(few, namespaces.into_iter().chain(cluster.known_namespaces.iter().cloned()).collect())]
    };
    Selected { gk: None, objects: Some(names), queries }
}

fn are_in_several(objects: &BTreeSet<Named>) -> bool {
    objects.iter().map(|(_, namespace, _)| namespace).collect::<BTreeSet<_>>().len() > 1
}

/// Waits for the first answer to each question.
async fn read(
    headless: &mut Headless,
    tickets: &[Ticket],
    selected: &Selected,
    printer: &mut Printer<'_>,
    limit: Duration,
) -> Result<()> {
    let mut left: BTreeSet<_> = tickets.iter().copied().collect();
    let mut last = Error::new(ErrorKind::Unreachable, "the API server did not answer", HINT);
    let waiting = async {
        while !left.is_empty() {
            headless.turn().await?;
            for (ticket, reply) in headless.answered() {
                match &reply {
                    Reply::Failed(error) if error.kind == ErrorKind::Denied => return Err(error.clone()),
                    Reply::Failed(error) => last = error.clone(),
                    _ => {
                        left.remove(&ticket);
                        printer.take(&reply, selected)?;
                    }
                }
            }
        }
        Ok(())
    };
    match tokio::time::timeout(limit, waiting).await {
        Ok(done) => done,
        Err(_) => Err(last),
    }
}

/// Prints each event once, and again when it has happened again.
struct Printer<'a> {
    arguments: &'a Arguments,
    with_namespace: bool,
    /// What was printed, by its identity.
    known: HashMap<Str, Arc<EventRow>>,
    /// What comes next.
    ahead: Vec<(ObjectRef, Arc<EventRow>)>,
    widths: Vec<usize>,
    documents: usize,
    has_warned: bool,
    is_reported: bool,
}

impl<'a> Printer<'a> {
    fn new(arguments: &'a Arguments, with_namespace: bool) -> Self {
        let (known, ahead, widths) = Default::default();
        Self { arguments, with_namespace, known, ahead, widths, documents: 0, has_warned: false, is_reported: false }
    }

    fn take(&mut self, reply: &Reply, selected: &Selected) -> Result<()> {
        match reply {
            Reply::Printed(news) => match &**news {
                PrintedNews::All(printed) => {
                    self.report(printed);
                    printed.rows.iter().for_each(|row| self.add(row, selected));
                }
                PrintedNews::Changed(changes) => {
                    for change in changes {
                        match change {
                            PrintedChange::Row(row) => self.add(row, selected),
                            PrintedChange::Gone(key) => {
                                self.known.remove(key);
                            }
                        }
                    }
                }
            },
            Reply::Failed(error) if error.kind == ErrorKind::Denied => return Err(error.clone()),
            Reply::Failed(error) => output::beside(&error.to_string()),
            _ => {}
        }
        Ok(())
    }

    /// Says once where events may not be read.
    fn report(&mut self, printed: &Printed) {
        if printed.refused.is_empty() || std::mem::replace(&mut self.is_reported, true) {
            return;
        }
        let names: Vec<_> = printed.refused.iter().filter(|name| !name.is_empty()).map(|name| &**name).collect();
        output::beside(&match names.is_empty() {
            true => "restricted: events were read in the namespaces that you may read; more with -n".to_owned(),
            false => format!("restricted: you may not list events in {}", names.join(", ")),
        });
    }

    fn add(&mut self, row: &PrintedRow, selected: &Selected) {
        let Some(event) = &row.event else { return };
        let object = &row.object;
        let is_meant = selected.gk.as_ref().is_none_or(|gk| gk.kind == object.gk.kind)
            && selected.objects.as_ref().is_none_or(|objects| objects.contains(&named(object)))
            && (!self.arguments.flux || kinds::find(&object.gk.group, &object.gk.kind).is_some_and(kinds::Kind::is_flux))
            && (self.arguments.types.is_empty() || self.arguments.types.contains(&event.is_warning));
        if is_meant && self.known.get(&row.key) != Some(event) {
            self.known.insert(row.key.clone(), event.clone());
            self.ahead.push((object.clone(), event.clone()));
        }
    }

    /// Prints what has come, the latest last.
    fn flush(&mut self, now: Timestamp) -> Result<()> {
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.sort_by_key(|(_, event)| event.last);
        self.has_warned |= ahead.iter().any(|(_, event)| event.is_warning);
        let is_first = self.documents == 0;
        self.documents += ahead.len();
        match self.arguments.output {
            EventFormat::Json if self.arguments.watch => {
                ahead.iter().try_for_each(|(object, event)| line_of_json(&Document::of(object, event)))
            }
            EventFormat::Json => {
                output::json(&ahead.iter().map(|(object, event)| Document::of(object, event)).collect::<Vec<_>>())
            }
            EventFormat::Yaml if self.arguments.watch => ahead.iter().try_for_each(|(object, event)| {
                output::raw(b"---\n")?;
                output::yaml(&Document::of(object, event))
            }),
            EventFormat::Yaml => {
                output::yaml(&ahead.iter().map(|(object, event)| Document::of(object, event)).collect::<Vec<_>>())
            }
            EventFormat::Table | EventFormat::Wide if ahead.is_empty() => Ok(()),
            EventFormat::Table | EventFormat::Wide => {
                let headings = (is_first && !self.arguments.no_headers).then(|| self.headings());
                let rows = ahead.iter().map(|(object, event)| self.row(object, event, now)).collect::<Vec<_>>();
                let rows: Vec<_> = headings.into_iter().chain(rows).collect();
                let text = self.aligned(&rows);
                output::rows(&text, self.arguments.output == EventFormat::Wide)
            }
        }
    }

    /// Says that there was nothing.
    fn end(&self) -> Result<()> {
        if self.documents == 0 && matches!(self.arguments.output, EventFormat::Table | EventFormat::Wide) {
            output::beside("no events found: the API server keeps them for an hour");
        }
        Ok(())
    }

    fn headings(&self) -> Vec<String> {
        let namespace = self.with_namespace.then_some("NAMESPACE");
        let wide: &[_] = if self.arguments.output == EventFormat::Wide { &["FIRST SEEN", "COUNT", "FROM"] } else { &[] };
        let usual = ["LAST SEEN", "TYPE", "REASON", "OBJECT"];
        let all = namespace.into_iter().chain(usual).chain(wide.iter().copied()).chain(["MESSAGE"]);
        all.map(str::to_owned).collect()
    }

    fn row(&self, object: &ObjectRef, event: &EventRow, now: Timestamp) -> Vec<String> {
        let namespace = self.with_namespace.then(|| object.namespace.to_string());
        let usual = [seen(event, now), event.type_word().to_owned(), event.reason.clone(), event.object.clone()];
        let wide = [event.first.map(|at| ago(at, now)).unwrap_or_default(), event.count.to_string(), event.from.clone()];
        let wide = wide.into_iter().filter(|_| self.arguments.output == EventFormat::Wide);
        namespace.into_iter().chain(usual).chain(wide).chain([event.message.clone()]).collect()
    }

    /// Rows in columns, each as wide as it has ever been.
    fn aligned(&mut self, rows: &[Vec<String>]) -> String {
        for row in rows {
            self.widths.resize(row.len().max(self.widths.len()), 0);
            for (cell, known) in row.iter().zip(&mut self.widths) {
                *known = (*known).max(width::of(cell));
            }
        }
        let line = |row: &Vec<String>| {
            let mut line = String::new();
            for (cell, column) in row.iter().zip(&self.widths) {
                line.push_str(cell);
                line.push_str(&" ".repeat(column.saturating_sub(width::of(cell)) + 3));
            }
            line.trim_end().to_owned() + "\n"
        };
        rows.iter().map(line).collect()
    }
}

/// `3m`, or `3m (x5 over 20m)` (kubectl `pkg/cmd/events/event_printer.go`).
fn seen(event: &EventRow, now: Timestamp) -> String {
    let Some(last) = event.last else { return "<unknown>".to_owned() };
    match event.first.filter(|_| event.count > 1) {
        Some(first) => {
            let over = duration::age((now.as_second() - first.as_second()).max(0)).0;
            format!("{} (x{} over {over})", ago(last, now), event.count)
        }
        None => ago(last, now),
    }
}

/// An event as a document.
#[derive(Serialize)]
struct Document<'a> {
    kind: &'a str,
    group: &'a str,
    namespace: &'a str,
    name: &'a str,
    r#type: &'static str,
    reason: &'a str,
    message: &'a str,
    count: i32,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    from: &'a str,
}

impl<'a> Document<'a> {
    fn of(object: &'a ObjectRef, event: &'a EventRow) -> Self {
        let EventRow { reason, message, count, first, last, from, .. } = event;
        let (kind, group, namespace, name) = (&*object.gk.kind, &*object.gk.group, &*object.namespace, &*object.name);
        let (r#type, count, first, last) = (event.type_word(), *count, *first, *last);
        Self { kind, group, namespace, name, r#type, reason, message, count, first, last, from }
    }
}

fn line_of_json(document: &Document) -> Result<()> {
    let text = serde_json::to_string(document).map_err(|error| Error::failed(format!("cannot write JSON: {error}"), ""))?;
    output::raw(format!("{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_it_was_seen_reads_as_kubectl_writes_it() {
        let now = Timestamp::from_second(10_000).expect("a time");
        let at = |second| Timestamp::from_second(second).ok();
        for (first, last, count, expected) in [
            (at(9_820), at(9_820), 1, "3m"),
            (at(8_800), at(9_820), 5, "3m (x5 over 20m)"),
            (None, at(9_820), 5, "3m"),
            (None, None, 1, "<unknown>"),
        ] {
            let event = EventRow { first, last, count, ..EventRow::default() };
            assert_eq!(seen(&event, now), expected);
        }
    }

    #[test]
    fn types_are_read_in_any_case_and_others_refused() {
        assert_eq!((event_type("Warning"), event_type(" normal ")), (Ok(true), Ok(false)));
        assert!(event_type("Error").is_err_and(|why| why.contains("Normal, Warning")));
    }
}
