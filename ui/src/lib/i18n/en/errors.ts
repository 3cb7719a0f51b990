import type { Code } from "$lib/ipc/gen/view";

export interface ErrorWords {
  /** The verdict. */
  title: string;
  /** Why, and whether the money is safe. */
  text: string;
  /** The one next step. */
  next: string;
}

/** `detail` is a number that belongs to the code. */
export const errors: Record<Code, (detail: number | null) => ErrorWords> = {
  nothing_to_read: () => ({ title: "There is nothing to read", text: "The text is empty.", next: "Paste an invoice or an address." }),
  too_long: () => ({ title: "Too long to be a payment", text: "Nothing payable is this long.", next: "Copy the invoice or address alone." }),
  several_instructions: () => ({ title: "More than one payment in one text", text: "They differ in whom they pay or how much, so Fulmen chose none.", next: "Copy only the one you mean." }),
  not_understood: () => ({ title: "This is nothing Fulmen can pay", text: "It is not an invoice, an address or a payment link.", next: "Ask for a Lightning invoice or a bitcoin address." }),
  damaged: () => ({ title: "A character is wrong or missing", text: "It looks right, but its checksum does not fit.", next: "Copy it again, all of it." }),
  wrong_network: () => ({ title: "For another network", text: "It is valid, but not on the network this wallet is on.", next: "Ask for one on this network." }),
  unsupported_offer: () => ({ title: "An offer (BOLT 12)", text: "Fulmen can’t pay offers yet.", next: "Ask for an invoice instead." }),
  unsupported_lnurl: () => ({ title: "A link to open a channel", text: "Fulmen can’t use this kind of LNURL.", next: "Ask for the peer’s node id, and open the channel under Channels." }),
  unsupported_name: () => ({ title: "A name in the DNS (BIP 353)", text: "Fulmen can’t check ₿ names yet.", next: "Try it without the ₿, or ask for an invoice." }),
  unsupported_method: () => ({ title: "A kind Fulmen doesn’t know", text: "It needs something this version can’t do.", next: "Ask for a plain Lightning invoice." }),

  link_not_encrypted: () => ({ title: "This link isn’t safe to ask", text: "It is not an encrypted web address, so anyone in between could answer for them. Nobody was asked, and nothing left this wallet.", next: "Ask for an invoice, or for a link that begins with https." }),
  link_onion: () => ({ title: "This link needs Tor", text: "It is an onion address, and Fulmen has no Tor. Nobody was asked, and nothing left this wallet.", next: "Ask for an invoice, or for a link without Tor." }),
  link_private: () => ({ title: "This link leads into your own network", text: "A payee lives on the internet, not on this computer or behind your router. That is how attacks on home devices look. Nothing there was asked, and nothing left this wallet.", next: "Don’t use this link. Ask for an invoice instead." }),
  link_unreachable: () => ({ title: "Their server doesn’t answer", text: "It can’t be reached, or took too long. Nothing left this wallet.", next: "Check the network, or try again in a few minutes." }),
  link_redirects: () => ({ title: "Their server sends on and on", text: "It pointed from place to place, so Fulmen stopped. Nothing left this wallet.", next: "Ask for an invoice instead." }),
  link_too_large: () => ({ title: "Their server sent far too much", text: "No payee has that much to say, so Fulmen stopped reading. Nothing left this wallet.", next: "Ask for an invoice instead." }),
  link_nonsense: () => ({ title: "Their server’s answer makes no sense", text: "It is not what a payment link answers. Nothing left this wallet.", next: "Tell them, or ask for an invoice instead." }),
  link_refused: () => ({ title: "Their server said no", text: "The link may be used up, sold out or too old. Nothing left this wallet.", next: "Ask them for a new link." }),
  name_unknown: () => ({ title: "Nobody of that name", text: "The domain answers, and knows no such name. Nothing left this wallet.", next: "Check the spelling, letter by letter." }),
  link_unknown: () => ({ title: "A link of another kind", text: "It is neither for paying nor for being paid, or Fulmen doesn’t know it. Nothing left this wallet.", next: "Ask for an invoice instead." }),
  payer_data_wanted: () => ({ title: "They want to know who you are", text: "They take no payment without your name, mail address or the like, and Fulmen gives none of that out. Nothing left this wallet.", next: "Ask for an invoice instead." }),
  comment_too_long: () => ({ title: "The comment is too long", text: "They take fewer characters. Nothing left this wallet.", next: "Make it shorter." }),
  link_amount_differs: () => ({ title: "They ask for another amount", text: "Their invoice is not for the amount you chose, so Fulmen refused it. Nothing left this wallet.", next: "Don’t pay them this way. Tell them, or ask for an invoice." }),
  link_hash_differs: () => ({ title: "Their invoice is for something else", text: "It doesn’t belong to what they described, so Fulmen refused it. Nothing left this wallet.", next: "Don’t pay them this way. Tell them, or ask for an invoice." }),
  link_success_elsewhere: () => ({ title: "They would send you to another site", text: "What they want to show after paying is on a site that isn’t theirs. That is how phishing looks, so Fulmen refused it. Nothing left this wallet.", next: "Tell them, or ask for an invoice." }),
  link_success_unknown: () => ({ title: "They would show something unknown", text: "What they want to show after paying is of a kind Fulmen doesn’t know, so you would pay and not see it. Nothing left this wallet.", next: "Ask for an invoice instead." }),
  link_bad_invoice: () => ({ title: "Their invoice can’t be used", text: "Their server sent none that is whole and for this network. Nothing left this wallet.", next: "Tell them, or ask for an invoice." }),
  nothing_to_withdraw: () => ({ title: "There is nothing to collect", text: "They say that nothing is left for this link.", next: "Ask them for a new one." }),
  cannot_receive: () => ({ title: "Your channels can’t take that in", text: "There is no channel, or not enough room to receive in one payment now. They were not asked, so the link is still good.", next: "Choose a smaller amount, or open a channel first." }),

  expired: () => ({ title: "This invoice has expired", text: "Its time is over, so nobody will take the payment. Nothing left this wallet.", next: "Ask for a new one." }),
  own_invoice: () => ({ title: "This is your own request", text: "You can’t pay yourself.", next: "Share it with the person who is paying you." }),
  already_paid: () => ({ title: "You have paid this already", text: "The receipt is in Activity. Nothing more left this wallet.", next: "To pay once more, ask for a new request." }),
  in_flight: () => ({ title: "This is being paid right now", text: "It arrives, or it comes back. Don’t pay it a second time.", next: "Home shows how it ends." }),
  waits_for_block: () => ({ title: "You have paid this, it waits for a block", text: "It went on-chain and counts for them with the next block. Nothing more left this wallet.", next: "Home shows how it ends." }),
  amount_too_small: () => ({ title: "Too little to send", text: "Below the least that can be sent this way.", next: "Choose a larger amount." }),
  amount_too_large: () => ({ title: "More than can be sent at once", text: "Above the most that can be sent this way now.", next: "Choose a smaller amount." }),
  amount_needed: () => ({ title: "How much?", text: "They leave the amount to you.", next: "Type an amount." }),
  insufficient_balance: () => ({ title: "Not enough that can be used now", text: "Amount and fee together are more than you can send at the moment.", next: "Home shows what is kept, and until when." }),
  peers_away: () => ({ title: "Your channel’s peer is offline", text: "Lightning needs a peer for this that isn’t connected now. Nothing left this wallet.", next: "Fulmen connects again by itself; try again in a moment." }),
  no_route: () => ({ title: "No route within the fee limit", text: "Every channel on the way was too small, offline, or more expensive than you allowed.", next: "Try again in a few minutes, or ask for a smaller amount." }),
  rejected: () => ({ title: "They refused it", text: "The payee, or a node on the way, turned it back.", next: "Ask for a new invoice." }),
  retries_exhausted: () => ({ title: "Every way was tried", text: "Time ran out before one worked.", next: "Try again in a few minutes." }),
  replaced: () => ({ title: "Another transaction took its place", text: "The sender replaced it, or the network dropped it. None of it is yours; if it was for a request, that can still be paid.", next: "A payment that took its place has its own line in Activity." }),
  never_sent: () => ({ title: "It was never sent", text: "Fulmen ended before it left.", next: "You can pay it now." }),
  taken_back: () => ({ title: "You took it back", text: "It had not left this computer, so nobody can have it.", next: "You can pay it now." }),
  stale: () => ({ title: "Something changed meanwhile", text: "What you saw is no longer what would be done, so Fulmen did nothing.", next: "Look at it once more." }),

  not_on_mainnet: () => ({ title: "No channels with real bitcoin yet", text: "Fulmen must prove itself first. Channels work on every test network; on-chain works here.", next: "Practice with pretend bitcoin." }),
  peer_unreachable: () => ({ title: "The peer doesn’t answer", text: "No connection could be made. Nothing left this wallet.", next: "Check the address, or try again later." }),
  peer_refused: () => ({ title: "The peer said no", text: "It does not want this channel. Nothing left this wallet.", next: "Try another amount, or another peer." }),
  no_anchors: () => ({ title: "This peer takes no such channel", text: "Fulmen opens only channels with anchor outputs: the fee for closing one can be raised later. Nothing left this wallet.", next: "Try another peer." }),
  channel_size: () => ({ title: "Not a size this channel can have", text: "It is below the smallest or above the largest channel.", next: "Choose an amount in between." }),
  channel_gone: () => ({ title: "This channel is closing or gone", text: "Its money is shown under Closing or on-chain.", next: "Nothing to do." }),

  wrong_password: () => ({ title: "That password doesn’t open it", text: "Nothing was changed.", next: "Try again. Capital letters count." }),
  unknown_word: (place) => ({ title: place ? `Word ${place} is not in the list` : "A word is not in the list", text: "Recovery words come from a fixed list of 2\u2009048.", next: "Check its spelling." }),
  word_count: () => ({ title: "There must be 12 or 24 words", text: "Some are missing, or there are too many.", next: "Count them once more." }),
  words_checksum: () => ({ title: "These words don’t belong together", text: "Each is in the list, but one is wrong or in the wrong place.", next: "Compare them with what you wrote down." }),
  wallet_exists: () => ({ title: "There is a wallet here already", text: "It was not touched.", next: "Open it instead." }),
  no_wallet: () => ({ title: "No wallet is open", text: "It is locked, or was closed.", next: "Unlock it first." }),
  already_running: () => ({ title: "Fulmen is running already", text: "Two at once could harm your channels, so this one stopped.", next: "Go to the other window." }),
  newer_vault: () => ({ title: "Made by a newer Fulmen", text: "This version can’t read it safely, so it was not touched.", next: "Install the newer version." }),
  vault_damaged: () => ({ title: "The wallet’s file was changed", text: "By another program, or by a disk error. Fulmen stopped before doing harm.", next: "Make a copy of the folder before anything else." }),
  storage: () => ({ title: "The disk refuses to write", text: "Payments are stopped. Nothing is lost.", next: "Make room on the disk; Fulmen tries again by itself." }),
  disk_slow: () => ({ title: "The disk is slow", text: "An earlier change is still being written, so nothing new was begun. Nothing is lost.", next: "Wait a moment; Fulmen goes on by itself." }),
  offline: () => ({ title: "No connection to the chain source", text: "What you see is as of the last sync. Your money is safe.", next: "Check the network; Fulmen tries again by itself." }),
  not_ready: () => ({ title: "Still catching up", text: "Fulmen reads the newest blocks first.", next: "Wait a moment." }),
  clock_wrong: () => ({ title: "This computer’s clock is wrong", text: "Blocks carry the time, and it is far beside theirs. Your money is safe.", next: "Set the clock, then try again." }),
  quarantine: () => ({ title: "This is an old copy of your wallet", text: "Using it could cost what is in its channels, so Fulmen is paused. Nothing left this wallet.", next: "Home says what to do." }),
  only_practice: () => ({ title: "Only on the practice network", text: "Real networks have no such thing.", next: "Nothing to do." }),
  picture_unreadable: () => ({ title: "No code found", text: "The picture has no QR code that can be read.", next: "Try a sharper one, or another source." }),
  not_saved: () => ({ title: "The picture was not saved", text: "The folder for downloads cannot be written. The request itself is fine.", next: "Copy the request instead, or make room." }),
  copy_missing: () => ({ title: "The copy’s folder isn’t there", text: "It was unplugged, unmounted or renamed, or it doesn’t answer. Your wallet itself is fine.", next: "Connect it again, or choose another folder." }),
  copy_foreign: () => ({ title: "Another wallet’s copy is in this folder", text: "Two wallets never share one folder, so nothing was changed there.", next: "Choose another folder." }),
  copy_ahead: () => ({ title: "The copy there is newer than this wallet", text: "Another computer has gone on with this wallet, or this one is old. Nothing was changed there.", next: "Use one computer only, the one that was used last." }),
  copy_within: () => ({ title: "Too near to the original", text: "This folder is the wallet’s own: what takes the wallet would take the copy too.", next: "Choose a stick, a share, or a folder that is kept elsewhere." }),
  copy_refused: () => ({ title: "The folder can’t be written", text: "It is full, read only or failing. Your wallet itself is fine.", next: "Make room, or choose another folder." }),
  internal: () => ({ title: "An unforeseen fault", text: "Fulmen did not expect this and did nothing more. The log has the cause.", next: "Try again; if it stays, start Fulmen again." }),
};
