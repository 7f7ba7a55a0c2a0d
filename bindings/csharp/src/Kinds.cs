// The small vocabularies of the library: what a node is, what its elements are, where metadata belongs, how much a log
// line matters; and the records that Stat and List give.
//
// Invariant: the numbers are those of datastorage.h; the test "header" compares them.
// Not here: which .NET type an element type is (ElementTypes.cs).

namespace DataStorage
{
    /// <summary>What a key holds.</summary>
    public enum NodeKind
    {
        /// <summary>Nothing that has a kind: a metadata key.</summary>
        None = 0,
        /// <summary>A group of nodes.</summary>
        Group = 1,
        /// <summary>A typed n-d array; a scalar and a single string have no dimensions.</summary>
        Array = 2,
        /// <summary>Bytes without a shape.</summary>
        Bytes = 3,
        /// <summary>A JSON value that is no array: null, or a list of mixed things.</summary>
        Json = 4
    }

    /// <summary>The type of the elements of an array.</summary>
    public enum DType
    {
        /// <summary>None: a group, bytes or JSON.</summary>
        None = 0,
        /// <summary><see cref="bool"/>, one byte.</summary>
        Bool = 1,
        /// <summary><see cref="sbyte"/></summary>
        I8 = 2,
        /// <summary><see cref="short"/></summary>
        I16 = 3,
        /// <summary><see cref="int"/></summary>
        I32 = 4,
        /// <summary><see cref="long"/></summary>
        I64 = 5,
        /// <summary><see cref="byte"/></summary>
        U8 = 6,
        /// <summary><see cref="ushort"/></summary>
        U16 = 7,
        /// <summary><see cref="uint"/></summary>
        U32 = 8,
        /// <summary><see cref="ulong"/></summary>
        U64 = 9,
        /// <summary><see cref="Float16"/>, and System.Half where the runtime has it.</summary>
        F16 = 10,
        /// <summary><see cref="float"/></summary>
        F32 = 11,
        /// <summary><see cref="double"/></summary>
        F64 = 12,
        /// <summary><see cref="Complex64"/>: two floats.</summary>
        C64 = 13,
        /// <summary><see cref="System.Numerics.Complex"/>: two doubles.</summary>
        C128 = 14,
        /// <summary><see cref="string"/>, UTF-8 in the store.</summary>
        String = 15
    }

    /// <summary>Where a metadata value belongs when stores are merged.</summary>
    public enum MetadataScope
    {
        /// <summary>No schema is set.</summary>
        None = 0,
        /// <summary>A property of the file: size, duration, counts.</summary>
        FileLevel = 1,
        /// <summary>A label or category to learn from or to select by.</summary>
        Categorical = 2
    }

    /// <summary>How much a log line matters.</summary>
    public enum LogLevel
    {
        /// <summary>Something failed that no caller is told of.</summary>
        Error = 1,
        /// <summary>Something a user should know.</summary>
        Warn = 2,
        /// <summary>What the library does.</summary>
        Info = 3,
        /// <summary>Details.</summary>
        Debug = 4
    }

    /// <summary>What <see cref="Store.Stat"/> tells of a node.</summary>
    public sealed class NodeInfo
    {
        internal NodeInfo(in ds_info raw)
        {
            Kind = (NodeKind)raw.kind;
            DType = (DType)raw.dtype;
            Ndim = checked((int)raw.ndim);
            Elements = checked((long)raw.elements);
            Bytes = checked((long)raw.bytes);
            StoredBytes = checked((long)raw.stored_bytes);
            Chunks = checked((long)raw.chunks);
        }

        /// <summary>What it is.</summary>
        public NodeKind Kind { get; }
        /// <summary>The type of the elements; None for a group.</summary>
        public DType DType { get; }
        /// <summary>The number of dimensions.</summary>
        public int Ndim { get; }
        /// <summary>The number of elements; for a group, of its direct children.</summary>
        public long Elements { get; }
        /// <summary>Bytes of the elements in memory; 0 for strings and groups.</summary>
        public long Bytes { get; }
        /// <summary>Bytes that the store keeps for it.</summary>
        public long StoredBytes { get; }
        /// <summary>The number of chunks; 1 where there are none.</summary>
        public long Chunks { get; }
    }

    /// <summary>One line of a listing: a full key and what it holds.</summary>
    public sealed class NodeEntry
    {
        internal NodeEntry(string key, NodeKind kind)
        {
            Key = key;
            Kind = kind;
        }

        /// <summary>The full key, components joined by '/'.</summary>
        public string Key { get; }
        /// <summary>What the key holds.</summary>
        public NodeKind Kind { get; }

        /// <summary>The key and the kind.</summary>
        public override string ToString() => Key + " (" + Kind + ")";
    }
}
