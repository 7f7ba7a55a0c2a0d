"""Parquet (pyarrow). A part is a row group of one row, whose columns are lists; a large array is one flat column."""

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rows.base import ELEMENTS_PER_CHUNK, Item, Peer, Settings
from rows.parts import Parts


class Row(Peer):
    ending = ".parquet"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        pa.set_cpu_count(self.threads)

    def write(self, path: str, item: Item) -> None:
        flat = len(item.arrays) == 1
        columns = {}
        for key, array in item.arrays.items():
            values = pa.array(array.reshape(-1))
            columns[key] = values if flat else pa.ListArray.from_arrays(pa.array([0, len(values)], pa.int32()), values)
        table = pa.table(columns).replace_schema_metadata({"document": item.document})
        split = bool(self.settings.get("split"))
        delta = dict.fromkeys(columns, "DELTA_BINARY_PACKED") if self.settings.get("delta") else None
        pq.write_table(
            table, path + self.ending, compression="zstd", compression_level=self.level, use_dictionary=False,
            use_byte_stream_split=split, column_encoding=delta,
            row_group_size=ELEMENTS_PER_CHUNK, write_statistics=False,
        )  # fmt: skip

    def read(self, path: str, item: Item) -> list[NDArray[Any]]:
        table = pq.read_table(path + self.ending, use_threads=self.threads > 1)
        if len(item.arrays) == 1:
            return [table.column(0).to_numpy().reshape(item.single.shape)]
        return [table.column(key).chunk(0).values.to_numpy(zero_copy_only=True) for key in item.arrays]

    def merge(self, paths: list[str], parts: Parts, output: str) -> None:
        """A row a part, as in the parts; its number beside it is the provenance."""
        tables = [pq.read_table(path + self.ending, use_threads=self.threads > 1) for path in paths]
        table = pa.concat_tables(tables).append_column("file_id_code", pa.array(range(len(paths)), pa.int32()))
        pq.write_table(
            table, output + self.ending, compression="zstd", compression_level=self.level, use_dictionary=False,
            write_statistics=False,
        )  # fmt: skip

    def read_merged(self, output: str, keys: Item) -> list[NDArray[Any]]:
        table = pq.read_table(output + self.ending).combine_chunks()
        lists = {name.rsplit("/", 1)[-1]: table.column(name).chunk(0) for name in table.column_names}
        codes = lists["file_id_code"].to_numpy()
        first = {key.split("/")[0]: (key.rsplit("/", 1)[-1], like) for key, like in reversed(keys.arrays.items())}
        out = []
        for key in keys.arrays:
            group, name = key.split("/")
            if name.startswith("file_id_code_"):
                array, like = first[group]
                rows = lists[array].value_lengths().to_numpy() // math.prod(like.shape[1:])
                out.append(np.repeat(codes, rows))
            else:
                out.append(lists[name].flatten().to_numpy())
        return out
