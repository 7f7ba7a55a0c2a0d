// Memory of the process over many opens, saves, loads and closes: it stays flat.
//
// The environment variable DATASTORAGE_ROUNDS sets how many rounds of saves and loads there are, 100 000 by default.
//
// Invariant: after a first quarter, which fills pools and heaps, the resident memory grows by less than 3 MiB, so that
// 40 bytes lost in each round are seen. What is measured is the resident set of the process (Linux); elsewhere the loops
// run and nothing is compared.
// Not here: leaks of the library, which valgrind and the sanitizers look for.

using System;
using System.Globalization;
using System.IO;
using System.Linq;

namespace DataStorage.Tests
{
    internal static class LeakTests
    {
        private const long Allowance = 3 << 20;

        private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("DATASTORAGE_ROUNDS") ?? "100000",
            CultureInfo.InvariantCulture);

        internal static Case[] Cases() => new[]
        {
            new Case("10 000 opens and closes in memory", () => Flat("opens", 10000, Opens())),
            new Case("10 000 opens that the finalizer ends", () => Flat("finalized opens", 10000, Forgotten())),
            new Case("saves, loads, opens and closes", () => Flat("saves, loads, opens and closes", Rounds, Cycle())),
            new Case("views, and everything below a key", () => Flat("views", Math.Max(4000, Rounds / 2), Views())),
            new Case("opens and closes of an archive", () => Flat("archive opens", Math.Max(1000, Rounds / 10), Archive())),
            new Case("failures and callbacks", () => Flat("failures and callbacks", Math.Max(2000, Rounds / 5), Failures()))
        };

        private static void Flat(string name, int rounds, Action<int> round)
        {
            int first = rounds / 4;
            for (int i = 0; i < first; i++)
            {
                round(i);
            }
            long before = Resident();
            for (int i = first; i < rounds; i++)
            {
                round(i);
            }
            long after = Resident();
            Console.WriteLine("       " + name + ": " + rounds + " rounds, resident " + before / 1024 + " kB after " + first + ", " +
                after / 1024 + " kB at the end");
            Check.True(after - before < Allowance, name + ": resident memory grew by " + (after - before) + " bytes");
        }

        private static long Resident()
        {
            for (int i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
            const string Path = "/proc/self/statm";
            return File.Exists(Path) ? long.Parse(File.ReadAllText(Path).Split(' ')[1], CultureInfo.InvariantCulture) * 4096 : 0;
        }

        private static Action<int> Opens() => i =>
        {
            using (Store store = Store.OpenMemory())
            {
                store.SaveScalar("x", i);
            }
        };

        private static Action<int> Forgotten() => i =>
        {
            Store.OpenMemory().SaveScalar("x", i);
            if (i % 500 == 0)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }
        };

        private static Action<int> Cycle()
        {
            float[] areas = Enumerable.Range(0, 1000).Select(i => i * 0.5f).ToArray();
            string[] names = { "top", "bottom", "Gehäuse" };
            return i =>
            {
                using (Store store = Store.OpenMemory())
                {
                    store.Save("areas", areas);
                    store.Save("plane", new int[4, 5]);
                    store.SaveStrings("names", names);
                    store.SaveMetadata("number", i);
                    Check.True(store.Load<float>("areas")[999] == 499.5f && store.LoadStrings("names")[2] == "Gehäuse");
                    Check.True(store.LoadMetadata<int>("number") == i && store.Keys().Count == 3 && store.Load2D<int>("plane").Length == 20);
                }
            };
        }

        private static Action<int> Views()
        {
            Store store = Store.OpenMemory();
            store.Save("areas", Enumerable.Range(0, 1000).ToArray());
            store.SaveString("name", "bracket");
            return i =>
            {
                using (ArrayView<int> view = store.View<int>("areas"), copy = store.View<int>("areas", true))
                using (Bundle all = store.LoadAll())
                {
                    Check.True(view.Span[999] == 999 && copy[998] == 998 && all.Load<int>("areas")[997] == 997 && all.Count == 2);
                }
                try
                {
                    store.View<double>("areas");
                }
                catch (DataStorageException e)
                {
                    Check.Equal(Status.DtypeMismatch, e.Status);
                }
            };
        }

        private static Action<int> Archive()
        {
            string path = Check.Fresh("leak_archive") + "/part.zarr";
            using (Store store = Store.OpenZarr(path))
            {
                store.Save("areas", Enumerable.Range(0, 1000).ToArray());
                store.Compress();
            }
            return i =>
            {
                using (Store store = Store.OpenZarr(path))
                {
                    Check.True(store.Load<int>("areas")[999] == 999 && store.GetDimensions("areas").Length == 1);
                }
            };
        }

        private static Action<int> Failures() => i =>
        {
            using (Store store = Store.OpenMemory(), target = Store.OpenMemory())
            {
                int[] none;
                Check.True(!store.TryLoad("none", out none));
                store.Save("x", new[] { i });
                store.CopyTo(target, null, new Receiver(_ => { }));
                try
                {
                    store.CopyTo(target, null, new Receiver(_ => { throw new InvalidOperationException(); }));
                }
                catch (InvalidOperationException)
                {
                    // what the receiver throws
                }
            }
        };
    }
}
