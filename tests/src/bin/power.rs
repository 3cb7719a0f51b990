//! `story-power N [--seed S] [--fixture DIR]`: N power cuts. The last line has the figures; the end is 1 where an image was
//! bad, where no balance was compared, or where the disk that ignores syncs was not found out.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use stories::power::{Plan, run};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let images = arguments.next().and_then(|number| number.parse().ok());
    let images = images.expect("usage: story-power N [--seed S] [--fixture DIR]");
    let own = std::env::current_exe().expect("a program has a path");
    let mut plan = Plan {
        program: own.with_file_name("story-wallet"),
        images,
        seed: u64::from(std::process::id()),
        fixture: None,
        keep: std::env::temp_dir().join(format!("fulmen-power-{}", std::process::id())),
    };
    while let Some(option) = arguments.next() {
        let value = arguments.next().expect("a value after each option");
        match option.as_str() {
            "--seed" => plan.seed = value.parse().expect("a number"),
            "--fixture" => plan.fixture = Some(PathBuf::from(value)),
            other => panic!("unknown option {other}"),
        }
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut out = std::io::stdout();
    let mut say = |line: &str| writeln!(std::io::stderr(), "{line}").expect("someone listens");
    let report = match runtime.block_on(run(&plan, &mut say)) {
        Ok(report) => report,
        Err(error) => {
            say(&error.to_string());
            return ExitCode::FAILURE;
        }
    };
    let (controls, found) = report.control;
    if report.bad > 0 {
        say(&format!("images and traces are kept in {}", plan.keep.display()));
    }
    writeln!(
        out,
        "power {images} images {} bad {} weighed {} losing {} operations {} syncs {} acknowledged {} seed {} control {found} of {controls} found",
        report.images, report.bad, report.weighed, report.losing, report.operations, report.syncs, report.acknowledged, plan.seed,
    )
    .expect("someone listens");
    if report.bad == 0 && report.weighed > 0 && found > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
