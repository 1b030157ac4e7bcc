"""What further servers do otherwise than the contract tests expect, each with the server's own words.

A difference that is not listed fails its test, and so does one that is listed and has gone.
"""

from __future__ import annotations

from typing import NamedTuple


class Difference(NamedTuple):
    """Why a test fails on a server.

    :param reply: What the server says, in its own words.
    :param why: What that means.
    :param cases: The cases of the test that it is about, by a piece of their names; all if none is given.
    :param run: Whether the test is run; not where it is a matter of chance what happens.
    """

    reply: str
    why: str
    cases: tuple[str, ...] = ()
    run: bool = True

    def is_about(self, test: str) -> bool:
        """Whether a test of this name, its case in brackets, fails."""
        return not self.cases or any(case in test for case in self.cases)


_MBOX_NOTES = "Its mbox store keeps its own notes in the messages, so they are longer than what was delivered."
_ANEW = "It gives out uids anew after an expunge, by the second: what was known is void, and said to be."
_BY_SECOND = "Folders made in the same second have the same uidvalidity."
_NO_INBOX = "An inbox that never had mail does not exist yet, so nothing can be filed there."
_FORGETS = "Flags given with APPEND are forgotten when the folder is opened again."
_CLEAR = "It is run in clear text here."
_CODE_INSIDE = "The code stands inside the text, where no client looks for it: the refusal is told as such."


