import assert from "node:assert/strict";

const go = async (page, name, scene = "home") => {
  const p = await page(scene);
  await p.id("nav-settings").click();
  await p.id(`settings-${name}`).click();
  return p;
};

export default {
  "the look changes at once": async (page) => {
    const p = await go(page, "general");
    await p.id("settings-theme-dark").click();
    await p.waitForFunction(() => document.documentElement.dataset.theme === "dark");
  },

  "a source is tested before it is used": async (page) => {
    const p = await go(page, "network");
    await p.id("source-url").fill("http://nowhere.example");
    await p.id("source-test").click();
    await p.state("source-result", "fails");
    assert.equal(await p.id("source-trouble").innerText(), "It cannot be reached.");
    assert.equal(await p.has("source-use"), false);
    await p.id("source-url").fill("https://esplora.example/api");
    assert.equal(await p.has("source-result"), false);
    await p.id("source-test").click();
    await p.state("source-result", "works");
    assert.match(await p.id("source-result").innerText(), /Doesn’t relay packages/);
    await p.id("source-use").click();
    await p.id("source-used").waitFor();
  },

  "whoever hears each name is named": async (page) => {
    const p = await go(page, "network");
    assert.match(await p.id("settings-names").innerText(), /cloudflare-dns\.com is asked .* each name/);
  },

  "the password changes only with the present one": async (page) => {
    const p = await go(page, "security");
    await p.id("password-change").click();
    await p.id("password-old").fill("wrong");
    await p.id("password-new").fill("four other words here");
    await p.id("password-go").click();
    await p.getByText("That password doesn’t open it").waitFor();
    await p.id("password-old").fill("correct horse");
    await p.id("password-go").click();
    await p.id("password-done").waitFor();
  },

  "words: after the password, then the quiz, then it is done": async (page) => {
    const p = await go(page, "backup");
    await p.id("backup-not").waitFor();
    await p.id("backup-start").click();
    assert.equal(await p.has("word-1"), false);
    await p.id("words-password").fill("correct horse");
    await p.id("words-reveal").click();
    const words = await p.id("words").locator("b").allInnerTexts();
    assert.equal(words.length, 12);
    assert.match(await p.id("words-scope").innerText(), /bring back on-chain money/);
    await p.id("backup-written").click();
    assert.equal(await p.has("words"), false);
    await p.id("words-scope").waitFor();
    const fields = p.id("quiz-word");
    await fields.first().fill("wrong");
    await p.id("quiz-check").click();
    await p.getByText("Look at your paper.").first().waitFor();
    for (let i = 0; i < (await fields.count()); i += 1) {
      const place = Number(await fields.nth(i).getAttribute("data-place"));
      await fields.nth(i).fill(words[place - 1]);
    }
    await p.id("quiz-check").click();
    await p.id("backup-done").waitFor();
  },

  "health says the one thing to know": async (page) => {
    const p = await page("peer-away");
    await p.id("status").click();
    assert.match(await p.id("health-vault-note").innerText(), /A peer remembers how far it is/);
    assert.match(await p.id("health-verdict").innerText(), /Olive Grocer is away/);
    await p.keyboard.press("Escape");
    assert.equal(await p.has("health"), false);
  },

  "restoring says which word is wrong, and opens the wallet with the right ones": async (page) => {
    const p = await page("first-start");
    await p.id("restore").click();
    const words = "fade rely orbit tiny lamp motor cousin violin sketch apple ridge noble";
    await p.id("restore-words").fill(words.replace("orbit", "orbitt"));
    await p.id("restore-look").click();
    assert.match(await p.id("restore-error").innerText(), /Word 3/);
    await p.id("restore-words").fill(`  ${words.replaceAll(" ", "\n").toUpperCase()} `);
    await p.id("restore-look").click();
    await p.id("restore-password").fill("four words that fit");
    await p.id("restore-go").click();
    await p.id("balance-total").waitFor();
  },
};
