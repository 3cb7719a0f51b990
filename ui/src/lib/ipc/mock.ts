/**
 * A pretend shell with a believable wallet, only in `--mode mock` builds: every screen can be built, tested and
 * photographed in a plain browser. The address chooses a scene: `?scene=practice`.
 */
import { mockIPC, mockWindows } from "@tauri-apps/api/mocks";
// The real one: whatever it lets through here it lets through there.
import "../../../../src-tauri/isolation/isolation.js";
import type {
  BumpRequest, ChangePassword, CloseRequest, CopySource, CreateRequest, OfferRequest, OpenRequest, PracticeAction, PreviewRequest, QuitChoice, ReceiveRequest, RestoreCopyRequest, RestoreRequest, SettingsPatch,
  AskRequest, SweepPreviewRequest, SweepRequest, WordsRequest,
} from "./gen/dto";
import type { ActivityFilter, NetworkId } from "./gen/view";
import { mockAccounts } from "./mock/accounts";
import { mockLost } from "./mock/lost";
import { closePreview, confirm, connectPeer, giveUpChannels, keepOpen, openPreview } from "./mock/channels";
import { addresses } from "./mock/addresses";
import { mockCoins } from "./mock/coins";
import { mockContacts } from "./mock/contacts";
import { mockLabels } from "./mock/labels";
import { mockCopy } from "./mock/copy";
import { now } from "./mock/data";
import { detail, pay, preview, read, readRecipients } from "./mock/pay";
import { passes } from "./mock/activity";
import { bump, bumpPreview, waiting } from "./mock/bump";
import { mockPsbt, readPsbt } from "./mock/psbt";
import { collectRefund, lookUp, readLink, signIn, withdraw } from "./mock/links";
import { books, practice } from "./mock/practice";
import { makeOffer, offers, receive } from "./mock/receive";
import { World, type Scene } from "./mock/world";
import { mockWallet } from "./mock/wallet";

/** The arguments of every command at once; each takes its own. */
interface Arguments {
  action: PracticeAction;
  beforeId: string | null;
  choice: QuitChoice;
  currency: string;
  frozen: boolean;
  label: string;
  minor: number;
  name: string;
  outpoint: string;
  instructionId: string;
  channelId: string;
  quoteId: string;
  id: string;
  network: NetworkId;
  nodeId: string;
  password: string | null;
  patch: Partial<SettingsPatch>;
  typed: string[];
  place: string;
  previewId: string;
  filter: ActivityFilter;
  request: PreviewRequest & BumpRequest & ReceiveRequest & OfferRequest & OpenRequest & CloseRequest & CreateRequest & RestoreRequest & ChangePassword
    & SweepPreviewRequest & SweepRequest & RestoreCopyRequest & AskRequest & WordsRequest;
  source: CopySource;
  text: string;
  url: string;
}

