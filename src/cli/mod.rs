//! The command line: kubectl's flags, and one file for each headless command.

mod act;
mod build;
mod changes;
mod check;
mod command;
mod completion;
mod demo;
mod describe;
mod drift;
mod events;
mod format;
mod get;
pub mod headless;
mod info;
mod init;
mod jobs;
mod log;
mod logs;
mod man;
mod one;
mod output;
mod playbook;
mod playbooks;
mod prs;
mod pulse;
mod since;
mod snapshot;
mod source;
mod trace;
mod tree;
mod trust;
mod values;
mod where_field;
mod why;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};

use self::command::{Called, Command, Run};
use self::format::{Format, Formats};
use crate::cluster::{Access, Logins};
use crate::config::{Config, Fetch, Places};
use crate::runtime::{ChangeOptions, Options, Origin, RemoteStore, Repositories};
use crate::{records, run};
use fluxdeck_model::domain::{Health, Str};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::state::Settings;

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  not done or not known to be, refused, not found, or (with --exit-code) not healthy
  2  wrong call: unknown flag, kind or value
  3  cluster not reachable, access denied, or something of what is printed could not be read";

/// The first line of `--help`.
const ABOUT: &str = "A terminal UI for Kubernetes clusters managed by Flux CD: the whole graph, live, with real health";

pub use completion::complete;

/// A parsed command line.
pub struct Cli {
    global: Global,
    /// None for the screen.
    command: Option<(Called, ArgMatches)>,
}

/// The program as clap knows it: what `--help`, completion and the README are made of.
pub fn program() -> clap::Command {
    let program = Global::augment_args(clap::Command::new("fluxdeck")).version(env!("CARGO_PKG_VERSION")).after_help(EXIT_CODES);
    let program = program.about(ABOUT).long_about(format!("{ABOUT}.\n\nWithout a command it opens the screen."));
    program.subcommands(command::all())
}

impl Cli {
    /// Parses the command line; ends the program if it asks for help or is wrong.
    pub fn parse() -> Self {
        let mut program = program();
        // what clap says of a wrong call is spelled as well
        output::spell(run::is_ascii_only() || std::env::args_os().any(|arg| arg == "--ascii"));
        let matches = program.try_get_matches_from_mut(std::env::args_os()).unwrap_or_else(|error| output::exit(&error));
        // what clap let through is what the flags were declared to be
        let global = Global::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut program).exit());
        let called = matches.subcommand().and_then(|(name, matches)| Some((command::find(name)?, matches.clone())));
        Self { global, command: called }
    }
}

#[derive(Args)]
#[command(next_help_heading = "Cluster and user")]
struct Global {
    /// The kubeconfig file; default: $KUBECONFIG, then ~/.kube/config
    #[arg(long, global = true, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// The context of the kubeconfig
    #[arg(long, global = true, value_name = "NAME")]
    context: Option<String>,
    /// The cluster entry of the kubeconfig, instead of the context's
    #[arg(long, global = true, value_name = "NAME", num_args = 0..=1, default_missing_value = "")]
    cluster: Option<String>,
    /// The user entry of the kubeconfig, instead of the context's
    #[arg(long, global = true, value_name = "NAME")]
    user: Option<String>,
    /// Namespaces, separated by commas
    #[arg(short, long, global = true, value_name = "NAMES", value_delimiter = ',')]
    namespace: Vec<String>,
    /// All namespaces
    #[arg(short = 'A', long, global = true)]
    all_namespaces: bool,
    /// The user to impersonate
    #[arg(long = "as", global = true, value_name = "USER")]
    impersonate: Option<String>,
    /// A group to impersonate; may be repeated
    #[arg(long = "as-group", global = true, value_name = "GROUP")]
    impersonate_groups: Vec<String>,
    /// The time limit of one request: 5s, 1m
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    request_timeout: Option<Duration>,
    /// Write nothing to any cluster
    #[arg(long, global = true)]
    readonly: bool,
    /// Open a snapshot instead of a cluster
    #[arg(long, global = true, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Use the built-in cluster instead of one of yours
    #[arg(long, global = true, conflicts_with_all = ["from", "kubeconfig"])]
    demo: bool,
    /// Keep the demo's repositories and pull requests in this directory, for the next run
    #[arg(long, global = true, value_name = "DIR", conflicts_with_all = ["from", "kubeconfig"])]
    demo_dir: Option<PathBuf>,
    /// Only ASCII, on the screen and in text that is printed; the default where the locale is not UTF-8
    #[arg(long, global = true, help_heading = "Output")]
    ascii: bool,
    /// Let something happen in the demo: before a command looks, or once the screen is open
    #[arg(long, global = true, value_name = "NAME", value_parser = demo::scenes(), conflicts_with_all = ["from", "kubeconfig"])]
    scene: Option<String>,
    #[command(flatten)]
    screen: ScreenFlags,
}

