//! The client for addresses that a stranger wrote. It speaks TLS alone, to the public internet alone: a name is resolved
//! once, each of its addresses is looked at, and the connection goes to one of those (so a name cannot lead elsewhere the
//! second time). The same holds after each redirect. An answer is small and comes soon, or there is none.

use super::special::is_special;
use super::{Heard, HttpError, bytes};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, HeaderValue, LOCATION, USER_AGENT};
use reqwest::redirect::Policy;
use reqwest::{Client, Request, Url};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// One question, with its redirects and all of its answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Redirects in a row.
const MOST_REDIRECTS: usize = 3;

/// Names that are on this computer, each with the place where it is asked in the clear. Only the practice network has any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Local(BTreeMap<String, SocketAddr>);

impl Local {
    /// The same with one more.
    #[must_use]
    pub fn with(mut self, name: &str, place: SocketAddr) -> Self {
        self.0.insert(name.to_owned(), place);
        self
    }

    /// True if nothing on this computer may be asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same address at the place of its name.
    fn place(&self, url: &Url) -> Option<Url> {
        let place = self.0.get(url.domain()?)?;
        let mut there = url.clone();
        let moved = there.set_scheme("http").is_ok()
            && there.set_ip_host(place.ip()).is_ok()
            && there.set_port(Some(place.port())).is_ok();
        moved.then_some(there)
    }
}

/// Whether an answer may be elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirects {
    /// A few.
    Few,
    /// What is sent is for this host alone.
    None,
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Guarded {
    client: Client,
    local: Local,
    patience: Duration,
    /// Who answered last, and when by its clock.
    heard: Arc<Mutex<Option<Heard>>>,
    /// What it says that it is, if anything.
    agent: Option<&'static str>,
}

impl Guarded {
    /// A client that asks nobody on this computer but `local`.
    ///
    /// # Errors
    /// If the system's TLS cannot be used.
    pub(crate) fn new(local: Local) -> Result<Self, HttpError> {
        Self::with(local, Names::System, PATIENCE)
    }

    /// The same, saying what it is: some servers want to know.
    #[must_use]
    pub(crate) fn called(self, agent: &'static str) -> Self {
        Self { agent: Some(agent), ..self }
    }

    fn with(local: Local, names: Names, patience: Duration) -> Result<Self, HttpError> {
        let client = Client::builder()
            .timeout(patience)
            .redirect(Policy::none())
            // A proxy would resolve names itself.
            .no_proxy()
            .referer(false)
            // Each question has a connection of its own, to an address that was looked at for it.
            .pool_max_idle_per_host(0)
            .dns_resolver(Arc::new(Checked(names)))
            .build()?;
        Ok(Self { client, local, patience, heard: Arc::default(), agent: None })
    }

    /// What time whoever answered last says it is, once.
    pub(crate) fn heard(&self) -> Option<Heard> {
        self.heard.lock().expect("never poisoned: nothing panics there").take()
    }

    /// What is at an address: at most `most` bytes.
    ///
    /// # Errors
    /// [`HttpError`]; if it is the address that is refused, nothing was sent.
    pub(crate) async fn get(
        &self,
        url: &Url,
        most: usize,
        redirects: Redirects,
    ) -> Result<Vec<u8>, HttpError> {
        let answer = self.follow(url.clone(), most, redirects, "*/*");
        tokio::time::timeout(self.patience, answer).await.unwrap_or(Err(HttpError::TooSlow))
    }

    /// A resolver's answer (RFC 8484).
    ///
    /// # Errors
    /// [`HttpError`].
    pub(crate) async fn dns(&self, url: &Url) -> Result<Vec<u8>, HttpError> {
        let most = usize::from(u16::MAX);
        let answer = self.follow(url.clone(), most, Redirects::None, "application/dns-message");
        tokio::time::timeout(self.patience, answer).await.unwrap_or(Err(HttpError::TooSlow))
    }

