import assert from "node:assert/strict";

export default {
  "money in other accounts is named and moved here, after the password": async (page) => {
    const p = await page("other-accounts");
    assert.match(await p.id("card-otherAccounts").innerText(), /1\D216\D945\s?sat in other accounts/);
    await p.id("card-otherAccounts").click();
    const found = p.id("accounts-found");
    assert.match(await found.innerText(), /12\D345\s?sat at BIP 86 \(Taproot\), account 0/);
    await p.id("account-bip44-2").getByRole("button").click();
    await p.id("sweep-amount").waitFor();
    assert.equal(await p.id("sweep-amount").getAttribute("data-msat"), "1203334000");
    assert.equal(await p.id("sweep-fee").getAttribute("data-msat"), "666000");
    assert.match(await p.id("sweep").innerText(), /600\s?sat \(moving it costs more than it brings\)/);
    await p.id("sweep-speed-fast").click();
    await p.waitForFunction(() => document.querySelector("[data-testid=sweep-fee]")?.getAttribute("data-msat") === "1332000");
    await p.id("sweep-password").fill("wrong");
    await p.id("sweep-confirm").click();
    await p.getByText("That password doesn’t open it").waitFor();
    await p.id("sweep-password").fill("correct horse");
    await p.id("sweep-confirm").click();
    await p.id("sweep-done").waitFor();
    await p.id("sweep-close").click();
    assert.doesNotMatch(await found.innerText(), /BIP 44/);
    assert.match(await found.innerText(), /BIP 86/);
  },

  "an empty wallet after a restore says where it looked": async (page) => {
    const p = await page("nothing-found");
    assert.match(await p.id("card-nothingFound").innerText(), /BIP 44, 49, 84, or 86, accounts 0 to 4, without a passphrase/);
    await p.id("card-nothingFound").click();
    await p.id("accounts-nothing").waitFor();
    assert.match(await p.id("accounts").innerText(), /If your words had one, restore them with it/);
  },

  "a wallet that never looked looks when it is asked": async (page) => {
    const p = await page("home");
    await p.id("nav-settings").click();
    await p.id("settings-backup").click();
    assert.match(await p.id("accounts-nothing").innerText(), /has not looked there/);
    await p.id("accounts-look").click();
    await p.getByText(/Nothing there\. Looked at/).waitFor();
  },

  "a private key is collected from without a password, and its text is not kept": async (page) => {
    const p = await page("home");
    await p.id("open-pay").click();
    await p.id("pay-input").fill("KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617");
    await p.keyboard.press("Enter");
    await p.id("sweep-amount").waitFor();
    assert.match(await p.id("sweep-key-means").innerText(), /doesn’t keep the key/);
    assert.equal(await p.id("sweep-amount").getAttribute("data-msat"), "249334000");
    assert.equal(await p.id("sweep-password").count(), 0);
    assert.doesNotMatch(await p.content(), /KwdMAjGm/);
    await p.id("sweep-confirm").click();
    await p.id("sweep-done").waitFor();
    assert.match(await p.id("sweep-done").innerText(), /Don’t let anybody pay to that key again/);
    await p.id("sweep-close").click();
    assert.equal(await p.id("sweep").count(), 0);
  },
};
