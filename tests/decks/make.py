"""Makes the varied decks on which PDF renderers were compared (docs/decks.md): `make.py FOLDER`.

Needs Debian's python3-reportlab python3-cairo python3-gi-cairo gir1.2-pango-1.0 python3-matplotlib python3-pypdf
libreoffice-impress-nogui fonts-noto-core. The same bytes of content each time: the seed is fixed.
"""

import io
import random
import subprocess
import sys
from pathlib import Path

import cairo
import gi
import matplotlib
import numpy
from PIL import Image, ImageDraw
from pypdf import PdfReader, PdfWriter, Transformation
from pypdf.generic import NameObject, RectangleObject
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas
from reportlab.platypus import Table, TableStyle

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

gi.require_version("Pango", "1.0")
gi.require_version("PangoCairo", "1.0")
from gi.repository import Pango, PangoCairo  # noqa: E402

WIDE, OLD = (960, 540), (720, 540)
FRENCH = "Élève à l’école : où naît l’œuvre ? Ça coûte 12 000 €, « déjà vu » — Noël, aiguë, ÿ."
ARABIC = "مرحبا بكم في لوديياك، المهن الخشبية ١٢٣"
SANS = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
rng = numpy.random.default_rng(2013)
random.seed(2013)
pdfmetrics.registerFont(TTFont("Sans", SANS))
pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))


def photo(width, height):
    """A synthetic photograph: a sky, hills, and noise."""
    y, x = numpy.mgrid[0:height, 0:width] / height
    hills = (y > 0.55 + 0.1 * numpy.sin(5 * x) + 0.03 * numpy.sin(31 * x))[..., None]
    sky = numpy.stack([90 + 120 * y, 140 + 80 * y, 220 - 20 * y], -1)
    land = numpy.stack([40 + 90 * y, 90 + 40 * x, 40 + 0 * x], -1)
    pixels = numpy.where(hills, land, sky) + rng.normal(0, 8, (height, width, 1))
    return Image.fromarray(pixels.clip(0, 255).astype("uint8"))


def jpeg(image, **how):
    data = io.BytesIO()
    image.save(data, "JPEG", quality=85, **how)
    data.seek(0)
    return ImageReader(data)


def transparent(size=400):
    image = Image.new("RGBA", (size, size))
    draw = ImageDraw.Draw(image)
    for step in range(size // 2):
        draw.ellipse((step, step, size - step, size - step), fill=(200, 40, 60, step))
    return ImageReader(image)


def reportlab(name, draw, size=WIDE, pages=1, **more):
    c = canvas.Canvas(name, pagesize=size, invariant=1, **more)
    for page in range(pages):
        draw(c, page)
        c.showPage()
    c.save()


def text_embedded(c, page):
    c.setFont("Sans", 40)
    c.drawString(50, 440, f"Les métiers du bois, page {page + 1}")
    for line in range(8):
        c.setFont("Sans", 24 - 2 * line)
        c.drawString(50, 380 - 38 * line, FRENCH)


def text_standard(c, _):
    """The fonts that every viewer must have itself."""
    for line, font in enumerate(["Helvetica", "Helvetica-BoldOblique", "Times-Roman", "Times-Italic", "Courier-Bold"]):
        c.setFont(font, 26)
        c.drawString(40, 460 - 70 * line, FRENCH[:60])
    c.setFont("Symbol", 30)
    c.drawString(40, 100, "abgdp")
    c.setFont("ZapfDingbats", 30)
    c.drawString(300, 100, "abc456")


def cjk_not_embedded(c, _):
    c.setFont("HeiseiMin-W3", 44)
    c.drawString(60, 300, "日本語のスライド")


def table(c, _):
    rows = [["Métier", "Embauches 2012", "Salaire", "Évolution"]] + [
        [f"Métier n° {n}", random.randrange(900), f"{1500 + 37 * n} €", f"{random.uniform(-9, 9):+.1f} %"] for n in range(12)
    ]
    style = [("GRID", (0, 0), (-1, -1), 0.5, colors.grey), ("BACKGROUND", (0, 0), (-1, 0), colors.navy),
             ("TEXTCOLOR", (0, 0), (-1, 0), colors.white), ("FONT", (0, 0), (-1, -1), "Sans", 16),
             ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.lavender])]
    made = Table(rows, colWidths=[240, 220, 180, 180], rowHeights=34, style=TableStyle(style))
    made.wrapOn(c, 900, 500)
    made.drawOn(c, 60, 40)


def photos(c, page):
    c.drawImage(jpeg(photo(1920, 1080)), 0, 0, 960, 540)
    c.drawImage(jpeg(photo(300, 200).convert("L")), 40, 40, 300, 200)
    c.drawImage(jpeg(photo(300, 200).convert("CMYK")), 400, 40, 300, 200)


