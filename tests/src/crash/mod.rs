//! The killer: two people's wallets in processes of their own, killed again and again while they pay and are paid, open
//! and close channels, and while the chain changes its mind. After each kill, when they are back, the oracles look: is
//! anything lost, doubled, closed without being asked for, or stuck? What is on the chain is read from the chain.
//!
//! With `--lose-disk` a wallet's directory is destroyed with each kill, and a fresh one restored as a person would ([`loss`]).
//! With `--twins` a wallet's directory is copied, and the copy started beside the living original ([`twins`]).

mod control;
mod fates;
mod findings;
mod ground;
mod hub;
mod judged;
mod load;
mod loss;
mod losses;
mod lost;
mod oracles;
mod party;
mod person;
mod plan;
mod round;
mod run;
mod scenes;
mod tally;
mod trace;
mod twins;
mod vaults;
mod witness;

pub use control::Control;
pub use losses::{LossControl, Losses, lose};
pub use lost::Medium;
pub use run::{Options, run};
pub use twins::{Twins, WITNESS_IGNORED, twins};
