"""What customers remembers, by noun."""

from .changes import NumberChange
from .devices import Device
from .people import Address, Customer, PhoneNumber, PhonePolicy
from .verification import PhoneVerification

__all__ = ["Address", "Customer", "Device", "NumberChange", "PhoneNumber", "PhonePolicy", "PhoneVerification"]
