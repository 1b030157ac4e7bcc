"""flask-mailbox: gives a Flask app its own mailbox, both ways: SMTP sending, IMAP and POP3 receiving."""
