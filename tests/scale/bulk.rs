//! Keys while a hundred objects are acted on: the same keys on the same screen, first with nothing under way, then with bulk after bulk of
//! a hundred Kustomizations, ten of which fail; then the program that does nothing, while a hundred are reconciled beside it.
//!
//! The screen changes all the time meanwhile, so each key is one that must change what keys change (the row that is selected, which rows
//! there are, what is typed), and counts as painted only when that has changed: see [`Look`].
//!
//! Needs the test bed with its controllers: their work is part of what is measured.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash, Hasher},
    process::{Command, Stdio},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use regex::Regex;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use vt100::{Color, Screen};

use crate::{
    arguments::BulkArguments,
    bench,
    cluster::{Cluster, Failure},
    keys::{self, Key, Sort},
    measure::{Durations, KeyTimes},
    programs::Profile,
    report,
    terminal::{COLUMNS, Terminal, fingerprint},
};

const NAMESPACE: &str = "scale-bulk";
const KUSTOMIZATIONS: &str = "/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/scale-bulk/kustomizations";
const OBJECTS: usize = 100;
/// How long anything of the cluster may take.
const LONG: Duration = Duration::from_secs(180);
/// What no key may take: a frame of a screen that shows sixty a second.
const FRAME: Duration = Duration::from_millis(16);

pub fn run(arguments: &BulkArguments, runtime: &Runtime) -> Result<(), Failure> {
    let cluster = runtime.block_on(Cluster::connect(arguments.connection.kubeconfig.as_deref(), false))?;
    runtime.block_on(prepare(&cluster, arguments))?;
    let measured = measure(&cluster, arguments, runtime);
    if !arguments.keep {
        runtime.block_on(cluster.delete(KUSTOMIZATIONS))?;
        runtime.block_on(cluster.delete(&format!("/api/v1/namespaces/{NAMESPACE}")))?;
    }
    measured
}

fn measure(cluster: &Cluster, arguments: &BulkArguments, runtime: &Runtime) -> Result<(), Failure> {
    let profile = Profile::find(Some("fluxdeck"), &[]);
    let script = script();
    let mut deck = Deck::open(arguments)?;
    deck.begin_round()?;
    deck.until(&profile.rows(None)?)?;
    let mut quiet = Times::default();
    while quiet.keys < arguments.keys {
        script.iter().try_for_each(|key| deck.press(key, &mut quiet))?;
    }

    let mut busy = Times::default();
    let mut script = script.iter().cycle();
    let mut bulks = 0;
    while busy.keys < arguments.keys {
        let begin = jiff::Timestamp::now();
        deck.begin_bulk()?;
        deck.begin_round()?;
        let is_over = watch_end(cluster, begin, runtime);
        while !is_over.load(Ordering::Relaxed) {
            deck.press(script.next().ok_or("no keys")?, &mut busy)?;
        }
        // what is left of the round, so that the next begins where it has to
        while deck.round > 0 {
            deck.press(script.next().ok_or("no keys")?, &mut busy)?;
        }
        deck.check_results()?;
        bulks += 1;
    }
    deck.terminal.end();

    println!("| | keys | key → paint ms, p50 / p99 / max | longer than {} ms |\n|---|---|---|---|", FRAME.as_millis());
    println!("{}", quiet.row("fluxdeck, nothing under way"));
    println!("{}", busy.row(&format!("fluxdeck, meanwhile {bulks} bulks of {OBJECTS}")));
    println!("{}", floor(arguments)?.row(&format!("echo, beside a bulk of {OBJECTS}")));
    for (sort, paints) in &busy.of_sort {
        println!("meanwhile, {}: {}", sort.name(), report::Percentiles::cell(&paints.first));
    }
    for (name, times) in [("nothing under way", &quiet), ("meanwhile", &busy)] {
        println!(
            "{name}, longer than a frame: {}",
            if times.slow.is_empty() { "none".to_owned() } else { times.slow.join(", ") }
        );
    }
    for (name, times) in [("nothing under way", &quiet), ("meanwhile", &busy)] {
        let silent = times.of_sort.iter().filter(|(_, paints)| paints.silent > 0);
        let silent: Vec<_> = silent.map(|(sort, paints)| format!("{} of {}", paints.silent, sort.name())).collect();
        if !silent.is_empty() {
            return Err(format!("keys that changed nothing ({name}): {}", silent.join(", ")).into());
        }
    }
    Ok(())
}

/// Times of keys by their sort.
#[derive(Default)]
struct Times {
    keys: usize,
    of_sort: KeyTimes,
    /// Keys that took longer than a frame.
    slow: Vec<String>,
}

impl Times {
    fn row(&self, name: &str) -> String {
        let paints = report::together(&self.of_sort);
        format!("| {name} | {} | {} | {} |", paints.first.len(), report::Percentiles::cell(&paints.first), self.slow.len())
    }
}

const HOME: &str = "g";
const PAGE_DOWN: &str = "\x1b[6~";
const PAGE_UP: &str = "\x1b[5~";

