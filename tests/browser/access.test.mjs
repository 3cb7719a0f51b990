// What axe would look for, by hand, on every view: names, ids, focus, overflow, contrast.
import assert from "node:assert/strict";

const key = (...keys) => async (p) => {
  for (const one of keys) await p.keyboard.press(one);
};
const cheque = (text) => async (p) => {
  await p.keyboard.press("p");
  await p.id("pay-input").fill(text);
  await p.keyboard.press("Enter");
  await p.id("pay-confirm").waitFor();
};

/** Name, scene, and how to get there. */
const views = [
  ["first start", "first-start", async () => undefined],
  ["create", "first-start", async (p) => p.id("create").click()],
  ["restore", "first-start", async (p) => p.id("restore").click()],
  ["locked", "locked", async () => undefined],
  ["home", "home", async (p) => p.id("kept-lightning").click()],
  ["all cards", "text-card", async () => undefined],
  ["practice", "practice", async () => undefined],
  ["pay", "home", key("p")],
  ["check", "home", cheque("lnbc1xyz")],
  ["failed", "home", async (p) => {
    await cheque("lnbcfail1")(p);
    await p.keyboard.press("Enter");
    await p.state("pay-state", "failed");
  }],
  ["no camera", "no-camera", key("s")],
  ["receive", "home", key("r")],
  ["activity", "home", key("g", "a")],
  ["movement", "home", async (p) => {
    await key("g", "a")(p);
    await p.locator("[data-testid=movement-row][data-id=m7]").click();
    await p.id("detail-preimage").waitFor();
  }],
  ["practice, with its drawer", "practice-home", async (p) => {
    // A narrow window starts without it; text that grows later leaves it where it is.
    if (!(await p.id("practice-drawer").isVisible())) await p.id("practice-show").click();
  }],
  ["channels", "home", key("g", "c")],
  ["settings", "home", key("Control+,")],
  ["health", "home", async (p) => p.id("status").click()],
  ["keys", "home", key("?")],
];

/** Runs in the page. */
function audit() {
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && !element.closest("[inert], [aria-hidden=true], .sr");
  };
  const said = (element) => element.tagName.toLowerCase() + (element.dataset.testid ? `[${element.dataset.testid}]` : `.${element.className}`);
  const problems = [];

  for (const control of document.querySelectorAll("button, a[href], input, textarea, select, [role=button]")) {
    if (!seen(control)) continue;
    const labelled = (control.getAttribute("aria-labelledby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join("");
    const name = control.getAttribute("aria-label") ?? (labelled || [...(control.labels ?? [])].map((label) => label.textContent).join("") || control.textContent);
    if (!name.trim()) problems.push(`no name: ${said(control)}`);
  }
  for (const picture of document.querySelectorAll("img:not([alt]), [role=img]:not([aria-label])")) problems.push(`no name: ${said(picture)}`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids.filter((one, index) => ids.indexOf(one) !== index)) problems.push(`id twice: ${id}`);
  for (const inner of document.querySelectorAll("button button, button a, a button")) problems.push(`control in a control: ${said(inner)}`);

  if (document.documentElement.scrollWidth > innerWidth) problems.push(`the page is ${document.documentElement.scrollWidth} wide in ${innerWidth}`);
  for (const box of document.querySelectorAll(".main, .sbody, .sheet, aside, .popover, .page, .dialog-box")) {
    if (seen(box) && box.scrollWidth > box.clientWidth + 1) problems.push(`overflows: ${said(box)} ${box.scrollWidth} > ${box.clientWidth}`);
  }
  for (const button of document.querySelectorAll(".btn, .item")) {
    if (seen(button) && button.scrollWidth > button.clientWidth + 1) problems.push(`clipped: ${said(button)}`);
  }

  // Contrast of every text against the nearest ground. Canvas turns any notation of a colour into four numbers.
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 200) return colour;
    }
    return [255, 255, 255, 255];
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !element || !seen(element) || element.closest("figure, script, style, option, .behind")) continue;
    if (document.querySelector("[data-dialog]") && !element.closest("[data-dialog]")) continue;
    const [a, b] = [luminance(rgba(getComputedStyle(element).color)), luminance(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) problems.push(`contrast ${ratio.toFixed(2)}: “${walk.currentNode.textContent.trim().slice(0, 40)}”`);
    if (parseFloat(getComputedStyle(element).fontSize) < 11.9) problems.push(`too small: “${walk.currentNode.textContent.trim().slice(0, 40)}”`);
  }
  return problems;
}

const sizes = { usual: {}, dark: { theme: "dark" }, narrow: { width: 720, height: 560 }, "text at 200 %": { text: 200 } };

async function look(page, options) {
  const problems = [];
  for (const [name, scene, go] of views) {
    const p = await page(scene, options);
    await go(p);
    await p.waitForTimeout(60); // a frame, for layout to settle
    problems.push(...(await p.evaluate(audit)).map((problem) => `${name}: ${problem}`));
    await p.context().close();
  }
  assert.deepEqual(problems, []);
}

export default {
  ...Object.fromEntries(Object.entries(sizes).map(([size, options]) => [`every view, ${size}`, (page) => look(page, options)])),

  "the look itself sees what is wrong": async (page) => {
    const p = await page("home");
    await p.evaluate(() => {
      const bad = '<button class="bad">&nbsp;</button><p style="color:#ccc">faint words</p><p style="width:2000px">wide</p><i id="x">a</i><i id="x">b</i>';
      document.querySelector(".col").insertAdjacentHTML("beforeend", bad);
    });
    const found = await p.evaluate(audit);
    for (const words of [/no name: button/, /contrast 1\..*faint words/, /overflows: main/, /id twice: x/]) {
      assert.ok(found.some((one) => words.test(one)), `${words} in ${found.join("; ")}`);
    }
  },

  "the focus is always visible": async (page) => {
    const p = await page("home");
    for (let i = 0; i < 14; i += 1) {
      await p.keyboard.press("Tab");
      const ring = await p.evaluate(() => {
        const style = getComputedStyle(document.activeElement);
        return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
      });
      assert.ok(ring, await p.evaluate(() => document.activeElement.outerHTML.slice(0, 80)));
    }
  },

  "one amber button a view": async (page) => {
    for (const [name, scene, go] of views) {
      const p = await page(scene);
      await go(p);
      const amber = await p.evaluate(() => [...document.querySelectorAll(".btn.primary, .choice.primary")].filter((one) => !one.closest("[inert]")).length);
      assert.ok(amber <= 1, `${name} has ${amber}`);
      await p.context().close();
    }
  },

  "motion is off where the system asks for it": async (page) => {
    const p = await page("home");
    await p.keyboard.press("p");
    const duration = await p.locator(".sheet").evaluate((sheet) => getComputedStyle(sheet).animationDuration);
    assert.equal(duration, "0s");
  },
};
