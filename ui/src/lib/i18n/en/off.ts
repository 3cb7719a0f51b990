import type { OffRisk } from "$lib/ipc/gen/view";

const could: Record<OffRisk, string> = {
  penalty: "a peer that published an old state of a channel could keep what it took.",
  oldState: "a dishonest peer could publish an old state of a channel and keep what it gains.",
  contestedPayment: "the peer of a closed channel could take a payment that is yours.",
  incomingPayment: "a payment on its way to you could go back to its sender.",
  outgoingPayment: "a channel would be closed by force over a payment of yours that is under way.",
};

/** How long this computer may be off, and quitting. */
export const off = {
  until: (when: string) => `Safe to be off until ${when}`,
  now: "Leave Fulmen running for now",
  after: (risk: OffRisk) => `After that, ${could[risk]}`,
  meanwhile: (risk: OffRisk) => `While it’s off, ${could[risk]}`,
  quitTitle: "Quit Fulmen?",
  underWay: (count: number) => (count === 1 ? "A payment is still under way" : `${count} payments are still under way`),
  underWayLead: "It isn’t lost, but it can only finish while Fulmen is running.",
  waitingTitle: (count: number) => (count === 1 ? "Fulmen quits when the payment is done" : `Fulmen quits when ${count} payments are done`),
  waitingLead: "That’s usually a matter of seconds. Nothing is lost if you don’t wait.",
  again: "To quit at once, close the window again.",
  stay: "Don’t quit",
  quit: "Quit",
  quitNow: "Quit now",
  wait: "Wait, then quit",
};
