"""A mail server that is down, as Django's mail backends see it."""

from smtplib import SMTPServerDisconnected

from django.core.mail.backends.base import BaseEmailBackend


class Down(BaseEmailBackend):
    """Hangs up on everybody."""

    def send_messages(self, email_messages):
        raise SMTPServerDisconnected("Connection unexpectedly closed")
