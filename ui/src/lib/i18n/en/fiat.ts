import type { RateTrouble } from "$lib/ipc/gen/view";
import { oldness } from "$lib/format";

const trouble: Record<RateTrouble, string> = {
  unreachable: "Too few servers answer",
  differ: "The servers contradict each other",
};

export const fiat = {
  about: "about",
  lessThan: "less than",
  age: (secs: number) => (secs < 60 ? "rate just fetched" : `rate ${oldness(secs * 1000)} old`),
  stale: (secs: number) => `old rate: ${oldness(secs * 1000)}`,
  asking: "Asking what a bitcoin costs…",
  none: (why: string) => `No rate now: ${why.charAt(0).toLowerCase()}${why.slice(1)}. Your money is as it was.`,
  trouble,

  setting: "Worth in",
  off: "Off",
  why: (hosts: readonly string[]) => {
    const [first, second, ...others] = hosts;
    const rest = others.length > 0 ? `, and ${others.join(", ")} if these two don’t agree` : "";
    return `Off asks nobody. Once you choose a currency, Fulmen asks ${first ?? ""} and ${second ?? ""} what a bitcoin costs, every five minutes or so${rest}. They see this computer’s address and the currency, nothing of you or your money.`;
  },
  worthless: "Coins of this network are worth nothing.",
  currencies: {
    USD: "US dollar", EUR: "Euro", GBP: "British pound", CHF: "Swiss franc", CAD: "Canadian dollar", AUD: "Australian dollar", JPY: "Japanese yen",
  } as Partial<Record<string, string>>,

  typeIt: "Shown in sat before anything is paid.",
  buys: (amount: string) => `That is ${amount}.`,
  noRate: "No fresh rate is known now. Type it in sat.",

  then: "Worth then",
  feeThen: "Fee, then",
  now: "Worth now",
  rateOf: (time: string) => `rate of ${time}`,
  notKnown: "Not known",
  notKnownWhy: "No rate was there when it moved, and none is looked up later.",
};
