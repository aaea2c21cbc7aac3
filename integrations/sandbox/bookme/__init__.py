"""A copy of &money BookMe: an Entra-like token endpoint, and the public API bare and below /api/v1, /api/v2, /api/v3.

wire       errors, tokens, limits, who asks; the decorator of every view
config     topics, customer types, employees, rooms
slots      free times, reservations, changes of a slot
meetings   meetings and their calendar files
seed       the bank that a fresh copy holds
provider   switches, and what the bank's own people can do
"""
