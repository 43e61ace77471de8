//! The forge of a site, with a token: by the configuration, by the name of its host, or asked once.

use std::sync::PoisonError;

use super::Changes;
use crate::credentials::{self, Asked, Source, Token};
use crate::demo;
use crate::forges::{self, Address, Forge, Kind, Network};
use fluxdeck_model::change::{ChangeSite, ForgeChoice};
use fluxdeck_model::domain::text::sanitise;

/// A forge that can be asked, or why none can.
pub(in crate::runtime) enum Access {
    Known {
        forge: Box<dyn Forge>,
        choice: ForgeChoice,
        kind: &'static Kind,
        token: Token,
    },
    None {
        why: String,
        /// Where a person can open one by hand.
        by_hand: Option<Box<dyn Forge>>,
    },
}

impl Access {
    /// None is to be asked.
    pub fn none(why: impl Into<String>) -> Self {
        Self::None { why: why.into(), by_hand: None }
    }

    /// As a review shows it, for a branch.
    pub fn choice(&self, base: &str, head: &str) -> ForgeChoice {
        self.choice_of(base, head, None)
    }

    /// The same for a branch of a fork, where one is named.
    pub fn choice_of(&self, base: &str, head: &str, fork: Option<&str>) -> ForgeChoice {
        match self {
            Self::Known { choice, .. } => choice.clone(),
            Self::None { why, by_hand } => {
                let page = by_hand.as_ref().map(|forge| forge.compare(base, head, fork));
                ForgeChoice::None { why: why.clone(), page }
            }
        }
    }

    /// The forge as the configuration names it, if it can be asked.
    pub fn word(&self) -> Option<&'static str> {
        if let Self::Known { kind, .. } = self { Some(kind.word) } else { None }
    }

    pub fn forge(&self) -> Option<&dyn Forge> {
        if let Self::Known { forge, .. } = self { Some(&**forge) } else { None }
    }
}

impl Changes {
    /// The forge of a site. Sends up to three requests without a token where nobody knows which forge it is, and starts up to three
    /// programs that may have a token.
    pub(in crate::runtime) async fn access(&self, site: &ChangeSite) -> Access {
        let none = Access::none;
        let Some(address) = Address::of(&site.url) else {
            return none(format!("{} is not a repository of a forge that is known", sanitise(&site.name())));
        };
        let network = match self.network(site) {
            Ok(network) => network,
            Err(failure) => return none(failure.error(&address.host).to_string()),
        };
        let origin = address.origin();
        let known = self.forges.get(&origin.to_string());
        let kind = match known.and_then(|forge| forge.kind.as_deref()).map(forges::named) {
            Some(kind) => kind,
            None => match self.kind(&network, site, &origin).await {
                Ok(kind) => kind,
                Err(failure) => return none(failure.error(&format!("{} cannot be asked", address.host)).to_string()),
            },
        };
        let Some(kind) = kind else { return none(format!("{} is not a forge that is known", address.host)) };
        let command = known.and_then(|forge| forge.token_command.as_deref());
        let token = match self.token(site, Asked { origin: &origin, repository: &address.path(), command }).await {
            Ok(token) => token,
            Err(failure) => return none(failure.error(&origin).to_string()),
        };
        match kind.open(&network, &address, token.as_ref()) {
            Err(failure) => none(failure.error(kind.name).to_string()),
            Ok(forge) => match token {
                Some(token) => {
                    let (name, repository) = (kind.name.to_owned(), address.path());
                    let choice = ForgeChoice::Known { name, repository, token: token.source().to_string() };
                    Access::Known { forge, choice, kind, token }
                }
                None => {
                    let why = format!("there is no token for {}", address.host);
                    Access::None { why, by_hand: Some(forge) }
                }
            },
        }
    }

    /// The way to the forge: the demo's is in memory.
    fn network(&self, site: &ChangeSite) -> Result<Network, forges::Failure> {
        if let Some(company) = self.company().filter(|_| self.is_of_company(site)) {
            let forge = company.forge().map_err(|error| forges::Failure::Unreachable(error.to_string()))?;
            return Ok(Network::through(forge.connector()));
        }
        match self.network.get() {
            Some(network) => Ok(network.clone()),
            None => {
                let network = Network::open()?;
                Ok(self.network.get_or_init(|| network).clone())
            }
        }
    }

    async fn token(&self, site: &ChangeSite, asked: Asked<'_>) -> Result<Option<Token>, credentials::Failure> {
        if self.is_of_company(site) {
            return Ok(Token::new(demo::Forge::TOKEN, asked.origin.clone(), Source::Demo));
        }
        self.keyring.token(asked).await
    }

    /// Takes note of what a forge says of the token: one that it does not take is not sent again.
    pub(super) fn noted<T>(&self, site: &ChangeSite, answer: Result<T, forges::Failure>) -> Result<T, forges::Failure> {
        if let (Err(forges::Failure::Unauthorised(_)), Some(address)) = (&answer, Address::of(&site.url)) {
            self.keyring.forget(&address.origin(), &address.path());
        }
        answer
    }

    async fn kind(
        &self,
        network: &Network,
        site: &ChangeSite,
        origin: &credentials::Origin,
    ) -> Result<Option<&'static forges::Kind>, forges::Failure> {
        // the demo's forge speaks as GitHub does
        if self.is_of_company(site) {
            return Ok(forges::named("github"));
        }
        let name = origin.to_string();
        if let Some(known) = self.kinds.lock().unwrap_or_else(PoisonError::into_inner).get(&name) {
            return Ok(*known);
        }
        let kind = forges::kind_of(network, origin).await?;
        self.kinds.lock().unwrap_or_else(PoisonError::into_inner).insert(name, kind);
        Ok(kind)
    }
}
