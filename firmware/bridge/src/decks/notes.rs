//! What speakers wrote below their slides: read out of PPTX and ODP, a text for each page. PDF holds none.
//!
//! It runs where the pages are made, in the process that may read a stranger's file. What cannot be read is no note:
//! a deck is not worth less for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};
use zip::ZipArchive;

use super::kind::Kind;

/// Longest part of a file that is read, in bytes: the text of an ODP with 300 pages has less than 2 MB.
const MOST_PART: u64 = 16_000_000;
/// Most elements of a part.
const MOST_NODES: u32 = 1_000_000;
/// Longest note, in characters: some two minutes of speech.
const MOST_NOTE: usize = 3000;

type Xml<'a> = Node<'a, 'a>;

/// The notes of a deck of so many pages, one for each; none where there is none, or where it cannot be told which page
/// each belongs to.
pub fn notes(file: &Path, kind: Kind, pages: usize) -> Option<Vec<String>> {
    let archive = File::open(file).ok()?;
    let archive = ZipArchive::new(BufReader::new(archive)).ok()?;
    let slides = match kind {
        Kind::Pdf => return None,
        Kind::Pptx => of_pptx(archive)?,
        Kind::Odp => of_odp(archive)?,
    };
    of_pages(slides, pages)
}

/// One slide, in the order of the file.
#[derive(Debug, PartialEq, Eq)]
struct Slide {
    /// LibreOffice makes no page of it.
    hidden: bool,
    note: String,
}

fn of_pages(slides: Vec<Slide>, pages: usize) -> Option<Vec<String>> {
    let all = slides.len() == pages;
    let shown = slides.into_iter().filter(|slide| all || !slide.hidden);
    let notes: Vec<String> = shown.map(|slide| slide.note).collect();
    let some = notes.iter().any(|note| !note.is_empty());
    (some && notes.len() == pages).then_some(notes)
}

/// ECMA-376 part 1, sections 13.3.6 (presentation), 13.3.8 (slides) and 13.3.5 (their notes).
fn of_pptx<R: Read + Seek>(mut archive: ZipArchive<R>) -> Option<Vec<Slide>> {
    let presentation = "ppt/presentation.xml";
    let targets = targets(&mut archive, presentation)?;
    let text = part(&mut archive, presentation)?;
    let document = parsed(&text)?;
    let ids = document.descendants().filter(|node| is(*node, "sldId"));
    // "id" alone is the slide's number; the one with a namespace says where it is.
    let ids = ids.filter_map(|node| {
        let mut attributes = node.attributes();
        let id = attributes.find(|a| a.name() == "id" && a.namespace().is_some());
        Some(targets.get(id?.value())?.path.clone())
    });
    let slides: Vec<String> = ids.collect();
    let slide = |path: String| of_slide(&mut archive, &path);
    slides.into_iter().map(slide).collect()
}

fn of_slide<R: Read + Seek>(archive: &mut ZipArchive<R>, path: &str) -> Option<Slide> {
    let text = part(archive, path)?;
    let document = parsed(&text)?;
    let hidden = matches!(
        document.root_element().attribute("show"),
        Some("0" | "false")
    );
    let targets = targets(archive, path).unwrap_or_default();
    let notes = targets.values().find(|target| target.is_notes);
    let note = notes.and_then(|notes| part(archive, &notes.path));
    let note = note.as_deref().and_then(parsed);
    Some(Slide {
        hidden,
        note: note.map(|note| body(&note)).unwrap_or_default(),
    })
}

/// The text of a notes page's body; the picture of the slide, date and number stand beside it.
fn body(document: &Document<'_>) -> String {
    let shapes = document.descendants().filter(|node| is(*node, "sp"));
    let mut bodies = shapes.filter(|shape| {
        let mut places = shape.descendants().filter(|node| is(*node, "ph"));
        places.any(|place| place.attribute("type") == Some("body"))
    });
    bodies
        .next()
        .map(|shape| text_of(shape, "p"))
        .unwrap_or_default()
}

