"""The only ways out: SMTP and HTTP, with their rules of safety; they know no actions."""
