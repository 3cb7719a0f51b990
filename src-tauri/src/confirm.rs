//! A window of the shell's own, for what the page must not decide alone: a page with what is to be agreed to, made here and
//! served over `confirm:` to that window only. It runs no script and may call nothing; its form is posted to us.

use crate::dto::ApiError;
use crate::error::{Answer, internal};
use fulmen_engine::Wallet;
use fulmen_engine::error::Code;
use fulmen_engine::keys::{Password, Secret};
use std::sync::Mutex;
use tauri::http::{Method, Request, Response, StatusCode, header};
use tauri::{AppHandle, Manager, Runtime, Url, WebviewUrl, WebviewWindowBuilder};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

/// The window's label and the page's scheme.
pub(crate) const LABEL: &str = "confirm";

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";
const STYLE: &str = "html{color-scheme:light dark}body{margin:0;padding:24px;font:15px/1.5 system-ui,sans-serif;\
color:light-dark(#221f1b,#efece6);background:light-dark(#faf8f5,#1b1917)}h1{margin:0 0 4px;font-size:20px}\
p{margin:0 0 12px}.big{font-size:24px;font-weight:600;font-variant-numeric:tabular-nums}dt{font-size:13px;opacity:.75}\
dd{margin:0 0 10px;overflow-wrap:anywhere}input,button{font:inherit;padding:8px 14px;border-radius:8px;\
border:1px solid light-dark(#bdb6ab,#5d564d)}input{width:100%;box-sizing:border-box;margin:4px 0 12px}\
.row{display:flex;gap:8px;justify-content:flex-end}.go{font-weight:600}.wrong{color:light-dark(#9c2b1b,#ff9d8a)}";

/// What is asked. All of it is shown as text.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) title: String,
    /// Largest of all.
    pub(crate) amount: String,
    pub(crate) why: String,
    /// Names and values.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) yes: &'static str,
    pub(crate) wants_password: bool,
}

/// The one question that is open.
#[derive(Default)]
pub(crate) struct Confirmations {
    open: Mutex<Option<Asked>>,
    /// How many were asked.
    count: watch::Sender<u32>,
}

struct Asked {
    number: u32,
    page: String,
    said: UnboundedSender<Said>,
}

/// What a person said.
enum Said {
    Yes(Option<Secret>),
    No,
}

/// Asks, and returns once it was agreed to, with the wallet's password where it has one.
///
/// # Errors
/// [`Code::NotConfirmed`]: no, the window was closed, or something else is asked now.
pub(crate) async fn ask<R: Runtime>(
    app: &AppHandle<R>,
    question: Question,
    wallet: &Wallet,
) -> Answer<()> {
    let mut heard = show(app, &question, false)?;
    let agreed = loop {
        match heard.recv().await {
            Some(Said::Yes(None)) if !question.wants_password => break true,
            Some(Said::Yes(Some(password))) if question.wants_password => {
                if wallet.words(Password::Given(password)).await.is_ok() {
                    break true;
                }
                heard = show(app, &question, true)?;
            }
            Some(Said::Yes(_)) => heard = show(app, &question, true)?,
            Some(Said::No) | None => break false,
        }
    };
    if heard.is_closed() && !agreed {
        // Another question has taken its place, or the window is gone.
        return Err(refused());
    }
    end(app);
    if let Some(window) = app.get_webview_window(LABEL) {
        window.close().map_err(internal)?;
    }
    if agreed { Ok(()) } else { Err(refused()) }
}

/// The window was closed.
pub(crate) fn end<R: Runtime>(app: &AppHandle<R>) {
    app.state::<Confirmations>().lock().take();
}

fn refused() -> ApiError {
    ApiError::new(Code::NotConfirmed, "not agreed to outside of the page")
}

/// Shows a question in the window, in the place of any other.
fn show<R: Runtime>(
    app: &AppHandle<R>,
    question: &Question,
    wrong: bool,
) -> Answer<UnboundedReceiver<Said>> {
    let (said, heard) = unbounded_channel();
    let number = app.state::<Confirmations>().put(question, wrong, said);
    let url = Url::parse(&format!("{}/{number}", base())).map_err(internal)?;
    match app.get_webview_window(LABEL) {
        Some(window) => window.navigate(url).and_then(|()| window.set_focus()).map_err(internal)?,
        None => WebviewWindowBuilder::new(app, LABEL, WebviewUrl::CustomProtocol(url))
            .title("Fulmen asks")
            .inner_size(460.0, 520.0)
            .always_on_top(true)
            .center()
            .build()
            .map(drop)
            .map_err(internal)?,
    }
    Ok(heard)
}

/// Windows has no schemes of one's own.
fn base() -> &'static str {
    if cfg!(windows) { "http://confirm.localhost" } else { "confirm://localhost" }
}

/// Answers the window that asks; nobody else.
pub(crate) fn serve<R: Runtime>(
    app: &AppHandle<R>,
    label: &str,
    request: &Request<Vec<u8>>,
) -> Response<Vec<u8>> {
    let page = if label == LABEL { app.state::<Confirmations>().answer(request) } else { None };
    let status = if page.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, "text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .header(header::CACHE_CONTROL, "no-store")
        .body(page.unwrap_or_default().into_bytes())
        .expect("these headers are valid")
}

