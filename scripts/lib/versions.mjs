// The two things we do not install: Rust and Node.
import { ask, Stop } from "./run.mjs";

const RUST = [1, 95];
const NODE = [20, 19];

export function checkVersions() {
  const node = numbers(process.versions.node);
  if (older(node, NODE)) {
    throw new Stop(`Fulmen needs Node ${NODE.join(".")} or newer (https://nodejs.org); this is ${process.versions.node}.`);
  }
  const rust = ask("rustc", "--version");
  if (rust === null || ask("cargo", "--version") === null) {
    throw new Stop(`Fulmen needs Rust ${RUST.join(".")} or newer (https://rustup.rs); there is no rustc or no cargo here.`);
  }
  if (older(numbers(rust), RUST)) {
    throw new Stop(`Fulmen needs Rust ${RUST.join(".")} or newer ("rustup update"); this is ${rust}.`);
  }
}

function numbers(text) {
  const [, major, minor] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return [Number(major), Number(minor)];
}

function older([major, minor], [wantMajor, wantMinor]) {
  return !(major > wantMajor || (major === wantMajor && minor >= wantMinor));
}
