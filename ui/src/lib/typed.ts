/**
 * What a person typed or pasted as an amount. One function for every field, so that no two read the same text differently.
 *
 * The rule. Digits of any script. Blanks, apostrophes and underscores group digits and nothing else. A point or a comma
 * - is the decimal mark where it comes once and groups cannot be meant (`0.001`, `1,5`, `10 000,5`);
 * - groups where it comes several times (`1,000,000`, `10,00,000`);
 * - of both kinds, the last is the decimal mark and the other one groups (`1.000,5`).
 * Once, behind one to three digits and before exactly three, it could be either: `10,000` is refused, never guessed.
 * Groups have three digits, or two before the last three (Indian). A unit that is written along (`sat`, `BTC`) counts.
 */
import { amount } from "./format";
import type { Unit } from "./ipc/gen/dto";

export type AmountFault =
  | { fault: "empty" | "notNumber" | "negative" | "exponent" | "groups" | "otherUnit" | "sign" | "zero" | "tooLarge" }
  | { fault: "ambiguous"; grouped: string; decimal: string }
  | { fault: "tooPrecise"; places: number };

export type Typed = { msat: number } | AmountFault;

interface Known {
  /** Decimal places down to a millisatoshi. */
  places: number;
}
const UNITS: Record<Unit | "msat", Known> = { btc: { places: 11 }, sat: { places: 3 }, integer: { places: 3 }, msat: { places: 0 } };
const NAMES: Record<string, Unit | "msat"> = {
  btc: "btc", xbt: "btc", bitcoin: "btc", bitcoins: "btc",
  sat: "sat", sats: "sat", satoshi: "sat", satoshis: "sat",
  msat: "msat", msats: "msat", millisatoshi: "msat", millisatoshis: "msat",
};

const MARKS: Record<string, string> = { "\uff0c": ",", "\ufe50": ",", "\u060c": ",", "\uff0e": ".", "\ufe52": ".", "\uff3f": "_", "\uff0b": "+" };

