//! `story-crash --kills N --mode deferred|sync --seed S`: see `stories::crash`. Prints one line; exits 0 where nothing is
//! lost, doubled, closed or stuck (in the synchronous mode, closed does not count). `--lose-disk N` destroys a directory with
//! each kill and restores it from the words and the copy, or from the words alone. `--twins N` starts a copy of a directory beside
//! the original; `--control witness-ignored`: the copy heeds no witness.

use std::io::Write;
use std::process::ExitCode;
use stories::crash::{
    Control, LossControl, Losses, Medium, Options, Twins, WITNESS_IGNORED, lose, run, twins,
};

const USAGE: &str = "usage: story-crash [--kills N] [--mode deferred|sync] [--seed S] [--from PLAN] [--control ORDER] [--keep] [--lose-disk N [--copy folder|vss|none]] [--twins N [--copy folder|vss|none]]";

/// What is asked of the run.
#[derive(Default)]
struct Asked {
    losses: Option<u32>,
    twins: Option<u32>,
    /// `None`: there is no copy.
    medium: Option<Medium>,
    control: Option<LossControl>,
    witness_ignored: bool,
}

fn main() -> ExitCode {
    let (options, asked) = options(std::env::args().skip(1));
    eprintln!("seed {}", options.seed);
    // Hub and Shop live here: without them everyone would wait forever.
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tell(panic);
        std::process::exit(101);
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (line, good) = runtime.block_on(async {
        let Asked { losses, twins: pairs, medium, control, witness_ignored } = asked;
        let Options { seed, from, ref program, keep, .. } = options;
        let program = program.clone();
        match (losses, pairs) {
            (Some(losses), _) => {
                lose(&Losses { losses, seed, from, program, medium, control, keep }).await
            }
            (None, Some(tries)) => {
                twins(&Twins { tries, seed, program, medium, witness_ignored, keep }).await
            }
            (None, None) => run(&options).await,
        }
    });
    writeln!(std::io::stdout(), "{line}").expect("someone listens");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn options(mut words: impl Iterator<Item = String>) -> (Options, Asked) {
    let beside = std::env::current_exe().expect("a path").with_file_name("story-wallet");
    let mut options = Options {
        kills: 60,
        sync: false,
        seed: fastrand::u64(..),
        program: beside.display().to_string(),
        from: 0,
        control: None,
        keep: false,
    };
    let mut asked = Asked { medium: Some(Medium::Folder), ..Asked::default() };
    while let Some(word) = words.next() {
        let mut value = || words.next().expect(USAGE);
        match word.as_str() {
            "--kills" => options.kills = value().parse().expect(USAGE),
            "--seed" => options.seed = value().parse().expect(USAGE),
            "--from" => options.from = value().parse().expect(USAGE),
            "--mode" => match value().as_str() {
                "deferred" => options.sync = false,
                "sync" => options.sync = true,
                other => panic!("{USAGE}: {other}"),
            },
            "--lose-disk" => asked.losses = Some(value().parse().expect(USAGE)),
            "--twins" => asked.twins = Some(value().parse().expect(USAGE)),
            "--copy" => {
                asked.medium = match value().as_str() {
                    "none" => None,
                    name => Some(Medium::named(name).expect(USAGE)),
                }
            }
            "--control" => control(&value(), &mut options, &mut asked),
            "--keep" => options.keep = true,
            other => panic!("{USAGE}: {other}"),
        }
    }
    (options, asked)
}

/// One of a run that loses disks says on what its copy is.
fn control(name: &str, options: &mut Options, asked: &mut Asked) {
    match LossControl::named(name) {
        Some((control, medium)) => {
            (asked.control, asked.medium) = (Some(control), Some(medium));
        }
        // Of twins without a copy: a server or a stick would tell them apart.
        None if name == WITNESS_IGNORED => (asked.witness_ignored, asked.medium) = (true, None),
        None => options.control = Some(Control::named(name).expect(USAGE)),
    }
}
