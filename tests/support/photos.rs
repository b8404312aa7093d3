//! Photos that tests bring: drawn, of nobody.
#![allow(dead_code, reason = "each test program uses its own part")]

/// A PNG of one colour, upright as from a telephone.
pub fn photo(colour: [u8; 3]) -> Vec<u8> {
    png(480, 640, |_, _| colour)
}

/// A face, as far as a test needs one: a light round on this colour, in the upper half.
pub fn face(colour: [u8; 3]) -> Vec<u8> {
    png(480, 640, |x, y| {
        let far = (f32::from(x) - 240.0).hypot(f32::from(y) - 260.0);
        if far < 150.0 { [236, 200, 170] } else { colour }
    })
}

fn png(width: u16, height: u16, colour: impl Fn(u16, u16) -> [u8; 3]) -> Vec<u8> {
    let pixels: Vec<u8> = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .flat_map(|(x, y)| colour(x, y))
        .collect();
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width.into(), height.into());
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&pixels).unwrap();
    writer.finish().unwrap();
    file
}
