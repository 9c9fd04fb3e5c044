"""What of an upload is kept while it arrives: no more than could be a photo (上传上限)."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from shiyu.files.pictures import LIMIT

REQUEST_LIMIT = 5 * LIMIT


class SizeLimit(FileUploadHandler):
    """Drops what comes after the limit, so that a huge upload fills neither memory nor disk.

    The file then still counts as too large, and the form can say so.
    """

    received = 0

    def handle_raw_input(
        self, input_data: Any, META: dict[str, str], content_length: int, *args: Any, **kw: Any
    ) -> None:
        if content_length > REQUEST_LIMIT:
            raise RequestDataTooBig("more than five photos of the largest size")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        room_left = self.received <= LIMIT
        self.received += len(raw_data)
        return raw_data if room_left else None

    def file_complete(self, file_size: int) -> None:
        return None
