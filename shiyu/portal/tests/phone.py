"""A resident at their phone, without scripts: opens a page, fills in its forms, presses buttons."""

import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from shiyu.cases.models import Report

Degrees = tuple[float, float, float]


def photo_taken_at(lon: float | None = None, lat: float | None = None) -> SimpleUploadedFile:
    """A JPEG as a camera writes it, with the place in its EXIF if one is given."""
    exif = Image.Exif()
    if lon is not None and lat is not None:
        exif[0x8825] = {1: "N", 2: _degrees(lat), 3: "E", 4: _degrees(lon)}
    picture = io.BytesIO()
    Image.new("RGB", (160, 120), "gray").save(picture, "JPEG", exif=exif)
    return SimpleUploadedFile("IMG_0001.JPG", picture.getvalue(), content_type="image/jpeg")


def _degrees(value: float) -> Degrees:
    whole = int(value)
    minutes = (value - whole) * 60
    return float(whole), float(int(minutes)), (minutes - int(minutes)) * 60


class Phone:
    """A browser of one resident."""

    def __init__(self) -> None:
        self.client = Client()

    def get(self, path: str) -> Any:
        return self.client.get(path)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, fields)

    def take(self, *photos: SimpleUploadedFile) -> Any:
        """Send the photos of step 1."""
        return self.post("/report/photo/", photos=list(photos))

    def write(self, text: str) -> Any:
        """Say in words what is wrong, instead of step 1's photo."""
        return self.post("/report/words/", text=text)

    def place(self, **fields: Any) -> Any:
        """Answer step 2; as one who has seen which places the words may mean."""
        return self.post("/report/place/", **({"asked": "1"} | fields))

    def kind(self, code: str, **fields: Any) -> Any:
        """Answer step 3."""
        return self.post("/report/kind/", kind=code, **fields)

    def send(self, **fields: Any) -> Any:
        """Answer step 4 and send."""
        return self.post("/report/check/", **fields)

    def report(self, text: str = "井盖破了一个洞", **contact: Any) -> tuple[Report, str]:
        """A whole report in words, here; what it became and its receipt code."""
        self.write(text)
        self.place(address="书店街 12 号", lon="114.31", lat="34.80")
        answer = self.kind("10101")
        if answer["Location"].endswith("/similar/"):
            self.post("/report/similar/", same="")
        self.send(**contact)
        page = self.get("/report/done/")
        return page.context["report"], page.context["code"]
