// Progress and cancellation of one long call (flush, compress, verify, copy, close, merge).
//
// The library has one progress callback for each store and runs it on the thread of the call. Here it is one static
// function, so that no delegate can be collected under a running call; the call that listens is a thread's own.
//
// Invariant: no exception crosses the library. What a receiver throws ends the call and leaves it afterwards. A callback
// of another store, or of a call that nobody listens to, does nothing.
// Not here: ending the calls of other threads (Store.Interrupt).

using System;
using System.Runtime.ExceptionServices;
using System.Threading;

namespace DataStorage
{
    /// <summary>How far a long call is.</summary>
    public readonly struct StoreProgress
    {
        internal StoreProgress(string stage, long done, long total)
        {
            Stage = stage;
            Done = done;
            Total = total;
        }

        /// <summary>What is being done: "compress", "copy", "flush", "verify".</summary>
        public string Stage { get; }
        /// <summary>Units done: arrays or entries.</summary>
        public long Done { get; }
        /// <summary>Units in all; 0 when unknown.</summary>
        public long Total { get; }
    }

    /// <summary>One long call: made before it, checked after it, disposed at its end.</summary>
    internal sealed class LongCall : IDisposable
    {
        private static readonly NativeMethods.ds_progress_fn Callback = Report;

        // No token: it has no generation.
        private static readonly IntPtr NoStore = new IntPtr(1);

        [ThreadStatic]
        private static LongCall _current;

        private readonly LongCall _outer;
        private readonly IntPtr _token;
        private readonly IProgress<StoreProgress> _progress;
        private readonly CancellationToken _cancellation;
        private ExceptionDispatchInfo _thrown;

        internal LongCall(StoreHandle store, IProgress<StoreProgress> progress, CancellationToken cancellation)
        {
            if (cancellation.IsCancellationRequested)
            {
                throw Errors.Create(Status.Cancelled, "cancelled before the call began", cancellation);
            }
            _token = store.Token;
            _progress = progress;
            _cancellation = cancellation;
            if (progress != null || cancellation.CanBeCanceled)
            {
                Install(store);
            }
            _outer = _current; // a receiver may work on another store
            _current = this;
        }

        /// <summary>A call that belongs to no store and takes its callback: <see cref="Receiver"/> and <see cref="Userdata"/>.</summary>
        internal LongCall(IProgress<StoreProgress> progress, CancellationToken cancellation)
        {
            if (cancellation.IsCancellationRequested)
            {
                throw Errors.Create(Status.Cancelled, "cancelled before the call began", cancellation);
            }
            _token = NoStore;
            _progress = progress;
            _cancellation = cancellation;
            _outer = _current;
            _current = this;
        }

        /// <summary>What the library calls; null when nobody listens.</summary>
        internal NativeMethods.ds_progress_fn Receiver => _progress != null || _cancellation.CanBeCanceled ? Callback : null;

        internal IntPtr Userdata => _token;

        public void Dispose() => _current = _outer;

        /// <summary>Throws what the call ended with: the receiver's own exception when it is the reason.</summary>
        internal void Check(int status)
        {
            if (status == NativeMethods.Ok)
            {
                return;
            }
            string text = Errors.LastText();
            if (status == (int)Status.Cancelled)
            {
                _thrown?.Throw();
            }
            throw Errors.Create((Status)status, text, _cancellation);
        }

        private static void Install(StoreHandle store)
        {
            if (!store.TakeProgress())
            {
                return;
            }
            int status = NativeMethods.ds_set_progress(store, Callback, store.Token, IntPtr.Zero);
            if (status != NativeMethods.Ok)
            {
                store.GiveProgressBack(); // the call itself tells the same, such as that the store is closed
            }
        }

        private static int Report(IntPtr userdata, IntPtr stage, ulong done, ulong total)
        {
            LongCall call = _current;
            if (call == null || call._token != userdata)
            {
                return 0;
            }
            try
            {
                call._progress?.Report(new StoreProgress(Utf8.Text(stage), (long)done, (long)total));
            }
            catch (Exception e)
            {
                call._thrown = ExceptionDispatchInfo.Capture(e);
                return 1;
            }
            return call._cancellation.IsCancellationRequested ? 1 : 0;
        }
    }
}
