// The garbage collector against the binding: finalizers while calls run, memory that moves, stores that nobody closed.
//
// Invariant: a forgotten store publishes nothing that was not flushed, and gives its lock back. Not here: leaks
// (LeakTests.cs).

using System;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;

namespace DataStorage.Tests
{
    internal static class GarbageTests
    {
        internal static Case[] Cases() => new[]
        {
            new Case("a forgotten store is discarded", Forgotten),
            new Case("calls on stores that nothing else holds", OnlyTheCall),
            new Case("receivers that nothing else holds", OnlyTheCallback),
            new Case("threads, finalizers and moving memory", Stress)
        };

        [MethodImpl(MethodImplOptions.NoInlining)]
        private static void Forget(string path)
        {
            Store store = Store.OpenZarr(path);
            store.Save("flushed", new[] { 1 });
            store.Flush();
            store.Save("not_flushed", new[] { 2 });
        }

        private static void Forgotten()
        {
            string path = Check.Fresh("forgotten") + "/part.zarr";
            var thread = new Thread(() => Forget(path)); // a thread of its own leaves no reference on this stack
            thread.Start();
            thread.Join();
            Store again = null;
            for (int i = 0; i < 100 && again == null; i++)
            {
                Collect();
                try
                {
                    again = Store.OpenZarr(path);
                }
                catch (DataStorageException e)
                {
                    Check.Equal(Status.Busy, e.Status);
                    Thread.Sleep(20);
                }
            }
            Check.True(again != null, "the lock of a forgotten store was never given back");
            if (again != null)
            {
                Check.True(again.Exists("flushed") && !again.Exists("not_flushed"));
                again.Dispose();
            }
        }

        private static void OnlyTheCall()
        {
            using (Collector())
            {
                var numbers = Enumerable.Range(0, 100000).ToArray();
                for (int i = 0; i < 300; i++)
                {
                    Store.OpenMemory().Save("x", numbers);
                    Check.Equal(0, Store.OpenMemory().Keys().Count);
                    Check.True(Store.OpenMemory().IsOpen);
                }
            }
        }

        private static void OnlyTheCallback()
        {
            using (Collector())
            using (Store store = Store.OpenMemory())
            {
                store.Save("x", new[] { 1 });
                int told = 0;
                for (int i = 0; i < 200; i++)
                {
                    using (Store target = Store.OpenMemory())
                    {
                        store.CopyTo(target, null, new Receiver(_ =>
                        {
                            told++;
                            GC.Collect();
                        }));
                    }
                }
                Check.True(told >= 200);
            }
        }

        private static void Stress()
        {
            using (Collector())
            using (Store shared = Store.OpenZarr(Check.Fresh("stress") + "/part.zarr"))
            {
                LifeTests.InThreads(4, number =>
                {
                    for (int i = 0; i < 150; i++)
                    {
                        var numbers = Enumerable.Range(number * 1000 + i, 2000).ToArray();
                        string key = "t" + number + "/" + i % 7;
                        shared.Save(key, numbers, 40, 50);
                        Check.True(numbers.SequenceEqual(shared.Load2D<int>(key).Cast<int>()), "elements moved");
                        string[] words = numbers.Take(50).Select(word => "w" + word).ToArray();
                        shared.SaveStrings("s" + number, words);
                        Check.Same(words, shared.LoadStrings("s" + number));
                        Store left = Store.OpenMemory(); // for the finalizer
                        left.Save("x", numbers);
                        shared.List("t" + number);
                    }
                });
            }
        }

        /// <summary>Collects on a thread of its own until it is disposed.</summary>
        internal static IDisposable Collector() => new Background();

        private static void Collect()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }

        private sealed class Background : IDisposable
        {
            private readonly Thread _thread;
            private volatile bool _ended;

            internal Background()
            {
                _thread = new Thread(() =>
                {
                    while (!_ended)
                    {
                        Collect();
                        Thread.Sleep(1);
                    }
                });
                _thread.Start();
            }

            public void Dispose()
            {
                _ended = true;
                _thread.Join();
            }
        }
    }
}
