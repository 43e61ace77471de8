//! What `fluxdeck get` costs beside `kubectl get`: the same question to both, one after the other, so that both meet the same machine.
//!
//! The times are those of whole processes. What was asked of the API server and how long its answers were is the server's own count (before
//! compression), of lists and gets; discovery, which kubectl keeps on disk, is not in the bytes.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use crate::arguments::PairsArguments;
use crate::cluster::{Cluster, Failure};
use crate::metrics::Requests;

/// The questions, as both understand them. A release has its full name: Flux v1 has the same short one, and kubectl takes what comes first.
const QUESTIONS: &[&[&str]] = &[
    &["ks", "-n", "flux-system"],
    &["ks", "-A"],
    &["helmreleases.helm.toolkit.fluxcd.io", "-A"],
    &["gitrepo", "-A"],
    &["deploy", "-A"],
    &["pods", "-A"],
    &["svc", "-A"],
    &["ks", "-A", "-o", "name"],
    &["ks", "-A", "-o", "json"],
    &["helmreleases.helm.toolkit.fluxcd.io", "-A", "-o", "yaml"],
    &["deploy", "-A", "-o", "json"],
];

const HEAD: &str = "\
| get | kubectl s | fluxdeck s | ratio | requests, kubectl / fluxdeck | MB, kubectl / fluxdeck |
|---|---|---|---|---|---|";

/// One program's answers to one question.
#[derive(Default)]
struct Asked {
    times: Vec<Duration>,
    requests: u64,
    bytes: u64,
}

impl Asked {
    /// Seconds of the run in the middle.
    fn median(&self) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len() / 2).map_or(0.0, Duration::as_secs_f64)
    }

    fn megabytes(&self) -> f64 {
        self.bytes as f64 / 1e6
    }
}

pub fn write(arguments: &PairsArguments, runtime: &Runtime) -> Result<(), Failure> {
    let kubeconfig = arguments.connection.kubeconfig.as_deref();
    let cluster = runtime.block_on(Cluster::connect(kubeconfig, false))?;
    // kubectl keeps what the server serves, and fluxdeck what namespaces there are
    let home = tempfile::tempdir()?;
    let programs =
        [arguments.kubectl.clone(), arguments.fluxdeck.clone().unwrap_or_else(|| env!("CARGO_BIN_EXE_fluxdeck").into())];
    let mut text = format!("{HEAD}\n");
    for question in QUESTIONS {
        let mut asked = [Asked::default(), Asked::default()];
        for _ in 0..=arguments.times {
            for (program, asked) in programs.iter().zip(&mut asked) {
                ask(program, question, kubeconfig, home.path(), &cluster, runtime, asked)?;
            }
        }
        let [kubectl, fluxdeck] = &mut asked;
        // the first run fills caches
        kubectl.times.remove(0);
        fluxdeck.times.remove(0);
        let row = format!(
            "| {} | {:.2} | {:.2} | {:.2} | {} / {} | {:.1} / {:.1} |\n",
            question.join(" "),
            kubectl.median(),
            fluxdeck.median(),
            fluxdeck.median() / kubectl.median(),
            kubectl.requests,
            fluxdeck.requests,
            kubectl.megabytes(),
            fluxdeck.megabytes(),
        );
        eprint!("{row}");
        text.push_str(&row);
    }
    println!("{text}");
    Ok(())
}

/// Puts a question to a program, and waits for its end.
fn ask(
    program: &Path,
    question: &[&str],
    kubeconfig: Option<&Path>,
    home: &Path,
    cluster: &Cluster,
    runtime: &Runtime,
    asked: &mut Asked,
) -> Result<(), Failure> {
    let before = runtime.block_on(Requests::read(cluster))?;
    let mut command = Command::new(program);
    command.arg("get").args(question).env("HOME", home).env_remove("XDG_STATE_HOME").stdout(Stdio::null()).stdin(Stdio::null());
    if let Some(path) = kubeconfig {
        command.env("KUBECONFIG", path);
    }
    let begin = Instant::now();
    let status = command.status()?;
    asked.times.push(begin.elapsed());
    if !status.success() {
        return Err(format!("{} get {}: {status}", program.display(), question.join(" ")).into());
    }
    let after = runtime.block_on(Requests::read(cluster))?;
    let now = after.since(&before);
    asked.requests =
        now.by_verb.iter().filter(|(verb, _)| ["LIST", "GET", "WATCH"].contains(&&***verb)).map(|(_, count)| count).sum();
    asked.bytes = after.bytes.saturating_sub(before.bytes);
    Ok(())
}
