//! Where a bitcoind is, and how to sign in there: `bitcoind://user:password@host:port`, or
//! `bitcoind://host:port?cookie=/path/of/.cookie` on this computer. Over TLS elsewhere.

use super::super::SourceError;
use super::super::address::{Address, BITCOIND};
use crate::http::is_this_computer;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use std::path::PathBuf;

/// What bitcoind listens on where no port is named: mainnet's.
const PORT: u16 = 8332;
/// bitcoind's name for whoever can read its cookie.
const COOKIE_USER: &str = "__cookie__:";
/// A cookie is shorter.
const LONGEST_COOKIE: u64 = 1024;

/// How to sign in.
enum Login {
    None,
    Password {
        user: String,
        password: SecretString,
    },
    /// A file that bitcoind writes anew with each start.
    Cookie(PathBuf),
}

/// See the module.
pub(super) struct Place {
    /// What is asked.
    pub(super) url: String,
    /// As a person knows it. Without the password.
    pub(super) name: String,
    login: Login,
}

impl Place {
    /// Whether an address names a server of this kind.
    pub(super) fn is_meant(url: &str) -> bool {
        url.starts_with(BITCOIND)
    }

    /// # Errors
    /// [`SourceError::BadUrl`], which does not repeat the password.
    pub(super) fn read(address: &Address) -> Result<Self, SourceError> {
        let bad = || SourceError::BadUrl(BITCOIND.to_owned());
        let read = Url::parse(address.url()).map_err(|_| bad())?;
        let host = read.host_str().filter(|host| !host.is_empty()).ok_or_else(bad)?;
        if !matches!(read.path(), "" | "/") || read.fragment().is_some() {
            return Err(bad());
        }
        let at = format!("{host}:{}", read.port().unwrap_or(PORT));
        let here = is_this_computer(&format!("http://{at}"));
        // Not as a form's, which would have a `+` mean a blank.
        let cookie = read.query().and_then(|query| query.strip_prefix("cookie="));
        let decode = |text: &str| {
            percent_decode_str(text).decode_utf8().map(String::from).map_err(|_| bad())
        };
        let (login, name) = match (cookie, read.username()) {
            // What is in a file of this computer is shown to this computer alone.
            (Some(_), _) if !here => return Err(bad()),
            (Some(path), _) => (
                Login::Cookie(PathBuf::from(decode(path)?)),
                format!("{BITCOIND}{at}?cookie={path}"),
            ),
            (None, "") => (Login::None, format!("{BITCOIND}{at}")),
            (None, user) => {
                let password = address.password().map(SecretString::expose_secret);
                let password = decode(password.unwrap_or_default())?.into();
                (
                    Login::Password { user: decode(user)?, password },
                    format!("{BITCOIND}{user}@{at}"),
                )
            }
        };
        let url = format!("{}://{at}", if here { "http" } else { "https" });
        Ok(Self { url, name, login })
    }

    /// What goes into the request's head, if anything.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`], if the cookie is not there: bitcoind does not run.
    pub(super) fn signed_in(&self) -> Result<Option<SecretString>, SourceError> {
        let pair: SecretString = match &self.login {
            Login::None => return Ok(None),
            Login::Password { user, password } => {
                format!("{user}:{}", password.expose_secret()).into()
            }
            Login::Cookie(path) => {
                read_cookie(path).map_err(|error| SourceError::Unreachable(Box::new(error)))?.into()
            }
        };
        Ok(Some(pair))
    }
}

/// Nothing but a cookie is sent, whatever file is named.
fn read_cookie(path: &std::path::Path) -> std::io::Result<String> {
    let no_cookie =
        || std::io::Error::new(std::io::ErrorKind::InvalidData, "no cookie of bitcoind");
    let found = std::fs::metadata(path)?;
    if !found.is_file() || found.len() > LONGEST_COOKIE {
        return Err(no_cookie());
    }
    let text = std::fs::read_to_string(path)?;
    let text = text.trim();
    let secret = text.strip_prefix(COOKIE_USER).ok_or_else(no_cookie)?;
    let is_hex = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_hex { Ok(text.to_owned()) } else { Err(no_cookie()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::write_atomic;

    fn pair(place: &Place) -> Option<String> {
        place.signed_in().unwrap().map(|pair| pair.expose_secret().to_owned())
    }

    #[test]
    fn an_address_names_the_server_and_how_to_sign_in() {
        let here = Place::read(&Address::read("bitcoind://me:a%3Ab@127.0.0.1:18443")).unwrap();
        assert_eq!(here.url, "http://127.0.0.1:18443");
        assert_eq!(here.name, "bitcoind://me@127.0.0.1:18443", "without the password");
        assert_eq!(pair(&here).as_deref(), Some("me:a:b"));
        let elsewhere = Place::read(&Address::read("bitcoind://me:b@node.example")).unwrap();
        assert_eq!(elsewhere.url, "https://node.example:8332");
        assert_eq!(pair(&Place::read(&Address::read("bitcoind://localhost")).unwrap()), None);
        for bad in
            ["bitcoind://", "bitcoind://a:b@host/path", "bitcoind://node.example?cookie=/etc/hosts"]
        {
            assert!(
                matches!(Place::read(&Address::read(bad)), Err(SourceError::BadUrl(_))),
                "{bad}"
            );
        }
    }

    #[test]
    fn only_a_cookie_is_sent_whatever_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cookie");
        let url = format!("bitcoind://127.0.0.1:1?cookie={}", file.display());
        let place = Place::read(&Address::read(&url)).unwrap();
        assert!(matches!(place.signed_in(), Err(SourceError::Unreachable(_))), "not there");
        write_atomic(&file, b"__cookie__:00ff\n").unwrap();
        assert_eq!(pair(&place).as_deref(), Some("__cookie__:00ff"));
        // A blank ends an address in a list of several, and is written so.
        let elsewhere = dir.path().join("Application Support+@1&");
        write_atomic(&elsewhere, b"__cookie__:00ff").unwrap();
        let path = elsewhere.display().to_string().replace(' ', "%20");
        let url = format!("bitcoind://127.0.0.1:1?cookie={path}");
        let spaced = Place::read(&Address::read(&url)).unwrap();
        assert_eq!(pair(&spaced).as_deref(), Some("__cookie__:00ff"));
        assert_eq!(spaced.name, url, "as it was typed");
        for other in ["a secret of mine", "__cookie__:", "__cookie__:not hex"] {
            write_atomic(&file, other.as_bytes()).unwrap();
            assert!(place.signed_in().is_err(), "{other}");
        }
    }
}
