import type { CopyState } from "$lib/ipc/gen/view";

interface Said {
  title: string;
  text: string;
}

const states: Record<CopyState, Said> = {
  off: { title: "There is no living copy", text: "If this computer is lost, your words bring back what is on-chain. What is in channels may be lost." },
  upToDate: { title: "The copy is up to date", text: "Every change follows within a moment." },
  catchingUp: { title: "The copy is catching up", text: "Changes are being written to the folder. Your wallet doesn’t wait for it." },
  waiting: { title: "The folder takes long to answer", text: "Fulmen waits for it and goes on by itself. Your wallet doesn’t wait for it." },
  away: { title: "The server doesn’t answer", text: "Payments wait until it has the last change, and go on by themselves then. To go on without it, turn the copy off: what is there gets old." },
  notAdmitted: { title: "The server doesn’t let this wallet in", text: "Each request is signed with a key from your words and with the time. Set this computer’s clock right, or see whether the server asks for another way to log in." },
  missing: { title: "The folder isn’t there", text: "It was unplugged, unmounted or renamed. When it is back, the copy catches up by itself. Until then it gets old." },
  refused: { title: "The folder can’t be written", text: "It is full, read only or failing. Fulmen tries again by itself. Until then the copy gets old." },
  foreign: { title: "Another wallet’s copy is in this folder", text: "Two wallets never share one folder, so nothing is written. Choose another folder." },
  ahead: { title: "The copy is newer than this wallet", text: "Another computer writes it, or this wallet is an old one. Nothing is written. Use one computer only, the one that was used last." },
  newer: { title: "A newer Fulmen wrote this copy", text: "This version leaves it alone. Install the newer version, or choose another folder." },
  paused: { title: "No copy is written now", text: "This wallet may be an old copy itself, and what is newer must not be written over. Home says what to do." },
};

/** The same on a server, where that is something else. */
const onServer: Partial<Record<CopyState, Said>> = {
  upToDate: { title: "The copy is up to date", text: "Nothing of a payment leaves before the server has it." },
  catchingUp: { title: "The copy is catching up", text: "Changes are being written to the server. Payments wait until they are there." },
  waiting: { title: "The server takes long to answer", text: "Payments wait until it has the last change, and go on by themselves then. To go on without it, turn the copy off: what is there gets old." },
  missing: { title: "The server has no copy of this wallet any more", text: "Somebody removed it there. Choose the server once more to begin a new copy." },
  refused: { title: "The server doesn’t take the copy", text: "Fulmen tries again by itself. Until then the copy gets old." },
  foreign: { title: "Another wallet’s copy is on this server", text: "Nothing is written over it. Choose another place." },
  newer: { title: "A newer Fulmen wrote this copy", text: "This version leaves it alone. Install the newer version, or choose another place." },
};

export const copy = {
  title: "A living copy",
  why: "A place that follows every change: a folder on a stick, on a network drive or one that another program synchronises, or a VSS server of your own. It is sealed with your words; nobody else can read it.",
  later: "On another computer, choose “Restore from words and a copy” when Fulmen first starts. A channel goes on from there only if its peer knows nothing newer.",
  proof: {
    ask: "Prove it…",
    why: "Fulmen reads the copy as another computer would and shows what would come back. No server and no peer is asked, and nothing changes.",
    go: "Prove my backup",
    working: "Reading the copy…",
    whole: "The copy has everything",
    wholeWhy: "It was read there and opened with your words.",
    behind: (changes: number) => (changes === 1 ? "One change is not in it yet" : `${changes} changes are not in it yet`),
    behindWhy: "The rest was read there and opened with your words.",
  },
  none: {
    ask: "I want channels without a copy…",
    why: "If this disk is lost, your words bring back what is on-chain. What is in channels comes back only if their peers close them, and payments under way may be lost.",
    phrase: "no copy",
    label: "Type “no copy” if that is what you want",
    wrong: "That is not “no copy”.",
    go: "Channels without a copy",
    chosen: "You chose to have channels without a living copy.",
    undo: "Ask for a copy again",
  },
  states,
  onServer,
  age: (old: string) => `Copy ${old} old`,
  folder: "Folder or server",
  where: "In",
  hint: "The full path of a folder that is there: Fulmen makes a directory of its own in it. Or the https address of a VSS server, which Fulmen tries before anything changes.",
  example: "/media/you/STICK",
  choose: "Keep a copy here",
  choosing: "Trying it…",
  change: "Another place…",
  changeTo: "Keep it there from now on",
  changeWhy: "The copy goes on in the new place. What is in the old one stays there, gets old, and can be removed.",
  now: "Copy now",
  nowWhy: "Copy now writes all of it once more, without waiting for a change.",
  copying: "Copying…",
  copied: "All of it was written just now.",
  off: "Turn it off…",
  offTitle: "Turn the living copy off?",
  offWhy: "Changes are no longer written anywhere but on this computer. What was written stays there and gets old; an old copy can’t bring channels back.",
  offYes: "Turn it off",
  turningOff: "Turning it off…",
  keep: "Keep it on",
};
