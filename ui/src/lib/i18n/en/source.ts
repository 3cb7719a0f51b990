import type { SourceTrouble } from "$lib/ipc/gen/view";

/** What is wrong with a chain source, in our words: its own stay in the log. */
export function trouble(what: SourceTrouble): string {
  switch (what.type) {
    case "notSet":
      return "No source is set.";
    case "badUrl":
      return "That is no address of a server. One of Esplora begins with https://, one of Electrum with ssl://, a bitcoind’s with bitcoind://";
    case "notEncrypted":
      return "It is on another computer and not encrypted, so others could read what Fulmen looks for. Its address must begin with https:// or ssl://";
    case "unreachable":
      return "It cannot be reached.";
    case "tooSlow":
      return "It takes too long to answer.";
    case "busy":
      return "It asks Fulmen to come back later: too many requests.";
    case "answers":
      return `It answers with an error (${what.status}).`;
    case "sendsElsewhere":
      return "It sends Fulmen to another server, which Fulmen doesn’t follow.";
    case "wrongNetwork":
      return "It is on another network.";
    case "fromTheFuture":
      return "Its newest block is more than a day ahead of this computer’s clock. Either the clock is wrong, or the source.";
    case "behind":
      return "It hasn’t read the whole chain yet. Try again when it has.";
    case "nonsense":
      return "What it says can’t be right, so Fulmen didn’t use it.";
    case "notChecked":
      return "Its newest blocks are not checked yet, or another chain has more work.";
    case "notAllowed":
      return "It refuses the name or the password.";
    case "pruned":
      return "The node is pruned, and a block that Fulmen needs is not there any more. Use another source until Fulmen is up to date.";
    case "noIndex":
      return "A bitcoind keeps no index of addresses, so it can’t search for other accounts. Use an Electrum or Esplora server for that.";
    case "reading":
      return `Its blocks are being read. Still to go: ${what.left}.`;
    case "incomplete":
      return "It didn’t answer everything.";
  }
}

export const source = {
  trouble,
  channels: (text: string) => `For your channels: ${text}`,
  noPackages: "It doesn’t relay packages: in a busy hour a close by force may wait longer.",
  packages: "Relays packages, for closes by force",
  packagesNot: "Doesn’t relay packages: in a busy hour a close by force may wait longer",
};
