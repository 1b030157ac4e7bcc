"""What joins the protocols: delivery, Sent copies, the account check."""
