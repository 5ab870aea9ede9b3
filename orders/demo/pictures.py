"""Pictures of the demonstration products: plain shapes, drawn here, so that no picture needs a licence."""

import colorsys
import functools
import io

from PIL import Image, ImageDraw

SIDE = 480
SCALE = 2
Box = tuple[float, float, float, float]


@functools.cache
def draw(shape: str, hue: int) -> bytes:
    """PNG of 480 x 480 pixels with `shape` in a colour of `hue` (degrees)."""
    image = Image.new("RGB", (SIDE * SCALE, SIDE * SCALE), _colour(hue, 0.18, 0.95))
    pen = _Pen(ImageDraw.Draw(image), hue)
    pen.ellipse((90, 372, 390, 412), "shade")
    getattr(pen, f"draw_{shape}")()
    out = io.BytesIO()
    image.resize((SIDE, SIDE), Image.Resampling.LANCZOS).quantize(48).save(out, "PNG", optimize=True)
    return out.getvalue()


def _colour(hue: int, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue / 360, saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)


class _Pen:
    """Draws in a grid of 480 units; colours are named after their part in the picture."""

    def __init__(self, canvas: ImageDraw.ImageDraw, hue: int) -> None:
        self.canvas = canvas
        self.colours = {
            "shade": _colour(hue, 0.22, 0.86),
            "body": _colour(hue, 0.48, 0.62),
            "light": _colour(hue, 0.36, 0.78),
            "dark": _colour(hue, 0.55, 0.42),
            "paper": (250, 247, 240),
        }

    def ellipse(self, box: Box, colour: str) -> None:
        self.canvas.ellipse(tuple(v * SCALE for v in box), fill=self.colours[colour])

    def rounded(self, box: Box, colour: str, radius: float = 24) -> None:
        self.canvas.rounded_rectangle(tuple(v * SCALE for v in box), radius * SCALE, fill=self.colours[colour])

    def polygon(self, points: list[tuple[float, float]], colour: str) -> None:
        self.canvas.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=self.colours[colour])

    def arc(self, box: Box, start: int, end: int, colour: str, width: int = 18) -> None:
        self.canvas.arc(tuple(v * SCALE for v in box), start, end, fill=self.colours[colour], width=width * SCALE)

    def line(self, points: list[tuple[float, float]], colour: str, width: int = 10) -> None:
        self.canvas.line([(x * SCALE, y * SCALE) for x, y in points], fill=self.colours[colour], width=width * SCALE)

    def draw_pouch(self) -> None:
        self.rounded((150, 90, 330, 392), "body", 18)
        self.rounded((150, 90, 330, 130), "dark", 10)
        self.rounded((180, 190, 300, 310), "paper", 14)
        self.polygon([(240, 210), (275, 250), (240, 292), (205, 250)], "light")

    def draw_tin(self) -> None:
        self.rounded((140, 130, 340, 392), "body", 22)
        self.rounded((132, 100, 348, 160), "dark", 16)
        self.rounded((140, 220, 340, 320), "paper", 0)
        self.ellipse((212, 240, 268, 300), "light")

    def draw_cup(self) -> None:
        self.arc((290, 190, 400, 310), -100, 100, "dark", 22)
        self.polygon([(120, 150), (340, 150), (310, 380), (150, 380)], "body")
        self.rounded((146, 352, 314, 394), "body", 22)
        self.ellipse((120, 126, 340, 176), "light")
        self.ellipse((140, 136, 320, 168), "dark")

    def draw_pot(self) -> None:
        self.arc((310, 180, 430, 320), -110, 110, "dark", 24)
        self.polygon([(130, 300), (50, 200), (84, 190), (160, 250)], "body")
        self.ellipse((110, 170, 350, 396), "body")
        self.ellipse((160, 160, 300, 208), "dark")
        self.ellipse((214, 124, 246, 166), "dark")
        self.ellipse((150, 220, 220, 300), "light")

    def draw_bowl(self) -> None:
        self.canvas.pieslice(tuple(v * SCALE for v in (80, 60, 400, 390)), 0, 180, fill=self.colours["body"])
        self.rounded((180, 370, 300, 400), "dark", 8)
        self.ellipse((80, 190, 400, 262), "light")
        self.ellipse((104, 202, 376, 250), "dark")

    def draw_plate(self) -> None:
        self.ellipse((70, 90, 410, 400), "body")
        self.ellipse((96, 112, 384, 376), "light")
        self.ellipse((140, 152, 340, 336), "paper")

    def draw_bottle(self) -> None:
        self.rounded((205, 80, 275, 170), "dark", 10)
        self.rounded((160, 140, 320, 394), "body", 44)
        self.rounded((160, 240, 320, 330), "paper", 0)

    def draw_knife(self) -> None:
        self.polygon([(70, 210), (330, 190), (330, 270), (150, 290)], "paper")
        self.polygon([(70, 210), (330, 190), (330, 206)], "shade")
        self.rounded((322, 196, 430, 250), "body", 18)
        self.ellipse((350, 214, 366, 230), "dark")
        self.ellipse((390, 214, 406, 230), "dark")

    def draw_board(self) -> None:
        self.rounded((90, 130, 390, 390), "body", 30)
        for top in (170, 220, 270, 320):
            self.line([(110, top), (370, top + 14)], "light", 5)
        self.ellipse((330, 150, 364, 184), "shade")

    def draw_pan(self) -> None:
        self.rounded((300, 250, 450, 282), "dark", 16)
        self.ellipse((60, 170, 340, 390), "dark")
        self.ellipse((84, 190, 316, 368), "body")
        self.ellipse((110, 212, 230, 300), "light")

    def draw_box(self) -> None:
        self.rounded((100, 180, 380, 394), "body", 14)
        self.rounded((86, 140, 394, 210), "dark", 14)
        self.rounded((222, 140, 258, 394), "paper", 0)

    def draw_candle(self) -> None:
        self.polygon([(240, 70), (266, 130), (240, 160), (214, 130)], "light")
        self.line([(240, 140), (240, 190)], "dark", 6)
        self.rounded((160, 180, 320, 394), "paper", 20)
        self.rounded((160, 260, 320, 394), "body", 20)

    def draw_cloth(self) -> None:
        self.rounded((100, 120, 380, 392), "body", 20)
        for left in (140, 200, 260, 320):
            self.rounded((left, 120, left + 18, 392), "light", 0)
        self.rounded((100, 250, 380, 276), "dark", 0)

    def draw_lamp(self) -> None:
        self.rounded((230, 230, 250, 380), "dark", 4)
        self.rounded((170, 368, 310, 396), "dark", 12)
        self.polygon([(180, 90), (300, 90), (370, 250), (110, 250)], "light")
        self.polygon([(180, 90), (300, 90), (316, 126), (164, 126)], "paper")

    def draw_book(self) -> None:
        self.rounded((120, 90, 360, 394), "dark", 16)
        self.rounded((140, 90, 360, 386), "body", 12)
        self.rounded((190, 150, 320, 214), "paper", 8)
        self.rounded((140, 90, 160, 386), "light", 0)

    def draw_pen(self) -> None:
        self.line([(130, 350), (330, 150)], "body", 44)
        self.line([(290, 190), (350, 130)], "dark", 44)
        self.polygon([(112, 336), (146, 370), (88, 394)], "paper")
        self.line([(120, 362), (96, 386)], "dark", 5)

    def draw_bag(self) -> None:
        self.arc((170, 70, 310, 260), 180, 360, "dark", 16)
        self.polygon([(120, 160), (360, 160), (390, 394), (90, 394)], "body")
        self.rounded((180, 240, 300, 330), "light", 12)

    def draw_sock(self) -> None:
        self.polygon([(180, 80), (290, 80), (290, 260), (200, 270)], "body")
        self.polygon([(180, 80), (186, 280), (250, 390), (290, 300), (290, 240)], "body")
        self.rounded((190, 280, 390, 390), "body", 50)
        self.rounded((176, 76, 294, 120), "dark", 8)
        self.ellipse((330, 300, 400, 392), "light")
