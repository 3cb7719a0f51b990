// A page of the pretend shell in a real browser, and the few words the tests are written in.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { build, preview } from "vite";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const configFile = join(root, "ui/vite.config.ts");
const outDir = join(root, "dist-test");

/** The app's own policy: what breaks it here would break it there. */
const csp =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ipc: http://ipc.localhost; " +
  "img-src 'self' blob: data:; media-src 'self' blob: mediastream:; style-src 'self' 'unsafe-inline'; " +
  "worker-src 'self'; object-src 'none'";

/** What the camera, the screen and the picture files show. */
export const CODE = `lightning:lnbc21400n1${"pnonamepp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqf".repeat(6)}`;

export async function open() {
  const scratch = mkdtempSync(join(tmpdir(), "fulmen-browser-"));
  const pictures = draw(scratch);
  await build({ configFile, mode: "mock", logLevel: "warn", build: { outDir, emptyOutDir: true } });
  const server = await preview({
    configFile, logLevel: "warn", build: { outDir },
    preview: { port: 0, strictPort: false, headers: { "Content-Security-Policy": csp } },
  });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox", "--disable-gpu", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
      `--use-file-for-fake-video-capture=${pictures.camera}`,
    ],
  });
  const base = server.resolvedUrls.local[0];
  return {
    pictures,
    page: (scene, options) => newPage(browser, base, scene, options),
    async close() {
      await browser.close();
      await server.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Beside it, on some pictures. */
export const OTHER = "bitcoin:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq?amount=0.0001";
export const WEB = "https://shop.example/coffee";

/** A code as a picture and as a camera's film; a picture without one; pictures with two: a web address above, another to pay beside. */
function draw(folder) {
  const [picture, plain, camera, web, two] = ["code.png", "plain.png", "camera.y4m", "web.png", "two.png"].map((name) => join(folder, name));
  const quiet = { stdio: ["ignore", "ignore", "pipe"] };
  execFileSync("qrencode", ["-o", picture, "-s", "5", "-m", "4", CODE], quiet);
  const ffmpeg = (...args) => execFileSync("ffmpeg", ["-loglevel", "error", "-y", ...args], quiet);
  ffmpeg("-f", "lavfi", "-i", "color=c=gray:s=320x240", "-frames:v", "1", plain);
  ffmpeg("-loop", "1", "-i", picture, "-t", "1", "-r", "10", "-vf", "scale=-1:440,pad=640:480:(ow-iw)/2:(oh-ih)/2:gray", "-pix_fmt", "yuv420p", camera);
  for (const [name, text] of [["w", WEB], ["o", OTHER]]) execFileSync("qrencode", ["-o", join(folder, `${name}.png`), "-s", "5", "-m", "4", text], quiet);
  const stack = (how, one, other, to) => ffmpeg("-i", one, "-i", other, "-filter_complex", `[0]pad=700:700:20:20:white[a];[1]pad=700:700:20:20:white[b];[a][b]${how}`, to);
  stack("vstack", join(folder, "w.png"), picture, web);
  stack("hstack", picture, join(folder, "o.png"), two);
  return { picture, plain, camera, web, two };
}

async function newPage(browser, base, scene, options = {}) {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1120, height: options.height ?? 760 },
    colorScheme: options.theme ?? "light", reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(8000);
  /** What went wrong in the page: tests end with this empty. */
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") page.faults.push(message.text());
  });
  page.id = (name) => page.getByTestId(name);
  page.state = (name, state) => page.waitForSelector(`[data-testid="${name}"][data-state="${state}"]`);
  page.msat = async (name) => Number(await page.id(name).first().getAttribute("data-msat"));
  page.has = async (name) => (await page.id(name).count()) > 0;
  await page.goto(`${base}?scene=${scene}`);
  await page.waitForSelector("[data-testid]");
  if (options.text) await page.addStyleTag({ content: `html{font-size:${options.text}%}` });
  return page;
}