/// OpenDocument 1.2 part 1, sections 9.1.4 (pages) and 9.1.5 (notes).
fn of_odp<R: Read + Seek>(mut archive: ZipArchive<R>) -> Option<Vec<Slide>> {
    let text = part(&mut archive, "content.xml")?;
    let document = parsed(&text)?;
    let styles = document.descendants().filter(|node| is(*node, "style"));
    let hidden: BTreeSet<&str> = styles
        .filter(|style| {
            let mut properties = style.children();
            properties.any(|node| attribute(node, "visibility") == Some("hidden"))
        })
        .filter_map(|style| attribute(style, "name"))
        .collect();
    let pages = document.descendants().filter(|node| is(*node, "page"));
    let slides = pages.map(|page| {
        let notes = page.children().find(|node| is(*node, "notes"));
        let mut frames = notes.into_iter().flat_map(|notes| notes.children());
        let frame = frames.find(|frame| attribute(*frame, "class") == Some("notes"));
        Slide {
            hidden: attribute(page, "style-name").is_some_and(|style| hidden.contains(style)),
            note: frame.map(|frame| text_of(frame, "p")).unwrap_or_default(),
        }
    });
    Some(slides.collect())
}

/// The paragraphs below an element, a line each.
fn text_of(node: Xml<'_>, paragraph: &str) -> String {
    let paragraphs = node.descendants().filter(|node| is(*node, paragraph));
    let lines = paragraphs.map(|paragraph| {
        let mut line = String::new();
        for node in paragraph.descendants() {
            match (node.text(), node.tag_name().name()) {
                (Some(text), _) if node.is_text() && !between(node) => line.push_str(text),
                (_, "s" | "tab") => line.push(' '),
                (_, "br" | "line-break") => line.push('\n'),
                _ => {}
            }
        }
        line
    });
    let lines: Vec<String> = lines.collect();
    let text = lines.join("\n");
    let seen = |char: &char| *char == '\n' || !char.is_control();
    let text: String = text.trim().chars().filter(seen).take(MOST_NOTE).collect();
    text.trim_end().to_owned()
}

/// Whether a text only stands between elements, as XML that is written in lines has it.
fn between(text: Xml<'_>) -> bool {
    let inside = text
        .parent()
        .is_some_and(|parent| parent.children().count() > 1 || is(parent, "r"));
    inside
        && text
            .text()
            .is_some_and(|text| text.trim().is_empty() && text.contains('\n'))
}

/// A part that another one names.
#[derive(Debug)]
struct Target {
    path: String,
    is_notes: bool,
}

/// What a part names, by their numbers (ECMA-376 part 2, section 9.3).
fn targets<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    of: &str,
) -> Option<BTreeMap<String, Target>> {
    let (folder, name) = of.rsplit_once('/')?;
    let text = part(archive, &format!("{folder}/_rels/{name}.rels"))?;
    let document = parsed(&text)?;
    let relations = document
        .descendants()
        .filter(|node| is(*node, "Relationship"));
    let target = |node: Xml<'_>| {
        let kind = node.attribute("Type")?;
        let target = Target {
            path: joined(folder, node.attribute("Target")?),
            is_notes: kind.ends_with("/notesSlide"),
        };
        Some((node.attribute("Id")?.to_owned(), target))
    };
    Some(relations.filter_map(target).collect())
}

/// Where a name leads that is written in a part of `folder`.
fn joined(folder: &str, target: &str) -> String {
    let (start, target) = match target.strip_prefix('/') {
        Some(absolute) => ("", absolute),
        None => (folder, target),
    };
    let mut path: Vec<&str> = start.split('/').filter(|step| !step.is_empty()).collect();
    for step in target.split('/') {
        match step {
            ".." => drop(path.pop()),
            "." | "" => {}
            step => path.push(step),
        }
    }
    path.join("/")
}

fn part<R: Read + Seek>(archive: &mut ZipArchive<R>, name: &str) -> Option<String> {
    let mut text = String::new();
    let mut part = archive.by_name(name).ok()?.take(MOST_PART);
    part.read_to_string(&mut text).ok()?;
    Some(text)
}

fn parsed(text: &str) -> Option<Document<'_>> {
    let options = ParsingOptions {
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    Document::parse_with_options(text, options).ok()
}

