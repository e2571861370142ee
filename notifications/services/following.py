"""What people chose follows them to their new number; what belongs to a number stays with it.

Choices (groups and kinds by channel, the channel to try first) are a person's, kept under the number that they hold.
They follow a change that was proved at both ends: whoever has both codes holds both numbers. Where staff alone vouch
for a new number, its holder says anew what they want. They leave the old number, unless another merchant's books
still have it: its next holder must not inherit silence.

A STOP doesn't follow. It belongs to the number that sent it: providers keep it by number, take it back by a START from
that number only, and the new one never sent it. So the new number hears what was chosen, and the old one stays closed.
Closed mailboxes and browsers have nothing to do with numbers, and stay closed, too.

What a merchant passed on is its word of its own customer, and follows in that merchant's books whoever vouched.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from customers.models import NumberChange, PhoneNumber

from ..models import ChannelOrder, PassedChoice, Preference


@transaction.atomic
def follow_number(*, change_id: UUID, merchant_ids: Collection[UUID], is_undone: bool) -> None:
    """Have choices follow a change of number, or come back when it was undone; called twice it does nothing more.

    Args:
        merchant_ids: in whose books the number changed.
    """
    change = NumberChange.objects.get(pk=change_id)
    moment = change.undone_at if is_undone else change.done_at
    if moment is None:
        return
    before, after = (change.new, change.old) if is_undone else (change.old, change.new)
    old, new = str(before), str(after)
    if change.old_proved_at and change.new_proved_at:
        is_left = not PhoneNumber.objects.filter(number=old, until__isnull=True).exists()
        for model in (Preference, ChannelOrder):
            _carry(model, {"number": old}, new, moment, leaves=is_left)
    for merchant_id in merchant_ids:
        _carry(PassedChoice, {"number": old, "merchant": merchant_id}, new, moment, leaves=True)


def _carry(model: type[Model], which: dict[str, object], new: str, moment: datetime, *, leaves: bool) -> None:
    """Rows take the place of those that stood under the new number, unless something was said there since then."""
    rows = list(model._default_manager.filter(**which))
    there = model._default_manager.filter(**{**which, "number": new})
    if not rows or there.filter(set_at__gte=moment).exists():
        return
    there.delete()
    if leaves:
        model._default_manager.filter(**which).update(number=new)
        return
    fields = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    copies = [model(**{name: getattr(row, name) for name in fields} | {"number": new}) for row in rows]
    model._default_manager.bulk_create(copies, ignore_conflicts=True)
