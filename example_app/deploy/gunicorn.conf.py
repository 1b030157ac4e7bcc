"""Gunicorn's settings for the example app: one process, many threads, behind nginx on the same machine."""

bind = "127.0.0.1:8000"

workers = 1
"""Who is signed in, sign-in attempts and letters on their way live in the memory of one process."""

worker_class = "gthread"
threads = 130
"""Each browser that is told of new mail occupies one: more than ``LIVE_STREAMS``, so that pages find a free one."""

timeout = 60
"""A process that has shown no sign of life for so long is started anew; a long answer is a sign of life."""

graceful_timeout = 10
"""What a stopping process may still finish; streams end then, and browsers open new ones."""

keepalive = 75
"""Longer than nginx keeps a connection, so that it never sends a request down one that is just being closed."""

limit_request_line = 8190
"""A cursor in an address may be long."""

control_socket_disable = True
"""Nobody steers it but the service manager."""
