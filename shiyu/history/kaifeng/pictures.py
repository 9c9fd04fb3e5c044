"""Drawings that stand for photos in the demo city, each labelled 示意 (示意图).

Drawn with lines and boxes alone: no font and no file is needed, and nobody takes them for real.
"""

import io
from collections.abc import Callable
from itertools import pairwise

from PIL import Image, ImageDraw

SIZE = (960, 720)
SKY, WALL, PAVING, ROAD = "#cfe0ee", "#d9cfc0", "#b9b4ab", "#6d7278"
DARK, GREEN, BROWN, BLUE, RED, YELLOW = (
    *("#2b2f33", "#5d8a4e", "#7a5c3e", "#4f7fa8", "#b14a3a", "#d8b13c"),
)

MOTIFS: dict[str, tuple[str, ...]] = {
    "cover": ("井盖", "箅子", "盖板", "检查井"),
    "lamp": ("灯", "电", "线缆", "通信", "通讯"),
    "rubbish": ("垃圾", "不洁", "脏", "废", "堆", "污", "臭", "焚烧", "摊", "店外", "游商"),
    "car": ("车", "停放", "占道", "交通"),
    "water": ("水", "涝", "漏雨", "下水道", "供暖", "冰"),
    "tree": ("树", "绿", "园林", "花", "喷泉", "病虫害"),
    "site": ("施工", "工地", "渣土", "扬尘", "遗撒", "违法搭建"),
    "sign": ("广告", "牌", "横幅", "宣传", "标识"),
    "road": ("道路", "路面", "塌陷", "便道", "人行", "护栏", "桥", "桩"),
    "house": (),
}
"""Which drawing stands for a kind: the first whose words its name holds."""

# The two signs of the label as strokes on a field of ten by ten.
STROKES: tuple[tuple[tuple[tuple[float, float], ...], ...], ...] = (
    (
        ((2, 1.5), (8, 1.5)),
        ((0.5, 4), (9.5, 4)),
        ((5, 4), (5, 9.5), (4, 9)),
        ((3, 5.5), (1, 8)),
        ((7, 5.5), (9, 8)),
    ),
    (
        ((5, 0), (5, 1)),
        ((1.5, 1.2), (8.5, 1.2)),
        ((3.5, 1.6), (4, 2.6)),
        ((6.5, 1.6), (6, 2.6)),
        ((0.5, 3), (9.5, 3)),
        ((2.5, 3.8), (7.5, 3.8), (7.5, 6.6), (2.5, 6.6), (2.5, 3.8)),
        ((2.5, 5.2), (7.5, 5.2)),
        ((1.5, 7.4), (0.8, 9)),
        ((3, 7.4), (3.4, 9.4), (6.6, 9.4), (6.8, 8.4)),
        ((4.8, 7.2), (5.4, 8.2)),
        ((8, 7.4), (9.2, 8.8)),
    ),
)

Draw = ImageDraw.ImageDraw


def motif_of(kind: str) -> str:
    """The drawing that stands for a kind of case."""
    for motif, words in MOTIFS.items():
        if any(word in kind for word in words):
            return motif
    return "house"


def picture(motif: str, *, mended: bool) -> bytes:
    """A drawing as a JPEG: the matter as it was found, or put right."""
    image = Image.new("RGB", SIZE, SKY)
    draw = ImageDraw.Draw(image)
    _street(draw)
    MATTERS[motif](draw, mended)
    _label(draw, mended)
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=82)
    return kept.getvalue()


def _street(draw: Draw) -> None:
    """Houses, pavement and road, the same under every matter."""
    for left, top, width in ((0, 120, 250), (270, 60, 200), (490, 150, 220), (730, 90, 230)):
        draw.rectangle((left, top, left + width, 400), fill=WALL, outline="#a89c8a", width=3)
        for x in range(left + 25, left + width - 40, 60):
            for y in range(top + 30, 340, 80):
                draw.rectangle((x, y, x + 34, y + 46), fill="#8fa6b8")
    draw.rectangle((0, 400, 960, 520), fill=PAVING)
    for x in range(0, 960, 80):
        draw.line((x, 400, x - 40, 520), fill="#a5a097", width=2)
    draw.rectangle((0, 520, 960, 720), fill=ROAD)
    for x in range(20, 960, 160):
        draw.rectangle((x, 628, x + 90, 638), fill="#d9d9d2")


def _cover(draw: Draw, mended: bool) -> None:
    draw.ellipse((380, 560, 600, 650), fill="#15181b" if not mended else "#4a4f55")
    if mended:
        draw.ellipse((380, 560, 600, 650), outline="#2f3337", width=8)
        for x in range(420, 580, 36):
            draw.line((x, 580, x, 630), fill="#2f3337", width=5)
        return
    draw.ellipse((560, 535, 740, 600), fill="#4a4f55", outline="#2f3337", width=7)


def _lamp(draw: Draw, mended: bool) -> None:
    draw.line((640, 470, 640, 130), fill=DARK, width=16)
    draw.line((640, 130, 520, 110), fill=DARK, width=12)
    draw.rectangle((480, 100, 540, 124), fill="#ffe9a0" if mended else "#3a3d40")
    if mended:
        draw.polygon(((485, 126), (535, 126), (600, 400), (420, 400)), fill="#efe3b4")
    else:
        draw.line((520, 124, 505, 230, 540, 260), fill=DARK, width=5)


