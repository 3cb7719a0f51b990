//! The story harness: a practice network, a person's wallet on it, waiting on events, and the books.

mod books;
mod remote;
mod world;

pub use books::{Books, Line};
pub use remote::{Refusal, Remote};
pub use world::{PATIENCE, World, quick};
