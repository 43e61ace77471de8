//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::generate::Tier;

#[derive(Parser)]
#[command(name = "scale", about = "Loads clusters of a given size and measures terminal programs on them")]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Option<Command>,
}

#[derive(Subcommand)]
pub enum Command {
    /// Write a fleet into an API server (no controllers should run)
    Load(LoadArguments),
    /// Measure a program in a pseudo terminal; prints a JSON line and a Markdown row
    Measure(MeasureArguments),
    /// The floor of the harness: changes one cell per key, ends with q
    Echo,
    /// Fetch all lists and throw them away
    Raw(RawArguments),
    /// Change objects at a steady rate
    Churn(ChurnArguments),
    /// Make all objects older, directly in etcd
    Age(AgeArguments),
    /// Press keys while a hundred objects are acted on, on the test bed with its controllers
    Bulk(BulkArguments),
    /// Ask `fluxdeck get` and `kubectl get` the same questions; prints a Markdown table
    Pairs(PairsArguments),
    /// Measure programs side by side; FLUXDECK, K9S and FLUX9S name their binaries
    Table(TableArguments),
}

#[derive(Args, Clone)]
pub struct Connection {
    /// The cluster; default: what kubectl would take
    #[arg(long, env = "KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,
}

#[derive(Args)]
pub struct LoadArguments {
    #[command(flatten)]
    pub connection: Connection,
    #[arg(long, value_enum, default_value = "L", ignore_case = true)]
    pub tier: Tier,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Requests in flight
    #[arg(long, default_value_t = 24)]
    pub parallel: usize,
}

#[derive(Args, Clone)]
pub struct MeasureArguments {
    #[command(flatten)]
    pub connection: Connection,
    /// Ask the API server for its count of requests, and change objects through it
    #[arg(long)]
    pub cluster: bool,
    /// What is loaded, for patterns with {kustomizations}, {pods}, {flux}, {objects}
    #[arg(long, value_enum, ignore_case = true)]
    pub tier: Option<Tier>,
    /// What is known of the program: fluxdeck, k9s, flux9s, echo; default: by its file name
    #[arg(long)]
    pub profile: Option<String>,
    /// Regular expression of a screen with rows
    #[arg(long)]
    pub rows: Option<String>,
    /// Regular expression of a screen with all rows; default: it has settled
    #[arg(long)]
    pub all: Option<String>,
    /// NAME=VALUE for the program's environment
    #[arg(long = "env", value_parser = assignment)]
    pub environment: Vec<(String, String)>,
    /// Changes per second for the second run of keys; 0 leaves it out
    #[arg(long, default_value_t = 200)]
    pub churn: u32,
    /// A tenth of everything
    #[arg(long)]
    pub quick: bool,
    /// Keys to press, at least
    #[arg(long)]
    pub keys: Option<usize>,
    /// Seconds that a run of keys may take
    #[arg(long)]
    pub run: Option<u64>,
    /// Seconds of idling
    #[arg(long)]
    pub idle: Option<u64>,
    /// Seconds between the last row and the measurement of memory
    #[arg(long)]
    pub rest: Option<u64>,
    /// Seconds that loading may take
    #[arg(long)]
    pub load: Option<u64>,
    /// Seconds without a change after which a screen has settled
    #[arg(long)]
    pub stable: Option<u64>,
    /// Print the screen as it was when all rows were there
    #[arg(long)]
    pub show: bool,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    pub program: Vec<String>,
}

#[derive(Args)]
pub struct RawArguments {
    #[command(flatten)]
    pub connection: Connection,
    /// Lists in flight
    #[arg(long, default_value_t = 14)]
    pub parallel: usize,
    /// Objects per page; default: the whole list in one answer
    #[arg(long)]
    pub page: Option<usize>,
    /// Accept gzip
    #[arg(long)]
    pub compressed: bool,
    #[arg(long, default_value_t = 1)]
    pub times: usize,
}

impl RawArguments {
    /// In words.
    pub fn how(&self) -> String {
        let pages = self.page.map_or_else(|| "whole".into(), |page| format!("pages of {page}"));
        format!("{} in parallel, {pages}{}", self.parallel, if self.compressed { ", gzip" } else { "" })
    }
}

#[derive(Args)]
pub struct ChurnArguments {
    #[command(flatten)]
    pub connection: Connection,
    /// Changes per second
    #[arg(long, default_value_t = 200)]
    pub rate: u32,
    #[arg(long, default_value_t = 60)]
    pub seconds: u64,
}

#[derive(Args)]
pub struct AgeArguments {
    /// etcd's client address, plain http
    #[arg(long)]
    pub etcd: String,
    #[arg(long, default_value_t = 30)]
    pub days: i64,
}

#[derive(Args)]
pub struct BulkArguments {
    #[command(flatten)]
    pub connection: Connection,
    /// Keys to press, at least, on each side
    #[arg(long, default_value_t = 1_000)]
    pub keys: usize,
    /// The GitRepository that the hundred take from, and the path in it
    #[arg(long, default_value = "flux-apps/apps")]
    pub source: String,
    #[arg(long, default_value = "./deploy/reports")]
    pub path: String,
    /// Leave the objects there for the next time
    #[arg(long)]
    pub keep: bool,
    /// The program and its arguments; default: this crate's, with -A
    #[arg(last = true)]
    pub program: Vec<String>,
}

#[derive(Args)]
pub struct PairsArguments {
    #[command(flatten)]
    pub connection: Connection,
    #[arg(long, default_value = "kubectl")]
    pub kubectl: PathBuf,
    /// Default: this crate's
    #[arg(long)]
    pub fluxdeck: Option<PathBuf>,
    /// How often each is asked, besides once that does not count
    #[arg(long, default_value_t = 5)]
    pub times: usize,
}

#[derive(Args)]
pub struct TableArguments {
    #[command(flatten)]
    pub connection: Connection,
    #[arg(long, value_enum, default_value = "L", ignore_case = true)]
    pub tier: Tier,
    #[arg(long)]
    pub quick: bool,
    /// Regular expression of fluxdeck's screen with all rows
    #[arg(long)]
    pub all: Option<String>,
    /// Where the table goes besides the terminal
    #[arg(long)]
    pub out: Option<PathBuf>,
}

fn assignment(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.into(), value.into()))
}
