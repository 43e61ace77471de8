//! From a kubeconfig, as kubectl reads it, to a client.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig as Raw};
use kube::{Client, Config};

use super::client;
use super::failure::{Failure, explain};
use super::kubeconfig::{self, Unusable, unread};
use super::login::{self, BAD_TOKEN, Login, Logins, Use, bearer};
use fluxdeck_model::domain::Context;
use fluxdeck_model::domain::text::{redact, sanitise};

/// The flags that kubectl has for reaching a cluster.
#[derive(Clone, Debug, Default)]
pub struct Access {
    pub kubeconfig: Option<PathBuf>,
    pub context: Option<String>,
    pub cluster: Option<String>,
    pub user: Option<String>,
    pub impersonate: Option<String>,
    pub impersonate_groups: Vec<String>,
    /// How long one request may take; none leaves connecting at ten seconds.
    pub request_timeout: Option<Duration>,
    /// The logins of this run.
    pub logins: Logins,
}

/// A kubeconfig, read once a connection: files may have changed since.
pub struct Kubeconfig {
    raw: Option<Raw>,
    pub contexts: Vec<Context>,
    pub current: String,
    access: Access,
}

impl Kubeconfig {
    /// Reads `--kubeconfig`, else the files of `$KUBECONFIG`, else `~/.kube/config`, else what a pod finds in its cluster.
    ///
    /// # Errors
    /// A file that cannot be read or parsed, a context that does not exist, no context at all.
    pub fn read(access: &Access) -> Result<Self, Failure> {
        let setup = |message: String, hint: &str| Failure::Setup { message, hint: hint.to_owned() };
        let raw = match &access.kubeconfig {
            Some(path) => Some(kubeconfig::read(path).map_err(|error| {
                setup(format!("cannot read the kubeconfig {}: {}", path.display(), unread(&error)), "check --kubeconfig")
            })?),
            None => {
                let named = std::env::var_os("KUBECONFIG").unwrap_or_default();
                let paths: Vec<_> = std::env::split_paths(&named).filter(|path| !path.as_os_str().is_empty()).collect();
                if paths.is_empty() { Self::of_home()? } else { Self::of_variable(&paths)? }
            }
        };
        let Some(raw) = raw else {
            return Ok(Self { raw: None, contexts: Vec::new(), current: "in-cluster".to_owned(), access: access.clone() });
        };
        let contexts: Vec<_> = raw
            .contexts
            .iter()
            .map(|named| {
                let context = named.context.clone().unwrap_or_default();
                Context {
                    name: named.name.clone(),
                    cluster: context.cluster,
                    user: context.user.unwrap_or_default(),
                    namespace: context.namespace,
                }
            })
            .collect();
        let current = access.context.clone().or_else(|| raw.current_context.clone()).unwrap_or_default();
        if current.is_empty() {
            return Err(setup(
                "the kubeconfig has no current context".to_owned(),
                "choose one: `--context NAME`, `:ctx`, or `kubectl config use-context NAME`",
            ));
        }
        if !contexts.iter().any(|context| context.name == current) {
            let known = contexts.iter().map(|context| context.name.as_str()).collect::<Vec<_>>().join(", ");
            let hint = format!("it has {}", if known.is_empty() { "none" } else { &known });
            return Err(Failure::Call { message: format!("the kubeconfig has no context `{current}`"), hint });
        }
        Ok(Self { raw: Some(raw), contexts, current, access: access.clone() })
    }

    fn of_variable(paths: &[PathBuf]) -> Result<Option<Raw>, Failure> {
        let setup = |message: String| Failure::Setup { message, hint: "check the variable KUBECONFIG".to_owned() };
        let merged = kubeconfig::merged(paths)
            .map_err(|Unusable { path, why }| setup(format!("cannot read {}, which KUBECONFIG names: {why}", path.display())))?;
        if merged.is_none() && !is_in_cluster() {
            let names = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
            return Err(setup(format!("KUBECONFIG names no file that exists: {names}")));
        }
        Ok(merged)
    }

    fn of_home() -> Result<Option<Raw>, Failure> {
        let path = directories::BaseDirs::new().map(|dirs| dirs.home_dir().join(".kube/config")).filter(|path| path.exists());
        match path {
            Some(path) => kubeconfig::read(&path).map(Some).map_err(|error| Failure::Setup {
                message: format!("cannot read {}: {}", path.display(), unread(&error)),
                hint: "fix the file, or name another with --kubeconfig".to_owned(),
            }),
            None if is_in_cluster() => Ok(None),
            None => Err(Failure::Setup {
                message: "there is no kubeconfig".to_owned(),
                hint:
                    "name one with --kubeconfig or KUBECONFIG; without a cluster: `fluxdeck demo`, or a snapshot with --from FILE"
                        .to_owned(),
            }),
        }
    }

    /// The context in use.
    pub fn context(&self) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == self.current)
    }
}

/// Whether this is a pod: it has a service account.
fn is_in_cluster() -> bool {
    std::env::var_os("KUBERNETES_SERVICE_HOST").is_some()
}

/// What every request says of the program.
const USER_AGENT: &str = concat!("fluxdeck/", env!("CARGO_PKG_VERSION"));

