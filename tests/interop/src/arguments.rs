//! What the stories are called with.

use crate::peer::Tools;
use std::path::PathBuf;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) tools: Tools,
    /// Where a story that failed leaves what everyone wrote.
    pub(crate) artifacts: PathBuf,
    /// Where else the matrix goes.
    pub(crate) docs: Option<PathBuf>,
    pub(crate) peer: Option<String>,
    pub(crate) story: Option<String>,
    pub(crate) times: usize,
    /// How many stories are told at the same time.
    pub(crate) at_once: usize,
}

impl Arguments {
    pub(crate) fn read(mut words: impl Iterator<Item = String>) -> Self {
        let mut read = Self { times: 1, at_once: 3, ..Self::default() };
        while let Some(name) = words.next() {
            let value = words.next().unwrap_or_else(|| panic!("{name}: a value is missing"));
            match name.as_str() {
                "--debian" => read.tools.debian = value.into(),
                "--lnd" => read.tools.lnd = value.into(),
                "--ldk-node" => read.tools.ldk_node = value.into(),
                "--electrs" => read.tools.electrs = value.into(),
                "--postgres" => read.tools.postgres = value.into(),
                "--vss-server" => read.tools.vss_server = value.into(),
                "--chains" => read.tools.chains = value.into(),
                "--artifacts" => read.artifacts = value.into(),
                "--docs" => read.docs = Some(value.into()),
                "--peer" => read.peer = Some(value),
                "--story" => read.story = Some(value),
                "--at-once" => read.at_once = value.parse().expect("a number"),
                "--times" => read.times = value.parse().expect("a number"),
                _ => panic!("{name}: no such argument; see the top of tests/interop/src/main.rs"),
            }
        }
        read
    }
}
