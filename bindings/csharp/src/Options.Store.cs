// The options of a store by name, for those who want them completed and typed:
//
//     Store.OpenZarr("part.zarr", new Options { Mode = "r", Mmap = true })
//
// Invariant: a property is the member of the same name in lower case, and null when that is not set or of another type;
// setting null removes it. The test "options" compares them with docs/options.md, where they are explained.
// Not here: options of views, copies, new arrays and the process; they are set by name in the indexer.

using System;

namespace DataStorage
{
    public sealed partial class Options
    {
        /// <summary>How it is opened: "a", "r", "r+", "w" or "x".</summary>
        public string Mode
        {
            get => Get("mode") as string;
            set => Set("mode", value);
        }

        /// <summary>Where new data waits: "auto", "memory" or "disk".</summary>
        public string Staging
        {
            get => Get("staging") as string;
            set => Set("staging", value);
        }

        /// <summary>Whether commit points sync: "full" or "none".</summary>
        public string Sync
        {
            get => Get("sync") as string;
            set => Set("sync", value);
        }

        /// <summary>What a second writer does: "fail" or "wait".</summary>
        public string Lock
        {
            get => Get("lock") as string;
            set => Set("lock", value);
        }

        /// <summary>What the schema does: "strict", "warn" or "off".</summary>
        public string Validate
        {
            get => Get("validate") as string;
            set => Set("validate", value);
        }

        /// <summary>Which types the schema takes: "strict" or "convertible".</summary>
        public string SchemaDtype
        {
            get => Get("schema_dtype") as string;
            set => Set("schema_dtype", value);
        }

        /// <summary>Not-a-number: "refuse" or "allow".</summary>
        public string Nan
        {
            get => Get("nan") as string;
            set => Set("nan", value);
        }

        /// <summary>Whether records are looked at: "check" or "ignore".</summary>
        public string Integrity
        {
            get => Get("integrity") as string;
            set => Set("integrity", value);
        }

        /// <summary>The largest array or metadata document that a read decodes.</summary>
        public long? MaxDecodedBytes
        {
            get => Integer("max_decoded_bytes");
            set => Set("max_decoded_bytes", value);
        }

        /// <summary>Zarr: how arrays are encoded: "default", "hoops", "portable", "fast" or "compact".</summary>
        public string Profile
        {
            get => Get("profile") as string;
            set => Set("profile", value);
        }

        /// <summary>Zarr: the compressor by name, such as "zstd:3" or "none".</summary>
        public string Codec
        {
            get => Get("codec") as string;
            set => Set("codec", value);
        }

        /// <summary>Zarr: whether integer arrays get the delta filter.</summary>
        public bool? Delta
        {
            get => Get("delta") as bool?;
            set => Set("delta", value);
        }

        /// <summary>Zarr: about how many elements a chunk holds.</summary>
        public long? ChunkElements
        {
            get => Integer("chunk_elements");
            set => Set("chunk_elements", value);
        }

        /// <summary>Zarr: what the archive's name adds to the store's.</summary>
        public string CompressExtension
        {
            get => Get("compress_extension") as string;
            set => Set("compress_extension", value);
        }

        /// <summary>Zarr: 2 or 3, of a new store; with one that is there it must agree.</summary>
        public long? ZarrFormat
        {
            get => Integer("zarr_format");
            set => Set("zarr_format", value);
        }

        /// <summary>Zarr v3: about how many elements a shard holds.</summary>
        public long? ShardElements
        {
            get => Integer("shard_elements");
            set => Set("shard_elements", value);
        }

        /// <summary>Zarr: "." or "/", between the indices in a chunk's name.</summary>
        public string DimensionSeparator
        {
            get => Get("dimension_separator") as string;
            set => Set("dimension_separator", value);
        }

        /// <summary>Zarr: whether an archive is mapped, so that its raw arrays can be viewed.</summary>
        public bool? Mmap
        {
            get => Get("mmap") as bool?;
            set => Set("mmap", value);
        }

        /// <summary>Zarr: whether close writes files_summary/ and stream_cache/.</summary>
        public bool? Export
        {
            get => Get("export") as bool?;
            set => Set("export", value);
        }

        private object Get(string name)
        {
            int at = Find(name);
            return at >= 0 ? _members[at].Value : null;
        }

        private long? Integer(string name)
        {
            object value = Get(name);
            return value != null && ElementTypes.IsInteger(value.GetType()) ? Convert.ToInt64(value) : (long?)null;
        }

        private void Set(string name, object value)
        {
            if (value != null)
            {
                this[name] = value;
            }
            else
            {
                _members.RemoveAll(member => member.Key == name);
            }
        }
    }
}
