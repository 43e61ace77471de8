//! One program, measured from outside: start, idling, keys, keys while the cluster changes.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use regex::Regex;
use tokio::{runtime::Runtime, sync::watch};

use crate::{
    churn::{Churned, Targets, churn},
    cluster::{Cluster, Failure},
    keys::{self, FILTER, Sort},
    metrics::{Asked, Requests},
    process::{Memory, Tree},
    programs::Profile,
    terminal::{Patience, Terminal},
};

/// How long everything takes; `--quick` has other numbers.
#[derive(Clone, Copy, Debug)]
pub struct Durations {
    pub keys: usize,
    pub idle: Duration,
    /// Between the last row and the measurement of memory.
    pub rest: Duration,
    /// The longest that loading may take.
    pub load: Duration,
    /// A screen that stays as it is for this long has settled.
    pub stable: Duration,
    /// A run of keys ends after this, however few they were: some programs take a second a key.
    pub run: Duration,
    pub patience: Patience,
}

impl Durations {
    pub fn new(quick: bool) -> Self {
        let seconds = |full, quicker| Duration::from_secs(if quick { quicker } else { full });
        Self {
            keys: if quick { 150 } else { 1_000 },
            idle: seconds(60, 5),
            rest: seconds(30, 3),
            load: seconds(120, 60),
            stable: seconds(3, 2),
            run: seconds(300, 60),
            patience: Patience { quiet: Duration::from_millis(20), timeout: Duration::from_secs(3) },
        }
    }
}

