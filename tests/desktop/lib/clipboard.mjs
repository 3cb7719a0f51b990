// The clipboard, as another program fills it.
import { Key } from "selenium-webdriver";
import { spawn } from "node:child_process";

/** Copies `text` somewhere else and presses Ctrl+V in the app. */
export async function paste(app, display, text) {
  await copy(display, text);
  await app.driver.actions().keyDown(Key.CONTROL).sendKeys("v").keyUp(Key.CONTROL).perform();
}

/** xclip stays behind, as the owner of what it offers, until somebody else copies or the display ends. */
export function copy(display, text) {
  const env = { ...process.env, DISPLAY: display };
  const child = spawn("xclip", ["-selection", "clipboard"], { env, stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end(text);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`xclip ended with ${code}`))));
  });
}
