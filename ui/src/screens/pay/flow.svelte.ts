/** One payment, from a text to its end. Every figure is the engine's; this only remembers where we are. */
import { wordsFor, type ErrorWords } from "$lib/errors";
import type { Collecting, Quote, Code, FeeSpeed, Instruction, InstructionKind, Movement, MovementDetail, PayerField, Request } from "$lib/ipc/gen/view";
import { t } from "$lib/i18n";
import * as ipc from "$lib/ipc/ipc";
import { asApiError } from "$lib/ipc/ipc";
import type { Source } from "$lib/nav.svelte";
import { wallet } from "$lib/wallet.svelte";

/** Nothing more is paid for these, whichever way. */
const settled: Code[] = ["already_paid", "in_flight", "waits_for_block", "own_invoice", "stale", "amount_needed"];
/** These pass by themselves. */
const passing: Code[] = ["not_ready", "peers_away", "link_unreachable"];
/** What was read and is no payment: a peer to open a channel to, a private key to collect from, a transaction to sign; and what a name of a contact is. */
interface Elsewhere {
  called: (name: string) => string | null;
  node: (peer: string) => void;
  key: (instructionId: string) => void;
  psbt: (instructionId: string) => void;
}

/** It says whom to ask, not what it is. */
const unasked: InstructionKind[] = ["name", "lnurl"];

/** Something can be written to the payee before there is a quote. */
const comments = (instruction: Instruction) =>
  instruction.takesNote || (instruction.kind === "lnurlPay" && ((instruction.link?.longestComment ?? 0) > 0 || wants(instruction).length > 0));
/** What the payee asks to know of the payer. */
const wants = (instruction: Instruction) => instruction.link?.wants ?? [];

/** Somebody who is paid with the same transaction. */
interface Also {
  instruction: Instruction;
  amountMsat: number | null;
}

type Work = "reading" | "checking" | "paying" | "takingBack" | "stopping";
/** `asked`: they were asked to pay. */
export type Step = "enter" | "check" | "onway" | "paid" | "failed" | "asked" | "received" | "signed";

export class PayFlow {
  text = $state("");
  source = $state.raw<Source>("typed");
  instruction = $state.raw<Instruction | null>(null);
  quote = $state.raw<Quote | null>(null);
  /** The same on-chain, where it can’t go over Lightning now: a choice, never made for anyone. */
  offer = $state.raw<Quote | null>(null);
  /** The same with a higher limit, where the last try failed within its own. */
  raised = $state.raw<Quote | null>(null);
  /** It was said that an address was paid before, or only looks like one that was, and the person wants it all the same: which ones. */
  agreed = $state.raw<number[]>([]);
  /** The same of a way that is dear. */
  agreedDear = $state(false);
  /** Coins are being marked: what is marked is not yet what would be paid with. */
  choosing = $state(false);
  /** Who else is paid, on-chain, with the same transaction; and one more is being typed. */
  also = $state.raw<Also[]>([]);
  adding = $state(false);
  /** What is written to the payee, where it takes a comment. */
  comment = $state("");
  /** What the payer gives of themselves, where the payee asks for it. */
  payer = $state<Record<PayerField, string>>({ name: "", email: "" });
  /** Who is being asked what a link is. */
  host = $state.raw<string | null>(null);
  /** How many of what is offered, as it is typed. */
  quantity = $state("1");
  detail = $state.raw<MovementDetail | null>(null);
  problem = $state.raw<ErrorWords | null>(null);
  /** Why the last look failed. */
  #code = $state.raw<Code | null>(null);
  #amountMsat: number | null = null;
  #everything = false;
  /** The movement that failed, of this instruction. */
  #retries: string | null = null;
  working = $state.raw<Work | null>(null);
  /** How long it took, where it was watched from here. */
  millis = $state.raw<number | null>(null);
  startedAt = 0;
  #sent = $state.raw<Movement | null>(null);
  /** What they were asked to pay. */
  request = $state.raw<Request | Collecting | null>(null);
  #signed = $state(false);
  /** Of a link with both ways the one on-chain was chosen. */
  #onchainChosen = $state(false);

