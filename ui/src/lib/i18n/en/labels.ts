import { number } from "$lib/format";

const labels = (count: number) => (count === 1 ? "1 label" : `${number(count)} labels`);
const coins = (count: number) => (count === 1 ? "1 coin" : `${number(count)} coins`);

/** Names of movements and coins, out to a file and in from one. */
export const labelWords = {
  title: "Labels",
  why: "What you call payments, requests and coins, in the format that other wallets read (BIP 329). Words alone don’t bring labels back: this file does.",
  reveals: "The file has no keys, but it says what your money was for. Keep it where nobody else reads it.",
  save: "Save labels",
  saving: "Saving…",
  saved: "Saved as",
  open: "Bring labels from a file",
  file: "File of labels",
  reading: "Reading…",
  preview: {
    labels: (count: number) => `${labels(count)} would be taken.`,
    none: "No label would be taken.",
    freezes: (count: number) => `${coins(count)} would be frozen: the file says not to spend ${count === 1 ? "it" : "them"}.`,
    same: (count: number) => `${labels(count)}: here already.`,
    differ: (count: number) => `${labels(count)}: you have another one there. Yours ${count === 1 ? "stays" : "stay"}.`,
    foreign: (count: number) => `${number(count)} not of this wallet, or of nothing it has seen yet.`,
    otherTypes: (count: number) => `${number(count)} of a kind that Fulmen has no place for.`,
    unreadable: (count: number) => `${number(count)} that can’t be read.`,
    cut: (count: number) => `${labels(count)} longer than 255 characters: the rest is left out.`,
  },
  take: "Take them",
  taking: "Taking…",
  leave: "Leave them",
  taken: (count: number) => `${labels(count)} taken.`,
  frozen: (count: number) => `${coins(count)} frozen.`,
  notFrozen: (count: number) => `${coins(count)} not frozen: needed to close channels, or promised to something.`,
  /** On one movement. */
  yours: "Your label",
  add: "Add a label",
  change: "Change",
  hint: "Only you see it.",
  keep: "Save",
};
