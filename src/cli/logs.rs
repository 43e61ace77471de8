//! `fluxdeck logs [KIND/NAME]`: without an object what Flux's controllers have written, as the flux CLI prints it; of an object of
//! Flux what they have written about it; of a pod or a workload the logs of its pods, as kubectl prints them.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::command::{self, Command, Run};
use super::headless::{gather, report_restrictions};
use super::why::only;
use super::{Call, Patience, ReportFormat, duration, output, tree};
use crate::runtime::{self, Origin};
use fluxdeck_model::domain::text::{counted, printable};
use fluxdeck_model::domain::{ObjectRef, Str};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::insight::controller_log::{LogConcern, LogLevel, LogRecord, LogSieve, has_controller, pods_below};
use fluxdeck_model::kinds;
use fluxdeck_model::state::{Aspect, ControllerLogRequest, LogRequest, LogSpan, Message, ReadController, Reply};

pub(super) const COMMAND: Command = Command {
    name: "logs",
    doc: "Print what Flux's controllers write, of all objects or of one; of a pod or a workload the logs of its pods",
    examples: &[
        "fluxdeck logs --level error --since 10m",
        "fluxdeck logs --kind Kustomization --name apps -n flux-system -f",
        "fluxdeck logs ks/apps -n flux-system",
        "fluxdeck logs deploy/web -n web -c app --tail 20",
    ],
    arguments: Arguments::augment_args,
    run: Run::Called { run: |call, matches| Box::pin(async move { print(call, &command::read(matches)?).await }), stops: true },
};

/// Most pods of an object that are read together.
const PODS: usize = 30;

#[derive(Args)]
struct Arguments {
    /// An object of Flux: what its controllers have written about it. A pod, a workload or anything with pods below: their logs.
    /// KIND/NAME, or the name of a pod, in the namespace of -n. Without it, all that Flux's controllers have written, with -n about
    /// objects there
    #[arg(value_name = "KIND/NAME")]
    object: Option<String>,
    /// Only about objects of this kind
    #[arg(long, value_name = "KIND", conflicts_with = "object")]
    kind: Option<String>,
    /// Only about objects of this name
    #[arg(long, value_name = "NAME", conflicts_with = "object")]
    name: Option<String>,
    /// Only lines of this level: debug, info, error
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    level: Option<LogLevel>,
    /// The namespace in which Flux runs; default: wherever its controllers are found
    #[arg(long, value_name = "NAMESPACE")]
    flux_namespace: Option<String>,
    /// Only this container of the pods
    #[arg(short = 'c', long, value_name = "NAME")]
    container: Option<String>,
    /// The previous instances of the containers
    #[arg(short = 'p', long)]
    previous: bool,
    /// With the time at which each line of a pod was kept
    #[arg(long)]
    timestamps: bool,
    /// Also what is written from now on, until ctrl-c
    #[arg(short = 'f', long)]
    follow: bool,
    /// Lines to look at from the end of each log; default: all that are kept
    #[arg(long, value_name = "LINES")]
    tail: Option<u32>,
    /// Only what was written since then: 30s, 10m, 2h
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    since: Option<Duration>,
    /// Only what was written since that time: 2026-01-01T14:00:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "since", value_parser = time)]
    since_time: Option<Timestamp>,
    /// How to print; json: an object a line
    #[arg(short, long, value_enum, default_value_t, hide_default_value = true)]
    output: ReportFormat,
    #[command(flatten)]
    patience: Patience,
}

fn level(text: &str) -> std::result::Result<LogLevel, String> {
    LogLevel::parse(text).ok_or_else(|| format!("there is no level `{text}`: {}", LogLevel::ALL.map(LogLevel::word).join(", ")))
}

fn time(text: &str) -> std::result::Result<Timestamp, String> {
    text.parse().map_err(|_| "write a time with its zone: 2026-01-01T14:00:00Z".to_owned())
}

/// What is read: the pods of one namespace, or controllers.
struct Wanted {
    object: Option<ObjectRef>,
    aspect: Aspect,
    /// The only pod, whose lines do not say that they are its own.
    pod: Str,
}