def transparency(c, _):
    c.setFillColor(colors.steelblue)
    c.rect(0, 0, 960, 270, fill=1, stroke=0)
    for n in range(4):
        c.drawImage(transparent(), 60 + 200 * n, 120, 260, 260, mask="auto")
    c.setFillColor(colors.green, alpha=0.4)
    c.circle(500, 300, 150, fill=1)
    c.setStrokeColor(colors.black, alpha=0.3)
    c.setLineWidth(30)
    c.line(50, 60, 900, 480)


def gradients(c, _):
    c.linearGradient(0, 0, 960, 540, (colors.navy, colors.skyblue, colors.white), (0, 0.6, 1))
    c.radialGradient(300, 270, 200, (colors.yellow, colors.red), extend=False)
    c.radialGradient(700, 270, 150, (colors.white, colors.purple, colors.black), (0, 0.3, 1), extend=False)


def drawing(c, _):
    for n in range(400):
        c.setStrokeColorRGB(*(random.random() for _ in range(3)))
        c.setLineWidth(random.choice([0, 0.3, 1, 4]))
        c.setDash([random.randrange(1, 9), 4] if n % 3 else [])
        c.bezier(*(random.uniform(0, 960 if i % 2 == 0 else 540) for i in range(8)))
    path = c.beginPath()
    for n in range(5):
        (path.lineTo if n else path.moveTo)(480 + 200 * numpy.sin(n * 4 * numpy.pi / 5), 270 + 200 * numpy.cos(n * 4 * numpy.pi / 5))
    path.close()
    c.setFillColor(colors.orange)
    c.drawPath(path, fill=1, fillMode=0)


def forms(c, _):
    c.setFont("Sans", 24)
    c.drawString(60, 480, "Formulaire et annotations")
    c.acroForm.textfield(name="nom", value="Anne Le Goff", x=60, y=400, width=400, height=40, fontSize=20)
    c.acroForm.checkbox(name="oui", checked=True, x=60, y=330, size=40, buttonStyle="check")
    for place, value in enumerate("ab"):
        c.acroForm.radio(name="choix", value=value, selected=value == "a", x=130 + 60 * place, y=330, size=40)
    c.acroForm.choice(name="ville", value="Brest", options=["Brest", "Loudéac"], x=260, y=330, width=200, height=40)
    c.linkURL("https://example.org/", (60, 240, 460, 290), thickness=3, color=colors.blue)
    c.textAnnotation("Une note", Rect=(600, 400, 640, 440))
    c.highlightAnnotation("Surligné", Rect=(60, 470, 400, 510), QuadPoints=[60, 510, 400, 510, 60, 470, 400, 470])


def clips(c, _):
    path = c.beginPath()
    path.circle(480, 270, 220)
    c.clipPath(path, stroke=0)
    c.drawImage(jpeg(photo(960, 540)), 0, 0, 960, 540)
    text = c.beginText(280, 230)
    text.setFont("Sans", 120)
    text.setTextRenderMode(2)
    text.setStrokeColor(colors.white)
    text.textOut("Bois")
    c.drawText(text)


def rotated(source, target):
    writer = PdfWriter()
    for turn, page in zip((0, 90, 180, 270), PdfReader(source).pages):
        page.rotate(turn)
        if turn == 180:
            page[NameObject("/CropBox")] = RectangleObject((100, 50, 700, 500))
        writer.add_page(page)
    writer.write(target)


def cairo_deck(target, arabic):
    surface = cairo.PDFSurface(target, *WIDE)
    context = cairo.Context(surface)
    layout = PangoCairo.create_layout(context)
    layout.set_width(860 * Pango.SCALE)
    for font in ["Noto Sans Arabic 40", "DejaVu Sans 30", "Noto Naskh Arabic Bold 44"] if arabic else ["Noto Serif 34", "DejaVu Sans Mono 20"]:
        context.move_to(50, 80)
        layout.set_font_description(Pango.FontDescription(font))
        layout.set_text(f"{ARABIC}\n{FRENCH}\n{ARABIC}" if arabic else f"{FRENCH}\nfi ffi ﬂ Ĳ ĉ ŝ", -1)
        PangoCairo.show_layout(context, layout)
        context.show_page()
    surface.finish()


