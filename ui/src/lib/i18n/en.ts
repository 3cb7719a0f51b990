import { accounts } from "./en/accounts";
import { activity } from "./en/activity";
import { addresses } from "./en/addresses";
import { amount } from "./en/amount";
import { channels } from "./en/channels";
import { coins } from "./en/coins";
import { common } from "./en/common";
import { contacts } from "./en/contacts";
import { copy } from "./en/copy";
import { crash } from "./en/crash";
import { errors } from "./en/errors";
import { fiat } from "./en/fiat";
import { health } from "./en/health";
import { home } from "./en/home";
import { labelWords } from "./en/labels";
import { lost } from "./en/lost";
import { off } from "./en/off";
import { pay } from "./en/pay";
import { practice } from "./en/practice";
import { psbt } from "./en/psbt";
import { receive } from "./en/receive";
import { restore } from "./en/restore";
import { scan } from "./en/scan";
import { settings } from "./en/settings";
import { source } from "./en/source";
import { start } from "./en/start";

/** English. One file a topic. */
export const en = {
  accounts, activity, addresses, amount, channels, coins, common, contacts, copy, crash, errors, fiat, health, home, labels: labelWords, lost, off, pay, practice, psbt, receive, restore, scan, settings, source, start,
};
