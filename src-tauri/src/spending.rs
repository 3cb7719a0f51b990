//! What is above the limit: the page may ask for it, and a person agrees to it outside of the page.

use crate::app::App;
use crate::confirm::{self, Question};
use crate::error::Answer;
use fulmen_engine::amount::{Msat, Sat};
use fulmen_engine::time::Timestamp;
use fulmen_engine::view::{Instruction, Quote, RecipientQuote};
use fulmen_engine::{Outlay, Wallet};
use tauri::{AppHandle, Runtime};

const DAY_SECS: u64 = 86_400;

/// One payment, or what was paid within a day with it, is more than the limit.
fn is_above(limit: Sat, costs: Msat, spent: Msat) -> bool {
    let limit = u128::from(limit.get()) * 1000;
    u128::from(costs.get()) + u128::from(spent.get()) > limit
}

/// Returns once this may be paid. Held until it is written down, so that many at once count like one after the other.
pub(crate) async fn agree<R: Runtime>(
    app: &AppHandle<R>,
    shell: &App,
    wallet: &Wallet,
    quote: &str,
) -> Answer<()> {
    // What cannot be paid says so by itself.
    let Some(quote) = wallet.quoted(quote) else { return Ok(()) };
    let limit = shell.spend_limit();
    if !is_above(limit, quote.total_max_msat, spent_today(wallet)?) {
        return Ok(());
    }
    confirm::ask(app, question(&quote, limit, shell.has_password()), wallet).await
}

/// The same for a channel and for a higher fee. What is in a channel is not spent, so it does not count to the day; but a page
/// that was taken over could tie all of it up with a peer of its own.
pub(crate) async fn agree_to_outlay<R: Runtime>(
    app: &AppHandle<R>,
    shell: &App,
    wallet: &Wallet,
    preview: &str,
) -> Answer<()> {
    // What cannot be confirmed says so by itself.
    let Some(outlay) = wallet.outlay(preview) else { return Ok(()) };
    let limit = shell.spend_limit();
    if !is_above(limit, costs_of(&outlay), spent_today(wallet)?) {
        return Ok(());
    }
    confirm::ask(app, question_of(outlay, limit, shell.has_password()), wallet).await
}

/// The same for a signature that is handed on. No row counts it to the day, so it is asked about whatever it costs: whoever has it
/// can send.
pub(crate) async fn agree_to_signature<R: Runtime>(
    app: &AppHandle<R>,
    shell: &App,
    wallet: &Wallet,
    preview: &str,
) -> Answer<()> {
    // What cannot be confirmed says so by itself.
    let Some(outlay) = wallet.outlay(preview) else { return Ok(()) };
    let question = question_of(outlay, shell.spend_limit(), shell.has_password());
    let why = "Whoever has the signed file can send it, at any time.".into();
    let question = Question { title: "Sign this?".into(), why, yes: "Sign", ..question };
    confirm::ask(app, question, wallet).await
}

fn spent_today(wallet: &Wallet) -> Answer<Msat> {
    let now = Timestamp::now().secs();
    Ok(wallet.spent_since(Timestamp::from_secs(now.saturating_sub(DAY_SECS)))?)
}

/// What is beyond counting is above every limit.
fn costs_of(outlay: &Outlay) -> Msat {
    let costs = match outlay {
        Outlay::Channel { amount, fee, .. } => amount.checked_add(*fee),
        Outlay::Fee { extra } => Some(*extra),
        Outlay::Psbt { leaves, .. } => Some(*leaves),
    };
    costs.and_then(Msat::from_sat).unwrap_or(Msat::new(u64::MAX))
}

fn question_of(outlay: Outlay, limit: Sat, wants_password: bool) -> Question {
    let limit = sat(limit);
    match outlay {
        Outlay::Channel { peer, address, amount, fee } => {
            let mut facts = vec![("With the node", peer)];
            facts.extend(address.map(|address| ("At", address)));
            facts.push(("Miner fee", sat(fee)));
            Question {
                title: "Open this channel?".into(),
                amount: sat(amount),
                why: format!(
                    "It is above your limit of {limit}. The money stays yours, but it comes back only when the channel closes."
                ),
                facts,
                yes: "Open it",
                wants_password,
            }
        }
        Outlay::Fee { extra } => Question {
            title: "Pay a higher fee?".into(),
            amount: sat(extra),
            why: format!("With it you are above your limit of {limit} a payment or a day."),
            facts: Vec::new(),
            yes: "Pay it",
            wants_password,
        },
        Outlay::Psbt { to, leaves, fee } => Question {
            title: "Sign and send this?".into(),
            amount: sat(leaves),
            why: format!("It is above your limit of {limit} a payment or a day."),
            facts: to.into_iter().map(one_paid).chain([("Miner fee", sat(fee))]).collect(),
            yes: "Send",
            wants_password,
        },
    }
}

fn one_paid((address, amount): (Option<String>, Sat)) -> (&'static str, String) {
    match address {
        Some(address) => ("To the address", format!("{address}, {}", sat(amount))),
        None => ("To a script without an address", sat(amount)),
    }
}

