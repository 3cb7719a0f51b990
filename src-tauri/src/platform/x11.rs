//! Screens of an X11 display: the root window's pixels, a picture for each monitor.

use crate::dto::ApiError;
use crate::picture;
use fulmen_engine::error::Code;
use std::error::Error;
use x11rb::connection::Connection;
use x11rb::errors::ReplyError;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, ImageOrder, Screen};
use x11rb::rust_connection::RustConnection;

/// Every plane of a pixel.
const ALL_PLANES: u32 = u32::MAX;

/// Part of a screen that one monitor shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Area {
    x: i16,
    y: i16,
    width: u16,
    height: u16,
}

/// Each monitor as PNG.
pub(super) fn capture() -> Result<Vec<Vec<u8>>, ApiError> {
    pictures().map_err(|error| ApiError::caused(Code::PictureUnreadable, error.as_ref()))
}

fn pictures() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let (connection, _) = x11rb::connect(None)?;
    let mut pictures = Vec::new();
    for screen in &connection.setup().roots {
        for area in monitors(&connection, screen) {
            pictures.push(picture_of(&connection, screen, area)?);
        }
    }
    Ok(pictures)
}

/// One screen spans all its monitors. A server that cannot tell them apart (no RandR 1.5) has one.
fn monitors(connection: &RustConnection, screen: &Screen) -> Vec<Area> {
    let known = told(connection, screen).unwrap_or_else(|error| {
        tracing::info!(%error, "the display does not tell its monitors");
        Vec::new()
    });
    let whole = Area { x: 0, y: 0, width: screen.width_in_pixels, height: screen.height_in_pixels };
    let areas =
        known.iter().map(|one| Area { x: one.x, y: one.y, width: one.width, height: one.height });
    shown(whole, areas)
}

fn told(connection: &RustConnection, screen: &Screen) -> Result<Vec<MonitorInfo>, ReplyError> {
    Ok(connection.randr_get_monitors(screen.root, true)?.reply()?.monitors)
}

/// The monitors' areas within the screen, each once (one may mirror another); the whole screen if there is none.
fn shown(whole: Area, areas: impl Iterator<Item = Area>) -> Vec<Area> {
    let mut shown = Vec::new();
    for area in areas {
        let inside = area.x >= 0
            && area.y >= 0
            && area.width > 0
            && area.height > 0
            && i32::from(area.x) + i32::from(area.width) <= i32::from(whole.width)
            && i32::from(area.y) + i32::from(area.height) <= i32::from(whole.height);
        if inside && !shown.contains(&area) {
            shown.push(area);
        }
    }
    if shown.is_empty() { vec![whole] } else { shown }
}

fn picture_of(
    connection: &RustConnection,
    screen: &Screen,
    Area { x, y, width, height }: Area,
) -> Result<Vec<u8>, Box<dyn Error>> {
    let image = connection
        .get_image(ImageFormat::Z_PIXMAP, screen.root, x, y, width, height, ALL_PLANES)?
        .reply()?;
    let setup = connection.setup();
    let wide =
        setup.pixmap_formats.iter().any(|f| f.depth == image.depth && f.bits_per_pixel == 32);
    if !wide || !matches!(image.depth, 24 | 32) {
        return Err(format!("a screen of {} bits is not understood", image.depth).into());
    }
    let rgb = rgb(&image.data, setup.image_byte_order == ImageOrder::LSB_FIRST);
    Ok(picture::png(u32::from(width), u32::from(height), png::ColorType::Rgb, &rgb)?)
}

/// Four bytes a pixel become three: `0xXXRRGGBB`, in the server's byte order.
fn rgb(data: &[u8], little_endian: bool) -> Vec<u8> {
    data.chunks_exact(4)
        .flat_map(|pixel| {
            if little_endian {
                [pixel[2], pixel[1], pixel[0]]
            } else {
                [pixel[1], pixel[2], pixel[3]]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_come_in_the_order_of_the_server() {
        assert_eq!(rgb(&[3, 2, 1, 0, 6, 5, 4, 0], true), [1, 2, 3, 4, 5, 6]);
        assert_eq!(rgb(&[0, 1, 2, 3], false), [1, 2, 3]);
    }

    #[test]
    fn each_monitor_is_one_picture() {
        let area = |x, y, width, height| Area { x, y, width, height };
        let whole = area(0, 0, 3000, 1200);
        let (left, right) = (area(0, 0, 1080, 1200), area(1080, 120, 1920, 1080));
        assert_eq!(shown(whole, [left, right].into_iter()), [left, right]);
        assert_eq!(shown(whole, [right, right].into_iter()), [right]);
        assert_eq!(shown(whole, [].into_iter()), [whole]);
        let beyond = [area(2000, 0, 1920, 1080), area(-8, 0, 100, 100), area(0, 0, 0, 0)];
        assert_eq!(shown(whole, beyond.into_iter()), [whole]);
    }
}
