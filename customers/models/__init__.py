"""What customers remembers, by noun."""

from .people import Address, Customer, PhoneNumber
from .verification import PhoneVerification

__all__ = ["Address", "Customer", "PhoneNumber", "PhoneVerification"]
