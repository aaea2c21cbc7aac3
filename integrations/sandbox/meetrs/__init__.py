"""A copy of Meet.rs: token, Meets, add-on configurations, feedback and usage by tenant, and the page behind a Meet's link.

wire        tokens, errors, who asks
meetings    making Meets, with their mails in an outbox; the optional calls
reports     configurations, feedback, usage, tenants
pages       the join page: passcode, log-in or guest; entering makes usage, and feedback can be given
provider    switches, seed, and what staff can do
"""
