use super::shell::Shell;
use crate::dto::{PracticeAction, PracticeAudit, PracticeLog};
use crate::error::{Answer, practice as refused};
use crate::{forward, shop};
use fulmen_engine::amount::Msat;
use tauri::{AppHandle, Runtime};

#[tauri::command]
pub(crate) async fn practice<R: Runtime>(
    app: AppHandle<R>,
    shell: Shell<'_>,
    action: PracticeAction,
) -> Answer<()> {
    let (wallet, network) = shell.practice()?;
    match action {
        PracticeAction::Faucet => {
            network.faucet(&wallet.address().await?).map_err(refused)?;
            wallet.sync().await;
        }
        PracticeAction::Mine { blocks } => {
            network.mine(blocks).await.map_err(refused)?;
            wallet.sync().await;
        }
        PracticeAction::HubOpens => {
            wallet.connect(&network.hub_peer().uri).await?;
            network.hub_opens(&wallet.node_id()).await.map_err(refused)?;
        }
        PracticeAction::OrderCoffee => {
            shop::show(&app, &network.order_coffee().await.map_err(refused)?)?
        }
        PracticeAction::ShopPays { text } => drop(network.shop_pays(&text).await.map_err(refused)?),
    }
    Ok(())
}

#[tauri::command]
pub(crate) async fn practice_log(shell: Shell<'_>) -> Answer<PracticeLog> {
    let (wallet, network) = shell.practice()?;
    let steps = network.steps().into_iter().rev().map(forward::of_practice).collect();
    let (books, yours_msat) = (network.books(), wallet.snapshot().balance.total_msat);
    let nobody = books.unexplained(yours_msat) + i128::from(books.anchors.get()) * 1000;
    let books = PracticeAudit {
        yours_msat,
        hub_msat: books.hub,
        shop_msat: books.shop,
        faucet_sat: books.faucet,
        // Less than nothing is possible for a moment: a closing that one side counts already and the other still.
        nobody_msat: Msat::new(u64::try_from(nobody).unwrap_or(0)),
        mined_sat: books.mined,
    };
    Ok(PracticeLog { steps, books })
}
