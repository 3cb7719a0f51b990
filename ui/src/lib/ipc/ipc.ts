/** The only door to the shell: one function a command, one listener. Everything else imports from here. */
import { invoke } from "@tauri-apps/api/core";
import { listen, type UnlistenFn } from "@tauri-apps/api/event";
import { writeText } from "@tauri-apps/plugin-clipboard-manager";
import type {
  ApiError, AppState, AskRequest, BumpRequest, ChangePassword, Clipboard, CloseRequest, CodeForm, CopySource, CreateRequest, HandedPsbt, OfferRequest, OpenRequest, Picture, PracticeAction, PracticeLog,
  PreviewRequest, QuitChoice, ReceiveRequest, RestoreCopyRequest, RestoreRequest, SettingsPatch, SettingsView, ShellEvent, ShownOffer, ShownOffers, ShownRequest,
  SweepPreviewRequest, SweepRequest, WithdrawRequest, Words, WordsRequest,
} from "./gen/dto";
import type {
  ActivityFilter, BumpQuote, Quote, ClosePreview, Coin, Collecting, ContactTotals, CopyProof, Descriptors, Health, Instruction, LabelsPreview, LabelsTaken, LostChannels, Movement, MovementDetail, NetworkId, OpenPreview, OtherAccounts, OwnAddress, PsbtQuote, Request, RestorePreview, Snapshot, SourceTest,
  SweepPreview, WordsPreview,
} from "./gen/view";

export const appState = () => invoke<AppState>("app_state");
export const chooseNetwork = (network: NetworkId) => invoke<AppState>("choose_network", { network });
export const create = (request: CreateRequest) => invoke<AppState>("create", { request });
export const restore = (request: RestoreRequest) => invoke<AppState>("restore", { request });
/** What words alone would bring back: the chain’s server is asked, no peer is, and nothing stays. */
export const previewWords = (request: WordsRequest) => invoke<WordsPreview>("preview_words", { request });
/** Asks more peers for channels of the words. */
export const askPeers = (request: AskRequest) => invoke<LostChannels>("ask_peers", { request });
/** What a living copy would bring back: nobody is asked, and nothing stays. */
export const previewRestore = (source: CopySource) => invoke<RestorePreview>("preview_restore", { source });
export const restoreCopy = (request: RestoreCopyRequest) => invoke<AppState>("restore_copy", { request });
export const unlock = (password: string | null) => invoke<AppState>("unlock", { password });
export const lock = () => invoke<AppState>("lock");

/** Answers what was asked when the window was closed. Waiting answers when it was taken back, or never. */
export const quit = (choice: QuitChoice) => invoke<null>("quit", { choice });

export const snapshot = () => invoke<Snapshot>("snapshot");
export const health = () => invoke<Health>("health");

export const readRecipients = (text: string) => invoke<Instruction[]>("read_recipients", { text });
export const readText = (text: string) => invoke<Instruction>("read_text", { text });
/** Asks the host of an LNURL or a name what it is. */
export const lookUp = (instructionId: string) => invoke<Instruction>("look_up", { instructionId });
/** Has the host of a link pay. */
export const collectRefund = (instructionId: string) => invoke<Collecting>("collect_refund", { instructionId });
export const withdraw = (request: WithdrawRequest) => invoke<Request>("withdraw", { request });
export const signIn = (instructionId: string) => invoke<null>("sign_in", { instructionId });
export const preview = (request: PreviewRequest) => invoke<Quote>("preview", { request });
/** What a wallet that only watches this one needs. */
export const descriptors = () => invoke<Descriptors>("descriptors");
/** A previewed payment without signatures, in base64; or as a file, whose path it answers. */
export const unsignedPsbt = (quoteId: string) => invoke<string>("unsigned_psbt", { quoteId });
export const saveUnsignedPsbt = (quoteId: string) => invoke<string>("save_unsigned_psbt", { quoteId });
export const psbtPreview = (instructionId: string) => invoke<PsbtQuote>("psbt_preview", { instructionId });
export const sendPsbt = (quoteId: string) => invoke<Movement>("send_psbt", { quoteId });
/** Signs it, and saves it to be handed on. */
export const signPsbt = (quoteId: string) => invoke<HandedPsbt>("sign_psbt", { quoteId });
export const pay = (quoteId: string) => invoke<Movement>("pay", { quoteId });
/** What hurrying a transaction that waits for a block would cost, or calling it off. */
export const bumpPreview = (request: BumpRequest) => invoke<BumpQuote>("bump_preview", { request });
export const bump = (quoteId: string) => invoke<Movement>("bump", { quoteId });
export const receive = (request: ReceiveRequest) => invoke<ShownRequest>("receive", { request });
/** A code as a picture file; answers its path. */
export const saveRequest = (text: string, form: CodeForm) => invoke<string>("save_request", { text, form });
/** On-chain addresses that somebody has, newest first, with what came to each. */
export const addresses = () => invoke<OwnAddress[]>("addresses");

export const offers = () => invoke<ShownOffers>("offers");
export const makeOffer = (request: OfferRequest) => invoke<ShownOffer>("make_offer", { request });

