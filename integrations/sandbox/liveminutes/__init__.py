"""A copy of LiveMinutes: eight POST methods at the root of the mount, and the pages behind the links they give.

api        one view for all methods; the table of the client says which parameters and answers there are
pages      what a link opens: buttons move the states of meeting and people
provider   switches, seed, and what staff can do
"""
