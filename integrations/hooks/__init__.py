"""Webhooks out, per Standard Webhooks: what happened here, told to addresses that members and operators name.

catalogue   the events, their JSON Schemas and examples
outbox      signals → rows, in the transaction of what happened
endpoints   verbs: create, rotate, switch on and off, example, replay
sending     rows → HTTP, by the worker
"""
