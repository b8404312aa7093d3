//! Decks made by the tests themselves: a small PDF, PPTX and ODP writer.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A PDF of so many pages of 960 x 540 points, each with its number and a red square on the left.
pub fn pdf(pages: usize) -> Vec<u8> {
    pdf_of(pages, |page| {
        format!(
            "1 0 0 rg 60 170 200 200 re f 0 g BT /F 96 Tf 340 220 Td (Page {}) Tj ET",
            page + 1
        )
    })
}

/// A PDF whose pages take some time: each is covered with shaded curves.
pub fn slow_pdf(pages: usize) -> Vec<u8> {
    let curve = |n: usize| {
        let (x, y) = (n * 37 % 960, n * 53 % 540);
        format!(
            "0.{} 0.5 0.2 RG {} w {x} {y} m {y} {x} 900 {y} {} 500 c S ",
            n % 10,
            n % 7 + 1,
            960 - x
        )
    };
    let curves: String = (0..500).map(curve).collect();
    pdf_of(pages, |_| curves.clone())
}

/// A PDF with these contents of its pages.
pub fn pdf_of(pages: usize, content: impl Fn(usize) -> String) -> Vec<u8> {
    let kids: String = (0..pages).map(|n| format!("{} 0 R ", 4 + 2 * n)).collect();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        format!("<</Type/Pages/Count {pages}/Kids[{kids}]>>"),
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>".to_owned(),
    ];
    for page in 0..pages {
        let stream = content(page);
        objects.push(format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 960 540]/Resources<</Font<</F 3 0 R>>>>/Contents {} 0 R>>",
            5 + 2 * page
        ));
        objects.push(format!(
            "<</Length {}>>stream\n{stream}\nendstream",
            stream.len()
        ));
    }
    written(&objects, "")
}

/// A PDF that asks for a password.
pub fn locked_pdf() -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        "<</Type/Pages/Count 1/Kids[3 0 R]>>".into(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 960 540]>>".into(),
        format!(
            "<</Filter/Standard/V 1/R 2/P -44/O<{}>/U<{}>>>",
            "11".repeat(32),
            "22".repeat(32)
        ),
    ];
    let id = "33".repeat(16);
    written(&objects, &format!("/Encrypt 4 0 R/ID[<{id}><{id}>]"))
}

/// PDFs that are made to do harm.
pub fn hostile_pdfs() -> Vec<(&'static str, Vec<u8>)> {
    let page = |contents: &str, resources: &str| {
        vec![
            "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
            "<</Type/Pages/Count 1/Kids[3 0 R]>>".to_owned(),
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 960 540]/Resources<<{resources}>>/Contents 4 0 R>>"
            ),
            format!(
                "<</Length {}>>stream\n{contents}\nendstream",
                contents.len()
            ),
        ]
    };
    let mut image = page("960 0 0 540 0 0 cm /X Do", "/XObject<</X 5 0 R>>");
    image.push(
        "<</Subtype/Image/Width 2000000000/Height 2000000000/ColorSpace/DeviceRGB/BitsPerComponent 8/Length 3>>stream\nabc\nendstream"
            .into(),
    );
    let mut spiral = page("/X Do", "/XObject<</X 5 0 R>>");
    spiral.push(
        "<</Subtype/Form/BBox[0 0 1 1]/Resources<</XObject<</X 5 0 R>>>>/Length 5>>stream\n/X Do\nendstream".into(),
    );
    let mut tree = page("", "");
    tree[1] = "<</Type/Pages/Count 1/Kids[2 0 R 2 0 R]>>".into();
    vec![
        ("an endless picture", written(&image, "")),
        ("a form in itself", written(&spiral, "")),
        ("a tree of pages in itself", written(&tree, "")),
        ("a page of no size", written(&flat(), "")),
        (
            "brackets without end",
            written(&page(&"[".repeat(3_000_000), ""), ""),
        ),
    ]
}

