// The story that everything is measured by, in the real app: eleven steps, each answers the line that the tour prints.
// `ARCHITECTURE.md` says where the story comes from; the numbers are the same in the headless story test.
import * as books from "./books.mjs";
import { pageDied } from "./lib/app.mjs";
import { proves, readPicture } from "./lib/invoice.mjs";
import { photographShop, shrink } from "./lib/shop.mjs";
import * as hands from "./hands.mjs";

const FAUCET_SAT = 1_000_000;
const CHANNEL_SAT = 500_000;
const COFFEE_SAT = 2_100;
const REQUEST_SAT = 5_000;
const NOTE = "For the sandwich";
const PATIENT_MS = 60_000;
const CAMERA_TRIES = 3;

/** What each step's line looks like. */
export const LINES = [
  /^created .* in \d+\.\d s$/,
  /^received 1000000 sat on-chain, confirmed$/,
  /^opened 500000 sat to Hub, ready after 3 blocks, miner fee \d+ sat$/,
  /^Hub opened 500000 sat to you$/,
  /^paid 2100 sat to Shop in \d+\.\d\d s, fee \d+ sat, preimage verified \(picture\)$/,
  /^paid 2100 sat .* \(camera\)$/,
  /^paid 2100 sat .* \(screen\)$/,
  /^received 5000 sat over Lightning, note kept$/,
  /^killed and started again in \d+\.\d s, balances unchanged$/,
  /^closed 2 channels, on-chain \d+ sat$/,
  /^tour 11 steps, unexplained 0 sat$/,
];

export const STEPS = [create, fund, openChannel, hubOpens, payPicture, payCamera, payScreen, receive, killed, closeAll, explain];

async function create(world) {
  await world.app.find("first-start");
  await world.picture("01-first-start");
  const start = performance.now();
  await world.app.click("create-practice");
  await world.app.find("balance-total", PATIENT_MS);
  const seconds = (performance.now() - start) / 1000;
  await world.app.waitText("band", /Practice: pretend bitcoin/);
  await world.app.waitAttribute("balance-total", "data-msat", 0);
  await world.picture("02-home-empty");
  return `created a practice wallet in ${seconds.toFixed(1)} s`;
}

async function fund(world) {
  const { app } = world;
  await app.click("practice-faucet");
  await app.find("kept-onchain");
  await hands.mine(app, 1);
  await app.waitAttribute("can-spend-onchain", "data-msat", FAUCET_SAT * 1000);
  await world.picture("03-funded");
  return `received ${FAUCET_SAT} sat on-chain, confirmed`;
}

async function openChannel(world) {
  const { app } = world;
  await app.click("nav-channels");
  await app.click("channel-open");
  await app.type("open-amount", String(CHANNEL_SAT));
  await app.waitText("open-confirm", /500\s000/);
  // While what is shown is being worked out anew, the button waits.
  await app.waitAttribute("open-confirm", "aria-disabled", "false");
  await world.picture("04-open");
  await app.click("open-confirm");
  await app.click("open-done");
  await app.waitAttribute("channel-row", "data-state", "confirming");
  await hands.mine(app, 2);
  await app.waitText("channel-state", /2 of 3 confirmations/);
  await hands.mine(app, 1);
  await app.waitAttribute("channel-row", "data-state", "ready", PATIENT_MS);
  await world.picture("05-channel-ready");
  await app.click("nav-home");
  await hands.between(app, "can-send", 480_000, 495_000);
  world.opened = books.opening((await books.chain(world)).spending, CHANNEL_SAT);
  return `opened ${CHANNEL_SAT} sat to Hub, ready after 3 blocks, miner fee ${world.opened.fee} sat`;
}

async function hubOpens(world) {
  const { app } = world;
  await app.click("practice-hub-opens");
  await app.click("nav-channels");
  await app.until("two channels", async () => (await app.all("channel-row")).length === 2);
  await hands.mine(app, 3);
  await app.until("both are ready", async () => (await hands.channelStates(app)).every((state) => state === "ready"), PATIENT_MS);
  await world.picture("06-channels");
  await app.click("nav-home");
  await hands.between(app, "can-receive", 480_000, 500_000);
  return `Hub opened ${CHANNEL_SAT} sat to you`;
}

async function payPicture(world) {
  const { app } = world;
  const invoice = await order(world);
  await app.click("open-scan");
  await app.give("scan-picture-input", world.file("shop.png"));
  await app.waitAttribute("pay-state", "data-state", "check");
  await app.find("pay-fee-max");
  await world.picture("07-pay-check");
  const line = await confirm(world, invoice, "picture");
  await world.picture("08-paid");
  await app.click("pay-done");
  return line;
}

async function payCamera(world) {
  return surviving(world, scanAndPay);
}

async function payScreen(world) {
  return surviving(world, readScreenAndPay);
}

/**
 * The process of the page may die of a camera, as it starts or later (lib/camera.mjs says why). The window comes back by
 * itself (page.test.mjs); the driver does not, so the app is started again. The books tell whether it cost anything.
 */
async function surviving(world, step) {
  for (let left = CAMERA_TRIES; ; left -= 1) {
    try {
      return await step(world);
    } catch (error) {
      if (left === 1 || !pageDied(error)) throw error;
      console.error(`the page's process died in ${step.name}: once more`);
      await world.app.close();
      world.source = undefined;
      await world.start();
      await hands.unlock(world.app);
      await hands.between(world.app, "can-send", 470_000, 495_000);
    }
  }
}

