//! Channels where money is real: words that were proven, a copy or a person's word that there shall be none, and a cap. Told
//! with pretend bitcoin under the rule of real money.

use crate::code;
use crate::copy::Stick;
use fulmen_engine::amount::Sat;
use fulmen_engine::config::{Settings, Tunables};
use fulmen_engine::error::Code;
use fulmen_engine::view::CopyState;
use stories::{World, quick};

async fn strict() -> World {
    let mut world = World::new().await;
    world.reopen_with(rule_of_real_money(&world)).await;
    world.fund().await;
    world
}

fn rule_of_real_money(world: &World) -> Settings {
    Settings { tunables: Tunables { safeguards: true, ..quick() }, ..world.settings() }
}

async fn until(world: &World, obstacle: Option<Code>) {
    let now = world.until("the obstacle", |now| now.channels.obstacle == obstacle).await;
    assert!(now.channels.is_first, "nothing was opened yet");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_thing_that_is_missing_is_said_until_nothing_is() {
    let world = strict().await;
    let (wallet, hub) = (&world.wallet, world.network.hub_peer().uri);
    let preview = |sat| wallet.preview_open(&hub, Sat::new(sat));

    until(&world, Some(Code::WordsNotProven)).await;
    assert_eq!(code(preview(300_000)), Code::WordsNotProven);
    assert!(world.network.hub_opens(&wallet.node_id()).await.is_err(), "nor is one accepted");

    wallet.set_words_backed_up(true);
    until(&world, Some(Code::CopyWanted)).await;
    let stick = Stick::new();
    wallet.choose_copy_place(stick.path()).await.expect("a folder");
    until(&world, None).await;
    wallet.turn_copy_off().await.expect("off");
    until(&world, Some(Code::CopyWanted)).await;
    wallet.set_no_copy(true);
    until(&world, None).await;

    assert_eq!(wallet.channel_cap(), Sat::new(2_000_000));
    wallet.set_channel_cap(Sat::new(299_999));
    assert_eq!(code(preview(300_000)), Code::ChannelCap);
    wallet.set_channel_cap(Sat::new(u64::MAX));
    assert_eq!(wallet.channel_cap(), Sat::new(20_000_000), "and no higher");
    let shown = preview(300_000).expect("a preview");
    wallet.set_channel_cap(Sat::new(299_999));
    assert_eq!(code(wallet.open_channel(&shown.id).await), Code::ChannelCap, "asked again");

    wallet.set_channel_cap(Sat::new(300_000));
    world.open_to_hub(Sat::new(300_000)).await;
    let now = world.until("full", |now| now.channels.obstacle.is_none()).await;
    assert!(!now.channels.is_first);
    assert_eq!(code(preview(20_000)), Code::ChannelCap, "all of them together");
    world.close_all().await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_decided_is_known_after_a_restart_and_a_copy_that_lags_holds_new_ones_up() {
    let mut world = strict().await;
    world.wallet.set_words_backed_up(true);
    world.wallet.set_no_copy(true);
    world.wallet.set_channel_cap(Sat::new(5_000_000));
    until(&world, None).await;
    world.reopen_with(rule_of_real_money(&world)).await;
    world.wallet.sync().await;
    assert!(world.wallet.has_no_copy());
    assert_eq!(world.wallet.channel_cap(), Sat::new(5_000_000));

    // A copy that is wanted and cannot be written: no new channel, and the one that is there goes on.
    let stick = Stick::new();
    world.wallet.choose_copy_place(stick.path()).await.expect("a folder");
    until(&world, None).await;
    world.open_to_hub(Sat::new(300_000)).await;
    world.knows_the_network().await;
    stick.pulled_out();
    world.until("gone", |now| now.copy.state == CopyState::Missing).await;
    world.until("said", |now| now.channels.obstacle == Some(Code::CopyNotFresh)).await;
    let hub = world.network.hub_peer().uri;
    assert_eq!(code(world.wallet.preview_open(&hub, Sat::new(100_000))), Code::CopyNotFresh);
    world.coffee().await;
    stick.put_back();
    world.until("fresh again", |now| now.channels.obstacle.is_none()).await;
    world.close_all().await;
    world.end().await;
}
