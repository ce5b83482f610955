"""What people are told: everybody's inbox, and the mail and webhooks that follow from it."""
