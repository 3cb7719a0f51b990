// Installs and builds what the interop stories are told with, into FULMEN_CACHE/interop. What is there and runs is left alone.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cache, root } from "./paths.mjs";
import { ask, show, Stop } from "./run.mjs";
import { ensureSystem } from "./system.mjs";

const LND = "0.20.1-beta";
const ELECTRS = "0.10.10";
const VSS_SERVER = "0.1.0-alpha.0";

const home = join(cache, "interop");
const POSTGRES = "/usr/lib/postgresql";
const peers = join(root, "tests", "peers");

/** What of this system's own packages it takes; answers 0. */
export async function packages() {
  if (ask("which", "apt-get") === null) throw new Stop("The interop stories take bitcoind and Electrum from Debian's packages: there is no apt-get here.");
  await step("system packages", () => ensureSystem(["build", "interop"]));
  return 0;
}

/** Every one of them, each step with its name and how long it took; where each is. */
export async function setup() {
  if (ask("go", "version") === null) throw new Stop("LND is built with Go 1.24 or newer (https://go.dev): there is no go here.");
  await packages();
  mkdirSync(home, { recursive: true });
  return {
    debian: await step("bitcoind and Electrum", debian),
    lnd: await step(`LND ${LND}`, lnd),
    "ldk-node": await step("ldk-node", ldkNode),
    electrs: await step(`electrs ${ELECTRS}`, electrs),
    postgres: await step("PostgreSQL", postgres),
    "vss-server": await step(`vss-server ${VSS_SERVER}`, vssServer),
  };
}

async function step(name, work) {
  const start = performance.now();
  const result = await work();
  process.stderr.write(`interop setup: ${name}: ${((performance.now() - start) / 1000).toFixed(1)} seconds\n`);
  return result;
}

/**
 * A tree of Debian's newest packages with Bitcoin Knots and Electrum, that nothing of this system sees. The mirror keeps no
 * version but its newest, so which one it was is written in the matrix; apt checks the signatures.
 */
async function debian() {
  const tree = join(home, "debian");
  const runs = () => ["bitcoind", "electrum"].every((name) => existsSync(join(tree, "usr", "bin", name))) && inTree(tree, "bitcoind", "--version") !== null;
  if (runs()) return tree;
  const fresh = `${tree}.new`;
  for (const old of [tree, fresh]) rmSync(old, { recursive: true, force: true });
  // The launcher alone: the package that has it would bring Qt.
  const launcher =
    'cd "$1/tmp" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download electrum && dpkg -x electrum_*_all.deb "$1" && rm electrum_*_all.deb';
  await show("bitcoind and Electrum could not be installed", "mmdebstrap", [
    ...["--variant=extract", "--format=directory", "--quiet"],
    // A mirror may be some days behind.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    "--include=bitcoin-knots,python3-electrum",
    `--extract-hook=${launcher}`,
    ...["sid", fresh, `deb ${await mirror()} sid main`],
  ]);
  renameSync(fresh, tree);
  if (!runs()) throw new Stop(`bitcoind of ${tree} does not run.`);
  return tree;
}

/** What a program of the tree says; its own loader and libraries, whatever this system has. */
function inTree(tree, program, ...args) {
  const libraries = join(tree, "usr", "lib", "x86_64-linux-gnu");
  return ask(join(libraries, "ld-linux-x86-64.so.2"), "--library-path", libraries, join(tree, "usr", "bin", program), ...args);
}

/** The mirror that this system takes Debian's packages from. */
async function mirror() {
  let found = knownMirror();
  if (!found) {
    await show("The lists of Debian's packages could not be fetched", "apt-get", ["update"]);
    found = knownMirror();
  }
  if (!found) throw new Stop("This system's apt knows no mirror of Debian, from which bitcoind and Electrum come.");
  return found;
}

function knownMirror() {
  const lists = ask("apt-get", "indextargets", "--format", "$(ORIGIN) $(REPO_URI)", "Created-By: Packages") ?? "";
  const found = lists.split("\n").map((line) => /^Debian (\S+?)\/?$/.exec(line)?.[1]);
  return found.find((uri) => uri && !/security|backports/.test(uri));
}

/** From the Go module proxy; tests/peers/lnd/go.sum has the checksum of every module. */
async function lnd() {
  const place = join(home, `lnd-${LND}`);
  const binary = join(place, "lnd");
  const works = () => ask(binary, "--version")?.includes(LND) ?? false;
  if (works()) return binary;
  const caches = { GOMODCACHE: join(place, "modules"), GOCACHE: join(place, "build") };
  const env = { ...caches, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly" };
  const tags = "routerrpc invoicesrpc walletrpc peersrpc";
  const args = ["-C", join(peers, "lnd"), "build", "-p", "2", "-trimpath", "-ldflags", "-s -w", "-tags", tags, "-o", binary];
  await show("LND could not be built", "go", [...args, "github.com/lightningnetwork/lnd/cmd/lnd"], env);
  if (!works()) throw new Stop(`${binary} is not LND ${LND}.`);
  // Modules are read-only, and nobody needs them any more.
  await show("The modules of LND could not be removed", "go", ["clean", "-modcache"], env);
  rmSync(caches.GOCACHE, { recursive: true, force: true });
  return binary;
}

async function ldkNode() {
  const place = join(home, "ldk-node");
  const args = ["build", "--locked", "--profile", "interop", "--manifest-path", join(peers, "Cargo.toml")];
  await show("ldk-node could not be built", "cargo", args, { CARGO_TARGET_DIR: place });
  return join(place, "interop", "ldk-node-peer");
}

/** With this system's RocksDB, which is the version it was written for. */
async function electrs() {
  const place = join(home, `electrs-${ELECTRS}`);
  const binary = join(place, "bin", "electrs");
  const works = () => ask(binary, "--version")?.includes(ELECTRS) ?? false;
  if (works()) return binary;
  const build = join(place, "build");
  const env = { CARGO_TARGET_DIR: build, ROCKSDB_INCLUDE_DIR: "/usr/include", ROCKSDB_LIB_DIR: "/usr/lib/x86_64-linux-gnu" };
  const args = ["install", "electrs", "--version", ELECTRS, "--locked", "--no-default-features", "--root", place];
  await show("electrs could not be built", "cargo", args, env);
  if (!works()) throw new Stop(`${binary} is not electrs ${ELECTRS}.`);
  rmSync(build, { recursive: true, force: true });
  return binary;
}

/** The directory of this system's own, where Debian keeps them by version. */
function postgres() {
  const versions = existsSync(POSTGRES) ? readdirSync(POSTGRES).filter((name) => existsSync(join(POSTGRES, name, "bin", "initdb"))) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  if (!newest) throw new Stop(`There is no PostgreSQL in ${POSTGRES}.`);
  return join(POSTGRES, newest, "bin");
}

async function vssServer() {
  const place = join(home, `vss-server-${VSS_SERVER}`);
  const binary = join(place, "bin", "vss-server");
  if (existsSync(binary)) return binary;
  const build = join(place, "build");
  const args = ["install", "vss-server", "--version", VSS_SERVER, "--locked", "--root", place];
  await show("vss-server could not be built", "cargo", args, { CARGO_TARGET_DIR: build });
  rmSync(build, { recursive: true, force: true });
  return binary;
}
