"""Parquet (pyarrow). A part is a row group of one row, whose columns are lists; a large array is one flat column."""

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from rows.base import ELEMENTS_PER_CHUNK, Item, Peer, Settings


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


