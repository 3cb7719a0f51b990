import type { PartKind, QuarantineReason } from "$lib/ipc/gen/view";

const kept: Record<PartKind, string> = {
  reserve: "Reserve in channels",
  closingFee: "Set aside for closing fees",
  peerAway: "With a peer that is away",
  opening: "In a channel that is opening",
  closing: "In a channel that is closing",
  unconfirmed: "Coming in, not confirmed",
  forClosing: "Kept for closing",
  locked: "Reserved for a pending transaction",
  frozen: "Frozen by you",
  rest: "Too little to send",
};

const why: Record<PartKind, string> = {
  reserve: "A channel keeps about 1 % until it closes. It stays yours.",
  closingFee: "Closing a channel costs a miner fee; this pays it.",
  peerAway: "It can be used again the moment the peer is back.",
  opening: "It can be used when the blocks are there.",
  closing: "It comes on-chain as soon as both sides have agreed on the fee.",
  unconfirmed: "It can be used once it is in a block.",
  forClosing: "Closing a channel in a busy hour needs coins for the miner fee.",
  locked: "It is free again when that transaction is sent or given up.",
  frozen: "Unfreeze it in Settings, Coins.",
  rest: "Parts of a satoshi, or less than a channel lets through.",
};

export const home = {
  youOwn: "You own",
  hideAmounts: "Hide amounts",
  showAmounts: "Show amounts",
  pretend: "Pretend bitcoin, worth nothing",
  testCoins: "Test coins, worth nothing",
  pay: "Pay",
  receive: "Receive",
  scan: "Scan",
  lightning: "Lightning",
  onchain: "On-chain",
  closingFrom: (peer: string) => `Closing: ${peer}`,
  canSend: "Can send",
  canReceive: "Can receive",
  usableNow: "Can be used now",
  inReserve: "stay in reserve",
  notYet: "not yet",
  kept,
  why,
  noChannel: "No channel yet. Open one to pay and be paid in an instant.",
  onchainEmpty: "Works at once. Good for saving and for opening channels.",
  toKnow: "To know",
  activity: "Activity",
  seeAll: "See all",
  emptyTitle: "Nothing has moved yet",
  emptyPractice: ["Press ", "Get 1\u2009000\u2009000 sat", " in the practice drawer. Then open a channel with Hub, and order your first coffee."] as const,
  empty: "Press Receive to show your first request. What arrives is listed here.",
  quarantine: {
    title: "This is an old copy of your wallet",
    lead: "There was a newer one on this computer. Somebody, or a backup program, put this one in its place.",
    money: "Your money",
    moneyWhat: "It is safe as long as this copy is not used: whoever shows an old state of a channel may lose all that is in it. So Fulmen sends nothing, and speaks to no peer.",
    best: "Best",
    bestWhat: "Close Fulmen, put the newest copy of its folder back, and start again. Everything goes on as before. If you keep a living copy: move this folder away, start again, and restore from your words and that copy.",
    else: "If there is none",
    elseWhat: (channels: number) =>
      channels === 0
        ? "Go on with this copy. It knows of no channel; if the newer one had some, their peers must close them."
        : `Give ${channels === 1 ? "the channel" : `the ${channels} channels`} up. Fulmen asks the peers to close; what is yours then arrives on-chain, less the fees. There is no way back.`,
    iKnow: "I have no newer copy.",
    tickFirst: "Tick the box first.",
    wait: "Not now",
    giveUp: "Give the channels up",
    working: "Giving up…",
  },
  /** Instead of some of these. */
  quarantineBy: {
    putBack: {},
    /** The wallet was restored from its copy elsewhere. */
    moved: {
      title: "This wallet goes on elsewhere",
      lead: "Its living copy is newer than this wallet: it was restored on another computer, or an old copy of this wallet’s folder was put back here. Two that use the same channels lose them, so this one stands still.",
      moneyWhat: "It is safe: the newer wallet has it, and so has the living copy. Here Fulmen sends nothing, and speaks to no peer.",
      bestWhat: "Use the other computer; what came in here since is found there too. If there is none, take the newest: close Fulmen, move its folder away, start again, and restore from your words and the living copy.",
      else: "If there is no other computer, and the copy is lost",
      elseWhat: (channels: number) =>
        channels === 0
          ? "Go on here. This computer knows of no channel. The living copy is turned off; what is in its place stays there."
          : `Give ${channels === 1 ? "the channel" : `the ${channels} channels`} up, here and there. Fulmen asks the peers to close; what is yours then arrives on-chain, less the fees. The living copy is turned off; what is in its place stays there. There is no way back.`,
      iKnow: "No other computer goes on with this wallet, and there is no newer copy.",
    },
    witnessed: {
      title: "A newer copy of this wallet exists",
      lead: "A peer of one of your channels keeps how far your wallet was, sealed with your words. That is further than this copy: it was used on another computer, or this folder is an old one.",
      bestWhat: "Use the copy that was used last, on the computer where it is. If that was here, close Fulmen and put the newest copy of its folder back.",
    },
  } satisfies Record<QuarantineReason, object>,
  cards: {
    backUp: "Write down your recovery words",
    backUpWhy: "There is money here now. Without the words it is lost with this computer.",
    openFirst: "Open your first channel",
    openFirstWhy: "Then you can pay in an instant. Your on-chain money pays for it.",
    noRoom: "No room to receive over Lightning",
    noRoomWhy: "Spend a little first, or let someone open a channel to you. On-chain works.",
    asked: "waits for their invoice",
    askedWhy: "They were asked for one. No money has left, and you can take it back.",
    onTheirWay: (party: string) => `are on their way to ${party}`,
    onTheirWayNobody: "are on their way",
    onTheirWayWhy: (time: string) => `Sent at ${time}. They arrive, or come back. Don’t pay again.`,
    closingTitle: (peer: string) => `${peer} is closing:`,
    closingFree: (date: string) => `free on ${date}`,
    closingSoon: "free when it is in a block",
    closingForce: (blocks: string) => `Closed by force, ${blocks} blocks to go. Nothing to do.`,
    closingForceSoon: "Closed by force. Nothing to do.",
    closingTogether: "Closed together. Nothing to do.",
    quarantine: {
      putBack: "This is an old copy of your wallet",
      moved: "This wallet goes on elsewhere",
      witnessed: "A newer copy of this wallet exists",
    },
    quarantineWhy: {
      putBack: "Fulmen is paused, so that nothing is lost. See what to do.",
      moved: "It was restored from its copy on another computer, so this one stands still.",
      witnessed: "A peer shows it, so Fulmen is paused and nothing is lost. See what to do.",
    },
    waiting: (peer: string) => `${peer} must close the channel`,
    waitingNobody: "The peer must close a channel",
    waitingWhy: "Your copy of it was old, so Fulmen asked them to. What is yours then arrives on-chain.",
    disputed: (peer: string) => `Your channel with ${peer} needs a decision`,
    disputedNobody: "One of your channels needs a decision",
    disputedWhy: "The peer asks to close it, or says what it can’t prove. Nothing is done until you decide.",
    otherAccounts: "Your words have",
    otherAccountsAfter: "in other accounts",
    otherAccountsWhy: "Another wallet kept it there. See where, and move it here.",
    nothingFound: "Nothing was found at these words",
    nothingFoundWhy: (passphrase: boolean) =>
      passphrase
        ? "Not at BIP 44, 49, 84, or 86, accounts 0 to 4, with your passphrase. See what to check."
        : "Not at BIP 44, 49, 84, or 86, accounts 0 to 4, without a passphrase. See what to check.",
    low: "Too few coins on-chain to close safely",
    lowWhy: "Closing a channel by force in a busy hour needs coins for the miner fee. Receive some on-chain.",
  },
};
