// The life of a store: commit points, closing and disposing in any order and from any thread, use after it.
//
// Invariant: a store that is closed is told, never followed; one of several closes closes. Not here: what the garbage
// collector does (GarbageTests.cs).

using System;
using System.IO;
using System.Linq;
using System.Threading;

namespace DataStorage.Tests
{
    internal static class LifeTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("closing and disposing twice", Twice),
            new Case("every member after the end", AfterTheEnd),
            new Case("what close keeps and discard drops", CommitPoints),
            new Case("closing from several threads", RacingCloses),
            new Case("closing while others save and load", ClosingUnderCalls),
            new Case("one store, many threads", ManyThreads),
            new Case("many stores at once", ManyStores)
        };

        private static void Twice()
        {
            foreach (Store store in Stores.Each("twice"))
            {
                Check.True(store.IsOpen);
                store.Close();
                Check.True(!store.IsOpen);
                store.Close();
                store.Dispose();
                store.Dispose();
                store.Discard();
            }
            Store discarded = Store.OpenMemory();
            discarded.Discard();
            discarded.Discard();
            discarded.Close(new Receiver(_ => { }));
            discarded.Dispose();
        }

        private static void AfterTheEnd()
        {
            Store store = Store.OpenMemory(), open = Store.OpenMemory();
            store.Dispose();
            long[] at = { 0 };
            Action[] calls =
            {
                () => store.Save("x", new[] { 1 }), () => store.Save("x", new[,] { { 1 } }), () => store.SaveScalar("x", 1),
                () => store.SaveString("x", ""), () => store.SaveStrings("x", new[] { "" }), () => store.SaveBytes("x", new byte[1]),
                () => store.SaveJson("x", "1"), () => store.Load<int>("x"), () => store.Load2D<int>("x"), () => store.LoadScalar<int>("x"),
                () => store.LoadInto("x", new int[1]), () => store.LoadString("x"), () => store.LoadStrings("x"), () => store.LoadBytes("x"),
                () => store.LoadJson("x"), () => store.Create<int>("x", at), () => store.SaveRegion("x", at, new[] { 1 }),
                () => store.LoadRegion<int>("x", at, at), () => store.Resize("x", 1), () => store.Append("x", new[] { 1 }),
                () => store.AppendStrings("x", new[] { "" }), () => store.Stat("x"), () => store.Shape("x"), () => store.Exists("x"),
                () => store.View<int>("x"), () => store.LoadAll(),
                () => store.Delete("x"), () => store.Rename("x", "y"), () => store.CreateGroup("x"), () => store.List(), () => store.Keys(),
                () => store.GetDimensions("x"), () => store.SetDimensions("x", "d"), () => store.GetAttributes("x"),
                () => store.SetAttributes("x", "{}"), () => store.SaveMetadata("x", 1), () => store.SaveMetadata("x", true),
                () => store.SaveMetadata("x", 0.5), () => store.SaveMetadata("x", ""), () => store.LoadMetadata<int>("x"),
                () => store.DeleteMetadata("x"), () => store.MetadataKeys(), () => store.ScopeOfMetadata("x"), () => store.SetSchema("{}"),
                () => store.GetSchema(), () => store.GroupForArray("x"), () => store.Validate("x", new[] { 1 }), () => store.Flush(),
                () => store.Compress(), () => store.Verify(), () => store.ToBytes(), () => store.Interrupt(), () => store.Path(),
                () => store.Format.ToString(), () => store.CopyTo(open), () => open.CopyTo(store),
                () => store.Flush(new Receiver(_ => { }))
            };
            foreach (Action call in calls)
            {
                Check.Fails<ObjectDisposedException>(Status.Closed, "closed", call);
            }
            int[] there;
            Check.Fails<ObjectDisposedException>(Status.Closed, "closed", () => store.TryLoad("x", out there));
            open.Dispose();
        }

        private static void CommitPoints()
        {
            string path = Check.Fresh("commit") + "/part.zarr";
            Store first = Store.OpenZarr(path);
            first.Save("kept", new[] { 1 });
            first.Flush();
            first.Save("dropped", new[] { 1 });
            first.Discard();
            using (Store store = Store.OpenZarr(path))
            {
                Check.True(store.Exists("kept") && !store.Exists("dropped"));
                store.Save("by_dispose", new[] { 2 });
            }
            using (Store store = Store.OpenZarr(path))
            {
                Check.Same(new[] { 2 }, store.Load<int>("by_dispose"));
                Check.Equal(store.Compress(), new FileInfo(path + ".data").Length);
                Check.Fails<NotSupportedException>(Status.ReadOnly, "", () => store.Save("late", new[] { 1 }));
            }
            Check.True(!Directory.Exists(path) && File.Exists(path + ".data"));
            using (Store store = Store.OpenZarr(path))
            {
                Check.Same(new[] { 1 }, store.Load<int>("kept"));
                Check.Fails<NotSupportedException>(Status.ReadOnly, "", () => store.SaveMetadata("late", 1));
            }
        }

        private static void RacingCloses()
        {
            for (int round = 0; round < 200; round++)
            {
                Store store = Store.OpenMemory();
                store.Save("x", new[] { 1 });
                InThreads(6, number =>
                {
                    if (number % 3 == 0)
                    {
                        store.Dispose();
                    }
                    else if (number % 3 == 1)
                    {
                        store.Close();
                    }
                    else
                    {
                        store.Discard();
                    }
                    Check.True(!store.IsOpen);
                });
            }
        }

        private static void ClosingUnderCalls()
        {
            string directory = Check.Fresh("closing_under_calls");
            for (int round = 0; round < 40; round++)
            {
                Store store = round % 2 == 0 ? Store.OpenMemory() : Store.OpenZarr(directory + "/" + round + ".zarr");
                store.Save("x", new[] { 1, 2, 3 });
                int closed = 0;
                InThreads(4, number =>
                {
                    try
                    {
                        for (int i = 0; number < 3 || i < 20; i++)
                        {
                            store.Save("y" + number, new[] { i });
                            Check.Equal(3, store.Load<int>("x").Length);
                        }
                        store.Close();
                    }
                    catch (ObjectDisposedException)
                    {
                        Interlocked.Increment(ref closed);
                    }
                });
                Check.Equal(3, closed);
            }
        }

        private static void ManyThreads()
        {
            using (Store store = Store.OpenZarr(Check.Fresh("threads") + "/part.zarr"))
            {
                InThreads(6, number =>
                {
                    for (int i = 0; i < 100; i++)
                    {
                        string key = "t" + number + "/x" + i;
                        store.Save(key, new[] { number, i });
                        Check.Same(new[] { number, i }, store.Load<int>(key));
                        Check.Fails<StoreKeyNotFoundException>(Status.NotFound, "no" + number, () => store.Load<int>("no" + number));
                    }
                });
                Check.Equal(606, store.List("", true).Count);
            }
        }

        private static void ManyStores()
        {
            Store[] stores = Enumerable.Range(0, 300).Select(_ => Store.OpenMemory()).ToArray();
            for (int i = 0; i < stores.Length; i++)
            {
                stores[i].SaveMetadata("number", i);
            }
            for (int i = 0; i < stores.Length; i++)
            {
                Check.Equal(i, stores[i].LoadMetadata<int>("number"));
                stores[i].Dispose();
            }
        }

        internal static void InThreads(int count, Action<int> run)
        {
            Thread[] threads = Enumerable.Range(0, count).Select(number => new Thread(() =>
            {
                try
                {
                    run(number);
                }
                catch (Exception e)
                {
                    Check.True(false, e.ToString());
                }
            })).ToArray();
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());
        }
    }
}
