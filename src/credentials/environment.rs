//! Variables of the environment that hold a token, and the host that each is for.

use super::origin::Origin;
use super::token::{Source, Token};

/// Looks a variable of the environment up. Tests give their own.
pub type Variables<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// The environment of the process.
pub fn process(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The token that the environment has for a host.
pub fn token(variables: Variables, origin: &Origin) -> Option<Token> {
    let token = |name: &'static str| Token::new(&variables(name)?, origin.clone(), Source::Environment(name));
    let names = |variable: &str| variables(variable).is_some_and(|url| is_named(&url, origin));
    if is_github_com(origin) {
        // on a runner of another server, GITHUB_TOKEN is a token of that server: Gitea and GitHub Enterprise set both variables
        let is_elsewhere = variables("GITHUB_SERVER_URL").is_some_and(|url| !is_named(&url, origin));
        return token("GH_TOKEN").or_else(|| token("GITHUB_TOKEN").filter(|_| !is_elsewhere));
    }
    if origin.is_bitbucket() {
        return token("BITBUCKET_TOKEN").or_else(|| token("BITBUCKET_ACCESS_TOKEN"));
    }
    if names("GH_HOST")
        && let Some(token) = token("GH_ENTERPRISE_TOKEN")
    {
        return Some(token);
    }
    if is_of_gitlab(variables, origin)
        && let Some(token) = token("GITLAB_TOKEN").or_else(|| token("GITLAB_ACCESS_TOKEN"))
    {
        return Some(token);
    }
    let is_of_gitea = names("GITEA_SERVER_URL") || names("GITEA_INSTANCE_URL");
    token("GITEA_TOKEN").filter(|_| is_of_gitea)
}

/// Whether GitLab's variables are for this host: that which they name, as glab has it (`internal/config`), on a runner that of its server,
/// else gitlab.com.
fn is_of_gitlab(variables: Variables, origin: &Origin) -> bool {
    let named = ["GITLAB_HOST", "GITLAB_URI", "GL_HOST", "CI_SERVER_URL"].into_iter().find_map(variables);
    named.map_or(origin.is_gitlab_com(), |named| is_named(&named, origin))
}

fn is_github_com(origin: &Origin) -> bool {
    origin.is_github() && origin.host() == "github.com"
}

/// Whether a URL, or the name of a host that is reached by TLS, names that host.
fn is_named(text: &str, origin: &Origin) -> bool {
    let text = text.trim();
    let named = if text.contains("://") { Origin::of_url(text) } else { Origin::new(text, true) };
    named.as_ref() == Some(origin)
}
