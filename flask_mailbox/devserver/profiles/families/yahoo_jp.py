"""Yahoo! Japan, which runs other servers than Yahoo: MOVE is offered and refused, no Message-ID is found."""

from ..imapmanners import IMAPManners
from ..profile import Profile

PROFILE = Profile(
    name="yahoo-jp",
    imap=IMAPManners(move_refusal="NO [CANNOT] MOVE is not possible", message_id_search=False),
)
