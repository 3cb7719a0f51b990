//! Pictures for the page's reader. A dropped file is read here, by the path the system gave us, and passed on only if it is
//! a picture; the page never names a path.

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
    #[error("the file is no PNG, JPEG, GIF or WebP")]
    NoPicture,
    #[error("cannot read the file")]
    Io(#[from] io::Error),
}

impl Coded for PictureError {
    fn code(&self) -> Code {
        Code::PictureUnreadable
    }
}

/// The picture in a file, base64.
pub(crate) fn read(path: &Path) -> Result<String, PictureError> {
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(PictureError::TooLarge);
    }
    if is_picture(&bytes) { Ok(encode(&bytes)) } else { Err(PictureError::NoPicture) }
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
    fn only_pictures_are_passed_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dropped.png");
        let put = |bytes: &[u8]| fulmen_engine::store::write_atomic(&path, bytes).unwrap();
        let picture = png(1, 2, png::ColorType::Rgb, &[0; 6]).unwrap();
        put(&picture);
        assert_eq!(read(&path).unwrap(), encode(&picture));
        put(b"-----BEGIN PRIVATE KEY-----");
        assert!(matches!(read(&path), Err(PictureError::NoPicture)));
        put(&vec![0xff; 20 * 1024 * 1024 + 1]);
        assert!(matches!(read(&path), Err(PictureError::TooLarge)));
        assert!(matches!(read(&dir.path().join("missing")), Err(PictureError::Io(_))));
    }
}