function commands(world: World): Record<string, (args: Arguments) => unknown> {
  return {
    ...mockWallet(world),
    ...mockAccounts(world),
    ...mockLost(world),
    ...mockCoins(world),
    ...mockContacts(world),
    ...mockLabels(world),
    ...mockCopy(world),
    ...mockPsbt(world),
    snapshot: () => world.snapshot,
    read_text: ({ text }) => readPsbt(world, text) ?? readLink(world, text) ?? read(world, text),
    read_recipients: ({ text }) => readRecipients(world, text),
    preview: ({ request }) => preview(world, request),
    look_up: ({ instructionId }) => lookUp(world, instructionId),
    collect_refund: ({ instructionId }) => collectRefund(world, instructionId),
    withdraw: ({ request }) => withdraw(world, request),
    sign_in: ({ instructionId }) => signIn(world, instructionId),
    pay: ({ quoteId }) => pay(world, quoteId),
    bump_preview: ({ request }) => bumpPreview(world, request),
    bump: ({ quoteId }) => bump(world, quoteId),
    receive: ({ request }) => receive(world, request),
    offers: () => offers(world),
    make_offer: ({ request }) => makeOffer(world, request),
    addresses: () => addresses(world),
    save_request: () => "/home/ada/Downloads/Fulmen request.png",
    activity: ({ filter, beforeId }) => (beforeId ? [] : world.snapshot.movements.filter((one) => passes(filter, one))),
    save_receipt: () => "/home/ada/Downloads/Fulmen receipt.html",
    save_table: () => "/home/ada/Downloads/Fulmen activity.csv",
    movement: ({ id }) => {
      const found = detail(world, id);
      return { ...found, waiting: waiting(found.movement) };
    },
    open_preview: ({ request }) => openPreview(world, request),
    open_channel: ({ previewId }) => confirm(world, previewId),
    close_preview: ({ request }) => closePreview(world, request),
    close_channel: ({ previewId }) => confirm(world, previewId),
    keep_channel_open: ({ channelId }) => keepOpen(world, channelId),
    connect_peer: ({ nodeId, place }) => connectPeer(world, nodeId, place),
    give_up_channels: () => giveUpChannels(world),
    take_back: ({ id }) => {
      const taken = world.snapshot.movements.find((one) => one.id === id);
      if (taken) world.movement({ ...taken, status: "failed", failure: "taken_back", unsent: null, canTakeBack: false, awaitsInvoice: false });
      return null;
    },
    abandon_payment: ({ id }) => {
      const one = world.snapshot.movements.find((each) => each.id === id);
      if (!one?.canAbandon) throw world.error("stale");
      world.movement({ ...one, canAbandon: false, abandoned: true });
      return null;
    },
    go_online: () => {
      world.snapshot.sync = { type: "ready" };
      world.tell({ type: "sync", sync: world.snapshot.sync, tip: world.snapshot.tip });
      return null;
    },
    quit: ({ choice }) => {
      const leaving = { payments: 1, safeOff: world.snapshot.channels.safeOff };
      if (choice === "now") world.ended = true;
      world.send({ type: "quitting", question: choice === "whenSettled" ? { leaving, waiting: true } : null });
      return null;
    },
    practice: ({ action }) => practice(world, action),
    practice_log: () => ({ steps: world.steps, books }),
    read_clipboard: () => ({ text: window.fulmenClipboard ?? null, picture: null }),
    scan_screen: () => (window.fulmenScreens ?? []).map((pngBase64) => ({ pngBase64 })),
    health: () => ({
      watcher: { source: "https://mempool.space/api", ahead: world.scene === "hidden" ? 3 : 0 }, uncheckedMsat: world.scene === "hidden" ? 41_000_000 : 0,
      sync: world.snapshot.sync, tip: world.snapshot.tip, lastSyncSecs: now() - 12, source: "blockstream.info", sourceTrouble: null, channelsTrouble: null, relaysPackages: true, clock: null,
      peers: world.snapshot.channels.list.slice(0, 2).map(({ peer }) => ({ ...peer, channels: 1, witness: peer.connected })),
      graphNodes: 17_204, graphChannels: 48_310, graphUpdatedSecs: now() - 1900, generation: 48_213, vaultBytes: 4_300_000,
    }),
    "plugin:clipboard-manager|write_text": ({ text }) => {
      window.fulmenClipboard = text;
    },
  };
}

declare global {
  interface Window {
    /** What tests put into, and find in, the pretend clipboard and on the pretend screens. */
    fulmenClipboard?: string;
    fulmenScreens?: string[];
    fulmenWorld?: World;
    __TAURI_ISOLATION_HOOK__: (message: { cmd: string; payload: unknown }) => unknown;
  }
}

export function install(): void {
  const scene = (new URLSearchParams(location.search).get("scene") ?? "home") as Scene;
  const world = new World(scene);
  const known = commands(world);
  window.fulmenWorld = world;
  mockWindows("main");
  mockIPC(
    (command, args) => {
      window.__TAURI_ISOLATION_HOOK__({ cmd: command, payload: args });
      world.called.set(command, (world.called.get(command) ?? 0) + 1);
      const run = known[command];
      if (!run) throw new Error(`the pretend shell does not know ${command}`);
      return run((args ?? {}) as unknown as Arguments);
    },
    { shouldMockEvents: true },
  );
  // A machine without a camera, where the browser pretends to have one.
  if (scene === "no-camera") {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("Invalid constraint", "OverconstrainedError"));
    navigator.mediaDevices.enumerateDevices = () => Promise.resolve([]);
  }
}
