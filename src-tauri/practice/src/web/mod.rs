//! The shop on the web, for whoever was handed a name or an LNURL of it (LUD-03, 04, 06, 09, 12, 16, 18). Its domain exists on
//! this computer alone, in the clear: a wallet that is not of the practice network cannot ask it. Beside it lives a host that lies,
//! and a resolver that says what a story makes it say.

mod auth;
mod dns;
mod hostile;
mod pay;
mod rates;
mod server;
mod shop;
mod withdraw;

pub use dns::Resolver;
pub use hostile::HOSTILE;
pub use rates::{RateAnswer, RateQuestion, RateServer, RateServers};
pub(crate) use server::WebServer;
pub(crate) use shop::Shop;
pub use shop::{DOMAIN, Told};
