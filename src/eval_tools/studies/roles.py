"""What each column could tell about who somebody is: declared, or by default of what it is used for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from eval_tools.studies.study import Role

ROLES: tuple[Role, ...] = ("direct", "quasi", "sensitive", "other")
BY_USE: dict[str, Role] = {
    "participant": "direct",
    "group": "quasi",
    "site": "quasi",
    "region": "quasi",
    "age": "quasi",
    "sex": "quasi",
}


def declared_roles(entry: dict[str, Any]) -> list[tuple[str, Role]]:
    """List the columns under ``roles`` of a source or roster, each with its role, in the order of the file."""
    return [(column, role) for role in ROLES for column in entry.get("roles", {}).get(role, ())]


def build_roles(entry: dict[str, Any], item_columns: Iterable[str] = ()) -> dict[str, Role]:
    """Give every column that is named a role; an ignored one has none unless it is declared.

    Answers and totals are sensitive, subgroups tell who somebody is, the rest (wave, consent) tells nothing.

    Examples
    --------
    >>> build_roles({"columns": {"participant": "id", "wave": "term"}, "roles": {"direct": ["name"]}}, ["q1"])
    {'id': 'direct', 'term': 'other', 'q1': 'sensitive', 'name': 'direct'}
    """
    roles: dict[str, Role] = {column: BY_USE.get(use, "other") for use, column in entry["columns"].items()}
    roles |= {each["column"]: "quasi" for each in entry.get("subgroups", {}).values()}
    roles |= dict.fromkeys((*item_columns, *entry.get("totals", {})), "sensitive")
    return roles | dict(declared_roles(entry))
