//! Configuration: defaults, then the file, then the environment, then arguments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use directories::ProjectDirs;
use serde::Deserialize;

use fluxdeck_model::domain::pattern::{Pattern, SYNTAX};
use fluxdeck_model::domain::{Guarded, NotifyBy, Policy};
use fluxdeck_model::error::{Error, Result};

/// The default file: what is documented is what holds.
pub const DEFAULT: &str = include_str!("default.toml");

#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub theme: String,
    pub ascii: Option<bool>,
    pub preview: bool,
    /// How the terminal is asked to notify the user.
    pub notify: NotifyBy,
    /// In seconds.
    pub request_timeout: u64,
    pub follow: Vec<String>,
    /// Open at once, at most.
    pub watches: usize,
    pub readonly: bool,
    /// Folders of checkouts.
    pub repos: Vec<PathBuf>,
    /// What is fetched on demand.
    pub fetch: Fetch,
    /// Rules for contexts by pattern.
    pub contexts: Vec<Guarded>,
    /// Globs of files that no change touches, in any repository.
    pub deny: Vec<String>,
    /// What is known of forges, by scheme and host as `credentials::Origin` displays them: `https://git.example.com`.
    pub forges: BTreeMap<String, Forge>,
}

/// What may be fetched when somebody asks for what needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fetch {
    Nothing,
    /// Commits of repositories that clusters apply.
    #[default]
    Repositories,
    /// Remote resources of kustomization files too, by commands that build.
    All,
}

impl Fetch {
    fn read(value: &toml::Value) -> std::result::Result<Self, String> {
        match (value.as_bool(), value.as_str()) {
            (Some(true), _) => Ok(Self::All),
            (Some(false), _) => Ok(Self::Nothing),
            (_, Some("repositories")) => Ok(Self::Repositories),
            _ => Err("fetch is true, false or \"repositories\"".to_owned()),
        }
    }
}

/// What the configuration says of the forge at one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forge {
    /// One of [`FORGES`]; none: the host is asked.
    pub kind: Option<String>,
    /// A program and its arguments that prints a token for this host.
    pub token_command: Option<Vec<String>>,
}

/// The forges that there are, as `kind` names them.
pub const FORGES: &[&str] = &["bitbucket", "gitea", "github", "gitlab"];

/// Objects of one act in production, unless the configuration says otherwise.
const MOST_IN_PRODUCTION: usize = 20;

/// One layer: what a file sets.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Layer {
    theme: Option<String>,
    ascii: Option<bool>,
    preview: Option<bool>,
    request_timeout: Option<u64>,
    follow: Option<Vec<String>>,
    watches: Option<usize>,
    readonly: Option<bool>,
    repos: Option<Vec<String>>,
    fetch: Option<toml::Value>,
    notify: NotifyLayer,
    contexts: BTreeMap<String, ContextLayer>,
    forges: BTreeMap<String, ForgeLayer>,
    deny: Option<Vec<String>>,
}

/// What a file sets for notifications.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct NotifyLayer {
    how: Option<String>,
}

impl NotifyLayer {
    /// None where it says nothing.
    fn by(&self) -> std::result::Result<Option<NotifyBy>, String> {
        let known = |word: &String| NotifyBy::parse(word).ok_or_else(|| format!("`{word}` is not a way to notify"));
        self.how.as_ref().map(known).transpose()
    }
}

/// What a file sets for the forge at a host.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ForgeLayer {
    kind: Option<String>,
    token_command: Option<Vec<String>>,
}

impl ForgeLayer {
    fn forge(self) -> std::result::Result<Forge, String> {
        if let Some(kind) = self.kind.as_deref().filter(|kind| !FORGES.contains(kind)) {
            return Err(format!("`{kind}` is not a kind of forge"));
        }
        if self.token_command.as_ref().is_some_and(Vec::is_empty) {
            return Err("token-command names no program".to_owned());
        }
        Ok(Forge { kind: self.kind, token_command: self.token_command })
    }
}

/// The scheme and the host of a forge as they are compared: in lower case, with `https` unless it says `http`, without the usual port.
///
/// # Errors
/// It is not a host: it has a path, a user, or nothing.
fn host(text: &str) -> std::result::Result<String, String> {
    let lower = text.trim().to_ascii_lowercase();
    let (scheme, host) = lower.split_once("://").unwrap_or(("https", &lower));
    let host = host.strip_suffix(if scheme == "https" { ":443" } else { ":80" }).unwrap_or(host);
    let is_host = !host.is_empty() && !host.contains(['/', '@', '?', '#']) && !host.contains(char::is_whitespace);
    if !is_host || !matches!(scheme, "http" | "https") {
        return Err(format!("`{text}` is not a host"));
    }
    Ok(format!("{scheme}://{host}"))
}

/// What a file sets for the contexts of a pattern.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct ContextLayer {
    readonly: bool,
    production: bool,
    most: Option<usize>,
}

