// What a call of the library ended with, as a number that never changes.
//
// Invariant: the names and numbers are those of DS_OK ... DS_ERR_INTERNAL in datastorage.h; the test "header" compares.
// Not here: which exception a status becomes (Errors.cs).

namespace DataStorage
{
    /// <summary>What a call of the library ended with; an exception of this library carries it.</summary>
    public enum Status
    {
        /// <summary>Done as asked.</summary>
        Ok = 0,
        /// <summary>An argument is malformed: a null, a key, a shape, an option, a codec name.</summary>
        InvalidArgument = -1,
        /// <summary>The handle was given by no open.</summary>
        InvalidHandle = -2,
        /// <summary>The store was closed.</summary>
        Closed = -3,
        /// <summary>Another writer holds the store, or the call came from inside a callback.</summary>
        Busy = -4,
        /// <summary>No such key, metadata key or path.</summary>
        NotFound = -5,
        /// <summary>Something is there already.</summary>
        AlreadyExists = -6,
        /// <summary>The key holds another kind of node: a group where an array is wanted.</summary>
        WrongKind = -7,
        /// <summary>The stored element type is not the one asked for.</summary>
        DtypeMismatch = -8,
        /// <summary>The stored shape does not fit the one asked for.</summary>
        ShapeMismatch = -9,
        /// <summary>The memory given is smaller than the data.</summary>
        BufferTooSmall = -10,
        /// <summary>The store cannot be written.</summary>
        ReadOnly = -11,
        /// <summary>The data disagrees with the schema, or the schema itself is wrong.</summary>
        Schema = -12,
        /// <summary>A text that should be JSON is not.</summary>
        Json = -13,
        /// <summary>A text that should be UTF-8 is not.</summary>
        Utf8 = -14,
        /// <summary>A codec is unknown or refused its input.</summary>
        Codec = -15,
        /// <summary>Stored bytes are not what was written.</summary>
        Corrupt = -16,
        /// <summary>The operating system refused: disk full, device error.</summary>
        Io = -17,
        /// <summary>The operating system forbids it.</summary>
        Permission = -18,
        /// <summary>An allocation was refused.</summary>
        NoMemory = -19,
        /// <summary>The call was interrupted or cancelled.</summary>
        Cancelled = -20,
        /// <summary>Valid, but not offered by this store, build or runtime.</summary>
        Unsupported = -21,
        /// <summary>The native library has another ABI than this assembly was written for.</summary>
        Abi = -22,
        /// <summary>Not-a-number where the store refuses it.</summary>
        Nan = -23,
        /// <summary>A defect of the library; the store only takes Close and Discard from now on.</summary>
        Internal = -127
    }
}
