"""What the directory announces. Apps above listen; the directory does not know them.

professional_closing    sender: Professional; arguments: professional. Sent inside the transaction that closes the
                        account, before anything of it is gone.
"""

from django.dispatch import Signal

professional_closing = Signal()
