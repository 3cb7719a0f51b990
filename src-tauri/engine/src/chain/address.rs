//! Where a chain server is, as a person typed it. A password in it is kept apart from the rest, which is shown, logged and
//! written into the preferences.

use reqwest::Url;
use secrecy::SecretString;

/// How a bitcoind's address begins. No other server is signed in to; what is typed so anyway is kept apart as well.
pub(super) const BITCOIND: &str = "bitcoind://";
/// What follows names a file, which may have an `@` in its path.
const COOKIE: &str = "?cookie=";

/// See the module. Not yet looked at: it may name no server at all.
#[derive(Clone, Debug)]
pub struct Address {
    url: String,
    password: Option<SecretString>,
}

impl Address {
    /// What stands before the `@` signs in there.
    pub fn read(text: &str) -> Self {
        let text = text.trim().trim_end_matches('/');
        let (scheme, rest) = text.split_at(text.find("://").map_or(0, |at| at + "://".len()));
        let scheme = scheme.to_ascii_lowercase();
        let (login, at) = rest.split_at(login_length(&scheme, rest));
        match login.split_once(':') {
            Some((user, password)) => {
                let url = format!("{scheme}{user}{at}");
                Self { url, password: Some(password.to_owned().into()) }
            }
            None => Self { url: format!("{scheme}{rest}"), password: None },
        }
    }

    /// Without the password.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// As it was typed: percent-encoded, if it was.
    pub fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }

    /// The same, signed in with what was kept for it, unless it has a password.
    pub(crate) fn or_with(self, password: impl FnOnce(&str) -> Option<SecretString>) -> Self {
        let password = self.password.or_else(|| password(&self.url));
        Self { password, ..self }
    }
}

/// How long the name and the password are. A password may have any letter of an address in it: it ends with the last `@` that can
/// be meant. That is the last of all if the address names no server otherwise.
fn login_length(scheme: &str, rest: &str) -> usize {
    let within = if scheme == BITCOIND {
        rest.split(COOKIE).next()
    } else if Url::parse(&format!("{scheme}{rest}")).is_ok_and(|url| url.has_host()) {
        rest.split(['/', '\\', '?', '#']).next()
    } else {
        Some(rest)
    };
    within.and_then(|within| within.rfind('@')).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::{Source, SourceError};
    use crate::logger::Log;
    use crate::view::NetworkId;
    use secrecy::ExposeSecret;
    use std::sync::Arc;

    #[test]
    fn the_password_is_taken_out_of_an_address() {
        for (text, url, password) in [
            ("bitcoind://me:a%3Ab@host:1", "bitcoind://me@host:1", Some("a%3Ab")),
            ("bitcoind://me:a:b@c@host:1", "bitcoind://me@host:1", Some("a:b@c")),
            ("bitcoind://me@host:1", "bitcoind://me@host:1", None),
            ("bitcoind://me:a/b?c@host:1", "bitcoind://me@host:1", Some("a/b?c")),
            ("BitCoind://me:secret@host:1", "bitcoind://me@host:1", Some("secret")),
            ("bitcoind://[::1]:1?cookie=/a@b/:@", "bitcoind://[::1]:1?cookie=/a@b/:@", None),
            (" ssl://host:1/ ", "ssl://host:1", None),
            ("https://me:secret@host/api", "https://me@host/api", Some("secret")),
            ("HTTPS://:secret@host/api", "https://@host/api", Some("secret")),
            ("https://me:se/cret@host/api", "https://me@host/api", Some("se/cret")),
            ("ssl://me:secret@host:1", "ssl://me@host:1", Some("secret")),
            ("what://me:secret@host", "what://me@host", Some("secret")),
            ("me:secret@host:1", "me@host:1", Some("secret")),
            // No login: a path.
            ("https://host:1/@me:x/api", "https://host:1/@me:x/api", None),
        ] {
            let read = Address::read(text);
            let found = read.password().map(ExposeSecret::expose_secret);
            assert_eq!((read.url(), found), (url, password));
            assert!(!format!("{read:?}").contains(password.unwrap_or("none")), "it is not shown");
            // Nor if it is refused, as every login but a bitcoind's is.
            let source = Source::new(&read, NetworkId::Mainnet, Arc::new(Log));
            let is_refused = !text.to_lowercase().starts_with(BITCOIND) && password.is_some();
            match source {
                Ok(source) => assert!(!is_refused, "{}", source.url()),
                Err(error) => {
                    assert!(is_refused && matches!(error, SourceError::BadUrl(_)), "{text}");
                    let shown = format!("{error} {error:?}");
                    assert!(!shown.contains(password.unwrap_or("none")), "{shown}");
                }
            }
        }
    }

    #[test]
    fn a_name_without_a_password_is_refused_as_well() {
        for text in ["https://me@host/api", "ssl://me@host:1", "tcp://me@127.0.0.1:1"] {
            let source = Source::new(&Address::read(text), NetworkId::Mainnet, Arc::new(Log));
            assert!(matches!(source.err(), Some(SourceError::BadUrl(_))), "{text}");
        }
    }
}
