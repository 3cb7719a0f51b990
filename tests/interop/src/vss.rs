//! vss-server on PostgreSQL: a place for a wallet's living copy. PostgreSQL refuses to run as root, and has its own user then.

use crate::process::{Process, free_port};
use crate::{PATIENCE, looks};
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use tokio::net::TcpStream;

/// It does not say; `scripts/lib/interop.mjs` builds this one.
pub(crate) const VERSION: &str = "0.1.0-alpha.0";

/// Debian's package makes it.
const USER: &str = "postgres";

/// See the module.
pub(crate) struct VssServer {
    server: Process,
    server_words: Vec<String>,
    database: Process,
    database_words: Vec<String>,
    ports: [u16; 2],
    postgres: PathBuf,
    /// Removed after both have ended.
    dir: TempDir,
}

impl VssServer {
    /// Answering, with nothing in it. `postgres` is the directory of PostgreSQL's programs.
    pub(crate) async fn start(postgres: &Path, program: &Path) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let data = dir.path().join("data");
        let ports @ [database, server] = std::array::from_fn(|_| free_port());
        give(dir.path());
        let data = data.display().to_string();
        let words = ["initdb", "--auth=trust", "--username", USER, "--pgdata", &data];
        let made = Command::new("setpriv")
            .args(as_user(postgres, &words))
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .output();
        let made = made.expect("initdb starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let port = database.to_string();
        let words = ["postgres", "-D", &data, "-h", "127.0.0.1", "-p", &port, "-k", ""];
        let mut database_words = vec!["setpriv".to_owned()];
        database_words.extend(as_user(postgres, &words));
        let configuration = dir.path().join("vss.toml");
        let text = format!(
            "[server_config]\nbind_address = \"127.0.0.1:{server}\"\n\n[postgresql_config]\nusername = \"{USER}\"\n\
             password = \"{USER}\"\naddress = \"127.0.0.1:{database}\"\ndefault_database = \"postgres\"\n\
             vss_database = \"vss\"\n\n[log_config]\nlevel = \"info\"\nfile = \"{}\"\n",
            dir.path().join("vss.log").display()
        );
        std::fs::write(&configuration, text).expect("written");
        let server_words = vec![program.display().to_string(), configuration.display().to_string()];
        let start = |words: &[String], name| Process::start(name, dir.path(), words, &[]);
        let running = start(&database_words, "PostgreSQL");
        accepts(postgres, database).await;
        let serving = start(&server_words, "vss-server");
        listens(server).await;
        Self {
            server: serving,
            server_words,
            database: running,
            database_words,
            ports,
            postgres: postgres.to_owned(),
            dir,
        }
    }

    /// As a person chooses it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/vss", self.ports[1])
    }

    /// SIGKILL.
    pub(crate) fn goes(&mut self) {
        self.server.kill();
    }

    pub(crate) async fn comes_back(&mut self) {
        self.server = Process::start("vss-server", self.dir.path(), &self.server_words, &[]);
        listens(self.ports[1]).await;
    }

    /// Its database is killed too, and started again.
    pub(crate) async fn loses_its_database(&mut self) {
        self.goes();
        self.database.kill();
        // What it starts for each connection ends a moment later, and it does not start beside those.
        let ending = async {
            let mut looks = looks();
            while somebody_is_in(&self.dir.path().join("data")) {
                looks.tick().await;
            }
        };
        tokio::time::timeout(PATIENCE, ending).await.expect("gone");
        self.database = Process::start("PostgreSQL", self.dir.path(), &self.database_words, &[]);
        accepts(&self.postgres, self.ports[0]).await;
        self.comes_back().await;
    }
}

/// A process that works in this directory.
fn somebody_is_in(dir: &Path) -> bool {
    let mut processes = std::fs::read_dir("/proc").expect("Linux has it").flatten();
    processes.any(|one| std::fs::read_link(one.path().join("cwd")).is_ok_and(|cwd| cwd == dir))
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").expect("this process").uid() == 0
}

/// Arguments of `setpriv` for a program of PostgreSQL's.
fn as_user(postgres: &Path, words: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if is_root() {
        let user = [format!("--reuid={USER}"), format!("--regid={USER}"), "--clear-groups".into()];
        all.extend(user);
        // The kernel forgets this when the user changes.
        all.extend(["--", "setpriv"].map(str::to_owned));
    }
    all.extend(["--pdeathsig", "KILL", "--"].map(str::to_owned));
    all.push(postgres.join(words[0]).display().to_string());
    all.extend(words[1..].iter().map(|word| (*word).to_owned()));
    all
}

/// PostgreSQL's user may write there.
fn give(dir: &Path) {
    if !is_root() {
        return;
    }
    let id = |flag: &str| -> u32 {
        let told = Command::new("id").args([flag, USER]).output().expect("id starts").stdout;
        String::from_utf8_lossy(&told).trim().parse().expect("Debian's package made the user")
    };
    chown(dir, Some(id("--user")), Some(id("--group"))).expect("given");
}

/// It listens before it has read what it wrote last.
async fn accepts(postgres: &Path, port: u16) {
    let port = port.to_string();
    let is_ready = || {
        let mut asking = Command::new(postgres.join("pg_isready"));
        asking.args(["-q", "-h", "127.0.0.1", "-p", &port]);
        asking.status().expect("pg_isready starts").success()
    };
    let starting = async {
        let mut looks = looks();
        while !is_ready() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, starting).await.expect("PostgreSQL starts");
}

async fn listens(port: u16) {
    let starting = async {
        let mut looks = looks();
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, starting).await.expect("it listens");
}