/// Prints logs. Returns the exit code: 1 if something could not be read.
async fn print(call: &Call, arguments: &Arguments) -> Result<u8> {
    if let Origin::Recorded(_) = call.options.origin {
        return Err(Error::usage("a snapshot has no logs", "`fluxdeck logs` asks a cluster: leave out --from"));
    }
    let (wanted, sieve) = match &arguments.object {
        Some(name) => of_object(call, arguments, name).await?,
        None => of_controllers(call, arguments)?,
    };
    let live = runtime::connect(&call.options, &call.context).await.map_err(|failure| failure.error("the API server"))?;
    let pods = wanted.iter().map(|wanted| wanted.pod.clone()).collect();
    let mut printer =
        Printer { arguments, sieve, pods, held: Vec::new(), found: Vec::new(), read: 0, printed: 0, is_gone: false };
    let (inbox, mut replies) = mpsc::channel(64);
    let limit = call.options.request_timeout;
    let reading = wanted.into_iter().zip(0..).map(|(wanted, number)| {
        let (live, inbox) = (live.clone(), inbox.clone());
        async move { runtime::logs_of(live, number, wanted.object.as_ref(), wanted.aspect, limit, inbox).await }
    });
    let reading = futures::future::join_all(reading);
    drop(inbox);
    let printing = async {
        while let Some(message) = replies.recv().await {
            if let Message::Reply(ticket, reply) = message {
                printer.take(usize::try_from(ticket.0).unwrap_or_default(), reply)?;
            }
            if printer.is_gone {
                break;
            }
        }
        printer.end()
    };
    tokio::pin!(printing);
    tokio::select! {
        // who read the output has gone: nothing is left to do
        done = &mut printing => done.map(|()| 0),
        all = reading => {
            printing.await?;
            Ok(u8::from(all.contains(&false)))
        }
    }
}

impl Arguments {
    fn span(&self) -> LogSpan {
        let ago = self.since.and_then(|since| Timestamp::now().checked_sub(since).ok());
        LogSpan { tail: self.tail, since: self.since_time.or(ago), follows: self.follow, gives_up: true }
    }

    fn controllers(&self, concern: LogConcern, object: Option<ObjectRef>) -> Result<Wanted> {
        for (is_typed, flag) in [(self.container.is_some(), "-c"), (self.timestamps, "--timestamps")] {
            if is_typed {
                let message =
                    format!("{flag} is for pods: a controller has one container, and its lines say when they were written");
                return Err(Error::usage(message, "name the pod: `fluxdeck logs pod/NAME`"));
            }
        }
        let namespace = self.flux_namespace.as_deref().map(Str::from);
        let request = ControllerLogRequest { concern, namespace, is_whole: false, previous: self.previous, span: self.span() };
        Ok(Wanted { object, aspect: Aspect::ControllerLogs(request), pod: Str::default() })
    }
}

/// All that Flux's controllers have written, of which flags choose.
fn of_controllers(call: &Call, arguments: &Arguments) -> Result<(Vec<Wanted>, LogSieve)> {
    let kind = arguments.kind.as_deref().map(|typed| match kinds::by_name(typed).first() {
        Some(known) => known.kind.into(),
        None => Str::from(typed),
    });
    let name = arguments.name.as_deref().map(Str::from);
    let sieve = LogSieve { level: arguments.level, kind, name, namespaces: call.options.namespaces.clone() };
    Ok((vec![arguments.controllers(LogConcern::everything(), None)?], sieve))
}

/// What is written by the pods of an object, or about it.
async fn of_object(call: &Call, arguments: &Arguments, name: &str) -> Result<(Vec<Wanted>, LogSieve)> {
    let name = if name.contains('/') { name.to_owned() } else { format!("pod/{name}") };
    let headless = gather(call, arguments.patience.limit(), |_, _| arguments.patience.is_asked()).await?;
    let cluster = headless.state().cluster();
    report_restrictions(headless.state());
    let node = only(cluster, &tree::find(cluster, call, &name)?, &name)?;
    let object = cluster.store.reference(node).clone();
    let sieve = LogSieve { level: arguments.level, ..LogSieve::default() };
    if has_controller(&object.gk) {
        let concern = LogConcern::of(&cluster.store, &object);
        return Ok((vec![arguments.controllers(concern, Some(object))?], sieve));
    }
    if arguments.flux_namespace.is_some() {
        let message = format!("no controller of Flux reconciles {object}: --flux-namespace means nothing to its logs");
        return Err(Error::usage(message, "leave it out"));
    }
    let mut namespaces: BTreeMap<Str, Vec<ObjectRef>> = BTreeMap::new();
    for pod in pods_below(&cluster.store, &cluster.forest, &object, PODS) {
        namespaces.entry(pod.namespace.clone()).or_default().push(pod);
    }
    if namespaces.is_empty() {
        return Err(Error::failed(format!("there are no pods below {object}"), "it may have none, or you may not list them"));
    }
    let wanted = |pods: Vec<ObjectRef>| {
        let request = LogRequest {
            pods: pods.iter().map(|pod| pod.name.clone()).collect(),
            container: arguments.container.clone(),
            previous: arguments.previous,
            timestamps: arguments.timestamps,
            span: arguments.span(),
        };
        let pod = if pods.len() == 1 { pods[0].name.clone() } else { Str::default() };
        Wanted { object: Some(pods[0].clone()), aspect: Aspect::Logs(request), pod }
    };
    Ok((namespaces.into_values().map(wanted).collect(), sieve))
}

