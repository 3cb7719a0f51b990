/** The pretend shell's memory. Events leave through `emit`, as the real ones do. */
import { emit } from "@tauri-apps/api/event";
import type { ApiError, AppState, PracticeStep, PracticeStepKind, SettingsView, ShellEvent, ShownOffer } from "../gen/dto";
import type { Coin, Quote, Code, Event, FeeChoice, Fiat, Instruction, Movement, NetworkId, OtherAccount, PreviewFiat, RateView, Recipient, Snapshot } from "../gen/view";
import { coinsOf } from "./coins";
import { contactsOf } from "./contacts";
import { lostOf } from "./lost";
import { copyIn, copyStates, server } from "./copy";
import { empty, full, now, settings, suggestions } from "./data";
import { known, worth } from "./rates";

export type Scene =
  | "first-start" | "locked" | "refused" | "empty" | "home" | "practice" | "practice-home" | "in-transit" | "failed"
  | "offline" | "peer-away" | "no-camera" | "text-card" | "quarantine" | "moved" | "witnessed" | "disputed" | "crashed"
  | `copy-${string}` | `obstacle-${string}` | "first-channel" | "other-accounts" | "nothing-found" | "safe-start" | "offer-gone" | "not-taken" | "not-left" | "no-blocks" | "no-blocks-long" | "clock" | "clock-servers" | "hidden" | "lost" | "contacts" | "contacts-many" | "fiat" | "fiat-stale" | "fiat-none";

export class World {
  app: AppState;
  snapshot: Snapshot;
  settings: SettingsView;
  steps: PracticeStep[] = [];
  instructions = new Map<string, Instruction>();
  quotes = new Map<string, Quote>();
  /** Who was paid by a movement, where they are several. */
  paid = new Map<string, Recipient[]>();
  /** Movements that sent all there was. */
  rests = new Set<string>();
  /** Movements that nobody asked for. */
  unasked = new Set<string>();
  offers: ShownOffer[] = [];
  /** What a preview of opening or closing was about. */
  previews = new Map<string, () => void>();
  otherAccounts: OtherAccount[] = [
    { account: { kind: "bip86", number: 0 }, amountSat: 12_345 },
    { account: { kind: "bip44", number: 2 }, amountSat: 1_204_600 },
  ];
  lookedForAccounts = false;
  coins: Coin[];
  /** How often the page called each command. */
  called = new Map<string, number>();
  /** The shell was told to end. */
  ended = false;
  password = "correct horse";
  #last = 0;