async function scanAndPay(world) {
  const { app } = world;
  const invoice = await order(world);
  shrink(world.file("shop.png"), world.file("camera.png"));
  const camera = await world.cameras.show(world.file("camera.png"));
  try {
    await app.click("open-scan");
    await app.find("scan-video");
    await world.picture("09-scan");
    await app.waitAttribute("pay-state", "data-state", "check", PATIENT_MS);
    const line = await confirm(world, invoice, "camera");
    await app.click("pay-done");
    return line;
  } finally {
    // Left plugged in, it would keep the whole run alive.
    await camera.unplug();
  }
}

async function readScreenAndPay(world) {
  const { app } = world;
  const invoice = await order(world);
  world.photograph("10-shop");
  await app.click("open-scan");
  await app.click("scan-screen");
  await app.waitAttribute("pay-state", "data-state", "check");
  const line = await confirm(world, invoice, "screen");
  await app.click("pay-done");
  return line;
}

/** Orders a coffee; what the shop's window shows is in shop.png. Answers the invoice in it. */
export async function order(world) {
  await world.app.click("practice-coffee");
  const look = async () => {
    photographShop(world.display.name, world.file("shop.png"));
    return readPicture(world.file("shop.png"));
  };
  // The window comes first and is painted then; before a second coffee it still shows the first one's code.
  await world.app.until("the shop shows a new invoice", async () => {
    const invoice = await look().catch(() => null);
    if (invoice === null || invoice === world.invoice) return false;
    world.invoice = invoice;
    return true;
  });
  return world.invoice;
}

/** Looks at the quote, pays, and checks the proof against the invoice. */
async function confirm(world, invoice, source) {
  const { app } = world;
  await app.waitText("pay-payee", /Shop/);
  await app.waitAttribute("pay-amount", "data-msat", COFFEE_SAT * 1000);
  const most = await app.msat("pay-fee-max");
  const seconds = await app.secondsUntil("pay-confirm", "pay-state", "data-state", "paid");
  const fee = await app.msat("pay-fee");
  if (fee > most) throw new Error(`the fee was ${fee} msat, more than ${most}`);
  if (!proves(await app.attribute("pay-preimage", "data-value"), invoice)) throw new Error("the preimage proves nothing");
  world.routingMsat = (world.routingMsat ?? 0) + fee;
  world.coffees = (world.coffees ?? 0) + 1;
  return `paid ${COFFEE_SAT} sat to Shop in ${seconds.toFixed(2)} s, fee ${Math.round(fee / 1000)} sat, preimage verified (${source})`;
}

async function receive(world) {
  const { app } = world;
  const owned = await app.msat("balance-total");
  await app.click("open-receive");
  await app.type("receive-amount", String(REQUEST_SAT));
  await app.type("receive-note", NOTE);
  await app.waitAttribute("receive-uri", "data-value", /amount=0\.00005/i);
  await world.picture("11-receive");
  await app.click("practice-shop-pays");
  await app.waitAttribute("receive-state", "data-state", "paid");
  await world.picture("12-received");
  await app.click("receive-done");
  await app.waitText("latest", new RegExp(NOTE));
  await app.waitAttribute("balance-total", "data-msat", owned + REQUEST_SAT * 1000);
  return `received ${REQUEST_SAT} sat over Lightning, note kept`;
}

async function killed(world) {
  const before = await hands.balances(world.app);
  await world.app.kill();
  // The practice server comes back on another port.
  world.source = undefined;
  const start = performance.now();
  await world.start();
  await hands.unlock(world.app);
  await hands.sameAgain(world.app, before, PATIENT_MS);
  const seconds = (performance.now() - start) / 1000;
  if (await world.app.has("card-inTransit")) throw new Error("something is pending after the start");
  await world.picture("13-home");
  return `killed and started again in ${seconds.toFixed(1)} s, balances unchanged`;
}

async function closeAll(world) {
  const { app } = world;
  await app.click("nav-channels");
  await hands.closeTogether(app);
  await world.picture("14-closing");
  await hands.closeTogether(app);
  await hands.mineUntil(app, "every coin is on-chain", async () => !(await app.has("channel-row")));
  await app.click("nav-home");
  await app.waitAttribute("balance-lightning", "data-msat", 0);
  await world.picture("15-end");
  world.endMsat = await app.msat("can-spend-onchain");
  return `closed 2 channels, on-chain ${world.endMsat / 1000} sat`;
}

/** This wallet has what its payments and the chain's fees say; with everyone else's it is all that was ever mined. */
async function explain(world) {
  const chain = await books.chain(world);
  const minersMsat = (world.opened.fee + books.closing(chain.spending, world.opened).fee) * 1000;
  const expected = (FAUCET_SAT - world.coffees * COFFEE_SAT + REQUEST_SAT) * 1000 - world.routingMsat - minersMsat;
  const own = Math.abs(Math.trunc((world.endMsat - expected) / 1000));
  const all = await books.unexplained(world.app, chain);
  return `tour ${STEPS.length} steps, unexplained ${own + all} sat`;
}
