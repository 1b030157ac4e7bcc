"""Dovecot and Postfix on loopback for the tests: started from their own configuration, stopped at the end."""
