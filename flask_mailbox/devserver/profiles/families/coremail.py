"""Coremail, which NetEase runs: 163.com, 126.com, yeah.net and its hosted domains."""

from ..profile import Profile

PROFILE = Profile(
    name="coremail",
    select_refusal="NO {command} Unsafe Login. Please contact kefu@188.com for help",
    id_blank_refusal="BAD Parse command error",
    initial_response_refusal="BAD Request not ending with CRLF",
    idle=False,
)
