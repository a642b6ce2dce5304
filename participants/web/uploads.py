"""Uploads stay in memory; what is larger than the limit is refused, never written to a temporary file."""

import io

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class TooLarge(InMemoryUploadedFile):
    """Stands for a file that was larger than the limit; its content was not kept."""


class InMemoryOrRefused(FileUploadHandler):
    """Keeps up to `UPLOAD_LIMIT` bytes of the files of one request in memory, and marks a file that goes beyond.

    A request of more than twice the limit is not read at all: `RequestDataTooBig` is answered with 413.
    """

    kept = 0  # bytes of the files before this one

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        if content_length > 2 * settings.UPLOAD_LIMIT + settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("The request is larger than this site takes.")

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.parts: list[bytes] = []
        self.size = 0

    def receive_data_chunk(self, raw_data, start):
        self.size += len(raw_data)
        if self.kept + self.size <= settings.UPLOAD_LIMIT:
            self.parts.append(raw_data)
        else:
            self.parts.clear()
        return None

    def file_complete(self, file_size):
        fits = self.kept + self.size <= settings.UPLOAD_LIMIT
        kind = InMemoryUploadedFile if fits else TooLarge
        self.kept += self.size if fits else 0
        return kind(
            file=io.BytesIO(b"".join(self.parts)),
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=self.size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