/// Flags of the terminal program.
#[derive(Args, Default)]
#[command(next_help_heading = "The screen")]
struct ScreenFlags {
    /// What to show first: a kind or a command, as after `:`
    #[arg(short = 'c', long = "command", value_name = "LINE")]
    first: Option<String>,
    /// The theme
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
}

/// The output formats of commands that do not list objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    #[default]
    Text,
    Json,
}

/// How long a command waits for its output.
#[derive(Args)]
struct Patience {
    /// How long to wait for the output: 30s, 2m. Default: 1m, but 4s for a kind that fails while others do not
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    timeout: Option<Duration>,
}

impl Patience {
    fn limit(&self) -> Duration {
        self.timeout.unwrap_or(Duration::from_secs(60))
    }

    /// Whether failing kinds are waited for to the end: an explicit timeout applies to all kinds.
    const fn is_asked(&self) -> bool {
        self.timeout.is_some()
    }
}

/// Flags that commands that list objects of the cluster share.
#[derive(Args)]
struct Look {
    /// How to print. In the place of kubectl's jsonpath and custom-columns: -o json | jq -r '.[] | .name'
    #[arg(short, long, value_parser = Formats::<Format>::new(), default_value = "table", hide_default_value = true)]
    output: Format,
    #[command(flatten)]
    pick: Pick,
}

/// Which objects are meant, and for how long they are waited for.
#[derive(Args)]
struct Pick {
    /// Only objects in these states, separated by commas: ready, progressing, waiting, failed, stalled, suspended, terminating, unknown
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = health)]
    status: Vec<Health>,
    /// Only objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    #[command(flatten)]
    patience: Patience,
    /// Exit with 1 if a printed object is failed or stalled
    #[arg(long)]
    exit_code: bool,
}

fn duration(text: &str) -> std::result::Result<Duration, String> {
    let plain = text.parse::<u64>().ok().map(Duration::from_secs);
    plain.or_else(|| fluxdeck_model::domain::duration::parse(text)).ok_or_else(|| "write a duration: 30s, 2m".to_owned())
}

fn health(text: &str) -> std::result::Result<Health, String> {
    Health::from_slug(text.trim())
        .ok_or_else(|| format!("there is no state `{text}`: {}", Health::ALL.map(Health::slug).join(", ")))
}

/// The arguments merged with the configuration.
#[derive(Clone)]
struct Call {
    options: Options,
    context: String,
    all_namespaces: bool,
    /// `--readonly` or the configuration's.
    readonly: bool,
    config: Config,
    places: Option<Places>,
}

impl Call {
    /// The same, and remote resources are brought if that is asked for.
    ///
    /// # Errors
    /// There is no place for them.
    fn bringing(&self, is_asked: bool) -> Result<Self> {
        let mut call = self.clone();
        if is_asked {
            call.options.repositories.remotes = call.options.repositories.remotes.fetching()?;
        }
        Ok(call)
    }
}

/// Carries out the command line. Returns the exit code.
///
/// # Errors
/// Everything that has a message for the user.
pub fn main(cli: Cli) -> Result<u8> {
    std::panic::set_hook(Box::new(report_panic));
    let Cli { mut global, mut command } = cli;
    let places = Places::find();
    if let Some((Called::Own(Command { name, run, .. }), matches)) = &command
        && let Some((run, flags)) = run.alone(matches)
    {
        command::refuse_meaningless(name, matches, flags)?;
        return run(matches, &global, places.as_ref());
    }
    let is_named = matches!(&command, Some((Called::Own(Command { run: Run::Either { .. }, .. }), _)));
    global.refuse_cluster(is_named)?;
    let _log = log::to_file(places.as_ref());
    if let Some((Called::Own(Command { run: Run::Prepares { prepare, .. }, .. }), matches)) = &command
        && !prepare(matches, &mut global)?
    {
        command = None;
    }
    let call = global.call(places, command.is_none())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::failed(format!("cannot start: {error}"), ""))?;
    let done = match &command {
        Some((called, matches)) => runtime.block_on(attended(&call, carry_out(&call, called, matches))),
        None => {
            let settings = global.settings(&call);
            let themes = Config::themes(call.places.as_ref());
            let done = run::run(call.options, settings, call.context, themes, global.screen.first);
            runtime.block_on(done)
        }
    };
    // watches that are still open must not hold the process
    runtime.shutdown_timeout(Duration::from_millis(50));
    done
}

