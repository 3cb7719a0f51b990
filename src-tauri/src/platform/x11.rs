//! Screens of an X11 display: the root window's pixels.

use crate::dto::ApiError;
use crate::picture;
use fulmen_engine::error::Code;
use std::error::Error;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, ImageOrder, Screen};
use x11rb::rust_connection::RustConnection;

/// Every plane of a pixel.
const ALL_PLANES: u32 = u32::MAX;

/// Each screen as PNG. One screen spans all its monitors.
pub(super) fn capture() -> Result<Vec<Vec<u8>>, ApiError> {
    screens().map_err(|error| ApiError::caused(Code::PictureUnreadable, error.as_ref()))
}

fn screens() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    let (connection, _) = x11rb::connect(None)?;
    connection.setup().roots.iter().map(|screen| screen_picture(&connection, screen)).collect()
}

fn screen_picture(connection: &RustConnection, screen: &Screen) -> Result<Vec<u8>, Box<dyn Error>> {
    let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
    let image = connection
        .get_image(ImageFormat::Z_PIXMAP, screen.root, 0, 0, width, height, ALL_PLANES)?
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
}
