//! The decks of the demo's speakers, made when it starts: small PDF files.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str};
use pipelines::stamp::Stamp;

/// A page's sides, in points: 16 to 9.
const WIDTH: f32 = 960.0;
const HEIGHT: f32 = 540.0;
/// Where the text begins: below a mark, where there is one.
const LEFT: f32 = 60.0;

/// A page: its title, its lines, and a chart where it has values.
pub struct Page {
    title: &'static str,
    lines: &'static [&'static str],
    /// Names and heights (0 to 100) of the bars.
    bars: &'static [(&'static str, f32)],
}

/// One speaker's deck.
pub struct Deck {
    /// The file's name.
    pub file: &'static str,
    /// Red, green and blue of its bands and bars, 0.0 to 1.0.
    colour: [f32; 3],
    /// Its pages.
    pub pages: &'static [Page],
}

const fn words(title: &'static str, lines: &'static [&'static str]) -> Page {
    Page {
        title,
        lines,
        bars: &[],
    }
}

/// The decks, in the order of the speakers.
pub const DECKS: [Deck; 3] = [
    Deck {
        file: "menuiserie.pdf",
        colour: [0.48, 0.29, 0.15],
        pages: &[
            words(
                "Menuisière à Brest",
                &["Anne Le Goff", "12 ans d’atelier", "4 apprentis formés"],
            ),
            words(
                "Une journée à l’atelier",
                &[
                    "7 h 30 : choisir le bois",
                    "9 h : débiter, raboter",
                    "14 h : assembler",
                    "16 h : poser chez le client",
                ],
            ),
            Page {
                title: "De plus en plus d’apprentis",
                lines: &["en Bretagne, sur quatre ans"],
                bars: &[
                    ("2009", 42.0),
                    ("2010", 55.0),
                    ("2011", 71.0),
                    ("2012", 88.0),
                ],
            },
            words(
                "Comment commencer",
                &[
                    "un stage de troisième",
                    "un CAP en deux ans",
                    "puis un brevet professionnel",
                ],
            ),
            words("Vos questions ?", &["Merci à toutes les salles"]),
        ],
    },
    Deck {
        file: "infirmier.pdf",
        colour: [0.13, 0.38, 0.47],
        pages: &[
            words(
                "Infirmier de nuit",
                &["Yann Kervella", "hôpital de Loudéac"],
            ),
            words(
                "Une nuit de garde",
                &[
                    "21 h : la relève",
                    "23 h : les soins",
                    "3 h : les rondes",
                    "6 h : le réveil",
                ],
            ),
            Page {
                title: "Qui travaille la nuit ?",
                lines: &["sur cent soignants"],
                bars: &[("toujours", 18.0), ("souvent", 34.0), ("parfois", 61.0)],
            },
            words(
                "Les études",
                &[
                    "trois ans après le baccalauréat",
                    "la moitié du temps en stage",
                    "une école à Saint-Brieuc",
                ],
            ),
        ],
    },
    Deck {
        file: "chantier.pdf",
        colour: [0.23, 0.40, 0.20],
        pages: &[
            words(
                "Cheffe de chantier",
                &["Nolwenn Riou", "écoles, ponts, logements"],
            ),
            words(
                "Ce que je fais",
                &[
                    "préparer les équipes",
                    "tenir les délais",
                    "veiller à la sécurité",
                ],
            ),
            Page {
                title: "Les femmes sur nos chantiers",
                lines: &["sur cent personnes"],
                bars: &[("2000", 4.0), ("2005", 7.0), ("2012", 12.0)],
            },
            words(
                "Par où passer",
                &[
                    "un bac professionnel",
                    "un BTS bâtiment",
                    "ou vingt ans de métier",
                ],
            ),
        ],
    },
];

impl Deck {
    /// The deck as a PDF file. With a number, each page bears the mark of that deck and of its own number.
    pub fn pdf(&self, number: Option<u8>) -> Vec<u8> {
        let mut pdf = Pdf::new();
        let (catalog, tree, regular, bold) = (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4));
        let page_ref = |n: usize| Ref::new(5 + 2 * i32::try_from(n).unwrap_or(0));
        pdf.catalog(catalog).pages(tree);
        pdf.pages(tree)
            .kids((0..self.pages.len()).map(page_ref))
            .count(i32::try_from(self.pages.len()).unwrap_or(0));
        for (id, font) in [(regular, "Helvetica"), (bold, "Helvetica-Bold")] {
            let mut written = pdf.type1_font(id);
            written.base_font(Name(font.as_bytes()));
            written.encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        for (n, page) in self.pages.iter().enumerate() {
            let id = page_ref(n);
            let content = Ref::new(id.get() + 1);
            let mut written = pdf.page(id);
            written.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT));
            written.parent(tree);
            written.contents(content);
            written
                .resources()
                .fonts()
                .pair(Name(b"R"), regular)
                .pair(Name(b"B"), bold);
            written.finish();
            pdf.stream(content, &self.page(page, n, number));
        }
        pdf.finish()
    }

    fn page(&self, page: &Page, n: usize, number: Option<u8>) -> Vec<u8> {
        let mut content = Content::new();
        let [r, g, b] = self.colour;
        fill(
            &mut content,
            [0.985, 0.975, 0.95],
            [0.0, 0.0, WIDTH, HEIGHT],
        );
        // A mark lies at the top, so the band stands below it.
        let top = HEIGHT - 52.0;
        fill(&mut content, [r, g, b], [0.0, top - 96.0, WIDTH, 96.0]);
        write(
            &mut content,
            b"B",
            44.0,
            [1.0; 3],
            (LEFT, top - 64.0),
            page.title,
        );
        let mut base = top - 166.0;
        for line in page.lines {
            fill(&mut content, [r, g, b], [LEFT, base + 6.0, 12.0, 12.0]);
            write(
                &mut content,
                b"R",
                32.0,
                [0.17, 0.13, 0.1],
                (LEFT + 32.0, base),
                line,
            );
            base -= 58.0;
        }
        let mut x = 470.0;
        for (name, height) in page.bars {
            fill(&mut content, [r, g, b], [x, 70.0, 76.0, height * 2.4]);
            write(&mut content, b"R", 22.0, [0.17, 0.13, 0.1], (x, 40.0), name);
            x += 112.0;
        }
        if let Some(deck) = number {
            mark(&mut content, deck, n);
        }
        content.finish().to_vec()
    }
}

