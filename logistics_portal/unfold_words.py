"""Words of the staff side's theme, which brings no translations: named here, they come into the portal's catalogs."""

from django.utils.translation import gettext_noop

WORDS = (
    gettext_noop("Welcome back to"),
    gettext_noop("Return to site"),
    gettext_noop("Toggle password visibility"),
    gettext_noop("You have been successfully logged out from the administration"),
    gettext_noop("Nothing matched your search"),
    gettext_noop("Recent searches"),
    gettext_noop("Type to search"),
    gettext_noop("Save and add another"),
    gettext_noop("Save and continue editing"),
    gettext_noop("Select record"),
    gettext_noop("Select action to run"),
    gettext_noop("Select value"),
    gettext_noop("Select"),
    gettext_noop("Value"),
    gettext_noop("From"),
    gettext_noop("To"),
    gettext_noop("Date"),
    gettext_noop("Date from"),
    gettext_noop("Date to"),
    gettext_noop("Run"),
    gettext_noop("Run the selected action"),
    gettext_noop("Cancel"),
    gettext_noop("Go back"),
    gettext_noop("General"),
    gettext_noop("No data"),
    gettext_noop("Apply Filters"),
    gettext_noop("Reset filters"),
    gettext_noop("Toggle filter"),
    gettext_noop("Toggle sidebar"),
    gettext_noop("Toggle dark/light mode"),
    gettext_noop("True"),
    gettext_noop("False"),
    gettext_noop("Light"),
    gettext_noop("Dark"),
    gettext_noop("System"),
    gettext_noop("This item will be deleted."),
    gettext_noop("Click to cancel"),
    gettext_noop("After you've created a user, you’ll be able to edit more user options."),
    gettext_noop("Available shortcuts"),
    gettext_noop("Global shortcuts"),
    gettext_noop("Changelist shortcuts"),
    gettext_noop("Command tool shortcuts"),
    gettext_noop("Open command tool"),
    gettext_noop("Open shortcuts list"),
    gettext_noop("Open selection"),
    gettext_noop("Open selection in new tab"),
    gettext_noop("Create new record"),
    gettext_noop("Navigate"),
)

# Django's own, of which not every language of ours has a translation there, or one that fits our words.
DJANGO_WORDS = (
    gettext_noop(" By %(filter_title)s "),
    gettext_noop("Reset password"),
    gettext_noop("Password-based authentication"),
    gettext_noop("Enabled"),
    gettext_noop("Disabled"),
    gettext_noop(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to"
        " authenticate using other backends, such as Single Sign-On or LDAP."
    ),
    gettext_noop("Raw passwords are not stored, so there is no way to see the user’s password."),
)
