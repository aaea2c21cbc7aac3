"""Names of devices for people."""

from django import template

from directory import devices

register = template.Library()
register.filter("device_name", devices.name_of)