fn flat() -> Vec<String> {
    vec![
        "<</Type/Catalog/Pages 2 0 R>>".into(),
        "<</Type/Pages/Count 1/Kids[3 0 R]>>".into(),
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 1e38 0]>>".into(),
    ]
}

fn written(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut text = "%PDF-1.7\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(objects) {
        table += &format!("{:010} 00000 n \n", text.len());
        text += &format!("{number} 0 obj\n{object}\nendobj\n");
    }
    let start = text.len();
    text += &format!(
        "{table}trailer<</Size {}/Root 1 0 R{trailer}>>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    text.into_bytes()
}

/// What the speaker says on the second slide of [`pptx`] and the first of [`odp`].
pub const NOTE: &str = "Montrer l’établi,\npuis le rabot.";

/// A PPTX of two slides.
pub fn pptx() -> Vec<u8> {
    let types = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
        <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
        <Override PartName=\"/ppt/presentation.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml\"/>\
        <Override PartName=\"/ppt/slides/slide1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.presentationml.slide+xml\"/>\
        <Override PartName=\"/ppt/slides/slide2.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.presentationml.slide+xml\"/>\
        <Override PartName=\"/ppt/notesSlides/notesSlide1.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.presentationml.notesSlide+xml\"/></Types>";
    let links = |links: &[(&str, &str)]| {
        let of = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
        let links: String = (1..)
            .zip(links)
            .map(|(n, (kind, target))| {
                format!("<Relationship Id=\"rId{n}\" Type=\"{of}/{kind}\" Target=\"{target}\"/>")
            })
            .collect();
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{links}</Relationships>"
        )
    };
    let spaces = "xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
        xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
        xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\"";
    let deck = format!(
        "<p:presentation {spaces}><p:sldIdLst><p:sldId id=\"256\" r:id=\"rId1\"/><p:sldId id=\"257\" r:id=\"rId2\"/></p:sldIdLst>\
         <p:sldSz cx=\"12192000\" cy=\"6858000\"/></p:presentation>"
    );
    let slide = format!(
        "<p:sld {spaces}><p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id=\"1\" name=\"\"/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>\
         <p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"s\"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x=\"0\" y=\"0\"/>\
         <a:ext cx=\"6096000\" cy=\"6858000\"/></a:xfrm><a:prstGeom prst=\"rect\"/><a:solidFill><a:srgbClr val=\"FF0000\"/></a:solidFill></p:spPr>\
         <p:txBody><a:bodyPr/><a:p><a:r><a:t>Élève</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>"
    );
    let said: String = NOTE
        .lines()
        .map(|line| format!("<a:p><a:r><a:t>{line}</a:t></a:r></a:p>"))
        .collect();
    let notes = format!(
        "<p:notes {spaces}><p:cSld><p:spTree><p:sp><p:nvSpPr><p:cNvPr id=\"2\" name=\"n\"/><p:cNvSpPr/><p:nvPr><p:ph type=\"body\"/></p:nvPr></p:nvSpPr>\
         <p:spPr/><p:txBody><a:bodyPr/>{said}</p:txBody></p:sp></p:spTree></p:cSld></p:notes>"
    );
    zipped(&[
        ("[Content_Types].xml", types),
        (
            "_rels/.rels",
            &links(&[("officeDocument", "ppt/presentation.xml")]),
        ),
        ("ppt/presentation.xml", &deck),
        (
            "ppt/_rels/presentation.xml.rels",
            &links(&[
                ("slide", "slides/slide1.xml"),
                ("slide", "slides/slide2.xml"),
            ]),
        ),
        ("ppt/slides/slide1.xml", &slide),
        ("ppt/slides/slide2.xml", &slide),
        (
            "ppt/slides/_rels/slide2.xml.rels",
            &links(&[("notesSlide", "../notesSlides/notesSlide1.xml")]),
        ),
        ("ppt/notesSlides/notesSlide1.xml", &notes),
    ])
}

