import assert from "node:assert/strict";

const text = (p, id) => p.id(id).first().innerText();
const read = async (p, what) => {
  await p.id("open-pay").click();
  await p.id("pay-input").fill(what);
  await p.keyboard.press("Enter");
};

export default {
  "whoever was paid by name is saved, and shown by their name everywhere": async (page) => {
    const p = await page("home");
    await read(p, "ada@shop.example");
    await p.id("pay-amount-input").fill("2 100");
    await p.keyboard.press("Enter");
    await p.id("pay-confirm").click();
    await p.state("pay-state", "paid");
    await p.id("contact-start").click();
    await p.id("contact-save").click();
    assert.match(await text(p, "contact-form"), /Write a name/);
    await p.id("contact-name").fill("Ada of the books");
    await p.keyboard.press("Enter");
    await p.id("contact-start").waitFor({ state: "detached" });
    await p.id("pay-done").click();
    await p.id("movement-row").filter({ hasText: "Ada of the books" }).first().click();
    assert.equal(await text(p, "payee-contact"), "Ada of the books");
    assert.equal(await text(p, "payee-text"), "ada@shop.example", "and what that really is");
    // Again, with the same amount.
    await p.id("pay-payee-again").click();
    await p.id("pay-contact").waitFor();
    assert.equal(await text(p, "pay-contact"), "Ada of the books");
    assert.equal(await text(p, "pay-payee"), "ada@shop.example");
    assert.match(await p.id("pay-amount-input").inputValue(), /^2.?100$/);
    assert.deepEqual(p.faults, []);
  },

  "a contact is found by typing its name, and the check says what it pays": async (page) => {
    const p = await page("contacts");
    await p.id("open-pay").click();
    await p.id("pay-contact-pick").first().waitFor();
    await p.id("pay-input").fill("radio");
    await p.waitForFunction(() => document.querySelectorAll("[data-testid=pay-contact-pick]").length === 1);
    await p.keyboard.press("Enter");
    await p.id("pay-contact").waitFor();
    assert.equal(await text(p, "pay-contact"), "Night Radio");
    assert.match(await p.id("pay-payee").getAttribute("data-value"), /^02d5/);
    // Two of one name are told apart by what they pay.
    await p.id("pay-change").click();
    await p.id("pay-input").fill("ada");
    await p.waitForFunction(() => document.querySelectorAll("[data-testid=pay-contact-pick]").length === 2);
    await p.keyboard.press("Enter");
    await p.id("pay-problem").waitFor();
    await p.id("pay-contact-pick").filter({ hasText: "₿ada@other.example" }).click();
    await p.id("pay-same-name").waitFor();
    assert.equal(await text(p, "pay-payee"), "₿ada@other.example");
  },

  "what is typed and can be paid is paid, whatever a contact is called": async (page) => {
    const p = await page("contacts");
    await p.evaluate(() => {
      const { snapshot } = window.fulmenWorld;
      snapshot.contacts = snapshot.contacts.map((one) => (one.name === "Landlord" ? { ...one, name: "eve@shop.example" } : one));
      window.fulmenWorld.tell({ type: "contacts", contacts: snapshot.contacts });
    });
    await read(p, "eve@shop.example");
    await p.id("pay-payee").waitFor();
    assert.equal(await p.has("pay-contact"), false);
    assert.equal(await text(p, "pay-payee"), "eve@shop.example");
  },

  "contacts are listed with what they were paid, renamed and forgotten": async (page) => {
    const p = await page("contacts");
    await p.id("nav-activity").click();
    await p.id("open-contacts").click();
    const rows = p.id("contact");
    await rows.first().waitFor();
    assert.equal(await rows.count(), 6);
    assert.match(await rows.first().innerText(), /Night Radio[\s\S]*1\s140[\s\S]*1 payment · last/);
    assert.equal(await p.id("contact-same-name").count(), 2);
    const landlord = rows.filter({ hasText: "Landlord" });
    await landlord.getByTestId("contact-edit").click();
    assert.match(await landlord.innerText(), /Ask them for a new one/);
    await landlord.getByTestId("contact-name").fill("ADA");
    await p.id("contact-taken").waitFor();
    await landlord.getByTestId("contact-name").fill("The flat");
    await landlord.getByTestId("contact-save").click();
    const flat = rows.filter({ hasText: "The flat" });
    await flat.getByTestId("contact-edit").click();
    await flat.getByTestId("contact-forget").click();
    await p.waitForFunction(() => document.querySelectorAll("[data-testid=contact]").length === 5);
    await p.id("contacts-add").click();
    await p.id("contact-whom").fill("lnbc1xyz");
    await p.id("contact-name").fill("Once");
    await p.keyboard.press("Enter");
    assert.match(await text(p, "contact-error"), /for one payment/);
    await p.id("contact-whom").fill("bob@example.com");
    await p.id("contact-save").click();
    await p.waitForFunction(() => document.querySelectorAll("[data-testid=contact]").length === 6);
    await rows.filter({ hasText: "bob@example.com" }).getByTestId("contact-pay").click();
    await p.id("pay-payee").waitFor();
    assert.equal(await text(p, "pay-contact"), "Once");
  },

  "of two hundred one is found, and nobody yet says so": async (page) => {
    const p = await page("contacts-many");
    await p.id("open-pay").click();
    assert.match(await text(p, "pay-all-contacts"), /200/);
    await p.id("pay-all-contacts").click();
    await p.id("contacts-find").fill("friend 123");
    await p.waitForFunction(() => document.querySelectorAll("[data-testid=contact]").length === 1);
    await p.id("contacts-find").fill("nobody");
    await p.id("contacts-none-found").waitFor();
    const none = await page("home");
    await none.id("open-pay").click();
    await none.id("pay-input").waitFor();
    assert.equal(await none.has("pay-contacts"), false);
    await none.keyboard.press("Escape");
    await none.id("nav-activity").click();
    await none.id("open-contacts").click();
    await none.id("contacts-empty").waitFor();
  },

  "a receipt has a contact's name only if that is wanted": async (page) => {
    const p = await page("contacts");
    await p.id("nav-activity").click();
    await p.locator("[data-testid=movement-row][data-id=m5]").click();
    await p.id("receipt-save").waitFor();
    await p.evaluate(() => {
      window.receipts = [];
      const hook = window.__TAURI_INTERNALS__.invoke;
      window.__TAURI_INTERNALS__.invoke = (cmd, args, options) => {
        if (cmd === "save_receipt") window.receipts.push(args.html);
        return hook(cmd, args, options);
      };
    });
    await p.id("receipt-save").click();
    await p.id("receipt-saved").waitFor();
    await p.id("receipt-named").check();
    await p.id("receipt-save").click();
    await p.waitForFunction(() => window.receipts.length === 2);
    const [plain, named] = await p.evaluate(() => window.receipts);
    assert.equal(plain.includes("Paid to</dt><dd>Night Radio"), false);
    assert.ok(named.includes("Paid to</dt><dd>Night Radio"));
  },
};
