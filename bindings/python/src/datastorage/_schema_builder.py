"""`SchemaBuilder`: makes a schema dictionary.

What is wrong in one call (a name, a type, a duplicate) is that call's error. What only the whole shows is told by
`validate_metadata_schema`, and refused by `build`, which has the library read the dictionary. The metadata section is
written in the doubled form, ``{"metadata": {"metadata": {...}}}``; both forms are read.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Sequence
from typing import Any, Optional, Union

from . import _json, _schema_native
from ._errors import AlreadyExistsError, DataStorageError, SchemaError
from ._handle import Handle, PathLike
from ._routing import CATEGORICAL, FILE_LEVEL, scope_by_name
from ._schema_group import Group, known_dtype
from ._storage import with_checker

_SCOPES = (FILE_LEVEL, CATEGORICAL)
_ROUTING: dict[str, Any] = {
    "file_level_patterns": [],
    "categorical_patterns": [],
    "default_numeric": FILE_LEVEL,
    "default_categorical": CATEGORICAL,
    "default_string": CATEGORICAL,
}


class SchemaBuilder:
    """Makes a schema dictionary step by step.

    Parameters
    ----------
    domain : str
        What the schema is about.
    version : str
        Its version.
    description : str, optional
        For people.
    """

    def __init__(self, domain: str = "generic_data", version: str = "1.0", description: Optional[str] = None) -> None:
        self.domain = domain
        self.version = version
        self.description = description
        self._groups: dict[str, Group] = {}
        self._fields: dict[str, dict[str, dict[str, Any]]] = {FILE_LEVEL: {}, CATEGORICAL: {}}
        self._routing: dict[str, Any] = copy.deepcopy(_ROUTING)
        # Members of a dictionary that was read which no builder defines; they are written back.
        self._extra: dict[str, Any] = {}
        self._metadata_extra: dict[str, Any] = {}

    # ---- Groups ----

    def create_group(
        self,
        name: str,
        primary_dimension: str,
        description: Optional[str] = None,
        special_processing: Optional[str] = None,
    ) -> Group:
        """Adds an empty group of arrays along a dimension, to which arrays are added by `Group.create_array`.

        Raises
        ------
        AlreadyExistsError
            There is a group of that name; a `ValueError`.
        """
        if name in self._groups:
            raise AlreadyExistsError(f"{name}: the schema has this group already")
        self._groups[name] = Group(name, primary_dimension, description, special_processing)
        return self._groups[name]

    def get_group(self, name: str) -> Optional[Group]:
        """The group of that name, None when there is none."""
        return self._groups.get(name)

    def list_groups(self) -> list[str]:
        """The names of the groups, in the order of definition."""
        return list(self._groups)

    def remove_group(self, name: str) -> bool:
        """Removes a group; whether there was one."""
        return self._groups.pop(name, None) is not None

    # ---- Metadata ----

    def define_file_metadata(
        self,
        name: str,
        dtype: str = "str",
        description: Optional[str] = None,
        required: bool = False,
        **validation_rules: Any,
    ) -> None:
        """Defines (or redefines) a metadata field of one value a file: a size, a duration.

        Raises
        ------
        SchemaError
            The type is unknown; a `ValueError`.
        AlreadyExistsError
            It is defined as categorical; a `ValueError`.
        """
        self._define(FILE_LEVEL, name, dtype, description, required, validation_rules)

    def define_categorical_metadata(
        self,
        name: str,
        dtype: str = "str",
        description: Optional[str] = None,
        values: Optional[Sequence[Any]] = None,
        labels: Optional[Union[Sequence[str], dict[str, str]]] = None,
        required: bool = False,
        **validation_rules: Any,
    ) -> None:
        """Defines (or redefines) a metadata field to group and filter by: a label, a category.

        Parameters
        ----------
        values : sequence, optional
            The values it may have.
        labels : sequence of str, optional
            Their names for people.

        Raises
        ------
        SchemaError, AlreadyExistsError
            As `define_file_metadata`.
        """
        rules = dict(validation_rules)
        if values is not None:
            rules["values"] = list(values)
        if labels is not None:
            rules["labels"] = labels if isinstance(labels, dict) else list(labels)
        self._define(CATEGORICAL, name, dtype, description, required, rules)

    def _define(
        self, scope: str, name: str, dtype: str, description: Optional[str], required: bool, rules: dict[str, Any]
    ) -> None:
        other = CATEGORICAL if scope == FILE_LEVEL else FILE_LEVEL
        entry: dict[str, Any] = {"dtype": known_dtype(name, dtype), "required": bool(required)}
        entry["description"] = description or ""
        entry.update(_json.plain(rules, name))
        if name in self._fields[other]:
            raise AlreadyExistsError(f"{name}: wanted as {scope}, defined as {other}")
        self._fields[scope][name] = entry

    def set_metadata_routing_rules(
        self,
        file_level_patterns: Optional[Sequence[str]] = None,
        categorical_patterns: Optional[Sequence[str]] = None,
        default_numeric: str = FILE_LEVEL,
        default_categorical: str = CATEGORICAL,
        default_string: str = CATEGORICAL,
    ) -> None:
        """Sets where metadata without a definition goes.

        Parameters
        ----------
        file_level_patterns, categorical_patterns : sequence of str, optional
            Patterns of keys; ``*`` is any text, case does not count. The file-level ones are asked first.
        default_numeric, default_categorical, default_string : {"file_level", "categorical"}
            Where numbers, bools and text go that no pattern matches.

        Raises
        ------
        SchemaError
            A default is no scope; a `ValueError`.
        """
        defaults = (
            ("default_numeric", default_numeric),
            ("default_categorical", default_categorical),
            ("default_string", default_string),
        )
        for name, scope in defaults:
            if scope not in _SCOPES:
                raise SchemaError(f'{name}: wanted "file_level" or "categorical", found {scope!r}')
        patterns = {
            "file_level_patterns": list(file_level_patterns or []),
            "categorical_patterns": list(categorical_patterns or []),
        }
        self._routing = {**self._routing, **patterns, **dict(defaults)}

    def get_metadata_routing(self, name: str) -> Optional[str]:
        """``"file_level"`` or ``"categorical"`` by definition or pattern; None when the type of the value decides."""
        return scope_by_name({**self._fields, "routing_rules": self._routing}, name)

    def list_metadata_fields(self) -> dict[str, list[str]]:
        """The names of the defined fields by scope."""
        return {scope: list(self._fields[scope]) for scope in _SCOPES}

    def validate_metadata_field(self, name: str, value: Any) -> bool:
        """Whether a value fits the field of that name; a name without a field takes any value."""

        def fits(checker: Handle) -> bool:
            try:
                checker.save_metadata(name, _json.dumps(value, name))
            except DataStorageError:
                return False
            return True

        return with_checker(self.build(), fits)

    def validate_metadata_schema(self) -> list[str]:
        """What is wrong with the metadata definitions, one line each; empty when nothing is."""
        problems = []
        for scope in _SCOPES:
            for name, entry in self._fields[scope].items():
                lone = {"metadata": {"metadata": {scope: {name: entry}}}}
                try:
                    with_checker(lone, lambda checker: None)
                except SchemaError as error:
                    problems.append(str(error))
                values, labels = entry.get("values"), entry.get("labels")
                if isinstance(values, list) and isinstance(labels, list) and len(values) != len(labels):
                    problems.append(f"metadata/{name}: has {len(values)} values, {len(labels)} labels")
        for pattern in self._routing["file_level_patterns"]:
            if pattern in self._routing["categorical_patterns"]:
                problems.append(f"routing_rules: pattern '{pattern}' is in both lists")
        return problems

    # ---- The whole ----

    def build(self) -> dict[str, Any]:
        """The schema dictionary.

        Raises
        ------
        SchemaError
            A name is no valid key, a rule contradicts its type; a `ValueError`.
        """
        document = self._dictionary()
        with_checker(document, lambda checker: None)
        return document

    def _dictionary(self) -> dict[str, Any]:
        sections = {**self._fields, "routing_rules": self._routing, **self._metadata_extra}
        return {
            "version": self.version,
            "domain": self.domain,
            "groups": {name: group.to_dict() for name, group in self._groups.items()},
            "description": self.description or "",
            "metadata": {"metadata": copy.deepcopy(sections)},
            **copy.deepcopy(self._extra),
        }

    @staticmethod
    def json_schema() -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) that dictionaries satisfy, for tools that know that language.

        It refuses what `build` refuses, at the same place, but for what JSON Schema cannot say: that ``min_value`` is at
        most ``max_value``, lengths in bytes, and the size of the whole.
        """
        return _schema_native.json_schema()

    def to_json(self) -> str:
        """The dictionary as indented JSON text."""
        return json.dumps(self.build(), indent=2, ensure_ascii=False)

    def copy(self) -> SchemaBuilder:
        """An independent copy of this builder."""
        return copy.deepcopy(self)

    def save_to_file(self, file_path: PathLike) -> None:
        """Writes the dictionary as indented JSON; the file appears whole or not at all."""
        path = os.fspath(file_path)
        temporary = f"{path}.{os.getpid()}.tmp"
        try:
            with open(temporary, "w", encoding="utf-8") as file:
                file.write(self.to_json() + "\n")
            os.replace(temporary, path)
        except BaseException:
            if os.path.exists(temporary):
                os.remove(temporary)
            raise

    @classmethod
    def load_from_file(cls, file_path: PathLike) -> SchemaBuilder:
        """A builder that starts from a JSON file with a dictionary of either form.

        Raises
        ------
        OSError
            The file cannot be read.
        SchemaError
            It is no JSON, or no schema; a `ValueError`.
        """
        path = os.fspath(file_path)
        with open(path, encoding="utf-8") as file:
            try:
                return cls.from_dict(json.load(file))
            except (json.JSONDecodeError, SchemaError) as error:
                raise SchemaError(f"{path}: {error}") from None

    @classmethod
    def from_dict(cls, schema: dict[str, Any]) -> SchemaBuilder:
        """A builder that starts from a dictionary of either form.

        Raises
        ------
        SchemaError
            It is no schema; a `ValueError`.
        """
        return cls._from_completed(_schema_native.completed(schema))

    @classmethod
    def _from_completed(cls, schema: dict[str, Any]) -> SchemaBuilder:
        builder = cls(schema.pop("domain"), schema.pop("version"), schema.pop("description"))
        for name, entry in schema.pop("groups").items():
            builder._groups[name] = Group._from_dict(name, entry)
        sections = schema.pop("metadata")["metadata"]
        builder._fields = {scope: sections.pop(scope) for scope in _SCOPES}
        builder._routing = sections.pop("routing_rules")
        builder._metadata_extra, builder._extra = sections, schema
        return builder

    @classmethod
    def from_template(cls, template_name: str) -> SchemaBuilder:
        """A builder that starts from a template: cad_basic, cad_advanced, manufacturing_basic, sensor_basic.

        Raises
        ------
        NotFoundError
            There is no such template; a `KeyError`.
        """
        return cls._from_completed(_schema_native.template(template_name))

    def extend_template(self, template_name: str) -> SchemaBuilder:
        """Adds what a template has and this builder lacks, and gives the builder. What is here stays.

        Raises
        ------
        NotFoundError
            There is no such template; a `KeyError`.
        """
        template = SchemaBuilder.from_template(template_name)
        for name, group in template._groups.items():
            own = self._groups.setdefault(name, group)
            for array, entry in group._arrays.items():
                own._arrays.setdefault(array, entry)
        defined = set(self._fields[FILE_LEVEL]) | set(self._fields[CATEGORICAL])
        for scope in _SCOPES:
            for name, entry in template._fields[scope].items():
                if name not in defined:
                    self._fields[scope][name] = entry
        for patterns in ("file_level_patterns", "categorical_patterns"):
            own_patterns = self._routing[patterns]
            own_patterns += [pattern for pattern in template._routing[patterns] if pattern not in own_patterns]
        return self

    def __repr__(self) -> str:
        return f"<datastorage.SchemaBuilder {self.domain!r} {self.version}: {', '.join(self._groups)}>"


def create_cad_schema() -> SchemaBuilder:
    """A builder for CAD parts: the template cad_basic."""
    return SchemaBuilder.from_template("cad_basic")


def create_manufacturing_schema() -> SchemaBuilder:
    """A builder for manufacturing: the template manufacturing_basic."""
    return SchemaBuilder.from_template("manufacturing_basic")


def create_sensor_schema() -> SchemaBuilder:
    """A builder for sensors: the template sensor_basic."""
    return SchemaBuilder.from_template("sensor_basic")


def create_custom_schema(domain: str) -> SchemaBuilder:
    """An empty builder for any domain."""
    return SchemaBuilder(domain)