/** One character as the rule sees it: a digit, a blank, an apostrophe, a mark; anything else stays. */
function plain(c: string): string {
  if (/\p{Nd}/u.test(c)) {
    // Each script's digits begin at a multiple of sixteen or six behind one; the mathematical ones stand row on row.
    const code = c.codePointAt(0) ?? 0;
    if (code >= 0x1d7ce && code <= 0x1d7ff) return String((code - 0x1d7ce) % 10);
    const low = code % 16;
    return String(/\p{Nd}/u.test(String.fromCodePoint(code - low)) ? low : low - 6);
  }
  if (/\s/u.test(c)) return " ";
  if (/['\u2018\u2019\u201b\u02bc\u2032\u00b4`\uff07]/u.test(c)) return "'";
  if (/[-\u2010-\u2015\u2212\ufe63\uff0d]/u.test(c)) return "-";
  // Full-width letters, for units.
  if (/[\uff21-\uff3a\uff41-\uff5a]/u.test(c)) return String.fromCodePoint((c.codePointAt(0) ?? 0) - 0xfee0);
  return MARKS[c] ?? c;
}

const simple = (text: string): string =>
  [...text]
    .filter((c) => !/[\p{Cf}\p{Variation_Selector}]/u.test(c))
    .map(plain)
    .join("")
    .replace(/ +/g, " ")
    .trim()
    .replace(/(?<=\p{L})[.,;:]+$/u, "");

/** Groups of three, or of two before the last three; none begins with a nought. */
function joined(groups: readonly string[]): string | null {
  const [first = "", ...rest] = groups;
  const last = rest.at(-1);
  const middle = rest.slice(0, -1);
  if (last === undefined) return first;
  const width = middle[0]?.length ?? 3;
  const fits = /^[1-9]\d{0,2}$/.test(first) && last.length === 3 && (width === 3 || (width === 2 && first.length < 3));
  return fits && middle.every((group) => group.length === width) ? groups.join("") : null;
}

interface Parts {
  whole: string;
  fraction: string;
}

const ungrouped = (text: string, marks: RegExp): string | null => {
  const found = [...new Set(text.match(marks) ?? [])];
  return found.length > 1 ? null : joined(text.split(found[0] ?? "\0"));
};

const bare = (digits: string) => digits.replace(/^0+(?=\d)/, "");

/** With a decimal point, in a form that cannot be taken for groups. */
function decimalText(whole: string, fraction: string): string {
  const short = fraction.replace(/0+$/, "");
  return `${whole}.${short.length === 3 ? `${short}0` : short || "0"}`;
}

/** The digits before and behind the decimal mark. */
function split(text: string): Parts | AmountFault {
  const arabic = text.split("\u066b");
  const marks = text.match(/[.,]/g) ?? [];
  const last = arabic.length > 1 ? "\u066b" : marks.at(-1);
  const once = last !== undefined && text.split(last).length === 2;
  if (last === undefined || (!once && marks.every((mark) => mark === last))) {
    const whole = ungrouped(text, /[^\d]/g);
    return whole === null || arabic.length > 2 ? { fault: "groups" } : { whole, fraction: "" };
  }
  if (!once) return { fault: "groups" };
  const [front = "", behind = ""] = text.split(last);
  // Once the decimal mark is known, blanks behind it change nothing: `0.02 136 060`.
  if (behind !== "" && !/^\d+( \d+)*$/.test(behind)) return { fault: "groups" };
  const whole = front === "" ? "0" : ungrouped(front, /[^\d]/g);
  if (whole === null || (front === "" && behind === "")) return { fault: "groups" };
  const fraction = behind.replaceAll(" ", "");
  const first = behind.split(" ")[0] ?? "";
  const alone = last !== "\u066b" && /^\d{1,3}$/.test(front) && front !== "0" && first.length === 3;
  if (alone) return { fault: "ambiguous", grouped: bare(whole + fraction), decimal: decimalText(bare(whole), fraction) };
  return { whole, fraction };
}

/** The number, and the unit that is written along, if any. */
function unitOf(text: string, field: Unit): { digits: string; unit: Unit | "msat"; sign: boolean } | AmountFault {
  const found = /^([\p{L}\p{Sc}]*)\s*(.*?)\s*([\p{L}\p{Sc}]*)$/u.exec(text);
  const [, before = "", digits = "", behind = ""] = found ?? [];
  if (before && behind) return { fault: "notNumber" };
  const name = (before || behind).toLowerCase();
  if (name === "" || name === "\u20bf") return { digits, unit: name === "" ? field : "btc", sign: name !== "" };
  const unit = NAMES[name];
  if (unit !== undefined) return { digits, unit, sign: false };
  return { fault: /\d/.test(digits) ? "otherUnit" : "notNumber" };
}

/** What was typed in a field of this unit, in msat, or why it is no amount. */
export function typedAmount(text: string, field: Unit): Typed {
  const clean = simple(text);
  if (clean === "") return { fault: "empty" };
  if (/^\D*\d[\d.,]*\s*[eE]\s*[-+]?\d+/.test(clean)) return { fault: "exponent" };
  if (/^[^\d]*-|-$/.test(clean)) return { fault: "negative" };
  const named = unitOf(clean.replace(/^\+\s*/, ""), field);
  if ("fault" in named) return named;
  if (!/^[\d.,' _\u066b\u066c]*\d[\d.,' _\u066b\u066c]*$/.test(named.digits)) return { fault: "notNumber" };
  const parts = split(named.digits);
  if ("fault" in parts) return parts;
  // A bitcoin sign before a whole number is read as bitcoin by some and as satoshi by others (BIP 177). Where the unit is that
  // sign it is clear; what has a point then is not.
  if (named.sign && (parts.fraction === "") !== (field === "integer")) return { fault: "sign" };
  return inMsat(parts, named.sign && field === "integer" ? "integer" : named.unit);
}

function inMsat({ whole, fraction }: Parts, unit: Unit | "msat"): Typed {
  const { places } = UNITS[unit];
  // Noughts behind the last place say nothing, but `1,0000` sat may mean ten thousand: only one, behind a digit that counts.
  const short = unit === "btc" ? fraction.replace(/0+$/, "") : fraction.replace(/^(\d\d[1-9])0$/, "$1");
  if (short.length > places) return { fault: "tooPrecise", places };
  const msat = Number(whole + short.padEnd(places, "0"));
  if (!Number.isSafeInteger(msat)) return { fault: "tooLarge" };
  return msat === 0 ? { fault: "zero" } : { msat };
}

/** An amount as it stands in a field: readable, and read back as the same. */
export function fieldText(msat: number, unit: Unit): string {
  const { whole, fraction } = amount(msat, unit);
  // `1.567` could be meant in groups.
  return whole + (unit !== "btc" && fraction.length === 4 ? `${fraction}0` : fraction);
}

/** What was typed in one unit, as it would have been in the other: the amount stays, whatever it is shown in. */
export function inUnit(text: string, before: Unit, after: Unit): string {
  const msat = before === after ? null : msatOf(text, before);
  return msat === null ? text : fieldText(msat, after);
}

/** What was typed as a sum of a currency with so many decimals, in its smallest parts, or why it is none. */
export function typedFiat(text: string, decimals: number): { minor: number } | AmountFault {
  const clean = simple(text);
  if (clean === "") return { fault: "empty" };
  if (/^[^\d]*-|-$/.test(clean)) return { fault: "negative" };
  if (!/^[\d.,' _\u066b\u066c]*\d[\d.,' _\u066b\u066c]*$/.test(clean)) return { fault: "notNumber" };
  const parts = split(clean);
  if ("fault" in parts) return parts;
  if (parts.fraction.length > decimals) return { fault: "tooPrecise", places: decimals };
  const minor = Number(parts.whole + parts.fraction.padEnd(decimals, "0"));
  if (!Number.isSafeInteger(minor)) return { fault: "tooLarge" };
  return minor === 0 ? { fault: "zero" } : { minor };
}

/** The amount, or `null` where there is none to be read. */
export function msatOf(text: string, field: Unit): number | null {
  const typed = typedAmount(text, field);
  return "msat" in typed ? typed.msat : null;
}
