//! QR codes as SVG, dark on white with four modules of quiet zone (ISO 18004). Medium error correction where the code
//! stays small enough to scan from a screen, low for long texts.

use crate::dto::ApiError;
use crate::error::internal;
use fulmen_engine::uri::qr_text;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// Above this many bytes a coarser code reads better than a more forgiving one.
const LONG: usize = 300;

/// A complete SVG document.
pub(crate) fn svg(text: &str) -> Result<String, ApiError> {
    let text = qr_text(text);
    let level = if text.len() > LONG { EcLevel::L } else { EcLevel::M };
    let code = QrCode::with_error_correction_level(&text, level).map_err(internal)?;
    let mut picture = code.render::<svg::Color<'_>>();
    picture.quiet_zone(true).module_dimensions(4, 4);
    Ok(picture.dark_color(svg::Color("#000")).light_color(svg::Color("#fff")).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_request_still_fits() {
        let invoice = format!("lnbc{}", "q".repeat(900));
        let picture =
            svg(&format!("bitcoin:bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq?lightning={invoice}"))
                .unwrap();
        assert!(picture.starts_with("<?xml") && picture.contains("#fff"));
        assert!(svg(&"é".repeat(4000)).is_err());
    }
}
