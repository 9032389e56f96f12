"""The few pdfium functions that are called once per object or character, with plain integers as handles.

The generated bindings build a Python object per handle; on a page of a thousand text objects that is half of the time.
"""

import ctypes
from collections.abc import Callable
from typing import Any

import pypdfium2.raw as pdfium

_HANDLE, _INT = ctypes.c_void_p, ctypes.c_int


def _plain(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """The same function of the library under a leaner prototype."""
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address
    return ctypes.CFUNCTYPE(result, *arguments)(address)


page_object = _plain(pdfium.FPDFPage_GetObject, _HANDLE, _HANDLE, _INT)
form_object = _plain(pdfium.FPDFFormObj_GetObject, _HANDLE, _HANDLE, ctypes.c_ulong)
form_count = _plain(pdfium.FPDFFormObj_CountObjects, _INT, _HANDLE)
object_type = _plain(pdfium.FPDFPageObj_GetType, _INT, _HANDLE)
text_mode = _plain(pdfium.FPDFTextObj_GetTextRenderMode, _INT, _HANDLE)
fill_colour = _plain(pdfium.FPDFPageObj_GetFillColor, _INT, _HANDLE, _HANDLE, _HANDLE, _HANDLE, _HANDLE)
object_bounds = _plain(pdfium.FPDFPageObj_GetBounds, _INT, _HANDLE, _HANDLE, _HANDLE, _HANDLE, _HANDLE)
object_matrix = _plain(pdfium.FPDFPageObj_GetMatrix, _INT, _HANDLE, _HANDLE)
mark_count = _plain(pdfium.FPDFPageObj_CountMarks, _INT, _HANDLE)
set_active = _plain(pdfium.FPDFPageObj_SetIsActive, _INT, _HANDLE, _INT)
font_size = _plain(pdfium.FPDFTextObj_GetFontSize, _INT, _HANDLE, _HANDLE)
path_mode = _plain(pdfium.FPDFPath_GetDrawMode, _INT, _HANDLE, _HANDLE, _HANDLE)
path_count = _plain(pdfium.FPDFPath_CountSegments, _INT, _HANDLE)
path_segment = _plain(pdfium.FPDFPath_GetPathSegment, _HANDLE, _HANDLE, _INT)
segment_point = _plain(pdfium.FPDFPathSegment_GetPoint, _INT, _HANDLE, _HANDLE, _HANDLE)
segment_type = _plain(pdfium.FPDFPathSegment_GetType, _INT, _HANDLE)
segment_closes = _plain(pdfium.FPDFPathSegment_GetClose, _INT, _HANDLE)
character_object = _plain(pdfium.FPDFText_GetTextObject, _HANDLE, _HANDLE, _INT)
loose_box = _plain(pdfium.FPDFText_GetLooseCharBox, _INT, _HANDLE, _INT, _HANDLE)
tight_box = _plain(pdfium.FPDFText_GetCharBox, _INT, _HANDLE, _INT, _HANDLE, _HANDLE, _HANDLE, _HANDLE)


def address_of(handle: Any) -> int:
    """The plain integer of a handle of the generated bindings."""
    return ctypes.addressof(handle.contents)


def addresses(array: Any) -> tuple[int, ...]:
    """Where each item of a ctypes array stands, for functions that write several numbers."""
    first, size = ctypes.addressof(array), ctypes.sizeof(array._type_)
    return tuple(first + index * size for index in range(len(array)))
