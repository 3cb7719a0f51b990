import assert from "node:assert/strict";

const words = "fade rely orbit tiny lamp motor cousin violin sketch apple ridge noble";

const look = async (page, folder, options) => {
  const p = await page("first-start", options);
  await p.id("restore-copy").click();
  await p.id("restore-words").fill(words);
  await p.id("copy-restore-place").fill(folder);
  await p.id("copy-look").click();
  return p;
};

export default {
  "words and a copy: first what comes back, to the sat, then the wallet": async (page) => {
    const p = await look(page, "/media/ada/STICK");
    await p.id("comes-back").waitFor();
    const [total, onchain, channels] = [await p.msat("comes-back-total"), await p.msat("comes-back-onchain"), await p.msat("comes-back-channels")];
    const closing = await p.msat("comes-back-closing");
    assert.equal(total, onchain + channels + closing);
    assert.equal(await p.id("comes-back-channel").count(), 2);
    assert.ok((await p.msat("comes-back-if-closed")) < channels);
    assert.match(await p.id("comes-back-when").innerText(), /4 min ago/);
    assert.match(await p.id("comes-back").innerText(), /What does not come back[\s\S]*after the last change/);
    assert.match(await p.id("copy-seen").innerText(), /One computer only/);
    await p.id("copy-restore-password").fill("lamp orbit violin");
    await p.id("copy-restore-go").click();
    await p.id("balance-total").waitFor();
    assert.equal(await p.msat("balance-total"), total);
  },

  "without a password it says what that means": async (page) => {
    const p = await look(page, "/media/ada/STICK");
    assert.match(await p.id("copy-seen").innerText(), /Anyone at this computer can spend/);
    await p.id("copy-restore-without-password").click();
    await p.id("balance-total").waitFor();
  },

  "a copy whose newest part is damaged says so before anything is done": async (page) => {
    const p = await look(page, "/media/ada/TORN");
    assert.match(await p.id("comes-back-torn").innerText(), /can\u2019t be read/);
    await p.id("copy-seen-back").click();
    assert.equal(await p.id("copy-restore-place").inputValue(), "/media/ada/TORN");
    assert.equal(await p.id("restore-words").inputValue(), words);
  },

  "each refusal is its own": async (page) => {
    const p = await look(page, "/nowhere");
    assert.match(await p.id("copy-restore-error").innerText(), /folder isn\u2019t there/);
    for (const [folder, says] of [["/media/ada/OTHER", /don\u2019t open this copy/], ["/media/ada/DAMAGED", /can\u2019t be read/]]) {
      await p.id("copy-restore-place").fill(folder);
      await p.id("copy-look").click();
      await p.getByText(says).waitFor();
    }
    await p.id("restore-words").fill("fade rely nonsense");
    await p.id("copy-look").click();
    assert.match(await p.id("restore-error").innerText(), /12 or 24 words/);
    assert.equal(await p.has("copy-restore-error"), false);
    await p.id("copy-restore-back").click();
    await p.id("first-start").waitFor();
  },

  "the copy is proven, with the password": async (page) => {
    const p = await page("copy-up-to-date");
    await p.id("nav-settings").click();
    await p.id("settings-backup").click();
    await p.id("copy-prove").click();
    await p.id("copy-proof-password").fill("wrong");
    await p.id("copy-proof-go").click();
    await p.getByText("That password doesn\u2019t open it").waitFor();
    await p.id("copy-proof-password").fill("correct horse");
    await p.id("copy-proof-go").click();
    assert.match(await p.id("copy-proven").innerText(), /has everything/);
    assert.ok((await p.msat("comes-back-total")) > 0);
    await p.id("copy-proof-done").click();
    await p.id("copy-prove").waitFor();
  },

  "a copy that lacks something says how much": async (page) => {
    const p = await page("copy-catching-up");
    await p.id("nav-settings").click();
    await p.id("settings-backup").click();
    await p.id("copy-prove").click();
    await p.id("copy-proof-password").fill("correct horse");
    await p.id("copy-proof-go").click();
    assert.match(await p.id("copy-proven").innerText(), /3 changes are not in it yet/);
  },

  "a wallet that goes on elsewhere says so": async (page) => {
    const p = await page("moved");
    await p.id("card-quarantine").click();
    assert.match(await p.id("quarantine-dialog").innerText(), /goes on elsewhere[\s\S]*Use the other computer/);
    await p.id("quarantine-wait").click();
  },

  "words alone: first what comes back, to the sat, and whom it hangs on; then the wallet": async (page) => {
    const p = await page("first-start");
    await p.id("restore").click();
    await p.id("restore-words").fill(words);
    await p.id("restore-had-channels").click();
    await p.id("ask-file").fill("/media/ada/channels.age");
    await p.id("restore-look").click();
    await p.id("words-bring").waitFor();
    const accounts = await p.msat("words-bring-account");
    assert.equal(await p.msat("words-bring-total"), (await p.msat("words-bring-onchain")) + accounts);
    assert.equal(await p.msat("words-bring-locked"), 2_000_000_000);
    assert.match(await p.id("words-bring").innerText(), /your part and the peer\u2019s together/);
    assert.equal(await p.id("lost-peer").count(), 4);
    assert.equal(await p.locator('[data-testid="lost-channel"][data-state="open"]').count(), 1);
    await p.id("restore-without-password").click();
    await p.id("balance-total").waitFor();
  },

  "without peers it says that nobody is asked, and without a server the restore goes on": async (page) => {
    const p = await page("first-start");
    await p.id("restore").click();
    await p.id("restore-words").fill(words);
    await p.id("restore-look").click();
    assert.match(await p.id("words-bring-nobody").innerText(), /nobody will be asked/);
    await p.id("words-seen-back").click();
    await p.id("restore-had-channels").click();
    await p.id("ask-file").fill("/media/NO-SERVER");
    await p.id("restore-look").click();
    await p.id("restore-failed").waitFor();
    await p.id("restore-unseen").click();
    await p.id("words-unseen").waitFor();
    await p.id("restore-without-password").click();
    await p.id("balance-total").waitFor();
  },

  "a list of peers is checked line by line, and a file that is none says so": async (page) => {
    const p = await page("first-start");
    await p.id("restore").click();
    await p.id("restore-words").fill(words);
    await p.id("restore-had-channels").click();
    await p.id("ask-peers").fill("02ab@host.example:9735\nnonsense\n\n03@");
    await p.id("restore-look").click();
    assert.match(await p.id("ask-error").innerText(), /Lines 2, 4/);
    await p.id("ask-peers").fill("");
    for (const [file, says] of [["/nowhere", /no file of channels/], ["/media/OTHER", /don\u2019t open this file/]]) {
      await p.id("ask-file").fill(file);
      await p.id("restore-look").click();
      await p.getByText(says).waitFor();
    }
  },

  "channels of before: how far each peer is, what waits to be moved, and more peers to ask": async (page) => {
    const p = await page("lost");
    await p.id("nav-channels").click();
    const states = await p.locator('[data-testid="lost-peer"]').evaluateAll((all) => all.map((one) => one.dataset.state));
    assert.deepEqual(states, ["connected", "away", "notReached", "hasNone"]);
    assert.equal(await p.msat("lost-closed"), 212_480_000);
    assert.equal(await p.id("lost-channel").filter({ hasText: /not seen on the chain[\s\S]*Asked to close/ }).count(), 1);
    assert.equal(await p.msat("lost-back"), 640_112_000);
    assert.match(await p.id("lost-scripts").innerText(), /400 of 1\s000/);
    await p.id("lost-more").click();
    await p.id("ask-peers").fill("nonsense");
    await p.id("lost-ask").click();
    assert.match(await p.id("ask-error").innerText(), /no node and address/);
    await p.id("ask-peers").fill("02ab@host.example:9735");
    await p.id("lost-ask").click();
    await p.id("lost-more").waitFor();
    await p.id("lost-move").click();
    await p.id("accounts").waitFor();
  },

  "a copy that a peer shows to be old says how it is known": async (page) => {
    const p = await page("witnessed");
    await p.id("card-quarantine").click();
    assert.match(await p.id("quarantine-dialog").innerText(), /newer copy of this wallet exists[\s\S]*A peer of one of your channels[\s\S]*used last/);
    await p.id("quarantine-wait").click();
  },
};
