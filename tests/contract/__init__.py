"""Contract suites: the same tests against the embedded server and against Dovecot and Postfix."""
