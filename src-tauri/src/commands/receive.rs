use super::shell::Shell;
use crate::dto::{
    ApiError, CodeForm, CodePictures, OfferRequest, ReceiveRequest, ShownCode, ShownOffer,
    ShownOffers, ShownRequest,
};
use crate::error::{Answer, internal};
use crate::{qr, saving};
use fulmen_engine::view::{OwnAddress, OwnOfferView};
use fulmen_engine::{OfferParameters, RequestParameters};
use tauri::{AppHandle, Runtime};

/// What a saved picture is called.
const NAME: &str = "Fulmen request";

#[tauri::command]
pub(crate) async fn receive(shell: Shell<'_>, request: ReceiveRequest) -> Answer<ShownRequest> {
    let ReceiveRequest { amount_msat, note, expiry_secs, replaces } = request;
    let parameters = RequestParameters { amount: amount_msat, note, expiry_secs, replaces };
    let request = shell.wallet()?.receive_as(parameters).await?;
    Ok(ShownRequest {
        both: code(&request.uri)?,
        lightning: request.invoice.as_deref().map(code).transpose()?,
        address: code(&request.address)?,
        request,
    })
}

/// Our offers, with what they brought.
#[tauri::command]
pub(crate) async fn offers(shell: Shell<'_>) -> Answer<ShownOffers> {
    let wallet = shell.wallet()?;
    let offers = wallet.offers()?.into_iter().map(shown).collect::<Result<_, _>>()?;
    Ok(ShownOffers { notice: wallet.offer_notice(), offers })
}

#[tauri::command]
pub(crate) async fn make_offer(shell: Shell<'_>, request: OfferRequest) -> Answer<ShownOffer> {
    let OfferRequest { amount_msat, description, label } = request;
    let parameters = OfferParameters { amount: amount_msat, description, label };
    shown(shell.wallet()?.make_offer(parameters).await?)
}

fn shown(offer: OwnOfferView) -> Result<ShownOffer, ApiError> {
    Ok(ShownOffer { code: code(&offer.text)?, offer })
}

fn code(text: &str) -> Result<ShownCode, ApiError> {
    let [small, unchanged] = [CodeForm::Small, CodeForm::Unchanged].map(|form| qr::svg(text, form));
    let svg = CodePictures { small: small?, unchanged: unchanged? };
    Ok(ShownCode { text: text.to_owned(), svg })
}

/// Saves a request's code as a picture, and answers where.
#[tauri::command]
pub(crate) async fn save_request<R: Runtime>(
    app: AppHandle<R>,
    text: String,
    form: CodeForm,
) -> Answer<String> {
    let saving = move || {
        let picture = qr::png(&text, form)?;
        Ok(saving::file(&app, NAME, "png", &picture)?.display().to_string())
    };
    tauri::async_runtime::spawn_blocking(saving).await.map_err(internal)?
}

/// The addresses that were given out, newest first, with what came to each.
#[tauri::command]
pub(crate) async fn addresses(shell: Shell<'_>) -> Answer<Vec<OwnAddress>> {
    Ok(shell.wallet()?.addresses()?)
}