/// Names the login program that a command waits for, once.
async fn attended(call: &Call, work: impl Future<Output = Result<u8>>) -> Result<u8> {
    let Origin::Live(access) = &call.options.origin else { return work.await };
    tokio::pin!(work);
    tokio::select! {
        done = &mut work => return done,
        name = access.logins.long() => {
            output::beside(&format!("waiting for the login program `{name}`: it may have opened a browser; ctrl-c gives up"));
        }
    }
    work.await
}

async fn carry_out(call: &Call, called: &Called, matches: &ArgMatches) -> Result<u8> {
    match called {
        Called::Act(action) => act::run(call, action, matches).await,
        Called::Own(Command { run: Run::Called { run, stops: true } | Run::Either { run, .. }, .. }) => {
            stoppable(run(call, matches)).await
        }
        Called::Own(Command { run: Run::Called { run, .. } | Run::Prepares { run, .. }, .. }) => run(call, matches).await,
        // these have run before there was a call
        Called::Own(Command { run: Run::Alone { .. }, .. }) => Ok(0),
    }
}

/// A command that only looks, until a signal ends it: what it has started, such as a login program, ends with it. The exit code says then
/// which signal it was.
async fn stoppable(looking: impl Future<Output = Result<u8>>) -> Result<u8> {
    tokio::select! {
        done = looking => done,
        code = run::stopped() => {
            output::beside("fluxdeck: stopped");
            Ok(code)
        }
    }
}

/// Prints an error for people: what failed, and what to do.
pub fn report(error: &Error) {
    output::beside(&format!("fluxdeck: {}", error.message));
    if !error.hint.is_empty() {
        output::beside(&format!("  {}", error.hint));
    }
}

/// Reports an internal error. Its message may quote text from outside.
fn report_panic(panic: &std::panic::PanicHookInfo) {
    output::beside(&format!("fluxdeck: internal error: {panic}"));
    let trace = std::backtrace::Backtrace::capture();
    if trace.status() == std::backtrace::BacktraceStatus::Captured {
        output::beside(&trace.to_string());
    }
}

impl Global {
    fn call(&self, places: Option<Places>, is_screen: bool) -> Result<Call> {
        let is_demo = self.is_demo();
        // the demo is the same for all users: nothing in a home directory is read
        let places = places.filter(|_| !is_demo);
        let config = Config::read(places.as_ref())?;
        output::spell(self.is_ascii(&config));
        let request_timeout =
            self.request_timeout.filter(|limit| !limit.is_zero()).unwrap_or(Duration::from_secs(config.request_timeout));
        let origin = match &self.from {
            Some(path) => Origin::Recorded(Arc::new(records::open(path)?)),
            None if is_demo => demo::origin(self, is_screen)?,
            None => Origin::Live(Access {
                kubeconfig: self.kubeconfig.clone(),
                context: self.context.clone(),
                cluster: self.cluster.clone().filter(|name| !name.is_empty()),
                user: self.user.clone(),
                impersonate: self.impersonate.clone(),
                impersonate_groups: self.impersonate_groups.clone(),
                request_timeout: Some(request_timeout),
                logins: if is_screen { Logins::default() } else { Logins::of_command() },
            }),
        };
        if self.impersonate.is_none() && !self.impersonate_groups.is_empty() {
            return Err(Error::usage("--as-group needs --as", "name the user to impersonate: --as USER --as-group GROUP"));
        }
        let namespaces: BTreeSet<Str> =
            self.namespace.iter().map(|name| name.trim()).filter(|name| !name.is_empty()).map(Str::from).collect();
        let options = Options {
            namespaces: if self.all_namespaces { BTreeSet::new() } else { namespaces },
            follow: config.follow.clone(),
            request_timeout,
            watches: config.watches,
            repositories: repositories(&origin, &config, places.as_ref(), is_screen)?,
            changes: ChangeOptions { forges: Arc::new(config.forges.clone()), deny: Arc::new(config.deny.clone()) },
            state_dir: places.as_ref().filter(|_| self.from.is_none()).map(|places| places.state.clone()),
            ..Options::of(origin)
        };
        Ok(Call {
            options,
            context: self.context.clone().unwrap_or_default(),
            all_namespaces: self.all_namespaces,
            readonly: self.readonly || config.readonly,
            config,
            places,
        })
    }