fn is(node: Xml<'_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

/// An attribute by its name in whatever namespace.
fn attribute<'a>(node: Xml<'a>, name: &str) -> Option<&'a str> {
    let mut attributes = node.attributes();
    attributes.find(|a| a.name() == name).map(|a| a.value())
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;
    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

    #[test]
    fn a_pptx_gives_the_notes_of_its_slides_in_the_order_in_which_they_are_shown() {
        let notes = |text: &str| {
            format!(
                "<p:notes xmlns:p=\"p\" xmlns:a=\"a\"><p:sp><p:ph type=\"sldNum\"/><a:p><a:r><a:t>7</a:t></a:r></a:p></p:sp>\
                 <p:sp><p:ph type=\"body\"/>{text}</p:sp></p:notes>"
            )
        };
        let slides = read(
            of_pptx,
            &[
                (
                    "ppt/presentation.xml",
                    "<p:p xmlns:p=\"p\" xmlns:r=\"r\"><p:sldId id=\"1\" r:id=\"b\"/><p:sldId id=\"2\" r:id=\"a\"/></p:p>",
                ),
                (
                    "ppt/_rels/presentation.xml.rels",
                    &relations(&[
                        ("a", "slide", "slides/one.xml"),
                        ("b", "slide", "/ppt/slides/two.xml"),
                    ]),
                ),
                ("ppt/slides/one.xml", "<p:sld xmlns:p=\"p\" show=\"0\"/>"),
                ("ppt/slides/two.xml", "<p:sld xmlns:p=\"p\"/>"),
                (
                    "ppt/slides/_rels/two.xml.rels",
                    &relations(&[("x", "notesSlide", "../notes/two.xml")]),
                ),
                (
                    "ppt/notes/two.xml",
                    &notes(
                        "<a:p><a:r><a:t>Bon</a:t></a:r><a:r><a:t>jour</a:t></a:r></a:p><a:p><a:br/><a:r><a:t> l’été </a:t></a:r></a:p>",
                    ),
                ),
            ],
        );
        let told = Slide {
            hidden: false,
            note: "Bonjour\n\n l’été".into(),
        };
        let hidden = Slide {
            hidden: true,
            note: String::new(),
        };
        assert_eq!(slides, Some(vec![told, hidden]));
    }

    #[test]
    fn an_odp_gives_the_notes_of_its_pages() {
        let slides = read(
            of_odp,
            &[(
                "content.xml",
                "<o:d xmlns:o=\"o\" xmlns:s=\"s\" xmlns:d=\"d\" xmlns:p=\"p\" xmlns:t=\"t\">\
                 <s:style s:name=\"dp2\"><s:properties p:visibility=\"hidden\"/></s:style>\
                 <d:page d:style-name=\"dp1\"><d:frame><t:p>Titre</t:p></d:frame>\
                 <p:notes><d:frame p:class=\"page\"/><d:frame p:class=\"notes\"><t:p>Dire<t:s/>bonjour<t:line-break/>à tous</t:p></d:frame></p:notes></d:page>\
                 <d:page d:style-name=\"dp2\"/></o:d>",
            )],
        );
        let told = Slide {
            hidden: false,
            note: "Dire bonjour\nà tous".into(),
        };
        let hidden = Slide {
            hidden: true,
            note: String::new(),
        };
        assert_eq!(slides, Some(vec![told, hidden]));
    }

    #[test]
    fn notes_belong_to_pages_or_to_nothing() {
        let slides = || {
            let slide = |(hidden, note): (bool, &str)| Slide {
                hidden,
                note: note.into(),
            };
            [(false, "un"), (true, "deux"), (false, "")]
                .map(slide)
                .into()
        };
        let own = |notes: &[&str]| Some(notes.iter().map(|note| (*note).to_owned()).collect());
        assert_eq!(of_pages(slides(), 2), own(&["un", ""]));
        assert_eq!(of_pages(slides(), 3), own(&["un", "deux", ""]));
        assert_eq!(of_pages(slides(), 4), None);
        assert_eq!(of_pages(Vec::new(), 0), None);
    }

    proptest! {
        #[test]
        fn no_part_is_too_strange(xml in "(<[a-z:/ =\"]{0,20}>|[a-z<>&;]{0,10}){0,20}", target in "[a-z./]{0,20}") {
            let relations = relations(&[("a", "slide", &target)]);
            let parts = [
                ("ppt/presentation.xml", xml.as_str()),
                ("ppt/_rels/presentation.xml.rels", &relations),
                ("content.xml", &xml),
            ];
            let _ = read(of_pptx, &parts);
            let _ = read(of_odp, &parts);
        }
    }

    fn relations(of: &[(&str, &str, &str)]) -> String {
        let all = of.iter().map(|(id, kind, target)| {
            format!("<Relationship Id=\"{id}\" Type=\"{RELATIONS}/{kind}\" Target=\"{target}\"/>")
        });
        format!("<Relationships>{}</Relationships>", all.collect::<String>())
    }

    fn read(
        of: impl Fn(ZipArchive<Cursor<Vec<u8>>>) -> Option<Vec<Slide>>,
        parts: &[(&str, &str)],
    ) -> Option<Vec<Slide>> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            writer
                .start_file(*name, SimpleFileOptions::default())
                .unwrap();
            writer.write_all(text.as_bytes()).unwrap();
        }
        of(ZipArchive::new(writer.finish().unwrap()).unwrap())
    }
}
