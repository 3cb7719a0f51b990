import assert from "node:assert/strict";

const go = async (page, scene) => {
  const p = await page(scene);
  await p.id("nav-settings").click();
  await p.id("settings-backup").click();
  await p.id("copy").waitFor();
  return p;
};

/** Each state, by its scene: what it says, how old the copy is. */
const states = {
  "copy-up-to-date": ["upToDate", /up to date/, "Copy 0.8 s old"],
  "copy-catching-up": ["catchingUp", /catching up/, "Copy 12 s old"],
  "copy-waiting": ["waiting", /takes long/, "Copy 4.1 s old"],
  "copy-missing": ["missing", /isn’t there/, "Copy 25 min old"],
  "copy-refused": ["refused", /can’t be written/, "Copy 1 min 1 s old"],
  "copy-foreign": ["foreign", /Another wallet/, "Copy 2 h old"],
  "copy-ahead": ["ahead", /newer than this wallet/, "Copy 5 min old"],
  "copy-newer": ["newer", /newer Fulmen/, "Copy 5 min old"],
  "copy-paused": ["paused", /No copy is written now/, null],
};

export default {
  ...Object.fromEntries(
    Object.entries(states).map(([scene, [state, says, age]]) => [
      `the copy says: ${state}`,
      async (page) => {
        const p = await go(page, scene);
        await p.state("copy", state);
        assert.match(await p.id("copy-says").innerText(), says);
        if (age) assert.equal(await p.id("copy-age").innerText(), age);
        else assert.equal(await p.has("copy-age"), false);
        assert.equal(await p.id("copy-place").innerText(), "/media/ada/STICK");
      },
    ]),
  ),

  "a folder is chosen, or why not is said": async (page) => {
    const p = await go(page, "home");
    await p.state("copy", "off");
    await p.id("copy-path").fill("/nowhere");
    await p.id("copy-choose").click();
    assert.match(await p.id("copy-error").innerText(), /isn’t there/);
    await p.id("copy-path").fill("/media/ada/OTHER");
    await p.id("copy-choose").click();
    await p.getByText("Two wallets never share one folder").waitFor();
    await p.state("copy", "off");
    await p.id("copy-path").fill("/media/ada/STICK");
    await p.id("copy-choose").click();
    await p.state("copy", "upToDate");
    assert.equal(await p.has("copy-error"), false);
  },

  "a server is chosen, or why not is said": async (page) => {
    const p = await go(page, "home");
    for (const [address, says] of [["http://vss.example.org/vss", /isn’t encrypted/], ["https://nowhere.example.org/vss", /doesn’t answer/]]) {
      await p.id("copy-path").fill(address);
      await p.id("copy-choose").click();
      await p.getByText(says).first().waitFor();
    }
    await p.state("copy", "off");
    await p.id("copy-path").fill("https://vss.example.org/vss");
    await p.id("copy-choose").click();
    await p.state("copy", "upToDate");
    assert.equal(await p.id("copy-place").innerText(), "https://vss.example.org/vss");
  },

  "a server that is away or does not let us in says so": async (page) => {
    for (const [scene, state, says] of [["copy-server-away", "away", /server doesn’t answer/], ["copy-server-clock", "notAdmitted", /clock right/]]) {
      const p = await go(page, scene);
      await p.state("copy", state);
      assert.match(await p.id("copy-says").innerText(), says);
    }
  },

  "copy now, another folder and off each say what they mean": async (page) => {
    const p = await go(page, "copy-up-to-date");
    await p.id("copy-now").click();
    await p.id("copy-done").waitFor();
    await p.id("copy-change").click();
    assert.match(await p.id("copy-change-why").innerText(), /stays there, gets old/);
    await p.id("copy-path").fill("/media/ada/SECOND");
    await p.id("copy-choose").click();
    await p.getByText("/media/ada/SECOND").waitFor();
    await p.id("copy-off").click();
    assert.match(await p.id("copy-off-why").innerText(), /can’t bring channels back/);
    await p.id("copy-keep").click();
    await p.state("copy", "upToDate");
    await p.id("copy-off").click();
    await p.id("copy-off-yes").click();
    await p.state("copy", "off");
  },

  "the folder is pulled out and put back while one looks": async (page) => {
    const p = await go(page, "copy-missing");
    await p.id("copy-now").click();
    await p.id("copy-error").waitFor();
    await p.evaluate(() => {
      const world = window.fulmenWorld;
      const copy = { ...world.snapshot.copy, state: "catchingUp", lagMillis: 1_501_000 };
      world.tell({ type: "copy", copy });
    });
    await p.state("copy", "catchingUp");
  },
};
