use super::*;
use crate::http::lying::{Reply, Server};
use std::sync::atomic::{AtomicUsize, Ordering};

const SHORT: Duration = Duration::from_millis(500);
const MOST: usize = 1000;

/// A client that knows one server of this computer as `shop.example`; every other name is at `address`.
fn client(server: &Server, address: &str) -> Guarded {
    let place = server.url("").parse::<Url>().unwrap().socket_addrs(|| None).unwrap()[0];
    let address: IpAddr = address.parse().unwrap();
    let local = Local::default().with("shop.example", place);
    Guarded::with(local, Names::Told(Arc::new(move |_| vec![address])), SHORT).unwrap()
}

async fn ask(client: &Guarded, url: &str) -> Result<Vec<u8>, HttpError> {
    client.get(&url.parse().unwrap(), MOST, Redirects::Few).await
}

async fn serve(answer: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(answer).await
}

#[tokio::test]
async fn an_address_that_is_not_on_the_public_web_is_never_asked() {
    let server = serve(|_| Server::ok(b"1")).await;
    let client = client(&server, "1.1.1.1");
    let port = server.url("").rsplit(':').next().unwrap().to_owned();
    for (url, private) in [
        (format!("https://127.0.0.1:{port}/"), true),
        (format!("http://127.0.0.1:{port}/"), true),
        (format!("https://localhost:{port}/"), true),
        (format!("https://2130706433:{port}/"), true),
        (format!("https://0x7f.1:{port}/"), true),
        (format!("https://127.1:{port}/"), true),
        (format!("https://[::1]:{port}/"), true),
        (format!("https://[::ffff:127.0.0.1]:{port}/"), true),
        ("https://169.254.169.254/latest/meta-data".to_owned(), true),
        ("https://10.0.0.1/".to_owned(), true),
        ("https://192.168.1.1/".to_owned(), true),
        ("https://printer.local/".to_owned(), true),
        ("https://metadata.google.internal/".to_owned(), true),
        ("http://example.com/".to_owned(), false),
        ("ftp://example.com/".to_owned(), false),
        ("file:///etc/passwd".to_owned(), false),
        ("javascript:alert(1)".to_owned(), false),
        ("https://shop.example@example.com/".to_owned(), false),
        ("https://shop.example:x@shop.example/".to_owned(), false),
        ("http://abcdefghijklmnop.onion/".to_owned(), false),
    ] {
        let refused = ask(&client, &url).await.unwrap_err();
        assert_eq!(matches!(refused, HttpError::Private(_)), private, "{url}: {refused}");
        assert!(!matches!(refused, HttpError::Unreachable(_)), "{url} was asked");
    }
    assert_eq!(server.asked(), 0);
    assert!(matches!(ask(&client, "http://a.onion/").await, Err(HttpError::Onion)));
    assert!(matches!(ask(&client, "http://example.com/").await, Err(HttpError::NotEncrypted)));
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_network_is_refused() {
    let server = serve(|_| Server::ok(b"1")).await;
    for address in ["127.0.0.1", "10.0.0.7", "169.254.169.254", "::1", "fd00::1"] {
        let refused = ask(&client(&server, address), "https://evil.example/").await.unwrap_err();
        assert!(
            matches!(&refused, HttpError::Private(name) if name == "evil.example"),
            "{refused}"
        );
    }
    assert_eq!(server.asked(), 0);
}

/// A public address among private ones is a trap too, whichever is tried first.
#[tokio::test]
async fn each_address_of_a_name_is_looked_at() {
    for order in [["1.1.1.1", "127.0.0.1"], ["127.0.0.1", "1.1.1.1"]] {
        let told = Arc::new(move |_: &str| order.map(|one| one.parse().unwrap()).to_vec());
        let client = Guarded::with(Local::default(), Names::Told(told), SHORT).unwrap();
        let refused = ask(&client, "https://evil.example/").await.unwrap_err();
        assert!(matches!(refused, HttpError::Private(_)), "{refused}");
    }
}

/// Rebinding: what a name says the second time counts as much, and between looking and connecting nobody is asked again.
#[tokio::test]
async fn a_name_is_resolved_once_for_each_connection() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let told = Arc::new(move |_: &str| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        // Nobody answers there in a test's time.
        vec![if first { "1.1.1.1" } else { "127.0.0.1" }.parse().unwrap()]
    });
    let client = Guarded::with(Local::default(), Names::Told(told), SHORT).unwrap();
    let first = ask(&client, "https://evil.example/").await.unwrap_err();
    assert!(!matches!(first, HttpError::Private(_)), "{first}");
    assert_eq!(asked.load(Ordering::SeqCst), 1, "looked at and connected to by one answer");
    let second = ask(&client, "https://evil.example/").await.unwrap_err();
    assert!(matches!(second, HttpError::Private(_)), "{second}");
}

#[tokio::test]
async fn a_redirect_leads_no_further_than_a_text() {
    let elsewhere = serve(|_| Server::ok(b"1")).await;
    for (to, private) in [
        (elsewhere.url("/"), true),
        ("https://10.0.0.1/".to_owned(), true),
        ("//127.0.0.1/".to_owned(), true),
        ("https://evil.example/".to_owned(), true),
        ("http://good.example/".to_owned(), false),
        ("ftp://shop.example/".to_owned(), false),
        ("file:///etc/passwd".to_owned(), false),
    ] {
        let answer = Server::to(&to);
        let server = serve(move |_| answer.clone()).await;
        let refused =
            ask(&client(&server, "127.0.0.1"), "https://shop.example/").await.unwrap_err();
        assert_eq!(matches!(refused, HttpError::Private(_)), private, "{to}: {refused}");
        assert_eq!(server.asked(), 1);
    }
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn a_few_redirects_are_followed_and_no_more() {
    let server = serve(|path| match path {
        "/0" => Server::ok(b"here"),
        "/1" => Server::to("/0"),
        "/2" => Server::to("https://shop.example/1"),
        "/3" => Server::to("2"),
        _ => Server::to("/for-ever"),
    })
    .await;
    let client = client(&server, "1.1.1.1");
    assert_eq!(ask(&client, "https://shop.example/3").await.unwrap(), b"here");
    let refused = ask(&client, "https://shop.example/for-ever").await;
    assert!(matches!(refused, Err(HttpError::Redirects)));
    let url = "https://shop.example/1".parse().unwrap();
    let refused = client.get(&url, MOST, Redirects::None).await;
    assert!(matches!(refused, Err(HttpError::Redirects)));
}

#[tokio::test]
async fn an_answer_costs_neither_memory_nor_time() {
    let large = Server::ok(&[b'1'; MOST + 1]);
    for (answer, too_large) in
        [(large, true), (Server::endless(b"1"), true), (Server::silence(), false)]
    {
        let server = serve(move |_| answer.clone()).await;
        let refused = ask(&client(&server, "1.1.1.1"), "https://shop.example/").await.unwrap_err();
        assert_eq!(matches!(refused, HttpError::TooLarge), too_large, "{refused}");
        assert!(too_large || matches!(refused, HttpError::TooSlow), "{refused}");
    }
    let server = serve(|_| Server::status(404)).await;
    let refused = ask(&client(&server, "1.1.1.1"), "https://shop.example/").await;
    assert!(matches!(refused, Err(HttpError::Status(404))));
}
