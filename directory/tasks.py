"""Thin Celery tasks of the directory."""

from smtplib import SMTPException

from celery import shared_task

from directory import notices


@shared_task(autoretry_for=(SMTPException, OSError), retry_backoff=60, retry_backoff_max=3600, max_retries=12)
def send_notice(professional_id: int, kind: str) -> bool:
    return notices.send(professional_id, kind)
