//! What does not say what it asks for, but whom to ask: LNURLs (LUD-01, LUD-17) and names like `ada@example.com`
//! (LUD-16). A sign-in (LUD-04) says all in its text. Nobody is asked here.

use super::{ParseError, text};
use crate::view::{AuthAction, InstructionKind};
use bitcoin::bech32::primitives::decode::CheckedHrpstring;
use bitcoin::bech32::{Bech32, Checksum, Hrp, encode_lower};
use reqwest::Url;
use std::fmt;

/// What an address on the web begins with.
const HTTPS: &str = "https";

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// Its host says whether it is to be paid, or pays.
    Lnurl(Url),
    /// A person or a shop at a domain.
    Name(Name),
    /// A site wants a signature.
    Auth(Auth),
}

/// `user@domain`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub user: String,
    pub domain: String,
    /// It was written with the sign that says so (BIP 353): it is in the DNS or nowhere.
    pub dns_only: bool,
}

/// A site's challenge (LUD-04).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Auth {
    pub url: Url,
    pub k1: [u8; 32],
    pub action: Option<AuthAction>,
}

impl Link {
    pub(super) fn kind(&self) -> InstructionKind {
        match self {
            Self::Lnurl(_) => InstructionKind::Lnurl,
            Self::Name(_) => InstructionKind::Name,
            Self::Auth(_) => InstructionKind::LnurlAuth,
        }
    }

    /// As it can be read again; nothing of a sign-in, which is for once.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Name(name) if name.dns_only => Some(format!("₿{name}")),
            Self::Name(name) => Some(name.to_string()),
            Self::Lnurl(url) => {
                encode_lower::<Long>(Hrp::parse("lnurl").ok()?, url.as_str().as_bytes()).ok()
            }
            Self::Auth(_) => None,
        }
    }

    /// Who is asked.
    pub fn host(&self) -> String {
        match self {
            Self::Lnurl(url) | Self::Auth(Auth { url, .. }) => host(url),
            Self::Name(name) => name.domain.clone(),
        }
    }
}

/// The host as a person reads it. There is one: see [`address`].
pub(crate) fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

impl Name {
    /// Letters, digits and a few marks before the `@` (LUD-16), a domain behind it. Unicode could pass one domain off as
    /// another, so there is none.
    pub(super) fn read(user: &str, domain: &str) -> Result<Self, ParseError> {
        let (user, dns_only) = user.strip_prefix('₿').map_or((user, false), |user| (user, true));
        let (user, domain) = (user.to_ascii_lowercase(), domain.to_ascii_lowercase());
        let may = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.+".contains(c);
        let is_label = |label: &str| {
            let may = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            (1..=63).contains(&label.len())
                && label.chars().all(may)
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_domain =
            domain.len() <= 253 && domain.contains('.') && domain.split('.').all(is_label);
        let is_number = domain.rsplit('.').next().is_none_or(|last| last.parse::<u64>().is_ok());
        if (1..=64).contains(&user.len()) && user.chars().all(may) && is_domain && !is_number {
            Ok(Self { user, domain, dns_only })
        } else {
            Err(ParseError::NotUnderstood)
        }
    }

    /// Where what it asks for is (LUD-16).
    pub fn url(&self) -> Option<Url> {
        Url::parse(&format!("{HTTPS}://{}/.well-known/lnurlp/{}", self.domain, self.user)).ok()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.domain)
    }
}

/// Bech32 without its limit, as LUD-01 has it.
enum Long {}

impl Checksum for Long {
    type MidstateRepr = u32;
    /// No text that is read is longer.
    const CODE_LENGTH: usize = 8 * 1024;
    const CHECKSUM_LENGTH: usize = <Bech32 as Checksum>::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = <Bech32 as Checksum>::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = <Bech32 as Checksum>::TARGET_RESIDUE;
}

/// The LNURL that stands in a text, alone or in a web address (LUD-01). `None`: there is none.
pub(super) fn bech32(text: &str) -> Option<Result<Link, ParseError>> {
    let at = text.to_ascii_lowercase().find("lnurl1")?;
    let rest = &text[at..];
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    Some(decode(&rest[..end]))
}

fn decode(text: &str) -> Result<Link, ParseError> {
    const DAMAGED: ParseError = ParseError::Malformed("no LNURL");
    let read = CheckedHrpstring::new::<Long>(text).map_err(|_| DAMAGED)?;
    let url = String::from_utf8(read.byte_iter().collect()).map_err(|_| DAMAGED)?;
    address(&url)
}

/// What stands under a scheme of LUD-17, with or without slashes; under `lnurl:` also a whole LNURL.
pub(super) fn scheme(scheme: &str, rest: &str) -> Option<Result<Link, ParseError>> {
    match scheme {
        "lnurl" | "lnurlp" | "lnurlw" | "keyauth" => {}
        "lnurlc" => return Some(Err(ParseError::UnsupportedLnurl)),
        _ => return None,
    }
    if let Some(found) = bech32(&text::compact(rest)) {
        return Some(found);
    }
    let rest = text::after_slashes(text::trim(rest));
    if rest.contains(text::is_blank) {
        return Some(Err(ParseError::NotUnderstood));
    }
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let web = if host.to_ascii_lowercase().ends_with(".onion") { "http" } else { HTTPS };
    Some(address(&format!("{web}://{rest}")))
}

/// An address on the web, and what it says of itself.
fn address(text: &str) -> Result<Link, ParseError> {
    const NO_ADDRESS: ParseError = ParseError::Malformed("no web address in the LNURL");
    let url = Url::parse(text).map_err(|_| NO_ADDRESS)?;
    // A word is no host.
    let is_place = url.host_str().is_some_and(|host| host.contains(['.', ':']));
    if !matches!(url.scheme(), "http" | HTTPS) || !is_place {
        return Err(NO_ADDRESS);
    }
    let asked = |key: &str| url.query_pairs().find(|(name, _)| name == key).map(|(_, value)| value);
    if asked("tag").as_deref() != Some("login") {
        return Ok(Link::Lnurl(url));
    }
    let k1 = asked("k1").and_then(|k1| hex::FromHex::from_hex(&k1).ok());
    let k1 = k1.ok_or(ParseError::Malformed("no challenge of 32 bytes in the LNURL"))?;
    let action = asked("action").as_deref().and_then(AuthAction::named);
    Ok(Link::Auth(Auth { url: url.clone(), k1, action }))
}