    async fn follow(
        &self,
        mut url: Url,
        most: usize,
        redirects: Redirects,
        accept: &'static str,
    ) -> Result<Vec<u8>, HttpError> {
        let hops = if redirects == Redirects::Few { MOST_REDIRECTS } else { 0 };
        for _ in 0..=hops {
            let mut request = Request::new(reqwest::Method::GET, self.place(&url)?);
            request.headers_mut().insert(ACCEPT, HeaderValue::from_static(accept));
            if let Some(agent) = self.agent {
                request.headers_mut().insert(USER_AGENT, HeaderValue::from_static(agent));
            }
            let answer = self.client.execute(request).await.map_err(why)?;
            if let Some(heard) = url.host_str().and_then(|host| super::heard(host, &answer)) {
                *self.heard.lock().expect("never poisoned: nothing panics there") = Some(heard);
            }
            let status = answer.status();
            if status.is_success() {
                return bytes(answer, most).await;
            }
            if !status.is_redirection() {
                return Err(HttpError::Status(status.as_u16()));
            }
            let to = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok());
            let to = to.ok_or(HttpError::Status(status.as_u16()))?;
            url = url.join(to).map_err(|_| HttpError::NoAddress)?;
        }
        Err(HttpError::Redirects)
    }

    /// Where this is asked, if it may be.
    ///
    /// # Errors
    /// The address is not one that a stranger may send us to.
    fn place(&self, url: &Url) -> Result<Url, HttpError> {
        if !matches!(url.scheme(), "http" | "https") || has_password(url) {
            return Err(HttpError::NoAddress);
        }
        if let Some(there) = self.local.place(url) {
            return Ok(there);
        }
        let host = url.host_str().ok_or(HttpError::NoAddress)?;
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        if bare.parse::<IpAddr>().is_ok_and(is_special) || is_here(bare) {
            return Err(HttpError::Private(host.to_owned()));
        }
        if bare.trim_end_matches('.').ends_with(".onion") {
            return Err(HttpError::Onion);
        }
        if url.scheme() == "https" { Ok(url.clone()) } else { Err(HttpError::NotEncrypted) }
    }
}

/// It would be sent, and disguises the host to the eye.
fn has_password(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

/// By its name (RFC 6761, RFC 6762), whatever a resolver says.
fn is_here(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    let last = host.rsplit('.').next().unwrap_or_default();
    matches!(last, "localhost" | "local" | "internal")
}

/// A name led to an address that is not of the public internet.
#[derive(Debug, thiserror::Error)]
#[error("{0} leads to this computer or a private network")]
struct Forbidden(String);

/// The refusal in a client's error, or the error.
fn why(error: reqwest::Error) -> HttpError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(one) = cause {
        if let Some(Forbidden(name)) = one.downcast_ref() {
            return HttpError::Private(name.clone());
        }
        cause = one.source();
    }
    error.into()
}

/// What a test says that a name has.
#[cfg(test)]
type Told = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// Who says which addresses a name has.
#[derive(Clone)]
enum Names {
    System,
    #[cfg(test)]
    Told(Arc<Told>),
}

impl Names {
    async fn ask(&self, name: &str) -> std::io::Result<Vec<SocketAddr>> {
        match self {
            Self::System => Ok(tokio::net::lookup_host((name, 0)).await?.collect()),
            #[cfg(test)]
            Self::Told(told) => {
                Ok(told(name).into_iter().map(|address| (address, 0).into()).collect())
            }
        }
    }
}

/// Gives no address out that is not of the public internet; of a name with one such, none.
struct Checked(Names);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, name) = (self.0.clone(), name.as_str().to_owned());
        Box::pin(async move {
            let found = names.ask(&name).await?;
            if found.iter().any(|address| is_special(address.ip())) {
                return Err(Forbidden(name).into());
            }
            let found: Addrs = Box::new(found.into_iter());
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests;