/// One round over the tree, from its first row. Every key changes something: the tree is longer than three screens.
fn script() -> Vec<Key> {
    let mut keys = Vec::new();
    let mut add = |sort: Sort, text: &str| keys.push(Key { sort, bytes: text.as_bytes().to_vec() });
    let mut line = |start: &str, typed: &str, sort: Sort| {
        add(sort, start);
        typed.chars().for_each(|letter| add(sort, letter.encode_utf8(&mut [0; 4])));
    };
    line("j", &"j".repeat(29), Sort::Move);
    line("k", &"k".repeat(14), Sort::Move);
    line("/", &format!("{}\x7f\x7f\x7f", keys::FILTER), Sort::Filter);
    line("\x1b", "", Sort::Escape);
    line(":", "helmrel", Sort::Command);
    line("\x1b", "", Sort::Escape);
    line("z", "ZzZzZ", Sort::Fold);
    line(PAGE_DOWN, "", Sort::Page);
    line(PAGE_DOWN, "", Sort::Page);
    line(PAGE_UP, "", Sort::Page);
    line(HOME, "", Sort::Page);
    keys
}

/// What keys change: the row that is selected, which rows there are and which of them are folded, what is typed.
/// What the cluster changes (state, revision, age, counts) is not looked at.
fn look(screen: &Screen) -> u64 {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"([▸▾])?[^A-Za-z]*([A-Z][A-Za-z]+ [a-z0-9-]+/[a-z0-9.-]+)").expect("a pattern"));
    let mut hasher = DefaultHasher::new();
    for (row, text) in screen.rows(0, COLUMNS).enumerate() {
        if text.starts_with([':', '/']) || text.starts_with(" :") || text.starts_with(" /") {
            // the end of a word that is offered has another colour than what was typed of it
            let cells = (0..COLUMNS).filter_map(|column| screen.cell(u16::try_from(row).unwrap_or(u16::MAX), column));
            cells.for_each(|cell| (cell.contents(), format!("{:?}", cell.fgcolor())).hash(&mut hasher));
            continue;
        }
        let found = NAME.captures(&text);
        let name = found.as_ref().map(|found| (found.get(1).map(|sign| sign.as_str()), found[2].to_owned()));
        let is_selected =
            screen.cell(u16::try_from(row).unwrap_or(u16::MAX), 0).is_some_and(|cell| cell.bgcolor() != Color::Default);
        (name, is_selected).hash(&mut hasher);
    }
    hasher.finish()
}

/// The program under test.
struct Deck {
    terminal: Terminal,
    durations: Durations,
    /// Keys pressed of the round.
    round: usize,
    keys_a_round: usize,
}

impl Deck {
    fn open(arguments: &BulkArguments) -> Result<Self, Failure> {
        let mut environment = Vec::new();
        if let Some(path) = &arguments.connection.kubeconfig {
            environment.push(("KUBECONFIG".into(), path.to_string_lossy().into_owned()));
        }
        let mut deck = Self {
            terminal: Terminal::spawn(&command(arguments), &environment)?,
            durations: Durations::new(false),
            round: 0,
            keys_a_round: script().len(),
        };
        deck.until(&Regex::new(r"\A[^\n]*\blive\b")?)?;
        Ok(deck)
    }

    fn press(&mut self, key: &Key, times: &mut Times) -> Result<(), Failure> {
        self.round = (self.round + 1) % self.keys_a_round;
        press(&mut self.terminal, key, self.durations, look, times)
    }

    /// Keys that are not measured.
    fn type_in(&mut self, keys: &str) -> Result<(), Failure> {
        self.terminal.press(keys.as_bytes(), self.durations.patience).map(drop)
    }

    fn run_line(&mut self, line: &str) -> Result<(), Failure> {
        self.type_in(":")?;
        self.type_in(line)?;
        self.type_in("\r")
    }

    /// The whole tree, open, from its first row.
    fn begin_round(&mut self) -> Result<(), Failure> {
        self.run_line("tree")?;
        self.type_in("0")?;
        self.type_in(HOME)?;
        self.type_in("Z")
    }

    fn until(&mut self, pattern: &Regex) -> Result<(), Failure> {
        let end = Instant::now() + LONG;
        while Instant::now() < end && !self.terminal.ended {
            if pattern.is_match(&self.terminal.screen().contents()) {
                return Ok(());
            }
            self.terminal.receive(Instant::now() + Duration::from_millis(50));
        }
        Err(format!("`{pattern}` does not come; the screen:\n{}", self.terminal.screen().contents()).into())
    }

    /// Marks the hundred, and reconciles them.
    fn begin_bulk(&mut self) -> Result<(), Failure> {
        self.run_line(&format!("ks {NAMESPACE}"))?;
        self.until(&Regex::new("bulk-000")?)?;
        for keys in ["M", "R"] {
            self.type_in(keys)?;
        }
        self.until(&Regex::new(&format!("reconcile {OBJECTS} objects"))?)?;
        // the API server is asked first whether one may
        self.terminal.watch(Duration::from_millis(500));
        self.type_in("\r")?;
        self.until(&Regex::new("J follows it")?)
    }

