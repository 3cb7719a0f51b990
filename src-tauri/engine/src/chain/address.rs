//! Where a chain server is, as a person typed it. A password in it is kept apart from the rest, which is shown, logged and
//! written into the preferences.

use secrecy::SecretString;

/// How a bitcoind's address begins. No other has a password in it.
pub(super) const BITCOIND: &str = "bitcoind://";

/// See the module. Not yet looked at: it may name no server at all.
#[derive(Clone, Debug)]
pub struct Address {
    url: String,
    password: Option<SecretString>,
}

impl Address {
    /// What stands before the `@` of a bitcoind's address signs in there.
    pub fn read(text: &str) -> Self {
        let text = text.trim().trim_end_matches('/');
        let at = text.strip_prefix(BITCOIND).and_then(|rest| rest.rsplit_once('@'));
        match at.and_then(|(login, at)| Some((login.split_once(':')?, at))) {
            Some(((user, password), at)) => {
                let url = format!("{BITCOIND}{user}@{at}");
                Self { url, password: Some(password.to_owned().into()) }
            }
            None => Self { url: text.to_owned(), password: None },
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

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn the_password_is_taken_out_of_an_address() {
        for (text, url, password) in [
            ("bitcoind://me:a%3Ab@host:1", "bitcoind://me@host:1", Some("a%3Ab")),
            ("bitcoind://me:a:b@c@host:1", "bitcoind://me@host:1", Some("a:b@c")),
            ("bitcoind://me@host:1", "bitcoind://me@host:1", None),
            (" ssl://host:1/ ", "ssl://host:1", None),
        ] {
            let read = Address::read(text);
            let found = read.password().map(ExposeSecret::expose_secret);
            assert_eq!((read.url(), found), (url, password));
            assert!(!format!("{read:?}").contains(password.unwrap_or("none")), "it is not shown");
        }
    }
}