impl Confirmations {
    fn put(&self, question: &Question, wrong: bool, said: UnboundedSender<Said>) -> u32 {
        let mut open = self.lock();
        let number = self.count.borrow().wrapping_add(1);
        *open = Some(Asked { number, page: page(question, number, wrong), said });
        self.count.send_replace(number);
        number
    }

    /// The page, and what was said with its form. Only for the question that is open.
    fn answer(&self, request: &Request<Vec<u8>>) -> Option<String> {
        let open = self.lock();
        let asked = open.as_ref()?;
        let path = request.uri().path().trim_start_matches('/');
        let (number, verb) = path.split_once('/').unwrap_or((path, ""));
        if number.parse() != Ok(asked.number) {
            return None;
        }
        let said = match (request.method(), verb) {
            (&Method::GET, "") => return Some(asked.page.clone()),
            (&Method::POST, "yes") => Said::Yes(password_of(request.body())),
            (&Method::POST, "no") => Said::No,
            _ => return None,
        };
        asked.said.send(said).ok()?;
        Some(document("<p>One moment…</p>"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Asked>> {
        self.open.lock().expect("confirm lock is never poisoned")
    }
}

/// `password=…`, as a form writes it (application/x-www-form-urlencoded).
fn password_of(body: &[u8]) -> Option<Secret> {
    let given = body.strip_prefix(b"password=")?;
    let mut bytes = Vec::with_capacity(given.len());
    let mut rest = given.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [*rest.next()?, *rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => *other,
        });
    }
    String::from_utf8(bytes).ok().map(Secret::from)
}

fn page(question: &Question, number: u32, wrong: bool) -> String {
    let at = format!("{}/{number}", base());
    let fact =
        |(name, value): &(&str, String)| format!("<dt>{}</dt><dd>{}</dd>", text(name), text(value));
    let facts: String = question.facts.iter().map(fact).collect();
    let wrong =
        if wrong { "<p class=\"wrong\">That password doesn’t open this wallet.</p>" } else { "" };
    let password = if question.wants_password {
        "<label>Your password<input type=\"password\" name=\"password\" autofocus></label>"
    } else {
        ""
    };
    document(&format!(
        "<h1>{}</h1><p class=\"big\">{}</p><p>{}</p><dl>{facts}</dl>{wrong}\
         <form method=\"post\" action=\"{at}/yes\">{password}<div class=\"row\">\
         <button formaction=\"{at}/no\" formnovalidate type=\"submit\" form=\"no\">Don’t</button>\
         <button class=\"go\" type=\"submit\">{}</button></div></form>\
         <form id=\"no\" method=\"post\" action=\"{at}/no\"></form>",
        text(&question.title),
        text(&question.amount),
        text(&question.why),
        text(question.yes),
    ))
}

fn document(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Fulmen asks</title>\
         <style>{STYLE}</style></head><body>{body}</body></html>"
    )
}

/// As text, and without what reorders or hides a line: some of it are the payee's words.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for c in raw.chars().take(500) {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c if c.is_control() => safe.push(' '),
            '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => {}
            c => safe.push(c),
        }
    }
    safe
}

/// How many questions there were.
#[cfg(test)]
pub(crate) fn count<R: Runtime>(app: &AppHandle<R>) -> u32 {
    *app.state::<Confirmations>().count.borrow()
}

/// Waits for the question after this one.
#[cfg(test)]
pub(crate) fn waits<R: Runtime>(app: &AppHandle<R>, last: u32) -> u32 {
    let mut count = app.state::<Confirmations>().count.subscribe();
    let next = async { *count.wait_for(|number| *number > last).await.expect("it is held") };
    tauri::async_runtime::block_on(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    fn question(wants_password: bool) -> Question {
        Question {
            title: "Pay?".into(),
            amount: "1 sat".into(),
            why: "Above the limit".into(),
            facts: vec![("To", "<script>\u{202e}x".into())],
            yes: "Pay",
            wants_password,
        }
    }

    fn request(method: Method, path: &str, body: &[u8]) -> Request<Vec<u8>> {
        let uri = format!("confirm://localhost/{path}");
        Request::builder().method(method).uri(uri).body(body.to_vec()).unwrap()
    }

    #[test]
    fn what_a_payee_wrote_is_only_text() {
        let page = page(&question(true), 1, false);
        assert!(page.contains("<dd>&lt;script&gt;x</dd>"), "{page}");
        assert!(page.contains("type=\"password\"") && !page.contains("class=\"wrong\""));
    }

    #[test]
    fn only_the_open_question_hears_an_answer() {
        let asked = Confirmations::default();
        let (said, mut heard) = unbounded_channel();
        assert_eq!(asked.put(&question(true), false, said), 1);
        assert!(asked.answer(&request(Method::GET, "1", b"")).is_some());
        for (method, path) in [(Method::GET, "1/yes"), (Method::POST, "2/yes"), (Method::POST, "")]
        {
            assert!(asked.answer(&request(method, path, b"password=x")).is_none(), "{path}");
        }
        assert!(heard.try_recv().is_err());
        assert!(asked.answer(&request(Method::POST, "1/yes", b"password=a+b%C3%A9%26")).is_some());
        let Ok(Said::Yes(Some(password))) = heard.try_recv() else {
            panic!("a password was given")
        };
        assert_eq!(password.expose_secret(), "a bé&");
        assert!(asked.answer(&request(Method::POST, "1/no", b"")).is_some());
        assert!(matches!(heard.try_recv(), Ok(Said::No)));
    }
}
