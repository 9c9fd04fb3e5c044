"""Built files as they are now, also when they were built anew under a running server (前端文件)."""

import os

from django.http import HttpRequest, HttpResponse
from whitenoise.base import MissingFileError
from whitenoise.middleware import WhiteNoiseMiddleware

BUILT = "/static/built/"
Seen = tuple[str, tuple[int, int]]


class FrontEnd(WhiteNoiseMiddleware):
    """Serves static files; the built ones are looked at again at each visit.

    The library knows what was there when the process began: of a file that has changed since it
    would tell the old length, and one that is new it would not find.
    """

    def __init__(self, *words: object, **more: object) -> None:
        super().__init__(*words, **more)
        self.seen: dict[str, Seen] = {}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(BUILT):
            self._look_again(request.path_info)
        return super().__call__(request)

    def _look_again(self, url: str) -> None:
        """Know this file as it is now; forget it when it is gone."""
        before = self.seen.get(url)
        path = before[0] if before else self._path_of(url)
        try:
            now = os.stat(path)
            stamp = (now.st_mtime_ns, now.st_size)
            if before is None or before[1] != stamp:
                self.files[url] = self.get_static_file(path, url)
                self.seen[url] = (path, stamp)
        except (OSError, MissingFileError):
            self.files.pop(url, None)
            self.seen.pop(url, None)

    def _path_of(self, url: str) -> str:
        """Where it lies; empty for an address that leads nowhere or out of the folder."""
        if not self.url_is_canonical(url) or url.endswith("/"):
            return ""
        return next(iter(self.candidate_paths_for_url(url)), "")
