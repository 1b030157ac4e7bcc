"""The tests of flask-mailbox."""