/// What a client is made of, before anything is sent or run.
pub struct Prepared {
    config: Config,
    login: Option<Use>,
    context: String,
    /// The server's address for messages.
    pub server: String,
}

/// Reads what the kubeconfig names for the context: certificates, the proxy, the user. Blocks while files are read; runs nothing.
///
/// # Errors
/// What is wrong with the cluster or user entry, or its files.
pub fn prepare(kubeconfig: &Kubeconfig, handle: &tokio::runtime::Handle) -> Result<Prepared, Failure> {
    let access = &kubeconfig.access;
    let context = kubeconfig.current.clone();
    let mut config = match &kubeconfig.raw {
        Some(raw) => {
            let options =
                KubeConfigOptions { context: Some(context.clone()), cluster: access.cluster.clone(), user: access.user.clone() };
            let read = handle.block_on(Config::from_custom_kubeconfig(raw.clone(), &options));
            read.map_err(|error| in_context(&context, &explain(&error)))?
        }
        None => Config::incluster().map_err(|error| in_context(&context, &explain(&error)))?,
    };
    config.connect_timeout = Some(access.request_timeout.unwrap_or(Duration::from_secs(10)));
    // our own retries know what may be repeated; kube's would hang for minutes (reference: kube 5 `RetryPolicy::server_retry`)
    config.default_retry = false;
    if let Some(user) = &access.impersonate {
        config.auth_info.impersonate = Some(user.clone());
        config.auth_info.impersonate_groups = Some(access.impersonate_groups.clone()).filter(|groups| !groups.is_empty());
    }
    // the API server's audit log names who asked
    config.headers.push((http::header::USER_AGENT, http::HeaderValue::from_static(USER_AGENT)));
    check(&config.auth_info).map_err(|why| in_context(&context, &why))?;
    let login = access.logins.take(&mut config.auth_info)?;
    config.cluster_url = without_user(&config.cluster_url);
    let server = redact(config.cluster_url.to_string().trim_end_matches('/')).into_owned();
    Ok(Prepared { config, login, context, server })
}

impl Prepared {
    /// The login whose credential each request shows; none where the kubeconfig holds it.
    pub fn login(&self) -> Option<&Login> {
        self.login.as_deref()
    }

    /// Makes the client. Reads the files of certificates once more, and sends nothing yet.
    ///
    /// # Errors
    /// What is wrong with the certificates, the proxy or the credentials.
    pub fn client(self) -> Result<Client, Failure> {
        let made = match self.login {
            Some(login) => login::client(self.config, login),
            None => client::of(self.config),
        };
        made.map_err(|error| match Failure::from(error) {
            Failure::Unreachable(unreached) => in_context(&self.context, &unreached.to_string()),
            failure => failure,
        })
    }
}

/// The address without a user name: kube does not log in with it, and its libraries write it to the log.
fn without_user(address: &http::Uri) -> http::Uri {
    let mut parts = address.clone().into_parts();
    let host =
        parts.authority.as_ref().and_then(|authority| authority.as_str().rsplit_once('@')).map(|(_, host)| host.to_owned());
    parts.authority = host.and_then(|host| host.parse().ok()).or(parts.authority);
    http::Uri::from_parts(parts).unwrap_or_else(|_| address.clone())
}

fn in_context(context: &str, why: &str) -> Failure {
    Failure::Setup {
        message: format!("context `{context}`: {why}"),
        hint: "check the cluster and the user of this context in the kubeconfig".to_owned(),
    }
}

/// What kube would break on, or run on its own terms.
fn check(user: &AuthInfo) -> Result<(), String> {
    if login::token(user).is_some_and(|token| bearer(&token).is_none()) {
        return Err(format!("the user's token is {BAD_TOKEN}"));
    }
    match &user.auth_provider {
        Some(provider) if provider.name != "oidc" => Err(format!(
            "auth-provider `{}` is gone since Kubernetes 1.26; its login program takes its place (exec)",
            sanitise(&provider.name)
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_its_user_and_nothing_else() {
        for (address, bare) in [
            ("http://me:hunter2@10.0.0.1:6443/door", "http://10.0.0.1:6443/door"),
            ("https://token@api.example.test/", "https://api.example.test/"),
            ("https://[::1]:6443/a?b=c", "https://[::1]:6443/a?b=c"),
        ] {
            assert_eq!(without_user(&address.parse().expect("an address")).to_string(), bare);
        }
    }

    #[test]
    fn what_kube_would_break_on_is_said_without_the_token() {
        for (user, why) in [
            (r#"{"token": "abc"}"#, ""),
            (r#"{"token": ""}"#, ""),
            (r#"{"token": "PLANTED\n"}"#, "such as a line end"),
            (r#"{"auth-provider": {"name": "gcp", "config": {"access-token": "PLANTED"}}}"#, "auth-provider `gcp` is gone"),
            (r#"{"auth-provider": {"name": "oidc", "config": {}}}"#, ""),
        ] {
            let refused = check(&serde_json::from_str(user).expect("a user")).err().unwrap_or_default();
            assert!(
                refused.contains(why) && refused.is_empty() == why.is_empty() && !refused.contains("PLANTED"),
                "{user}: {refused}"
            );
        }
    }
}
