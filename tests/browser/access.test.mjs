// Everyone can use it: axe-core on every view, and by hand what it does not look for (overflow, cut or tiny words, ids that are there twice).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { views } from "./views.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What breaks WCAG 2.2 AA or is not best practice in this view, and how many things were looked at. */
async function violations(p) {
  await p.evaluate(axe);
  const options = { runOnly: { type: "tag", values: RULES }, resultTypes: ["violations", "passes"] };
  const { violations: found, passes } = await p.evaluate((given) => window.axe.run(document, given), options);
  return {
    problems: found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`)),
    checked: passes.reduce((sum, { nodes }) => sum + nodes.length, 0),
  };
}

/** Runs in the page. */
function audit() {
  const seen = (element) => {
    const box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return box.width > 0 && box.height > 0 && style.visibility !== "hidden" && !element.closest("[inert], [aria-hidden=true], .sr");
  };
  const said = (element) => element.tagName.toLowerCase() + (element.dataset.testid ? `[${element.dataset.testid}]` : `.${element.className}`);
  const problems = [];

  const amber = [...document.querySelectorAll(".btn.primary, .choice.primary")].filter((one) => {
    const modal = document.querySelector("[data-dialog]");
    return modal ? modal.contains(one) : !one.closest("[inert]");
  }).length;
  if (amber > 1) problems.push(`${amber} amber buttons`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of ids.filter((one, index) => ids.indexOf(one) !== index)) problems.push(`id twice: ${id}`);

  if (document.documentElement.scrollWidth > innerWidth) problems.push(`the page is ${document.documentElement.scrollWidth} wide in ${innerWidth}`);
  for (const box of document.querySelectorAll(".main, .sbody, .sheet, aside, .popover, .page, .dialog-box")) {
    if (seen(box) && box.scrollWidth > box.clientWidth + 1) problems.push(`overflows: ${said(box)} ${box.scrollWidth} > ${box.clientWidth}`);
  }
  for (const button of document.querySelectorAll(".btn, .item")) {
    if (seen(button) && button.scrollWidth > button.clientWidth + 1) problems.push(`clipped: ${said(button)}`);
  }

  // Contrast of every text against the nearest ground, also where axe cannot tell the ground. Canvas turns any notation of a colour into four numbers.
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

const sizes = { light: {}, dark: { theme: "dark" }, narrow: { width: 720, height: 560 }, "text at 200 %": { text: 200 } };
/** Where axe looks, too: for the rest it would find the same. */
const THEMES = ["light", "dark"];

async function look(page, pictures, size) {
  const all = [];
  let checked = 0;
  for (const [name, scene, go] of views) {
    const p = await page(scene, sizes[size]);
    const problems = [];
    await go(p, pictures).catch((error) => problems.push(`cannot be reached: ${error.message}`));
    await p.waitForTimeout(60); // a frame, for layout to settle
    if (THEMES.includes(size)) {
      const found = await violations(p);
      checked += found.checked;
      problems.push(...found.problems);
    }
    problems.push(...(await p.evaluate(audit)));
    all.push(...problems.map((problem) => `${name}: ${problem}`));
    await p.context().close();
  }
  assert.deepEqual(all, []);
  if (checked > 0) console.log(`   ${views.length} views, ${size}: ${checked} checks of WCAG 2.2 AA and best practice passed, ${all.length} violations`);
}

export default {
  ...Object.fromEntries(Object.keys(sizes).map((size) => [`every view, ${size}`, (page, pictures) => look(page, pictures, size)])),

  "the look itself sees what is wrong": async (page) => {
    const p = await page("home");
    await p.evaluate(() => {
      const bad = '<button class="bad">&nbsp;</button><p style="color:#ccc">faint words</p><p style="width:2000px">wide</p><p style="font-size:9px">tiny</p><i id="x">a</i><i id="x">b</i>';
      document.querySelector(".col").insertAdjacentHTML("beforeend", bad);
    });
    const found = [...(await violations(p)).problems, ...(await p.evaluate(audit))];
    for (const words of [/button-name: .*bad/, /overflows: main/, /too small: .*tiny/, /contrast 1\..*faint words/, /id twice: x/]) {
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

  "motion is off where the system asks for it": async (page) => {
    const p = await page("home");
    await p.keyboard.press("p");
    const duration = await p.locator(".sheet").evaluate((sheet) => getComputedStyle(sheet).animationDuration);
    assert.equal(duration, "0s");
  },
};