def _rubbish(draw: Draw, mended: bool) -> None:
    draw.rectangle((170, 360, 260, 470), fill=GREEN, outline=DARK, width=4)
    draw.rectangle((160, 345, 270, 365), fill="#47703a")
    if mended:
        return
    for x, y, r, colour in (
        *((330, 470, 60, DARK), (420, 485, 45, "#3d4a44"), (480, 470, 55, "#54504a")),
        *((390, 430, 50, "#474b52"), (560, 492, 34, BROWN)),
    ):
        draw.ellipse((x - r, y - r, x + r, y + r // 2), fill=colour)
    draw.rectangle((520, 455, 580, 490), fill="#b58d5c")


def _car(draw: Draw, mended: bool) -> None:
    if mended:
        for x in range(160, 800, 130):
            draw.line((x, 530, x - 40, 610), fill="#e8e8e0", width=5)
        return
    for x, colour in ((120, BLUE), (430, RED), (720, "#8a8f95")):
        draw.rounded_rectangle((x, 420, x + 220, 490), 18, fill=colour)
        draw.rounded_rectangle((x + 45, 375, x + 170, 425), 14, fill=colour)
        draw.rectangle((x + 60, 385, x + 155, 418), fill="#bcd0df")
        for wheel in (x + 40, x + 160):
            draw.ellipse((wheel, 468, wheel + 44, 512), fill=DARK)


def _water(draw: Draw, mended: bool) -> None:
    if mended:
        draw.rectangle((420, 540, 520, 570), fill="#3b3f44")
        for x in range(430, 516, 16):
            draw.line((x, 542, x, 568), fill="#8a8f95", width=5)
        return
    draw.ellipse((120, 500, 860, 700), fill="#5f86a5")
    for x, y in ((250, 590), (430, 560), (600, 620), (700, 570)):
        draw.arc((x, y, x + 110, y + 30), 0, 180, fill="#a9c6da", width=4)


def _tree(draw: Draw, mended: bool) -> None:
    if mended:
        draw.rectangle((600, 250, 630, 470), fill=BROWN)
        draw.ellipse((500, 110, 730, 310), fill=GREEN)
        return
    draw.line((300, 480, 760, 440), fill=BROWN, width=34)
    draw.ellipse((620, 350, 880, 520), fill=GREEN)
    draw.polygon(((270, 470), (330, 470), (310, 430), (290, 445)), fill="#5b4028")


def _site(draw: Draw, mended: bool) -> None:
    if mended:
        draw.rectangle((180, 330, 780, 480), fill="#5f8fb0", outline="#3f6a87", width=6)
        for x in range(260, 780, 80):
            draw.line((x, 330, x, 480), fill="#3f6a87", width=4)
        return
    draw.polygon(((200, 490), (420, 330), (640, 490)), fill="#a98255")
    draw.polygon(((520, 490), (660, 380), (820, 490)), fill="#95714a")
    for x, y in ((300, 300), (460, 260), (600, 300), (700, 330)):
        draw.ellipse((x, y, x + 90, y + 50), fill="#d8cdbb")


def _sign(draw: Draw, mended: bool) -> None:
    draw.line((330, 480, 330, 300), fill=DARK, width=10)
    draw.line((640, 480, 640, 300), fill=DARK, width=10)
    board = ((300, 180), (670, 180), (670, 310), (300, 310))
    if not mended:
        board = ((300, 250), (650, 170), (690, 290), (340, 370))
    draw.polygon(board, fill=YELLOW, outline=DARK)
    if not mended:
        for x in (120, 200, 760, 840):
            draw.rectangle((x, 300, x + 46, 362), fill="#f4efe3", outline=RED, width=4)


def _road(draw: Draw, mended: bool) -> None:
    if mended:
        draw.polygon(((330, 560), (650, 560), (690, 660), (300, 660)), fill="#4d5156")
        return
    draw.polygon(
        ((340, 570), (430, 550), (560, 565), (660, 600), (600, 660), (420, 668), (320, 630)),
        fill="#3a342c",
    )
    cracks = ((340, 600), (260, 570), (200, 590), (120, 560))
    for first, second in pairwise(cracks):
        draw.line((*first, *second), fill=DARK, width=5)


def _house(draw: Draw, mended: bool) -> None:
    draw.rectangle((380, 250, 600, 470), fill="#c8b79c", outline=DARK, width=5)
    draw.rectangle((450, 340, 530, 470), fill=BROWN if mended else "#40352a")
    if not mended:
        draw.line((380, 250, 600, 470), fill=RED, width=10)
        draw.line((600, 250, 380, 470), fill=RED, width=10)


MATTERS: dict[str, Callable[[Draw, bool], None]] = {
    "cover": _cover,
    "lamp": _lamp,
    "rubbish": _rubbish,
    "car": _car,
    "water": _water,
    "tree": _tree,
    "site": _site,
    "sign": _sign,
    "road": _road,
    "house": _house,
}


def _label(draw: Draw, mended: bool) -> None:
    """示意 in the corner, and a tick where the matter was put right."""
    draw.rectangle((20, 20, 196, 112), fill="#ffffff", outline=DARK, width=3)
    for nth, sign in enumerate(STROKES):
        left, top, step = 34 + nth * 80, 30, 7
        for stroke in sign:
            points = [(left + x * step, top + y * step) for x, y in stroke]
            draw.line(points, fill=DARK, width=6, joint="curve")
    if mended:
        draw.ellipse((860, 24, 940, 104), fill="#00593e")
        draw.line(((880, 66), (895, 84), (922, 44)), fill="#ffffff", width=9, joint="curve")