/// The mark of a page, as cameras of measured rooms have one: read from the televisions' pixels.
fn mark(content: &mut Content, deck: u8, page: usize) {
    let stamp = Stamp {
        room: deck,
        millis: u32::try_from(page).unwrap_or(0),
    };
    let side = WIDTH / 40.0;
    for (column, row, white) in stamp.cells() {
        let grey = if white { 0.95 } else { 0.05 };
        let (column, row) = (f32::from(column), f32::from(row));
        fill(
            content,
            [grey; 3],
            [column * side, HEIGHT - (row + 1.0) * side, side, side],
        );
    }
}

fn fill(content: &mut Content, [r, g, b]: [f32; 3], [x, y, width, height]: [f32; 4]) {
    content
        .set_fill_rgb(r, g, b)
        .rect(x, y, width, height)
        .fill_nonzero();
}

fn write(
    content: &mut Content,
    font: &[u8],
    size: f32,
    [r, g, b]: [f32; 3],
    (x, y): (f32, f32),
    text: &str,
) {
    content
        .begin_text()
        .set_fill_rgb(r, g, b)
        .set_font(Name(font), size)
        .next_line(x, y)
        .show(Str(&win_ansi(text)))
        .end_text();
}

/// A text in the encoding that every PDF reader knows; French has all its letters there.
fn win_ansi(text: &str) -> Vec<u8> {
    text.chars()
        .map(|letter| match letter {
            '’' => 0x92,
            'œ' => 0x9C,
            '–' => 0x96,
            '…' => 0x85,
            letter => u8::try_from(u32::from(letter)).unwrap_or(b'?'),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_of_the_decks_can_be_written() {
        for deck in &DECKS {
            let lines = deck
                .pages
                .iter()
                .flat_map(|page| page.lines.iter().chain([&page.title]));
            for line in lines {
                assert!(
                    !win_ansi(line).contains(&b'?') || line.contains('?'),
                    "{line}"
                );
            }
            assert!(deck.pdf(None).starts_with(b"%PDF-1."));
            assert!(deck.pdf(Some(1)).len() > deck.pdf(None).len());
        }
    }
}
