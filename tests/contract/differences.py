"""What further servers do otherwise than the contract tests expect, each with the server's own words.

A difference that is not listed fails its test, and so does one that is listed and has gone.
"""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """Why a test fails on a server.

    :param reply: What the server says, in its own words.
    :param why: What that means.
    :param always: Whether it is so every time.
    """

    reply: str
    why: str
    always: bool = True


DIFFERENCES: dict[tuple[str, str], Difference] = {
    ("mailutils", "test_a_message_is_read_byte_for_byte_and_stays_unread"): Difference(
        "X-IMAPbase: 1795467728 1, X-UID: 1 and Status: among the header fields that FETCH gives",
        "Its mbox store keeps its own notes in the messages, so they are longer than what was delivered.",
    ),
    ("mailutils", "test_searches_find_by_words_people_and_flags"): Difference(
        "APPEND (\\Seen): OK APPEND Completed; later FETCH (FLAGS ()) and SEARCH UNSEEN: 1",
        "Flags given with APPEND are forgotten when the folder is opened again.",
    ),
    ("mailutils", "test_changes_tell_what_came_changed_and_went"): Difference(
        "OK [UIDVALIDITY 1795467728], and after an EXPUNGE: OK [UIDVALIDITY 1795467729]",
        "It gives new uids after an expunge, unless that was in the second of the last ones: then the whole folder is "
        "told as new, and said to be.",
        always=False,
    ),
    ("mailutils", "test_top_gives_the_header_and_a_few_lines"): Difference(
        "TOP 1 2: +OK, the header, two empty lines, one, two",
        "Its mbox store gives an empty line too many between header and text.",
    ),
}
"""By server and test."""
