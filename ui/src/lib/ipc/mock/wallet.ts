/** Creating, opening, locking and settings in the pretend shell. */
import type { ChangePassword, CopySource, CreateRequest, RestoreCopyRequest, RestoreRequest, SettingsPatch, WordsRequest } from "../gen/dto";
import type { NetworkId } from "../gen/view";
import { comesBack, copyIn } from "./copy";
import { empty, full, now, settings } from "./data";
import { previewWords } from "./lost";
import { buys, known } from "./rates";
import type { World } from "./world";

const words = "fade rely orbit tiny lamp motor cousin violin sketch apple ridge noble".split(" ");
const asked = [2, 7, 12];

function made(world: World, network: NetworkId, password: string | null) {
  world.settings = { ...settings(network), hasPassword: password !== null };
  world.password = password ?? "";
  world.snapshot = empty(network);
  return world.enter({ type: "open", network });
}

function checkWords(world: World, text: string) {
  const typed = text.trim().split(/\s+/);
  const wrong = typed.findIndex((word) => !words.includes(word));
  if (typed.length !== 12 && typed.length !== 24) throw world.error("word_count");
  if (wrong >= 0) throw world.error("unknown_word", wrong + 1);
}

function previewRestore(world: World, source: CopySource) {
  checkWords(world, source.words);
  if (!source.place.startsWith("/media/")) throw world.error("copy_missing");
  if (source.place.includes("OTHER")) throw world.error("copy_foreign");
  if (source.place.includes("DAMAGED")) throw world.error("copy_damaged");
  return { ...comesBack(full(source.network), now() - 4 * 60), whole: !source.place.includes("TORN") };
}

export function mockWallet(world: World) {
  const check = (password: string | null) => {
    if (world.settings.hasPassword && password !== world.password) throw world.error("wrong_password");
  };
  return {
    app_state: () => world.app,
    choose_network: ({ network }: { network: NetworkId }) => {
      world.settings = { ...world.settings, network };
      return world.enter({ type: "firstStart", network });
    },
    create: ({ request }: { request: CreateRequest }) => made(world, request.network, request.password),
    restore: ({ request }: { request: RestoreRequest }) => {
      checkWords(world, request.words);
      return made(world, request.network, request.password);
    },
    preview_words: ({ request }: { request: WordsRequest }) => {
      checkWords(world, request.words);
      return previewWords(world, request);
    },
    preview_restore: ({ source }: { source: CopySource }) => previewRestore(world, source),
    restore_copy: ({ request }: { request: RestoreCopyRequest }) => {
      const shown = previewRestore(world, request.source);
      if (shown.generation < request.generation) throw world.error("stale");
      const state = made(world, request.source.network, request.password);
      world.snapshot = { ...full(request.source.network), copy: copyIn("upToDate", request.source.place) };
      return state;
    },
    unlock: ({ password }: { password: string | null }) => {
      check(password);
      return world.enter({ type: "open", network: world.settings.network });
    },
    lock: () => world.enter({ type: "locked", network: world.settings.network, running: true }),
    settings: () => world.settings,
    buys: ({ currency, minor }: { currency: string; minor: number }) => buys(world.snapshot.rate, currency, minor),
    update_settings: ({ patch }: { patch: Partial<SettingsPatch> }) => {
      // Above what it is, a window of the shell asks, and nobody is there to agree.
      if ((patch.spendLimitSat ?? 0) > world.settings.spendLimitSat) throw world.error("not_confirmed");
      const { sourceUrls, crashSeen, currency, ...rest } = patch;
      if (currency !== undefined && currency !== null) {
        world.settings.currency = currency || null;
        world.rate(currency ? { type: "unknown", currency, trouble: null } : { type: "off" });
        if (currency) setTimeout(() => { world.rate(known(currency, 0)); }, 50);
      }
      if (crashSeen) world.settings.crashed = null;
      world.settings = { ...world.settings, ...(rest as object) };
      if (sourceUrls) world.settings.sourceUrls = sourceUrls.length > 0 ? sourceUrls : world.settings.defaultSourceUrls;
      return world.settings;
    },
    change_password: ({ request }: { request: ChangePassword }) => {
      check(request.old);
      world.password = request.new ?? "";
      world.settings = { ...world.settings, hasPassword: request.new !== null };
      return world.settings;
    },
    show_words: ({ password }: { password: string | null }) => {
      check(password);
      return { words, asked };
    },
    prove_words: ({ typed }: { typed: string[] }) => {
      const wrong = asked.filter((place, index) => (typed[index] ?? "").trim().toLowerCase() !== words[place - 1]);
      if (wrong.length === 0) world.settings = { ...world.settings, wordsBackedUp: true };
      return wrong;
    },
    test_source: ({ url }: { url: string }) =>
      /^(https|ssl):\/\//.test(url)
        ? { reached: true, rightNetwork: true, works: true, height: 964_000, millis: 184, hasFees: true, relaysPackages: false, trouble: null }
        : { reached: false, rightNetwork: false, works: false, height: null, millis: 0, hasFees: false, relaysPackages: null, trouble: { type: "unreachable" } },
  };
}
