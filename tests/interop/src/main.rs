//! Stories with software that nobody here wrote: `interop --artifacts DIR --debian TREE --lnd PATH --ldk-node PATH --electrs
//! PATH --postgres DIR --vss-server PATH [--chains DIR] [--docs PATH] [--peer NAME] [--story NAME] [--times N] [--at-once N]`, as `npm run
//! interop` calls it. Each is told on a chain of its own that bitcoind checks. It ends with `stories N passed M failed K` and
//! writes the matrix.

mod arguments;
mod bitcoind;
mod electrs;
mod ground;
mod matrix;
mod mirror;
mod peer;
mod peers;
mod process;
mod stories;
mod telling;
mod vss;

use arguments::Arguments;
use std::process::ExitCode;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing_subscriber::EnvFilter;

/// Patience with anything that should happen at once; generous, for a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

fn main() -> ExitCode {
    // RUST_LOG=ldk=debug,fulmen_engine=debug shows what a failing story did.
    let silent = tracing_subscriber::filter::LevelFilter::OFF.into();
    let filter = EnvFilter::builder().with_default_directive(silent).from_env_lossy();
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let arguments = Arguments::read(std::env::args().skip(1));
    if telling::all(&arguments) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How often a program is looked at that tells nothing by itself.
fn looks() -> Interval {
    let mut looks = interval(Duration::from_millis(100));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}