impl ContextLayer {
    fn guarded(self, pattern: &str) -> std::result::Result<Guarded, String> {
        let most = self.most.or(self.production.then_some(MOST_IN_PRODUCTION));
        let policy = Policy { readonly: self.readonly, production: self.production, most, ..Policy::default() };
        Ok(Guarded { pattern: Pattern::parse(pattern)?, policy })
    }
}

/// Where things are kept.
#[derive(Clone, Debug)]
pub struct Places {
    pub config: PathBuf,
    pub state: PathBuf,
    pub cache: PathBuf,
}

impl Places {
    /// `$FLUXDECK_CONFIG_DIR` and the XDG directories, on every system; none without a home.
    pub fn find() -> Option<Self> {
        let dirs = ProjectDirs::from("", "", "fluxdeck");
        let xdg =
            |name: &str| std::env::var_os(name).filter(|dir| !dir.is_empty()).map(|dir| PathBuf::from(dir).join("fluxdeck"));
        let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        let under_home = |path: &str| home.as_ref().map(|home| home.join(path).join("fluxdeck"));
        let own = std::env::var_os("FLUXDECK_CONFIG_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        let config = own.or_else(|| xdg("XDG_CONFIG_HOME")).or_else(|| under_home(".config"));
        let state = xdg("XDG_STATE_HOME").or_else(|| under_home(".local/state"));
        let config = config.or_else(|| dirs.as_ref().map(|dirs| dirs.config_dir().to_owned()))?;
        let cache = xdg("XDG_CACHE_HOME").or_else(|| under_home(".cache"));
        Some(Self { config, state: state?, cache: cache? })
    }
}

impl Config {
    /// Reads the defaults and the file in that directory.
    ///
    /// # Errors
    /// Names the file, the line and the key that is wrong.
    pub fn read(places: Option<&Places>) -> Result<Self> {
        let base: Layer = toml::from_str(DEFAULT).map_err(|error| broken(Path::new("default.toml"), &error))?;
        let file = places.map(|places| places.config.join("config.toml"));
        let layer = match file.as_deref().map(|path| (path, std::fs::read_to_string(path))) {
            None => Layer::default(),
            Some((path, Ok(text))) => toml::from_str(&text).map_err(|error| broken(path, &error))?,
            Some((_, Err(error))) if error.kind() == std::io::ErrorKind::NotFound => Layer::default(),
            Some((path, Err(error))) => {
                return Err(Error::usage(format!("cannot read {}: {error}", path.display()), "fix or remove the file"));
            }
        };
        let contexts =
            layer.contexts.into_iter().map(|(pattern, rules)| rules.guarded(&pattern)).collect::<std::result::Result<_, _>>();
        let contexts = contexts.map_err(|why| Error::usage(format!("contexts in config.toml: {why}"), SYNTAX))?;
        let forges = layer.forges.into_iter().map(|(name, forge)| Ok((host(&name)?, forge.forge()?)));
        let forges = forges.collect::<std::result::Result<_, String>>().map_err(|why| {
            let hint = format!("[forges.\"git.example.com\"] with kind = {}, or token-command", FORGES.join(" or "));
            Error::usage(format!("forges in config.toml: {why}"), hint)
        })?;
        let fetch = layer.fetch.or(base.fetch).as_ref().map(Fetch::read).transpose();
        let fetch =
            fetch.map_err(|why| Error::usage(format!("config.toml: {why}"), "`fluxdeck info --config` says what each means"))?;
        let notify = layer.notify.by().map_err(|why| {
            Error::usage(format!("notify.how in config.toml: {why}"), format!("there are {}", NotifyBy::words()))
        })?;
        Ok(Self {
            notify: notify.or(base.notify.by().ok().flatten()).unwrap_or_default(),
            theme: layer.theme.or(base.theme).unwrap_or_default(),
            ascii: layer.ascii.or(base.ascii),
            preview: layer.preview.or(base.preview).unwrap_or_default(),
            request_timeout: layer.request_timeout.or(base.request_timeout).unwrap_or(15).clamp(1, 3600),
            follow: layer.follow.or(base.follow).unwrap_or_default(),
            watches: layer.watches.or(base.watches).unwrap_or(100),
            readonly: layer.readonly.or(base.readonly).unwrap_or_default(),
            repos: layer.repos.or(base.repos).unwrap_or_default().iter().map(|folder| folder_of(folder)).collect(),
            fetch: fetch.unwrap_or_default(),
            contexts: by_length(contexts),
            forges,
            deny: layer.deny.or(base.deny).unwrap_or_default(),
        })
    }

