//! The test bed (`tests/live/bed`), one for all tests of a process: started by the first that asks, ended with the process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use serde_json::Value;

/// `bed` exits so where it can be neither found nor built.
const CANNOT: i32 = 77;

/// A running bed.
pub struct Bed {
    environment: BTreeMap<String, String>,
}

enum Ground {
    There(RwLock<Bed>),
    /// Why there is none, where that is not a failure.
    Skipped(String),
    Broken(String),
}

/// With this a test panics that cannot run here: why. The harness of the live suites knows it.
pub struct Skipped(pub String);

static GROUND: OnceLock<Ground> = OnceLock::new();

/// The bed, for a test that leaves it as it is for others. Where there is none the test is skipped.
pub fn shared() -> RwLockReadGuard<'static, Bed> {
    ground().read().unwrap_or_else(PoisonError::into_inner)
}

/// The bed, for a test that other tests would notice. Where there is none the test is skipped.
pub fn alone() -> RwLockWriteGuard<'static, Bed> {
    ground().write().unwrap_or_else(PoisonError::into_inner)
}

fn ground() -> &'static RwLock<Bed> {
    match GROUND.get_or_init(start) {
        Ground::There(bed) => bed,
        Ground::Broken(why) => panic!("the test bed does not come up: {why}"),
        Ground::Skipped(why) => skip(why),
    }
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

/// Starts a bed, or takes the one that `FLUXDECK_BED` names.
fn start() -> Ground {
    if !is_requested() {
        return Ground::Skipped(NOT_REQUESTED.to_owned());
    }
    let up = match std::env::var("FLUXDECK_BED") {
        Ok(dir) => script(&["env", &dir]),
        Err(_) => {
            let process = std::process::id().to_string();
            let dir = std::env::temp_dir().join(format!("fluxdeck-live-{process}"));
            script(&["up", "--dir", &dir.display().to_string(), "--owner", &process])
        }
    };
    match up.status.code() {
        Some(0) => Ground::There(RwLock::new(Bed { environment: exports(&String::from_utf8_lossy(&up.stdout)) })),
        Some(CANNOT) => Ground::Skipped("the bed cannot be built: no Go".to_owned()),
        _ => Ground::Broken(format!("bed ended with {}", up.status)),
    }
}

/// A bed of one test's own with the fleet's staging cluster; down when it is dropped.
pub struct Staging(pub Bed);

impl Staging {
    pub fn up() -> Self {
        let process = std::process::id().to_string();
        let dir = std::env::temp_dir().join(format!("fluxdeck-staging-{process}"));
        let up = script(&["up", "--staging", "--dir", &dir.display().to_string(), "--owner", &process]);
        assert!(up.status.success(), "the staging bed does not come up: {}", up.status);
        Self(Bed { environment: exports(&String::from_utf8_lossy(&up.stdout)) })
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
