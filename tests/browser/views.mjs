// Every view: its name, the scene it is in, and how to get there.
import { readFileSync } from "node:fs";

const key = (...keys) => async (p) => {
  for (const one of keys) await p.keyboard.press(one);
};
const click = (...ids) => async (p) => {
  for (const id of ids) await p.id(id).first().click();
};
const quote = (text) => async (p) => {
  await p.keyboard.press("p");
  await p.id("pay-input").fill(text);
  await p.keyboard.press("Enter");
  await p.id("pay-state").locator(".payment").waitFor();
};
const paid = (text, state) => async (p) => {
  await quote(text)(p);
  await p.id("pay-confirm").click();
  await p.state("pay-state", state);
};
const settings = (name, ...ids) => async (p) => {
  await p.keyboard.press("Control+,");
  await click(`settings-${name}`, ...ids)(p);
};
/** The sources, and a picture given to them. */
const given = (name, until) => async (p, pictures) => {
  await p.id("open-scan").click();
  await p.id("scan-picture-input").setInputFiles(pictures[name]);
  await p.id(until).waitFor();
};

const first = [
  ["first start", "first-start", async () => undefined],
  ["create", "first-start", click("create")],
  ["restore", "first-start", click("restore")],
  ["what the words bring back", "first-start", async (p) => {
    await click("restore")(p);
    await p.id("restore-words").fill("fade rely orbit tiny lamp motor cousin violin sketch apple ridge noble");
    await click("restore-had-channels")(p);
    await p.id("ask-file").fill("/media/ada/channels.age");
    await click("restore-look")(p);
    await p.id("words-bring").waitFor();
  }],
  ["restore from a copy", "first-start", click("restore-copy")],
  ["what a copy brings back", "first-start", async (p) => {
    await click("restore-copy")(p);
    await p.id("restore-words").fill("fade rely orbit tiny lamp motor cousin violin sketch apple ridge noble");
    await p.id("copy-restore-place").fill("/media/ada/TORN");
    await p.id("copy-look").click();
    await p.id("comes-back").waitFor();
  }],
  ["locked", "locked", async () => undefined],
  ["refused", "refused", async () => undefined],
  ["crashed", "crashed", click("crashed-reason")],
];

const home = [
  ["home", "home", click("kept-lightning")],
  ["home, with a currency", "fiat", async () => undefined],
  ["home, with an old rate", "fiat-stale", async () => undefined],
  ["home, nothing yet", "empty", async () => undefined],
  ["all cards", "text-card", async () => undefined],
  ["an old copy", "quarantine", async () => undefined],
  ["a wallet that goes on elsewhere", "moved", click("card-quarantine")],
  ["a copy that a peer shows to be old", "witnessed", click("card-quarantine")],
  ["a disputed channel", "disputed", async () => undefined],
  ["offline", "offline", async () => undefined],
  ["health", "home", click("status")],
  ["keys", "home", key("?")],
  ["quitting", "home", async (p) => {
    await p.evaluate(() => { window.fulmenWorld.close(0); });
    await p.id("quit").waitFor();
  }],
  ["quitting while a payment is under way", "home", async (p) => {
    await p.evaluate(() => { window.fulmenWorld.close(1); });
    await p.id("quit-wait").waitFor();
  }],
  ["practice", "practice", async () => undefined],
  ["practice, with its drawer", "practice-home", async (p) => {
    // A narrow window starts without it; text that grows later leaves it where it is.
    if (!(await p.id("practice-drawer").isVisible())) await p.id("practice-show").click();
    await p.id("practice-books").click();
  }],
];

