//! How sharp a picture is, for whoever turns the lens. Pure.

/// Fine detail, as a part of all contrast, of a picture that is sharp (1) and of one that is of no use (0): each step
/// between is a tenfold.
const SHARP: f32 = 0.3;
const USELESS: f32 = 0.003;
/// The lens is right while the picture has this part of the finest detail it has had.
const NEARLY: f32 = 0.6;
/// Below this nothing is sharp, whatever it was before.
const BLURRED: f32 = 0.02;
/// Less contrast than this is a wall, or the dark: nothing can be said (variance of luma).
const EVEN: f32 = 16.0;

/// How sharp the camera's picture is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Focus {
    /// 0.0 to 1.0, for a bar.
    pub part: f32,
    /// Whether turning the lens will hardly make it better.
    pub sharp: bool,
}

/// Remembers how sharp the picture has been.
#[derive(Debug, Default)]
pub struct Focuser {
    best: f32,
}

impl Focuser {
    /// Takes in how much detail the picture has now ([`detail`]).
    pub fn take(&mut self, detail: f32) -> Focus {
        self.best = self.best.max(detail);
        let decades = (SHARP / USELESS).log10();
        Focus {
            part: ((detail.max(f32::MIN_POSITIVE) / USELESS).log10() / decades).clamp(0.0, 1.0),
            sharp: detail >= BLURRED && detail >= NEARLY * self.best,
        }
    }
}

/// Variance of the Laplacian of a picture's luma over the variance of the luma itself: contrast alone does not count.
/// Squares of two by two pixels are taken as one, which keeps the noise of a dark picture from looking like detail.
pub fn detail(luma: &[u8], stride: usize, width: usize) -> f32 {
    let rows: Vec<&[u8]> = luma.chunks_exact(stride.max(1)).collect();
    let mut before: Option<[Vec<i32>; 2]> = None;
    let (mut fine, mut all) = (Moments::default(), Moments::default());
    for pair in rows.chunks_exact(2) {
        let row = halved(pair[0], pair[1], width);
        all.take(&row);
        before = Some(match before {
            Some([above, middle]) => {
                fine.take(&laplacian(&above, &middle, &row));
                [middle, row]
            }
            None => [row.clone(), row],
        });
    }
    let contrast = all.variance();
    if contrast < EVEN {
        0.0
    } else {
        fine.variance() / contrast
    }
}

/// Means of squares of two by two pixels.
fn halved(upper: &[u8], lower: &[u8], width: usize) -> Vec<i32> {
    let sides = |row: &[u8], at: usize| i32::from(row[at]) + i32::from(row[at + 1]);
    let width = width.min(upper.len()).min(lower.len());
    let squares = (0..width / 2).map(|nth| nth * 2);
    squares
        .map(|at| (sides(upper, at) + sides(lower, at)) / 4)
        .collect()
}

/// The sum of the four neighbours, less four times the middle.
fn laplacian(above: &[i32], row: &[i32], below: &[i32]) -> Vec<i32> {
    let inner = 1..row.len().saturating_sub(1);
    inner
        .map(|at| above[at] + below[at] + row[at - 1] + row[at + 1] - 4 * row[at])
        .collect()
}

/// For a variance.
#[derive(Default)]
struct Moments {
    count: i64,
    sum: i64,
    squares: i64,
}

impl Moments {
    fn take(&mut self, row: &[i32]) {
        for value in row.iter().copied().map(i64::from) {
            self.count += 1;
            self.sum += value;
            self.squares += value * value;
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "sums of a picture's pixels are far below 2^53"
    )]
    fn variance(&self) -> f32 {
        let count = self.count.max(1) as f64;
        let mean = self.sum as f64 / count;
        ((self.squares as f64 / count - mean * mean).max(0.0)) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 320;
    const HEIGHT: usize = 180;

    /// Blocks of different greys with fine print on them, after a lens that spreads each point over `radius` pixels.
    fn picture(radius: usize, contrast: usize) -> Vec<u8> {
        let print = |x: usize, y: usize| {
            ((x / 3) * 7 + (y / 5) * 13) % 11 < 4 && (x / 40 + y / 30).is_multiple_of(2)
        };
        let sharp: Vec<usize> = (0..WIDTH * HEIGHT)
            .map(|at| {
                let (x, y) = (at % WIDTH, at / WIDTH);
                let grey = 128 - contrast / 2 + ((x / 80) + (y / 45)) % 4 * contrast / 4;
                if print(x, y) {
                    grey - contrast / 4
                } else {
                    grey
                }
            })
            .collect();
        let around =
            |at: usize, side: usize| at.saturating_sub(radius)..=(at + radius).min(side - 1);
        (0..WIDTH * HEIGHT)
            .map(|at| {
                let (x, y) = (at % WIDTH, at / WIDTH);
                let mut sum = (0, 0);
                for (row, column) in around(y, HEIGHT)
                    .flat_map(|row| around(x, WIDTH).map(move |column| (row, column)))
                {
                    sum = (sum.0 + sharp[row * WIDTH + column], sum.1 + 1);
                }
                u8::try_from(sum.0 / sum.1).unwrap()
            })
            .collect()
    }

    fn of(radius: usize, contrast: usize) -> f32 {
        detail(&picture(radius, contrast), WIDTH, WIDTH)
    }

    #[test]
    fn each_turn_towards_the_right_one_shows() {
        let blurred: Vec<f32> = [6, 4, 2, 1, 0]
            .iter()
            .map(|radius| of(*radius, 120))
            .collect();
        assert!(
            blurred.windows(2).all(|two| two[1] > 1.3 * two[0]),
            "{blurred:?}"
        );
        let mut focuser = Focuser::default();
        let seen: Vec<Focus> = blurred.iter().map(|detail| focuser.take(*detail)).collect();
        assert!(!seen[0].sharp && seen[4].sharp, "{seen:?}");
        assert!(
            seen.windows(2).all(|two| two[1].part > two[0].part),
            "{seen:?}"
        );
        // Turned too far.
        assert!(!focuser.take(blurred[2]).sharp);
    }

    #[test]
    fn contrast_alone_is_no_sharpness() {
        let (strong, faint) = (of(0, 120), of(0, 60));
        assert!((strong / faint - 1.0).abs() < 0.2, "{strong} {faint}");
    }

    #[test]
    fn a_wall_and_no_picture_say_nothing() {
        for luma in [vec![90; WIDTH * HEIGHT], vec![16; 4], Vec::new()] {
            let mut focuser = Focuser::default();
            let focus = focuser.take(detail(&luma, WIDTH, WIDTH));
            assert_eq!(focus, Focus::default());
        }
        assert_eq!(detail(&[1, 2, 3, 4, 5, 6], 3, 1), 0.0);
    }
}