    /// The demo has no kubeconfig; and where the cluster itself is not what a command looks at, `--cluster` needs a name.
    fn refuse_cluster(&self, is_flag: bool) -> Result<()> {
        match self.cluster.as_deref() {
            Some("") if !is_flag => Err(Error::usage(
                "--cluster needs the name of a cluster entry",
                "`fluxdeck check --cluster` checks the cluster itself",
            )),
            Some(name) if !name.is_empty() && self.is_demo() => {
                Err(Error::usage("the demo has no kubeconfig: --cluster cannot be used with it", "leave one of them out"))
            }
            _ => Ok(()),
        }
    }

    fn is_demo(&self) -> bool {
        self.demo || self.demo_dir.is_some() || self.scene.is_some()
    }

    /// Whether nothing but ASCII is written.
    fn is_ascii(&self, config: &Config) -> bool {
        self.ascii || config.ascii.unwrap_or_else(run::is_ascii_only)
    }

    fn settings(&self, call: &Call) -> Settings {
        let screen = &self.screen;
        let theme = screen
            .theme
            .clone()
            .filter(|name| !name.is_empty())
            .or_else(|| Some(call.config.theme.clone()).filter(|name| !name.is_empty()));
        Settings {
            ascii: self.is_ascii(&call.config),
            preview: call.config.preview,
            notify: call.config.notify,
            keeps_jobs: call.options.state_dir.is_some(),
            readonly: call.readonly,
            guarded: call.config.contexts.clone(),
            zone: Some(jiff::tz::TimeZone::system()),
            scenes: if let Origin::Demo(_) = call.options.origin { demo::offered() } else { Vec::new() },
            guide: matches!(&call.options.origin, Origin::Demo(guest) if guest.company.gives_hints()),
            theme: theme.unwrap_or_else(|| run::fitting_theme().to_owned()),
            ..Settings::default()
        }
    }
}

/// Where git content is found: for the demo only its own repositories; otherwise the present work tree, the configured ones, and
/// the cache.
fn repositories(origin: &Origin, config: &Config, places: Option<&Places>, is_screen: bool) -> Result<Repositories> {
    if let Origin::Demo(_) = origin {
        return Ok(Repositories::default());
    }
    let here = std::env::current_dir().ok().filter(|here| crate::git::Checkout::around(here).is_ok());
    let cache = places.filter(|_| config.fetch != Fetch::Nothing).map(|places| places.cache.clone());
    // also for a snapshot: what is said holds for what a source fetches, whenever that was
    let state = places.map(|places| places.state.clone());
    let folders = here.into_iter().chain(config.repos.iter().cloned()).collect();
    let found = Repositories::of(folders, cache).as_said(crate::files::real(), state);
    let remotes = RemoteStore::of(places.map(|places| places.cache.clone()));
    // the screen shows what is here
    let remotes = if config.fetch == Fetch::All && !is_screen { remotes.fetching()? } else { remotes };
    Ok(found.with_remotes(remotes))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    /// Set for the test process that panics.
    const BREAKS: &str = "FLUXDECK_TEST_BREAKS";

    /// A panic hook belongs to the process: this test runs itself in another one.
    #[test]
    fn an_internal_error_is_reported_without_what_it_quotes() {
        if std::env::var_os(BREAKS).is_some() {
            std::panic::set_hook(Box::new(super::report_panic));
            panic!("no repository at https://me:hunter2@git.example.com/f \u{1b}[2J\npassword: |\n  hunter2\nfor shop");
        }
        let mut command = Command::new(std::env::current_exe().expect("a test"));
        command.args([
            "--exact",
            "cli::tests::an_internal_error_is_reported_without_what_it_quotes",
            "--nocapture",
            "--test-threads=1",
        ]);
        let ran = command.env(BREAKS, "1").env("RUST_BACKTRACE", "1").output().expect("it runs");
        let output = String::from_utf8_lossy(&ran.stderr);

        assert!(
            output.contains("internal error") && output.contains("https://***@git.example.com/f") && output.contains("for shop"),
            "{output}"
        );
        assert!(!output.contains("hunter2") && !output.contains('\u{1b}'), "{output}");
    }
}
