//! Where an Electrum server is: `ssl://host:port`, or `tcp://host:port` on this computer.

use super::super::SourceError;
use crate::http::is_this_computer;
use reqwest::Url;

/// What servers listen on by custom.
const TCP: u16 = 50_001;
const TLS: u16 = 50_002;

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) encrypted: bool,
}

impl Place {
    /// Whether an address names a server of this kind.
    pub(crate) fn is_meant(url: &str) -> bool {
        ["ssl://", "tcp://"].iter().any(|scheme| url.starts_with(scheme))
    }

    /// # Errors
    /// [`SourceError::BadUrl`].
    pub(super) fn read(url: &str) -> Result<Self, SourceError> {
        let bad = || SourceError::BadUrl(url.to_owned());
        let read = Url::parse(url).map_err(|_| bad())?;
        let encrypted = match read.scheme() {
            "ssl" => true,
            "tcp" => false,
            _ => return Err(bad()),
        };
        let plain = read.username().is_empty()
            && read.password().is_none()
            && matches!(read.path(), "" | "/")
            && read.query().is_none()
            && read.fragment().is_none();
        let host = read.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if host.is_empty() || !plain {
            return Err(bad());
        }
        let port = read.port().unwrap_or(if encrypted { TLS } else { TCP });
        Ok(Self { host: host.to_owned(), port, encrypted })
    }
}

/// Refuses an address that would be asked in the clear.
///
/// # Errors
/// [`SourceError::NotEncrypted`].
pub(super) fn may_be_asked(place: &Place, url: &str) -> Result<(), SourceError> {
    if place.encrypted || is_this_computer(url) { Ok(()) } else { Err(SourceError::NotEncrypted) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_only_this_computer_is_asked_in_the_clear() {
        let read = |url: &str| {
            let place = Place::read(url).unwrap();
            (place.host.clone(), place.port, may_be_asked(&place, url).is_ok())
        };
        assert_eq!(read("ssl://a.example:700"), ("a.example".into(), 700, true));
        assert_eq!(read("ssl://a.example"), ("a.example".into(), TLS, true));
        assert_eq!(read("tcp://127.0.0.1:50001"), ("127.0.0.1".into(), 50_001, true));
        assert_eq!(read("tcp://[::1]"), ("::1".into(), TCP, true));
        assert_eq!(read("tcp://localhost:1/"), ("localhost".into(), 1, true));
        for elsewhere in ["tcp://a.example:50001", "tcp://192.168.1.7", "tcp://localhost.example"] {
            assert!(!read(elsewhere).2, "{elsewhere}");
        }
        for bad in [
            "ssl://",
            "ssl://me@a.example",
            "ssl://a.example/api",
            "ssl://a.example?x",
            "ftp://a.example",
            "a.example:50002",
        ] {
            assert!(matches!(Place::read(bad), Err(SourceError::BadUrl(_))), "{bad}");
        }
    }
}
