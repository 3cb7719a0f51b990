//! `npm run bench`: what a payment costs, beside what it must cost and beside `ldk-node`; what a long life costs, beside an
//! empty wallet; and what it costs to come back. Two nodes of a kind in processes of their own, one channel between them, loopback TCP, the practice chain. It
//! reports and judges nothing.

pub mod activity;
mod child;
pub mod copied;
mod delay;
mod figures;
mod graph;
pub mod history;
mod network;
mod pair;
mod pay;
pub mod restored;

pub use child::{Lines, megabytes};
pub use delay::Delay;
pub use figures::{Measured, percentile, rounded};
pub use graph::{GraphReport, graph};
pub use pair::Kind;
pub use pay::{Plan, Report, run};
