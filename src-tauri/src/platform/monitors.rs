//! Screens of macOS and Windows. macOS asks the person once whether Fulmen may see the screen.

use crate::dto::ApiError;
use crate::picture;
use fulmen_engine::error::Code;
use std::error::Error;

/// Each monitor as PNG.
pub(super) fn capture() -> Result<Vec<Vec<u8>>, ApiError> {
    monitors().map_err(|error| ApiError::caused(Code::PictureUnreadable, error.as_ref()))
}

fn monitors() -> Result<Vec<Vec<u8>>, Box<dyn Error>> {
    xcap::Monitor::all()?.iter().map(one).collect()
}

fn one(monitor: &xcap::Monitor) -> Result<Vec<u8>, Box<dyn Error>> {
    let image = monitor.capture_image()?;
    Ok(picture::png(image.width(), image.height(), png::ColorType::Rgba, image.as_raw())?)
}
