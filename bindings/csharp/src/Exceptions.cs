// The exceptions of this library: each is the one that a .NET program expects, and each is an IDataStorageError too.
//
// Invariant: Message is the library's own line, unchanged (but where the base class of .NET adds to it); Status is what
// the call ended with. Statuses that have no exception of .NET are DataStorageException.
// Not here: which status becomes which (Errors.cs).

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

namespace DataStorage
{
    /// <summary>What every exception of this library is: <c>catch (Exception e) when (e is IDataStorageError)</c>.</summary>
    public interface IDataStorageError
    {
        /// <summary>What the call ended with.</summary>
        Status Status { get; }
        /// <summary>One line that names the key and what disagrees.</summary>
        string Message { get; }
    }

    /// <summary>A failure that has no exception of its own in .NET; see <see cref="Status"/>.</summary>
    public sealed class DataStorageException : Exception, IDataStorageError
    {
        internal DataStorageException(Status status, string message) : base(message)
        {
            Status = status;
        }

        /// <summary>What the call ended with.</summary>
        public Status Status { get; }
    }

    /// <summary>There is no such key or metadata key.</summary>
    public sealed class StoreKeyNotFoundException : KeyNotFoundException, IDataStorageError
    {
        internal StoreKeyNotFoundException(string message) : base(message)
        {
        }

        /// <summary>Always <see cref="Status.NotFound"/>.</summary>
        public Status Status => Status.NotFound;
    }

    /// <summary>There is no store at the path that was to be opened.</summary>
    public sealed class StoreNotFoundException : FileNotFoundException, IDataStorageError
    {
        internal StoreNotFoundException(string message) : base(message)
        {
        }

        /// <summary>Always <see cref="Status.NotFound"/>.</summary>
        public Status Status => Status.NotFound;
    }

    /// <summary>The store was closed, discarded or disposed before.</summary>
    public sealed class StoreClosedException : ObjectDisposedException, IDataStorageError
    {
        private readonly string _message;

        internal StoreClosedException(string message) : base(nameof(Store), message)
        {
            _message = message;
        }

        /// <summary>The library's line, without the name of the object that .NET would add.</summary>
        public override string Message => _message;

        /// <summary>Always <see cref="Status.Closed"/>.</summary>
        public Status Status => Status.Closed;
    }

    /// <summary>An argument is malformed, or a text is no JSON or no UTF-8.</summary>
    public sealed class StoreArgumentException : ArgumentException, IDataStorageError
    {
        internal StoreArgumentException(Status status, string message) : base(message)
        {
            Status = status;
        }

        /// <summary>What the call ended with.</summary>
        public Status Status { get; }
    }

    /// <summary>The call was cancelled by its token, by <see cref="Store.Interrupt"/> or by its progress receiver.</summary>
    public sealed class StoreCanceledException : OperationCanceledException, IDataStorageError
    {
        internal StoreCanceledException(string message, CancellationToken cancellation) : base(message, cancellation)
        {
        }

        /// <summary>Always <see cref="Status.Cancelled"/>.</summary>
        public Status Status => Status.Cancelled;
    }

    /// <summary>The operating system refused to read or write.</summary>
    public sealed class StoreIOException : IOException, IDataStorageError
    {
        internal StoreIOException(string message) : base(message)
        {
        }

        /// <summary>Always <see cref="Status.Io"/>.</summary>
        public Status Status => Status.Io;
    }

    /// <summary>The operating system forbids to read or write.</summary>
    public sealed class StorePermissionException : UnauthorizedAccessException, IDataStorageError
    {
        internal StorePermissionException(string message) : base(message)
        {
        }

        /// <summary>Always <see cref="Status.Permission"/>.</summary>
        public Status Status => Status.Permission;
    }

    /// <summary>What is asked is valid, but not offered by this store, build or runtime; or the store is read-only.</summary>
    public sealed class StoreNotSupportedException : NotSupportedException, IDataStorageError
    {
        internal StoreNotSupportedException(Status status, string message) : base(message)
        {
            Status = status;
        }

        /// <summary><see cref="Status.Unsupported"/> or <see cref="Status.ReadOnly"/>.</summary>
        public Status Status { get; }
    }
}
