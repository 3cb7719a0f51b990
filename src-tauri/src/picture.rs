//! Pictures for the page's reader. A dropped file is read here, by the path the system gave us, and passed on only if it is
//! a picture or a PSBT; the page never names a path.

use crate::dto::ShellEvent;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fulmen_engine::error::{Code, Coded};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No picture of a QR code is near this large.
const LARGEST: u64 = 20 * 1024 * 1024;

/// Why a file is not passed on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PictureError {
    #[error("the file is larger than {LARGEST} bytes")]
    TooLarge,
    #[error("the file is no PNG, JPEG, GIF, WebP or PSBT")]
    Neither,
    #[error("cannot read the file")]
    Io(#[from] io::Error),
}

impl Coded for PictureError {
    fn code(&self) -> Code {
        Code::PictureUnreadable
    }
}

/// How a PSBT begins (BIP 174), in bytes and in base64: other programs save either.
const PSBT: [&[u8]; 2] = [b"psbt\xff", b"cHNidP"];

/// What is in a file, as the page is told of it.
pub(crate) fn dropped(path: &Path) -> Result<ShellEvent, PictureError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(PictureError::TooLarge);
    }
    if bytes.starts_with(PSBT[0]) {
        return Ok(ShellEvent::DroppedPsbt { psbt: encode(&bytes) });
    }
    if bytes.starts_with(PSBT[1]) {
        let psbt = String::from_utf8(bytes).map_err(|_| PictureError::Neither)?;
        return Ok(ShellEvent::DroppedPsbt { psbt });
    }
    if !is_picture(&bytes) {
        return Err(PictureError::Neither);
    }
    Ok(ShellEvent::Dropped { picture_base64: encode(&bytes) })
}

pub(crate) fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Eight bits a colour, quickly packed: it only travels to the page.
pub(crate) fn png(
    width: u32,
    height: u32,
    color: png::ColorType,
    pixels: &[u8],
) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// By its first bytes, whatever its name says.
fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n")
        || bytes.starts_with(b"\xff\xd8\xff")
        || bytes.starts_with(b"GIF8")
        || (bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pictures_and_psbts_are_passed_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dropped.png");
        let put = |bytes: &[u8]| fulmen_engine::store::write_atomic(&path, bytes).unwrap();
        let picture = png(1, 2, png::ColorType::Rgb, &[0; 6]).unwrap();
        put(&picture);
        let is_passed_on = matches!(dropped(&path).unwrap(), ShellEvent::Dropped { picture_base64 } if picture_base64 == encode(&picture));
        assert!(is_passed_on);
        for saved in [b"psbt\xff\x01".as_slice(), b"cHNidP8B"] {
            put(saved);
            let event = dropped(&path).unwrap();
            assert!(matches!(event, ShellEvent::DroppedPsbt { psbt } if psbt == "cHNidP8B"));
        }
        for neither in [b"-----BEGIN PRIVATE KEY-----".as_slice(), b"cHNidP\xff"] {
            put(neither);
            assert!(matches!(dropped(&path), Err(PictureError::Neither)));
        }
        put(&vec![0xff; 20 * 1024 * 1024 + 1]);
        assert!(matches!(dropped(&path), Err(PictureError::TooLarge)));
        assert!(matches!(dropped(&dir.path().join("missing")), Err(PictureError::Io(_))));
    }
}