export const activity = (filter: ActivityFilter, beforeId: string | null) => invoke<Movement[]>("activity", { filter, beforeId });
/** A page of one payment, as a file; answers its path. */
export const saveReceipt = (html: string) => invoke<string>("save_receipt", { html });
/** All of it as a file for a spreadsheet; answers its path. */
export const saveTable = () => invoke<string>("save_table");
export const movement = (id: string) => invoke<MovementDetail>("movement", { id });

export const openPreview = (request: OpenRequest) => invoke<OpenPreview>("open_preview", { request });
export const openChannel = (previewId: string) => invoke<null>("open_channel", { previewId });
export const closePreview = (request: CloseRequest) => invoke<ClosePreview>("close_preview", { request });
export const closeChannel = (previewId: string) => invoke<null>("close_channel", { previewId });
/** Takes a close back that the peer has not heard of yet. */
export const keepChannelOpen = (channelId: string) => invoke<null>("keep_channel_open", { channelId });
/** `place` is where the peer listens now, as it was typed. */
export const connectPeer = (nodeId: string, place: string) => invoke<null>("connect_peer", { nodeId, place });

/** Ends a quarantine: each channel is its peer's to close from now on. */
export const giveUpChannels = () => invoke<null>("give_up_channels");
/** Gives up further tries. What has left arrives or comes back all the same. */
export const abandonPayment = (id: string) => invoke<null>("abandon_payment", { id });
export const takeBack = (id: string) => invoke<null>("take_back", { id });
export const goOnline = () => invoke<null>("go_online");

export const settings = () => invoke<SettingsView>("settings");
export const updateSettings = (patch: Partial<SettingsPatch>) => invoke<SettingsView>("update_settings", { patch });
/** What so many smallest parts of the chosen currency buy, in msat; `null` where no rate is fresh. */
export const buys = (currency: string, minor: number) => invoke<number | null>("buys", { currency, minor });
export const testSource = (url: string) => invoke<SourceTest>("test_source", { url });
export const changePassword = (request: ChangePassword) => invoke<SettingsView>("change_password", { request });
export const showWords = (password: string | null) => invoke<Words>("show_words", { password });
/** The places of those that are wrong. */
export const proveWords = (typed: string[]) => invoke<number[]>("prove_words", { typed });

/** The living copy: each of these is an explicit act. */
export const chooseCopyPlace = (place: string) => invoke<null>("choose_copy_place", { place });
export const copyNow = () => invoke<null>("copy_now");
export const turnCopyOff = () => invoke<null>("turn_copy_off");
/** What it would bring back now. */
export const proveCopy = (password: string | null) => invoke<CopyProof>("prove_copy", { password });

/** Accounts of the same words beside the wallet's own. */
export const otherAccounts = () => invoke<OtherAccounts>("other_accounts");
export const labelMovement = (id: string, label: string) => invoke<null>("label_movement", { id, label });
export const saveLabels = () => invoke<string>("save_labels");
/** What taking the labels of a file would do. */
export const previewLabels = (text: string) => invoke<LabelsPreview>("preview_labels", { text });
export const takeLabels = (previewId: string) => invoke<LabelsTaken>("take_labels", { previewId });
/** The on-chain wallet's coins, the largest first. */
export const coins = () => invoke<Coin[]>("coins");
export const freezeCoin = (outpoint: string, frozen: boolean) => invoke<Coin[]>("freeze_coin", { outpoint, frozen });
export const labelCoin = (outpoint: string, label: string) => invoke<Coin[]>("label_coin", { outpoint, label });
/** Contacts with what they were paid; who was paid last comes first. */
export const contacts = () => invoke<ContactTotals[]>("contacts");
/** Names whoever a text pays, or names them anew. */
export const saveContact = (text: string, name: string) => invoke<ContactTotals[]>("save_contact", { text, name });
export const forgetContact = (id: string) => invoke<ContactTotals[]>("forget_contact", { id });
export const lookForOtherAccounts = () => invoke<OtherAccounts>("look_for_other_accounts");
export const sweepPreview = (request: SweepPreviewRequest) => invoke<SweepPreview>("sweep_preview", { request });
export const sweep = (request: SweepRequest) => invoke<Movement>("sweep", { request });

export const practice = (action: PracticeAction) => invoke<null>("practice", { action });
export const practiceLog = () => invoke<PracticeLog>("practice_log");
/** Both only soon after a click. */
export const scanScreen = () => invoke<Picture[]>("scan_screen");
export const readClipboard = () => invoke<Clipboard>("read_clipboard");

/** Hears every event of the shell, in order. */
export const onEvent = (hear: (event: ShellEvent) => void): Promise<UnlistenFn> =>
  listen<ShellEvent>("wallet", ({ payload }) => {
    hear(payload);
  });

export const copyText = (text: string) => writeText(text);

/** What a command rejects with. Anything else is a fault of ours and says so. */
export function asApiError(error: unknown): ApiError {
  if (typeof error === "object" && error !== null && "code" in error) return error as ApiError;
  return { code: "internal", message: String(error), detail: null };
}
