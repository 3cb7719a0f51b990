//! What the page may call, grouped by noun. Each parses, calls, maps; none decides. `tests/fixtures/commands.txt` lists
//! them: a new one is a new door.

#![allow(clippy::let_underscore_must_use, reason = "written by `tauri::command`")]

mod accounts;
mod activity;
mod app;
mod channels;
mod coins;
mod contacts;
mod copy;
mod labels;
mod pay;
mod practice;
mod psbt;
mod rates;
mod receive;
mod scan;
mod settings;
mod shell;

use tauri::Runtime;
use tauri::ipc::Invoke;

#[expect(clippy::too_many_lines, reason = "a list: one line a command")]
pub(crate) fn handler<R: Runtime>() -> impl Fn(Invoke<R>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        app::app_state,
        app::choose_network,
        app::create,
        app::restore,
        app::ask_peers,
        app::preview_restore,
        app::preview_words,
        app::restore_copy,
        app::unlock,
        app::lock,
        app::go_online,
        app::quit,
        app::snapshot,
        app::health,
        pay::read_text,
        pay::read_recipients,
        pay::look_up,
        pay::preview,
        pay::withdraw,
        pay::collect_refund,
        pay::sign_in,
        pay::pay,
        pay::take_back,
        pay::abandon_payment,
        pay::bump_preview,
        pay::bump,
        psbt::descriptors,
        psbt::unsigned_psbt,
        psbt::save_unsigned_psbt,
        psbt::psbt_preview,
        psbt::send_psbt,
        psbt::sign_psbt,
        receive::receive,
        receive::offers,
        receive::make_offer,
        receive::save_request,
        receive::addresses,
        activity::activity,
        activity::movement,
        activity::save_table,
        activity::save_receipt,
        contacts::contacts,
        contacts::save_contact,
        contacts::forget_contact,
        channels::open_preview,
        channels::open_channel,
        channels::close_preview,
        channels::close_channel,
        channels::keep_channel_open,
        channels::connect_peer,
        channels::give_up_channels,
        rates::buys,
        settings::settings,
        settings::update_settings,
        settings::test_source,
        settings::change_password,
        settings::show_words,
        settings::prove_words,
        copy::choose_copy_place,
        copy::copy_now,
        copy::turn_copy_off,
        copy::prove_copy,
        accounts::other_accounts,
        accounts::look_for_other_accounts,
        accounts::sweep_preview,
        accounts::sweep,
        coins::coins,
        coins::freeze_coin,
        coins::label_coin,
        labels::label_movement,
        labels::save_labels,
        labels::preview_labels,
        labels::take_labels,
        practice::practice,
        practice::practice_log,
        scan::scan_screen,
        scan::read_clipboard,
    ]
}

#[cfg(test)]
mod tests;