  constructor(readonly scene: Scene) {
    const practice = scene.startsWith("practice");
    const network: NetworkId = practice ? "practice" : "mainnet";
    this.app =
      scene === "first-start" ? { type: "firstStart", network: "mainnet" }
      : scene === "locked" ? { type: "locked", network, running: false }
      : scene === "refused" ? { type: "refused", code: "already_running", message: "lock held" }
      : { type: "open", network };
    this.snapshot = scene === "empty" || scene === "nothing-found" || scene === "practice" || scene === "first-start" ? empty(network) : full(network);
    this.settings = settings(network);
    this.coins = coinsOf(scene);
    this.snapshot.contacts = contactsOf(scene);
    this.snapshot.lost = lostOf(scene);
    if (scene.startsWith("fiat")) {
      this.settings.currency = "EUR";
      this.knows(scene === "fiat-none" ? { type: "unknown", currency: "EUR", trouble: "differ" } : known("EUR", scene === "fiat-stale" ? 47 * 60 : 190));
    }
    if (scene === "crashed") this.settings.crashed = "0.1.0 at 1795530000: panicked at src-tauri/engine/src/observe.rs:31:9:\nwhat must never be";
    if (scene.startsWith("copy-")) this.snapshot.copy = copyIn(copyStates[scene] ?? "upToDate", scene.startsWith("copy-server") ? server : undefined);
    if (scene === "offline") this.snapshot.sync = { type: "offline", sinceSecs: now() - 1700 };
    if (scene === "safe-start") this.snapshot.sync = { type: "safeStart" };
    if (scene.startsWith("no-blocks")) {
      const sinceSecs = now() - (scene === "no-blocks" ? 4_000 : 9_000);
      this.snapshot.sync = { type: "noBlocks", sinceSecs, pauses: scene === "no-blocks-long" };
      this.snapshot.tip = { ...this.snapshot.tip, timeSecs: sinceSecs };
    }
    if (scene === "clock") this.snapshot.sync = { type: "clockWrong", offset: { type: "behind", secs: 10_900, by: "blocks" } };
    if (scene === "clock-servers") this.snapshot.sync = { type: "clockWrong", offset: { type: "ahead", secs: 1500, by: "servers" } };
    if (scene === "not-taken" || scene === "not-left") {
      const [newest, ...others] = this.snapshot.movements;
      if (newest) {
        const taken = { ...newest, kind: "onchain", direction: "out", status: "pending", failure: null, unsent: scene === "not-left" ? "unreachable" : "feeTooLow", canTakeBack: scene === "not-left", confirmations: 0 } as const;
        this.snapshot.movements = [taken, ...others];
      }
    }
    if (scene.startsWith("obstacle-")) {
      this.snapshot.channels = { ...this.snapshot.channels, obstacle: scene.slice("obstacle-".length).replaceAll("-", "_") as Code };
    }
    if (scene === "first-channel") this.snapshot.channels = { ...this.snapshot.channels, list: [], isFirst: true, safeOff: null, suggestions };
    if (scene === "peer-away") this.snapshot.sync = { type: "peerAway", peer: "Olive Grocer" };
    if (scene === "text-card") this.snapshot.cards = [{ type: "backUpWords" }, { type: "noReceiveRoom" }, { type: "lowForClosing" }, { type: "openFirstChannel" }];
    if (scene === "other-accounts") {
      this.lookedForAccounts = true;
      this.snapshot.cards = [{ type: "otherAccounts", amountSat: 1_216_945 }];
    }
    if (scene === "nothing-found") {
      this.lookedForAccounts = true;
      this.snapshot.cards = [{ type: "nothingFound", withPassphrase: false }];
    }
    if (scene === "quarantine" || scene === "moved" || scene === "witnessed") {
      this.snapshot.sync = { type: "quarantine" };
      this.snapshot.cards = [{ type: "quarantine", channels: this.snapshot.channels.list.length, reason: scene === "quarantine" ? "putBack" : scene }];
    }
    if (scene === "disputed") {
      const [, grocer] = this.snapshot.channels.list;
      if (grocer) {
        const said = { ...grocer, state: { type: "disputed" } as const, lastPeerError: "The peer asks to close this channel.", canSendMsat: 0, canReceiveMsat: 0 };
        this.snapshot.channels = { ...this.snapshot.channels, list: this.snapshot.channels.list.map((one) => (one.id === said.id ? said : one)) };
        this.snapshot.cards = [{ type: "disputed", channelId: said.id }];
      }
    }
    const kinds: PracticeStepKind[] = [
      { type: "transactionSeen", txid: "ab".repeat(32), feeSat: 141 },
      { type: "blockMined", height: 101, transactions: 0, feesSat: 0 },
    ];
    if (practice) this.steps = kinds.map((step) => ({ atSecs: now() - 90, step }));
  }

  /** What a person who chose a currency sees of amounts; the engine’s sums, pretended. */
  priced<T>(make: (worth: (msat: number, perBtc?: number) => Fiat, atSecs: number) => T): T | null {
    const { rate } = this.snapshot;
    return rate.type === "known" ? make((msat, perBtc) => worth(msat, rate.oneBtc, perBtc), rate.atSecs) : null;
  }

  pricedPreview(amountMsat: number, feeMsat: number): PreviewFiat | null {
    return this.priced((worth, atSecs) => ({ amount: worth(amountMsat), fee: worth(feeMsat), atSecs }));
  }

  pricedChoices(choices: Omit<FeeChoice, "fiat">[]): FeeChoice[] {
    return choices.map((choice) => ({ ...choice, fiat: this.priced((worth) => worth(choice.feeSat * 1000)) }));
  }

  /** A rate comes, or none. */
  rate(rate: RateView): void {
    this.knows(rate);
    this.tell({ type: "rate", rate });
    this.tell({ type: "balance", balance: this.snapshot.balance });
  }

  private knows(rate: RateView): void {
    this.snapshot.rate = rate;
    this.snapshot.balance = { ...this.snapshot.balance, fiat: this.priced((of) => of(this.snapshot.balance.totalMsat)) };
  }

  next(): number {
    return ++this.#last;
  }

  error(code: Code, detail: number | null = null): ApiError {
    return { code, message: `pretended: ${code}`, detail };
  }

  /** The window is closed while payments are under way, or only channels are there. */
  close(payments: number): void {
    this.send({ type: "quitting", question: { leaving: { payments, safeOff: this.snapshot.channels.safeOff }, waiting: false } });
  }

  send(event: ShellEvent): void {
    void emit("wallet", event);
  }

  tell(event: Event): void {
    this.send({ type: "wallet", event });
  }

  enter(state: AppState): AppState {
    this.app = state;
    return state;
  }

  movement(movement: Movement): void {
    this.snapshot.movements = [movement, ...this.snapshot.movements.filter((one) => one.id !== movement.id)];
    this.tell({ type: "movement", movement });
  }

  step(step: PracticeStepKind): void {
    const one = { atSecs: now(), step };
    this.steps = [one, ...this.steps];
    this.send({ type: "practice", step: one });
  }
}
