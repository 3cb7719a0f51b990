//! Telling the stories, some at once: most of the time they wait for each other's processes.

use crate::arguments::Arguments;
use crate::matrix::{Entry, Matrix, Told};
use crate::process;
use crate::stories::{Story, all as stories};
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// No story is longer.
const LONGEST: Duration = Duration::from_secs(600);

/// Whether every one of them passed.
pub(crate) fn all(arguments: &Arguments) -> bool {
    let is_asked = |asked: &Option<String>, name: &str| {
        asked.as_ref().is_none_or(|asked| asked.eq_ignore_ascii_case(name))
    };
    let stories: Vec<Story> = stories(&arguments.tools)
        .into_iter()
        .filter(|story| is_asked(&arguments.peer, story.peer))
        .filter(|story| is_asked(&arguments.story, story.name))
        .collect();
    if stories.is_empty() {
        eprintln!("there is no such story");
        return false;
    }
    let matrix = Mutex::new(Matrix::default());
    let add = |place: usize, told| {
        matrix.lock().expect("never poisoned").add(Entry::of(place, &stories[place], told));
    };
    let mut turns = VecDeque::new();
    for (place, story) in stories.iter().enumerate() {
        match story.cannot {
            Some(why) => add(place, Told::NotPossible(why)),
            None => turns.extend((1..=arguments.times).map(|time| (place, time))),
        }
    }
    let turns = Mutex::new(turns);
    let next = || turns.lock().expect("never poisoned").pop_front();
    // A thread lives as long as what it started: the kernel ends that with it.
    std::thread::scope(|scope| {
        for _ in 0..arguments.at_once {
            scope.spawn(|| {
                while let Some((place, time)) = next() {
                    add(place, tell(&stories[place], arguments, time));
                }
            });
        }
    });
    let mut matrix = matrix.into_inner().expect("never poisoned");
    matrix.sort();
    matrix.write(&arguments.artifacts.join("interop.md"));
    if let Some(path) = &arguments.docs {
        matrix.write(path);
    }
    matrix.close()
}

fn tell(story: &Story, arguments: &Arguments, time: usize) -> Told {
    let name = format!("{} {time}", story.name).replace(' ', "-");
    let dir = arguments.artifacts.join(story.peer).join(name);
    empty(&dir);
    let begun = Instant::now();
    let told = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        let told = runtime.block_on(async {
            let telling = (story.tell)(arguments.tools.clone(), dir.clone());
            tokio::select! {
                told = tokio::time::timeout(LONGEST, telling) => told.expect("in time"),
                name = process::one_ended() => panic!("{name} ended by itself"),
            }
        });
        // Whatever still hangs is left behind.
        runtime.shutdown_timeout(Duration::from_secs(5));
        told
    }));
    let seconds = begun.elapsed().as_secs_f64();
    match told {
        Ok((version, tally)) => {
            empty(&dir);
            Told::Passed { version, tally, seconds }
        }
        Err(_) => Told::Failed { seconds },
    }
}

fn empty(dir: &Path) {
    if dir.exists() {
        std::fs::remove_dir_all(dir).expect("removed");
    }
}