    /// Themes in files: name and text, in the order of their names.
    pub fn themes(places: Option<&Places>) -> Vec<(String, String)> {
        let Some(dir) = places.and_then(|places| std::fs::read_dir(places.config.join("themes")).ok()) else { return Vec::new() };
        let mut found: Vec<_> = dir
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
            .filter_map(|path| Some((path.file_stem()?.to_str()?.to_owned(), std::fs::read_to_string(&path).ok()?)))
            .collect();
        found.sort();
        found
    }
}

/// A folder in the user's notation: `~/` is the home directory.
pub fn folder_of(text: &str) -> PathBuf {
    let home = || Some(directories::BaseDirs::new()?.home_dir().to_owned());
    match text.strip_prefix("~/").and_then(|rest| Some(home()?.join(rest))) {
        Some(folder) => folder,
        None => PathBuf::from(text),
    }
}

/// The longest pattern first: what is said of `prod-eu-1` comes before what is said of `prod-*`, and that before `*`.
fn by_length(mut rules: Vec<Guarded>) -> Vec<Guarded> {
    rules.sort_by_key(|rules| std::cmp::Reverse(rules.pattern.text().len()));
    rules
}

fn broken(path: &Path, error: &toml::de::Error) -> Error {
    Error::usage(
        format!("{}: {}", path.display(), error.to_string().trim_end()),
        "`fluxdeck info --config` prints the default file with every key",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Config> {
        let dir = tempfile::tempdir().expect("a directory");
        std::fs::write(dir.path().join("config.toml"), text).expect("written");
        Config::read(Some(&Places { config: dir.path().to_owned(), state: dir.path().to_owned(), cache: dir.path().to_owned() }))
    }

    #[test]
    fn the_default_file_says_what_holds() {
        let config = read("").expect("defaults");

        assert_eq!((config.request_timeout, config.preview, config.ascii), (15, false, None));
        assert_eq!(config.follow, ["VulnerabilityReport.aquasecurity.github.io"]);
    }

    #[test]
    fn contexts_have_rules_of_their_own() {
        let text = "readonly = true\n[contexts.\"prod-*\"]\nproduction = true\n[contexts.dev]\nmost = 5\n";
        let config = read(text).expect("rules");
        let policy = |production, most| Policy { production, most, ..Policy::default() };

        assert!(config.readonly && !read("").expect("defaults").readonly);
        let rules: Vec<_> = config.contexts.into_iter().map(|rules| (rules.pattern.text().to_owned(), rules.policy)).collect();
        assert_eq!(rules, [("prod-*".to_owned(), policy(true, Some(20))), ("dev".to_owned(), policy(false, Some(5)))]);
        assert!(read("[contexts.dev]\nproductoin = true").is_err_and(|error| error.message.contains("productoin")));
        let wrong = read("[contexts.\"prod-[\"]\nproduction = true").expect_err("no pattern");
        assert!(wrong.message.starts_with("contexts in config.toml: `prod-[` is not a pattern"), "{wrong:?}");
    }

    #[test]
    fn forges_are_known_by_their_hosts() {
        let config = read(
            "[forges.\"Git.example.com:443\"]\nkind = \"gitea\"\n[forges.\"http://127.0.0.1:3000\"]\ntoken-command = [\"pass\", \"x\"]",
        );
        let forges = config.expect("forges").forges;
        let command = Some(vec!["pass".to_owned(), "x".to_owned()]);

        assert_eq!(forges["https://git.example.com"], Forge { kind: Some("gitea".to_owned()), token_command: None });
        assert_eq!(forges["http://127.0.0.1:3000"], Forge { kind: None, token_command: command });
        for (text, why) in [
            ("[forges.\"h\"]\nkind = \"svn\"", "`svn` is not a kind of forge"),
            ("[forges.\"h\"]\ntoken = \"x\"", "token"),
            ("[forges.\"h\"]\ntoken-command = []", "token-command names no program"),
            ("[forges.\"https://h/owner\"]\nkind = \"gitea\"", "`https://h/owner` is not a host"),
            ("[forges.\"ssh://h\"]\nkind = \"gitea\"", "`ssh://h` is not a host"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.message.contains(why), "{error:?}");
        }
    }

    #[test]
    fn checkouts_are_named_by_folders_below_home_or_anywhere() {
        let config = read("repos = [\"/src/fleet\", \"~/fleet\"]\nfetch = false").expect("a configuration");
        let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().join("fleet"));

        assert_eq!(config.repos, [PathBuf::from("/src/fleet"), home.unwrap_or_else(|| "~/fleet".into())]);
        assert_eq!((config.fetch, read("").expect("defaults").fetch), (Fetch::Nothing, Fetch::Repositories));
        assert_eq!(read("fetch = true").map(|config| config.fetch), Ok(Fetch::All));
        assert!(read("fetch = 'some'").is_err_and(|error| error.message.ends_with("fetch is true, false or \"repositories\"")));
    }

    #[test]
    fn nothing_is_notified_unless_the_file_says_how() {
        assert_eq!(read("").map(|config| config.notify), Ok(NotifyBy::Off));
        assert_eq!(read("[notify]\nhow = \"osc777\"").map(|config| config.notify), Ok(NotifyBy::Osc777));
        let wrong = read("[notify]\nhow = \"mail\"").expect_err("it is not one");
        assert_eq!(wrong.message, "notify.how in config.toml: `mail` is not a way to notify");
        assert!(wrong.hint.contains("osc9"), "{wrong:?}");
    }

    #[test]
    fn a_file_overrides_and_an_unknown_key_is_named() {
        assert!(read("preview = true").is_ok_and(|config| config.preview));
        assert!(read("previw = true").is_err_and(|error| error.message.contains("previw")));
    }
}