DIFFERENCES: dict[tuple[str, str], Difference] = {
    ("mailutils", "test_a_session_opens_over_tls_and_starttls"): Difference("CAPABILITY without STARTTLS", _CLEAR),
    ("mailutils", "test_a_token_signs_in"): Difference(
        "CAPABILITY IMAP4rev1 … AUTH=LOGIN AUTH=PLAIN …", "It knows no access tokens."
    ),
    ("mailutils", "test_a_message_is_read_byte_for_byte_and_stays_unread"): Difference(
        "X-IMAPbase: 1795467728 1, X-UID: 1 and Status: among the header fields that FETCH gives", _MBOX_NOTES
    ),
    ("mailutils", "test_a_page_shows_the_newest_first"): Difference(
        "RFC822.SIZE 176 for a message of 155 bytes", _MBOX_NOTES
    ),
    ("mailutils", "test_a_message_over_the_limit_is_refused"): Difference(
        "BODY[] {221} for a message of 155 bytes", _MBOX_NOTES
    ),
    ("mailutils", "test_folders_have_roles_and_counts"): Difference(
        "APPEND (\\Seen): OK APPEND Completed; later STATUS (MESSAGES 2 UNSEEN 2)", _FORGETS
    ),
    ("mailutils", "test_searches_find_by_words_people_and_flags"): Difference(
        "APPEND (\\Seen): OK APPEND Completed; later FETCH (FLAGS ()) and SEARCH UNSEEN: 1", _FORGETS
    ),
    ("mailutils", "test_a_search_finds"): Difference(
        "after APPEND (\\Seen), SEARCH SEEN: none; SEARCH BEFORE 1-Jan-1999: 3 4, SEARCH KEYWORD nothing: 1 2 3 4",
        f"{_FORGETS} SEARCH BEFORE finds messages without a Date, and every keyword is found everywhere.",
        cases=("criteria3-", "criteria4-", "criteria9-", "criteria11-", "criteria13-", "criteria16-"),
    ),
    ("mailutils", "test_changes_tell_what_came_changed_and_went"): Difference(
        "OK [UIDVALIDITY 1795467728], and after an EXPUNGE: OK [UIDVALIDITY 1795467729]", _ANEW
    ),
    ("mailutils", "test_pages_follow_each_other_over_arrivals_and_expunges"): Difference(
        "OK [UIDVALIDITY 1795883287], and after an EXPUNGE: OK [UIDVALIDITY 1795883288]", _ANEW, run=False
    ),
    ("mailutils", "test_a_missing_folder_is_told_as_such_and_the_session_goes_on"): Difference(
        "NO APPEND [TRYCREATE] failed", _CODE_INSIDE
    ),
    ("mailutils", "test_moving_to_a_missing_folder_moves_nothing"): Difference(
        "NO UID COPY [TRYCREATE] failed", _CODE_INSIDE
    ),
    ("mailutils", "test_fifty_thousand_scattered_uids_go_in_one_call"): Difference(
        "APPEND INBOX: NO APPEND [TRYCREATE] failed", _NO_INBOX
    ),
    ("mailutils", "test_append_files_a_message_with_flags_and_date"): Difference(
        "NO APPEND Unrecognized flag", "It keeps no keywords."
    ),
    ("mailutils", "test_flags_come_and_go"): Difference("NO UID STORE Unrecognized flag", "It keeps no keywords."),
    ("mailutils", "test_messages_are_copied_and_moved_with_their_new_uids"): Difference(
        "OK UID COPY Completed", "It tells no new uids."
    ),
    ("mailutils", "test_a_draft_is_replaced"): Difference("OK APPEND Completed", "It tells no new uids."),
    ("mailutils", "test_without_extensions_pages_and_searches_are_the_same"): Difference(
        "OK APPEND Completed", "It tells no new uids."
    ),
    ("mailutils", "test_deleting_spares_what_others_marked_as_deleted"): Difference(
        "CAPABILITY without UIDPLUS",
        "There is no UID EXPUNGE, so what others marked keeps the message there, and that is logged.",
    ),
    ("mailutils", "test_a_message_that_another_session_expunged_is_gone"): Difference(
        "BAD UID FETCH Failed to parse message set", "A uid that is gone is refused, in words that do not say so."
    ),
    ("mailutils", "test_a_cursor_of_another_uidvalidity_is_refused"): Difference(
        "OK [UIDVALIDITY 1795884599] for INBOX and for another folder", _BY_SECOND, run=False
    ),
    (
        "mailutils",
        "test_a_folder_that_was_made_anew_never_gives_another_message_under_an_old_uid",
    ): Difference("OK [UIDVALIDITY 1795884599] for a folder before and after DELETE and CREATE", _BY_SECOND, run=False),
    ("mailutils", "test_entries_have_numbers_names_and_sizes"): Difference(
        "LIST: 1 123 and 2 78, for two messages of 68 bytes", _MBOX_NOTES
    ),
    ("mailutils", "test_raw_is_what_was_stored_byte_for_byte"): Difference(
        "RETR: X-UID and X-UIDL in the header", _MBOX_NOTES
    ),
    ("mailutils", "test_a_run_that_is_left_half_way_leaves_the_session_in_step"): Difference(
        "RETR: X-UID and X-UIDL in the header", _MBOX_NOTES
    ),
    ("mailutils", "test_an_access_token_signs_in"): Difference("CAPA without SASL", "It knows no access tokens."),
    ("mailutils", "test_top_gives_headers_and_the_lines_asked_for"): Difference(
        "TOP 1 2: +OK, the header, two empty lines, first, second",
        "Its mbox store gives an empty line too many between header and text.",
    ),
    ("mailutils", "test_top_gives_the_header_and_a_few_lines"): Difference(
        "TOP 1 2: +OK, the header, two empty lines, one, two",
        "Its mbox store gives an empty line too many between header and text.",
    ),
    ("pymap", "test_a_session_opens_over_tls_and_starttls"): Difference("CAPABILITY without STARTTLS", _CLEAR),
    ("pymap", "test_a_token_signs_in"): Difference(
        "CAPABILITY IMAP4rev1 AUTH=LOGIN AUTH=PLAIN …", "It knows no access tokens."
    ),
    ("pymap", "test_a_folder_is_created_renamed_and_deleted"): Difference(
        "* BYE Selected mailbox no longer exists.", "It ends a session whose open folder is renamed."
    ),
    ("pymap", "test_flags_come_and_go"): Difference(
        "UID STORE +FLAGS (\\Seen project-x): FETCH (FLAGS (\\Seen))",
        "It keeps no keywords that the folder did not have.",
    ),
    ("pymap", "test_parts_are_listed_and_read_as_files"): Difference(
        "BODY[1] with the line end before the boundary", "Parts have a line end too many."
    ),
    ("pymap", "test_namespaces_and_quotas_are_told"): Difference(
        "CAPABILITY without NAMESPACE", "It tells no namespaces."
    ),
}
"""By server and test."""
