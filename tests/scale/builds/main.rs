//! Speed of builds: a repository of 100 Flux Kustomizations and 2,000 files, everything at once, after an edit of a file that one of them
//! reads, and of one that all read; one look-up, alone and at a desk ([`looks`]); a change up to its review ([`changes`]); with
//! `kustomize build` over the same paths beside it where `KUSTOMIZE` names the program (or it is on the `PATH`). Beside the time by the clock
//! stands the time on a processor, which other programs on the machine change less. No assertion about time is made here: numbers are
//! printed, people judge.
//!
//! `cargo bench --bench builds`

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks to its terminal")]

mod changes;
mod generate;
mod looks;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fluxdeck::git::Folder;
use fluxdeck_model::render::repository::{BuildOutcome, Builder, Repository};

/// How often each step is measured; the median is reported.
const TIMES: usize = 7;

fn main() {
    let folder = tempfile::tempdir().expect("a throwaway directory");
    let files = generate::write(folder.path(), generate::Sizes::default());
    let tree = Folder::new(folder.path());
    let (mut first, mut second) = (Builder::default(), Builder::default());
    println!("{} files, {}", files, summary(&first.build(&tree).expect("it can be read")));
    // what a build needs on the way is there by now: the second adds what it keeps
    let before = resident();
    second.build(&tree).expect("it can be read");
    weighed(second.weight(), before);
    drop((first, second));

    let cold = median(|_| timed(|| drop(Builder::default().build(&tree).expect("it can be read"))));
    row("everything, cold", cold, "< 1 s");
    let mut builder = Builder::default();
    let mut last = builder.build(&tree).expect("it can be read");
    let mut again = |edit: &dyn Fn(usize)| {
        median(|turn| {
            edit(turn);
            timed(|| last = builder.build(&tree).expect("it can be read"))
        })
    };
    row("nothing changed", again(&|_| ()), "");
    row("a file that one reads was edited", again(&|turn| generate::edit_one(folder.path(), turn)), "< 30 ms");
    row("a file that all read was edited", again(&|turn| generate::edit_shared(folder.path(), turn)), "< 1 s");
    println!("peak memory: {} MB", peak() / 1024);
    looks::run(folder.path());
    changes::run(folder.path());
    beside(folder.path(), cold);
}

fn summary(repository: &Repository) -> String {
    let members: Vec<_> = repository.members().map(|(_, member)| &member.outcome).collect();
    let failed = members.iter().filter_map(|outcome| match outcome {
        BuildOutcome::Failed(error) => Some(error.to_string()),
        _ => None,
    });
    let failed: Vec<_> = failed.collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    format!("{} Kustomizations, {} objects", members.len(), members.iter().map(|outcome| outcome.objects().len()).sum::<usize>())
}

/// By the clock, and on a processor.
#[derive(Clone, Copy)]
struct Took {
    clock: Duration,
    processor: Duration,
}

fn timed(work: impl FnOnce()) -> Took {
    let (begin, before) = (Instant::now(), processor());
    work();
    Took { clock: begin.elapsed(), processor: processor().saturating_sub(before) }
}

/// How long the threads that there are were on processors so far; none where the system does not report it.
fn processor() -> Duration {
    let summary = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("schedstat")).ok();
    let nanos = |summary: String| summary.split(' ').next().and_then(|nanos| nanos.parse::<u64>().ok());
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    Duration::from_nanos(threads.filter_map(summary).filter_map(nanos).sum())
}

fn median(measure: impl FnMut(usize) -> Took) -> Took {
    let all: Vec<_> = (0..TIMES).map(measure).collect();
    let middle = |part: fn(&Took) -> Duration| {
        let mut all: Vec<_> = all.iter().map(part).collect();
        all.sort();
        all[TIMES / 2]
    };
    Took { clock: middle(|took| took.clock), processor: middle(|took| took.processor) }
}

fn row(name: &str, took: Took, goal: &str) {
    let goal = if goal.is_empty() { String::new() } else { format!("   goal {goal}") };
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    println!("{name:<36} {:>8.1} ms, {:>8.1} on a processor{goal}", millis(took.clock), millis(took.processor));
}

/// How many times as long one takes as the other: this depends less on the machine than the times do.
fn ratio(name: &str, long: Took, short: Took) {
    println!("{name:<36} {:>8.1} times", long.clock.as_secs_f64() / short.clock.as_secs_f64());
}

/// What a builder says that it keeps, beside how much more memory is in use than before.
fn weighed(own: usize, before: usize) {
    let mega = |bytes: usize| bytes as f64 / 1e6;
    let grown = resident().saturating_sub(before);
    println!("kept: {:.1} MB by its count; the process grew by {:.1} MB", mega(own), mega(grown));
}

/// The most memory that was ever in use, in KiB.
fn peak() -> usize {
    status("VmHWM:")
}

/// The memory that is in use, in bytes.
fn resident() -> usize {
    status("VmRSS:") * 1024
}

/// A line of the process's status that counts KiB.
fn status(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// kustomize, a process for each path, one after another, as a script in CI would call it.
fn beside(folder: &Path, ours: Took) {
    let program = std::env::var("KUSTOMIZE").unwrap_or_else(|_| "kustomize".to_owned());
    let build = |path: &str| {
        let arguments = ["build", "--reorder", "none", "--load-restrictor", "LoadRestrictionsNone", path];
        Command::new(&program).args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null()).status()
    };
    let paths = generate::paths(generate::Sizes::default());
    match build(&paths[0]) {
        Ok(status) if status.success() => {
            let time =
                timed(|| paths.iter().for_each(|path| assert!(build(path).is_ok_and(|status| status.success()), "{path}")));
            println!("{:<36} {:>8.1} ms", "kustomize build, path by path", time.clock.as_secs_f64() * 1000.0);
            println!("ratio: {:.0}", time.clock.as_secs_f64() / ours.clock.as_secs_f64());
        }
        _ => println!("kustomize is not here: KUSTOMIZE names it"),
    }
}
