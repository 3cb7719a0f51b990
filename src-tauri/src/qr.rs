//! QR codes as SVG and PNG, dark on white with four modules of quiet zone (ISO 18004). Medium error correction where the code
//! stays small enough to scan from a screen, low for long texts.

use crate::dto::{ApiError, CodeForm};
use crate::error::internal;
use crate::picture;
use fulmen_engine::uri::qr_text;
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// Above this many bytes a coarser code reads better than a more forgiving one.
const LONG: usize = 300;

/// Pixels of a module in a saved picture: the largest code is then 1850 wide, which prints sharply.
const MODULE_PIXELS: u32 = 10;

/// A complete SVG document.
pub(crate) fn svg(text: &str, form: CodeForm) -> Result<String, ApiError> {
    let code = code(text, form)?;
    let mut picture = code.render::<svg::Color<'_>>();
    picture.quiet_zone(true).module_dimensions(4, 4);
    Ok(picture.dark_color(svg::Color("#000")).light_color(svg::Color("#fff")).build())
}

/// The same as PNG.
pub(crate) fn png(text: &str, form: CodeForm) -> Result<Vec<u8>, ApiError> {
    let code = code(text, form)?;
    let mut picture = code.render::<char>();
    picture.quiet_zone(true).module_dimensions(MODULE_PIXELS, MODULE_PIXELS);
    let rows = picture.dark_color('#').light_color(' ').build();
    let shade = |letter| if letter == '#' { 0 } else { u8::MAX };
    let pixels: Vec<u8> = rows.lines().flat_map(str::chars).map(shade).collect();
    let side = rows.lines().count();
    let side = u32::try_from(side).map_err(internal)?;
    picture::png(side, side, png::ColorType::Grayscale, &pixels).map_err(internal)
}

fn code(text: &str, form: CodeForm) -> Result<QrCode, ApiError> {
    let text = match form {
        CodeForm::Small => qr_text(text),
        CodeForm::Unchanged => text.to_owned(),
    };
    let level = if text.len() > LONG { EcLevel::L } else { EcLevel::M };
    QrCode::with_error_correction_level(&text, level).map_err(internal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use qrcode::Color;

    const ADDRESS: &str = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq";

    #[test]
    fn a_long_request_still_fits() {
        let invoice = format!("lnbc{}", "q".repeat(900));
        let uri = format!("bitcoin:{ADDRESS}?lightning={invoice}");
        for form in [CodeForm::Small, CodeForm::Unchanged] {
            let picture = svg(&uri, form).unwrap();
            assert!(picture.starts_with("<?xml") && picture.contains("#fff"));
            assert!(svg(&"é".repeat(4000), form).is_err());
        }
    }

    #[test]
    fn a_text_as_it_is_takes_more_room_and_is_another_code() {
        let uri = format!("bitcoin:{ADDRESS}?lightning=lnbc{}", "q".repeat(200));
        let [small, unchanged] =
            [CodeForm::Small, CodeForm::Unchanged].map(|form| code(&uri, form).unwrap());
        assert!(small.width() < unchanged.width());
        let drawn = QrCode::with_error_correction_level(&uri, EcLevel::M).unwrap();
        assert_eq!(unchanged.to_colors(), drawn.to_colors());
        assert_ne!(png(&uri, CodeForm::Small).unwrap(), png(&uri, CodeForm::Unchanged).unwrap());
    }

    #[test]
    fn a_saved_picture_is_the_same_code() {
        let text = &format!("bitcoin:{ADDRESS}");
        let bytes = png(text, CodeForm::Small).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let side = reader.next_frame(&mut pixels).unwrap().width as usize;
        let code = code(text, CodeForm::Small).unwrap();
        assert_eq!(side, (code.width() + 8) * 10);
        let modules = (0..code.width()).flat_map(|y| (0..code.width()).map(move |x| (x, y)));
        for (x, y) in modules {
            let middle = |at: usize| (at + 4) * 10 + 5;
            assert_eq!(pixels[middle(y) * side + middle(x)] == 0, code[(x, y)] == Color::Dark);
        }
        assert!(pixels[..side * 40].iter().all(|pixel| *pixel == u8::MAX), "a quiet zone");
    }
}
