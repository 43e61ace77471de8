//! The user's own helm: charts brought into a cache, and rendered. It asks no cluster, and runs in a private folder that is removed afterwards.
//!
//! The user's `HELM_*` variables and logins are its own, but for plugins: no text of a repository may choose a program. What it is called with
//! comes from anybody who may push: a name is never read as a flag, and only repositories in the network are asked.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use super::copy::{copy_below, private, replace_file, write_file};
use super::last_words;
use super::leash::{Ended, Halted, Leash};
use super::run::find;
use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::ignore::unpacked;
use fluxdeck_model::render::tree::{Memory, Tree};

/// How long a chart may take to come, and to be rendered.
const PULL: Duration = Duration::from_secs(60);
const RENDER: Duration = Duration::from_secs(60);
/// Largest chart, packed or as a folder, and what is read of what helm prints and says, in bytes.
const LARGEST: u64 = 64 << 20;
const PRINTED: usize = 32 << 20;
const SAID: usize = 1 << 20;
/// How the words of a failure begin.
const BEGINS: &[&str] = &["Error: "];

/// What helm is asked for: `reference` is a URL `oci://…`, or the name of a chart in the repository at `repository`.
pub struct ChartAddress {
    pub reference: String,
    pub repository: Option<String>,
    /// Exact; none where the reference has it.
    pub version: Option<String>,
    pub is_plain: bool,
}

/// helm, with a folder of its own.
pub struct Helm {
    program: PathBuf,
    dir: TempDir,
}

impl Helm {
    /// The user's helm.
    ///
    /// # Errors
    /// There is none, or no room for its folder.
    pub fn find() -> std::result::Result<Self, String> {
        let program = find("helm").ok_or("helm is not installed")?;
        let dir = private("fluxdeck-helm-").map_err(|error| format!("there is no place for its files: {error}"))?;
        Ok(Self { program, dir })
    }

