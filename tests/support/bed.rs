//! The test bed (`tests/live/bed`), for all tests of a process: started by the first that asks, ended with the process.
//!
//! `FLUXDECK_BEDS=2` starts two: most tests want a bed to themselves and then wait for its controllers, so that two beds halve the time.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::Value;

/// `bed` exits so where it can be neither found nor built.
const CANNOT: i32 = 77;

/// A running bed.
pub struct Bed {
    environment: BTreeMap<String, String>,
}

enum Ground {
    There(Beds),
    /// Why there is none, where that is not a failure.
    Skipped(String),
    Broken(String),
}

/// The beds, and who is on them.
struct Beds {
    beds: Vec<Bed>,
    uses: Mutex<Vec<Use>>,
    changed: Condvar,
}

/// Who is on one bed: one test alone, or any number of those that leave it as it is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Use {
    sharing: usize,
    alone: bool,
}

/// A bed, given back when it is dropped.
pub struct OnBed {
    beds: &'static Beds,
    which: usize,
    alone: bool,
}

/// With this a test panics that cannot run here: why. The harness of the live suites knows it.
pub struct Skipped(pub String);

static GROUND: OnceLock<Ground> = OnceLock::new();

/// A bed, for a test that leaves it as it is for others. Where there is none the test is skipped.
pub fn shared() -> OnBed {
    ground().take(false)
}

/// A bed, for a test that other tests would notice. Where there is none the test is skipped.
pub fn alone() -> OnBed {
    ground().take(true)
}

fn ground() -> &'static Beds {
    match GROUND.get_or_init(start) {
        Ground::There(beds) => beds,
        Ground::Broken(why) => panic!("the test bed does not come up: {why}"),
        Ground::Skipped(why) => skip(why),
    }
}

impl Beds {
    fn new(beds: Vec<Bed>) -> Self {
        let uses = Mutex::new(vec![Use::default(); beds.len()]);
        Self { beds, uses, changed: Condvar::new() }
    }

