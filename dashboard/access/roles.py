"""Roles in the reader's words."""

from dashboard.access.language import t
from twin.actions import Role

__all__ = ["role_name"]


def role_name(role: Role) -> str:
    """As it is shown beside a person's name."""
    return {
        "viewer": t("viewer"),
        "operator": t("operator"),
        "manager": t("manager"),
        "engineer": t("engineer"),
        "admin": t("administrator"),
    }[role]