    /// Brings a chart, and returns its file. `kept`: where it is kept, for good.
    ///
    /// # Errors
    /// It is not there, too large, or takes too long: what helm says.
    pub async fn pull(&self, chart: &ChartAddress, kept: Option<&Path>) -> std::result::Result<PathBuf, String> {
        if let Some(kept) = kept.filter(|kept| kept.is_file()) {
            return Ok(kept.to_owned());
        }
        let place = tempfile::tempdir_in(self.dir.path()).map_err(|error| error.to_string())?;
        let ended = self.call(&arguments(chart, place.path())?, PULL).await?;
        if !ended.status.success() {
            return Err(last_words(&ended.said, BEGINS));
        }
        let files = std::fs::read_dir(place.path()).map_err(|error| error.to_string())?;
        let is_chart = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "tgz");
        let file = files.flatten().map(|entry| entry.path()).find(is_chart).ok_or("helm brought no chart")?;
        if file.metadata().map_err(|error| error.to_string())?.len() > LARGEST {
            return Err(format!("the chart is larger than {} MiB", LARGEST >> 20));
        }
        let Some(kept) = kept else {
            // it goes with our own folder
            drop(place.keep());
            return Ok(file);
        };
        let part = kept.with_extension(format!("{}.part", std::process::id()));
        let moved = std::fs::create_dir_all(kept.parent().unwrap_or(kept))
            .and_then(|()| std::fs::copy(&file, &part))
            .and_then(|_| std::fs::rename(&part, kept));
        moved.map_err(|error| format!("the chart cannot be kept: {error}"))?;
        Ok(kept.to_owned())
    }

    /// A chart that is a folder of a tree, with these files in the place of its own.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn copied(&self, tree: &dyn Tree, folder: &str, files: &[(String, Option<Vec<u8>>)]) -> Result<PathBuf> {
        let failed = |error: std::io::Error| Error::failed(format!("the chart cannot be copied: {error}"), "");
        let place = tempfile::tempdir_in(self.dir.path()).map_err(failed)?.keep();
        self.copied_into(tree, folder, &place, files)?;
        Ok(place)
    }

    /// The same, into a folder of ours that is there or not.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn copied_into(&self, tree: &dyn Tree, folder: &str, place: &Path, files: &[(String, Option<Vec<u8>>)]) -> Result<()> {
        let failed = |error: std::io::Error| Error::failed(format!("the chart cannot be copied: {error}"), "");
        self.own(place)?;
        std::fs::create_dir_all(place).map_err(failed)?;
        copy_below(tree, folder, place, LARGEST)?;
        for (path, bytes) in files {
            let below = if folder.is_empty() {
                Some(path.as_str())
            } else {
                path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'))
            };
            let Some(below) = below else { continue };
            replace_file(&place.join(below), bytes.as_deref()).map_err(failed)?;
        }
        Ok(())
    }

    /// The files of a packed chart.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn unpacked(&self, archive: &Path) -> Result<Memory> {
        let bytes = std::fs::read(archive).map_err(|error| Error::failed(format!("the chart cannot be read: {error}"), ""))?;
        unpacked(&bytes).map_err(|error| Error::failed(format!("the chart cannot be unpacked: {}", error.message), ""))
    }

    /// Replaces a file of a chart that was copied; says whether it was there.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn replaced(&self, chart: &Path, file: &str, bytes: &[u8]) -> Result<bool> {
        self.own(chart)?;
        let path = chart.join(file);
        if !path.is_file() {
            return Ok(false);
        }
        // what a link leads to is another file of the chart
        std::fs::remove_file(&path).map_err(|error| Error::failed(format!("{file} cannot be replaced: {error}"), ""))?;
        write_file(&path, bytes)?;
        Ok(true)
    }

    /// Adds a packed chart to those that a copied one has with it.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn add(&self, chart: &Path, archive: &Path) -> Result<()> {
        self.own(chart)?;
        let failed = |error: std::io::Error| Error::failed(format!("the chart cannot be copied: {error}"), "");
        let (folder, name) = (chart.join("charts"), archive.file_name().unwrap_or_default());
        std::fs::create_dir_all(&folder).map_err(failed)?;
        std::fs::copy(archive, folder.join(name)).map(drop).map_err(failed)
    }

    /// Only what is a copy of ours is changed.
    fn own(&self, chart: &Path) -> Result<()> {
        let is_own = chart.starts_with(self.dir.path());
        is_own.then_some(()).ok_or_else(|| Error::failed(format!("{} is not the copy of a chart", chart.display()), ""))
    }

    /// Renders a chart. Inside: what helm says against it.
    ///
    /// # Errors
    /// It has no end of its own.
    pub async fn template(
        &self,
        arguments: &[String],
        name: &str,
        chart: &Path,
        values: &[u8],
    ) -> std::result::Result<std::result::Result<String, String>, String> {
        let place = tempfile::tempdir_in(self.dir.path()).map_err(|error| error.to_string())?;
        let file = place.path().join("values.json");
        write_file(&file, values).map_err(|error| error.message)?;
        let mut all = arguments.to_vec();
        all.extend([format!("--values={}", file.display()), "--".to_owned(), name.to_owned(), chart.display().to_string()]);
        let ended = self.call(&all, RENDER).await?;
        match ended.status.success() {
            true if ended.printed.len() >= PRINTED => Err(format!("helm prints more than {} MiB", PRINTED >> 20)),
            true => String::from_utf8(ended.printed).map(Ok).map_err(|_| "what helm prints is not text".to_owned()),
            false => Ok(Err(words(&ended.said, &[place.path(), self.dir.path()]))),
        }
    }

    async fn call(&self, arguments: &[String], limit: Duration) -> std::result::Result<Ended, String> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.dir.path());
        command.env("HELM_PLUGINS", self.dir.path().join("plugins")).env("KUBECONFIG", "/dev/null");
        for own in ["NAMESPACE", "KUBECONTEXT", "KUBEAPISERVER", "KUBETOKEN", "KUBEASUSER", "KUBEASGROUPS", "DRIVER", "DEBUG"] {
            command.env_remove(format!("HELM_{own}"));
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let leash = Leash { input: b"", is_alone: true, most: (PRINTED, SAID), limit };
        leash.run(command).await.map_err(|halted| match halted {
            Halted::TooLong => format!("helm did not end within {} s", limit.as_secs()),
            Halted::NotStarted(error) => format!("helm cannot be started: {error}"),
        })
    }
}

/// What brings a chart into a folder.
fn arguments(chart: &ChartAddress, into: &Path) -> std::result::Result<Vec<String>, String> {
    let ChartAddress { reference, repository, version, is_plain } = chart;
    let is_network = |url: &str| ["https://", "http://", "oci://"].iter().any(|scheme| url.starts_with(scheme));
    let place = repository.as_deref().unwrap_or(reference);
    if !is_network(place) {
        return Err(format!("`{}` is not a repository in the network", sanitise(place)));
    }
    let mut all = vec!["pull".to_owned(), format!("--destination={}", into.display())];
    all.extend(repository.as_ref().map(|url| format!("--repo={url}")));
    all.extend(version.as_ref().map(|version| format!("--version={version}")));
    all.extend((*is_plain && place.starts_with("oci://")).then(|| "--plain-http".to_owned()));
    all.extend(["--".to_owned(), reference.clone()]);
    Ok(all)
}

/// All that helm says, without the folders of ours that are in it and its advice.
fn words(said: &[u8], ours: &[&Path]) -> String {
    let mut text = String::from_utf8_lossy(said).into_owned();
    for folder in ours {
        text = text.replace(&format!("{}/", folder.display()), "");
    }
    let lines = text.lines().filter(|line| !line.starts_with("Use --debug") && !line.trim().is_empty());
    let text = lines.collect::<Vec<_>>().join("\n");
    if text.is_empty() { "helm failed without a word".to_owned() } else { text }
}

#[cfg(test)]
#[path = "tests/helm.rs"]
mod tests;
