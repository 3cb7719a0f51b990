//! `npm run bench`: what a payment costs, beside what it must cost and beside `ldk-node`. Two nodes of a kind in processes
//! of their own, one channel between them, loopback TCP, the practice chain. It reports and judges nothing.

mod child;
mod delay;
mod figures;
mod graph;
mod network;
mod pair;
mod pay;

pub use delay::Delay;
pub use figures::{Measured, percentile, rounded};
pub use graph::{GraphReport, graph};
pub use pair::Kind;
pub use pay::{Plan, Report, run};
