//! The story harness: a practice network, a person's wallet on it, waiting on events, and the books.

mod believed;
pub mod bench;
mod books;
mod caller;
pub mod crash;
mod door;
mod keepers;
mod marks;
mod offers;
/// Power cuts.
pub mod power;
mod remote;
mod rows;
pub mod secrets;
mod server;
mod waits;
mod world;

pub use believed::believe;
pub use books::Audit;
pub use caller::{CallError, Caller};
pub use door::Door;
pub use keepers::{Answer, Keepers};
pub use marks::is_commitment;
pub use offers::{Offers, funding};
pub use remote::{Refusal, Remote};
pub use rows::weigh;
pub use server::{Kind, Server};
pub use waits::{decided, knows_channels, knows_the_network, usable};
pub use world::{PATIENCE, World, copy as copy_dir, leaf, quick, ready_in};
