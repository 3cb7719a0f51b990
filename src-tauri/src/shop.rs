//! The practice shop's window: a page with a price and a QR code, made here and served over `shop:`. It runs no script and
//! may call nothing.

use crate::dto::{ApiError, CodeForm};
use crate::error::internal;
use crate::qr;
use fulmen_practice::network::COFFEE;
use std::sync::Mutex;
use tauri::http::{Response, StatusCode, header};
use tauri::{AppHandle, Manager, Runtime, Url, WebviewUrl, WebviewWindowBuilder};

/// The window's label and the page's scheme.
pub(crate) const LABEL: &str = "shop";

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE: &str = "html{height:100%}body{margin:0;height:100%;display:flex;flex-direction:column;align-items:center;\
justify-content:center;gap:16px;font:16px/1.5 system-ui,sans-serif;color:#2b2118;background:#f6efe6}\
h1{margin:0;font-size:22px;font-weight:600}p{margin:0}.price{font-size:18px}.code{background:#fff;border-radius:12px;\
padding:4px;line-height:0}.code svg{width:340px;height:340px}.small{font-size:13px;color:#6d5f52}";

/// The page that is shown now, and how many there were.
#[derive(Default)]
pub(crate) struct Counter {
    shown: Mutex<(String, u32)>,
}

/// Shows an invoice in the shop's window, opened if it is not there.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>, invoice: &str) -> Result<(), ApiError> {
    let page = page(&qr::svg(invoice, CodeForm::Small)?);
    let number = {
        let counter = app.state::<Counter>();
        let mut shown = counter.shown.lock().expect("shop lock is never poisoned");
        *shown = (page, shown.1.wrapping_add(1));
        shown.1
    };
    let url = address(number).map_err(internal)?;
    match app.get_webview_window(LABEL) {
        Some(window) => window.navigate(url).and_then(|()| window.set_focus()).map_err(internal),
        None => WebviewWindowBuilder::new(app, LABEL, WebviewUrl::CustomProtocol(url))
            .title("Shop")
            .inner_size(420.0, 560.0)
            .build()
            .map(drop)
            .map_err(internal),
    }
}

/// A new address for each page, so that the window loads it anew. Windows has no schemes of one's own.
fn address(number: u32) -> Result<Url, impl std::error::Error> {
    let base = if cfg!(windows) { "http://shop.localhost" } else { "shop://localhost" };
    Url::parse(&format!("{base}/{number}"))
}

/// Answers the shop's window; nobody else.
pub(crate) fn serve<R: Runtime>(app: &AppHandle<R>, label: &str) -> Response<Vec<u8>> {
    let page = if label == LABEL {
        app.state::<Counter>().shown.lock().expect("shop lock is never poisoned").0.clone()
    } else {
        String::new()
    };
    let status = if page.is_empty() { StatusCode::NOT_FOUND } else { StatusCode::OK };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .body(page.into_bytes())
        .expect("these headers are valid")
}

fn page(svg: &str) -> String {
    // An XML declaration has no place within HTML.
    let svg = svg.find("<svg").map_or(svg, |start| &svg[start..]);
    let price = COFFEE.get();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Shop</title><style>{STYLE}</style></head>\
         <body><h1>The practice shop</h1><p class=\"price\">One coffee, {price} sat</p><div class=\"code\">{svg}</div>\
         <p class=\"small\">Pretend bitcoin only. Scan this with Fulmen.</p></body></html>"
    )
}
