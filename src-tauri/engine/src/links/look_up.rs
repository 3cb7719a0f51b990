//! Asking a host what its link is.

use super::{LinkError, ask, dns, unknown_name};
use crate::core::Core;
use crate::http::Redirects;
use crate::lnurl::{Answer, LnurlError, PayLink, WithdrawLink, read};
use crate::payments::payee::looked_up;
use crate::previews::Preview;
use crate::time::Timestamp;
use crate::uri::Link;
use crate::view::{Instruction, InstructionKind, WaysToPay};

/// What an instruction that only says whom to ask turns out to be.
///
/// # Errors
/// If the host cannot be asked, or says what is none of what we know.
pub(crate) async fn look_up(
    core: &Core,
    instruction: &str,
    now: Timestamp,
) -> Result<Instruction, LinkError> {
    let Some(Preview::Instruction(parsed)) = core.previews.get(instruction) else {
        return Err(LinkError::Stale);
    };
    let link = parsed.link.ok_or(LinkError::Stale)?;
    let said = match &link {
        Link::Lnurl(url) => ask(core, url, Redirects::Few).await?,
        Link::Name(name) => {
            if let Some(signed) = dns::look_up(core, name, now).await? {
                return Ok(signed);
            }
            let url = name.url().ok_or(LnurlError::NameUnknown)?;
            ask(core, &url, Redirects::Few).await.map_err(unknown_name)?
        }
        Link::Auth(_) => return Err(LinkError::Stale),
    };
    let answer = read(&said, link)?;
    let mut shown = match &answer {
        Answer::Pay(link) => pay(link),
        Answer::Withdraw(link) => withdraw(link),
    };
    shown.id = core.previews.put(|_| match answer {
        Answer::Pay(link) => Preview::PayLink(Box::new(link)),
        Answer::Withdraw(link) => Preview::WithdrawLink(Box::new(link)),
    });
    Ok(shown)
}

fn pay(link: &PayLink) -> Instruction {
    Instruction {
        kind: InstructionKind::LnurlPay,
        ways: WaysToPay { lightning: true, onchain: false },
        payee_name: Some(link.payee()),
        payee_id: looked_up(&link.asked).map(|payee| payee.id().to_string()),
        amount: link.amount(),
        note: link.text.clone(),
        link: Some(link.view()),
        ..Instruction::default()
    }
}

fn withdraw(link: &WithdrawLink) -> Instruction {
    Instruction {
        kind: InstructionKind::LnurlWithdraw,
        payee_name: Some(link.host.clone()),
        amount: link.amount(),
        note: link.text.clone(),
        link: Some(link.view()),
        ..Instruction::default()
    }
}
