"""What the directory announces. Apps above listen; the directory does not know them.

professional_closing    sender: Professional; arguments: professional. Sent inside the transaction that closes the
                        account, before anything of it is gone.
professional_decided    sender: Professional; arguments: professional, in the status that was decided. Sent inside the
                        transaction that decides; `directory.notices` has the mail.
"""

from django.dispatch import Signal

professional_closing = Signal()
professional_decided = Signal()
