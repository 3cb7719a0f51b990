//! `story-crash --kills N --mode deferred|sync --seed S`: see `stories::crash`. Prints one line; exits 0 where nothing is
//! lost, doubled, closed or stuck (in the synchronous mode, closed does not count). `--lose-disk N` destroys a directory with
//! each kill and restores it from the words and the copy.

use std::io::Write;
use std::process::ExitCode;
use stories::crash::{Control, Losses, Options, lose, run};

const USAGE: &str = "usage: story-crash [--kills N] [--mode deferred|sync] [--seed S] [--from PLAN] [--control ORDER] [--keep] [--lose-disk N [--copy folder]]";

fn main() -> ExitCode {
    let (options, losing) = options(std::env::args().skip(1));
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
        let Some((losses, believed)) = losing else { return run(&options).await };
        let Options { seed, from, program, keep, .. } = options;
        lose(&Losses { losses, seed, from, program, believed, keep }).await
    });
    writeln!(std::io::stdout(), "{line}").expect("someone listens");
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How many disks are lost, and whether the copy is believed.
type Losing = Option<(u32, bool)>;

fn options(mut words: impl Iterator<Item = String>) -> (Options, Losing) {
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
    let (mut losses, mut believed) = (None, false);
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
            "--lose-disk" => losses = Some(value().parse().expect(USAGE)),
            "--copy" => assert_eq!(value(), "folder", "{USAGE}"),
            "--control" => match value().as_str() {
                "copy-believed" => believed = true,
                order => options.control = Some(Control::named(order).expect(USAGE)),
            },
            "--keep" => options.keep = true,
            other => panic!("{USAGE}: {other}"),
        }
    }
    (options, losses.map(|losses| (losses, believed)))
}
