//! Signing in to a site with a key that is for it alone (LUD-04, LUD-05).

use super::{LinkError, ask};
use crate::core::Core;
use crate::http::Redirects;
use crate::lnurl::confirmed;
use crate::previews::Preview;
use crate::uri::{Auth, Link};

/// Signs the site's challenge and sends the signature to its host, and nowhere else.
///
/// # Errors
/// If the host does not confirm.
pub(crate) async fn sign_in(core: &Core, instruction: &str) -> Result<(), LinkError> {
    let Some(Preview::Instruction(parsed)) = core.previews.get(instruction) else {
        return Err(LinkError::Stale);
    };
    let Some(Link::Auth(Auth { mut url, k1, .. })) = parsed.link else {
        return Err(LinkError::Stale);
    };
    let signed = core.signer.sign_in(&crate::uri::host(&url), k1);
    let pairs = [("sig", signed.signature), ("key", signed.key)];
    url.query_pairs_mut().extend_pairs(pairs);
    Ok(confirmed(&ask(core, &url, Redirects::None).await?)?)
}
