"""What the directory announces. Apps above listen; the directory does not know them.

professional_closing    sender: Professional; arguments: professional. Sent inside the transaction that closes the
                        account, before anything of it is gone.
professional_erased     sender: Professional; arguments: professional. Sent inside the transaction that erases her data.
professional_decided    sender: Professional; arguments: professional, in the status that was decided. Sent inside the
                        transaction that decides; `directory.notices` has the mail.
device_is_new           sender: Device; arguments: device. Sent inside the transaction that notes a log-in from a further
                        browser; `directory.devices.send_alerts` mails.
professional_listed     sender: Professional; arguments: professional, public from now on, whether somebody decided it or
                        the brand asks for no approval. Sent inside that transaction.
job_queued              sender: Job; arguments: job. Sent inside the transaction that queues it.
"""

from django.dispatch import Signal

professional_closing = Signal()
professional_erased = Signal()
professional_decided = Signal()
device_is_new = Signal()
professional_listed = Signal()
job_queued = Signal()
