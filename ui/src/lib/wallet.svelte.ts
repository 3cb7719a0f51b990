/** The one store: what the wallet last said. Values are replaced by events, never edited; nothing is computed here. */
import * as ipc from "./ipc/ipc";
import type { AppState, PracticeStep, QuitQuestion, SettingsPatch, SettingsView, ShellEvent, Unit } from "./ipc/gen/dto";
import type { Balance, Card, Channels, Contact, CopyView, Event, LostChannels, Movement, NetworkId, RateView, Snapshot, SyncStatus, Tip } from "./ipc/gen/view";

const open = (movement: Movement) => movement.status === "pending" || movement.status === "inTransit";

/** Undecided ones on top, then the newest first. */
function inOrder(a: Movement, b: Movement): number {
  return Number(open(b)) - Number(open(a)) || b.createdAtSecs - a.createdAtSecs || (a.id < b.id ? 1 : -1);
}

/** What an event is about: the part of the snapshot that it is newer than. */
const about = (event: Event) => (event.type === "movement" ? `movement ${event.movement.id}` : event.type);

export class Wallet {
  app = $state.raw<AppState | null>(null);
  nodeId = $state.raw("");
  balance = $state.raw<Balance | null>(null);
  channels = $state.raw<Channels | null>(null);
  movements = $state.raw<Movement[]>([]);
  cards = $state.raw<Card[]>([]);
  copy = $state.raw<CopyView | null>(null);
  /** By name. */
  contacts = $state.raw<Contact[]>([]);
  rate = $state.raw<RateView>({ type: "off" });
  /** Of a wallet that was restored. */
  lost = $state.raw<LostChannels | null>(null);
  sync = $state.raw<SyncStatus>({ type: "starting" });
  tip = $state.raw<Tip>({ height: 0, timeSecs: 0 });
  settings = $state.raw<SettingsView | null>(null);
  steps = $state.raw<PracticeStep[]>([]);
  /** A picture dropped on the window, until a screen took it. */
  dropped = $state.raw<string | null>(null);
  /** The same of a file with a PSBT. */
  droppedPsbt = $state.raw<string | null>(null);
  /** Asked while the window wants to close. */
  quitting = $state.raw<QuitQuestion | null>(null);
  /** What was told since the last snapshot was asked for. */
  #heard: string[] = [];
  #turn = 0;

  network = $derived<NetworkId>(this.app && "network" in this.app ? this.app.network : "mainnet");
  isPractice = $derived(this.network === "practice");
  unit = $derived(this.settings?.unit ?? "sat");
  /** Amounts stand behind dots. */
  hidden = $derived(this.settings?.hideAmounts ?? false);
  /** What satoshis were written in last. */
  #small: Unit = "sat";

  movement(id: string): Movement | undefined {
    return this.movements.find((movement) => movement.id === id);
  }

  /** The name that a payee has. */
  contact(payeeId: string | null): Contact | null {
    return this.contacts.find((contact) => contact.payee.id === payeeId) ?? null;
  }

  /** Asks for everything once, then only listens. */
  async start(): Promise<void> {
    await ipc.onEvent((event) => {
      this.apply(event);
    });
    await this.enter(await ipc.appState());
  }

  /** The app is now in this state; an open wallet is read in full. */
  async enter(state: AppState): Promise<void> {
    if (state.type === "open") await this.load();
    else this.settings = await ipc.settings().catch(() => this.settings);
    if (state.type === "locked" || state.type === "firstStart") this.forget();
    this.app = state;
  }

  /**
   * An event that comes while the snapshot is on its way may be newer, so it stays. Where it is older after all, the
   * engine has told the newer value already, and that comes behind it.
   */
  async load(): Promise<void> {
    const turn = ++this.#turn;
    this.#heard = [];
    const [snapshot, settings] = await Promise.all([ipc.snapshot(), ipc.settings()]);
    // Locked meanwhile, or asked for again: this is no longer what to show.
    if (turn !== this.#turn) return;
    this.settings = settings;
    this.show(snapshot);
    this.steps = snapshot.network === "practice" ? (await ipc.practiceLog()).steps : [];
  }

  async update(patch: Partial<SettingsPatch>): Promise<void> {
    this.settings = await ipc.updateSettings(patch);
  }

  /** The places of the words that are wrong. */
  async prove(typed: string[]): Promise<number[]> {
    const wrong = await ipc.proveWords(typed);
    this.settings = await ipc.settings();
    return wrong;
  }

  async toggleUnit(): Promise<void> {
    if (this.unit !== "btc") this.#small = this.unit;
    await this.update({ unit: this.unit === "btc" ? this.#small : "btc" });
  }

  apply(event: ShellEvent): void {
    switch (event.type) {
      case "wallet":
        this.applyWallet(event.event);
        return;
      case "app":
        if (event.state.type !== this.app?.type) void this.enter(event.state);
        return;
      case "dropped":
        this.dropped = event.pictureBase64;
        return;
      case "droppedPsbt":
        this.droppedPsbt = event.psbt;
        return;
      case "quitting":
        this.quitting = event.question;
        return;
      case "practice":
        this.steps = [event.step, ...this.steps].slice(0, 100);
        return;
      default:
        event satisfies never;
    }
  }

  private applyWallet(event: Event): void {
    this.#heard.push(about(event));
    switch (event.type) {
      case "balance":
        this.balance = event.balance;
        return;
      case "channels":
        this.channels = event.channels;
        return;
      case "movement":
        this.movements = [event.movement, ...this.movements.filter((one) => one.id !== event.movement.id)].sort(inOrder);
        return;
      case "sync":
        this.sync = event.sync;
        this.tip = event.tip;
        return;
      case "cards":
        this.cards = event.cards;
        return;
      case "copy":
        this.copy = event.copy;
        return;
      case "contacts":
        this.contacts = event.contacts;
        return;
      case "rate":
        this.rate = event.rate;
        return;
      case "lostChannels":
        this.lost = event.lost;
        return;
      case "refresh":
        void this.load();
        return;
      default:
        event satisfies never;
    }
  }

  private show(snapshot: Snapshot): void {
    const heard = this.#heard;
    const newer = (one: Movement) => heard.includes(`movement ${one.id}`);
    this.nodeId = snapshot.nodeId;
    if (!heard.includes("balance")) this.balance = snapshot.balance;
    if (!heard.includes("channels")) this.channels = snapshot.channels;
    this.movements = [...this.movements.filter(newer), ...snapshot.movements.filter((one) => !newer(one))].sort(inOrder);
    if (!heard.includes("cards")) this.cards = snapshot.cards;
    if (!heard.includes("copy")) this.copy = snapshot.copy;
    if (!heard.includes("contacts")) this.contacts = snapshot.contacts;
    if (!heard.includes("rate")) this.rate = snapshot.rate;
    if (!heard.includes("lostChannels")) this.lost = snapshot.lost;
    if (!heard.includes("sync")) [this.sync, this.tip] = [snapshot.sync, snapshot.tip];
  }

  /** A locked wallet leaves nothing on the screen. */
  private forget(): void {
    this.#turn += 1;
    this.nodeId = "";
    this.balance = null;
    this.channels = null;
    this.movements = [];
    this.cards = [];
    this.copy = null;
    this.contacts = [];
    this.rate = { type: "off" };
    this.lost = null;
    this.steps = [];
    this.sync = { type: "starting" };
  }
}

export const wallet = new Wallet();
