"""Uploads stay in memory; what is larger than the limit is refused, never written to a temporary file."""

import io

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class TooLarge(InMemoryUploadedFile):
    """Stands for a file that was larger than the limit; its content was not kept."""


class InMemoryOrRefused(FileUploadHandler):
    """Keeps up to `UPLOAD_LIMIT` bytes of each file in memory and marks a longer one as too large."""

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.parts: list[bytes] = []
        self.size = 0

    def receive_data_chunk(self, raw_data, start):
        self.size += len(raw_data)
        if self.size <= settings.UPLOAD_LIMIT:
            self.parts.append(raw_data)
        else:
            self.parts.clear()
        return None

    def file_complete(self, file_size):
        kind = InMemoryUploadedFile if self.size <= settings.UPLOAD_LIMIT else TooLarge
        return kind(
            file=io.BytesIO(b"".join(self.parts)),
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=self.size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )
