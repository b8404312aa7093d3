//! Pure. Where an array's microphones stand.

use heapless::Vec;

use crate::MAX_CHANNELS;

/// Places of microphones in metres, from any origin; the order is that of the channels.
#[derive(Debug, Clone, PartialEq)]
pub struct Geometry(Vec<[f32; 3], MAX_CHANNELS>);

impl Geometry {
    /// From 2..=8 places that lie 10 to 500 mm apart at the most distant.
    #[must_use]
    pub fn new(places: &[[f32; 3]]) -> Option<Self> {
        let places = Vec::from_slice(places).ok()?;
        let spread = places
            .iter()
            .flat_map(|a| places.iter().map(|b| distance(a, b)))
            .fold(0.0, f32::max);
        (0.01..=0.5).contains(&spread).then_some(Self(places))
    }

    /// Microphones on a circle in the plane of the table, `radius` in metres.
    #[must_use]
    pub fn circle(count: usize, radius: f32) -> Option<Self> {
        let mut places = Vec::<_, MAX_CHANNELS>::new();
        for n in 0..count {
            #[expect(clippy::cast_precision_loss, reason = "at most 8")]
            let angle = std::f32::consts::TAU * n as f32 / count as f32;
            places
                .push([radius * angle.cos(), radius * angle.sin(), 0.0])
                .ok()?;
        }
        Self::new(&places)
    }

    /// What arrays of so many microphones usually are: circles of 4 on 32 mm and 6 on 46 mm. None for other
    /// numbers, and for 2, which may be anything.
    #[must_use]
    pub fn usual(channels: usize) -> Option<Self> {
        match channels {
            4 => Self::circle(4, 0.032),
            6 => Self::circle(6, 0.046),
            _ => None,
        }
    }

    /// Places relative to their centre.
    pub(crate) fn centred(&self) -> Vec<[f32; 3], MAX_CHANNELS> {
        let mut centre = [0.0; 3];
        for place in &self.0 {
            for (sum, value) in centre.iter_mut().zip(place) {
                #[expect(clippy::cast_precision_loss, reason = "at most 8")]
                {
                    *sum += value / self.0.len() as f32;
                }
            }
        }
        self.0
            .iter()
            .map(|place| std::array::from_fn(|n| place[n] - centre[n]))
            .collect()
    }

    /// Number of microphones.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.0.len()
    }
}

fn distance(a: &[f32; 3], b: &[f32; 3]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).powi(2))
        .sum::<f32>()
        .sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_centred_and_as_wide_as_said() {
        let circle = Geometry::circle(4, 0.032).expect("a circle").centred();
        for place in &circle {
            assert!((distance(place, &[0.0; 3]) - 0.032).abs() < 1e-6);
        }
    }

    #[test]
    fn microphones_in_one_place_or_in_two_rooms_are_no_array() {
        assert_eq!(Geometry::new(&[[0.0; 3]; 4]), None);
        assert_eq!(Geometry::new(&[[0.0; 3], [2.0, 0.0, 0.0]]), None);
        assert_eq!(Geometry::new(&[]), None);
        assert_eq!(Geometry::new(&[[0.0; 3]; 9]), None);
    }
}
