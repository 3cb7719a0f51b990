// Every call of the page passes here before it reaches Rust, in a frame of its own that the page cannot change. What is not
// listed goes no further: the page then waits for an answer for ever. Rust checks again; `tests/house.rs` holds this list
// against the commands, and the pretend shell calls it for every call of the browser tests.
(() => {
  const text = (value) => typeof value === "string";
  const texts = (value) => Array.isArray(value) && value.every(text);
  const yes = (value) => typeof value === "boolean";
  const whole = (value) => Number.isSafeInteger(value) && value >= 0;
  const maybe = (fits) => (value) => value === undefined || value === null || fits(value);
  const one = (...known) => (value) => known.includes(value);
  const either = (...shapes) => (value) => shapes.some((fits) => fits(value));
  /** These keys, and no others. */
  const shape = (keys) => (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.keys(value).every((key) => Object.hasOwn(keys, key)) &&
    Object.entries(keys).every(([key, fits]) => fits(value[key]));
  const of = (type, keys = {}) => shape({ type: one(type), ...keys });

  const network = one("mainnet", "testnet4", "signet", "mutinynet", "regtest", "practice");
  const speed = either(of("fast"), of("normal"), of("slow"), of("custom", { satPerVb: whole }));
  const account = shape({ kind: text, number: whole });
  const source = shape({ network, words: text, passphrase: maybe(text), place: text });
  const ask = shape({ file: text, peers: text, suggested: yes });
  const nothing = shape({});
  const payee = shape({ instructionId: text, amountMsat: maybe(whole) });
  const payees = (value) => Array.isArray(value) && value.every(payee);
  const kind = one("sent", "received", "channels", "opened", "closed", "lightning", "onchain", "pending", "failed");
  const filter = shape({
    text, only: (value) => Array.isArray(value) && value.every(kind),
    minMsat: maybe(whole), maxMsat: maybe(whole), sinceSecs: maybe(whole), untilSecs: maybe(whole),
  });

  const commands = {
    abandon_payment: shape({ id: text }),
    activity: shape({ filter, beforeId: maybe(text) }),
    addresses: nothing,
    app_state: nothing,
    ask_peers: shape({ request: ask }),
    bump: shape({ quoteId: text }),
    bump_preview: shape({ request: shape({ id: text, wish: one("speedUp", "callOff"), speed }) }),
    buys: shape({ currency: text, minor: whole }),
    change_password: shape({ request: shape({ old: maybe(text), new: maybe(text) }) }),
    choose_copy_place: shape({ place: text }),
    choose_network: shape({ network }),
    close_channel: shape({ previewId: text }),
    close_preview: shape({ request: shape({ channelId: text, way: one("together", "force") }) }),
    coins: nothing,
    collect_refund: shape({ instructionId: text }),
    connect_peer: shape({ nodeId: text, place: text }),
    contacts: nothing,
    copy_now: nothing,
    create: shape({ request: shape({ network, password: maybe(text) }) }),
    descriptors: nothing,
    forget_contact: shape({ id: text }),
    freeze_coin: shape({ outpoint: text, frozen: yes }),
    give_up_channels: nothing,
    go_online: nothing,
    health: nothing,
    keep_channel_open: shape({ channelId: text }),
    label_coin: shape({ outpoint: text, label: text }),
    label_movement: shape({ id: text, label: text }),
    lock: nothing,
    look_for_other_accounts: nothing,
    look_up: shape({ instructionId: text }),
    make_offer: shape({ request: shape({ amountMsat: maybe(whole), description: maybe(text), label: maybe(text) }) }),
    movement: shape({ id: text }),
    offers: nothing,
    open_channel: shape({ previewId: text }),
    open_preview: shape({ request: shape({ peer: text, amountSat: whole }) }),
    other_accounts: nothing,
    pay: shape({ quoteId: text }),
    practice: shape({
      action: either(of("faucet"), of("mine", { blocks: whole }), of("hubOpens"), of("orderCoffee"), of("shopPays", { text })),
    }),
    practice_log: nothing,
    preview: shape({
      request: shape({
        instructionId: text, amountMsat: maybe(whole), speed: maybe(speed), everything: yes, comment: maybe(text), quantity: maybe(whole),
        retries: maybe(text), coins: maybe(texts), also: maybe(payees), payerName: maybe(text), payerEmail: maybe(text),
      }),
    }),
    preview_labels: shape({ text }),
    preview_restore: shape({ source }),
    preview_words: shape({ request: shape({ network, words: text, passphrase: maybe(text), ask }) }),
    prove_copy: shape({ password: maybe(text) }),
    prove_words: shape({ typed: texts }),
    psbt_preview: shape({ instructionId: text }),
    quit: shape({ choice: one("now", "whenSettled", "stay") }),
    read_clipboard: nothing,
    read_recipients: shape({ text }),
    read_text: shape({ text }),
    receive: shape({ request: shape({ amountMsat: maybe(whole), note: maybe(text), expirySecs: whole, replaces: maybe(text) }) }),
    restore: shape({ request: shape({ network, words: text, passphrase: maybe(text), password: maybe(text), ask }) }),
    restore_copy: shape({ request: shape({ source, password: maybe(text), generation: whole }) }),
    save_contact: shape({ text, name: text }),
    save_labels: nothing,
    save_receipt: shape({ html: text }),
    save_table: nothing,
    save_request: shape({ text, form: one("small", "unchanged") }),
    save_unsigned_psbt: shape({ quoteId: text }),
    scan_screen: nothing,
    send_psbt: shape({ quoteId: text }),
    settings: nothing,
    show_words: shape({ password: maybe(text) }),
    sign_in: shape({ instructionId: text }),
    sign_psbt: shape({ quoteId: text }),
    snapshot: nothing,
    sweep: shape({ request: shape({ previewId: text, password: maybe(text) }) }),
    sweep_preview: shape({ request: shape({ from: either(of("account", { account }), of("key", { instructionId: text })), speed }) }),
    take_back: shape({ id: text }),
    take_labels: shape({ previewId: text }),
    test_source: shape({ url: text }),
    turn_copy_off: nothing,
    unsigned_psbt: shape({ quoteId: text }),
    unlock: shape({ password: maybe(text) }),
    update_settings: shape({
      patch: shape({
        unit: maybe(one("sat", "btc", "integer")), hideAmounts: maybe(yes), theme: maybe(one("system", "light", "dark")), sourceUrls: maybe(texts),
        crashSeen: maybe(yes), spendLimitSat: maybe(whole), lockAfterMinutes: maybe(whole),
        channelCapSat: maybe(whole), noCopy: maybe(yes), currency: maybe(text),
      }),
    }),
    withdraw: shape({ request: shape({ instructionId: text, amountMsat: maybe(whole) }) }),
  };
  /** Tauri's own: hearing events, and filling the clipboard. */
  const plugins = {
    "plugin:event|listen": shape({ event: one("wallet"), target: shape({ kind: one("Any") }), handler: whole }),
    "plugin:event|unlisten": shape({ event: one("wallet"), eventId: whole }),
    "plugin:clipboard-manager|write_text": shape({ label: maybe(text), text }),
  };
  const known = new Map(Object.entries({ ...commands, ...plugins }));

  Object.defineProperty(window, "__TAURI_ISOLATION_HOOK__", {
    value: (message) => {
      const fits = known.get(message.cmd);
      if (!fits?.(message.payload ?? {})) throw new Error(`the page may not call ${message.cmd} like this`);
      return message;
    },
  });
})();
