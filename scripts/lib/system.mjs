// System packages: what is needed, what is missing, and how to get it on this system.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { unattended } from "./paths.mjs";
import { ask, show, Stop } from "./run.mjs";

export const DEBIAN = {
  build: ["build-essential", "pkg-config", "perl", "libwebkit2gtk-4.1-dev"],
  run: ["gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good", "gstreamer1.0-pipewire"],
  test: [
    ...["xvfb", "webkit2gtk-driver", "chromium"],
    ...["imagemagick", "xdotool", "xclip", "qrencode", "ffmpeg"],
    ...["pipewire", "pipewire-bin", "wireplumber", "gstreamer1.0-tools", "dbus-daemon"],
  ],
  trace: ["strace"],
  // electrs is built against RocksDB, vss-server keeps in PostgreSQL; the rest of it builds and unpacks.
  interop: ["mmdebstrap", "clang", "libclang-dev", "librocksdb-dev", "postgresql"],
};

const FEDORA = {
  build: ["gcc", "gcc-c++", "make", "pkgconf-pkg-config", "perl-core", "webkit2gtk4.1-devel"],
  run: ["gstreamer1-plugins-base", "gstreamer1-plugins-good", "pipewire-gstreamer"],
  test: [
    ...["/usr/bin/Xvfb", "/usr/bin/WebKitWebDriver", "chromium"],
    ...["ImageMagick", "xdotool", "xclip", "qrencode", "/usr/bin/ffmpeg"],
    ...["pipewire", "pipewire-utils", "wireplumber", "gstreamer1", "dbus-daemon"],
  ],
  trace: ["strace"],
};

const FAMILIES = {
  debian: { packages: DEBIAN, has: hasDeb, install: ["apt-get", "install", "-y", "--no-install-recommends"] },
  fedora: { packages: FEDORA, has: hasRpm, install: ["dnf", "install", "-y"] },
};

/** Makes sure that the packages of these groups (`build`, `run`, `test`, `trace`; `interop` on Debian alone) are there. */
export async function ensureSystem(groups) {
  if (process.platform === "darwin") return ensureXcode();
  if (process.platform !== "linux") return;
  const family = FAMILIES[familyOf(osRelease())];
  if (!family) return ensureUnknown();
  const wanted = groups.flatMap((group) => family.packages[group]);
  const missing = wanted.filter((name) => !family.has(name) && !(name === "chromium" && browser()));
  if (missing.length > 0) await install(family.install, missing);
}

/** The path of a Chromium, by whatever name this system has it; Ubuntu has none in its packages. */
export function browser() {
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return names.map((name) => ask("which", name)).find((path) => path !== null);
}

async function install(command, missing) {
  const asRoot = process.getuid() === 0;
  const steps = [...(command[0] === "apt-get" ? [["apt-get", "update"]] : []), [...command, ...missing]];
  const whole = asRoot ? steps : steps.map((step) => ["sudo", ...step]);
  const text = whole.map((step) => step.join(" ")).join(" && ");
  if (!asRoot && unattended) {
    throw new Stop(`Fulmen needs some system packages. Install them with:\n  ${text}`);
  }
  if (!asRoot && !(await agreed(text))) {
    throw new Stop(`Nothing was installed. When you are ready:\n  ${text}`);
  }
  for (const [program, ...args] of whole) {
    await show("The system packages could not be installed", program, args, { DEBIAN_FRONTEND: "noninteractive" });
  }
}

async function agreed(text) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const question = `Fulmen needs some system packages:\n  ${text}\nInstall them now? [Y/n] `;
  const answer = (await terminal.question(question)).trim().toLowerCase();
  terminal.close();
  return answer === "" || answer.startsWith("y");
}

async function ensureXcode() {
  if (ask("xcode-select", "-p") !== null) return;
  spawnSync("xcode-select", ["--install"], { stdio: "inherit" });
  throw new Stop('Fulmen needs Apple\'s command line tools ("xcode-select --install"); start again when they are installed.');
}

function ensureUnknown() {
  if (ask("pkg-config", "--exists", "webkit2gtk-4.1") !== null) return;
  throw new Stop(
    `Fulmen knows the package names of Debian, Ubuntu and Fedora only; on Debian they are: ${DEBIAN.build.join(" ")}.`,
  );
}

/** `debian`, `fedora` or nothing, from the text of /etc/os-release. */
export function familyOf(text) {
  const words = [...text.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, value]) => value.split(" "));
  return ["debian", "fedora"].find((name) => words.includes(name) || (name === "debian" && words.includes("ubuntu")));
}

function osRelease() {
  try {
    return readFileSync("/etc/os-release", "utf8");
  } catch {
    return "";
  }
}

function hasDeb(name) {
  return ask("dpkg-query", "-W", "-f=${Status}", name)?.endsWith(" installed") ?? false;
}

function hasRpm(name) {
  return ask("rpm", "-q", "--whatprovides", name) !== null;
}
