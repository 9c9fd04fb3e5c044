"""Pictures made for tests: good ones, odd ones and booby-trapped ones."""

import io
import struct
import zipfile
import zlib

import pillow_heif
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.TiffImagePlugin import IFDRational

pillow_heif.register_heif_opener()

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def upload(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def picture(kind: str = "JPEG", size: tuple[int, int] = (80, 40), **how: object) -> bytes:
    """A picture whose left half is red and right half blue."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    return _saved(image, kind, **how)


def with_exif(kind: str = "JPEG", orientation: int = 1) -> bytes:
    """One that says it was taken in Kaifeng, on 2026-11-20 at 10:02:03, by a phone."""
    exif = Image.Exif()
    exif[Base.Make] = "SECRETPHONE"
    exif[Base.Orientation] = orientation
    exif.get_ifd(IFD.Exif).update({0x9003: "2026:11:20 10:02:03", 0x927C: b"SECRETNOTE"})
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "N",
            GPS.GPSLatitude: (IFDRational(34), IFDRational(47), IFDRational(5100, 100)),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (IFDRational(114), IFDRational(21), IFDRational(0)),
        }
    )
    return picture(kind, exif=exif.tobytes())


def broken_gps() -> bytes:
    exif = Image.Exif()
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitude: (IFDRational(1, 0),) * 3, 3: "E"})
    return picture(exif=exif.tobytes())


def pixel_flood(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that claims to be huge."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND")


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    return _saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def zipped() -> bytes:
    """A picture that is an archive as well."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("evil.class", "x")
    return picture() + out.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def _chunk(name: bytes, data: bytes = b"") -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + checksum


def _saved(image: Image.Image, kind: str, **how: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()
