"""One file a family of servers: each defines ``PROFILE``, and the lookup finds it by that."""
