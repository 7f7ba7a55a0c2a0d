// From a status to an exception.
//
// Invariant: the text is read on the thread of the call, before any other call of the library, for it belongs to both.
// Not here: the exceptions (Exceptions.cs).

using System;
using System.Threading;

namespace DataStorage
{
    internal static class Errors
    {
        /// <summary>Throws what the last call on this thread failed with.</summary>
        internal static void Check(int status)
        {
            if (status != NativeMethods.Ok)
            {
                throw Last(status);
            }
        }

        /// <summary>As Check, for calls that open: what is not found is a path, no key.</summary>
        internal static void CheckOpen(int status)
        {
            if (status == (int)Status.NotFound)
            {
                throw new StoreNotFoundException(LastText());
            }
            Check(status);
        }

        internal static Exception Last(int status) => Create((Status)status, LastText());

        internal static string LastText() => Utf8.Text(NativeMethods.ds_last_error_message());

        internal static Exception Create(Status status, string message, CancellationToken cancellation = default(CancellationToken))
        {
            switch (status)
            {
                case Status.NotFound:
                    return new StoreKeyNotFoundException(message);
                case Status.Closed:
                    return new StoreClosedException(message);
                case Status.InvalidArgument:
                case Status.Json:
                case Status.Utf8:
                    return new StoreArgumentException(status, message);
                case Status.Cancelled:
                    return new StoreCanceledException(message, cancellation);
                case Status.Io:
                    return new StoreIOException(message);
                case Status.Permission:
                    return new StorePermissionException(message);
                case Status.Unsupported:
                case Status.ReadOnly:
                    return new StoreNotSupportedException(status, message);
                default:
                    return new DataStorageException(status, message);
            }
        }
    }
}
