// Things a person does more than once.

const LONG_MS = 60_000;

/** Presses "Mine a block" this many times, each once the one before is in. */
export async function mine(app, blocks) {
  for (let i = 0; i < blocks; i += 1) {
    const before = await height(app);
    await app.click("practice-mine");
    await app.until("the block is in", async () => (await height(app)) > before);
  }
}

/** Mines until `done` answers true; 12 blocks are enough for everything that is not by force. */
export async function mineUntil(app, what, done) {
  for (let i = 0; i < 12 && !(await done()); i += 1) await mine(app, 1);
  await app.until(what, done);
}

/** Back to Home, whatever is open: what lies under a sheet, or beside a movement's detail, is out of reach. */
export async function home(app) {
  for (const id of ["sheet-close", "detail-close"]) if (await app.has(id)) await app.click(id);
  await app.click("nav-home");
}

/** The newest block that the practice drawer tells of. */
async function height(app) {
  const told = /Block ([\d\s]+) was mined/.exec(await app.text("practice-steps"));
  return told ? Number(told[1].replace(/\s/g, "")) : 0;
}

/** One channel to Hub, and one that Hub opens. */
export async function openChannels(app) {
  await home(app);
  await app.click("nav-channels");
  await app.click("channel-open");
  await app.type("open-amount", "500000");
  await app.waitText("open-confirm", /500\s000/);
  await app.waitAttribute("open-confirm", "aria-disabled", "false");
  await app.click("open-confirm");
  await app.click("open-done");
  await app.click("practice-hub-opens");
  await app.until("two channels", async () => (await app.all("channel-row")).length === 2);
  await mine(app, 3);
  await app.until("both are ready", async () => (await channelStates(app)).every((state) => state === "ready"), LONG_MS);
  await app.click("nav-home");
  await app.until("room to be paid", async () => (await app.msat("can-receive")) > 0, LONG_MS);
}

/** Reads a text on the pay sheet. */
export async function read(app, text) {
  await home(app);
  await app.click("open-pay");
  await app.type("pay-input", text);
  await app.click("pay-check");
}

/** Asks for money: how much, and what for. Answers the request's text once it is for that. */
export async function request(app, sat, note) {
  await home(app);
  await app.click("open-receive");
  await app.type("receive-amount", String(sat));
  await app.type("receive-note", note);
  await app.until("the request is for that", async () => {
    const fresh = (await app.attribute("receive-qr", "aria-busy")) === "false";
    return fresh && (await app.attribute("receive-uri", "data-value")).toLowerCase().includes(bitcoin(sat));
  });
  return app.attribute("receive-uri", "data-value");
}

/** As a link writes it. */
function bitcoin(sat) {
  return `amount=${(sat / 1e8).toFixed(8).replace(/0+$/, "")}`;
}

/** The figures that must survive a restart. */
export async function balances(app) {
  const ids = ["balance-total", "balance-lightning", "balance-onchain", "can-send", "can-receive", "can-spend-onchain"];
  const figures = {};
  for (const id of ids) figures[id] = await app.msat(id);
  return figures;
}

/** Waits until every figure is what it was; says which are not. */
export async function sameAgain(app, before, patience) {
  let different = [];
  const same = async () => {
    const now = await balances(app);
    different = Object.keys(before).filter((id) => before[id] !== now[id]).map((id) => `${id} ${before[id]} → ${now[id]}`);
    return different.length === 0;
  };
  await app.until("the same balances", same, patience).catch((error) => {
    throw new Error(`${error.message}: ${different.join(", ")}`);
  });
}

export async function between(app, id, leastSat, mostSat) {
  await app.until(`${id} is between ${leastSat} and ${mostSat} sat`, async () => {
    const sat = (await app.msat(id)) / 1000;
    return sat >= leastSat && sat <= mostSat;
  });
}

/** The state of each channel in the list. */
export async function channelStates(app) {
  return Promise.all((await app.all("channel-row")).map((row) => row.getAttribute("data-state")));
}

/** Opens the wallet if it asks for a password; a practice wallet has none. */
export async function unlock(app) {
  await app.until("the wallet or its lock", async () => (await app.has("balance-total")) || (await app.has("unlock-screen")));
  if (await app.has("unlock-screen")) await app.click("unlock");
  await app.find("balance-total");
}

/** Closes, together with the peer, the first channel that is ready. */
export async function closeTogether(app) {
  const rows = await app.all("channel-row");
  const states = await channelStates(app);
  const ready = states.indexOf("ready");
  if (ready < 0) throw new Error(`no channel is ready: ${states}`);
  await app.clickIn(rows[ready], "channel-toggle");
  await app.clickIn(rows[ready], "channel-close");
  await app.click("close-confirm");
  await app.until("it is closing", async () => (await channelStates(app))[ready] !== "ready");
}

/** The Esplora server in use, as Settings shows it. */
export async function sourceUrl(app) {
  await app.click("nav-settings");
  await app.click("settings-network");
  const url = await app.attribute("settings-source", "data-value");
  await app.click("nav-home");
  return url;
}