/// An ODP of three slides, 4:3.
pub fn odp() -> Vec<u8> {
    let of = "urn:oasis:names:tc:opendocument:xmlns";
    let spaces = format!(
        "xmlns:office=\"{of}:office:1.0\" xmlns:draw=\"{of}:drawing:1.0\" xmlns:text=\"{of}:text:1.0\" \
         xmlns:style=\"{of}:style:1.0\" xmlns:svg=\"{of}:svg-compatible:1.0\" xmlns:fo=\"{of}:xsl-fo-compatible:1.0\" \
         xmlns:presentation=\"{of}:presentation:1.0\""
    );
    let said: String = NOTE
        .lines()
        .map(|line| format!("<text:p>{line}</text:p>"))
        .collect();
    let notes = format!(
        "<presentation:notes><draw:frame presentation:class=\"notes\" svg:x=\"2cm\" svg:y=\"14cm\" svg:width=\"16cm\" svg:height=\"9cm\">\
         <draw:text-box>{said}</draw:text-box></draw:frame></presentation:notes>"
    );
    let slide = "<draw:page draw:master-page-name=\"M\"><draw:frame svg:x=\"2cm\" svg:y=\"2cm\" svg:width=\"20cm\" svg:height=\"4cm\">\
        <draw:text-box><text:p>Élève</text:p></draw:text-box></draw:frame></draw:page>";
    let content = format!(
        "<office:document-content {spaces} office:version=\"1.2\"><office:body><office:presentation>{}</office:presentation></office:body></office:document-content>",
        [
            slide.replace("</draw:page>", &format!("{notes}</draw:page>")),
            slide.repeat(2)
        ]
        .concat()
    );
    let styles = format!(
        "<office:document-styles {spaces} office:version=\"1.2\"><office:styles/><office:automatic-styles><style:page-layout style:name=\"L\">\
         <style:page-layout-properties fo:page-width=\"28cm\" fo:page-height=\"21cm\" style:print-orientation=\"landscape\"/></style:page-layout>\
         <style:style style:name=\"D\" style:family=\"drawing-page\"/></office:automatic-styles>\
         <office:master-styles><style:master-page style:name=\"M\" style:page-layout-name=\"L\" draw:style-name=\"D\"/></office:master-styles></office:document-styles>"
    );
    let kind = "application/vnd.oasis.opendocument.presentation";
    let manifest = format!(
        "<manifest:manifest xmlns:manifest=\"{of}:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{kind}\"/>\
         <manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/>\
         <manifest:file-entry manifest:full-path=\"styles.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    zipped(&[
        ("mimetype", kind),
        ("content.xml", &content),
        ("styles.xml", &styles),
        ("META-INF/manifest.xml", &manifest),
    ])
}

/// An ODP of one slide with a picture that is elsewhere.
pub fn odp_linking(address: &str) -> Vec<u8> {
    let of = "urn:oasis:names:tc:opendocument:xmlns";
    let kind = "application/vnd.oasis.opendocument.presentation";
    let content = format!(
        "<office:document-content xmlns:office=\"{of}:office:1.0\" xmlns:draw=\"{of}:drawing:1.0\" xmlns:svg=\"{of}:svg-compatible:1.0\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" office:version=\"1.2\"><office:body><office:presentation><draw:page>\
         <draw:frame svg:x=\"1cm\" svg:y=\"1cm\" svg:width=\"9cm\" svg:height=\"9cm\"><draw:image xlink:href=\"{address}\" xlink:type=\"simple\" \
         xlink:show=\"embed\" xlink:actuate=\"onLoad\"/></draw:frame></draw:page></office:presentation></office:body></office:document-content>"
    );
    let manifest = format!(
        "<manifest:manifest xmlns:manifest=\"{of}:manifest:1.0\"><manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{kind}\"/>\
         <manifest:file-entry manifest:full-path=\"content.xml\" manifest:media-type=\"text/xml\"/></manifest:manifest>"
    );
    zipped(&[
        ("mimetype", kind),
        ("content.xml", &content),
        ("META-INF/manifest.xml", &manifest),
    ])
}

/// An archive of these files.
pub fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, text) in files {
        archive.start_file(*name, stored).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
