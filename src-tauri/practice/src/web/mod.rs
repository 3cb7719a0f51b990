//! The shop on the web, for whoever was handed a name or an LNURL of it (LUD-03, 04, 06, 09, 12, 16). Its domain exists on
//! this computer alone, in the clear: a wallet that is not of the practice network cannot ask it.

mod auth;
mod dns;
mod pay;
mod server;
mod shop;
mod withdraw;

pub(crate) use server::WebServer;
pub use shop::DOMAIN;
pub(crate) use shop::Shop;