    /// Waits for what the program says of the youngest bulk: ten that fail, ninety that do not.
    fn check_results(&mut self) -> Result<(), Failure> {
        self.type_in("J")?;
        self.until(&Regex::new(&format!(
            r"STATE[^\n]*\n[^\n]*\b10 failed\s+reconcile {OBJECTS} objects\s+{OBJECTS}/{OBJECTS}"
        ))?)?;
        self.type_in("\x1b")
    }
}

fn press(
    terminal: &mut Terminal,
    key: &Key,
    durations: Durations,
    look: fn(&Screen) -> u64,
    times: &mut Times,
) -> Result<(), Failure> {
    if terminal.ended {
        return Err(format!("the program ended; its last screen:\n{}", terminal.screen().contents()).into());
    }
    times.keys += 1;
    let paints = times.of_sort.entry(key.sort).or_default();
    match terminal.press_seen(&key.bytes, durations.patience, look)? {
        Some(paint) => {
            if paint.first > FRAME {
                times.slow.push(format!("{:?} {:.1} ms", String::from_utf8_lossy(&key.bytes), paint.first.as_secs_f64() * 1e3));
            }
            paints.first.push(paint.first);
            paints.last.push(paint.last);
        }
        None => paints.silent += 1,
    }
    Ok(())
}

/// The floor of the harness on this machine while the same work is done by somebody else.
fn floor(arguments: &BulkArguments) -> Result<Times, Failure> {
    let echo = bench::floor(bench::echo_command()?)?;
    let mut terminal = Terminal::spawn(&echo.command, &echo.environment)?;
    terminal.watch(Duration::from_secs(1));
    let (program, flags) = (command(arguments).remove(0), ["reconcile", "ks", "--all", "-n", NAMESPACE]);
    let mut other = Command::new(program);
    if let Some(path) = &arguments.connection.kubeconfig {
        other.env("KUBECONFIG", path);
    }
    let mut other = other.args(flags).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let mut times = Times::default();
    let script = keys::script(&echo.profile, arguments.keys);
    for key in script.iter().cycle() {
        if other.try_wait()?.is_some() {
            break;
        }
        press(&mut terminal, key, Durations::new(false), fingerprint, &mut times)?;
    }
    terminal.end();
    Ok(times)
}

fn command(arguments: &BulkArguments) -> Vec<String> {
    match arguments.program.as_slice() {
        [] => vec![env!("CARGO_BIN_EXE_fluxdeck").to_owned(), "-A".to_owned()],
        given => given.to_vec(),
    }
}

/// A hundred Kustomizations that have settled, ten of which have no path.
async fn prepare(cluster: &Cluster, arguments: &BulkArguments) -> Result<(), Failure> {
    let (namespace, source) = arguments.source.split_once('/').ok_or("--source NAMESPACE/NAME")?;
    cluster.create(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}), "scale").await?;
    for number in 0..OBJECTS {
        let path = if number % 10 == 7 { "./no/such/path" } else { arguments.path.as_str() };
        let object = json!({
            "apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
            "metadata": {"name": format!("bulk-{number:03}"), "namespace": NAMESPACE},
            "spec": {
                "interval": "1h", "retryInterval": "1h", "prune": true, "path": path, "targetNamespace": NAMESPACE,
                "nameSuffix": format!("-{number:03}"), "sourceRef": {"kind": "GitRepository", "name": source, "namespace": namespace},
            },
        });
        cluster.create(&object, "scale").await?;
    }
    let is_settled = |object: &Value| ready(object).is_some_and(|status| status != "Unknown");
    all(cluster, is_settled).await
}

fn ready(object: &Value) -> Option<&str> {
    let conditions = object["status"]["conditions"].as_array()?;
    conditions.iter().find(|condition| condition["type"] == "Ready")?["status"].as_str()
}

/// Waits until every one of the hundred is so.
async fn all(cluster: &Cluster, is_so: impl Fn(&Value) -> bool) -> Result<(), Failure> {
    let end = Instant::now() + LONG;
    while Instant::now() < end {
        let list = cluster.get(KUSTOMIZATIONS).await?;
        let items = list["items"].as_array().map(Vec::as_slice).unwrap_or_default();
        if items.len() == OBJECTS && items.iter().all(&is_so) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Err(format!("the {OBJECTS} objects do not settle").into())
}

/// Turns true when the controller has handled every request since then: asked beside the program, once a second.
fn watch_end(cluster: &Cluster, begin: jiff::Timestamp, runtime: &Runtime) -> Arc<AtomicBool> {
    let is_over = Arc::new(AtomicBool::new(false));
    let (flag, cluster) = (is_over.clone(), cluster.clone());
    runtime.spawn(async move {
        let is_handled = |object: &Value| {
            let asked = object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].as_str();
            let is_ours = asked.and_then(|asked| asked.parse().ok()).is_some_and(|asked: jiff::Timestamp| asked > begin);
            is_ours && object["status"]["lastHandledReconcileAt"].as_str() == asked
        };
        // acts that do not end are detected by the screen
        let _ = all(&cluster, is_handled).await;
        flag.store(true, Ordering::Relaxed);
    });
    is_over
}
