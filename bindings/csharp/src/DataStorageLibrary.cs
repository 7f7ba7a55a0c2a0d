// The native library as a whole: its version, its ABI, what is set for the process, its log.
//
// Invariant: the log callback is one static function, so it is never collected; a receiver that throws is ignored, for
// there is no one to tell. Not here: anything of a store.

using System;

namespace DataStorage
{
    /// <summary>The native library: version, features, process-wide settings, log.</summary>
    public static class DataStorageLibrary
    {
        private static readonly NativeMethods.ds_log_fn LogCallback = Receive;
        private static readonly object LogLock = new object();
        private static volatile Action<LogLevel, string> _log;
        private static volatile bool _abiIsRight;

        /// <summary>The version of the native library, such as 0.1.0.</summary>
        public static Version Version
        {
            get
            {
                uint number = NativeMethods.ds_version();
                return new Version((int)(number / 1000000), (int)(number / 1000 % 1000), (int)(number % 1000));
            }
        }

        /// <summary>Whether the build has a feature: "zarr", "json", "memory".</summary>
        public static bool HasFeature(string name) => NativeMethods.ds_has_feature(Utf8.Zero(name)) != 0;

        /// <summary>The name of a status in the C header, such as "DS_ERR_NOT_FOUND".</summary>
        public static string NameOf(Status status) => Utf8.Text(NativeMethods.ds_status_name((int)status));

        /// <summary>Sets what is process-wide: "threads", "staging_budget", "log_level".</summary>
        public static void Configure(string options) => Errors.Check(NativeMethods.ds_configure(Utf8.Zero(options)));

        /// <summary>
        /// Sets the receiver of the log lines of the process, or removes it with null. It is called on any thread, several
        /// at once, and may use no store: its calls throw with <see cref="Status.Busy"/>.
        /// </summary>
        public static void SetLog(Action<LogLevel, string> receiver)
        {
            lock (LogLock)
            {
                Errors.Check(NativeMethods.ds_set_log(receiver == null ? null : LogCallback, IntPtr.Zero, IntPtr.Zero));
                _log = receiver;
            }
        }

        /// <summary>Throws with <see cref="Status.Abi"/> when the native library is not the one for this assembly.</summary>
        public static void CheckAbi()
        {
            if (!_abiIsRight)
            {
                Errors.Check(NativeMethods.ds_check_abi(NativeMethods.AbiVersion));
                _abiIsRight = true;
            }
        }

        private static void Receive(IntPtr userdata, int level, IntPtr message)
        {
            try
            {
                _log?.Invoke((LogLevel)level, Utf8.Text(message));
            }
            catch (Exception)
            {
                // No exception may cross the library.
            }
        }
    }
}