/// Prints what is read: at once where it is followed; else all together, ordered by time.
struct Printer<'a> {
    arguments: &'a Arguments,
    sieve: LogSieve,
    /// Of what is read, by its number: the only pod.
    pods: Vec<Str>,
    held: Vec<LogRecord>,
    found: Vec<ReadController>,
    /// Lines of controllers that were looked at, and lines that were printed.
    read: usize,
    printed: usize,
    /// Nobody reads what is printed.
    is_gone: bool,
}

impl Printer<'_> {
    fn take(&mut self, number: usize, reply: Reply) -> Result<()> {
        match reply {
            Reply::Controllers(found) => self.found.extend(found),
            Reply::Records(records, read) => {
                self.read += read;
                let pod = self.pods.get(number).filter(|_| self.pods.len() > 1).cloned().unwrap_or_default();
                let named = |record: LogRecord| {
                    if record.origin.is_empty() { LogRecord { origin: pod.clone(), ..record } } else { record }
                };
                let wanted = records.into_iter().filter(|record| self.sieve.takes(record)).map(named);
                self.held.extend(wanted);
                if self.arguments.follow {
                    self.release()?;
                }
            }
            Reply::Note(text) => output::beside(&text),
            Reply::Failed(error) => super::report(&error),
            _ => {}
        }
        Ok(())
    }

    /// Prints what is held.
    fn release(&mut self) -> Result<()> {
        self.held.sort_by_key(|record| record.at);
        self.printed += self.held.len();
        let lines = self.held.drain(..).map(|record| match self.arguments.output {
            ReportFormat::Text => text(&record) + "\n",
            ReportFormat::Json => of_record(&record).to_string() + "\n",
        });
        let lines: String = lines.collect();
        self.is_gone = match self.arguments.output {
            ReportFormat::Text => !output::stream(&lines)?,
            ReportFormat::Json => !output::stream_raw(lines.as_bytes())?,
        };
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.release()?;
        if self.printed == 0 && !self.found.is_empty() {
            let pods: Vec<_> = self.found.iter().flat_map(|controller| &controller.pods).map(String::as_str).collect();
            output::beside(&format!(
                "no line is about that: {} read of {}",
                counted(self.read, "line"),
                printable(&pods.join(", "))
            ));
        }
        Ok(())
    }
}

/// A line of a controller as the flux CLI prints it; any other as it was written, behind the pod that wrote it where there are several.
fn text(record: &LogRecord) -> String {
    match (record.is_plain(), record.origin.is_empty()) {
        (false, _) => record.line(),
        (true, true) => record.message.clone(),
        (true, false) => format!("{} {}", record.origin, record.message),
    }
}

fn of_record(record: &LogRecord) -> Value {
    let mut object = Map::new();
    let mut set = |key: &str, value: Value| {
        if !matches!(&value, Value::Null) && value.as_str() != Some("") {
            object.insert(key.to_owned(), value);
        }
    };
    set("time", json!(record.at));
    set("level", json!(record.level.map(LogLevel::word)));
    if let Some(subject) = &record.subject {
        set("group", json!(&*subject.group));
        set("kind", json!(&*subject.kind));
        set("namespace", json!(&*subject.namespace));
        set("name", json!(&*subject.name));
    }
    set("message", json!(record.message));
    set("error", json!(record.error));
    set("pod", json!(&*record.origin));
    if !record.fields.is_empty() {
        set("fields", record.fields.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<Map<_, _>>().into());
    }
    object.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_printed_as_flux_or_as_kubectl_does_and_as_json() {
        let line = r#"{"level":"error","ts":"2026-01-01T00:00:00.000Z","msg":"m","controllerKind":"Kustomization","namespace":"a","name":"b","error":"e","revision":"main"}"#;
        let record = LogRecord::read(line, None);
        assert_eq!(text(&record), "2026-01-01T00:00:00.000Z error Kustomization/b.a - m e");
        let expected = json!({"time": "2026-01-01T00:00:00Z", "level": "error", "kind": "Kustomization", "namespace": "a", "name": "b", "message": "m", "error": "e", "fields": {"revision": "main"}});
        assert_eq!(of_record(&record), expected);

        let plain = |origin: &str| LogRecord { origin: origin.into(), ..LogRecord::plain(line.to_owned(), None) };
        assert_eq!((text(&plain("")), text(&plain("web-1"))), (line.to_owned(), format!("web-1 {line}")));
        assert_eq!(of_record(&plain("web-1")), json!({"message": line, "pod": "web-1"}));
    }
}