const paying = [
  ["a quote, with a currency", "fiat", quote("lnbc214u1p5ge0fzpp5qqqsyqcyq5rqwzqfqqqsyqcyq5rqwzqf")],
  ["a name", "home", quote("ada@shop.example")],
  ["a name, quoted", "home", async (p) => {
    await quote("ada@shop.example")(p);
    await p.id("pay-comment").fill("For the paperbacks");
    await p.id("pay-amount-input").fill("1234");
    await p.keyboard.press("Enter");
    await p.id("pay-confirm").waitFor();
  }],
  ["a name, paid", "home", async (p) => {
    await paid("coffee@shop.example", "paid")(p);
    await p.id("pay-preimage").waitFor();
  }],
  ["a link into the own network", "home", async (p) => {
    await p.keyboard.press("p");
    await p.id("pay-input").fill("lnurlp://private.example");
    await p.keyboard.press("Enter");
    await p.id("pay-problem").waitFor();
  }],
  ["a private key", "home", async (p) => {
    await p.keyboard.press("p");
    await p.id("pay-input").fill("KwdMAjGmerYanjeui5SHS7JkmpZvVipYvB2LJGU1ZxJwYvP98617");
    await p.keyboard.press("Enter");
    await p.id("sweep-amount").waitFor();
  }],
  ["a signed name", "home", quote("₿ada@shop.example")],
  ["they pay", "home", quote("lnurlw://shop.example/change")],
  ["they pay, asked for", "home", async (p) => {
    await quote("lnurlw://shop.example/change")(p);
    await p.id("pay-amount-input").fill("7000");
    await p.id("pay-withdraw").click();
    await p.state("pay-state", "asked");
  }],
  ["a sign-in", "home", quote("keyauth://shop.example?tag=login&k1=00")],
  ["pay", "home", key("p")],
  ["pay, with contacts", "contacts", async (p) => {
    await p.keyboard.press("p");
    await p.id("pay-contact-pick").first().waitFor();
  }],
  ["a contact", "contacts", async (p) => {
    await p.keyboard.press("p");
    await p.id("pay-input").fill("landlord");
    await p.keyboard.press("Enter");
    await p.id("pay-contact").waitFor();
  }],
  ["not understood", "home", async (p) => {
    await p.keyboard.press("p");
    await p.id("pay-input").fill("hello");
    await p.keyboard.press("Enter");
    await p.id("pay-problem").waitFor();
  }],
  ["check", "home", quote("lnbc1xyz")],
  ["an amount to choose", "home", quote("lnbcopen1")],
  ["an offer", "home", quote("lno1many")],
  ["an offer, waiting", "home", async (p) => {
    await quote("lno1slow")(p);
    await p.id("pay-comment-go").click();
    await p.id("pay-confirm").click();
    await p.state("pay-state", "onway");
  }],
  ["on-chain", "home", async (p) => {
    await quote("bc1qxyz")(p);
    await p.id("pay-amount-input").fill("5000");
    await p.id("pay-amount-go").click();
    await p.id("pay-confirm").waitFor();
  }],
  ["on-chain, choosing coins", "home", async (p) => {
    await quote("bc1qxyz")(p);
    await p.id("pay-amount-input").fill("5000");
    await p.id("pay-amount-go").click();
    await p.id("pay-coins-open").click();
    await p.id("pay-coin-1").check();
  }],
  ["on its way", "home", paid("lnbcslow1", "onway")],
  ["paid", "home", paid("lnbc1xyz", "paid")],
  ["failed", "home", paid("lnbcfail1", "failed")],
  ["camera", "home", async (p) => {
    await p.evaluate(() => { Worker.prototype.postMessage = () => undefined; });
    await p.keyboard.press("s");
    await p.state("scan-video", "live");
  }],
  ["no camera", "no-camera", key("s")],
  ["no code", "no-camera", given("plain", "scan-problem")],
  ["which code", "no-camera", given("two", "which")],
  ["where it was read", "no-camera", given("web", "pay-seen")],
  ["part of the screen", "no-camera", async (p, pictures) => {
    const screens = [pictures.two, pictures.plain].map((file) => readFileSync(file).toString("base64"));
    await p.evaluate((all) => { window.fulmenScreens = all; }, screens);
    await click("open-scan", "scan-part")(p);
    await p.id("part").waitFor();
  }],
  ["receive", "home", key("r")],
  ["receive, the address alone", "home", async (p) => {
    await p.keyboard.press("r");
    await click("receive-holds-address", "receive-rewrite")(p);
  }],
  ["receive, run out", "home", async (p) => {
    await p.clock.install();
    await p.keyboard.press("r");
    await p.id("receive-left").waitFor();
    await p.clock.fastForward(86_500_000);
    await p.state("receive-state", "expired");
  }],
  ["addresses", "home", async (p) => {
    await p.keyboard.press("r");
    await click("open-addresses")(p);
    await p.id("address-row").first().waitFor();
  }],
  ["an address", "home", async (p) => {
    await p.keyboard.press("r");
    await click("open-addresses")(p);
    await p.id("address-row").nth(1).click();
    await p.id("address-detail").waitFor();
  }],
  ["receive by offer", "home", async (p) => {
    await p.keyboard.press("r");
    await p.id("receive-way-again").click();
    await p.id("offer").first().waitFor();
  }],
  ["a new offer", "home", async (p) => {
    await p.keyboard.press("r");
    await p.id("receive-way-again").click();
    await p.id("offer-new").click();
    await p.id("offer-make").waitFor();
  }],
  ["no offer without a channel", "empty", async (p) => {
    await p.keyboard.press("r");
    await p.id("receive-way-again").click();
    await p.id("offer-notice-noChannel").waitFor();
  }],
  ["receive, as large as the window", "home", async (p) => {
    await p.keyboard.press("r");
    await p.id("receive-full-screen").click();
    await p.id("receive-full").waitFor();
  }],
];