  movement = $derived(this.#sent && (wallet.movement(this.#sent.id) ?? this.#sent));
  step = $derived.by<Step>(() => {
    if (this.#signed) return "signed";
    if (this.request) return wallet.movement(this.request.id)?.status === "paid" ? "received" : "asked";
    if (!this.movement) return this.instruction ? "check" : "enter";
    if (this.movement.status === "paid") return "paid";
    return this.movement.status === "failed" || this.movement.status === "expired" ? "failed" : "onway";
  });
  /** Addresses that were paid before, or look like one that was, or like another one here: of one payee, or each of several. */
  told = $derived.by(() => {
    const { quote } = this;
    const each = quote === null ? [] : quote.recipients.length > 0 ? quote.recipients : [quote];
    return each.flatMap((one, place) => {
      const likeRecipient = "likeRecipient" in one ? one.likeRecipient : null;
      const { paidBefore, looksLike } = one;
      return paidBefore || looksLike || likeRecipient ? [{ place, paidBefore, looksLike, likeRecipient }] : [];
    });
  });
  /** What must be agreed to or decided first, beside the amount and the fee. */
  asks = $derived(
    this.quote !== null &&
      (this.choosing || this.adding || this.told.some(({ place }) => !this.agreed.includes(place)) || ((this.quote.usualLimitMsat !== null || this.quote.raisedByMsat !== null || this.quote.largeFee) && !this.agreedDear)),
  );
  /** It may work in a moment. */
  passes = $derived(this.problem !== null && this.#code !== null && passing.includes(this.#code));
  needsAmount = $derived(this.instruction !== null && this.instruction.amount.type !== "fixed");
  /** All there is can be sent: on-chain alone. */
  takesEverything = $derived(this.instruction !== null && this.instruction.ways.onchain && (this.instruction.goesOnchain || this.#onchainChosen));
  /** Something can be written to the payee first. */
  takesComment = $derived(this.instruction !== null && comments(this.instruction));
  /** What the payee asks to know, and what it is told. */
  wants = $derived(this.instruction ? wants(this.instruction) : []);
  given = $derived(this.wants.map((want) => this.payer[want.field].trim()).filter((text) => text !== ""));
  /** They pay. */
  isWithdrawal = $derived(this.instruction?.kind === "lnurlWithdraw");
  /** They gave it, and pay an invoice of ours. */
  isRefund = $derived(this.instruction?.kind === "refund");
  paysUs = $derived(this.isWithdrawal || this.isRefund);
  isSignIn = $derived(this.instruction?.kind === "lnurlAuth");

  /** What was read. A node with the place where it listens and a private key are no payments, and are handed to `to`. */
  async read(text: string, source: Source, to: Elsewhere): Promise<void> {
    await this.#try("reading", async () => {
      this.text = text;
      this.source = source;
      let instruction: Instruction;
      try {
        instruction = await ipc.readText(text);
      } catch (error) {
        const { code } = asApiError(error);
        const contact = code === "not_understood" ? to.called(text) : null;
        if (code === "several_instructions") return await this.#readList(text);
        if (contact === null) throw error;
        this.source = "contact";
        instruction = await ipc.readText(contact);
      }
      if (unasked.includes(instruction.kind)) {
        this.host = instruction.link?.host ?? null;
        instruction = await ipc.lookUp(instruction.id);
      }
      // Where it listens is said to open a channel to it; an id alone may be meant for paying it.
      if (instruction.kind === "node" && instruction.nodeUri?.includes("@") !== false) {
        to.node(instruction.nodeUri ?? text.trim());
        return;
      }
      if (instruction.kind === "privateKey") {
        this.text = "";
        to.key(instruction.id);
        return;
      }
      if (instruction.kind === "psbt") {
        this.text = "";
        to.psbt(instruction.id);
        return;
      }
      // Shown whole: with what it costs, or with why it cannot be paid.
      try {
        const asks = comments(instruction) || ["lnurlWithdraw", "lnurlAuth", "refund"].includes(instruction.kind);
        if (instruction.amount.type === "fixed" && !asks) await this.#preview(instruction, null, null, false);
      } finally {
        this.instruction = instruction;
      }
    });
  }

  async preview(amountMsat: number | null, speed: FeeSpeed | null, everything: boolean, coins: string[] | null = null): Promise<void> {
    const instruction = this.instruction;
    if (instruction) await this.#try("checking", () => this.#preview(instruction, amountMsat, speed, everything, coins));
  }

  /** The same on-chain at another speed. */
  async atSpeed(speed: FeeSpeed): Promise<void> {
    const quote = this.quote;
    if (quote) await this.preview(this.#amountOf(quote), speed, quote.everything, quote.chosenCoins?.outpoints ?? null);
  }

  /** The same with exactly these coins, or with those that the engine takes. */
  async withCoins(coins: string[] | null): Promise<void> {
    const quote = this.quote;
    if (quote) await this.preview(this.#amountOf(quote), quote.speed, quote.everything, coins);
  }

  /** More who are paid with the same transaction; the amount is for whoever leaves it open. Says whether they are taken. */
  async add(text: string, amountMsat: number | null): Promise<boolean> {
    const { instruction, quote } = this;
    if (!instruction || !quote) return false;
    await this.#try("reading", async () => {
      const more = (await this.#recipients(text)).map((one) => ({ instruction: one, amountMsat: one.amount.type === "fixed" ? null : amountMsat }));
      await this.#among(quote, [{ instruction, amountMsat: this.#amountOf(quote) }, ...this.also, ...more], quote.everything);
    });
    return this.problem === null;
  }

  /** Without one of several. Where that one got what the others leave, there is no such one any more. */
  async remove(place: number): Promise<void> {
    const { instruction, quote } = this;
    if (!instruction || !quote) return;
    const all = [{ instruction, amountMsat: this.#amountOf(quote) }, ...this.also];
    await this.#try("checking", () => this.#among(quote, all.filter((_, at) => at !== place), quote.everything && place > 0));
  }

  agree(place: number): void {
    this.agreed = [...this.agreed, place];
  }

  /** The same once more, as it was asked for last. */
  lookAgain(): Promise<void> {
    return this.preview(this.#amountMsat, null, this.#everything);
  }

  /** On-chain, as offered. */
  takeOffer(): void {
    this.#onchainChosen = true;
    this.problem = null;
    this.quote = this.offer;
    this.offer = null;
    this.#sent = null;
    this.detail = null;
  }

  async pay(): Promise<void> {
    const quote = this.quote;
    if (!quote || this.asks) return;
    this.startedAt = performance.now();
    this.millis = null;
    await this.#try("paying", async () => {
      try {
        this.#sent = await ipc.pay(quote.id);
      } catch (error) {
        // The quote is used up: the next one says what is left costs.
        if (asApiError(error).code === "no_route") await this.#quoteAnew(quote).catch(() => (this.quote = null));
        throw error;
      }
    });
  }

  /** Has them pay: the amount, or all that they pay. */
  async withdraw(amountMsat: number | null): Promise<void> {
    const instruction = this.instruction;
    if (!instruction) return;
    await this.#try("paying", async () => {
      this.request = await ipc.withdraw({ instructionId: instruction.id, amountMsat });
    });
  }

  /** Sends whoever gave the refund an invoice. */
  async collect(): Promise<void> {
    const instruction = this.instruction;
    if (!instruction) return;
    await this.#try("paying", async () => {
      this.request = await ipc.collectRefund(instruction.id);
    });
  }

  async signIn(): Promise<void> {
    const instruction = this.instruction;
    if (!instruction) return;
    await this.#try("paying", async () => {
      await ipc.signIn(instruction.id);
      this.#signed = true;
    });
  }

  /** Called once it is decided. */
  async ended(): Promise<void> {
    this.millis ??= performance.now() - this.startedAt;
    const { movement, instruction, quote } = this;
    if (this.step === "failed" && movement) this.#retries = movement.id;
    if (movement) this.detail = await ipc.movement(movement.id).catch(() => null);
    if (this.step === "failed" && instruction && quote?.lightning) {
      this.raised = await this.#higher(quote);
      this.offer = await this.#onchain(instruction, this.#amountMsat);
    }
  }

  /** The higher limit, as it was shown. */
  takeRaised(): void {
    this.problem = null;
    this.quote = this.raised;
    this.agreedDear = true;
    this.raised = this.offer = null;
    this.#sent = null;
    this.detail = null;
  }

  /** Only after a final failure: looks at the same instruction again. */
  async again(): Promise<void> {
    const before = this.quote;
    this.#sent = null;
    this.detail = null;
    this.offer = this.raised = null;
    this.quote = null;
    if (before) await this.#try("checking", () => this.#quoteAnew(before));
  }

  /** Back to the amount, where the payer chooses it; else to the empty field. */
  change(): void {
    this.problem = null;
    this.choosing = this.adding = false;
    this.offer = null;
    if ((this.needsAmount || this.takesComment) && this.quote) this.quote = null;
    else this.reset();
  }

  reset(): void {
    this.text = "";
    this.choosing = this.adding = false;
    this.also = [];
    this.comment = "";
    this.payer = { name: "", email: "" };
    this.request = null;
    this.#signed = this.#onchainChosen = false;
    this.quantity = "1";
    this.instruction = null;
    this.quote = null;
    this.offer = this.raised = null;
    this.problem = null;
    this.#sent = null;
    this.#retries = null;
    this.detail = null;
  }

  /** The same as a quote that cannot be paid any more. */
  async #quoteAnew(before: Quote): Promise<void> {
    const coins = before.chosenCoins?.outpoints ?? null;
    if (this.instruction) await this.#preview(this.instruction, this.#amountOf(before), before.speed, before.everything, coins);
  }

  /** What the payer chose of it. */
  #amountOf(quote: Quote): number | null {
    return this.needsAmount && !quote.everything ? (quote.recipients[0]?.amountMsat ?? quote.amountMsat) : null;
  }

  /** A list, a line for each. All of it is taken, or nothing. */
  async #readList(text: string): Promise<void> {
    const [first, ...others] = await this.#recipients(text);
    if (!first) return;
    this.also = others.map((instruction) => ({ instruction, amountMsat: null }));
    try {
      await this.#preview(first, null, { type: "normal" }, false);
      this.instruction = first;
    } catch (error) {
      this.also = [];
      throw error;
    }
  }

  /** What a text says of those who are to be paid; whom it only names is looked up. */
  async #recipients(text: string): Promise<Instruction[]> {
    const all: Instruction[] = [];
    for (const one of await ipc.readRecipients(text)) {
      const asks = unasked.includes(one.kind);
      if (asks) this.host = one.link?.host ?? null;
      all.push(asks ? await ipc.lookUp(one.id) : one);
    }
    return all;
  }

  /** The same transaction for these. If it cannot be, it stays as it was. */
  async #among(quote: Quote, [first, ...others]: Also[], everything: boolean): Promise<void> {
    if (!first) return;
    const before = this.also;
    this.also = others;
    try {
      await this.#preview(first.instruction, first.amountMsat, quote.speed, everything, quote.chosenCoins?.outpoints ?? null);
      this.instruction = first.instruction;
    } catch (error) {
      this.also = before;
      throw error;
    }
  }

  /** The same after it failed, if its limit is higher now. */
  async #higher(before: Quote): Promise<Quote | null> {
    if (!this.instruction) return null;
    const amountMsat = this.needsAmount ? before.amountMsat : null;
    const quote = await ipc.preview(this.#asked(this.instruction, amountMsat, null, false, null)).catch(() => null);
    return quote?.raisedByMsat ? quote : null;
  }

  #asked(instruction: Instruction, amountMsat: number | null, speed: FeeSpeed | null, everything: boolean, coins: string[] | null) {
    const comment = this.takesComment ? this.comment.trim() || null : null;
    const quantity = instruction.quantity ? Number(this.quantity) || 0 : null;
    const given = (field: PayerField) => (wants(instruction).some((want) => want.field === field) ? this.payer[field].trim() || null : null);
    const who = { payerName: given("name"), payerEmail: given("email") };
    const also = this.also.map((one) => ({ instructionId: one.instruction.id, amountMsat: one.amountMsat }));
    return { instructionId: instruction.id, amountMsat, speed, everything, comment, quantity, coins, also, retries: this.#retries, ...who };
  }

  async #preview(instruction: Instruction, amountMsat: number | null, speed: FeeSpeed | null, everything: boolean, coins: string[] | null = null): Promise<void> {
    const asked = this.#asked(instruction, amountMsat, speed, everything, coins);
    this.#amountMsat = amountMsat;
    this.#everything = everything;
    this.agreed = [];
    this.agreedDear = false;
    this.offer = null;
    try {
      this.quote = await ipc.preview(asked);
    } catch (error) {
      if (speed === null && !settled.includes(asApiError(error).code)) this.offer = await this.#onchain(instruction, amountMsat);
      throw error;
    }
  }

  /** Takes back what no money has left for. How it ends is told by the wallet. */
  async takeBack(): Promise<void> {
    const movement = this.movement;
    if (movement) await this.#try("takingBack", async () => void (await ipc.takeBack(movement.id)));
  }

  /** Ends further tries of what is on its way. How it ends is told by the wallet. */
  async abandon(): Promise<void> {
    const movement = this.movement;
    if (movement) await this.#try("stopping", async () => void (await ipc.abandonPayment(movement.id)));
  }

  /** A link's other way, with what it costs. */
  async #onchain(instruction: Instruction, amountMsat: number | null): Promise<Quote | null> {
    if (instruction.kind !== "unified") return null;
    const asked = { instructionId: instruction.id, amountMsat, speed: { type: "normal" as const }, everything: false, comment: null, quantity: null, coins: null, also: [], retries: null, payerName: null, payerEmail: null };
    return ipc.preview(asked).catch(() => null);
  }

  async #try(what: Work, act: () => Promise<void>): Promise<void> {
    if (this.working) return;
    this.working = what;
    this.problem = null;
    try {
      await act();
    } catch (error) {
      const words = wordsFor(error);
      const { code, detail } = asApiError(error);
      this.problem = detail === null ? words : { ...words, title: t.pay.several.wrong(detail, words.title) };
      this.#code = code;
    }
    this.working = null;
    this.host = null;
  }
}
