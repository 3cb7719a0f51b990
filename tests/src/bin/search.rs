//! Looks for a wallet's secrets: `story-search WALLET NODE_ID [FOLDER | PID]…`, the password on standard input. Prints where
//! it found one, a line each, then how many places it looked at.

use std::io::{BufRead, Write};
use std::path::PathBuf;
use stories::secrets::{files, found, needles, process};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().expect("usage: story-search WALLET NODE_ID [FOLDER | PID]…");
    let (wallet, node_id) = (PathBuf::from(next()), next());
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password).expect("a password");
    let needles = needles(&wallet, password.trim_end(), &node_id);
    let hay: Vec<_> = arguments
        .flat_map(|place| match place.parse() {
            Ok(pid) => process(pid),
            Err(_) => files(&PathBuf::from(place)),
        })
        .collect();
    let mut out = std::io::stdout();
    for hit in found(&needles, &hay) {
        writeln!(out, "{hit}").expect("someone listens");
    }
    writeln!(out, "{} places", hay.len()).expect("someone listens");
}