const listed = [
  ["activity", "home", key("g", "a")],
  ["activity, searched", "home", async (p) => {
    await key("g", "a")(p);
    await p.id("activity-search").fill("sent last month >1k \"tea\"");
    await p.id("activity-empty").waitFor();
  }],
  ["contacts", "contacts", async (p) => {
    await key("g", "a")(p);
    await click("open-contacts")(p);
    await click("contact-edit")(p);
  }],
  ["no contacts", "home", async (p) => {
    await key("g", "a")(p);
    await click("open-contacts", "contacts-add")(p);
  }],
  ["a movement to a contact", "contacts", async (p) => {
    await key("g", "a")(p);
    await p.locator("[data-testid=movement-row][data-id=m5]").click();
    await click("contact-start")(p);
  }],
  ["no movements", "empty", key("g", "a")],
  ["movement", "home", async (p) => {
    await key("g", "a")(p);
    await p.locator("[data-testid=movement-row][data-id=m7]").click();
    await p.id("detail-preimage").waitFor();
    await p.id("detail-technical").click();
  }],
  ["channels", "home", key("g", "c")],
  ["channels of before", "lost", async (p) => {
    await key("g", "c")(p);
    await click("lost-more")(p);
  }],
  ["no channels", "empty", key("g", "c")],
  ["no channel before the words", "obstacle-words-not-proven", key("g", "c")],
  ["the first channel", "first-channel", async (p) => {
    await key("g", "c")(p);
    await click("channel-open")(p);
    await p.id("first-channel").waitFor();
  }],
  ["whom to open the first channel to", "first-channel", async (p) => {
    await key("g", "c")(p);
    await click("channel-open", "first-go")(p);
    await p.id("open-amount").waitFor();
  }],
  ["a channel", "home", async (p) => {
    await key("g", "c")(p);
    await p.id("channel-toggle").first().click();
    await p.id("channel-close").waitFor();
  }],
  ["closing together", "home", async (p) => {
    await key("g", "c")(p);
    await click("channel-toggle", "channel-close")(p);
    await p.id("close-confirm").waitFor();
  }],
  ["closing by force", "disputed", async (p) => {
    await click("card-disputed", "channel-decide")(p);
    await p.id("force-know").waitFor();
  }],
  ["opening a channel", "practice-home", async (p) => {
    await key("g", "c")(p);
    await click("channel-open")(p);
    await p.id("open-amount").fill("200000");
    await p.locator("[data-testid=open-confirm][aria-disabled=false]").waitFor();
  }],
];

const set = [
  ["settings", "home", key("Control+,")],
  ["settings, network", "home", settings("network")],
  ["settings, security", "home", settings("security")],
  ["a new password", "home", settings("security", "password-change")],
  ["settings, backup", "home", settings("backup")],
  ["settings, channels without a copy", "home", settings("backup", "no-copy-ask")],
  ["settings, backup with a copy", "copy-up-to-date", settings("backup")],
  ["settings, the copy\u2019s folder is gone", "copy-missing", settings("backup", "copy-change")],
  ["settings, backup on a server", "copy-server", settings("backup")],
  ["settings, the copy\u2019s server is away", "copy-server-away", settings("backup", "copy-change")],
  ["settings, the copy is proven", "copy-up-to-date", async (p) => {
    await settings("backup", "copy-prove")(p);
    await p.id("copy-proof-password").fill("correct horse");
    await p.id("copy-proof-go").click();
    await p.id("comes-back").waitFor();
  }],
  ["settings, the copy is turned off", "copy-catching-up", settings("backup", "copy-off")],
  ["the words", "home", async (p) => {
    await settings("backup", "backup-start")(p);
    await p.id("words-password").fill("correct horse");
    await p.id("words-reveal").click();
    await p.id("backup-written").waitFor();
  }],
  ["the words are asked for", "home", async (p) => {
    await settings("backup", "backup-start")(p);
    await p.id("words-password").fill("correct horse");
    await p.id("words-reveal").click();
    await p.id("backup-written").click();
    await p.id("quiz").waitFor();
  }],
  ["settings, coins", "home", settings("coins")],
  ["settings, a coin is frozen", "home", async (p) => {
    await settings("coins")(p);
    await p.id("coin-1").getByTestId("coin-freeze").click();
    await p.id("coin-0").getByTestId("coin-freeze").click();
    await p.id("coin-error").waitFor();
  }],
  ["settings, about", "home", settings("about")],
];

export const views = [...first, ...home, ...paying, ...listed, ...set];
