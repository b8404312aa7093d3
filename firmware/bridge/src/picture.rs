//! A picture in memory: made smaller, written as PNG. Pure.

use pic_scale::{ImageSize, ImageStore, ImageStoreMut, ResamplingFunction, Scaler};

/// A picture, 8 bits each of red, green and blue.
pub struct Picture {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Row by row.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// The same at another size.
    ///
    /// # Errors
    /// Its pixels are not as many as it says, or there is no memory; in words.
    pub fn scaled(&self, width: u32, height: u32) -> Result<Self, String> {
        let size = |width: u32, height: u32| ImageSize::new(width as usize, height as usize);
        let (from, to) = (size(self.width, self.height), size(width, height));
        let mut pixels = vec![0; to.width * to.height * 3];
        let mut shrink = || {
            let source = ImageStore::<u8, 3>::from_slice(&self.pixels, from.width, from.height)?;
            let mut target = ImageStoreMut::<u8, 3>::from_slice(&mut pixels, to.width, to.height)?;
            let plan = Scaler::new(ResamplingFunction::Area).plan_rgb_resampling(from, to)?;
            plan.resample(&source, &mut target)
        };
        shrink().map_err(|error| error.to_string())?;
        Ok(Self {
            width,
            height,
            pixels,
        })
    }

    /// As a PNG file, with nothing in it but the picture.
    ///
    /// # Errors
    /// Its pixels are not as many as it says.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        // Written once, fetched by every box: a third smaller is worth a tenth of a second a page.
        encoder.set_compression(png::Compression::Balanced);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}
