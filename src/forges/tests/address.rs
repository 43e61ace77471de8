//! Addresses from URLs of remotes.

use super::super::Address;

#[test]
fn the_url_of_a_remote_names_host_owner_and_repository_and_its_login_is_dropped() {
    for (url, host, is_tls, path) in [
        ("https://github.com/ops/fleet.git", "github.com", true, "ops/fleet"),
        ("https://github.com/ops/fleet", "github.com", true, "ops/fleet"),
        ("https://github.com/ops/fleet/", "github.com", true, "ops/fleet"),
        ("HTTPS://GitHub.com/Ops/Fleet.git", "github.com", true, "Ops/Fleet"),
        ("https://me:PLANTEDTOKEN@git.example.com:8443/ops/fleet.git", "git.example.com:8443", true, "ops/fleet"),
        ("https://git.example.com:443/ops/fleet", "git.example.com", true, "ops/fleet"),
        ("http://PLANTEDTOKEN@127.0.0.1:3000/ops/fleet.git", "127.0.0.1:3000", false, "ops/fleet"),
        ("http://[::1]:3000/ops/fleet", "[::1]:3000", false, "ops/fleet"),
        ("ssh://git@git.example.com:2222/ops/fleet.git", "git.example.com", true, "ops/fleet"),
        ("ssh://git@[2001:db8::1]:2222/ops/fleet.git", "[2001:db8::1]", true, "ops/fleet"),
        ("ssh://git:PLANTEDTOKEN@ssh.github.com:443/ops/fleet.git", "github.com", true, "ops/fleet"),
        ("git@github.com:ops/fleet.git", "github.com", true, "ops/fleet"),
        ("git.example.com:ops/fleet.git", "git.example.com", true, "ops/fleet"),
        ("git@github.com:/ops/fleet.git", "github.com", true, "ops/fleet"),
        ("https://git.example.com/a%20b/c%2Ed.git?x=1#y", "git.example.com", true, "a b/c.d"),
        // groups of GitLab; another forge refuses it
        ("https://gitlab.com/group/sub group/fleet.git", "gitlab.com", true, "group/sub group/fleet"),
        ("git@gitlab.com:acme/platform/apps/fleet.git", "gitlab.com", true, "acme/platform/apps/fleet"),
        ("ssh://git@altssh.gitlab.com:443/acme/fleet.git", "gitlab.com", true, "acme/fleet"),
        ("https://git.example.com/gitea/ops/fleet.git", "git.example.com", true, "gitea/ops/fleet"),
        ("https://ana@bitbucket.org/ops/fleet.git", "bitbucket.org", true, "ops/fleet"),
        ("git@bitbucket.org:ops/fleet.git", "bitbucket.org", true, "ops/fleet"),
        ("ssh://git@altssh.bitbucket.org:443/ops/fleet.git", "bitbucket.org", true, "ops/fleet"),
        // GitHub and gitlab.com are never asked without TLS, whatever an object of a cluster says
        ("http://gitlab.com/ops/fleet", "gitlab.com", true, "ops/fleet"),
        ("http://github.com/ops/fleet", "github.com", true, "ops/fleet"),
        ("https://acme.ghe.com/ops/fleet", "acme.ghe.com", true, "ops/fleet"),
    ] {
        let address = Address::of(url).unwrap_or_else(|| panic!("{url}"));
        assert_eq!((address.host.as_str(), address.is_tls, address.path().as_str()), (host, is_tls, path), "{url}");
        assert!(!format!("{address:?}").contains("PLANTED"), "{address:?}");
        assert_eq!((address.origin().host(), address.origin().is_tls()), (host, is_tls), "{url}");
    }
}

#[test]
fn what_has_no_owner_or_no_name_is_refused() {
    for url in [
        "",
        "https://github.com",
        "https://github.com/",
        "https://github.com/ops",
        "https://gitlab.com/group/%2e%2e/fleet.git",
        "https://gitlab.com/group/a%2Fb/fleet.git",
        // Azure DevOps
        "https://dev.azure.com/acme/platform/_git/fleet",
        "git@ssh.dev.azure.com:v3/acme/platform/fleet",
        "https://git.example.com/ops/%2e%2e",
        "https://git.example.com/ops/a%2Fb",
        "https://git.example.com/ops/.git",
        "https://git.example.com/ops/a%0Ab",
        "https:///ops/fleet",
        "https://-x/ops/fleet",
        "https://a b/ops/fleet",
        "https://h:port/ops/fleet",
        "https://h\nhost=evil/ops/fleet",
        "https://[::1/ops/fleet",
        "git://git.example.com/ops/fleet",
        "file:///srv/ops/fleet",
        "/srv/ops/fleet",
        "./ops:x/fleet",
        "git@-oProxyCommand=x:ops/fleet",
    ] {
        assert_eq!(Address::of(url), None, "{url}");
    }
}
