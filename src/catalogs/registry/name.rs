//! Which repository of which registry a name means, as docker (`distribution/reference`) and Flux (`go-containerregistry` `pkg/name`) have it.

use crate::catalogs::Failure;
use crate::credentials::Origin;
use fluxdeck_model::domain::text::sanitise;

/// How the addresses of charts and artifacts begin.
pub const SCHEME: &str = "oci://";
/// The names of Docker Hub.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];
/// Where the API of Docker Hub is.
const HUB_API: &str = "registry-1.docker.io";
/// Longest path of a repository, in bytes.
const LONGEST: usize = 255;

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    origin: Origin,
    path: String,
}

impl Repository {
    /// Reads the name of an image, as a container has it, or the address of an artifact (`oci://…`); a tag and a digest are passed over. In
    /// the name of an image the first part is a registry if it has a point or a colon, or is `localhost`: else the image is on Docker Hub.
    /// `is_plain`: without TLS, as registries on this machine always are.
    ///
    /// # Errors
    /// It is not a name.
    pub fn of(text: &str, is_plain: bool) -> Result<Self, Failure> {
        let unusable = || Failure::NotAsked(format!("`{}` is not the name of an image or an artifact", sanitise(text)));
        let name = text.split('@').next().unwrap_or_default();
        let (host, path) = match name.strip_prefix(SCHEME) {
            Some(address) => address.split_once('/').ok_or_else(unusable)?,
            None => match name.split_once('/') {
                Some((host, path)) if is_registry(host) => (host, path),
                _ => (HUB_API, name),
            },
        };
        let path = match path.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => path,
            _ => path,
        };
        let is_hub = HUB.contains(&host.to_ascii_lowercase().as_str());
        let host = if is_hub { HUB_API } else { host };
        let plain = Origin::new(host, false).ok_or_else(unusable)?;
        let origin = if is_plain || plain.is_loopback() { Some(plain) } else { Origin::new(host, true) };
        let path = if is_hub && !path.contains('/') { format!("library/{path}") } else { path.to_owned() };
        let is_path = path.len() <= LONGEST && path.split('/').all(is_part);
        if is_path { Ok(Self { origin: origin.ok_or_else(unusable)?, path }) } else { Err(unusable()) }
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its name within the registry.
    pub fn path(&self) -> &str {
        &self.path
    }
}

fn is_registry(host: &str) -> bool {
    host == "localhost" || host.contains(['.', ':']) || host.chars().any(|letter| letter.is_ascii_uppercase())
}

/// OCI distribution-spec, "Pulling manifests": parts of small letters and numbers, with single signs between them.
fn is_part(part: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = part.bytes().next().zip(part.bytes().last());
    ends.is_some_and(|(first, last)| is_letter(first) && is_letter(last))
        && part.bytes().all(|byte| is_letter(byte) || b"._-".contains(&byte))
        && !part.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_a_repository_of_a_registry() {
        for (text, expected) in [
            ("nginx", "https://registry-1.docker.io library/nginx"),
            ("nginx:1.27@sha256:ab", "https://registry-1.docker.io library/nginx"),
            ("acme/web:v1", "https://registry-1.docker.io acme/web"),
            ("docker.io/nginx", "https://registry-1.docker.io library/nginx"),
            ("index.docker.io/acme/web", "https://registry-1.docker.io acme/web"),
            ("oci://registry-1.docker.io/bitnamicharts/nginx", "https://registry-1.docker.io bitnamicharts/nginx"),
            ("ghcr.io/stefanprodan/podinfo:6.5.0", "https://ghcr.io stefanprodan/podinfo"),
            ("oci://ghcr.io/stefanprodan/charts/podinfo", "https://ghcr.io stefanprodan/charts/podinfo"),
            ("registry.example.com:5000/a/b_c/d__e/f-g.h:1", "https://registry.example.com:5000 a/b_c/d__e/f-g.h"),
            ("registry:5000/web", "https://registry:5000 web"),
            ("localhost/web", "http://localhost web"),
            ("127.0.0.1:5000/web:1", "http://127.0.0.1:5000 web"),
            ("[::1]:5000/web", "http://[::1]:5000 web"),
            ("oci://registry/web", "https://registry web"),
        ] {
            let read = Repository::of(text, false).map(|it| format!("{} {}", it.origin(), it.path()));
            assert_eq!(read.as_deref(), Ok(expected), "{text}");
        }
        let plain = Repository::of("registry.example.com/web", true).map(|it| it.origin().to_string());
        assert_eq!(plain.as_deref(), Ok("http://registry.example.com"));
        for text in [
            "",
            "oci://",
            "oci://ghcr.io",
            "oci://ghcr.io/",
            "ghcr.io/../x",
            "ghcr.io/a//b",
            "ghcr.io/A",
            "ghcr.io/a?b=c",
            "a\u{1b}[31m",
            "ghcr.io/a b",
        ] {
            assert!(matches!(Repository::of(text, false), Err(Failure::NotAsked(_))), "{text}");
        }
    }
}
