use super::Shell;
use crate::dto::{PracticeAction, PracticeStep};
use crate::error::{Answer, practice as refused};
use crate::{forward, shop};
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
pub(crate) async fn practice_log(shell: Shell<'_>) -> Answer<Vec<PracticeStep>> {
    let (_, network) = shell.practice()?;
    Ok(network.steps().into_iter().map(forward::of_practice).collect())
}
