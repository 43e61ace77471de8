//! Speed at scale: loads a cluster of a given size, and measures any terminal program on it
//! from outside. No assertion about time is made here: numbers are printed, people judge.
//!
//! - `scale load --tier L` writes the fleet of `generate` into an API server,
//! - `scale measure -- PROGRAM ARGS` starts a program in a pseudo terminal and measures it,
//! - `scale echo` is the program that does nothing: the floor of the harness,
//! - `scale raw` fetches the same lists and throws them away: the limit of loading,
//! - `scale churn` changes objects at a steady rate,
//! - `scale age` makes what was loaded older than a day, for the test of idling,
//! - `scale bulk` presses keys while a hundred objects are acted on,
//! - `scale pairs` asks `fluxdeck get` and `kubectl get` the same questions,
//! - `scale table` measures programs side by side and writes a Markdown table,
//! - without a subcommand, as `cargo bench` calls it: what needs no cluster, in seconds.
//!
//! Key to paint is the time from writing a key to the first output after which the screen is
//! another one; besides, the time to the last output of the same burst, which ends when 20 ms
//! pass in silence (3 ms would cut frames of programs that write them in pieces). While the
//! cluster changes, a frame that shows a change may be taken for the paint of a key.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench speaks to its terminal")]

mod age;
mod arguments;
mod bench;
mod bulk;
mod churn;
mod cluster;
mod crds;
mod echo;
mod engine;
mod generate;
mod keys;
mod load;
mod logs;
mod measure;
mod metrics;
mod pairs;
mod process;
mod programs;
mod raw;
mod report;
mod table;
mod terminal;

use std::process::ExitCode;

use clap::Parser;
use tokio::{runtime::Runtime, sync::watch};

use arguments::{AgeArguments, Arguments, ChurnArguments, Command, Connection, LoadArguments, MeasureArguments, RawArguments};
use cluster::{Cluster, Failure};
use generate::{Fleet, Sizes};
use measure::Durations;

fn main() -> ExitCode {
    // `cargo bench` adds a flag for the standard harness.
    let arguments = Arguments::parse_from(std::env::args().filter(|argument| argument != "--bench"));
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scale: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let runtime = Runtime::new()?;
    match arguments.command {
        None => bench::run(&runtime),
        Some(Command::Load(arguments)) => load_fleet(&arguments, &runtime),
        Some(Command::Measure(arguments)) => measure_one(&arguments, &runtime),
        Some(Command::Echo) => runtime.block_on(echo::run()),
        Some(Command::Raw(arguments)) => fetch_raw(&arguments, &runtime),
        Some(Command::Churn(arguments)) => change(&arguments, &runtime),
        Some(Command::Age(arguments)) => make_older(&arguments, &runtime),
        Some(Command::Bulk(arguments)) => bulk::run(&arguments, &runtime),
        Some(Command::Pairs(arguments)) => pairs::write(&arguments, &runtime),
        Some(Command::Table(arguments)) => table::write(&arguments, &runtime),
    }
}

fn connect(connection: &Connection, compressed: bool, runtime: &Runtime) -> Result<Cluster, Failure> {
    runtime.block_on(Cluster::connect(connection.kubeconfig.as_deref(), compressed))
}

fn load_fleet(arguments: &LoadArguments, runtime: &Runtime) -> Result<(), Failure> {
    let cluster = connect(&arguments.connection, false, runtime)?;
    let fleet = Fleet::new(arguments.tier, arguments.seed);
    let loaded = runtime.block_on(load::load(&cluster, &fleet, arguments.parallel, |line| eprintln!("{line}")))?;
    println!("{} created, {} were there, {:.0} s", loaded.created, loaded.existing, loaded.elapsed.as_secs_f64());
    Ok(())
}

fn measure_one(arguments: &MeasureArguments, runtime: &Runtime) -> Result<(), Failure> {
    let cluster = arguments.cluster.then(|| connect(&arguments.connection, false, runtime)).transpose()?;
    let subject = arguments.subject()?;
    let measured = measure::measure(&subject, arguments.durations(), cluster.as_ref(), runtime)?;
    if arguments.show {
        eprintln!("{}", measured.screen);
    }
    println!("{}", report::json_line(subject.profile.name, &measured));
    println!("{}\n{}", report::HEAD, report::row(subject.profile.name, &measured));
    Ok(())
}

fn fetch_raw(arguments: &RawArguments, runtime: &Runtime) -> Result<(), Failure> {
    let cluster = connect(&arguments.connection, arguments.compressed, runtime)?;
    for _ in 0..arguments.times {
        let (lists, elapsed) = runtime.block_on(raw::fetch(&cluster, arguments.parallel, arguments.page))?;
        println!("{}", report::raw_json(&lists, elapsed));
        println!("{}", report::raw_line(&lists, elapsed, &arguments.how()));
    }
    Ok(())
}

fn change(arguments: &ChurnArguments, runtime: &Runtime) -> Result<(), Failure> {
    let cluster = connect(&arguments.connection, false, runtime)?;
    let churned = runtime.block_on(async {
        let targets = churn::Targets::find(&cluster).await?;
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(churn::churn(cluster.clone(), targets, arguments.rate, stopped));
        tokio::time::sleep(std::time::Duration::from_secs(arguments.seconds)).await;
        stop.send(true)?;
        Ok::<_, Failure>(task.await?)
    })?;
    println!("{:.0} changes per second, {} refused", churned.per_second(), churned.refused);
    Ok(())
}

fn make_older(arguments: &AgeArguments, runtime: &Runtime) -> Result<(), Failure> {
    println!("{} objects made {} days older", runtime.block_on(age::age(&arguments.etcd, arguments.days))?, arguments.days);
    Ok(())
}

/// Numbers of a tier for patterns.
fn sizes(arguments: &MeasureArguments) -> Option<Sizes> {
    arguments.tier.map(generate::Tier::sizes)
}

impl MeasureArguments {
    fn durations(&self) -> Durations {
        let mut durations = Durations::new(self.quick);
        durations.keys = self.keys.unwrap_or(durations.keys);
        let seconds = |given: Option<u64>, default| given.map_or(default, std::time::Duration::from_secs);
        durations.idle = seconds(self.idle, durations.idle);
        durations.run = seconds(self.run, durations.run);
        durations.rest = seconds(self.rest, durations.rest);
        durations.load = seconds(self.load, durations.load);
        durations.stable = seconds(self.stable, durations.stable);
        durations
    }

    fn subject(&self) -> Result<measure::Subject, Failure> {
        let profile = programs::Profile::find(self.profile.as_deref(), &self.program);
        let given = |pattern: &Option<String>| {
            pattern.as_deref().map(|pattern| regex::Regex::new(&programs::fill(pattern, sizes(self)))).transpose()
        };
        let rows = given(&self.rows)?.map_or_else(|| profile.rows(sizes(self)), Ok)?;
        let all = given(&self.all)?.map_or_else(|| profile.all(sizes(self)), |all| Ok(Some(all)))?;
        let mut environment = self.environment.clone();
        if let Some(path) = &self.connection.kubeconfig {
            environment.push(("KUBECONFIG".into(), path.to_string_lossy().into_owned()));
        }
        Ok(measure::Subject { command: self.program.clone(), environment, profile, rows, all, churn: self.churn })
    }
}