fn sat(amount: Sat) -> String {
    in_sat(Msat::from_sat(amount).unwrap_or_default())
}

/// Returns once a higher limit may count.
pub(crate) async fn agree_to_limit<R: Runtime>(
    app: &AppHandle<R>,
    shell: &App,
    limit: Sat,
) -> Answer<()> {
    if limit <= shell.spend_limit() {
        return Ok(());
    }
    let question = Question {
        title: "Raise the limit?".into(),
        amount: sat(limit),
        why: "Up to this much, a payment or a day, Fulmen then pays without asking in this window."
            .into(),
        facts: Vec::new(),
        yes: "Raise it",
        wants_password: shell.has_password(),
    };
    let wallet = shell.wallet()?;
    confirm::ask(app, question, &wallet).await
}

fn question(quote: &Quote, limit: Sat, wants_password: bool) -> Question {
    let limit = sat(limit);
    let fee = in_sat(quote.fee_max_msat);
    let mut facts = match &quote.recipients[..] {
        [] => payee(&quote.instruction),
        several => several.iter().map(one_of_several).collect(),
    };
    facts.push(("Fee at most", fee));
    Question {
        title: "Pay this?".into(),
        amount: in_sat(quote.amount_msat),
        why: format!("It is above your limit of {limit} a payment or a day."),
        facts,
        yes: "Pay",
        wants_password,
    }
}

/// Who gets it: what is proven or what is paid to, and never a name alone that anybody can claim.
fn payee(instruction: &Instruction) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(link) = &instruction.link {
        facts.push(("To", link.name.clone().unwrap_or_else(|| link.host.clone())));
    }
    facts.extend(instruction.address.clone().map(|address| ("To the address", address)));
    facts.extend(instruction.payee_node.clone().map(|node| ("To the node", node)));
    let claim = instruction.payee_name.as_ref().map(|name| format!("“{name}”"));
    facts.extend(claim.map(|name| ("Which calls itself", name)));
    facts
}

fn one_of_several(one: &RecipientQuote) -> (&'static str, String) {
    let address = one.instruction.address.clone().unwrap_or_default();
    ("To the address", format!("{address}, {}", in_sat(one.amount_msat)))
}

/// `1 234 567 sat`, with what is below a satoshi.
fn in_sat(amount: Msat) -> String {
    let (sat, rest) = (amount.get() / 1000, amount.get() % 1000);
    let digits = sat.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{2009}');
        }
        grouped.push(digit);
    }
    if rest > 0 { format!("{grouped}.{rest:03} sat") } else { format!("{grouped} sat") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_or_a_day_above_the_limit_is_asked_about() {
        let limit = Sat::new(100_000);
        let sat = |sat: u64| Msat::new(sat * 1000);
        for (costs, spent, above) in [
            (sat(100_000), sat(0), false),
            (Msat::new(100_000_001), sat(0), true),
            (sat(50_000), sat(50_000), false),
            (sat(1), sat(100_000), true),
            (Msat::new(u64::MAX), Msat::new(u64::MAX), true),
        ] {
            assert_eq!(is_above(limit, costs, spent), above, "{costs:?} {spent:?}");
        }
        assert!(is_above(Sat::ZERO, Msat::new(1), sat(0)), "nothing without being asked");
    }

    #[test]
    fn a_channel_costs_its_amount_and_the_fee_and_what_cannot_be_counted_is_above_the_limit() {
        let channel = |amount| Outlay::Channel {
            peer: "02".into(),
            address: None,
            amount: Sat::new(amount),
            fee: Sat::new(300),
        };
        assert_eq!(costs_of(&channel(100_000)), Msat::new(100_300_000));
        assert_eq!(costs_of(&channel(u64::MAX)), Msat::new(u64::MAX));
        assert_eq!(costs_of(&Outlay::Fee { extra: Sat::new(7) }), Msat::new(7000));
    }

    #[test]
    fn what_others_made_costs_all_that_leaves_and_each_payee_is_named() {
        let (leaves, fee) = (Sat::new(7), Sat::new(1));
        let to = vec![(Some("bc1q".to_owned()), Sat::new(6)), (None, Sat::ZERO)];
        let outlay = Outlay::Psbt { to, leaves, fee };
        assert_eq!(costs_of(&outlay), Msat::new(7000));
        let facts = question_of(outlay, Sat::ZERO, false).facts;
        let facts: Vec<_> = facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let wanted = [
            "To the address: bc1q, 6 sat",
            "To a script without an address: 0 sat",
            "Miner fee: 1 sat",
        ];
        assert_eq!(facts, wanted);
    }

    #[test]
    fn an_amount_is_in_groups() {
        assert_eq!(in_sat(Msat::new(1_234_567_000)), "1\u{2009}234\u{2009}567 sat");
        assert_eq!(in_sat(Msat::new(999_001)), "999.001 sat");
    }
}