/// What to measure.
pub struct Subject {
    pub command: Vec<String>,
    pub environment: Vec<(String, String)>,
    pub profile: Profile,
    /// The screen holds rows.
    pub rows: Regex,
    /// The screen holds all rows; else it has to settle.
    pub all: Option<Regex>,
    /// Changes per second while keys are pressed a second time; 0 for none.
    pub churn: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Start {
    pub first_byte: Option<Duration>,
    /// Anything to see.
    pub first_paint: Option<Duration>,
    pub first_rows: Option<Duration>,
    pub all_rows: Option<Duration>,
}

/// A time without keys.
#[derive(Clone, Copy, Debug)]
pub struct Idle {
    pub time: Duration,
    pub bytes: usize,
    pub pieces: usize,
    /// Per cent of one core.
    pub processor: f64,
}

/// Paints of one sort of key, in the order in which they were pressed.
#[derive(Clone, Debug, Default)]
pub struct Paints {
    pub first: Vec<Duration>,
    pub last: Vec<Duration>,
    /// Keys that changed nothing.
    pub silent: usize,
}

pub type KeyTimes = BTreeMap<Sort, Paints>;

#[derive(Debug)]
pub struct Busy {
    pub churned: Churned,
    pub idle: Idle,
    pub keys: KeyTimes,
}

/// Everything that was seen.
#[derive(Debug)]
pub struct Measured {
    pub start: Start,
    pub memory: Memory,
    pub idle: Idle,
    pub keys: KeyTimes,
    /// From the first letter of a filter to the last change of the screen that it caused.
    pub filter: Option<Duration>,
    pub busy: Option<Busy>,
    pub memory_at_the_end: Memory,
    pub requests: Asked,
    /// The text of the screen when all rows were there.
    pub screen: String,
}

pub fn measure(
    subject: &Subject,
    durations: Durations,
    cluster: Option<&Cluster>,
    runtime: &Runtime,
) -> Result<Measured, Failure> {
    let requests = || cluster.map(|cluster| runtime.block_on(Requests::read(cluster))).transpose();
    let before = requests()?;
    let mut terminal = Terminal::spawn(&subject.command, &subject.environment)?;
    let start = follow_start(&mut terminal, subject, durations)?;
    let tree = Tree { root: terminal.process().ok_or("the program has no process id")? };
    let screen = terminal.screen().contents();
    terminal.watch(durations.rest);
    let memory = tree.memory();
    let asked = requests()?;
    let idle = idle(&mut terminal, tree, durations.idle);
    let keys = press_all(&mut terminal, subject, durations)?;
    let filter = if subject.profile.screens { filter_whole_word(&mut terminal, durations)? } else { None };
    let busy = match (cluster, subject.churn) {
        (None, _) | (_, 0) => None,
        (Some(cluster), _) => Some(while_changing(&mut terminal, subject, durations, tree, cluster, runtime)?),
    };
    let memory_at_the_end = tree.memory();
    terminal.end();
    let requests = asked.zip(before).map(|(after, before)| after.since(&before)).unwrap_or_default();
    Ok(Measured { start, memory, idle, keys, filter, busy, memory_at_the_end, requests, screen })
}

/// Watches the screen until all rows are there.
fn follow_start(terminal: &mut Terminal, subject: &Subject, durations: Durations) -> Result<Start, Failure> {
    let mut start = Start::default();
    let end = terminal.begin + durations.load;
    let mut text = String::new();
    let mut changed = terminal.begin;
    while Instant::now() < end && !terminal.ended {
        let settled = changed + durations.stable;
        let Some(at) = terminal.receive(settled.max(Instant::now() + Duration::from_millis(20)).min(end)) else {
            if subject.all.is_none() && start.first_rows.is_some() && Instant::now() >= settled {
                start.all_rows = Some(changed - terminal.begin);
                return Ok(start);
            }
            continue;
        };
        let since = at - terminal.begin;
        start.first_byte.get_or_insert(since);
        let now = terminal.screen().contents();
        if now == text {
            continue;
        }
        (text, changed) = (now, at);
        if !text.trim().is_empty() {
            start.first_paint.get_or_insert(since);
        }
        if start.first_rows.is_none() && subject.rows.is_match(&text) {
            start.first_rows = Some(since);
        }
        if subject.all.as_ref().is_some_and(|all| all.is_match(&text)) {
            start.all_rows = Some(since);
            return Ok(start);
        }
    }
    if start.first_rows.is_none() {
        return Err(format!("no rows within {:?}; the screen:\n{text}", durations.load).into());
    }
    Ok(start)
}

fn idle(terminal: &mut Terminal, tree: Tree, time: Duration) -> Idle {
    let (begin, before) = (Instant::now(), tree.processor_seconds());
    let written = terminal.watch(time);
    let elapsed = begin.elapsed();
    let processor = (tree.processor_seconds() - before) / elapsed.as_secs_f64() * 100.0;
    Idle { time: elapsed, bytes: written.bytes, pieces: written.pieces, processor }
}

fn press_all(terminal: &mut Terminal, subject: &Subject, durations: Durations) -> Result<KeyTimes, Failure> {
    let mut times = KeyTimes::new();
    let end = Instant::now() + durations.run;
    for key in keys::script(&subject.profile, durations.keys) {
        if Instant::now() > end {
            break;
        }
        if terminal.ended {
            return Err(format!("the program ended; its last screen:\n{}", terminal.screen().contents()).into());
        }
        let paints = times.entry(key.sort).or_default();
        match terminal.press(&key.bytes, durations.patience)? {
            Some(paint) => {
                paints.first.push(paint.first);
                paints.last.push(paint.last);
            }
            None => paints.silent += 1,
        }
    }
    Ok(times)
}

/// Some programs filter some time after the last letter: the word at once, then silence.
fn filter_whole_word(terminal: &mut Terminal, durations: Durations) -> Result<Option<Duration>, Failure> {
    let patience = Patience { quiet: Duration::from_millis(600), timeout: Duration::from_secs(10) };
    terminal.press(b"/", durations.patience)?;
    let paint = terminal.press(FILTER.as_bytes(), patience)?;
    terminal.press(b"\x1b", durations.patience)?;
    terminal.settle(Duration::from_millis(500), Duration::from_secs(5));
    Ok(paint.map(|paint| paint.last))
}

fn while_changing(
    terminal: &mut Terminal,
    subject: &Subject,
    durations: Durations,
    tree: Tree,
    cluster: &Cluster,
    runtime: &Runtime,
) -> Result<Busy, Failure> {
    let targets = runtime.block_on(Targets::find(cluster))?;
    let (stop, stopped) = watch::channel(false);
    let task = runtime.spawn(churn(cluster.clone(), targets, subject.churn, stopped));
    terminal.watch(Duration::from_secs(2));
    let idle = idle(terminal, tree, durations.idle / 4);
    let keys = press_all(terminal, subject, durations);
    stop.send(true)?;
    let churned = runtime.block_on(task)?;
    Ok(Busy { churned, idle, keys: keys? })
}
