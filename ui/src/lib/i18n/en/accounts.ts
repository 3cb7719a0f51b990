import type { AccountId } from "../../ipc/gen/view";

const kinds = { bip44: "BIP 44 (legacy)", bip49: "BIP 49 (nested SegWit)", bip84: "BIP 84 (native SegWit)", bip86: "BIP 86 (Taproot)" };

export const accounts = {
  title: "Other accounts of your words",
  why: "Words made in another wallet may have money in other accounts. Fulmen’s own is BIP 84, account 0.",
  name: ({ kind, number }: AccountId) => (kind === "closed" ? "channels that their peers closed" : `${kinds[kind]}, account ${number}`),
  at: "at",
  places: "Fulmen looks at BIP 44, 49, 84, and 86, accounts 0 to 4, and for what peers paid you when they closed a channel.",
  passphrase: (used: boolean) =>
    used
      ? "It looks with the passphrase you gave. Without it, or with another one, the same words open other accounts."
      : "It looks without a passphrase. If your words had one, restore them with it: the same words then open other accounts.",
  cost: (requests: string) => `A look asks your chain server about ${requests} addresses or more. It then knows that they belong together.`,
  nothing: (when: string) => `Nothing there. Looked at ${when}.`,
  never: "Fulmen has not looked there.",
  look: "Look for money there",
  lookAgain: "Look again",
  looking: "Looking…",
  move: "Move it here…",

  moveTitle: "Move it into this wallet",
  asking: "Looking at the account…",
  from: "From",
  arrives: "You get",
  fee: "Miner fee",
  soon: "In a block",
  left: "Stays there",
  leftWhy: "(moving it costs more than it brings)",
  speed: "How soon?",
  password: "Your password",
  passwordWhy: "The words sign this transaction, and your password opens them.",
  confirm: "Move it here",
  moving: "Moving…",
  movedTitle: "It is on its way",
  moved: "Activity shows it now, and your balance once the chain server lists it.",
  gone: "There is nothing in this account that can be moved now. What is not in a block yet can be moved later.",
  key: "a private key",
  keyTitle: "Collect from a private key",
  keyMeans: "Whoever knows this key can take what was paid to its addresses. Fulmen moves all of it to an address of yours, and doesn’t keep the key.",
  askingKey: "Looking at the addresses of this key…",
  nothingAtKey: "Nothing that can be moved was paid to this key. What is not in a block yet can be collected later.",
  keyMoved: "Don’t let anybody pay to that key again: others may know it.",
  tooLittle: "Moving it costs more than it brings, at this speed. Wait for lower fees.",
};
