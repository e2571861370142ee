"""What customers remembers, by noun."""

from .devices import Device
from .people import Address, Customer, PhoneNumber, PhonePolicy
from .verification import PhoneVerification

__all__ = ["Address", "Customer", "Device", "PhoneNumber", "PhonePolicy", "PhoneVerification"]
