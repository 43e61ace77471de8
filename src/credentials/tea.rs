//! Logins of `tea`, Gitea's command line client: `tea/config.yml` in the directory of configurations (tea `modules/config`).

use std::path::{Path, PathBuf};

use directories::BaseDirs;
use serde::Deserialize;

use super::environment::Variables;
use super::origin::Origin;
use super::token::{Source, Token};

/// Largest file that is read, in bytes.
const LARGEST: u64 = 1 << 20;

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    logins: Vec<Login>,
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    url: String,
    #[serde(default)]
    token: String,
}

/// Where its file may be, in the order in which tea looks.
pub fn places(variables: Variables) -> Vec<PathBuf> {
    let base = BaseDirs::new();
    let folders = [
        variables("XDG_CONFIG_HOME").map(PathBuf::from),
        base.as_ref().map(|base| base.home_dir().join(".config")),
        base.as_ref().map(|base| base.config_dir().to_owned()),
    ];
    folders.into_iter().flatten().map(|folder| folder.join("tea/config.yml")).collect()
}

/// The token of the login for a host, in the first file that is there. A file that cannot be read has none.
pub fn token(places: &[PathBuf], origin: &Origin) -> Option<Token> {
    let text = places.iter().find_map(|place| read(place))?;
    let config: Config = serde_yaml::from_str(&text).ok()?;
    let login = config.logins.into_iter().find(|login| Origin::of_url(&login.url).as_ref() == Some(origin))?;
    Token::new(&login.token, origin.clone(), Source::Tea)
}

fn read(place: &Path) -> Option<String> {
    let is_small = std::fs::metadata(place).is_ok_and(|found| found.is_file() && found.len() <= LARGEST);
    is_small.then(|| std::fs::read_to_string(place).ok()).flatten()
}
