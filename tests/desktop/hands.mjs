// Things a person does more than once.

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

/** The newest block that the practice drawer tells of. */
async function height(app) {
  const told = /Block ([\d\s]+) was mined/.exec(await app.text("practice-steps"));
  return told ? Number(told[1].replace(/\s/g, "")) : 0;
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