    fn uses(&self) -> MutexGuard<'_, Vec<Use>> {
        self.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a bed. Those who share gather on one, so that another one is free for who has to be alone.
    fn take(&'static self, alone: bool) -> OnBed {
        let mut uses = self.uses();
        loop {
            let open = |(_, seen): &(usize, &Use)| !(seen.alone || alone && seen.sharing > 0);
            let found = uses.iter().enumerate().filter(open).max_by_key(|(_, seen)| seen.sharing).map(|(which, _)| which);
            if let Some(which) = found {
                let taken = &mut uses[which];
                taken.alone = alone;
                taken.sharing += usize::from(!alone);
                return OnBed { beds: self, which, alone };
            }
            uses = self.changed.wait(uses).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Deref for OnBed {
    type Target = Bed;

    fn deref(&self) -> &Bed {
        &self.beds.beds[self.which]
    }
}

impl Drop for OnBed {
    fn drop(&mut self) {
        let mut uses = self.beds.uses();
        let left = &mut uses[self.which];
        left.alone = false;
        left.sharing -= usize::from(!self.alone);
        drop(uses);
        self.beds.changed.notify_all();
    }
}

/// How many beds the tests share.
pub fn count() -> usize {
    let named = |beds: String| beds.split(':').count();
    let wanted = || std::env::var("FLUXDECK_BEDS").ok()?.parse().ok();
    std::env::var("FLUXDECK_BED").ok().map(named).or_else(wanted).unwrap_or(1).max(1)
}

/// Ends the test, which cannot run here.
pub fn skip(why: &str) -> ! {
    std::panic::panic_any(Skipped(why.to_owned()))
}

/// Whether a test that cannot run has failed.
pub fn is_required() -> bool {
    requested() == "required"
}

/// Whether live suites were asked for.
pub fn is_requested() -> bool {
    !requested().is_empty()
}

/// Why nothing runs that was not asked for.
pub const NOT_REQUESTED: &str = "set FLUXDECK_LIVE=1; needs Go";

fn requested() -> String {
    std::env::var("FLUXDECK_LIVE").unwrap_or_default()
}

/// Starts the beds, or takes those that `FLUXDECK_BED` names, with a colon between them.
fn start() -> Ground {
    if !is_requested() {
        return Ground::Skipped(NOT_REQUESTED.to_owned());
    }
    let up: Vec<Output> = match std::env::var("FLUXDECK_BED") {
        Ok(dirs) => dirs.split(':').map(|dir| script(&["env", dir])).collect(),
        Err(_) => std::thread::scope(|scope| {
            let starting: Vec<_> = (0..count()).map(|number| scope.spawn(move || up(number))).collect();
            starting.into_iter().map(|bed| bed.join().expect("bash runs the bed")).collect()
        }),
    };
    match up.iter().map(|up| up.status.code()).find(|code| *code != Some(0)) {
        None => Ground::There(Beds::new(up.iter().map(Bed::of).collect())),
        Some(Some(CANNOT)) => Ground::Skipped("the bed cannot be built: no Go".to_owned()),
        Some(code) => {
            Ground::Broken(format!("bed ended with {}", code.map_or_else(|| "a signal".to_owned(), |code| code.to_string())))
        }
    }
}

/// `bed up` for one of the beds that the tests share.
fn up(number: usize) -> Output {
    let process = std::process::id().to_string();
    let dir = std::env::temp_dir().join(format!("fluxdeck-live-{process}-{number}"));
    script(&["up", "--dir", &dir.display().to_string(), "--owner", &process])
}

/// A bed of one test's own with the fleet's staging cluster; down when it is dropped.
pub struct Staging(pub Bed);

impl Staging {
    pub fn up() -> Self {
        let process = std::process::id().to_string();
        let dir = std::env::temp_dir().join(format!("fluxdeck-staging-{process}"));
        let up = script(&["up", "--staging", "--dir", &dir.display().to_string(), "--owner", &process]);
        assert!(up.status.success(), "the staging bed does not come up: {}", up.status);
        Self(Bed::of(&up))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        script(&["down", self.0.value("BED_DIR")]);
    }
}

/// Runs `tests/live/bed`; what it says is seen by who runs the tests.
fn script(arguments: &[&str]) -> Output {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live/bed");
    Command::new(path).args(arguments).stderr(std::process::Stdio::inherit()).output().expect("bash runs the bed")
}

/// Reads lines of `export NAME='VALUE'`.
fn exports(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
        Some((name.to_owned(), value.trim_matches('\'').to_owned()))
    };
    text.lines().filter_map(line).collect()
}

impl Bed {
    /// The bed whose environment `bed up` or `bed env` printed.
    fn of(printed: &Output) -> Self {
        Self { environment: exports(&String::from_utf8_lossy(&printed.stdout)) }
    }

    /// A variable of the bed's environment.
    pub fn value(&self, name: &str) -> &str {
        self.environment.get(name).unwrap_or_else(|| panic!("the bed does not set {name}"))
    }

    /// The kubeconfig of a user: admin, developer, viewer.
    pub fn kubeconfig(&self, user: &str) -> PathBuf {
        self.value(&format!("BED_KUBECONFIG_{}", user.to_uppercase())).into()
    }

    /// The port of the API server.
    pub fn port(&self) -> u16 {
        self.value("BED_API_URL").rsplit(':').next().and_then(|port| port.parse().ok()).expect("an address with a port")
    }

    /// `bed apiserver …`
    pub fn api_server(&self, arguments: &[&str]) {
        let done = script(&[&["apiserver"], arguments, &[self.value("BED_DIR")]].concat());
        assert!(done.status.success(), "bed apiserver {arguments:?}");
    }

    /// kubectl with the rights of a user.
    pub fn kubectl_as(&self, user: &str) -> Command {
        let mut command = Command::new("kubectl");
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", self.value("BED_BIN"))).env("KUBECONFIG", self.kubeconfig(user));
        command
    }

    /// What kubectl prints for the administrator.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let done = self.kubectl_as("admin").args(arguments).output().expect("kubectl is in the bed");
        let output = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "kubectl {arguments:?}: {output}");
        String::from_utf8(done.stdout).expect("kubectl prints text")
    }

    /// Applies a manifest.
    pub fn apply(&self, manifest: &Value, more: &[&str]) {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), manifest.to_string()).expect("written");
        let path = file.path().display().to_string();
        self.kubectl(&[&["apply", "--server-side", "--force-conflicts", "-f", path.as_str()], more].concat());
    }

    /// `kubectl get … -o json`, its items.
    pub fn items(&self, arguments: &[&str]) -> Vec<Value> {
        let text = self.kubectl(&[&["get", "-o", "json"], arguments].concat());
        let mut list: Value = serde_json::from_str(&text).expect("JSON");
        match list.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => items,
            _ => vec![list],
        }
    }
}
