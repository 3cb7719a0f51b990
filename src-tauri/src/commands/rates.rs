use super::shell::Shell;
use crate::error::Answer;
use fulmen_engine::amount::Msat;
use fulmen_engine::fiat::Currency;

/// What a sum of a currency buys. Nothing where no rate is fresh, or the currency is not the chosen one.
#[tauri::command]
pub(crate) async fn buys(shell: Shell<'_>, currency: String, minor: u64) -> Answer<Option<Msat>> {
    let wallet = shell.wallet()?;
    Ok(Currency::parse(&currency).and_then(|currency| wallet.buys(currency, minor)))
}
