"""Messages: what arrives is parsed, what leaves is built."""

from .addresses import Address
from .addresslist import parse_address_list
from .attachment import Attachment, safe_filename
from .charset import Detector
from .defects import Defect
from .detection import detect_charset
from .header import Headers, decode_header_value
from .limits import DEFAULT_LIMITS, Limits
from .parse import parse_message
from .received import ReceivedMessage

__all__ = [
    "DEFAULT_LIMITS",
    "Address",
    "Attachment",
    "Defect",
    "Detector",
    "Headers",
    "Limits",
    "ReceivedMessage",
    "decode_header_value",
    "detect_charset",
    "parse_address_list",
    "parse_message",
    "safe_filename",
]
