/** An amount that is typed in the currency beside sats. The engine says what it is in sats, and those are what the field stands for. */
import { amountText } from "./format";
import { t } from "./i18n";
import { asApiError, inSats } from "./ipc/ipc";
import { fieldText, typedFiat, type AmountFault } from "./typed";
import { wallet } from "./wallet.svelte";

const words = t.fiat.typed;

export class FiatField {
  /** What stands in it; `null` while sats or bitcoin are typed. */
  text = $state<string | null>(null);
  /** Why it is no amount. */
  bad = $state<string | null>(null);
  /** What it is, once the engine has said. */
  msat = $state<number | null>(null);

  /** What can be typed in: a currency whose rate is not old. */
  readonly rate = $derived(wallet.rate.type === "known" && !wallet.rate.stale ? wallet.rate.oneBtc : null);

  readonly says = $derived(this.msat === null ? null : words.is(amountText(this.msat, wallet.unit)));

  /** What the field is read as: nothing, the sats it is worth, or, until they are known, what nobody can take for an amount. */
  get stands(): string {
    if (!this.text?.trim()) return "";
    return this.msat === null ? words.asking : fieldText(this.msat, wallet.unit);
  }

  open(): void {
    this.set("");
  }

  /** Sats are typed again, beginning with what it was worth. */
  close(): void {
    this.set(null);
  }

  /** Whoever has the field emptied it. */
  emptied(): void {
    if (this.text?.trim()) this.set("");
  }

  /** What was typed. Answers whether it is an amount now. */
  async type(text: string): Promise<boolean> {
    this.set(text);
    const { rate } = this;
    if (text.trim() === "" || !rate) return false;
    const typed = typedFiat(text, rate.currency, rate.decimals);
    if ("fault" in typed) {
      this.bad = why(typed, rate.currency);
      return false;
    }
    try {
      const msat = await inSats(rate.currency, typed.minor);
      if (this.text !== text) return false;
      this.msat = msat;
      return true;
    } catch (error) {
      if (this.text === text) this.bad = refused(error);
      return false;
    }
  }

  private set(text: string | null): void {
    this.text = text;
    this.bad = null;
    this.msat = null;
  }
}

function why(fault: AmountFault, currency: string): string {
  if (fault.fault === "otherUnit" || fault.fault === "sign") return words.otherUnit(currency);
  if (fault.fault === "tooPrecise") return words.tooPrecise(currency, fault.places);
  return t.amount.says(fault);
}

function refused(error: unknown): string {
  const { code } = asApiError(error);
  if (code === "amount_too_small" || code === "amount_too_large" || code === "no_rate") return words[code];
  return t.errors[code](null).title;
}
