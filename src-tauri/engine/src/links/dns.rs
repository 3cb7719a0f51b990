//! Looking a name up in the DNS (BIP 353).

use super::LinkError;
use crate::bip353::{self, NameError};
use crate::core::Core;
use crate::payments::instruction;
use crate::task::blocking;
use crate::time::Timestamp;
use crate::uri::{Link, Name, Parsed, parse};
use crate::view::{Instruction, LinkView};
use reqwest::Url;

/// What the owner of a name's domain signed for it. `None`: the DNS has nothing that is signed, and the name may be one of
/// another kind (LUD-16), which the screen tells apart.
///
/// # Errors
/// If what is signed is wrong, or not payable. Nothing else is tried then.
pub(super) async fn look_up(
    core: &Core,
    name: &Name,
    now: Timestamp,
) -> Result<Option<Instruction>, LinkError> {
    let said = match record(core, name, now).await {
        Ok(said) => said,
        Err(error) if error.is_absence() && !name.dns_only => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let parsed = parse(&said, core.settings.network).map_err(NameError::Record)?;
    if parsed.link.is_some() || parsed.node.is_some() {
        return Err(NameError::SendsOn.into());
    }
    // From now on it is in the DNS or nowhere.
    let looked_up = Some(Link::Name(Name { dns_only: true, ..name.clone() }));
    let parsed = Parsed { payee: Some(format!("₿{name}")), looked_up, ..parsed };
    let shown = instruction::accept(core, parsed, now)?;
    let link = LinkView {
        host: name.domain.clone(),
        name: Some(name.to_string()),
        signed: true,
        ..LinkView::default()
    };
    Ok(Some(Instruction { link: Some(link), ..shown }))
}

async fn record(core: &Core, name: &Name, now: Timestamp) -> Result<String, NameError> {
    if !core.status.is_online() {
        return Err(NameError::Offline);
    }
    let resolver = Url::parse(core.settings.network.parameters().resolver);
    let resolver = resolver.map_err(|_| NameError::NoResolver)?;
    let proof = bip353::ask(&core.links.client, &resolver, name).await?;
    // Whoever owns a domain chooses its keys: the most signatures that are looked at, with the slowest keys, take seconds.
    let name = name.clone();
    let checking = blocking(move || bip353::record(&proof, &name, now));
    checking.await.unwrap_or(Err(NameError::Unreadable))
}
