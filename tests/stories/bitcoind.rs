//! The chain from a bitcoind, whose blocks are read, instead of a server with an index. STORY_SOURCE=bitcoind tells every other
//! story so.

use crate::other_server as suite;
use stories::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_life() {
    suite::a_whole_life(World::on_bitcoind().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_by_force_by_us() {
    crate::force_close::by_us_on(World::on_bitcoind().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_block_of_a_funding_is_undone_before_it_is_ready() {
    crate::reorg::before_it_is_ready_on(World::on_bitcoind().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_block_of_a_close_is_undone() {
    suite::the_block_of_a_close_is_undone(World::on_bitcoind().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_kind_in_the_others_place_while_it_runs() {
    suite::one_kind_in_the_others_place_while_it_runs(World::on_bitcoind().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_away_for_a_while() {
    suite::a_server_that_is_away_for_a_while(World::on_bitcoind().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_shows_room_can_be_paid() {
    suite::what_shows_room_can_be_paid(World::on_bitcoind().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_in_is_hurried_by_a_child() {
    crate::speed_up::what_comes_in_is_hurried_on(World::on_bitcoind().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_taken_long_before_it_is_swept() {
    crate::disputed::a_person_decides_on_bitcoind().await;
}
