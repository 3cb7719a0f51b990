/** Where the person is: one page, at most one sheet over it, at most one thing floating. */
import type { Payable, Seen } from "./scan/choice";

export type Page = "home" | "activity" | "channels" | "settings";

/** How a text came in; the quote says so. */
export type Source = "typed" | "clipboard" | "camera" | "screen" | "picture" | "drop" | "link" | "contact";

export type Sheet =
  | { type: "pay"; text?: string; from?: Source; movementId?: string; seen?: Seen; amountMsat?: number }
  | { type: "contacts" }
  | { type: "receive" }
  | { type: "addresses" }
  | { type: "scan" }
  | { type: "which"; payable: Payable[]; from: Source }
  | { type: "part"; screens: ImageData[] }
  | { type: "openChannel"; peer?: string }
  | { type: "collect"; instructionId: string }
  | { type: "psbt"; instructionId: string };

export class Nav {
  page = $state.raw<Page>("home");
  sheet = $state.raw<Sheet | null>(null);
  /** The movement shown beside the Activity list. */
  movementId = $state.raw<string | null>(null);
  /** The channel whose row is open. */
  channelId = $state.raw<string | null>(null);
  settingsPage = $state.raw<string | null>(null);
  healthOpen = $state.raw(false);
  helpOpen = $state.raw(false);
  drawerOpen = $state.raw(true);
  /** Counts requests to put the focus into the search field. */
  searchAsked = $state.raw(0);

  go(page: Page): void {
    this.page = page;
    this.sheet = null;
    this.healthOpen = false;
    this.movementId = null;
  }

  open(sheet: Sheet): void {
    this.sheet = sheet;
    this.healthOpen = false;
  }

  close(): void {
    this.sheet = null;
  }

  showMovement(id: string): void {
    this.go("activity");
    this.movementId = id;
  }

  showChannel(id: string): void {
    this.go("channels");
    this.channelId = id;
  }

  search(): void {
    if (this.page !== "activity") this.go("activity");
    this.searchAsked += 1;
  }

  /** One step back. */
  back(): void {
    if (this.healthOpen) this.healthOpen = false;
    else if (this.sheet) this.sheet = null;
    else if (this.movementId) this.movementId = null;
    else if (this.page !== "home") this.go("home");
  }

  reset(): void {
    this.go("home");
    this.helpOpen = false;
    this.channelId = null;
    this.settingsPage = null;
  }
}

export const nav = new Nav();
