// The tests' own words: True, Equal, Same, Fails, and a directory that is empty when a test begins.
//
// Invariant: a failed check is counted and told with its file and line, and the test goes on; what a test throws does not
// hide the next one. Not here: any test.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;

namespace DataStorage.Tests
{
    internal sealed class Case
    {
        internal Case(string name, Action run)
        {
            Name = name;
            Run = run;
        }

        internal string Name { get; }
        internal Action Run { get; }
    }

    internal static class Check
    {
        private static int _failures;

        internal static int Failures => _failures;

        internal static void True(bool condition, string text = "not true", [CallerFilePath] string file = "", [CallerLineNumber] int line = 0)
        {
            if (!condition)
            {
                Interlocked.Increment(ref _failures);
                Console.Error.WriteLine(System.IO.Path.GetFileName(file) + ":" + line + ": " + text);
            }
        }

        internal static void Equal<T>(T wanted, T found, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
            True(EqualityComparer<T>.Default.Equals(wanted, found), "wanted " + wanted + ", found " + found, file, line);

        internal static void Same<T>(IEnumerable<T> wanted, IEnumerable<T> found, [CallerFilePath] string file = "",
            [CallerLineNumber] int line = 0) => True(wanted.SequenceEqual(found),
            "wanted " + string.Join(", ", wanted) + "; found " + string.Join(", ", found), file, line);

        internal static void Has(string words, string text, [CallerFilePath] string file = "", [CallerLineNumber] int line = 0) =>
            True(text != null && text.Contains(words), "wanted '" + words + "' in '" + text + "'", file, line);

        /// <summary>The action throws an E of this library with the status, in one line that has the words.</summary>
        internal static void Fails<E>(Status status, string words, Action action, [CallerFilePath] string file = "",
            [CallerLineNumber] int line = 0) where E : Exception
        {
            string wanted = "wanted " + typeof(E).Name + " " + status + " '" + words + "', got ";
            try
            {
                action();
                True(false, wanted + "nothing", file, line);
            }
            catch (Exception e)
            {
                var error = e as IDataStorageError;
                bool right = e is E && error != null && error.Status == status && error.Message == e.Message &&
                    e.Message.Contains(words) && e.Message.Length > 0 && !e.Message.Contains("\n");
                True(right, wanted + e.GetType().Name + " " + (error == null ? "" : error.Status.ToString()) + " '" + e.Message + "'", file, line);
            }
        }

        /// <summary>An empty directory below the working directory.</summary>
        internal static string Fresh(string name)
        {
            if (Directory.Exists(name))
            {
                Directory.Delete(name, true);
            }
            Directory.CreateDirectory(name);
            return System.IO.Path.GetFullPath(name);
        }

        internal static bool Run(string group, IEnumerable<Case> cases)
        {
            int before = _failures;
            foreach (Case one in cases)
            {
                int start = _failures;
                try
                {
                    one.Run();
                }
                catch (Exception e)
                {
                    Interlocked.Increment(ref _failures);
                    Console.Error.WriteLine(group + ": " + one.Name + ": " + e);
                }
                Console.WriteLine((_failures == start ? "ok     " : "FAILED ") + group + ": " + one.Name);
            }
            return _failures == before;
        }
    }

    /// <summary>The stores that every test of values runs on.</summary>
    internal static class Stores
    {
        internal static IEnumerable<Store> Each(string name)
        {
            string directory = Check.Fresh(name);
            yield return Store.OpenMemory();
            yield return Store.OpenJson(directory + "/json");
            yield return Store.OpenZarr(directory + "/v2.zarr");
            yield return Store.OpenZarr(directory + "/v3.zarr", new Options { ["zarr_format"] = 3 });
        }
    }
}