def cairo_blend(target):
    """Groups, masks, blend modes and meshes: what drawing programs write."""
    surface = cairo.PDFSurface(target, *WIDE)
    context = cairo.Context(surface)
    for n, mode in enumerate(["MULTIPLY", "SCREEN", "OVERLAY", "DARKEN", "COLOR_DODGE", "HARD_LIGHT", "DIFFERENCE", "HSL_COLOR"]):
        x, y = 20 + 235 * (n % 4), 20 + 260 * (n // 4)
        context.set_operator(cairo.OPERATOR_OVER)
        context.set_source_rgb(0.9, 0.6, 0.1)
        context.rectangle(x, y, 140, 140)
        context.fill()
        context.set_operator(getattr(cairo, f"OPERATOR_{mode}"))
        context.set_source_rgba(0.1, 0.4, 0.8, 0.8)
        context.rectangle(x + 60, y + 60, 140, 140)
        context.fill()
    context.show_page()
    context.set_operator(cairo.OPERATOR_OVER)
    mesh = cairo.MeshPattern()
    mesh.begin_patch()
    mesh.move_to(100, 100)
    mesh.curve_to(300, 20, 500, 200, 860, 60)
    mesh.curve_to(760, 200, 900, 400, 860, 480)
    mesh.curve_to(500, 400, 300, 520, 100, 440)
    mesh.curve_to(200, 300, 20, 200, 100, 100)
    for corner, colour in enumerate([(1, 0, 0), (0, 0.8, 0), (0, 0, 1), (1, 1, 0)]):
        mesh.set_corner_color_rgb(corner, *colour)
    mesh.end_patch()
    context.set_source(mesh)
    context.paint()
    fade = cairo.LinearGradient(0, 0, 960, 0)
    fade.add_color_stop_rgba(0, 0, 0, 0, 0)
    fade.add_color_stop_rgba(1, 0, 0, 0, 1)
    context.set_source_rgb(1, 1, 1)
    context.mask(fade)
    surface.finish()


def charts(target):
    figure, axes = plt.subplots(1, 3, figsize=(13.33, 7.5))
    axes[0].bar(list("ABCDE"), rng.integers(10, 90, 5), hatch="//")
    axes[1].pie([3, 4, 2, 1], labels=["Été", "Hiver", "Forêt", "Mer"], autopct="%d %%", shadow=True)
    axes[2].scatter(*rng.normal(size=(2, 3000)), c=rng.random(3000), alpha=0.4, cmap="viridis")
    figure.suptitle("Évolution des métiers, $\\sum_i x_i^2$")
    figure.savefig(target, metadata={"CreationDate": None})


def heatmap(target):
    figure, axes = plt.subplots(figsize=(10, 7.5))
    shown = axes.pcolormesh(rng.random((60, 80)), shading="gouraud")
    figure.colorbar(shown)
    axes.contour(numpy.add.outer(numpy.arange(60), numpy.arange(80)) % 37, colors="w")
    figure.savefig(target, metadata={"CreationDate": None})


def office(folder):
    """Slides from LibreOffice: a flat ODP through its own export."""
    slide = """<draw:page draw:name="{n}" draw:master-page-name="M"><draw:frame svg:x="2cm" svg:y="1cm" svg:width="24cm" svg:height="3cm">
<draw:text-box><text:p>{title}</text:p></draw:text-box></draw:frame>
<draw:custom-shape svg:x="{x}cm" svg:y="6cm" svg:width="8cm" svg:height="6cm"><text:p>{text}</text:p>
<draw:enhanced-geometry svg:viewBox="0 0 21600 21600" draw:type="ellipse" draw:enhanced-path="U 10800 10800 10800 10800 0 360 Z N"/></draw:custom-shape></draw:page>"""
    names = {"office": "office:1.0", "draw": "drawing:1.0", "text": "text:1.0", "style": "style:1.0",
             "svg": "svg-compatible:1.0", "fo": "xsl-fo-compatible:1.0"}
    spaces = " ".join(f'xmlns:{k}="urn:oasis:names:tc:opendocument:xmlns:{v}"' for k, v in names.items())
    slides = "".join(slide.format(n=n, title=f"{FRENCH} {n}", text=ARABIC, x=2 + 4 * n) for n in range(3))
    (folder / "office.fodp").write_text(f"""<?xml version="1.0"?><office:document {spaces} office:version="1.2"
office:mimetype="application/vnd.oasis.opendocument.presentation"><office:automatic-styles>
<style:page-layout style:name="L"><style:page-layout-properties fo:page-width="28cm" fo:page-height="15.75cm"/></style:page-layout>
</office:automatic-styles><office:master-styles><style:master-page style:name="M" style:page-layout-name="L"/></office:master-styles>
<office:body><office:presentation>{slides}</office:presentation></office:body></office:document>""")
    convert = ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to"]
    for kind in ("pdf", "pptx", "odp"):
        subprocess.run([*convert, kind, "--outdir", folder, folder / "office.fodp"], check=True, capture_output=True)


def main():
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)

    def at(name):
        return str(folder / f"{name}.pdf")

    for draw in (text_embedded, text_standard, cjk_not_embedded, table, photos, transparency, gradients, drawing, forms, clips):
        reportlab(at(draw.__name__), draw)
    reportlab(at("a4_portrait"), text_embedded, A4)
    reportlab(at("old_4_3"), table, OLD)
    reportlab(at("sixty_pages"), lambda c, page: (text_embedded, table, photos, transparency, drawing)[page % 5](c, page), pages=60)
    reportlab(at("owner_locked"), text_embedded, encrypt=StandardEncryption("", "owner", canPrint=0))
    reportlab(at("locked"), text_embedded, encrypt=StandardEncryption("secret"))
    reportlab(at("four"), text_embedded, pages=4)
    rotated(at("four"), at("rotated_cropped"))
    cairo_deck(at("arabic"), True)
    cairo_deck(at("cairo_french"), False)
    cairo_blend(at("cairo_blend"))
    charts(at("charts"))
    heatmap(at("heatmap"))
    office(folder)


main()
