"""Who drives: permits and printed names, resolved to operators by two reviewed tables.

`operators.csv` lists the operators, `operator_names.csv` the permits and spellings that lead to them.
Where a permit is printed it decides; names are compared without case, blanks and punctuation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fleetstats.core.csv_tables import csv_line, read_rows
from fleetstats.core.errors import BadInput
from fleetstats.filings.unknown_operators import Line, UnknownOperator, all_unknown, resembling

OPERATORS_FILE = "operators.csv"
NAMES_FILE = "operator_names.csv"
OPERATOR_COLUMNS = ("operator", "kind", "name_en", "name_zh", "country", "note")
NAME_COLUMNS = ("kind", "value", "operator", "note")


@dataclass(frozen=True)
class Operator:
    """One line of operators.csv."""

    operator: str
    kind: str
    name_en: str
    name_zh: str
    country: str
    note: str


@dataclass(frozen=True)
class Resolution:
    """An operator, and the alias line to review where the spelling was new (else None)."""

    operator: str
    new_alias: str | None = None


@dataclass
class OperatorTable:
    """The two reviewed tables, ready to resolve; `names_path` is the file that a new line goes to."""

    names_path: Path
    operators: dict[str, Operator] = field(default_factory=dict)
    by_permit: dict[str, str] = field(default_factory=dict)
    by_name: dict[str, str] = field(default_factory=dict)
    name_rows: list[dict[str, str]] = field(default_factory=list)

    def knows(self, operator: str) -> bool:
        """Whether there is an operator of this code."""
        return operator in self.operators

    def operator_of(self, permit: str) -> str | None:
        """The operator of a permit as operator_names.csv writes it; None for a permit that no line names."""
        return self.by_permit.get(permit)

    def permits_of(self, operator: str) -> list[str]:
        """The permits of an operator, in order."""
        return sorted(permit for permit, of in self.by_permit.items() if of == operator)

    def resolve_permit(self, permit: str, name: str, *, file: object, record: int | None) -> Resolution:
        """The operator of a printed permit and name.

        Raises `BadInput` for a permit that no line names, and for a name that belongs to an operator
        other than the permit's; both say which line to add or correct.
        """
        compact = normalise_permit(permit)
        operator = self.by_permit.get(compact)
        named = self.by_name.get(normalise_name(name))
        if operator is None:
            alike = None if named else resembling(name, self.by_name)
            suggestion = named or alike or _code_from(name)
            raise UnknownOperator(
                "unknown permit",
                file=file,
                record=record,
                column="Permit Number",
                found=f"{permit!r} for {name!r}",
                expected="a permit that operator_names.csv lists",
                lines=(
                    Line(self.names_path, NAME_COLUMNS, csv_line("permit", compact, suggestion, "")),
                    *self._line_of_operator(suggestion, name),
                ),
                resembles=alike,
            )
        if named is not None and named != operator:
            raise BadInput(
                "the name belongs to another operator than the permit",
                file=file,
                record=record,
                column="Permit Number",
                found=f"permit {compact} is {operator}'s, the name {name!r} is {named}'s",
                expected="a permit and a name of one operator",
                todo="find out which is wrong. If it is the permit, add a correction (action override, "
                "column Permit Number) to corrections.yml of the source; if the name has changed hands, "
                f"correct its line in {self.names_path}",
            )
        if named is None:
            return Resolution(operator, new_alias=csv_line("name", name.strip(), operator, ""))
        return Resolution(operator)

    def resolve_name(self, name: str, *, file: object, record: int | None) -> str:
        """The operator of a name where no permit is printed; `BadInput` if no line names it."""
        operator = self.by_name.get(normalise_name(name))
        if operator is None:
            alike = resembling(name, self.by_name)
            suggestion = alike or _code_from(name)
            raise UnknownOperator(
                "unknown company",
                file=file,
                record=record,
                column="company",
                found=name,
                expected="a name that operator_names.csv lists",
                lines=(
                    Line(self.names_path, NAME_COLUMNS, csv_line("name", name.strip(), suggestion, "")),
                    *self._line_of_operator(suggestion, name),
                ),
                resembles=alike,
            )
        return operator

    def _line_of_operator(self, operator: str, name: str) -> tuple[Line, ...]:
        if operator in self.operators:
            return ()
        text = csv_line(operator, "fleet", name.strip(), "", "", "")
        return (Line(self.names_path.with_name(OPERATORS_FILE), OPERATOR_COLUMNS, text),)


UNKNOWN = "unknown"
"""What stands for an operator while the rest of a file is read; nothing with it is ever kept."""

Asked = tuple[str, ...]
"""A question to the tables: the name of the method, and its arguments but for where it was asked."""


class AskedOperators(OperatorTable):
    """The same tables, which note what a reader asked them and what they answered.

    What was read of a filing holds as long as the tables give the same answers: a line that it never asked for
    changes nothing of it.
    """

    def __init__(self, table: OperatorTable) -> None:
        super().__init__(**vars(table))
        self.answers: dict[Asked, object] = {}
        self._unknown: dict[Asked, UnknownOperator] = {}

    def resolve_permit(self, permit: str, name: str, *, file: object, record: int | None) -> Resolution:
        """As of the tables; one that is unknown is noted, and reading goes on to the next."""
        try:
            found = super().resolve_permit(permit, name, file=file, record=record)
        except UnknownOperator as error:
            self._unknown.setdefault((permit, name), error)
            return Resolution(UNKNOWN)
        self.answers["resolve_permit", permit, name] = [found.operator, found.new_alias]
        return found

    def resolve_name(self, name: str, *, file: object, record: int | None) -> str:
        """As of the tables; one that is unknown is noted, and reading goes on to the next."""
        try:
            found = super().resolve_name(name, file=file, record=record)
        except UnknownOperator as error:
            self._unknown.setdefault((name,), error)
            return UNKNOWN
        self.answers["resolve_name", name] = found
        return found

    def refuse_unknown(self) -> None:
        """Raise `BadInput` with all permits and names that were asked for and are unknown, if there are any."""
        if self._unknown:
            raise all_unknown(list(self._unknown.values()))

    def knows(self, operator: str) -> bool:
        """As of the tables."""
        self.answers["knows", operator] = found = super().knows(operator)
        return found

    def operator_of(self, permit: str) -> str | None:
        """As of the tables."""
        self.answers["operator_of", permit] = found = super().operator_of(permit)
        return found

    def permits_of(self, operator: str) -> list[str]:
        """As of the tables."""
        self.answers["permits_of", operator] = found = super().permits_of(operator)
        return found


def still_answered(table: OperatorTable, answers: Iterable[tuple[Asked, object]]) -> bool:
    """Whether the tables answer each question as they did."""
    now = AskedOperators(table)
    for (method, *arguments), answer in answers:
        try:
            if method.startswith("resolve_"):
                getattr(now, method)(*arguments, file="", record=None)
                now.refuse_unknown()
            else:
                getattr(now, method)(*arguments)
        except BadInput:
            return False
        if now.answers[(method, *arguments)] != answer:
            return False
    return True


def normalise_name(name: str) -> str:
    """A name without case, blanks and punctuation, so that spellings of one firm compare equal."""
    return "".join(c for c in name.casefold() if c.isalnum())


def normalise_permit(permit: str) -> str:
    """A permit number without blanks, in capitals: ` avt004` is `AVT004`."""
    return "".join(permit.split()).upper()


def _code_from(name: str) -> str:
    words = "".join(c if c.isalnum() else " " for c in name.casefold()).split()
    legal = {"inc", "llc", "corp", "corporation", "co", "ltd", "usa", "us", "technologies"}
    return "_".join([w for w in words if w not in legal][:3]) or "new_operator"


def load_operators(folders: Iterable[Path]) -> OperatorTable:
    """The reviewed tables of all `folders`, later ones adding to earlier ones.

    The last folder is where messages tell a user to add lines. Raises `BadInput` for a missing column, an
    operator or a permit listed twice, or a name that leads to two operators.
    """
    paths = list(folders)
    table = OperatorTable(names_path=paths[-1] / NAMES_FILE)
    for folder in paths:
        for number, row in read_rows(folder / OPERATORS_FILE, OPERATOR_COLUMNS):
            if row["operator"] in table.operators:
                raise _twice(folder / OPERATORS_FILE, number, "operator", row["operator"])
            table.operators[row["operator"]] = Operator(**row)
            for spelling in (row["operator"], row["name_en"], row["name_zh"]):
                _add_name(table, spelling, row["operator"], folder / OPERATORS_FILE, number)
    for folder in paths:
        for number, row in read_rows(folder / NAMES_FILE, NAME_COLUMNS):
            if row["operator"] not in table.operators:
                raise BadInput(
                    "a line leads to an operator that does not exist",
                    file=folder / NAMES_FILE,
                    record=number,
                    column="operator",
                    found=row["operator"],
                    expected=f"an operator of {OPERATORS_FILE}",
                    todo=f"add it to {folder / OPERATORS_FILE}",
                )
            if row["kind"] == "permit":
                permit = normalise_permit(row["value"])
                if permit in table.by_permit:
                    raise _twice(folder / NAMES_FILE, number, "value", permit)
                table.by_permit[permit] = row["operator"]
            elif row["kind"] == "name":
                _add_name(table, row["value"], row["operator"], folder / NAMES_FILE, number)
            else:
                raise BadInput(
                    "a line of an unknown kind",
                    file=folder / NAMES_FILE,
                    record=number,
                    column="kind",
                    found=row["kind"],
                    expected="permit or name",
                )
            table.name_rows.append(row)
    return table


def _add_name(table: OperatorTable, name: str, operator: str, file: Path, record: int) -> None:
    key = normalise_name(name)
    if key and table.by_name.setdefault(key, operator) != operator:
        raise BadInput(
            "a name leads to two operators",
            file=file,
            record=record,
            column="value",
            found=f"{name}: {table.by_name[key]} and {operator}",
            expected="one operator for each name",
        )


def _twice(file: Path, record: int, column: str, value: str) -> BadInput:
    return BadInput(
        "listed twice",
        file=file,
        record=record,
        column=column,
        found=value,
        expected="one line for each",
        todo="remove one of the two lines",
    )
