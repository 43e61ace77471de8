//! Where other programs have their configuration, by their own variables and XDG's.

use std::path::{Path, PathBuf};

use directories::BaseDirs;

use super::environment::Variables;

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

/// Docker's `config.json` (docker/cli `config/config.go`).
pub fn docker(variables: Variables) -> Option<PathBuf> {
    let folder = variables("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(BaseDirs::new()?.home_dir().join(".docker")))?;
    Some(folder.join("config.json"))
}

/// A file of Helm's: the one that its variable names, else below its folder of configuration (helm `pkg/helmpath`, `pkg/cli`).
pub fn helm(variables: Variables, variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(file) = variables(variable) {
        return Some(file.into());
    }
    if let Some(folder) = variables("HELM_CONFIG_HOME") {
        return Some(Path::new(&folder).join(name));
    }
    let base = variables("XDG_CONFIG_HOME").map(PathBuf::from);
    let base = base.or_else(|| Some(BaseDirs::new()?.preference_dir().to_owned()))?;
    Some(base.join("helm").join(name))
}

/// The text of a file. None if it is not there, is not a file, or is too large.
pub fn text(place: &Path) -> Option<String> {
    let is_small = std::fs::metadata(place).is_ok_and(|found| found.is_file() && found.len() <= LARGEST);
    is_small.then(|| std::fs::read_to_string(place).ok()).flatten()
}
