"""The library's schema builder, call by call through its C functions, as the tests compare it with the Python one."""

import json
from ctypes import byref, c_int32, c_void_p

from datastorage import _errors
from datastorage._dtypes import DTYPE_OF, STRING
from datastorage._handle import _walk, take
from datastorage._library import LIBRARY
from datastorage._texts import names_of

SCOPES = {"file_level": 1, "categorical": 2}
NUMBERS = {**{dtype.name: number for number, dtype in DTYPE_OF.items() if number != STRING}, "str": STRING}


def text(value):
    return None if value is None else value.encode()


def rules(value):
    return json.dumps(value).encode()


class NativeSchema:
    def __init__(self, make, *arguments):
        self.raw = c_void_p()
        _errors.check(make(*arguments, byref(self.raw)))

    def __del__(self):
        LIBRARY.ds_schema_free(self.raw)

    @classmethod
    def create(cls, domain, version="1.0", description=None):
        return cls(LIBRARY.ds_schema_create, text(domain), text(version), text(description))

    @classmethod
    def from_json(cls, data):
        return cls(LIBRARY.ds_schema_from_json, data, len(data))

    def _call(self, function, *arguments):
        _errors.check(function(self.raw, *arguments))

    def _found(self, function, *arguments):
        try:
            self._call(function, *arguments)
        except _errors.NotFoundError:
            return False
        return True

    def _names(self, function, *arguments):
        out = c_void_p()
        self._call(function, *arguments, byref(out))
        return [name for name, _ in _walk(out)]

    def create_group(self, name, dimension, description, special_processing):
        self._call(LIBRARY.ds_schema_create_group, *map(text, (name, dimension, description, special_processing)))

    def remove_group(self, name):
        return self._found(LIBRARY.ds_schema_remove_group, text(name))

    def list_groups(self):
        return self._names(LIBRARY.ds_schema_list_groups)

    def create_array(self, group, name, dims, dtype, description, array_rules):
        place = (text(group), text(name), NUMBERS[dtype], names_of(dims, name), len(dims))
        self._call(LIBRARY.ds_schema_create_array, *place, text(description), rules(array_rules))

    def remove_array(self, group, name):
        return self._found(LIBRARY.ds_schema_remove_array, text(group), text(name))

    def list_arrays(self, group):
        return self._names(LIBRARY.ds_schema_list_arrays, text(group))

    def define(self, scope, name, dtype, description, required, field_rules):
        what = (SCOPES[scope], text(name), NUMBERS[dtype], text(description), required, rules(field_rules))
        self._call(LIBRARY.ds_schema_define_metadata, *what)

    def list_metadata_fields(self):
        return {scope: self._names(LIBRARY.ds_schema_list_metadata_fields, number) for scope, number in SCOPES.items()}

    def route(self, routing):
        self._call(LIBRARY.ds_schema_set_metadata_routing, rules(routing))

    def get_metadata_routing(self, name):
        scope = c_int32()
        self._call(LIBRARY.ds_schema_get_metadata_routing, text(name), byref(scope))
        return {0: None, 1: "file_level", 2: "categorical"}[scope.value]

    def validate_metadata_field(self, name, value):
        data = rules(value)
        try:
            self._call(LIBRARY.ds_schema_validate_metadata_field, text(name), data, len(data))
        except _errors.SchemaError:
            return False
        return True

    def validate_metadata_schema(self):
        out = c_void_p()
        self._call(LIBRARY.ds_schema_validate_metadata_schema, byref(out))
        return json.loads(take(out))

    def extend_template(self, name):
        self._call(LIBRARY.ds_schema_extend_template, text(name))

    def build(self):
        out = c_void_p()
        self._call(LIBRARY.ds_schema_build, byref(out))
        return json.loads(take(out))

    def save_to_file(self, path):
        self._call(LIBRARY.ds_schema_save_to_file, text(path))
