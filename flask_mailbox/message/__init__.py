"""Messages: what arrives is parsed, what leaves is built."""

from .addresses import Address, parse_mailbox
from .addresslist import parse_address_list
from .attachment import Attachment, safe_filename
from .build import build, build_for, message_id_of
from .charset import Detector
from .compose import Message
from .defects import Defect
from .detection import detect_charset
from .dkim import sign_dkim
from .dumping import dump_message
from .envelope import Envelope, Parties, envelope_of, parties_of
from .frame import FramePolicy, frame_document, frame_policy
from .header import Headers, decode_header_value
from .html import clean_html
from .limits import DEFAULT_LIMITS, Limits
from .parse import parse_message
from .parts import Part
from .plain import html_to_text, text_to_html
from .received import ReceivedMessage
from .reply import forward, reply, reply_all
from .reports import Bounce, Complaint, ReadReceipt

__all__ = [
    "DEFAULT_LIMITS",
    "Address",
    "Attachment",
    "Bounce",
    "Complaint",
    "Defect",
    "Detector",
    "Envelope",
    "FramePolicy",
    "Headers",
    "Limits",
    "Message",
    "Part",
    "Parties",
    "ReadReceipt",
    "ReceivedMessage",
    "build",
    "build_for",
    "clean_html",
    "decode_header_value",
    "detect_charset",
    "dump_message",
    "envelope_of",
    "forward",
    "frame_document",
    "frame_policy",
    "html_to_text",
    "message_id_of",
    "parse_address_list",
    "parse_mailbox",
    "parse_message",
    "parties_of",
    "reply",
    "reply_all",
    "safe_filename",
    "sign_dkim",
    "text_to_html",
]
