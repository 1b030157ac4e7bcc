"""Messages: what arrives is parsed, what leaves is built."""

from .addresses import Address
from .addresslist import parse_address_list
from .attachment import Attachment, safe_filename
from .charset import Detector
from .defects import Defect
from .detection import detect_charset
from .frame import FramePolicy, frame_document, frame_policy
from .header import Headers, decode_header_value
from .html import clean_html
from .limits import DEFAULT_LIMITS, Limits
from .parse import parse_message
from .plain import html_to_text, text_to_html
from .received import ReceivedMessage
from .reports import Bounce, Complaint, ReadReceipt

__all__ = [
    "DEFAULT_LIMITS",
    "Address",
    "Attachment",
    "Bounce",
    "Complaint",
    "Defect",
    "Detector",
    "FramePolicy",
    "Headers",
    "Limits",
    "ReadReceipt",
    "ReceivedMessage",
    "clean_html",
    "decode_header_value",
    "detect_charset",
    "frame_document",
    "frame_policy",
    "html_to_text",
    "parse_address_list",
    "parse_message",
    "safe_filename",
    "text_to_html",
]
